// SPDX-License-Identifier: GPL-2.0-only
/*
 * prof_writer.c - makes the stores that the tests of the profiler count
 *
 * No test by itself: prof_record.sh and others run it.  Maps have 8-byte
 * keys, and values of 8 bytes unless "create" says otherwise.
 */
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <khmap/hash.h>
#include <khmap/layout.h>
#include "khmap_test.h"
#include "prof_commands.h"

static const char usage[] =
	"Usage: prof_writer create NAME aligned|packed ENTRIES [VALUE_SIZE]\n"
	"       prof_writer destroy NAME\n"
	"       prof_writer unnamed COMMAND...       runs it with a new map as descriptor 9\n"
	"       prof_writer keys NAME BUCKET COUNT   print keys of a bucket of page 0\n"
	"       prof_writer put NAME KEY...          on CPU 0; NAME may be @9\n"
	"       prof_writer puts NAME CPU KEY N      on that CPU, N times\n"
	"       prof_writer fill NAME N              put the keys 1 to N\n"
	"       prof_writer pages NAME               print its primary and overflow pages\n"
	"       prof_writer delete NAME KEY...       on CPU 0\n"
	"       prof_writer fault NAME REGION PAGE OFFSET N   read that byte N times, each time from a\n"
	"                                            new mapping, on CPU 0; REGION is header or primary\n"
	"       prof_writer forked COMMAND...        carries it out in a process that ends before this\n"
	"       prof_writer turns NAME KEY... N      CPU 0 puts the first key, CPU 1 the second, and so\n"
	"                                            on, in turns, N times each\n";

static int open_map(const char *name)
{
	int fd;

	if (name[0] == '@')
		return (int)number(name + 1);
	fd = map_open(name, O_RDWR);
	if (fd < 0)
		errx(1, "%s: %s", name, strerror(-fd));
	return fd;
}

static int command_create(char **words)
{
	struct khmap_ioc_create args = create_args(words[0], number(words[2]));
	int fd;

	if (words[3])
		args.value_size = (__u32)number(words[3]);
	args.layout = !strcmp(words[1], "packed") ? KHMAP_LAYOUT_PACKED : KHMAP_LAYOUT_ALIGNED;
	fd = create_map(&args);
	check(words[0], fd < 0 ? fd : 0);
	return 0;
}

static int command_destroy(char **words)
{
	check(words[0], map_destroy(open_map(words[0])));
	return 0;
}

static int command_unnamed(char **words)
{
	int fd = create_named(NULL, 10);

	check("unnamed map", fd < 0 ? fd : 0);
	if (dup2(fd, 9) < 0)
		err(1, "descriptor 9");
	execvp(words[0], words);
	err(1, "%s", words[0]);
}

static int command_keys(char **words)
{
	const struct khmap_image_header *header;
	uint64_t bucket = number(words[1]), left = number(words[2]), key;
	__u32 shape = khmap_shape(1, 0), place;

	header = mmap(NULL, 4096, PROT_READ, MAP_SHARED, open_map(words[0]), 0);
	if (header == MAP_FAILED)
		err(1, "%s", words[0]);
	for (key = 1; left; key++) {
		__u64 hash = khmap_hash(header->hash_kind, header->hash_secret, &key, sizeof(key));

		place = khmap_hash_place(shape, khmap_shape_mask(shape), hash);
		if (khmap_place_bucket(&header->geometry, place) != bucket)
			continue;
		printf("%llu\n", (unsigned long long)key);
		left--;
	}
	return 0;
}

static int command_put(char **words)
{
	int fd = open_map(words[0]);
	char **word;

	pin(0);
	for (word = words + 1; *word; word++)
		check("put", put(fd, number(*word), 1));
	return 0;
}

static int command_fill(char **words)
{
	uint64_t key, last = number(words[1]);
	int fd = open_map(words[0]);

	for (key = 1; key <= last; key++)
		check("put", put(fd, key, key));
	return 0;
}

static int command_pages(char **words)
{
	struct khmap_ioc_stat stat = { .size = sizeof(stat) };

	if (ioctl(open_map(words[0]), KHMAP_IOC_STAT, &stat) < 0)
		err(1, "%s", words[0]);
	printf("[%llu,%llu]\n", (unsigned long long)stat.primary_pages,
	       (unsigned long long)stat.overflow_pages);
	return 0;
}

static int command_delete(char **words)
{
	int fd = open_map(words[0]);
	char **word;

	pin(0);
	for (word = words + 1; *word; word++)
		check("delete", delete(fd, number(*word)));
	return 0;
}

static int command_puts(char **words)
{
	uint64_t key = number(words[2]), left = number(words[3]);
	int fd = open_map(words[0]);

	pin((int)number(words[1]));
	while (left--)
		check("put", put(fd, key, left));
	return 0;
}

static int command_fault(char **words)
{
	const struct khmap_image_header *header;
	uint64_t at = number(words[2]) * 4096, left = number(words[4]);
	int fd = open_map(words[0]);
	volatile const char *page;

	pin(0);
	header = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (header == MAP_FAILED)
		err(1, "%s", words[0]);
	if (!strcmp(words[1], "primary"))
		at += header->primary_offset;
	munmap((void *)header, 4096);
	while (left--) {
		page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, (off_t)at);
		if (page == MAP_FAILED)
			err(1, "%s", words[0]);
		(void)page[number(words[3])];
		munmap((void *)page, 4096);
	}
	return 0;
}

#define WRITERS_MAX	64

struct writer {
	int fd;
	unsigned int cpu;
	unsigned int cpus;
	uint64_t key;
	uint64_t puts;
};

static atomic_uint turn;

/* A function that the C library's ioctl(), which has no frame, hides from a stack. */
static __attribute__((noinline)) int put_from(int fd, uint64_t key, uint64_t value)
{
	return put(fd, key, value);
}

static void *writer_main(void *context)
{
	const struct writer *writer = context;
	uint64_t i;

	pin((int)writer->cpu);
	for (i = 0; i < writer->puts; i++) {
		while (atomic_load(&turn) != writer->cpu)
			sched_yield();
		check("put", put_from(writer->fd, writer->key, i));
		atomic_store(&turn, (writer->cpu + 1) % writer->cpus);
	}
	return NULL;
}

static int command_turns(char **words)
{
	struct writer writers[WRITERS_MAX];
	pthread_t threads[WRITERS_MAX];
	unsigned int cpus = 0, cpu;
	int fd = open_map(words[0]);

	while (cpus < WRITERS_MAX && words[cpus + 2])
		cpus++;
	for (cpu = 0; cpu < cpus; cpu++) {
		writers[cpu] = (struct writer){
			.fd = fd,
			.cpu = cpu,
			.cpus = cpus,
			.key = number(words[1 + cpu]),
			.puts = number(words[1 + cpus]),
		};
		check("thread", -pthread_create(&threads[cpu], NULL, writer_main, &writers[cpu]));
	}
	for (cpu = 0; cpu < cpus; cpu++)
		pthread_join(threads[cpu], NULL);
	return 0;
}

static int command_forked(char **words);

static int run(int argc, char **argv)
{
	static const struct command commands[] = {
		{ "create", 3, command_create },
		{ "destroy", 1, command_destroy },
		{ "unnamed", 1, command_unnamed },
		{ "keys", 3, command_keys },
		{ "put", 2, command_put },
		{ "puts", 4, command_puts },
		{ "fill", 2, command_fill },
		{ "pages", 1, command_pages },
		{ "delete", 2, command_delete },
		{ "fault", 5, command_fault },
		{ "forked", 1, command_forked },
		{ "turns", 3, command_turns },
	};

	return command_run(commands, sizeof(commands) / sizeof(commands[0]), usage, argc, argv);
}

/* The words are those behind an argv[0]. */
static int command_forked(char **words)
{
	int argc = 1, status;
	pid_t child = fork();

	while (words[argc - 1])
		argc++;
	if (!child)
		exit(run(argc, words - 1));
	if (child < 0 || waitpid(child, &status, 0) != child)
		err(1, "a process");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	return run(argc, argv);
}
