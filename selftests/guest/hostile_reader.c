// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_reader.c - who may read can change nothing
 *
 * Every command with a descriptor that is open for reading, by somebody who is
 * nobody: what would change something is refused, and not a byte of the image but
 * the counts that STAT stores is another one afterwards.
 */
#include "kselftest_harness.h"
#include "hostile.h"
#include "verify.h"

FIXTURE(reader) {
	int map;
	int fresh;
	size_t size;
	char *image;
	char *before;
};

/* The pages that are there; zeros for others. */
static size_t image_copy(const char *image, size_t size, char *to)
{
	size_t at, pages = 0;

	for (at = 0; at < size; at += HOSTILE_PAGE) {
		memset(to + at, 0, HOSTILE_PAGE);
		pages += page_copy(image + at, to + at);
	}
	return pages;
}

FIXTURE_SETUP(reader)
{
	struct khmap_ioc_create args = create_args(HOSTILE_MAP, 500);
	struct khmap_ioc_stat stat;
	uint64_t i;

	map_remove(HOSTILE_MAP);
	args.max_bytes = 4 << 20;
	args.flags = KHMAP_CREATE_MODE;
	args.mode = 0644;
	self->map = create_map(&args);
	ASSERT_LE(0, self->map);
	for (i = 0; i < 500; i++)
		ASSERT_EQ(0, put(self->map, i, i));
	self->fresh = fresh_map(1, 1);
	ASSERT_LE(0, self->fresh);
	/* There is a version to go back to, and a second one. */
	ASSERT_LT(0, canary(self->map, KHMAP_CANARY_MAP, self->fresh, 0, NULL, 0));
	ASSERT_EQ(0, map_verify(self->map));
	ASSERT_EQ(0, map_stat(self->map, &stat));
	self->image = image_map(self->map, &self->size);
	ASSERT_NE(MAP_FAILED, self->image);
	self->before = malloc(self->size);
	ASSERT_LT(0, image_copy(self->image, self->size, self->before));
}

FIXTURE_TEARDOWN(reader)
{
	char *after = malloc(self->size);
	struct khmap_ioc_stat stat;

	map_stat(self->map, &stat);
	image_copy(self->image, self->size, after);
	EXPECT_EQ(0, memcmp(self->before, after, self->size));
	EXPECT_EQ(0, map_verify(self->map));
	free(after);
	free(self->before);
	munmap(self->image, self->size);
	map_remove(HOSTILE_MAP);
	close(self->map);
	close(self->fresh);
}

/* A batch of one operation; what it or the call says. */
static int operate(int fd, uint32_t opcode, bool arrays, uint32_t flags)
{
	uint64_t key = 1, value = 99;
	struct khmap_op op = {
		.opcode = opcode,
		.key = address_of(&key),
		.value = opcode == KHMAP_OP_DELETE || opcode == KHMAP_OP_FETCH_ADD ? 0 :
			 address_of(&value),
		.operand = opcode == KHMAP_OP_CAS ? address_of(&value) :
			   opcode == KHMAP_OP_FETCH_ADD ? 1 : 0,
	};
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = flags,
		.count = 1,
	};
	int err;

	if (arrays) {
		batch.flags |= KHMAP_BATCH_ARRAYS;
		batch.opcode = opcode;
		batch.keys = op.key;
		batch.values = op.value;
		batch.operands = op.operand ? address_of(&value) : 0;
	} else {
		batch.ops = address_of(&op);
		batch.op_size = sizeof(op);
	}
	err = call(fd, KHMAP_IOC_BATCH, &batch);
	return err ?: op.status;
}

static int batches(const void *context)
{
	static const uint32_t opcodes[] = {
		KHMAP_OP_PUT, KHMAP_OP_DELETE, KHMAP_OP_CAS, KHMAP_OP_CAS_VERSION,
		KHMAP_OP_FETCH_ADD, KHMAP_OP_GET_DELETE,
	};
	int fd = map_open(context, O_RDONLY), i, way;

	if (fd < 0)
		return 100;
	for (i = 0; i < 6; i++)
		for (way = 0; way < 4; way++)
			if (operate(fd, opcodes[i], way & 1,
				    way & 2 ? KHMAP_BATCH_ATOMIC : 0) != -EBADF)
				return 1 + i * 4 + way;
	return operate(fd, KHMAP_OP_GET, false, KHMAP_BATCH_ATOMIC) ? 99 : 0;
}

TEST_F(reader, by_batches)
{
	EXPECT_EQ(0, run_unprivileged(batches, HOSTILE_MAP));
}

/* Every number that is a command or could be one. */
static int commands(const void *context)
{
	/* What a reader may do with a map. */
	static const unsigned long allowed[] = {
		KHMAP_IOC_ABI, KHMAP_IOC_GET, KHMAP_IOC_STAT, KHMAP_IOC_CHOOSE,
		KHMAP_IOC_VERSIONS, KHMAP_IOC_BATCH,
	};
	int fd = map_open(context, O_RDONLY), refused = 0;
	unsigned long command;

	if (fd < 0)
		return 100;
	for (command = 0xbe00; command < 0xbf00; command++) {
		uint64_t arg[64] = { 512 };
		bool may = false;
		int err;
		size_t i;

		for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
			may |= command == allowed[i];
		if (may)
			continue;
		err = call(fd, command, arg);
		if (err != -EBADF && err != -ENOTTY)
			return 1;
		refused += err == -EBADF;
	}
	/* DESTROY, PUT, DELETE, CLEAR, RESERVE, COMPACT, SNAPSHOT, WARN_AFTER, PUBLISH ... */
	return refused >= 11 ? 0 : 2;
}

TEST_F(reader, by_every_command)
{
	EXPECT_EQ(0, run_unprivileged(commands, HOSTILE_MAP));
}

/* The descriptor that CHOOSE gives is open as the one that was asked. */
static int chosen(const void *context)
{
	int fd = map_open(context, O_RDONLY);
	struct khmap_ioc_choose args = {
		.size = sizeof(args),
		.flags = KHMAP_CHOOSE_ID,
	};
	uint64_t id;
	char link[64];

	if (fd < 0)
		return 100;
	for (id = 0; id < 1000 && !args.fd; id++) {
		args.id = id;
		if (call(fd, KHMAP_IOC_CHOOSE, &args))
			return 1;
		if (args.fd == -1)
			args.fd = 0;
	}
	if (args.fd <= 0)
		return 2;
	if (put(args.fd, 1, 2) != -EBADF)
		return 3;
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, args.fd, 0) != MAP_FAILED)
		return 4;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", args.fd);
	return open(link, O_RDWR) >= 0 ? 5 : 0;
}

TEST_F(reader, by_another_version)
{
	/* All ids get the second one. */
	ASSERT_LT(0, canary(self->map, KHMAP_CANARY_SHARE, 0, KHMAP_SHARE_ALL, NULL, 0));
	EXPECT_EQ(0, run_unprivileged(chosen, HOSTILE_MAP));
	ASSERT_LT(0, canary(self->map, KHMAP_CANARY_SHARE, 0, 0, NULL, 0));
	/* The word of the successor has been stored, by us. */
	image_copy(self->image, self->size, self->before);
}

TEST_HARNESS_MAIN
