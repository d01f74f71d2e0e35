// SPDX-License-Identifier: GPL-2.0-only
/*
 * publish.c - another map takes a name over, and what becomes of the old one
 */
#include "kselftest_harness.h"
#include <liburing.h>
#include "publish_test.h"
#include "verify.h"

#define NAME	"test-publish"
#define OTHER	"test-publish-2"

FIXTURE(publish) {
	int old;
	int fresh;
};

FIXTURE_SETUP(publish)
{
	map_remove(NAME);
	map_remove(OTHER);
	self->old = create_named(NAME, 1);
	ASSERT_LE(0, self->old);
	ASSERT_EQ(0, put(self->old, 1, 10));
	self->fresh = fresh_map(1, 20);
	ASSERT_LE(0, self->fresh);
}

FIXTURE_TEARDOWN(publish)
{
	EXPECT_EQ(0, map_verify(self->old));
	EXPECT_EQ(0, map_verify(self->fresh));
	close(self->old);
	close(self->fresh);
	map_remove(NAME);
	map_remove(OTHER);
}

TEST_F(publish, name_moves)
{
	struct stat before, after;
	int64_t generation, next;
	uint64_t value;
	int third;

	ASSERT_EQ(0, stat_node(NAME, &before));
	EXPECT_EQ(0, successor_of(self->old));
	generation = publish(self->old, self->fresh, 0);
	ASSERT_LT(0, generation);
	EXPECT_EQ(20, value_by_name(NAME, 1));
	ASSERT_EQ(0, stat_node(NAME, &after));
	EXPECT_EQ(before.st_rdev, after.st_rdev);
	EXPECT_EQ(before.st_ino, after.st_ino);
	EXPECT_EQ(before.st_mode, after.st_mode);
	EXPECT_EQ((uint32_t)generation, successor_of(self->old));
	EXPECT_EQ((uint32_t)generation, successor_of(self->fresh));
	/* The old map is readable; the new one can be written to. */
	ASSERT_EQ(0, get(self->old, 1, &value));
	EXPECT_EQ(10, value);
	EXPECT_EQ(0, put(self->fresh, 2, 21));
	EXPECT_EQ(21, value_by_name(NAME, 2));
	/* Once more: all three are told. */
	third = fresh_map(1, 30);
	ASSERT_LE(0, third);
	next = publish(self->fresh, third, 0);
	EXPECT_LT(generation, next);
	EXPECT_EQ((uint32_t)next, successor_of(self->old));
	EXPECT_EQ((uint32_t)next, successor_of(self->fresh));
	EXPECT_EQ(-ESTALE, put(self->fresh, 2, 22));
	EXPECT_EQ(30, value_by_name(NAME, 1));
	close(third);
}

static int batch_status(int fd, uint32_t opcode, uint32_t flags)
{
	uint64_t key = 1, value = 10, expected = 10;
	struct khmap_op op = {
		.opcode = opcode,
		.flags = flags,
		.key = address_of(&key),
	};
	struct khmap_ioc_batch args = {
		.size = sizeof(args),
		.count = 1,
		.op_size = sizeof(op),
		.ops = address_of(&op),
	};
	int err;

	if (opcode != KHMAP_OP_DELETE && opcode != KHMAP_OP_FETCH_ADD)
		op.value = address_of(&value);
	if (opcode == KHMAP_OP_CAS)
		op.operand = address_of(&expected);
	err = call(fd, KHMAP_IOC_BATCH, &args);
	return err ? err : op.status;
}

static int arrays_status(int fd)
{
	uint64_t keys[2] = { 1, 2 }, values[2] = { 5, 6 };
	struct khmap_ioc_batch args = {
		.size = sizeof(args),
		.flags = KHMAP_BATCH_ARRAYS,
		.count = 2,
		.opcode = KHMAP_OP_PUT,
		.keys = address_of(keys),
		.values = address_of(values),
	};
	int err = call(fd, KHMAP_IOC_BATCH, &args);

	return err ? err : args.failed == 2 ? -ESTALE : 0;
}

/* What a put by io_uring answers. */
static int uring_status(int fd)
{
	uint64_t key = 1, value = 5;
	struct khmap_op op = {
		.opcode = KHMAP_OP_PUT,
		.key = address_of(&key),
		.value = address_of(&value),
	};
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	int result;

	if (io_uring_queue_init(1, &ring, IORING_SETUP_SQE128))
		return 1;
	sqe = io_uring_get_sqe(&ring);
	if (!sqe)
		return 1;
	memset(sqe, 0, 128);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fd;
	sqe->cmd_op = KHMAP_URING_OP;
	memcpy((char *)sqe + offsetof(struct io_uring_sqe, cmd), &op, sizeof(op));
	io_uring_submit(&ring);
	result = io_uring_wait_cqe(&ring, &cqe) ? 1 : cqe->res;
	io_uring_queue_exit(&ring);
	return result;
}

/* Every kind of store, through every door of user space. */
TEST_F(publish, every_store_is_stale)
{
	struct khmap_ioc_compact compact;
	struct khmap_ioc_snapshot args;
	struct khmap_ioc_stat stat;
	uint64_t deleted, value;
	int cut;

	ASSERT_EQ(0, uring_status(self->old));
	ASSERT_EQ(0, put(self->old, 1, 10));
	ASSERT_LT(0, publish(self->old, self->fresh, 1));
	EXPECT_EQ(-ESTALE, put(self->old, 1, 11));
	EXPECT_EQ(-ESTALE, put(self->old, 2, 11));
	EXPECT_EQ(-ESTALE, delete(self->old, 1));
	EXPECT_EQ(-ESTALE, clear(self->old, &deleted));
	EXPECT_EQ(0, deleted);
	EXPECT_EQ(-ESTALE, map_reserve(self->old, 1000));
	EXPECT_EQ(-ESTALE, map_compact(self->old, &compact));
	EXPECT_EQ(-ESTALE, batch_status(self->old, KHMAP_OP_PUT, 0));
	EXPECT_EQ(-ESTALE, batch_status(self->old, KHMAP_OP_PUT,
					KHMAP_PUT_INSERT));
	EXPECT_EQ(-ESTALE, batch_status(self->old, KHMAP_OP_DELETE, 0));
	EXPECT_EQ(-ESTALE, batch_status(self->old, KHMAP_OP_CAS, 0));
	EXPECT_EQ(-ESTALE, batch_status(self->old, KHMAP_OP_CAS_VERSION, 0));
	EXPECT_EQ(-ESTALE, batch_status(self->old, KHMAP_OP_FETCH_ADD, 0));
	EXPECT_EQ(-ESTALE, batch_status(self->old, KHMAP_OP_GET_DELETE, 0));
	EXPECT_EQ(0, batch_status(self->old, KHMAP_OP_GET, 0));
	EXPECT_EQ(-ESTALE, arrays_status(self->old));
	EXPECT_EQ(-ESTALE, uring_status(self->old));
	/* It is as it was, and can be looked at in every way. */
	ASSERT_EQ(0, get(self->old, 1, &value));
	EXPECT_EQ(10, value);
	ASSERT_EQ(0, map_stat(self->old, &stat));
	EXPECT_EQ(1, stat.entries);
	cut = snapshot(self->old, &args);
	ASSERT_LE(0, cut);
	ASSERT_EQ(0, get(cut, 1, &value));
	EXPECT_EQ(10, value);
	EXPECT_EQ(0, successor_of(cut));
	close(cut);
	EXPECT_EQ(0, put(self->fresh, 1, 11));
}

TEST_F(publish, refused)
{
	struct khmap_ioc_create wide = create_args(NULL, 1);
	struct khmap_ioc_create schema = create_args(NULL, 1);
	const char *text = "key u64;value u64";
	struct khmap_ioc_snapshot args;
	int reader, file, other, second, cut;

	EXPECT_EQ(-EINVAL, publish(self->old, self->old, 0));
	EXPECT_EQ(-EINVAL, publish(self->old, self->fresh, KHMAP_KEEP_MAX + 1));
	EXPECT_EQ(-EBADF, publish(self->old, -1, 0));
	file = open("/dev/null", O_RDWR | O_CLOEXEC);
	EXPECT_EQ(-EBADF, publish(self->old, file, 0));
	close(file);
	cut = snapshot(self->fresh, &args);
	EXPECT_EQ(-EBADF, publish(self->old, cut, 0));
	EXPECT_EQ(-ENOTTY, publish(cut, self->fresh, 0));
	close(cut);
	reader = map_open(NAME, O_RDONLY);
	EXPECT_EQ(-EBADF, publish(reader, self->fresh, 0));
	EXPECT_EQ(-EBADF, publish(self->old, reader, 0));
	EXPECT_EQ(-EBADF, rollback(reader, 1));
	close(reader);
	EXPECT_EQ(-ENODEV, publish(self->fresh, self->old, 0));
	wide.value_size = 16;
	file = create_map(&wide);
	EXPECT_EQ(-EMEDIUMTYPE, publish(self->old, file, 0));
	close(file);
	schema.schema = address_of(text);
	schema.schema_length = (uint32_t)strlen(text);
	file = create_map(&schema);
	EXPECT_EQ(-EMEDIUMTYPE, publish(self->old, file, 0));
	close(file);
	EXPECT_EQ(-ENOENT, rollback(self->old, 1));
	EXPECT_EQ(-EINVAL, rollback(self->old, 0));
	/* Nothing has moved so far. */
	EXPECT_EQ(10, value_by_name(NAME, 1));
	EXPECT_EQ(0, put(self->old, 1, 10));

	other = create_named(OTHER, 1);
	second = fresh_map(1, 50);
	ASSERT_LT(0, publish(other, second, 1));
	EXPECT_EQ(-EBUSY, publish(self->old, second, 0));
	EXPECT_EQ(-EBUSY, publish(self->old, other, 0));
	ASSERT_LT(0, publish(self->old, self->fresh, 0));
	EXPECT_EQ(-ESTALE, publish(self->old, second, 0));
	EXPECT_EQ(-ESTALE, rollback(self->old, 1));
	EXPECT_EQ(-ENOENT, rollback(self->fresh, 1));
	close(other);
	close(second);
}

/* A map that has a name of its own gives it up. */
TEST_F(publish, named)
{
	int other = create_named(OTHER, 1);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, put(other, 1, 40));
	ASSERT_LT(0, publish(self->old, other, 0));
	EXPECT_EQ(-ENOENT, map_open(OTHER, O_RDONLY));
	EXPECT_EQ(40, value_by_name(NAME, 1));
	close(other);
	EXPECT_EQ(40, value_by_name(NAME, 1));
	/* The name is free. */
	other = create_named(OTHER, 1);
	EXPECT_LE(0, other);
	close(other);
}

static uint32_t maps(void)
{
	struct khmap_ioc_abi abi;
	int control = control_open(O_RDONLY);

	query_abi(control, &abi);
	close(control);
	return abi.maps;
}

TEST_F(publish, rolled_back)
{
	struct khmap_version_info infos[4];
	struct khmap_ioc_versions list;
	int64_t first, second;
	int third, live;

	first = publish(self->old, self->fresh, 2);
	ASSERT_LT(0, first);
	third = fresh_map(1, 30);
	second = publish(self->fresh, third, 2);
	ASSERT_LT(first, second);
	ASSERT_EQ(0, versions(third, infos, 4, &list));
	ASSERT_EQ(3, list.count);
	EXPECT_EQ(2, list.keep);
	EXPECT_EQ(second, (int64_t)list.generation);
	EXPECT_EQ(KHMAP_VERSION_LIVE, infos[0].state);
	EXPECT_EQ(second, (int64_t)infos[0].generation);
	EXPECT_EQ(KHMAP_VERSION_KEPT, infos[1].state);
	EXPECT_EQ(first, (int64_t)infos[1].generation);
	EXPECT_EQ(KHMAP_VERSION_KEPT, infos[2].state);
	EXPECT_EQ(0, infos[2].generation);
	EXPECT_EQ(1, infos[2].entries);

	/* One step, and what is live again can be written to. */
	EXPECT_LT(second, rollback(third, 1));
	EXPECT_EQ(20, value_by_name(NAME, 1));
	EXPECT_EQ(-ESTALE, put(third, 1, 31));
	EXPECT_EQ(0, put(self->fresh, 1, 20));
	EXPECT_EQ(-ESTALE, put(self->old, 1, 11));
	ASSERT_EQ(0, versions(self->fresh, infos, 4, &list));
	ASSERT_EQ(3, list.count);
	EXPECT_EQ(KHMAP_VERSION_FORMER, infos[1].state);
	EXPECT_EQ(KHMAP_VERSION_KEPT, infos[2].state);
	/* What was rolled back may be published again. */
	EXPECT_LT(0, publish(self->fresh, third, 2));
	EXPECT_EQ(0, put(third, 1, 30));
	/* By a number, over the head of another. */
	EXPECT_EQ(-ENOENT, rollback_to(third, 12345678));
	EXPECT_LT(0, rollback_to(third, 0));
	EXPECT_EQ(10, value_by_name(NAME, 1));
	EXPECT_EQ(0, put(self->old, 1, 10));
	EXPECT_EQ(-ENOENT, rollback(self->old, 1));
	live = map_open(NAME, O_RDWR);
	EXPECT_EQ(0, put(live, 2, 2));
	EXPECT_EQ(0, delete(live, 2));
	close(live);
	close(third);
}

/* The name holds what it keeps, and no more. */
TEST_F(publish, kept)
{
	uint32_t before = maps(), i;
	int fd = self->old, next;

	for (i = 0; i < 20; i++) {
		next = fresh_map(1, 100 + i);
		ASSERT_LE(0, next);
		ASSERT_LT(0, publish(fd, next, 3));
		if (fd != self->old)
			close(fd);
		fd = next;
	}
	/* One live, three kept, and what the test has open. */
	EXPECT_EQ(before + 4, maps());
	ASSERT_LT(0, rollback(fd, 3));
	EXPECT_EQ(100 + 19 - 3, value_by_name(NAME, 1));
	EXPECT_EQ(before + 2, maps());
	close(fd);
	EXPECT_EQ(before + 1, maps());
	fd = map_open(NAME, O_RDWR);
	next = fresh_map(1, 7);
	ASSERT_LT(0, publish(fd, next, 8));
	close(next);
	close(fd);
	EXPECT_EQ(before + 2, maps());
	map_remove(NAME);
	EXPECT_EQ(before, maps());
}

TEST_F(publish, chosen)
{
	int reader = map_open(NAME, O_RDONLY);
	struct khmap_ioc_choose args;
	int64_t generation;
	uint64_t value;

	ASSERT_EQ(0, choose(reader, &args));
	EXPECT_EQ(-1, args.fd);
	EXPECT_EQ(0, args.generation);
	EXPECT_EQ(-ENODEV, choose(self->fresh, &args));
	generation = publish(self->old, self->fresh, 0);
	ASSERT_LT(0, generation);
	ASSERT_EQ(0, choose(reader, &args));
	ASSERT_LE(0, args.fd);
	EXPECT_EQ(generation, (int64_t)args.generation);
	EXPECT_EQ(FD_CLOEXEC, fcntl(args.fd, F_GETFD));
	ASSERT_EQ(0, get(args.fd, 1, &value));
	EXPECT_EQ(20, value);
	/* Who could not write cannot now. */
	EXPECT_EQ(-EBADF, put(args.fd, 1, 1));
	close(args.fd);
	ASSERT_EQ(0, choose(self->old, &args));
	EXPECT_EQ(0, put(args.fd, 1, 20));
	close(args.fd);
	/* Without a name there is nothing to choose from, and all are told. */
	ASSERT_EQ(0, map_destroy(self->fresh));
	EXPECT_EQ(-ENODEV, choose(self->old, &args));
	EXPECT_EQ(-ENODEV, choose(reader, &args));
	EXPECT_NE((uint32_t)generation, successor_of(reader));
	close(reader);
}

/* Publish, over and over, until killed. */
static void publish_forever(void)
{
	uint64_t i;
	int fd, next;

	for (i = 0;; i++) {
		fd = map_open(NAME, O_RDWR);
		next = fresh_map(1, i);
		if (publish(fd, next, i % 4) <= 0)
			_exit(1);
		close(fd);
		close(next);
	}
}

TEST_F(publish, killed)
{
	uint32_t before = maps(), i;
	int status, fd;
	pid_t child;

	for (i = 0; i < 50; i++) {
		child = fork();
		if (!child)
			publish_forever();
		usleep(1000 + i * 300);
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
		ASSERT_LE(0, value_by_name(NAME, 1));
	}
	fd = map_open(NAME, O_RDWR);
	EXPECT_EQ(0, map_verify(fd));
	EXPECT_EQ(0, put(fd, 1, 1));
	close(fd);
	/* Nothing is left of those that were not published. */
	EXPECT_GE(before + 4, maps());
}

/* Sizes, flags and reserved fields of all five commands; none of them does anything. */
TEST_F(publish, rules)
{
	static const struct {
		unsigned long command;
		uint32_t size;
		uint32_t flags;
		uint32_t reserved;	/* where there is a reserved field, or 0 */
		int err;		/* with one flag, and that field as it must be */
	} commands[] = {
		{ KHMAP_IOC_PUBLISH, sizeof(struct khmap_ioc_publish), 0, 0, 0 },
		{ KHMAP_IOC_ROLLBACK, sizeof(struct khmap_ioc_rollback),
		  KHMAP_ROLLBACK_FLAGS,
		  offsetof(struct khmap_ioc_rollback, reserved), -ENOENT },
		{ KHMAP_IOC_CANARY, sizeof(struct khmap_ioc_canary),
		  KHMAP_CANARY_FLAGS,
		  offsetof(struct khmap_ioc_canary, reserved), -EBADF },
		{ KHMAP_IOC_CHOOSE, sizeof(struct khmap_ioc_choose),
		  KHMAP_CHOOSE_FLAGS,
		  offsetof(struct khmap_ioc_choose, reserved), 0 },
		{ KHMAP_IOC_VERSIONS, sizeof(struct khmap_ioc_versions), 0, 0, 0 },
	};
	struct khmap_ioc_snapshot taken;
	int control = control_open(O_RDWR), shot = snapshot(self->old, &taken);
	union {
		uint32_t head[2];
		unsigned char bytes[128];
	} arg;
	uint32_t bit, size;
	size_t i;

	ASSERT_LE(0, control);
	ASSERT_LE(0, shot);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		unsigned long command = commands[i].command;

		memset(&arg, 0, sizeof(arg));
		for (size = 0; size < commands[i].size; size++) {
			arg.head[0] = size;
			EXPECT_EQ(-EINVAL, call(self->old, command, &arg));
		}
		arg.head[0] = size + 8;
		arg.bytes[size + 7] = 1;
		EXPECT_EQ(-E2BIG, call(self->old, command, &arg));
		arg.bytes[size + 7] = 0;
		for (bit = 0; bit < 32; bit++) {
			if (commands[i].flags & 1u << bit)
				continue;
			arg.head[1] = 1u << bit;
			EXPECT_EQ(-EOPNOTSUPP, call(self->old, command, &arg));
		}
		EXPECT_EQ(-EFAULT, call(self->old, command, NULL));
		EXPECT_EQ(-ENOTTY, call(control, command, &arg));
		EXPECT_EQ(-ENOTTY, call(shot, command, &arg));
		if (!commands[i].reserved)
			continue;
		/* Any bit of it; without, the call gets further. */
		arg.head[0] = size;
		arg.head[1] = commands[i].flags & -commands[i].flags;
		for (bit = 0; bit < 32; bit++) {
			uint32_t word = 1u << bit;

			memcpy(arg.bytes + commands[i].reserved, &word, sizeof(word));
			EXPECT_EQ(-EINVAL, call(self->old, command, &arg));
		}
		memset(arg.bytes + commands[i].reserved, 0, sizeof(uint32_t));
		EXPECT_EQ(commands[i].err, call(self->old, command, &arg));
	}
	close(shot);
	/* A longer struct whose rest is zero is taken. */
	memset(&arg, 0, sizeof(arg));
	arg.head[0] = sizeof(struct khmap_ioc_choose) + 64;
	EXPECT_EQ(0, call(self->old, KHMAP_IOC_CHOOSE, &arg));
	EXPECT_EQ(10, value_by_name(NAME, 1));
	close(control);
}

/* Not the owner: no right to give a name up, though both maps can be written to. */
static int give_up(const void *context)
{
	int old = map_open(NAME, O_RDWR), other = map_open(OTHER, O_RDWR);

	if (old < 0 || other < 0)
		return 1;
	if (publish(old, other, 0) != -EPERM)
		return 2;
	return value_by_name(NAME, 1) == 10 ? 0 : 3;
}

TEST_F(publish, permission)
{
	int other = map_for_all(OTHER);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, chmod(KHMAP_DEVICE_DIR "/" NAME, 0666));
	EXPECT_EQ(0, run_unprivileged(give_up, NULL));
	close(other);
}

TEST_HARNESS_MAIN
