// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader.c - who reads the map of a soak, live, in snapshots and from files
 */
#include <stdarg.h>
#include <khmap/digest.h>
#include <khmap/khmap.h>
#include <khmap/verify.h>
#include "../guest/verify.h"
#include "soak.h"

#define SAMPLE	300u		/* keys that are looked at in a snapshot */

int soak_wrong(struct soak *soak, const char *format, ...)
{
	va_list args;

	/* The first ones tell enough. */
	if (atomic_fetch_add(&soak->counts.wrong, 1) < 20) {
		va_start(args, format);
		printf("# wrong: ");
		vprintf(format, args);
		printf("\n");
		fflush(stdout);
		va_end(args);
	}
	return 1;
}

bool soak_state_is(const struct soak *soak, uint32_t writer, uint32_t index, uint64_t acked,
		   uint64_t begun, int err, const void *value)
{
	uint64_t key = soak_key(writer, index), sequence;
	char want[SOAK_VALUE_MAX];

	if (err && err != -ENOENT)
		return false;
	if (err)
		/* Absent at first, or deleted by what was begun. */
		return !(acked & SOAK_PRESENT) || begun > (acked & SOAK_SEQUENCE);
	memcpy(&sequence, value, sizeof(sequence));
	if (sequence < (acked & SOAK_SEQUENCE) || sequence > begun)
		return false;
	if (sequence == (acked & SOAK_SEQUENCE) && !(acked & SOAK_PRESENT))
		return false;
	soak_value(want, soak->value_size, key, sequence);
	return !memcmp(want, value, soak->value_size);
}

void soak_read(struct soak *soak, uint64_t seed)
{
	char value[SOAK_VALUE_MAX];
	uint64_t random = seed, count = 0, exact = 0;
	struct khmap *map;
	int err = khmap_open(SOAK_NAME, NULL, &map);

	if (err) {
		soak_wrong(soak, "reader: %s", khmap_reason());
		return;
	}
	while (!atomic_load(&soak->stop)) {
		uint32_t w = (uint32_t)soak_below(&random, SOAK_WRITERS);
		uint32_t index = (uint32_t)soak_below(&random, SOAK_KEYS);
		uint64_t key = soak_key(w, index);
		uint64_t acked = atomic_load(&soak->writer[w].acked[index]), begun;

		err = khmap_get(map, &key, value);
		begun = atomic_load(&soak->writer[w].begun[index]);
		if (!soak_state_is(soak, w, index, acked, begun, err, value))
			soak_wrong(soak, "reader: key %llx: %s, acked %llx, begun %llx",
				   (unsigned long long)key, err ? strerror(-err) : "found",
				   (unsigned long long)acked, (unsigned long long)begun);
		count++;
		exact += begun == (acked & SOAK_SEQUENCE);
		if (count == 1000) {
			atomic_fetch_add(&soak->counts.lookups, count);
			atomic_fetch_add(&soak->counts.exact, exact);
			count = 0;
			exact = 0;
		}
	}
	khmap_close(map);
}

static int digest_of(const char *path, int fd, struct khmap_digest *digest)
{
	struct khmap *map;
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3), err;

	*digest = (struct khmap_digest){ .size = sizeof(*digest) };
	err = path ? khmap_open(path, NULL, &map) : khmap_open_fd(copy, NULL, &map);
	if (err) {
		if (copy >= 0)
			close(copy);
		return err;
	}
	err = khmap_digest(map, digest);
	khmap_close(map);
	return err;
}

/* The file becomes a map without a name; its descriptor, or -errno. */
static int restore(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), control = control_open(O_RDWR), err;
	struct khmap_ioc_restore args = { .size = sizeof(args) };
	struct stat stat;
	void *image;

	if (file < 0 || control < 0 || fstat(file, &stat)) {
		err = -errno;
		goto close;
	}
	image = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_SHARED, file, 0);
	if (image == MAP_FAILED) {
		err = -errno;
		goto close;
	}
	args.image = address_of(image);
	args.image_bytes = (uint64_t)stat.st_size;
	err = call(control, KHMAP_IOC_RESTORE, &args);
	munmap(image, (size_t)stat.st_size);
close:
	close(file);
	close(control);
	return err ? err : args.fd;
}

int soak_round_trip(struct soak *soak, int shot, const char *path)
{
	struct khmap_digest one, two, three;
	struct khmap *map;
	int copy = fcntl(shot, F_DUPFD_CLOEXEC, 3), fd, err;

	err = khmap_open_fd(copy, NULL, &map);
	if (err)
		return soak_wrong(soak, "snapshot: %s", khmap_reason());
	err = khmap_snapshot_write(map, path, NULL);
	khmap_close(map);
	if (err) {
		soak_wrong(soak, "file: %s", khmap_reason());
		return err;
	}
	fd = restore(path);
	if (fd == -ENOMEM) {
		atomic_fetch_add(&soak->counts.refused, 1);
		unlink(path);
		return 0;
	}
	err = fd < 0 ? fd : 0;
	if (!err)
		err = digest_of(NULL, shot, &one);
	if (!err)
		err = digest_of(path, -1, &two);
	if (!err)
		err = digest_of(NULL, fd, &three);
	if (err)
		soak_wrong(soak, "round trip: %s", strerror(-err));
	else if (memcmp(one.value, two.value, sizeof(one.value)) ||
		 memcmp(one.value, three.value, sizeof(one.value)))
		soak_wrong(soak, "the digests of snapshot, file and map differ");
	else if (map_verify(fd))
		soak_wrong(soak, "the map made of a file does not verify");
	if (fd >= 0)
		close(fd);
	unlink(path);
	atomic_fetch_add(&soak->counts.files, 1);
	return err;
}

/*
 * Some keys of a snapshot: as they were when it was taken.  Of one that is not exact
 * (@loose) a key may be lost, or its page find no memory.
 */
static void sample(struct soak *soak, int shot, bool loose, const uint32_t *index,
		   const uint64_t *acked, const uint64_t *begun)
{
	char value[SOAK_VALUE_MAX];
	uint32_t i;

	for (i = 0; i < SAMPLE; i++) {
		uint32_t w = index[i] / SOAK_KEYS, at = index[i] % SOAK_KEYS;
		uint64_t key = soak_key(w, at);
		struct khmap_ioc_record args = record_args(&key, 8, value, soak->value_size);
		int err = call(shot, KHMAP_IOC_GET, &args);

		if (loose && (err == -EIO || err == -ENOMEM))
			atomic_fetch_add(&soak->counts.lost, 1);
		else if (!soak_state_is(soak, w, at, acked[i], begun[i], err, value))
			soak_wrong(soak, "snapshot: key %llx: %s", (unsigned long long)key,
				   err ? strerror(-err) : "found");
	}
}

void soak_shoot(struct soak *soak, uint64_t seed)
{
	static uint32_t index[SAMPLE];
	static uint64_t acked[SAMPLE], begun[SAMPLE];
	uint64_t random = seed;
	char path[64];
	int fd = map_open(SOAK_NAME, O_RDWR), shot;
	uint32_t i;

	snprintf(path, sizeof(path), "/tmp/soak-%d.khm", (int)getpid());
	while (fd >= 0 && !atomic_load(&soak->stop)) {
		struct khmap_ioc_snapshot args = snapshot_args(NULL);
		bool loose = soak_below(&random, 3) == 0;

		if (loose) {
			args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
			args.pool_pages = 1 + (uint32_t)soak_below(&random, 64);
		}
		for (i = 0; i < SAMPLE; i++) {
			index[i] = (uint32_t)soak_below(&random, SOAK_WRITERS * SOAK_KEYS);
			acked[i] = atomic_load(&soak->writer[index[i] / SOAK_KEYS]
							.acked[index[i] % SOAK_KEYS]);
		}
		shot = take_snapshot(fd, &args);
		for (i = 0; i < SAMPLE; i++)
			begun[i] = atomic_load(&soak->writer[index[i] / SOAK_KEYS]
							.begun[index[i] % SOAK_KEYS]);
		if (shot == -ENOMEM || shot == -EAGAIN) {
			atomic_fetch_add(&soak->counts.refused, 1);
			usleep(20000);
			continue;
		}
		if (shot < 0) {
			soak_wrong(soak, "snapshot: %s", strerror(-shot));
			break;
		}
		atomic_fetch_add(&soak->counts.snapshots, 1);
		/* Held, while pages are copied because they change. */
		usleep((useconds_t)soak_below(&random, 300000));
		sample(soak, shot, loose, index, acked, begun);
		if (!loose && map_verify(shot))
			soak_wrong(soak, "a snapshot does not verify");
		if (!loose && soak_below(&random, 3) == 0)
			soak_round_trip(soak, shot, path);
		close(shot);
	}
	close(fd);
}

/* What somebody does now and then who keeps a map in order. */
void soak_tidy(struct soak *soak, uint64_t seed)
{
	struct khmap_ioc_compact compact;
	struct khmap_ioc_stat stat;
	uint64_t random = seed;
	int fd = map_open(SOAK_NAME, O_RDWR), err = 0;

	while (fd >= 0 && !atomic_load(&soak->stop) && !err) {
		usleep((useconds_t)soak_below(&random, 400000));
		switch (soak_below(&random, 3)) {
		case 0:
			err = map_compact(fd, &compact);
			break;
		case 1:
			err = map_stat(fd, &stat);
			break;
		case 2:
			err = map_reserve(fd, 1 + soak_below(&random, SOAK_WRITERS * SOAK_KEYS));
			if (err == -ENOMEM) {
				atomic_fetch_add(&soak->counts.refused, 1);
				err = 0;
			}
			break;
		}
	}
	if (err)
		soak_wrong(soak, "tidy: %s", strerror(-err));
	close(fd);
}

void soak_compare(struct soak *soak, int fd)
{
	char value[SOAK_VALUE_MAX];
	uint64_t present = 0, seen = 0, key;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), err;
	struct khmap_iter *iter;
	struct khmap *map;
	uint32_t w, index;

	for (w = 0; w < SOAK_WRITERS; w++) {
		for (index = 0; index < SOAK_KEYS; index++) {
			uint64_t acked = atomic_load(&soak->writer[w].acked[index]);
			uint64_t begun = acked & SOAK_SEQUENCE;
			struct khmap_ioc_record args;

			key = soak_key(w, index);
			args = record_args(&key, 8, value, soak->value_size);
			err = call(fd, KHMAP_IOC_GET, &args);
			present += !!(acked & SOAK_PRESENT);
			if (!soak_state_is(soak, w, index, acked, begun, err, value))
				soak_wrong(soak, "at the end: key %llx: %s, acked %llx",
					   (unsigned long long)key,
					   err ? strerror(-err) : "found",
					   (unsigned long long)acked);
		}
	}
	if (map_verify(fd))
		soak_wrong(soak, "at the end the map does not verify");
	err = khmap_open_fd(copy, NULL, &map);
	if (!err)
		err = khmap_iter_create(map, &iter);
	if (err) {
		soak_wrong(soak, "at the end: %s", khmap_reason());
		return;
	}
	while ((err = khmap_iter_next(iter, &key, value)) == 1)
		seen++;
	khmap_iter_free(iter);
	khmap_close(map);
	if (err || seen != present)
		soak_wrong(soak, "at the end: %llu keys, the journal has %llu",
			   (unsigned long long)seen, (unsigned long long)present);
}
