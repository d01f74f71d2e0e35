// SPDX-License-Identifier: GPL-2.0-only
/*
 * batch_untold.c - batches whose place for the answers goes away while they run
 *
 * It is there when it is looked for, before an operation is carried out.  Then a key
 * that is not there yet holds the call, and the place is unmapped.  Of three runs
 * of operations the second is carried out and cannot be told: the call says so,
 * and the third is not tried.
 */
#include "kselftest_harness.h"
#include <pthread.h>
#include "batch_test.h"
#include "stall.h"
#include "verify.h"

#define NAME	"test-batch-untold"
#define RUN	64u		/* operations that are fetched and answered at a time */
#define MANY	(3 * RUN)

FIXTURE(untold) {
	int fd;
	int result;
	struct stall stall;
	uint64_t *keys;		/* those of the second run and the third are held back */
	uint64_t values[MANY];
	struct khmap_ioc_batch batch;
};

FIXTURE_SETUP(untold)
{
	struct khmap_ioc_create args = create_args(NAME, MANY);
	uint64_t i, *late = (uint64_t *)self->stall.content;
	char *pages;

	map_remove(NAME);
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	pages = mmap(NULL, 3 * STALL_PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, pages);
	self->keys = (uint64_t *)(pages + STALL_PAGE) - RUN;
	for (i = 0; i < RUN; i++)
		self->keys[i] = i;
	for (i = RUN; i < MANY; i++)
		late[i - RUN] = i;
	for (i = 0; i < MANY; i++)
		self->values[i] = 3 * i;
	ASSERT_EQ(0, stall_at(&self->stall, pages + STALL_PAGE, false));
}

FIXTURE_TEARDOWN(untold)
{
	EXPECT_EQ(0, map_verify(self->fd));
	close(self->fd);
	map_remove(NAME);
	stall_end(&self->stall);
}

static void *run(void *context)
{
	FIXTURE_DATA(untold) * self = context;

	self->result = batch_call(self->fd, &self->batch);
	return NULL;
}

/* The batch, one of whose places is unmapped when its second run wants its keys. */
static void run_and_unmap(struct __test_metadata *_metadata, void *context, char *place)
{
	FIXTURE_DATA(untold) * self = context;
	pthread_t thread;
	uint64_t i, value;

	ASSERT_EQ(0, pthread_create(&thread, NULL, run, self));
	EXPECT_TRUE(stall_wait(&self->stall));
	EXPECT_EQ(0, munmap(place, STALL_PAGE));
	EXPECT_EQ(0, stall_give(&self->stall));
	pthread_join(thread, NULL);
	EXPECT_EQ(-EFAULT, self->result);
	EXPECT_EQ(2 * RUN, self->batch.done);
	EXPECT_EQ(0, self->batch.failed);
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(i < 2 * RUN ? 0 : -ENOENT, get(self->fd, i, &value));
		if (i < 2 * RUN)
			ASSERT_EQ(3 * i, value);
	}
}

/* Two pages, the first of which ends with what is told of the first run. */
static char *place_make(size_t size)
{
	char *pages = mmap(NULL, 3 * STALL_PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages == MAP_FAILED ? NULL : pages + STALL_PAGE - RUN * size;
}

TEST_F(untold, statuses)
{
	int32_t *statuses = (int32_t *)place_make(sizeof(*statuses));
	uint32_t i;

	ASSERT_TRUE(statuses);
	for (i = 0; i < RUN; i++)
		statuses[i] = UNWRITTEN;
	self->batch = arrays_of(KHMAP_OP_PUT, self->keys, self->values, statuses, MANY);
	run_and_unmap(_metadata, self, (char *)(statuses + RUN));
	for (i = 0; i < RUN; i++)
		ASSERT_EQ(0, statuses[i]);
}

TEST_F(untold, results)
{
	uint64_t *results = (uint64_t *)place_make(sizeof(*results)), value, i;

	ASSERT_TRUE(results);
	for (i = 0; i < 2 * RUN; i++)
		ASSERT_EQ(0, put(self->fd, i, 2 * i));
	self->batch = arrays_of(KHMAP_OP_FETCH_ADD, self->keys, NULL, NULL, MANY);
	self->batch.results = address_of(results);
	for (i = 0; i < MANY; i++)
		self->values[i] = i;
	self->batch.operands = address_of(self->values);
	run_and_unmap(_metadata, self, (char *)(results + RUN));
	for (i = 0; i < RUN; i++)
		ASSERT_EQ(2 * i, results[i]);
	EXPECT_EQ(-ENOENT, get(self->fd, 2 * RUN, &value));
}

TEST_F(untold, operations)
{
	struct khmap_op *ops = (struct khmap_op *)place_make(sizeof(*ops));
	uint32_t i;

	ASSERT_TRUE(ops);
	for (i = 0; i < MANY; i++)
		ops[i] = op_of(KHMAP_OP_PUT, &self->keys[i], &self->values[i]);
	self->batch = batch_of(ops, MANY);
	run_and_unmap(_metadata, self, (char *)(ops + RUN));
	for (i = 0; i < RUN; i++)
		ASSERT_EQ(0, ops[i].status);
}

TEST_HARNESS_MAIN
