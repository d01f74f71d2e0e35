// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * lookups.c - look keys of a map up, and count the system calls of that
 *
 * Every key of the map is looked up, in random order and again and again, first
 * through the mapping and then by the GET ioctl.  The kernel itself counts the
 * system calls of this thread, at the tracepoint raw_syscalls:sys_enter.  The
 * counter is stopped by a system call, which it counts too: so much is measured
 * around an empty loop and subtracted.  The ioctl's loop shows that the counter
 * counts.  The loops are timed in runs of their own, without it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <khmap/khmap.h>

#define LOOKUPS_MAX 1000000000ull

static const char usage[] =
	"Usage: lookups NAME COUNT\n"
	"Looks keys of a map up, COUNT times through the mapping and COUNT times by the GET ioctl,\n"
	"and says how many system calls that made and how long it took.\n"
	"\n"
	"Exit status: 0 if the mapping made none, the ioctl one for each lookup, and both brought\n"
	"the same values; else 1; 2 wrong usage.\n";

/**
 * struct lookups - What is looked up.
 * @map: the map
 * @keys: all of its keys, in random order
 * @key_size: bytes of a key
 * @keys_count: keys
 * @count: lookups to make
 */
struct lookups {
	struct khmap *map;
	unsigned char *keys;
	size_t key_size;
	uint64_t keys_count;
	uint64_t count;
};

/* A way to look a key up, as khmap_get(). */
typedef int lookup_fn(const struct khmap *map, const void *key, void *value);

static void keys_read(struct lookups *lookups)
{
	struct khmap_iter *iter;
	uint64_t room = 0;
	int got;

	if (khmap_iter_create(lookups->map, &iter))
		errx(1, "%s", khmap_reason());
	for (;;) {
		if (lookups->keys_count == room) {
			room = room ? 2 * room : 1024;
			lookups->keys = reallocarray(lookups->keys, room, lookups->key_size);
			if (!lookups->keys)
				err(1, "keys");
		}
		got = khmap_iter_next(iter, lookups->keys + lookups->keys_count * lookups->key_size,
				      NULL);
		if (got < 0)
			errx(1, "%s", khmap_reason());
		if (!got)
			break;
		lookups->keys_count++;
	}
	khmap_iter_free(iter);
	if (!lookups->keys_count)
		errx(1, "the map is empty");
}

/* Fisher and Yates; the same order in every run. */
static void keys_shuffle(struct lookups *lookups)
{
	unsigned char spare[KHMAP_RECORD_MAX];
	size_t size = lookups->key_size;
	unsigned char *one, *other;
	uint64_t i;

	srandom(1);
	for (i = lookups->keys_count - 1; i > 0; i--) {
		one = lookups->keys + i * size;
		other = lookups->keys + (uint64_t)random() % (i + 1) * size;
		memcpy(spare, one, size);
		memcpy(one, other, size);
		memcpy(other, spare, size);
	}
}

/* Return how many keys were not found. */
static inline __attribute__((always_inline)) uint64_t
lookups_loop(const struct lookups *lookups, uint64_t count, lookup_fn *lookup)
{
	unsigned char value[KHMAP_RECORD_MAX];
	uint64_t lost = 0, i, at = 0;

	for (i = 0; i < count; i++) {
		if (lookup(lookups->map, lookups->keys + at * lookups->key_size, value))
			lost++;
		if (++at == lookups->keys_count)
			at = 0;
	}
	return lost;
}

static __attribute__((noinline)) uint64_t lookups_mapping(const struct lookups *lookups,
							  uint64_t count)
{
	return lookups_loop(lookups, count, khmap_get);
}

static __attribute__((noinline)) uint64_t lookups_ioctl(const struct lookups *lookups,
							uint64_t count)
{
	return lookups_loop(lookups, count, khmap_get_locked);
}

static uint64_t tracepoint_id(void)
{
	static const char path[] = "/sys/kernel/tracing/events/raw_syscalls/sys_enter/id";
	unsigned long long id;
	FILE *file = fopen(path, "re");

	if (!file)
		err(1, "%s", path);
	if (fscanf(file, "%llu", &id) != 1)
		errx(1, "%s: no number", path);
	fclose(file);
	return id;
}

static int counter_open(uint32_t type, uint64_t config, int group)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
		.disabled = group < 0,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, group, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		err(1, "perf_event_open");
	return fd;
}

/**
 * struct counters - What the kernel counts of this thread.
 * @calls: descriptor: system calls; leads the group
 * @faults: descriptor: page faults
 */
struct counters {
	int calls;
	int faults;
};

/**
 * struct counted - What it has counted.
 * @calls: system calls
 * @faults: page faults
 * @lost: lookups that found nothing
 */
struct counted {
	uint64_t calls;
	uint64_t faults;
	uint64_t lost;
};

static uint64_t counter_read(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		err(1, "perf event");
	return count;
}

static struct counted count(const struct counters *counters, const struct lookups *lookups,
			    uint64_t (*loop)(const struct lookups *lookups, uint64_t count),
			    uint64_t lookups_count)
{
	struct counted counted;

	ioctl(counters->calls, PERF_EVENT_IOC_RESET, PERF_IOC_FLAG_GROUP);
	ioctl(counters->calls, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
	counted.lost = loop(lookups, lookups_count);
	ioctl(counters->calls, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
	counted.calls = counter_read(counters->calls);
	counted.faults = counter_read(counters->faults);
	return counted;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Nanoseconds a lookup. */
static double measure(const struct lookups *lookups,
		      uint64_t (*loop)(const struct lookups *lookups, uint64_t count))
{
	double start = now();

	loop(lookups, lookups->count);
	return (now() - start) * 1e9 / (double)lookups->count;
}

/* How many keys have another value by the ioctl than in the mapping. */
static uint64_t differences(const struct lookups *lookups)
{
	unsigned char mapped[KHMAP_RECORD_MAX], copied[KHMAP_RECORD_MAX];
	size_t value_size = khmap_header(lookups->map)->geometry.value_size;
	const unsigned char *key = lookups->keys;
	uint64_t different = 0, i;

	for (i = 0; i < lookups->keys_count; i++, key += lookups->key_size)
		different += khmap_get(lookups->map, key, mapped) ||
			     khmap_get_locked(lookups->map, key, copied) ||
			     memcmp(mapped, copied, value_size);
	return different;
}

static void print_way(const char *way, const struct lookups *lookups,
		      const struct counted *counted, double ns)
{
	printf("%llu lookups %s: %llu system calls, %llu page faults, %.0f ns a lookup\n",
	       (unsigned long long)lookups->count, way, (unsigned long long)counted->calls,
	       (unsigned long long)counted->faults, ns);
}

static int lookups_run(const struct lookups *lookups)
{
	struct counted none, mapping, by_ioctl;
	double mapping_ns, ioctl_ns;
	struct counters counters;
	uint64_t different;
	bool right;

	counters.calls = counter_open(PERF_TYPE_TRACEPOINT, tracepoint_id(), -1);
	counters.faults = counter_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS,
				       counters.calls);
	/* Also brings in all pages that the loops touch. */
	different = differences(lookups);

	none = count(&counters, lookups, lookups_mapping, 0);
	mapping = count(&counters, lookups, lookups_mapping, lookups->count);
	by_ioctl = count(&counters, lookups, lookups_ioctl, lookups->count);
	mapping.calls -= none.calls;
	by_ioctl.calls -= none.calls;
	mapping_ns = measure(lookups, lookups_mapping);
	ioctl_ns = measure(lookups, lookups_ioctl);

	printf("%llu keys, in random order; an empty loop counts %llu system call, to stop the counter: subtracted\n",
	       (unsigned long long)lookups->keys_count, (unsigned long long)none.calls);
	print_way("through the mapping", lookups, &mapping, mapping_ns);
	print_way("by the GET ioctl", lookups, &by_ioctl, ioctl_ns);
	printf("The mapping is %.1f times as fast; %llu lookups found nothing, %llu values differ\n",
	       ioctl_ns / mapping_ns, (unsigned long long)(mapping.lost + by_ioctl.lost),
	       (unsigned long long)different);
	right = !mapping.calls && by_ioctl.calls == lookups->count && !different &&
		!mapping.lost && !by_ioctl.lost;
	return right ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct lookups lookups = { .keys_count = 0 };
	char *end;
	int result;

	if (argc != 3) {
		fputs(usage, stderr);
		return 2;
	}
	errno = 0;
	lookups.count = strtoull(argv[2], &end, 10);
	if (errno || *end || !lookups.count || lookups.count > LOOKUPS_MAX || argv[2][0] == '-')
		errx(2, "COUNT is a number up to %llu, not \"%s\"", LOOKUPS_MAX, argv[2]);
	if (khmap_open(argv[1], NULL, &lookups.map))
		errx(1, "%s", khmap_reason());
	lookups.key_size = khmap_header(lookups.map)->geometry.key_size;
	keys_read(&lookups);
	keys_shuffle(&lookups);
	result = lookups_run(&lookups);
	free(lookups.keys);
	khmap_close(lookups.map);
	return result;
}
