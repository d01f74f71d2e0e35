// SPDX-License-Identifier: GPL-2.0-only
/*
 * batch_library.c - khmap_batch() and khmap_batch_arrays()
 */
#include "kselftest_harness.h"
#include "batch_test.h"
#include "verify.h"

#define NAME	"test-batch-library"
#define MANY	(KHMAP_BATCH_MAX + 1000)

FIXTURE(library) {
	int fd;
	struct khmap *map;
	uint64_t *keys;
	uint64_t *values;
};

FIXTURE_SETUP(library)
{
	struct khmap_open_options options = {
		.size = sizeof(options),
		.flags = KHMAP_OPEN_WRITE,
	};
	size_t i;

	map_remove(NAME);
	self->fd = create_named(NAME, MANY);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, khmap_open(NAME, &options, &self->map));
	self->keys = calloc(MANY, 8);
	self->values = calloc(MANY, 8);
	ASSERT_TRUE(self->keys && self->values);
	for (i = 0; i < MANY; i++) {
		self->keys[i] = i;
		self->values[i] = i * 3;
	}
}

FIXTURE_TEARDOWN(library)
{
	EXPECT_EQ(0, map_verify(self->fd));
	khmap_close(self->map);
	close(self->fd);
	map_remove(NAME);
	free(self->keys);
	free(self->values);
}

/* More than one call of the kernel takes. */
TEST_F(library, arrays)
{
	struct khmap_arrays arrays = {
		.size = sizeof(arrays),
		.opcode = KHMAP_OP_PUT,
		.op_flags = KHMAP_PUT_INSERT,
		.keys = self->keys,
		.values = self->values,
		.count = MANY,
	};
	uint64_t value;

	ASSERT_EQ(0, khmap_batch_arrays(self->map, &arrays));
	EXPECT_EQ(MANY, arrays.done);
	EXPECT_EQ(0, arrays.failed);
	EXPECT_EQ(0, khmap_get(self->map, &self->keys[MANY - 1], &value));
	EXPECT_EQ((MANY - 1) * 3, value);
	ASSERT_EQ(0, khmap_batch_arrays(self->map, &arrays));
	EXPECT_EQ(MANY, arrays.failed);
	arrays.flags = KHMAP_BATCH_STOP;
	ASSERT_EQ(0, khmap_batch_arrays(self->map, &arrays));
	EXPECT_EQ(1, arrays.done);
	EXPECT_EQ(1, arrays.failed);
	arrays.flags = KHMAP_BATCH_ARRAYS;
	EXPECT_EQ(-EOPNOTSUPP, khmap_batch_arrays(self->map, &arrays));
	arrays.flags = 0;
	arrays.opcode = 99;
	EXPECT_EQ(-EOPNOTSUPP, khmap_batch_arrays(self->map, &arrays));
	EXPECT_EQ(0, arrays.done);
	arrays.size = 8;
	EXPECT_EQ(-EINVAL, khmap_batch_arrays(self->map, &arrays));
}

TEST_F(library, operations)
{
	struct khmap_op *ops = calloc(MANY, sizeof(*ops));
	struct khmap *cut;
	size_t i, done;

	ASSERT_NE(NULL, ops);
	for (i = 0; i < MANY; i++)
		ops[i] = op_of(KHMAP_OP_PUT, &self->keys[i], &self->values[i]);
	ASSERT_EQ(0, khmap_batch(self->map, ops, MANY, 0, &done));
	EXPECT_EQ(MANY, done);
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, ops[i].status);
	ASSERT_EQ(0, khmap_batch(self->map, ops, 0, 0, NULL));
	EXPECT_EQ(-EFAULT, khmap_batch(self->map, NULL, 1, 0, &done));
	EXPECT_EQ(0, done);
	EXPECT_EQ(-EOPNOTSUPP, khmap_batch(self->map, ops, 1, 8, NULL));
	ops[70000 - 65536].key = 8;
	ASSERT_EQ(0, khmap_batch(self->map, ops, MANY, KHMAP_BATCH_STOP,
				 &done));
	EXPECT_EQ(70000 - 65536 + 1, done);
	EXPECT_EQ(-EFAULT, ops[done - 1].status);
	ASSERT_EQ(0, khmap_snapshot(self->map, &cut));
	EXPECT_EQ(-EROFS, khmap_batch(cut, ops, 1, 0, NULL));
	khmap_close(cut);
	free(ops);
}

/* Of a wrong call the reason says what is wrong with it, in more than an errno's words. */
TEST_F(library, reasons)
{
	struct khmap_arrays arrays = {
		.size = sizeof(arrays),
		.opcode = KHMAP_OP_PUT,
		.op_flags = KHMAP_PUT_INSERT | KHMAP_PUT_REPLACE,
		.keys = self->keys,
		.values = self->values,
		.count = 1,
	};
	struct khmap_ioc_stat stat;
	struct khmap *reader;
	int fd;

	EXPECT_EQ(-EINVAL, khmap_batch_arrays(self->map, &arrays));
	EXPECT_STREQ(NAME ": an argument is out of range, or not for this operation",
		     khmap_reason());
	arrays.opcode = 99;
	EXPECT_EQ(-EOPNOTSUPP, khmap_batch_arrays(self->map, &arrays));
	EXPECT_STREQ(NAME ": the kernel does not know the operation, or a flag of it",
		     khmap_reason());
	EXPECT_EQ(-EFAULT, khmap_put(self->map, NULL, self->values, 0));
	EXPECT_STREQ(NAME ": a pointer leads nowhere", khmap_reason());

	ASSERT_EQ(0, khmap_open(NAME, NULL, &reader));
	EXPECT_EQ(-EBADF, khmap_put(reader, self->keys, self->values, 0));
	EXPECT_STREQ(NAME ": the map was not opened for writing", khmap_reason());
	fd = dup(khmap_fd(reader));
	close(khmap_fd(reader));
	EXPECT_EQ(-EBADF, khmap_stat(reader, &stat));
	EXPECT_NE(NULL, strstr(khmap_reason(), "was closed, not by khmap_close()"));
	EXPECT_EQ(khmap_fd(reader), dup2(fd, khmap_fd(reader)));
	close(fd);
	khmap_close(reader);
}

TEST_HARNESS_MAIN
