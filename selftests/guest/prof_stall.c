// SPDX-License-Identifier: GPL-2.0-only
/*
 * prof_stall.c - makes operations wait, for the tests of the profiler
 *
 * No test by itself: the tests of khmap-prof wait and stat run it.  All maps have
 * 8-byte keys.
 */
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <khmap/hash.h>
#include <khmap/layout.h>
#include "khmap_test.h"
#include "prof_commands.h"

static const char usage[] =
	"Usage: prof_stall create NAME VALUE_SIZE\n"
	"       prof_stall puts NAME FIRST COUNT       on CPU 0, until the map has grown\n"
	"       prof_stall gets NAME FIRST COUNT       on CPU 0; some may not be there\n"
	"       prof_stall race NAME KEY COUNT         two CPUs put the same key, COUNT times each\n"
	"       prof_stall cuts NAME COUNT             take so many snapshots, and drop them\n"
	"       prof_stall snapshots NAME COUNT COMMAND...  runs it with so many held\n"
	"       prof_stall place NAME KEY              print its page and stripe\n"
	"       prof_stall shape NAME                  print pages and splits\n";

struct map {
	int fd;
	const struct khmap_image_header *header;
};

static struct map map_get(const char *name)
{
	struct map map = { .fd = map_open(name, O_RDWR) };

	check(name, map.fd < 0 ? map.fd : 0);
	map.header = mmap(NULL, 4096, PROT_READ, MAP_SHARED, map.fd, 0);
	if (map.header == MAP_FAILED)
		err(1, "%s", name);
	return map;
}

static void map_put(const struct map *map, uint64_t key)
{
	char value[4096] = { 0 };
	struct khmap_ioc_record args = record_args(&key, 8, value,
						   map->header->geometry.value_size);

	check("put", call(map->fd, KHMAP_IOC_PUT, &args));
}

static int command_create(char **words)
{
	struct khmap_ioc_create args = create_args(words[0], 10);
	int fd;

	args.value_size = (uint32_t)number(words[1]);
	fd = create_map(&args);
	check(words[0], fd < 0 ? fd : 0);
	return 0;
}

static int command_puts(char **words)
{
	struct map map = map_get(words[0]);
	uint64_t first = number(words[1]), count = number(words[2]), i;
	struct khmap_ioc_stat stat;

	pin(0);
	for (i = 0; i < count; i++)
		map_put(&map, first + i);
	/* A map in its header page is as large as it wants to be. */
	for (;;) {
		check("stat", map_stat(map.fd, &stat));
		if (!stat.shape || stat.growth == KHMAP_GROWTH_IDLE)
			return 0;
		usleep(10000);
	}
}

static int command_gets(char **words)
{
	struct map map = map_get(words[0]);
	uint64_t first = number(words[1]), count = number(words[2]), key;
	char value[4096];
	int err;

	pin(0);
	for (key = first; key < first + count; key++) {
		struct khmap_ioc_record args = record_args(&key, 8, value,
							   map.header->geometry.value_size);

		err = call(map.fd, KHMAP_IOC_GET, &args);
		check("get", err == -ENOENT ? 0 : err);
	}
	return 0;
}

struct racer {
	struct map map;
	int cpu;
	uint64_t key;
	uint64_t puts;
	pthread_barrier_t *start;
};

static void *racer_main(void *context)
{
	const struct racer *racer = context;
	uint64_t i;

	pin(racer->cpu);
	pthread_barrier_wait(racer->start);
	for (i = 0; i < racer->puts; i++)
		map_put(&racer->map, racer->key);
	return NULL;
}

static int command_race(char **words)
{
	struct racer racers[2];
	pthread_barrier_t start;
	pthread_t threads[2];
	int cpu;

	pthread_barrier_init(&start, NULL, 2);
	for (cpu = 0; cpu < 2; cpu++) {
		racers[cpu] = (struct racer){
			.map = map_get(words[0]),
			.cpu = cpu,
			.key = number(words[1]),
			.puts = number(words[2]),
			.start = &start,
		};
		check("thread", -pthread_create(&threads[cpu], NULL, racer_main, &racers[cpu]));
	}
	for (cpu = 0; cpu < 2; cpu++)
		pthread_join(threads[cpu], NULL);
	return 0;
}

static int command_cuts(char **words)
{
	struct map map = map_get(words[0]);
	uint64_t count = number(words[1]), i;
	struct khmap_ioc_snapshot args;
	int fd;

	for (i = 0; i < count; i++) {
		fd = snapshot(map.fd, &args);
		check("snapshot", fd < 0 ? fd : 0);
		close(fd);
	}
	return 0;
}

static int command_snapshots(char **words)
{
	struct map map = map_get(words[0]);
	uint64_t count = number(words[1]), i;
	struct khmap_ioc_snapshot args;
	int fd;

	for (i = 0; i < count; i++) {
		fd = snapshot(map.fd, &args);
		check("snapshot", fd < 0 ? fd : 0);
		if (fcntl(fd, F_SETFD, 0))
			err(1, "snapshot");
	}
	execvp(words[2], words + 2);
	err(1, "%s", words[2]);
}

static int command_place(char **words)
{
	struct map map = map_get(words[0]);
	uint64_t key = number(words[1]);
	struct khmap_ioc_stat stat;
	__u64 hash = khmap_hash(map.header->hash_kind, map.header->hash_secret, &key,
				sizeof(key));
	__u32 shape = map.header->shape, page;

	check("stat", map_stat(map.fd, &stat));
	page = khmap_place_page(khmap_hash_place(shape, khmap_shape_mask(shape), hash));
	printf("%u %u\n", page, page % stat.stripes);
	return 0;
}

static int command_shape(char **words)
{
	struct map map = map_get(words[0]);
	struct khmap_ioc_stat stat;

	check("stat", map_stat(map.fd, &stat));
	printf("%u %llu\n", khmap_shape_pages(stat.shape), (unsigned long long)stat.splits);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct command commands[] = {
		{ "create", 2, command_create },
		{ "puts", 3, command_puts },
		{ "gets", 3, command_gets },
		{ "race", 3, command_race },
		{ "cuts", 2, command_cuts },
		{ "snapshots", 3, command_snapshots },
		{ "place", 2, command_place },
		{ "shape", 1, command_shape },
	};

	return command_run(commands, sizeof(commands) / sizeof(commands[0]), usage, argc, argv);
}
