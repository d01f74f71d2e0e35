// SPDX-License-Identifier: GPL-2.0-only
/*
 * uring.c - batches and single operations by io_uring
 */
#include "kselftest_harness.h"
#include <liburing.h>
#include "batch_test.h"
#include "verify.h"

#define NAME	"test-uring"
#define DEPTH	32
#define KEYS	3000

FIXTURE(uring) {
	int fd;
	int file;	/* what goes into an SQE */
	unsigned int sqe_flags;
	bool wide;
	struct io_uring ring;
	uint64_t keys[KEYS];
	uint64_t values[KEYS];
	int32_t statuses[KEYS];
};

FIXTURE_VARIANT(uring) {
	unsigned int setup;
	bool fixed;
};

FIXTURE_VARIANT_ADD(uring, plain) {
	.setup = 0,
};

FIXTURE_VARIANT_ADD(uring, fixed) {
	.fixed = true,
};

FIXTURE_VARIANT_ADD(uring, wide) {
	.setup = IORING_SETUP_SQE128 | IORING_SETUP_CQE32,
};

FIXTURE_VARIANT_ADD(uring, sqpoll) {
	.setup = IORING_SETUP_SQPOLL,
	.fixed = true,
};

FIXTURE_VARIANT_ADD(uring, sqpoll_wide) {
	.setup = IORING_SETUP_SQPOLL | IORING_SETUP_SQE128 |
		 IORING_SETUP_CQE32,
};

FIXTURE_SETUP(uring)
{
	struct khmap_ioc_create args = create_args(NAME, 1000);
	uint64_t i;

	map_remove(NAME);
	args.max_entries = 2 * KEYS;
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	/* From now on it is not in its header page alone. */
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, put(self->fd, i, i));
	ASSERT_EQ(0, clear(self->fd, &i));
	self->wide = variant->setup & IORING_SETUP_SQE128;
	ASSERT_EQ(0, io_uring_queue_init(DEPTH, &self->ring, variant->setup));
	self->file = self->fd;
	if (variant->fixed) {
		ASSERT_EQ(0, io_uring_register_files(&self->ring, &self->fd, 1));
		self->file = 0;
		self->sqe_flags = IOSQE_FIXED_FILE;
	}
	for (i = 0; i < KEYS; i++) {
		self->keys[i] = i;
		self->values[i] = i + 5;
		self->statuses[i] = UNWRITTEN;
	}
}

FIXTURE_TEARDOWN(uring)
{
	io_uring_queue_exit(&self->ring);
	EXPECT_EQ(0, map_verify(self->fd));
	close(self->fd);
	map_remove(NAME);
}

/* An SQE with its command area, filled by hand: liburing 2.3 has no helper. */
static struct io_uring_sqe *sqe_of(struct io_uring *ring, int fd,
				   unsigned int flags, uint32_t command,
				   const void *area, size_t size)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	bool wide = ring->flags & IORING_SETUP_SQE128;

	if (!sqe)
		return NULL;
	memset(sqe, 0, wide ? 128 : 64);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fd;
	sqe->flags = (unsigned char)flags;
	sqe->cmd_op = command;
	if (size)
		memcpy((char *)sqe + offsetof(struct io_uring_sqe, cmd), area, size);
	return sqe;
}

static struct io_uring_sqe *sqe_batch(struct io_uring *ring, int fd,
				      unsigned int flags,
				      const struct khmap_ioc_batch *batch)
{
	struct khmap_uring_batch area = { .batch = address_of(batch) };

	return sqe_of(ring, fd, flags, KHMAP_URING_BATCH, &area, sizeof(area));
}

/* The result of the next command that is done. */
static int result_of(struct io_uring *ring, uint64_t *extra)
{
	struct io_uring_cqe *cqe;
	int err = io_uring_wait_cqe(ring, &cqe), result;

	if (err)
		return err;
	result = cqe->res;
	if (extra)
		*extra = ring->flags & IORING_SETUP_CQE32 ? cqe->big_cqe[0] : 0;
	io_uring_cqe_seen(ring, cqe);
	return result;
}

static int uring_batch(struct io_uring *ring, int fd, unsigned int flags,
		       const struct khmap_ioc_batch *batch)
{
	int err;

	if (!sqe_batch(ring, fd, flags, batch))
		return -EBUSY;
	err = io_uring_submit(ring);
	return err < 0 ? err : result_of(ring, NULL);
}

TEST_F(uring, a_batch)
{
	struct khmap_ioc_batch batch = arrays_of(KHMAP_OP_PUT, self->keys,
						 self->values, self->statuses,
						 1000);
	struct khmap_op ops[2];
	uint64_t i, value;

	ASSERT_EQ(1000, uring_batch(&self->ring, self->file, self->sqe_flags,
				    &batch));
	EXPECT_EQ(UNWRITTEN, batch.done);
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, self->statuses[i]);
		ASSERT_EQ(0, get(self->fd, i, &value));
		ASSERT_EQ(i + 5, value);
	}
	ops[0] = op_of(KHMAP_OP_GET, &self->keys[7], &value);
	ops[1] = op_of(KHMAP_OP_DELETE, &self->keys[2000], NULL);
	batch = batch_of(ops, 2);
	ASSERT_EQ(2, uring_batch(&self->ring, self->file, self->sqe_flags,
				 &batch));
	EXPECT_EQ(0, ops[0].status);
	EXPECT_EQ(12, value);
	EXPECT_EQ(-ENOENT, ops[1].status);
}

/* Punted to a worker, by its length and by being asked for. */
TEST_F(uring, a_batch_for_a_worker)
{
	struct khmap_ioc_batch batch = arrays_of(KHMAP_OP_PUT, self->keys,
						 self->values, self->statuses,
						 KEYS);
	uint64_t i, value;

	ASSERT_EQ(KEYS, uring_batch(&self->ring, self->file, self->sqe_flags,
				    &batch));
	for (i = 0; i < KEYS; i++) {
		ASSERT_EQ(0, self->statuses[i]);
		ASSERT_EQ(0, get(self->fd, i, &value));
		ASSERT_EQ(i + 5, value);
	}
	batch.count = 10;
	batch.opcode = KHMAP_OP_GET_DELETE;
	ASSERT_EQ(10, uring_batch(&self->ring, self->file,
				  self->sqe_flags | IOSQE_ASYNC, &batch));
	EXPECT_EQ(-ENOENT, get(self->fd, 9, &value));
	EXPECT_EQ(0, get(self->fd, 10, &value));

	/* However short it is, as it may have to wait. */
	batch.opcode = KHMAP_OP_PUT;
	batch.flags |= KHMAP_BATCH_ATOMIC;
	ASSERT_EQ(10, uring_batch(&self->ring, self->file, self->sqe_flags,
				  &batch));
	EXPECT_EQ(0, get(self->fd, 9, &value));
	batch.count = KHMAP_ATOMIC_MAX + 1;
	ASSERT_EQ(-E2BIG, uring_batch(&self->ring, self->file, self->sqe_flags,
				      &batch));
}

/* A command that succeeds does not break a chain of them; one that fails does. */
TEST_F(uring, linked)
{
	struct khmap_ioc_batch batch = arrays_of(KHMAP_OP_PUT, self->keys,
						 self->values, NULL, 10);
	struct khmap_ioc_batch wrong = batch;
	int i;

	wrong.count = 0;
	for (i = 0; i < 3; i++)
		ASSERT_TRUE(sqe_batch(&self->ring, self->file, self->sqe_flags |
				      (i < 2 ? IOSQE_IO_LINK : 0), &batch));
	ASSERT_LE(3, io_uring_submit(&self->ring));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(10, result_of(&self->ring, NULL));
	ASSERT_TRUE(sqe_batch(&self->ring, self->file,
			      self->sqe_flags | IOSQE_IO_LINK, &wrong));
	ASSERT_TRUE(sqe_batch(&self->ring, self->file, self->sqe_flags,
			      &batch));
	ASSERT_LE(2, io_uring_submit(&self->ring));
	EXPECT_EQ(-EINVAL, result_of(&self->ring, NULL));
	EXPECT_EQ(-ECANCELED, result_of(&self->ring, NULL));
}

TEST_F(uring, single_operations)
{
	uint64_t key = 1, value = 100, out = 0, extra = 0;
	struct khmap_op op = op_of(KHMAP_OP_PUT, &key, &value);
	int i;

	op.status = 0;
	op.result = 0;
	if (!self->wide) {
		struct khmap_uring_batch area = { .batch = address_of(&op) };

		ASSERT_TRUE(sqe_of(&self->ring, self->file, self->sqe_flags,
				   KHMAP_URING_OP, &area, sizeof(area)));
		ASSERT_LE(1, io_uring_submit(&self->ring));
		EXPECT_EQ(-EINVAL, result_of(&self->ring, NULL));
		return;
	}
	/* Where they are submitted, and by a worker. */
	for (i = 0; i < 2; i++) {
		unsigned int flags = self->sqe_flags | (i ? IOSQE_ASYNC : 0);

		op = (struct khmap_op){
			.opcode = KHMAP_OP_PUT,
			.key = address_of(&key),
			.value = address_of(&value),
		};
		ASSERT_TRUE(sqe_of(&self->ring, self->file, flags,
				   KHMAP_URING_OP, &op, sizeof(op)));
		ASSERT_LE(1, io_uring_submit(&self->ring));
		EXPECT_EQ(0, result_of(&self->ring, NULL));
		op = (struct khmap_op){
			.opcode = KHMAP_OP_FETCH_ADD,
			.key = address_of(&key),
			.operand = 11,
		};
		ASSERT_TRUE(sqe_of(&self->ring, self->file, flags,
				   KHMAP_URING_OP, &op, sizeof(op)));
		ASSERT_LE(1, io_uring_submit(&self->ring));
		EXPECT_EQ(0, result_of(&self->ring, &extra));
		EXPECT_EQ(100, extra);
		op = (struct khmap_op){
			.opcode = KHMAP_OP_GET,
			.key = address_of(&key),
			.value = address_of(&out),
		};
		ASSERT_TRUE(sqe_of(&self->ring, self->file, flags,
				   KHMAP_URING_OP, &op, sizeof(op)));
		ASSERT_LE(1, io_uring_submit(&self->ring));
		EXPECT_EQ(0, result_of(&self->ring, &extra));
		EXPECT_EQ(111, out);
		EXPECT_EQ(1, extra >> 32);
	}
	op.status = 1;
	ASSERT_TRUE(sqe_of(&self->ring, self->file, self->sqe_flags,
			   KHMAP_URING_OP, &op, sizeof(op)));
	op.status = 0;
	op.opcode = 77;
	ASSERT_TRUE(sqe_of(&self->ring, self->file, self->sqe_flags,
			   KHMAP_URING_OP, &op, sizeof(op)));
	op.opcode = KHMAP_OP_DELETE;
	op.key = 8;
	op.value = 0;
	ASSERT_TRUE(sqe_of(&self->ring, self->file, self->sqe_flags,
			   KHMAP_URING_OP, &op, sizeof(op)));
	ASSERT_LE(3, io_uring_submit(&self->ring));
	EXPECT_EQ(-EINVAL, result_of(&self->ring, NULL));
	EXPECT_EQ(-EOPNOTSUPP, result_of(&self->ring, NULL));
	EXPECT_EQ(-EFAULT, result_of(&self->ring, NULL));
}

TEST_F(uring, wrong_commands)
{
	static const uint32_t unknown[] = {
		0, 1, ~0u, KHMAP_IOC_BATCH, KHMAP_IOC_DESTROY,
	};
	struct khmap_ioc_batch batch = arrays_of(KHMAP_OP_PUT, self->keys,
						 self->values, NULL, 1);
	struct khmap_uring_batch area = { .batch = address_of(&batch) };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		ASSERT_TRUE(sqe_of(&self->ring, self->file, self->sqe_flags,
				   unknown[i], &area, sizeof(area)));
		ASSERT_LE(1, io_uring_submit(&self->ring));
		EXPECT_EQ(-ENOTTY, result_of(&self->ring, NULL));
	}
	area.reserved = 1;
	ASSERT_TRUE(sqe_of(&self->ring, self->file, self->sqe_flags,
			   KHMAP_URING_BATCH, &area, sizeof(area)));
	ASSERT_LE(1, io_uring_submit(&self->ring));
	EXPECT_EQ(-EINVAL, result_of(&self->ring, NULL));
	for (i = 0; i < 3; i++) {
		static const uint64_t bad[] = { 0, 8, 1ull << 63 };

		area = (struct khmap_uring_batch){ .batch = bad[i] };
		ASSERT_TRUE(sqe_of(&self->ring, self->file, self->sqe_flags,
				   KHMAP_URING_BATCH, &area, sizeof(area)));
		ASSERT_LE(1, io_uring_submit(&self->ring));
		EXPECT_EQ(-EFAULT, result_of(&self->ring, NULL));
	}
	batch.size--;
	EXPECT_EQ(-EINVAL, uring_batch(&self->ring, self->file,
				       self->sqe_flags, &batch));
	batch.size++;
	batch.flags |= 1u << 31;
	EXPECT_EQ(-EOPNOTSUPP, uring_batch(&self->ring, self->file,
					   self->sqe_flags, &batch));
	batch.flags = KHMAP_BATCH_ARRAYS;
	batch.count = KHMAP_BATCH_MAX + 1;
	EXPECT_EQ(-EINVAL, uring_batch(&self->ring, self->file,
				       self->sqe_flags, &batch));
	batch.count = ~0u;
	EXPECT_EQ(-EINVAL, uring_batch(&self->ring, self->file,
				       self->sqe_flags, &batch));
}

TEST_F(uring, read_only)
{
	struct khmap_ioc_batch batch = arrays_of(KHMAP_OP_PUT, self->keys,
						 self->values, NULL, 1);
	int fd = map_open(NAME, O_RDONLY);
	struct khmap_op op = op_of(KHMAP_OP_PUT, self->keys, self->values);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, uring_batch(&self->ring, fd, 0, &batch));
	batch.opcode = KHMAP_OP_GET;
	EXPECT_EQ(1, uring_batch(&self->ring, fd, 0, &batch));
	batch = batch_of(&op, 1);
	EXPECT_EQ(1, uring_batch(&self->ring, fd, 0, &batch));
	EXPECT_EQ(-EBADF, op.status);
	close(fd);
}

TEST_F(uring, a_ring_full)
{
	struct khmap_ioc_batch batches[DEPTH];
	uint64_t value;
	int i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < DEPTH; i++) {
			/* Short ones and long ones side by side. */
			batches[i] = arrays_of(KHMAP_OP_PUT, self->keys,
					       self->values, NULL,
					       i % 2 ? KEYS : 90);
			ASSERT_TRUE(sqe_batch(&self->ring, self->file,
					      self->sqe_flags, &batches[i]));
		}
		ASSERT_LE(DEPTH, io_uring_submit(&self->ring));
		for (i = 0, value = 0; i < DEPTH; i++) {
			int result = result_of(&self->ring, NULL);

			ASSERT_LT(0, result);
			value += (uint64_t)result;
		}
		ASSERT_EQ(DEPTH / 2 * (KEYS + 90), value);
	}
	for (i = 0; i < KEYS; i++)
		ASSERT_EQ(0, get(self->fd, (uint64_t)i, &value));
}

/* Wait until nobody has written for a while; 0, or -ETIME. */
static int wait_for_quiet(int fd)
{
	struct khmap_ioc_stat stat;
	uint64_t last = ~0ull;
	int tries, quiet = 0;

	for (tries = 0; tries < 300 && quiet < 5; tries++) {
		if (map_stat(fd, &stat))
			return -EIO;
		quiet = stat.replaces == last ? quiet + 1 : 0;
		last = stat.replaces;
		usleep(100000);
	}
	return quiet == 5 ? 0 : -ETIME;
}

/* Of so many commands, each with keys of its own, the last is cancelled; what became of each. */
static int cancel_last(struct io_uring *ring, int fd, unsigned int flags,
		       const struct khmap_ioc_batch *batches, int count, int *results,
		       int *cancelled)
{
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	int i, err;

	for (i = 0; i < count; i++) {
		sqe = sqe_batch(ring, fd, flags | IOSQE_ASYNC, &batches[i]);
		if (!sqe)
			return -EBUSY;
		sqe->user_data = (__u64)i;
	}
	sqe = sqe_of(ring, -1, 0, 0, NULL, 0);
	if (!sqe)
		return -EBUSY;
	sqe->opcode = IORING_OP_ASYNC_CANCEL;
	sqe->addr = (__u64)count - 1;
	sqe->user_data = (__u64)count;
	err = io_uring_submit(ring);
	for (i = 0; err >= 0 && i <= count; i++) {
		err = io_uring_wait_cqe(ring, &cqe);
		if (err)
			break;
		*(cqe->user_data == (__u64)count ? cancelled : &results[cqe->user_data]) = cqe->res;
		io_uring_cqe_seen(ring, cqe);
	}
	return err;
}

/* One that no worker has begun is never begun; any other is carried out as a whole. */
TEST_F(uring, cancelled)
{
	enum { COUNT = 8, STEP = KEYS / COUNT, ROUNDS = 20 };
	struct khmap_ioc_batch batches[COUNT];
	unsigned int workers[2] = { 1, 1 };
	int results[COUNT], cancelled = 0, never = 0, round, i;
	uint64_t done, key;

	ASSERT_EQ(0, io_uring_register_iowq_max_workers(&self->ring, workers));
	for (i = 0; i < COUNT; i++)
		batches[i] = arrays_of(KHMAP_OP_PUT, self->keys + i * STEP,
				       self->values + i * STEP, NULL, STEP);
	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, clear(self->fd, &done));
		ASSERT_EQ(0, cancel_last(&self->ring, self->file, self->sqe_flags, batches, COUNT,
					 results, &cancelled));
		for (i = 0; i < COUNT - 1; i++)
			EXPECT_EQ(STEP, results[i]);
		if (!cancelled) {
			EXPECT_EQ(-ECANCELED, results[COUNT - 1]);
			never++;
		} else {
			EXPECT_TRUE(cancelled == -EALREADY || cancelled == -ENOENT);
			EXPECT_EQ(STEP, results[COUNT - 1]);
		}
		for (key = 0; key < COUNT * STEP; key++) {
			uint64_t value;

			ASSERT_EQ(!cancelled && key >= (COUNT - 1) * STEP ? -ENOENT : 0,
				  get(self->fd, key, &value));
		}
	}
	TH_LOG("%d of %d were never begun", never, ROUNDS);
	EXPECT_LT(0, never);
}

/* The ring goes, then the process, with commands on their way. */
TEST_F(uring, closed_with_commands_pending)
{
	struct khmap_ioc_batch batch = arrays_of(KHMAP_OP_PUT, self->keys,
						 self->values, NULL, KEYS);
	struct io_uring ring;
	int round, i, status;

	for (round = 0; round < 5; round++) {
		pid_t child;

		ASSERT_EQ(0, io_uring_queue_init(DEPTH, &ring, variant->setup));
		for (i = 0; i < DEPTH; i++)
			ASSERT_TRUE(sqe_batch(&ring, self->fd, 0, &batch));
		ASSERT_LE(DEPTH, io_uring_submit(&ring));
		io_uring_queue_exit(&ring);

		child = fork();
		if (!child) {
			if (io_uring_queue_init(DEPTH, &ring, variant->setup))
				_exit(1);
			for (i = 0; i < DEPTH; i++)
				sqe_batch(&ring, self->fd, IOSQE_ASYNC, &batch);
			io_uring_submit(&ring);
			usleep(round * 500);
			raise(SIGKILL);
		}
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
	}
	/* What had begun is carried out behind the back of a ring that is gone. */
	EXPECT_EQ(0, wait_for_quiet(self->fd));
	EXPECT_EQ(0, map_destroy(self->fd));
}

/* Its name goes, and the last descriptor: commands on their way keep it. */
TEST_F(uring, destroyed_with_commands_pending)
{
	enum { STEP = KEYS / DEPTH };
	struct khmap_ioc_batch batches[DEPTH];
	struct khmap_ioc_create args = create_args(NULL, KEYS);
	int named = map_open(NAME, O_RDWR), unnamed = create_map(&args);
	int results[DEPTH] = { 0 }, done;
	struct io_uring_cqe *cqe;
	uint64_t i, value;

	ASSERT_LE(0, named);
	ASSERT_LE(0, unnamed);
	for (i = 0; i < DEPTH; i++) {
		struct io_uring_sqe *sqe;

		batches[i] = arrays_of(KHMAP_OP_PUT, self->keys + i * STEP,
				       self->values + i * STEP, NULL, STEP);
		sqe = sqe_batch(&self->ring, i % 2 ? named : unnamed, IOSQE_ASYNC, &batches[i]);
		ASSERT_NE(NULL, sqe);
		sqe->user_data = i;
	}
	ASSERT_LE(DEPTH, io_uring_submit(&self->ring));
	if (variant->setup & IORING_SETUP_SQPOLL) {
		/* Descriptors are looked up by the ring's thread. */
		while (io_uring_sq_ready(&self->ring))
			usleep(1000);
	}
	EXPECT_EQ(0, map_destroy(self->fd));
	close(named);
	close(unnamed);
	/*
	 * A worker of 7.2 looks the descriptor up when it begins, and may be
	 * too late; that of 6.12 had it from the submission.
	 */
	for (i = 0; i < DEPTH; i++) {
		ASSERT_EQ(0, io_uring_wait_cqe(&self->ring, &cqe));
		ASSERT_GT(DEPTH, cqe->user_data);
		ASSERT_EQ(0, results[cqe->user_data]);
		results[cqe->user_data] = cqe->res;
		io_uring_cqe_seen(&self->ring, cqe);
	}
	/* Each was carried out as a whole, or not at all. */
	for (i = 0; i < DEPTH * STEP; i++) {
		done = results[i / STEP];
		ASSERT_TRUE(done == STEP || done == -EBADF);
		if (i / STEP % 2 == 0)
			continue;
		ASSERT_EQ(done == STEP ? 0 : -ENOENT, get(self->fd, i, &value));
		if (done == STEP)
			ASSERT_EQ(i + 5, value);
	}
}

TEST_HARNESS_MAIN
