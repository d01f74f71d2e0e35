// SPDX-License-Identifier: GPL-2.0-only
/*
 * batch_atomic.c - batches that no snapshot comes between
 *
 * A batch adds one to each of 64 numbers, so that all of them are the same
 * between two batches, and are not within one.
 */
#include "kselftest_harness.h"
#include <sched.h>
#include <time.h>
#include "batch_test.h"
#include "verify.h"

#define NAME	"test-batch-atomic"
#define KEYS	KHMAP_ATOMIC_MAX
#define SNAPSHOTS	2000
#define GROWN	20u	/* keys for each snapshot, each of them new */
#define UNITS	1024u	/* of a shape, to a page */

/**
 * struct growth - what lets the map grow while snapshots are taken; shared with a child
 * @grow: keys that may be added by now
 * @grown: keys that were
 * @shape: of the newest snapshot
 * @other: snapshots whose shape is not that of the one before
 * @within: those that were taken while a page of buckets was split in part
 */
struct growth {
	uint64_t grow;
	uint64_t grown;
	uint32_t shape;
	int other;
	int within;
};

FIXTURE(atomic) {
	int fd;
	struct growth *growth;
	uint64_t keys[KEYS + 1];
	uint64_t values[KEYS + 1];
	int32_t statuses[KEYS + 1];
};

FIXTURE_SETUP(atomic)
{
	uint64_t i;

	map_remove(NAME);
	self->fd = create_named(NAME, 1);
	ASSERT_LE(0, self->fd);
	self->growth = mmap(NULL, sizeof(*self->growth), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->growth);
	for (i = 0; i <= KEYS; i++) {
		self->keys[i] = i;
		self->values[i] = 1;
		self->statuses[i] = UNWRITTEN;
	}
	for (i = 0; i < KEYS; i++)
		ASSERT_EQ(0, put(self->fd, i, 0));
}

FIXTURE_TEARDOWN(atomic)
{
	EXPECT_EQ(0, map_verify(self->fd));
	close(self->fd);
	munmap(self->growth, sizeof(*self->growth));
	map_remove(NAME);
}

/* One is added to each number. */
static struct khmap_ioc_batch additions(const uint64_t *keys,
					const uint64_t *ones, uint32_t flags)
{
	struct khmap_ioc_batch batch =
		arrays_of(KHMAP_OP_FETCH_ADD, keys, NULL, NULL, KEYS);

	batch.operands = address_of(ones);
	batch.flags |= flags;
	return batch;
}

/* What all numbers are, or -1 if they differ, or -errno. */
static int64_t same(int fd)
{
	uint64_t key, value, first = 0;

	for (key = 0; key < KEYS; key++) {
		int err = get(fd, key, &value);

		if (err)
			return err < 0 ? err : -EIO;
		if (!key)
			first = value;
		else if (value != first)
			return -1;
	}
	return (int64_t)first;
}

static uint64_t load(const uint64_t *from)
{
	return __atomic_load_n(from, __ATOMIC_RELAXED);
}

/* Let the map grow on, and wait until it does, if the child still can. */
static void grow_on(struct growth *growth)
{
	uint64_t before = load(&growth->grown);
	time_t end = time(NULL) + 20;

	__atomic_store_n(&growth->grow, before + GROWN, __ATOMIC_RELAXED);
	while (load(&growth->grown) < before + GROWN / 2 && time(NULL) < end)
		sched_yield();
}

static void growth_count(struct growth *growth, int cut)
{
	struct khmap_image_header *header;
	uint32_t shape;

	header = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, cut, 0);
	if (header == MAP_FAILED)
		return;
	shape = header->shape;
	munmap(header, PAGE);
	growth->other += shape != growth->shape;
	growth->within += shape % UNITS != 0;
	growth->shape = shape;
}

/* Take snapshots while a child adds; how many are within a batch. */
static int halves(int fd, struct growth *growth, int count, bool until)
{
	struct khmap_ioc_snapshot args;
	int i, found = 0, cut;

	for (i = 0; i < count && !(until && found); i++) {
		grow_on(growth);
		cut = snapshot(fd, &args);
		if (cut < 0)
			return cut;
		found += same(cut) < 0;
		growth_count(growth, cut);
		close(cut);
	}
	return found;
}

/* Each key is new: one that comes again splits nothing. */
static void grow(int fd, struct growth *growth)
{
	uint64_t grown = 0;

	for (;;) {
		if (grown == load(&growth->grow)) {
			sched_yield();
			continue;
		}
		if (put(fd, 1000 + grown, grown))
			_exit(1);
		grown++;
		__atomic_store_n(&growth->grown, grown, __ATOMIC_RELAXED);
	}
}

/* Children that add, and one that lets the map grow; all until they are killed. */
static void children_start(int fd, struct growth *growth, const uint64_t *keys,
			   const uint64_t *ones, uint32_t flags, pid_t *children, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		children[i] = fork();
		if (children[i])
			continue;
		if (!i)
			grow(fd, growth);
		for (;;) {
			struct khmap_ioc_batch batch =
				additions(keys, ones, flags);

			if (batch_call(fd, &batch) || batch.done != KEYS ||
			    batch.failed)
				_exit(1);
		}
	}
}

/* Were they all at work till the end? */
static bool children_kill(pid_t *children, int count)
{
	bool killed = true;
	int i, status;

	for (i = 0; i < count; i++) {
		kill(children[i], SIGKILL);
		if (waitpid(children[i], &status, 0) != children[i] ||
		    !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
			killed = false;
	}
	return killed;
}

TEST_F_TIMEOUT(atomic, no_snapshot_comes_between, 120)
{
	pid_t children[3];

	children_start(self->fd, self->growth, self->keys, self->values,
		       KHMAP_BATCH_ATOMIC, children, 3);
	EXPECT_EQ(0, halves(self->fd, self->growth, SNAPSHOTS, false));
	EXPECT_TRUE(children_kill(children, 3));
	EXPECT_LE(SNAPSHOTS / 2, self->growth->other);
	EXPECT_LE(SNAPSHOTS / 2, self->growth->within);
	EXPECT_LT(0, same(self->fd));
}

/* Without the flag one does: else the test above would show nothing. */
TEST_F_TIMEOUT(atomic, but_does_otherwise, 120)
{
	pid_t children[2];

	children_start(self->fd, self->growth, self->keys, self->values, 0,
		       children, 2);
	EXPECT_LT(0, halves(self->fd, self->growth, 100000, true));
	EXPECT_TRUE(children_kill(children, 2));
}

TEST_F_TIMEOUT(atomic, killed_in_the_middle, 120)
{
	struct khmap_ioc_snapshot args;
	pid_t children[2];
	int round, cut;

	/* In these few milliseconds the map may grow as it likes. */
	self->growth->grow = UINT64_MAX;
	for (round = 0; round < 30; round++) {
		children_start(self->fd, self->growth, self->keys, self->values,
			       KHMAP_BATCH_ATOMIC, children, 2);
		usleep(1000 + round * 777);
		ASSERT_TRUE(children_kill(children, 2));
		cut = snapshot(self->fd, &args);
		ASSERT_LE(0, cut);
		ASSERT_LE(0, same(cut));
		close(cut);
	}
	EXPECT_LT(0, same(self->fd));
}

TEST_F(atomic, counts)
{
	struct khmap_op ops[KEYS + 1];
	struct khmap_ioc_batch batch;
	uint32_t i;

	for (i = 0; i <= KEYS; i++)
		ops[i] = op_of(KHMAP_OP_PUT, &self->keys[i], &self->values[i]);
	batch = batch_of(ops, KEYS + 1);
	batch.flags = KHMAP_BATCH_ATOMIC;
	EXPECT_EQ(-E2BIG, batch_call(self->fd, &batch));
	EXPECT_EQ(UNWRITTEN, ops[0].status);
	EXPECT_EQ(0, same(self->fd));
	batch.count = KHMAP_BATCH_MAX + 1;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	batch.count = 0;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	batch.count = KEYS;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(KEYS, batch.done);
	EXPECT_EQ(0, batch.failed);
	EXPECT_EQ(1, same(self->fd));
	batch.flags |= KHMAP_BATCH_FLAGS + 1;
	EXPECT_EQ(-EOPNOTSUPP, batch_call(self->fd, &batch));
}

TEST_F(atomic, arrays)
{
	struct khmap_ioc_batch batch =
		arrays_of(KHMAP_OP_PUT, self->keys, self->values,
			  self->statuses, KEYS + 1);

	batch.flags |= KHMAP_BATCH_ATOMIC;
	EXPECT_EQ(-E2BIG, batch_call(self->fd, &batch));
	EXPECT_EQ(UNWRITTEN, self->statuses[0]);
	batch.count = KEYS;
	batch.op_flags = KHMAP_PUT_INSERT;
	self->keys[3] = 1000;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(KEYS, batch.done);
	EXPECT_EQ(KEYS - 1, batch.failed);
	EXPECT_EQ(-EEXIST, self->statuses[2]);
	EXPECT_EQ(0, self->statuses[3]);
}

/* One that fails undoes no other; with STOP it is the last. */
TEST_F(atomic, each_answers_for_itself)
{
	uint64_t wrong = 99, value;
	struct khmap_op ops[4];
	struct khmap_ioc_batch batch = batch_of(ops, 4);

	ops[0] = op_of(KHMAP_OP_PUT, &self->keys[1], &self->values[0]);
	ops[1] = op_of(KHMAP_OP_CAS, &self->keys[2], &self->values[0]);
	ops[1].operand = address_of(&wrong);
	ops[2] = op_of(KHMAP_OP_DELETE, &self->keys[KEYS], NULL);
	ops[3] = op_of(KHMAP_OP_GET, &self->keys[1], &value);
	batch.flags = KHMAP_BATCH_ATOMIC;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(4, batch.done);
	EXPECT_EQ(2, batch.failed);
	EXPECT_EQ(0, ops[0].status);
	EXPECT_EQ(-ECANCELED, ops[1].status);
	EXPECT_EQ(-ENOENT, ops[2].status);
	EXPECT_EQ(0, ops[3].status);
	EXPECT_EQ(1, value);

	batch.flags |= KHMAP_BATCH_STOP;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(2, batch.done);
	EXPECT_EQ(1, batch.failed);

	/* What cannot be tried. */
	ops[0].value = 8;
	ops[1] = op_of(99, &self->keys[0], NULL);
	batch.flags = KHMAP_BATCH_ATOMIC;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(-EFAULT, ops[0].status);
	EXPECT_EQ(-EOPNOTSUPP, ops[1].status);
}

/* Records so large that other batches would come in several runs. */
TEST_F(atomic, large_records)
{
	struct khmap_ioc_create args = create_args("test-batch-atomic-2", 1);
	size_t size = 3000;
	char *values = calloc(KEYS, size);
	struct khmap_ioc_batch batch;
	struct khmap_ioc_stat stat;
	uint64_t i;
	int fd;

	map_remove("test-batch-atomic-2");
	args.value_size = (uint32_t)size;
	fd = create_map(&args);
	ASSERT_LE(0, fd);
	ASSERT_NE(NULL, values);
	for (i = 0; i < KEYS * size; i++)
		values[i] = (char)(i / size);
	batch = arrays_of(KHMAP_OP_PUT, self->keys, values, self->statuses,
			  KEYS);
	batch.flags |= KHMAP_BATCH_ATOMIC;
	ASSERT_EQ(0, batch_call(fd, &batch));
	EXPECT_EQ(KEYS, batch.done);
	EXPECT_EQ(0, batch.failed);
	memset(values, 0, KEYS * size);
	batch.opcode = KHMAP_OP_GET;
	ASSERT_EQ(0, batch_call(fd, &batch));
	EXPECT_EQ(0, batch.failed);
	for (i = 0; i < KEYS * size; i++)
		ASSERT_EQ((char)(i / size), values[i]);
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(KEYS, stat.entries);
	EXPECT_EQ(0, map_verify(fd));
	map_remove("test-batch-atomic-2");
	close(fd);
	free(values);
}

/* Memory for all, or nothing is done. */
TEST_F(atomic, no_memory)
{
	struct khmap_ioc_create args = create_args("test-batch-atomic-2", 1);
	struct khmap_ioc_batch batch =
		arrays_of(KHMAP_OP_PUT, self->keys, self->values, NULL, KEYS);
	struct khmap_ioc_stat stat;
	int fd;

	map_remove("test-batch-atomic-2");
	/* Kernels that look for faults make locks, and so a map that is empty, larger. */
	fd = create_map(&args);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_stat(fd, &stat));
	map_remove("test-batch-atomic-2");
	close(fd);
	args.max_bytes = stat.bytes + 14 * (uint64_t)PAGE;
	fd = create_map(&args);
	ASSERT_LE(0, fd);
	batch.flags |= KHMAP_BATCH_ATOMIC;
	EXPECT_EQ(-ENOMEM, batch_call(fd, &batch));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(0, stat.entries);
	batch.count = 2;
	ASSERT_EQ(0, batch_call(fd, &batch));
	EXPECT_EQ(2, batch.done);
	EXPECT_EQ(0, batch.failed);
	map_remove("test-batch-atomic-2");
	close(fd);
}

TEST_F(atomic, library)
{
	struct khmap_open_options options = {
		.size = sizeof(options),
		.flags = KHMAP_OPEN_WRITE,
	};
	struct khmap_arrays arrays = {
		.size = sizeof(arrays),
		.flags = KHMAP_BATCH_ATOMIC,
		.opcode = KHMAP_OP_PUT,
		.keys = self->keys,
		.values = self->values,
		.count = KEYS + 1,
	};
	struct khmap_op ops[KEYS + 1];
	struct khmap *map;
	size_t done, i;

	ASSERT_EQ(0, khmap_open(NAME, &options, &map));
	for (i = 0; i <= KEYS; i++)
		ops[i] = op_of(KHMAP_OP_PUT, &self->keys[i], &self->values[i]);
	EXPECT_EQ(-E2BIG, khmap_batch(map, ops, KEYS + 1, KHMAP_BATCH_ATOMIC,
				      &done));
	EXPECT_STREQ("an atomic batch has at most 64 operations, not 65",
		     khmap_reason());
	EXPECT_EQ(0, done);
	EXPECT_EQ(-E2BIG, khmap_batch_arrays(map, &arrays));
	EXPECT_EQ(0, arrays.done);
	EXPECT_EQ(0, same(self->fd));
	arrays.count = KEYS;
	ASSERT_EQ(0, khmap_batch_arrays(map, &arrays));
	EXPECT_EQ(KEYS, arrays.done);
	EXPECT_EQ(1, same(self->fd));
	/* One that fails is not the last. */
	ops[2].flags = KHMAP_PUT_INSERT;
	ASSERT_EQ(0, khmap_batch(map, ops, KEYS, KHMAP_BATCH_ATOMIC, &done));
	EXPECT_EQ(KEYS, done);
	EXPECT_EQ(-EEXIST, ops[2].status);
	ASSERT_EQ(0, khmap_batch(map, ops, KEYS, KHMAP_BATCH_ATOMIC |
				 KHMAP_BATCH_STOP, &done));
	EXPECT_EQ(3, done);
	khmap_close(map);
}

TEST_HARNESS_MAIN
