// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapshot_copy.c - which pages of a snapshot are copied, when, and for whom
 */
#include "kselftest_harness.h"
#include <pthread.h>
#include <sched.h>
#include <sys/sendfile.h>
#include "image_test.h"
#include "verify.h"
#include <khmap/khmap.h>

#define KEYS	20000u
#define MANY	40

FIXTURE(copies) {
	int map;
	int fd;
	struct khmap_ioc_snapshot args;
	size_t pages;
};

FIXTURE_SETUP(copies)
{
	uint64_t i;

	self->map = create_named(NULL, KEYS);
	ASSERT_LE(0, self->map);
	for (i = 0; i < KEYS; i++)
		ASSERT_EQ(0, put(self->map, i, i + 1));
	self->fd = snapshot(self->map, &self->args);
	ASSERT_LE(0, self->fd);
	self->pages = self->args.image_size / PAGE;
}

FIXTURE_TEARDOWN(copies)
{
	EXPECT_EQ(0, map_verify(self->map));
	close(self->fd);
	close(self->map);
}

static uint64_t copied(int fd)
{
	struct khmap_ioc_stat stat;

	return map_stat(fd, &stat) ? 0 : stat.copied_pages;
}

static int materialize(int fd, uint64_t *pages)
{
	struct khmap_ioc_materialize args = { .size = sizeof(args) };
	int err = call(fd, KHMAP_IOC_MATERIALIZE, &args);

	*pages = args.copied_pages;
	return err;
}

/* Keys whose value in the snapshot is not what it was. */
static uint64_t wrong(int fd)
{
	uint64_t i, value, bad = 0;

	for (i = 0; i < KEYS; i++)
		bad += get(fd, i, &value) || value != i + 1;
	return bad;
}

TEST_F(copies, none_at_first)
{
	struct khmap_ioc_stat stat;

	ASSERT_EQ(0, map_stat(self->fd, &stat));
	EXPECT_EQ(1, stat.copied_pages);
	EXPECT_EQ(self->pages - 1, stat.reserved_pages);
	EXPECT_LE(self->args.image_size, stat.bytes);
	EXPECT_LT(0, stat.snapshot_ns);
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, stat.copied_pages);
	EXPECT_EQ(0, stat.reserved_pages);
	EXPECT_EQ(0, stat.snapshot_ns);
}

TEST_F(copies, by_the_first_writer)
{
	uint64_t after;

	ASSERT_EQ(0, put(self->map, 1, 0));
	after = copied(self->fd);
	EXPECT_LT(1, after);
	EXPECT_GE(4, after);
	ASSERT_EQ(0, put(self->map, 1, 2));
	EXPECT_EQ(after, copied(self->fd));
	EXPECT_EQ(0, wrong(self->fd));
}

TEST_F(copies, by_a_reader_s_touch)
{
	volatile const char *image;
	size_t size, page;

	image = image_map(self->fd, &size);
	ASSERT_NE(MAP_FAILED, image);
	ASSERT_EQ(self->pages * PAGE, size);
	EXPECT_EQ(1, copied(self->fd));
	(void)image[PAGE];
	EXPECT_EQ(2, copied(self->fd));
	for (page = 0; page < self->pages; page++)
		(void)image[page * PAGE];
	EXPECT_EQ(self->pages, copied(self->fd));
	munmap((void *)image, size);
}

TEST_F(copies, not_by_reading)
{
	char *bytes = malloc(self->args.image_size), *image;
	size_t size, at;

	ASSERT_NE(NULL, bytes);
	for (at = 0; at < self->args.image_size; at += 10000) {
		size_t want = self->args.image_size - at;

		want = want < 10000 ? want : 10000;
		ASSERT_EQ(want, pread(self->fd, bytes + at, want, at));
	}
	EXPECT_EQ(1, copied(self->fd));
	image = image_map(self->fd, &size);
	ASSERT_NE(MAP_FAILED, image);
	EXPECT_EQ(0, memcmp(bytes, image, size));
	EXPECT_EQ(self->pages, copied(self->fd));
	memset(bytes, 1, size);
	ASSERT_EQ(size, read(self->fd, bytes, size + 1));
	EXPECT_EQ(0, memcmp(bytes, image, size));
	EXPECT_EQ(0, read(self->fd, bytes, 1));
	EXPECT_EQ(size, lseek(self->fd, 0, SEEK_END));
	EXPECT_EQ(5, lseek(self->fd, 5, SEEK_SET));
	EXPECT_EQ(0, pread(self->fd, bytes, 10, size));
	EXPECT_EQ(-1, pread(self->fd, image, 10, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, pwrite(self->fd, bytes, 10, 0));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, pread(self->map, bytes, 10, 0));
	munmap(image, size);
	free(bytes);
}

TEST_F(copies, spliced)
{
	FILE *file = tmpfile();
	size_t size, done = 0;
	char *bytes, *image;
	ssize_t got;

	ASSERT_NE(NULL, file);
	while (done < self->args.image_size) {
		got = sendfile(fileno(file), self->fd, NULL, 1 << 20);
		ASSERT_LT(0, got);
		done += got;
	}
	ASSERT_EQ(self->args.image_size, done);
	bytes = malloc(done);
	ASSERT_EQ(done, pread(fileno(file), bytes, done, 0));
	image = image_map(self->fd, &size);
	EXPECT_EQ(0, memcmp(bytes, image, size));
	munmap(image, size);
	free(bytes);
	fclose(file);
}

TEST_F(copies, all_on_request)
{
	uint64_t pages, deleted;

	ASSERT_EQ(0, materialize(self->fd, &pages));
	EXPECT_EQ(self->pages, pages);
	EXPECT_EQ(self->pages, copied(self->fd));
	ASSERT_EQ(0, clear(self->map, &deleted));
	EXPECT_EQ(0, wrong(self->fd));
}

TEST_F(copies, all_on_request_of_the_library)
{
	const struct khmap_open_options options = {
		.size = sizeof(options),
		.flags = KHMAP_OPEN_WRITE,
	};
	struct khmap *map, *shot;
	struct khmap_ioc_stat stat;

	ASSERT_EQ(0, khmap_open_fd(dup(self->map), &options, &map));
	ASSERT_EQ(0, khmap_snapshot(map, &shot));
	ASSERT_EQ(0, khmap_stat(shot, &stat));
	EXPECT_EQ(self->pages - 1, stat.reserved_pages);
	ASSERT_EQ(0, khmap_materialize(shot));
	ASSERT_EQ(0, khmap_stat(shot, &stat));
	EXPECT_EQ(0, stat.reserved_pages);
	EXPECT_EQ(-ENOTTY, khmap_materialize(map));
	khmap_close(shot);
	khmap_close(map);
}

TEST_F(copies, shared_by_those_who_lack_them)
{
	struct khmap_ioc_snapshot args;
	int other = snapshot(self->map, &args);
	struct khmap_ioc_stat stat;
	uint64_t i;

	ASSERT_LE(0, other);
	for (i = 0; i < KEYS; i++)
		ASSERT_EQ(0, put(self->map, i, 7));
	EXPECT_LT(self->pages / 2, copied(self->fd));
	EXPECT_EQ(copied(self->fd), copied(other));
	close(self->fd);
	EXPECT_EQ(0, wrong(other));
	close(other);
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, stat.snapshot_bytes);
	self->fd = snapshot(self->map, &args);
	ASSERT_LE(0, self->fd);
}

/* One after the other while the map grows and is written to; dropped at random. */
TEST_F(copies, many_at_once)
{
	struct khmap_ioc_snapshot args;
	struct khmap_ioc_stat stat;
	uint64_t i, value, key;
	int fd[MANY], k, left = MANY;
	uint64_t version[MANY];

	for (k = 0; k < MANY; k++) {
		for (i = 0; i < 500; i++) {
			ASSERT_EQ(0, put(self->map, i * 40, k));
			ASSERT_EQ(0, put(self->map, KEYS + k * 500 + i, k));
		}
		fd[k] = snapshot(self->map, &args);
		ASSERT_LE(0, fd[k]);
		ASSERT_EQ(KEYS + (k + 1) * 500, args.entries);
		version[k] = k;
	}
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(MANY + 1, stat.snapshots);
	srandom(1);
	while (left) {
		k = random() % left--;
		for (i = 0; i < 500; i++) {
			ASSERT_EQ(0, get(fd[k], i * 40, &value));
			ASSERT_EQ(version[k], value);
		}
		key = KEYS + version[k] * 500 + 499;
		EXPECT_EQ(0, get(fd[k], key, &value));
		EXPECT_EQ(-ENOENT, get(fd[k], key + 1, &value));
		close(fd[k]);
		fd[k] = fd[left];
		version[k] = version[left];
	}
	EXPECT_EQ(0, wrong(self->fd));
}

/**
 * struct bank - accounts between which units move, one step after the other
 * @map: their map
 * @grow: keys that may be added by now
 * @grown: keys that were
 * @stop: end
 * @failed: a put failed
 */
struct bank {
	int map;
	uint64_t grow;
	uint64_t grown;
	int stop;
	int failed;
};

#define ACCOUNTS	100u
#define BALANCE		1000u
#define SHOTS		2000u
#define SHOTS_LEAST	200u	/* on a kernel that looks for faults, on a busy machine */
#define SHOTS_SECONDS	100
#define GROWN		20u	/* keys for each snapshot, each of them new */
#define UNITS		1024u	/* of a shape, to a page */

static uint64_t load(const uint64_t *from)
{
	return __atomic_load_n(from, __ATOMIC_RELAXED);
}

static void grow_one(struct bank *bank)
{
	if (bank->grown == load(&bank->grow))
		return;
	bank->failed |= put(bank->map, 1000 + bank->grown, 0);
	__atomic_store_n(&bank->grown, bank->grown + 1, __ATOMIC_RELAXED);
}

/* Each step takes from one or gives to the next: the sum is whole or one short. */
static void *transfer(void *context)
{
	struct bank *bank = context;
	uint64_t balance[ACCOUNTS], step;
	unsigned int i;

	for (i = 0; i < ACCOUNTS; i++)
		balance[i] = BALANCE;
	for (step = 0; !__atomic_load_n(&bank->stop, __ATOMIC_RELAXED); step++) {
		i = step % ACCOUNTS;
		balance[i]--;
		bank->failed |= put(bank->map, i, balance[i]);
		i = step * 7 % ACCOUNTS;
		balance[i]++;
		bank->failed |= put(bank->map, i, balance[i]);
		/* The map grows meanwhile. */
		grow_one(bank);
	}
	return NULL;
}

/* Let the map grow on, and wait until it does. */
static void grow_on(struct bank *bank)
{
	uint64_t before = load(&bank->grown);

	__atomic_store_n(&bank->grow, before + GROWN, __ATOMIC_RELAXED);
	while (load(&bank->grown) < before + GROWN / 2)
		sched_yield();
}

TEST_F_TIMEOUT(copies, exact_while_it_grows, 200)
{
	struct bank bank = { .map = create_named(NULL, 1) };
	time_t end = time(NULL) + SHOTS_SECONDS;
	struct khmap_ioc_snapshot args;
	unsigned int shots, i, short_by_one = 0, other = 0, within = 0;
	uint32_t shape = 0;
	uint64_t value, sum;
	struct image image;
	pthread_t thread;
	int fd;

	ASSERT_LE(0, bank.map);
	for (i = 0; i < ACCOUNTS; i++)
		ASSERT_EQ(0, put(bank.map, i, BALANCE));
	ASSERT_EQ(0, pthread_create(&thread, NULL, transfer, &bank));
	for (shots = 0; shots < SHOTS && (shots < SHOTS_LEAST || time(NULL) < end); shots++) {
		grow_on(&bank);
		fd = snapshot(bank.map, &args);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, image_open(&image, fd));
		for (sum = 0, i = 0; i < ACCOUNTS; i++) {
			uint64_t key = i;

			ASSERT_EQ(0, image_get(&image, &key, &value));
			sum += value;
		}
		ASSERT_LE(ACCOUNTS * BALANCE - 1, sum);
		ASSERT_GE(ACCOUNTS * BALANCE, sum);
		short_by_one += sum < ACCOUNTS * BALANCE;
		other += image.header.shape != shape;
		within += image.header.shape % UNITS != 0;
		shape = image.header.shape;
		image_close(&image);
		close(fd);
	}
	__atomic_store_n(&bank.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, bank.failed);
	EXPECT_LT(0, short_by_one);
	/* Not that one shape was met again and again, nor whole pages alone. */
	EXPECT_LE(shots / 2, other);
	EXPECT_LE(shots / 2, within);
	EXPECT_EQ(0, map_verify(bank.map));
	close(bank.map);
}

TEST_HARNESS_MAIN
