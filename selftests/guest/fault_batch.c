// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_batch.c - batches by ioctl and io_uring, with each allocation and copy failing
 *
 * A batch of every opcode, of small values and of large ones, and arrays.  Whatever
 * fails, an operation that says 0 was carried out, and one that does not was not;
 * what was not tried was not done.
 */
#include "kselftest_harness.h"
#include <dirent.h>
#include <liburing.h>
#include "fault_test.h"
#include "batch_test.h"

#define KEYS	100u
#define ROOM	(4 * KEYS)	/* reserved, so that no worker splits a chain meanwhile */
#define OPS	8u
#define LONG	1100u	/* operations: more than io_uring carries out in place */
#define ARRAY	60u	/* operations that are one run */
#define BIG	3000u	/* bytes of a value that is copied by itself */
#define BIG_KEYS	4u
#define BIG_OPS	5u

FIXTURE(fault) {
	int control;
	int map;
	int worker;		/* fail-nth of io_uring's worker, or -1 */
	uint32_t batch_flags;
	struct khmap_ioc_abi before;
	struct io_uring ring, wide;
	struct khmap_op ops[OPS];
	uint32_t count;		/* of these */
	struct khmap_ioc_batch batch;
	uint64_t key[OPS], value[OPS];
	uint64_t keys[LONG], values[LONG];
	int32_t statuses[LONG];
	uint64_t operands[ARRAY], results[ARRAY];
	bool big;		/* the map has values of so many bytes */
	char old[BIG], new[BIG], out[BIG_OPS][BIG];
};

/* Key i has the value i + 1. */
static void reset(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t i;

	clear(self->map, &i);
	for (i = 0; i < KEYS; i++)
		put(self->map, i, i + 1);
}

/* All keys have the old value. */
static void reset_big(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t i;

	clear(self->map, &i);
	for (i = 0; i < BIG_KEYS; i++) {
		struct khmap_ioc_record args = record_args(&i, 8, self->old, BIG);

		call(self->map, KHMAP_IOC_PUT, &args);
	}
}

static int open_rings(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	int err = io_uring_queue_init(4, &self->ring, 0);

	return err ? err : io_uring_queue_init(4, &self->wide, IORING_SETUP_SQE128 |
							       IORING_SETUP_CQE32);
}

FIXTURE_SETUP(fault)
{
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
	ASSERT_EQ(0, query_abi(self->control, &self->before));
	self->map = create_named(NULL, KEYS);
	ASSERT_LE(0, self->map);
	reset(self);
	self->worker = -1;
	ASSERT_EQ(0, open_rings(self));
}

FIXTURE_TEARDOWN(fault)
{
	struct khmap_ioc_abi after;
	int tries = 100;

	io_uring_queue_exit(&self->ring);
	io_uring_queue_exit(&self->wide);
	EXPECT_EQ(0, map_verify(self->map));
	close(self->map);
	/* A ring lets go of its files a moment after it was closed. */
	do {
		EXPECT_EQ(0, query_abi(self->control, &after));
	} while (after.maps != self->before.maps && --tries && !usleep(50000));
	EXPECT_EQ(self->before.maps, after.maps);
	EXPECT_EQ(self->before.bytes, after.bytes);
	close(self->control);
}

/*
 * One operation of each kind, each on a key of its own; all of them succeed.  The
 * first is the one that wants a chain as it was: any other may change that.
 */
static void make_ops(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	static const uint32_t opcodes[OPS] = {
		KHMAP_OP_CAS_VERSION, KHMAP_OP_GET, KHMAP_OP_DELETE, KHMAP_OP_CAS,
		KHMAP_OP_PUT, KHMAP_OP_FETCH_ADD, KHMAP_OP_GET_DELETE, KHMAP_OP_PUT,
	};
	static const uint64_t expected = 4;
	struct khmap_op look;
	uint64_t value;
	uint32_t i;

	self->count = OPS;
	for (i = 0; i < OPS; i++) {
		self->key[i] = i;
		self->value[i] = 1000 + i;
		self->ops[i] = op_of(opcodes[i], &self->key[i], &self->value[i]);
	}
	look = op_of(KHMAP_OP_GET, &self->key[0], &value);
	batch_one(self->map, &look);
	self->ops[0].operand = look.result;
	self->ops[2].value = 0;
	self->ops[3].operand = address_of(&expected);
	self->key[4] = KEYS + 4;	/* a new one */
	self->ops[5].value = 0;
	self->ops[5].operand = 1000;
	self->batch = batch_of(self->ops, OPS);
	self->batch.flags = self->batch_flags;
}

/* Has the map what operation @i makes of it, or what was there before? */
static bool small_is(void *context, uint32_t i, bool done)
{
	FIXTURE_DATA(fault) * self = context;
	static const uint64_t after[OPS] = { 1000, 2, 0, 1003, 1004, 1006, 0, 1007 };
	uint64_t value = 0, before = i == 4 ? 0 : i + 1;
	int err = get(self->map, self->key[i], &value);

	if (err && err != -ENOENT)
		return false;
	return value == (done ? after[i] : before);
}

/* Of large values, of which each copy may fail; those of small ones cannot. */
static void make_big_ops(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	static const uint32_t opcodes[BIG_OPS] = {
		KHMAP_OP_PUT, KHMAP_OP_GET, KHMAP_OP_CAS, KHMAP_OP_GET_DELETE, KHMAP_OP_PUT,
	};
	uint32_t i;

	self->count = BIG_OPS;
	memset(self->out, 0, sizeof(self->out));
	for (i = 0; i < BIG_OPS; i++) {
		bool reads = opcodes[i] == KHMAP_OP_GET || opcodes[i] == KHMAP_OP_GET_DELETE;

		self->key[i] = i;
		self->ops[i] = op_of(opcodes[i], &self->key[i],
				     reads ? self->out[i] : self->new);
	}
	self->ops[2].operand = address_of(self->old);
	self->batch = batch_of(self->ops, BIG_OPS);
}

static bool big_is(void *context, uint32_t i, bool done)
{
	FIXTURE_DATA(fault) * self = context;
	static const char before[BIG_OPS] = { 'o', 'o', 'o', 'o', 0 };
	static const char after[BIG_OPS] = { 'n', 'o', 'n', 0, 'n' };
	char seen[BIG], want = done ? after[i] : before[i];
	struct khmap_ioc_record args = record_args(&self->key[i], 8, seen, BIG);
	int err = call(self->map, KHMAP_IOC_GET, &args);

	if (!want)
		return err == -ENOENT;
	return !err && !memcmp(seen, want == 'o' ? self->old : self->new, BIG);
}

static bool op_is(void *context, uint32_t i, bool done)
{
	FIXTURE_DATA(fault) * self = context;

	return self->big ? big_is(context, i, done) : small_is(context, i, done);
}

/* What operations say that were all done. */
static bool told_right(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	if (self->big)
		return !memcmp(self->out[1], self->old, BIG) &&
		       !memcmp(self->out[3], self->old, BIG);
	return self->value[1] == 2 && self->ops[1].result >> 32 == 1 &&
	       self->ops[5].result == 6 && self->value[6] == 7;
}

/* What fits the answers, of which @count were given. */
static bool fits(void *context, uint32_t count)
{
	FIXTURE_DATA(fault) * self = context;
	uint32_t i, failed = 0;
	bool right = true;

	for (i = 0; i < self->count; i++) {
		int status = i < count ? self->ops[i].status : -ECANCELED;
		bool done = !status;

		if (status && status != -ECANCELED && status != -ENOMEM && status != -EFAULT)
			right = false;
		/* All memory is there before the first. */
		if (status == -ENOMEM && self->batch_flags & KHMAP_BATCH_ATOMIC)
			right = false;
		/* A value that could not be delivered was read or deleted all the same. */
		if (status == -EFAULT && self->ops[i].opcode == KHMAP_OP_GET_DELETE)
			done = op_is(context, i, true);
		right = right && op_is(context, i, done);
		failed += i < count && status;
	}
	return right && failed == (count ? self->batch.failed : 0);
}

static bool kept_ops(void *context, int err)
{
	FIXTURE_DATA(fault) * self = context;

	return fits(context, self->batch.done == UNWRITTEN ? 0 : self->batch.done);
}

static bool are_done(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	uint32_t i;

	for (i = 0; i < self->count; i++)
		if (!op_is(context, i, true))
			return false;
	return true;
}

static int answer(void *context, int err)
{
	FIXTURE_DATA(fault) * self = context;
	uint32_t i;

	if (err)
		return err;
	for (i = 0; i < self->batch.done; i++)
		if (self->ops[i].status)
			return self->ops[i].status;
	if (self->batch.done != self->count)
		return -EFAULT;
	return told_right(context) ? 0 : -EIO;
}

static int call_batch(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return answer(context, batch_call(self->map, &self->batch));
}

static void again(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	if (self->big) {
		reset_big(context);
		make_big_ops(context);
	} else {
		reset(context);
		make_ops(context);
	}
}

static struct fault_call batch_case(const char *name, void *context)
{
	return (struct fault_call){
		.name = name,
		.call = call_batch,
		.right = are_done,
		.undo = again,
		.kept = kept_ops,
		.settle = again,
		.context = context,
		.map = &((FIXTURE_DATA(fault) *)context)->map,
		.grows = true,
		.late = true,
	};
}

TEST_F_TIMEOUT(fault, batch, FAULT_SECONDS)
{
	struct fault_call c = batch_case("BATCH of each opcode", self);

	ASSERT_EQ(0, map_reserve(self->map, ROOM));
	make_ops(self);
	EXPECT_EQ(0, fault_sweep(&c));
	self->batch_flags = KHMAP_BATCH_ATOMIC;
	make_ops(self);
	c.name = "BATCH of each opcode, atomic";
	EXPECT_EQ(0, fault_sweep(&c));
}

TEST_F_TIMEOUT(fault, big_batch, FAULT_SECONDS)
{
	struct fault_call c = batch_case("BATCH of large records", self);
	struct khmap_ioc_create args = create_args(NULL, 1);

	close(self->map);
	args.value_size = BIG;
	self->map = create_map(&args);
	ASSERT_LE(0, self->map);
	self->big = true;
	memset(self->old, 'o', BIG);
	memset(self->new, 'n', BIG);
	again(self);
	EXPECT_EQ(0, fault_sweep(&c));
}

/* Of arrays all is done, if anything: words are copied one by one if they must be. */
static int call_arrays(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	bool adds = self->batch.opcode == KHMAP_OP_FETCH_ADD;
	uint32_t i, wrong = 0;
	int err;

	for (i = 0; i < ARRAY; i++) {
		self->keys[i] = i;
		self->values[i] = UNWRITTEN;
		self->operands[i] = 1000;
		self->statuses[i] = UNWRITTEN;
		self->results[i] = UNWRITTEN;
	}
	self->batch.done = UNWRITTEN;
	self->batch.failed = UNWRITTEN;
	err = batch_call(self->map, &self->batch);
	if (err)
		return err;
	if (self->batch.done != ARRAY || self->batch.failed)
		return -EIO;
	for (i = 0; i < ARRAY; i++) {
		wrong += self->statuses[i] != 0;
		wrong += !adds && self->values[i] != i + 1;
		wrong += adds && self->results[i] != i + 1;
		wrong += self->batch.opcode == KHMAP_OP_GET && self->results[i] >> 32 != 1;
	}
	return wrong ? -EIO : 0;
}

static bool arrays_are_done(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	uint32_t i, wrong = 0;

	for (i = 0; i < KEYS; i++) {
		uint64_t value = 0, want = i + 1;
		int err = get(self->map, i, &value);

		if (i < ARRAY && self->batch.opcode == KHMAP_OP_FETCH_ADD)
			want += 1000;
		if (i < ARRAY && self->batch.opcode == KHMAP_OP_GET_DELETE)
			wrong += err != -ENOENT;
		else
			wrong += err || value != want;
	}
	return !wrong;
}

TEST_F_TIMEOUT(fault, arrays, FAULT_SECONDS)
{
	struct fault_call c = {
		.call = call_arrays,
		.right = arrays_are_done,
		.undo = reset,
		.context = self,
		.map = &self->map,
		.grows = true,
		.late = true,
	};

	self->batch = arrays_of(KHMAP_OP_GET, self->keys, self->values, self->statuses, ARRAY);
	self->batch.results = address_of(self->results);
	c.name = "BATCH of arrays, GET";
	EXPECT_EQ(0, fault_sweep(&c));
	self->batch = arrays_of(KHMAP_OP_GET_DELETE, self->keys, self->values, self->statuses,
				ARRAY);
	c.name = "BATCH of arrays, GET_DELETE";
	EXPECT_EQ(0, fault_sweep(&c));
	self->batch = arrays_of(KHMAP_OP_FETCH_ADD, self->keys, NULL, self->statuses, ARRAY);
	self->batch.operands = address_of(self->operands);
	self->batch.results = address_of(self->results);
	c.name = "BATCH of arrays, FETCH_ADD";
	EXPECT_EQ(0, fault_sweep(&c));
}

/* The result of the one command in a ring, which is given @size bytes of command area. */
static int submit(struct io_uring *ring, int fd, uint32_t command, const void *area, size_t size)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;
	int err;

	if (!sqe)
		return -EIO;
	memset(sqe, 0, ring->flags & IORING_SETUP_SQE128 ? 128 : 64);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fd;
	sqe->cmd_op = command;
	memcpy((char *)sqe + offsetof(struct io_uring_sqe, cmd), area, size);
	err = io_uring_submit_and_wait(ring, 1);
	if (err < 0)
		return err;
	err = io_uring_wait_cqe(ring, &cqe);
	if (err)
		return err;
	err = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return err;
}

/* A command that could not be submitted stays in its ring. */
static void settle_uring(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	io_uring_queue_exit(&self->ring);
	io_uring_queue_exit(&self->wide);
	open_rings(context);
	again(context);
}

static int call_uring(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	struct khmap_uring_batch area = { .batch = address_of(&self->batch) };
	int done = submit(&self->ring, self->map, KHMAP_URING_BATCH, &area, sizeof(area));

	if (done < 0)
		return done;
	self->batch.done = (uint32_t)done;
	self->batch.failed = 0;
	for (uint32_t i = 0; i < self->batch.done; i++)
		self->batch.failed += !!self->ops[i].status;
	return answer(context, 0);
}

TEST_F_TIMEOUT(fault, uring_batch, FAULT_SECONDS)
{
	struct fault_call c = batch_case("a batch by io_uring", self);

	c.call = call_uring;
	c.settle = settle_uring;
	/* What io_uring says that has no memory for a request. */
	c.err = EAGAIN;
	ASSERT_EQ(0, map_reserve(self->map, ROOM));
	make_ops(self);
	EXPECT_EQ(0, fault_sweep(&c));
}

/* One operation in the SQE itself. */
static int call_uring_op(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t key = KEYS + 4, value = 1004;
	struct khmap_op op = op_of(KHMAP_OP_PUT, &key, &value);

	op.status = 0;
	op.result = 0;
	return submit(&self->wide, self->map, KHMAP_URING_OP, &op, sizeof(op));
}

static bool is_op(void *context, int result)
{
	return op_is(context, 4, true);
}

TEST_F_TIMEOUT(fault, uring_op, FAULT_SECONDS)
{
	struct fault_call c = batch_case("an operation in an SQE", self);

	c.call = call_uring_op;
	c.right = is_op;
	c.kept = NULL;
	c.settle = settle_uring;
	c.err = EAGAIN;
	make_ops(self);
	EXPECT_EQ(0, fault_sweep(&c));
}

/* fail-nth of the thread of ours that io_uring has made; or -1. */
static int worker_open(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	char path[300], name[32];
	int found = -1;

	while (tasks && found < 0 && (entry = readdir(tasks))) {
		FILE *comm;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		comm = fopen(path, "r");
		if (comm && fgets(name, sizeof(name), comm) && !strncmp(name, "iou-wrk", 7)) {
			snprintf(path, sizeof(path), "/proc/self/task/%s/fail-nth", entry->d_name);
			found = open(path, O_RDWR | O_CLOEXEC);
		}
		if (comm)
			fclose(comm);
	}
	if (tasks)
		closedir(tasks);
	return found;
}

static int call_uring_long(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	struct khmap_ioc_batch batch = arrays_of(KHMAP_OP_PUT, self->keys, self->values,
						 self->statuses, LONG);
	struct khmap_uring_batch area = { .batch = address_of(&batch) };
	uint32_t i;

	for (i = 0; i < LONG; i++) {
		self->keys[i] = 10000 + i;
		self->values[i] = i;
		self->statuses[i] = UNWRITTEN;
	}
	return submit(&self->ring, self->map, KHMAP_URING_BATCH, &area, sizeof(area));
}

/*
 * Is there of the keys what the call and the statuses say?  Of EFAULT, the answers of
 * one run may be lost, whose operations were carried out; none behind it was.
 */
static bool long_is(void *context, int done)
{
	FIXTURE_DATA(fault) * self = context;
	int told = done == -EFAULT ? (int)LONG : done < 0 ? 0 : done, untold = 0, i;
	uint64_t value;
	bool right = true;

	for (i = 0; i < (int)LONG; i++) {
		int status = i < told ? self->statuses[i] : -ENOENT;
		int err = get(self->map, 10000 + (uint64_t)i, &value);

		right = right && (!err ? value == (uint64_t)i : err == -ENOENT);
		if (done == -EFAULT && status == UNWRITTEN)
			untold += !err;
		else
			right = right && status != UNWRITTEN && !status == !err;
		if (untold && status != UNWRITTEN)
			right = false;
	}
	return right && untold <= 64;
}

/*
 * A long batch is left to a worker, a thread of ours whose allocations fail by its
 * own fail-nth.  What it does is told by the statuses.
 */
TEST_F_TIMEOUT(fault, uring_worker, FAULT_SECONDS)
{
	unsigned int n, injected = 0, refused = 0;
	bool hit = true;
	int done;

	for (n = 1; n <= FAULT_MAX && hit; n++) {
		reset(self);
		/* The first one, without a fault, has the worker made; he waits for more. */
		ASSERT_EQ(LONG, call_uring_long(self));
		ASSERT_TRUE(long_is(self, LONG));
		reset(self);
		self->worker = worker_open();
		ASSERT_LE(0, self->worker);
		fault_arm(self->worker, n);
		done = call_uring_long(self);
		hit = fault_disarm(self->worker);
		close(self->worker);
		if (done < 0) {
			EXPECT_TRUE(done == -ENOMEM || done == -EFAULT);
			EXPECT_TRUE(hit);
			refused++;
		}
		EXPECT_TRUE(long_is(self, done));
		EXPECT_EQ(0, map_verify(self->map));
		injected += hit;
	}
	EXPECT_LT(0, injected);
	EXPECT_GT(FAULT_MAX, n);
	printf("# faults: %u in io_uring's worker: %u refused, %u done or told in a status\n",
	       injected, refused, injected - refused);
	fflush(stdout);
}

TEST_HARNESS_MAIN
