// SPDX-License-Identifier: GPL-2.0-only
/*
 * batch_life.c - batches that are interrupted, killed, or lose their map
 */
#include "kselftest_harness.h"
#include <sys/time.h>
#include "batch_test.h"
#include "verify.h"

#define NAME	"test-batch-life"
#define KEYS	2000

FIXTURE(life) {
	int fd;
	uint64_t *keys;
	uint64_t *values;
	int32_t *statuses;
};

FIXTURE_SETUP(life)
{
	struct khmap_ioc_create args = create_args(NAME, KEYS);
	size_t i;

	map_remove(NAME);
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	self->keys = calloc(KHMAP_BATCH_MAX, 8);
	self->values = calloc(KHMAP_BATCH_MAX, 8);
	self->statuses = calloc(KHMAP_BATCH_MAX, 4);
	ASSERT_TRUE(self->keys && self->values && self->statuses);
	for (i = 0; i < KHMAP_BATCH_MAX; i++) {
		self->keys[i] = i * 7919 % KEYS;
		self->values[i] = i;
	}
}

FIXTURE_TEARDOWN(life)
{
	EXPECT_EQ(0, map_verify(self->fd));
	close(self->fd);
	map_remove(NAME);
	free(self->keys);
	free(self->values);
	free(self->statuses);
}

TEST_F(life, as_many_as_may_be)
{
	struct khmap_ioc_batch batch =
		arrays_of(KHMAP_OP_PUT, self->keys, self->values,
			  self->statuses, KHMAP_BATCH_MAX);

	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(KHMAP_BATCH_MAX, batch.done);
	EXPECT_EQ(0, batch.failed);
}

static volatile int alarms;

static void count_alarm(int signal)
{
	(void)signal;
	alarms++;
}

TEST_F(life, a_signal_stops_it_between_operations)
{
	struct sigaction action = { .sa_handler = count_alarm };
	struct itimerval timer = { .it_value.tv_usec = 3000 };
	struct khmap_ioc_batch batch;
	int tries;
	uint32_t i;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	for (tries = 0; tries < 100; tries++) {
		for (i = 0; i < KHMAP_BATCH_MAX; i++)
			self->statuses[i] = UNWRITTEN;
		batch = arrays_of(KHMAP_OP_PUT, self->keys, self->values,
				  self->statuses, KHMAP_BATCH_MAX);
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
		ASSERT_EQ(0, batch_call(self->fd, &batch));
		ASSERT_LT(0, batch.done);
		for (i = 0; i < KHMAP_BATCH_MAX; i++)
			ASSERT_EQ(i < batch.done ? 0 : UNWRITTEN,
				  self->statuses[i]);
		if (batch.done < KHMAP_BATCH_MAX)
			break;
	}
	EXPECT_LT(batch.done, KHMAP_BATCH_MAX);
	EXPECT_LT(0, alarms);
}

/* What has been done to a map, over all. */
static uint64_t changes(int fd)
{
	struct khmap_ioc_stat stat;

	return map_stat(fd, &stat) ? 0 : stat.inserts + stat.replaces + stat.deletes;
}

/* A child that does nothing but batches, of all kinds. */
static void work(int fd, const uint64_t *keys, uint64_t *values)
{
	static const uint32_t opcodes[] = {
		KHMAP_OP_PUT, KHMAP_OP_DELETE, KHMAP_OP_PUT, KHMAP_OP_GET_DELETE,
	};
	uint32_t i;

	for (i = 0;; i++) {
		uint32_t opcode = opcodes[i % 4];
		struct khmap_ioc_batch batch =
			arrays_of(opcode, keys + i % 100,
				  opcode == KHMAP_OP_DELETE ? NULL : values,
				  NULL, KHMAP_BATCH_MAX - 100);

		if (batch_call(fd, &batch))
			_exit(1);
	}
}

TEST_F(life, killed_in_the_middle)
{
	int round, status;

	for (round = 0; round < 30; round++) {
		pid_t child = fork();

		if (!child)
			work(self->fd, self->keys, self->values);
		ASSERT_LT(0, child);
		usleep(1000 + round * 777);
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
		ASSERT_EQ(SIGKILL, WTERMSIG(status));
		ASSERT_EQ(0, map_verify(self->fd));
		ASSERT_EQ(0, put(self->fd, 1, round));
	}
}

TEST_F(life, its_map_is_destroyed_and_cut)
{
	struct khmap_ioc_snapshot args;
	int status, round;
	uint64_t before;
	pid_t child = fork();

	if (!child)
		work(self->fd, self->keys, self->values);
	ASSERT_LT(0, child);
	for (round = 0; round < 10; round++) {
		int cut = snapshot(self->fd, &args);

		ASSERT_LE(0, cut);
		ASSERT_EQ(0, map_verify(cut));
		close(cut);
	}
	ASSERT_EQ(0, map_destroy(self->fd));
	/* The child goes on with a map that has no name any more. */
	before = changes(self->fd);
	while (changes(self->fd) <= before)
		ASSERT_EQ(0, waitpid(child, &status, WNOHANG));
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
}

/* Two children add to the same numbers: none is lost. */
TEST_F(life, additions_of_two)
{
	enum { COUNT = 500, ROUNDS = 40 };
	static struct khmap_op ops[COUNT];
	uint64_t value, sum = 0, key;
	pid_t children[2];
	int i, round, status;

	for (key = 0; key < 10; key++)
		ASSERT_EQ(0, put(self->fd, key, 0));
	for (i = 0; i < 2; i++) {
		children[i] = fork();
		if (children[i])
			continue;
		for (round = 0; round < ROUNDS; round++) {
			struct khmap_ioc_batch batch = batch_of(ops, COUNT);
			int j;

			for (j = 0; j < COUNT; j++) {
				self->keys[j] = (uint64_t)j % 10;
				ops[j] = op_of(KHMAP_OP_FETCH_ADD,
					       &self->keys[j], NULL);
				ops[j].operand = 1;
			}
			if (batch_call(self->fd, &batch) || batch.failed ||
			    batch.done != COUNT)
				_exit(1);
		}
		_exit(0);
	}
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(children[i], waitpid(children[i], &status, 0));
		ASSERT_EQ(0, status);
	}
	for (key = 0; key < 10; key++) {
		ASSERT_EQ(0, get(self->fd, key, &value));
		sum += value;
	}
	EXPECT_EQ(2 * COUNT * ROUNDS, sum);
}

TEST_HARNESS_MAIN
