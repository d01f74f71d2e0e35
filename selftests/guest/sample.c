// SPDX-License-Identifier: GPL-2.0-only
/*
 * sample.c - samplers take one operation in so many, and only then is it told
 */
#include <pthread.h>
#include <sched.h>
#include "kselftest_harness.h"
#include "batch_test.h"
#include "trace_test.h"
#include "verify.h"

#define NAME	"test-sample"
#define KEYS	130	/* of a batch: some runs of 64, and a part */

FIXTURE(sample) {
	struct trace_lines trace;
	uint64_t map_id;
	int fd;
	int control;
	bool traced;
};

static struct khmap_ioc_sample sample_args(uint64_t map_id, uint32_t every)
{
	struct khmap_ioc_sample args = {
		.size = sizeof(args),
		.map_id = map_id,
		.every = every,
	};

	return args;
}

/* The sampler's descriptor or -errno. */
static int sampler_open(int control, struct khmap_ioc_sample *args)
{
	int err = call(control, KHMAP_IOC_SAMPLE, args);

	return err ? err : args->fd;
}

static uint64_t seen(int sampler)
{
	uint64_t count = ~0ull;

	return read(sampler, &count, sizeof(count)) == sizeof(count) ? count : ~0ull;
}

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* Which slots were told of for a sampler, in their order, as "3 13 23 ". */
static const char *slots_told(struct trace_lines *trace, uint32_t sampler)
{
	static char text[4096];
	size_t used = 0;
	int i;

	text[0] = '\0';
	read_lines(trace);
	for (i = 0; i < trace->count; i++) {
		const char *line = trace->lines[i], *mask = strstr(line, " samplers=");

		if (strncmp(line, "khmap_sample:", 13) || !mask ||
		    !(strtoul(mask + 10, NULL, 16) >> sampler & 1))
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%llu%s ",
					 field(line, "slot"), field(line, "deleted") ? "d" : "");
	}
	return text;
}

/* A small map: slot and key are the same. */
FIXTURE_SETUP(sample)
{
	struct khmap_ioc_create args = create_args(NAME, 1);
	uint64_t i;

	map_remove(NAME);
	ASSERT_EQ(0, pin(0));
	self->control = control_open(O_RDONLY);
	ASSERT_LE(0, self->control);
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	self->map_id = args.map_id;
	self->trace.map_id = args.map_id;
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, put(self->fd, i, i));
	if (access(EVENTS, F_OK))
		return;
	self->traced = true;
	ASSERT_TRUE(!mkdir(INSTANCE, 0700) || errno == EEXIST);
	ASSERT_EQ(0, write_file(INSTANCE "/trace", ""));
	ASSERT_EQ(0, write_file(INSTANCE "/events/khmap/khmap_sample/enable", "1"));
}

FIXTURE_TEARDOWN(sample)
{
	EXPECT_EQ(0, map_verify(self->fd));
	map_remove(NAME);
	close(self->fd);
	close(self->control);
	write_file(INSTANCE "/events/khmap/enable", "0");
	rmdir(INSTANCE);
}

TEST_F(sample, first_and_then_each_third)
{
	struct khmap_ioc_sample args = sample_args(self->map_id, 3);
	uint64_t i;
	int fd = sampler_open(self->control, &args);

	ASSERT_LE(0, fd);
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, put(self->fd, i, 1));
	/* What changes nothing does not count. */
	ASSERT_EQ(-ENOENT, delete(self->fd, 99));
	ASSERT_EQ(0, get(self->fd, 1, &i));
	ASSERT_EQ(0, put(self->fd, 8, 1));
	ASSERT_EQ(0, delete(self->fd, 9));
	EXPECT_EQ(10, seen(fd));
	if (self->traced)
		EXPECT_STREQ("0 3 6 9d ", slots_told(&self->trace, args.sampler));
	close(fd);
	ASSERT_EQ(0, put(self->fd, 1, 1));
	if (self->traced)
		EXPECT_STREQ("0 3 6 9d ", slots_told(&self->trace, args.sampler));
}

/* In a batch only those that are taken are told of, wherever runs end. */
TEST_F(sample, batches)
{
	struct khmap_ioc_sample args = sample_args(self->map_id, 50);
	uint64_t keys[KEYS], values[KEYS] = { 0 }, i;
	struct khmap_ioc_batch batch = arrays_of(KHMAP_OP_PUT, keys, values, NULL, KEYS);
	int fd = sampler_open(self->control, &args);

	ASSERT_LE(0, fd);
	for (i = 0; i < KEYS; i++)
		keys[i] = i % 10;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(KEYS, seen(fd));
	/* Numbers 0, 50 and 100. */
	if (self->traced)
		EXPECT_STREQ("0 0 0 ", slots_told(&self->trace, args.sampler));
	for (i = 0; i < KEYS; i++)
		keys[i] = i / 10 % 10;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(2 * KEYS, seen(fd));
	/* Of both batches number 150, 200 and 250: of the second 20, 70 and 120. */
	if (self->traced)
		EXPECT_STREQ("0 0 0 2 7 2 ", slots_told(&self->trace, args.sampler));
	close(fd);
}

TEST_F(sample, atomic_batches)
{
	struct khmap_ioc_sample args = sample_args(0, 2);
	uint64_t keys[4] = { 1, 2, 3, 4 }, values[4] = { 0 };
	struct khmap_ioc_batch batch = arrays_of(KHMAP_OP_PUT, keys, values, NULL, 4);
	int fd = sampler_open(self->control, &args);

	ASSERT_LE(0, fd);
	batch.flags |= KHMAP_BATCH_ATOMIC;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(4, seen(fd));
	if (self->traced)
		EXPECT_STREQ("1 3 ", slots_told(&self->trace, args.sampler));
	close(fd);
}

/* Each counts for itself. */
TEST_F(sample, several)
{
	struct khmap_ioc_sample all = sample_args(0, 1);
	struct khmap_ioc_sample some = sample_args(self->map_id, 4);
	struct khmap_ioc_sample other = sample_args(self->map_id + 1000, 1);
	int fd[3], unnamed = create_named(NULL, 1);
	uint64_t i;

	ASSERT_LE(0, unnamed);
	fd[0] = sampler_open(self->control, &all);
	fd[1] = sampler_open(self->control, &some);
	fd[2] = sampler_open(self->control, &other);
	ASSERT_LE(0, fd[0]);
	ASSERT_LE(0, fd[1]);
	ASSERT_LE(0, fd[2]);
	EXPECT_NE(all.sampler, some.sampler);
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(0, put(unnamed, i, i));
		ASSERT_EQ(0, put(self->fd, i, i));
	}
	EXPECT_EQ(12, seen(fd[0]));
	EXPECT_EQ(6, seen(fd[1]));
	EXPECT_EQ(0, seen(fd[2]));
	if (self->traced) {
		EXPECT_STREQ("0 1 2 3 4 5 ", slots_told(&self->trace, all.sampler));
		EXPECT_STREQ("0 4 ", slots_told(&self->trace, some.sampler));
		EXPECT_STREQ("", slots_told(&self->trace, other.sampler));
	}
	close(fd[1]);
	ASSERT_EQ(0, put(self->fd, 6, 6));
	EXPECT_EQ(13, seen(fd[0]));
	close(fd[0]);
	close(fd[2]);
	close(unnamed);
}

/* Returns NULL if all went well. */
static void *put_on_other(void *fd)
{
	uint64_t i;
	int err = pin(1);

	for (i = 0; i < 5 && !err; i++)
		err = put(*(int *)fd, i, i);
	return err ? fd : NULL;
}

/* Each processor's first is taken. */
TEST_F(sample, processors)
{
	struct khmap_ioc_sample args = sample_args(self->map_id, 100);
	int fd = sampler_open(self->control, &args);
	pthread_t thread;
	void *wrong;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, put(self->fd, 7, 7));
	ASSERT_EQ(0, put(self->fd, 8, 8));
	ASSERT_EQ(0, pthread_create(&thread, NULL, put_on_other, &self->fd));
	ASSERT_EQ(0, pthread_join(thread, &wrong));
	EXPECT_EQ(NULL, wrong);
	EXPECT_EQ(7, seen(fd));
	if (self->traced)
		EXPECT_STREQ("7 0 ", slots_told(&self->trace, args.sampler));
	close(fd);
}

TEST_F(sample, mistakes)
{
	struct khmap_ioc_sample args = sample_args(0, 0);
	int fds[KHMAP_SAMPLERS_MAX], i;
	uint32_t half;

	EXPECT_EQ(-EINVAL, sampler_open(self->control, &args));
	args = sample_args(0, KHMAP_SAMPLE_MAX + 1);
	EXPECT_EQ(-EINVAL, sampler_open(self->control, &args));
	args = sample_args(0, 1);
	args.reserved = 1;
	EXPECT_EQ(-EINVAL, sampler_open(self->control, &args));
	args = sample_args(0, KHMAP_SAMPLE_MAX);
	for (i = 0; i < KHMAP_SAMPLERS_MAX; i++) {
		fds[i] = sampler_open(self->control, &args);
		ASSERT_LE(0, fds[i]);
		EXPECT_EQ((uint32_t)i, args.sampler);
	}
	EXPECT_EQ(-EBUSY, sampler_open(self->control, &args));
	/* Whose place is free again begins at 0. */
	ASSERT_EQ(0, put(self->fd, 1, 1));
	EXPECT_EQ(1, seen(fds[3]));
	close(fds[3]);
	fds[3] = sampler_open(self->control, &args);
	ASSERT_LE(0, fds[3]);
	EXPECT_EQ(3, args.sampler);
	EXPECT_EQ(0, seen(fds[3]));
	EXPECT_EQ(-1, read(fds[3], &half, sizeof(half)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, syscall(SYS_read, fds[3], NULL, sizeof(uint64_t)));
	EXPECT_EQ(EFAULT, errno);
	for (i = 0; i < KHMAP_SAMPLERS_MAX; i++)
		close(fds[i]);
}

static int open_unprivileged(const void *control)
{
	struct khmap_ioc_sample args = sample_args(0, 1);
	int fd = sampler_open(*(const int *)control, &args);

	return fd < 0 ? -fd : 0;
}

/* Who was handed /dev/khmap/control may create maps, but watches nobody. */
TEST_F(sample, needs_a_capability)
{
	EXPECT_EQ(EPERM, run_unprivileged(open_unprivileged, &self->control));
}

/* It goes with the process, whatever ends that; and tells /proc what it is. */
TEST_F(sample, ends_with_its_process)
{
	struct khmap_ioc_sample args = sample_args(0, 5);
	char path[64], line[64], *text = NULL;
	size_t size = 0;
	FILE *file, *all = open_memstream(&text, &size);
	pid_t child = fork();
	int i, fd, status;

	ASSERT_LE(0, child);
	if (!child) {
		for (i = 0; i < KHMAP_SAMPLERS_MAX; i++)
			if (sampler_open(self->control, &args) < 0)
				_exit(1);
		raise(SIGKILL);
		_exit(2);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	fd = sampler_open(self->control, &args);
	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file))
		fputs(line, all);
	fclose(file);
	fclose(all);
	EXPECT_NE(NULL, strstr(text, "khmap-kind:\tsampler\nkhmap-map:\t0\nkhmap-every:\t5\n"));
	free(text);
	close(fd);
}

TEST_HARNESS_MAIN
