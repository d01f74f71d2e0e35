// SPDX-License-Identifier: GPL-2.0-only
/*
 * batch_arrays.c - operations with operands and results, in arrays
 */
#include "kselftest_harness.h"
#include "batch_test.h"
#include "verify.h"

#define NAME	"test-batch-arrays"
#define MANY	200

FIXTURE(arrays) {
	int fd;
	uint64_t keys[MANY];
	uint64_t values[MANY];
	uint64_t operands[MANY];
	__u64 results[MANY];
	int32_t statuses[MANY];
	struct khmap_ioc_batch batch;
};

/* Every fifth key is not there. */
FIXTURE_SETUP(arrays)
{
	struct khmap_ioc_create args = create_args(NAME, MANY);
	uint64_t i;

	map_remove(NAME);
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < MANY; i++) {
		self->keys[i] = i;
		self->values[i] = 2 * i;
		self->operands[i] = 100 + i;
		self->results[i] = UNWRITTEN;
		self->statuses[i] = UNWRITTEN;
		if (i % 5)
			ASSERT_EQ(0, put(self->fd, i, 100 + i));
	}
	self->batch = arrays_of(0, self->keys, NULL, self->statuses, MANY);
	self->batch.operands = address_of(self->operands);
}

FIXTURE_TEARDOWN(arrays)
{
	EXPECT_EQ(0, map_verify(self->fd));
	close(self->fd);
	map_remove(NAME);
}

TEST_F(arrays, fetch_add)
{
	uint64_t i, value;

	self->batch.opcode = KHMAP_OP_FETCH_ADD;
	self->batch.results = address_of(self->results);
	self->operands[7] = ~0ull;
	ASSERT_EQ(0, batch_call(self->fd, &self->batch));
	EXPECT_EQ(MANY, self->batch.done);
	EXPECT_EQ(MANY / 5, self->batch.failed);
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(i % 5 ? 0 : -ENOENT, self->statuses[i]);
		ASSERT_EQ(i % 5 ? 100 + i : 0, self->results[i]);
		ASSERT_EQ(i % 5 ? 0 : -ENOENT, get(self->fd, i, &value));
		if (i % 5)
			ASSERT_EQ(i == 7 ? 106 : 200 + 2 * i, value);
	}
	/* The same key again and again; results are not asked for. */
	for (i = 0; i < MANY; i++) {
		self->keys[i] = 1;
		self->operands[i] = i;
	}
	self->batch.results = 0;
	self->batch.statuses = 0;
	ASSERT_EQ(0, batch_call(self->fd, &self->batch));
	EXPECT_EQ(0, self->batch.failed);
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(202 + MANY * (MANY - 1) / 2, value);
}

TEST_F(arrays, no_number_there)
{
	static const uint32_t offsets[] = { 1, 4, 8, 1u << 31, ~0u };
	uint64_t value;
	size_t i;

	self->batch.opcode = KHMAP_OP_FETCH_ADD;
	self->batch.count = 5;
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		self->batch.offset = offsets[i];
		ASSERT_EQ(0, batch_call(self->fd, &self->batch));
		EXPECT_EQ(5, self->batch.failed);
		EXPECT_EQ(-EINVAL, self->statuses[1]);
	}
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(101, value);
}

TEST_F(arrays, cas)
{
	uint64_t i, value;

	self->batch.opcode = KHMAP_OP_CAS;
	self->batch.values = address_of(self->values);
	self->operands[8] = 1;
	ASSERT_EQ(0, batch_call(self->fd, &self->batch));
	EXPECT_EQ(MANY, self->batch.done);
	EXPECT_EQ(MANY / 5 + 1, self->batch.failed);
	for (i = 0; i < MANY; i++) {
		int status = i % 5 ? 0 : -ENOENT;

		ASSERT_EQ(i == 8 ? -ECANCELED : status, self->statuses[i]);
		ASSERT_EQ(status, get(self->fd, i, &value));
		if (!status)
			ASSERT_EQ(i == 8 ? 108 : 2 * i, value);
	}
}

/* By the versions that a GET of arrays told. */
TEST_F(arrays, cas_version)
{
	uint64_t i, value;

	self->batch.opcode = KHMAP_OP_GET;
	self->batch.operands = 0;
	self->batch.values = address_of(self->values);
	self->batch.results = address_of(self->results);
	ASSERT_EQ(0, batch_call(self->fd, &self->batch));
	EXPECT_EQ(MANY / 5, self->batch.failed);
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(i % 5 ? 1 : 0, self->results[i] >> 32);
	self->values[6] = 9;
	self->batch.opcode = KHMAP_OP_CAS_VERSION;
	self->batch.operands = self->batch.results;
	self->batch.results = 0;
	/* One alone, as each changes its chain's version. */
	self->batch.keys = address_of(self->keys + 6);
	self->batch.values = address_of(self->values + 6);
	self->batch.operands = address_of(self->results + 6);
	self->batch.count = 1;
	ASSERT_EQ(0, batch_call(self->fd, &self->batch));
	EXPECT_EQ(0, self->statuses[0]);
	EXPECT_EQ(0, get(self->fd, 6, &value));
	EXPECT_EQ(9, value);
	ASSERT_EQ(0, batch_call(self->fd, &self->batch));
	EXPECT_EQ(-ECANCELED, self->statuses[0]);
}

TEST_F(arrays, operands_with_gaps)
{
	struct {
		uint64_t operand;
		uint64_t pad[2];
	} rows[MANY];
	uint64_t i, value;

	for (i = 0; i < MANY; i++)
		rows[i].operand = i;
	self->batch.opcode = KHMAP_OP_FETCH_ADD;
	self->batch.operands = address_of(rows);
	self->batch.operand_stride = sizeof(rows[0]);
	ASSERT_EQ(0, batch_call(self->fd, &self->batch));
	for (i = 1; i < MANY; i += 5) {
		ASSERT_EQ(0, get(self->fd, i, &value));
		ASSERT_EQ(100 + 2 * i, value);
	}
	self->batch.operand_stride = 7;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &self->batch));
	self->batch.operand_stride = KHMAP_STRIDE_MAX + 1;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &self->batch));
}

/* Fields that an opcode does not use: the call is refused, nothing is done. */
TEST_F(arrays, fields_of_another_opcode)
{
	static const struct {
		uint32_t opcode;
		bool values, operands, results, offset;
	} uses[] = {
		{ .opcode = KHMAP_OP_PUT, .values = true },
		{ .opcode = KHMAP_OP_GET, .values = true, .results = true },
		{ .opcode = KHMAP_OP_DELETE },
		{ .opcode = KHMAP_OP_CAS, .values = true, .operands = true },
		{ .opcode = KHMAP_OP_CAS_VERSION, .values = true,
		  .operands = true },
		{ .opcode = KHMAP_OP_FETCH_ADD, .operands = true,
		  .results = true, .offset = true },
		{ .opcode = KHMAP_OP_GET_DELETE, .values = true },
	};
	uint64_t value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(uses); i++) {
		struct khmap_ioc_batch right =
			arrays_of(uses[i].opcode, self->keys + 1,
				  uses[i].values ? self->values : NULL,
				  self->statuses, 1);

		if (uses[i].operands)
			right.operands = address_of(self->operands + 1);
		self->batch = right;
		if (!uses[i].values) {
			self->batch.values = address_of(self->values);
			EXPECT_EQ(-EINVAL, batch_call(self->fd, &self->batch));
			self->batch = right;
			self->batch.value_stride = 8;
			EXPECT_EQ(-EINVAL, batch_call(self->fd, &self->batch));
			self->batch = right;
		}
		if (!uses[i].operands) {
			self->batch.operands = address_of(self->operands);
			EXPECT_EQ(-EINVAL, batch_call(self->fd, &self->batch));
			self->batch = right;
			self->batch.operand_stride = 8;
			EXPECT_EQ(-EINVAL, batch_call(self->fd, &self->batch));
			self->batch = right;
		}
		if (!uses[i].results) {
			self->batch.results = address_of(self->results);
			EXPECT_EQ(-EINVAL, batch_call(self->fd, &self->batch));
			self->batch = right;
		}
		if (!uses[i].offset) {
			self->batch.offset = 8;
			EXPECT_EQ(-EINVAL, batch_call(self->fd, &self->batch));
			self->batch = right;
		}
		if (uses[i].opcode != KHMAP_OP_PUT) {
			self->batch.op_flags = KHMAP_PUT_INSERT;
			EXPECT_EQ(-EOPNOTSUPP,
				  batch_call(self->fd, &self->batch));
		}
		EXPECT_EQ(UNWRITTEN, self->statuses[0]);
	}
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(101, value);
}

TEST_F(arrays, descriptors_for_one_thing_only)
{
	int reading = map_open(NAME, O_RDONLY), writing = map_open(NAME, O_WRONLY);
	uint64_t value;

	ASSERT_LE(0, reading);
	ASSERT_LE(0, writing);
	self->batch.count = 2;
	self->batch.opcode = KHMAP_OP_FETCH_ADD;
	EXPECT_EQ(-EBADF, batch_call(reading, &self->batch));
	EXPECT_EQ(-EBADF, batch_call(writing, &self->batch));
	self->batch.opcode = KHMAP_OP_CAS;
	self->batch.values = address_of(self->values);
	EXPECT_EQ(-EBADF, batch_call(reading, &self->batch));
	EXPECT_EQ(-EBADF, batch_call(writing, &self->batch));
	self->batch.opcode = KHMAP_OP_CAS_VERSION;
	EXPECT_EQ(-EBADF, batch_call(reading, &self->batch));
	self->statuses[1] = UNWRITTEN;
	EXPECT_EQ(0, batch_call(writing, &self->batch));
	EXPECT_EQ(-ECANCELED, self->statuses[1]);
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(101, value);
	close(reading);
	close(writing);
}

/* Operands, then results, that end at a hole. */
TEST_F(arrays, that_lead_nowhere)
{
	uint64_t *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t i, value, *words;

	ASSERT_NE(MAP_FAILED, page);
	munmap((char *)page + PAGE, PAGE);
	/* 512 words before the hole. */
	words = page + PAGE / sizeof(*page) - 512;
	for (i = 0; i < 512; i++)
		words[i] = 1;
	self->batch.opcode = KHMAP_OP_FETCH_ADD;
	self->batch.operands = address_of(words + 502);
	self->batch.count = 20;
	ASSERT_EQ(0, batch_call(self->fd, &self->batch));
	EXPECT_EQ(20, self->batch.done);
	EXPECT_EQ(12, self->batch.failed);
	EXPECT_EQ(0, self->statuses[9]);
	EXPECT_EQ(-EFAULT, self->statuses[10]);
	EXPECT_EQ(-EFAULT, self->statuses[11]);
	EXPECT_EQ(0, get(self->fd, 9, &value));
	EXPECT_EQ(110, value);
	EXPECT_EQ(0, get(self->fd, 11, &value));
	EXPECT_EQ(111, value);
	self->batch.operands = 0;
	ASSERT_EQ(0, batch_call(self->fd, &self->batch));
	EXPECT_EQ(20, self->batch.failed);
	EXPECT_EQ(-EFAULT, self->statuses[1]);
	self->batch.operands = ~0ull;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &self->batch));

	/* Nothing is added for one who cannot be told what it was. */
	self->batch.operands = address_of(self->operands);
	self->batch.results = address_of(words + 502);
	EXPECT_EQ(-EFAULT, batch_call(self->fd, &self->batch));
	EXPECT_EQ(0, self->batch.done);
	EXPECT_EQ(0, get(self->fd, 9, &value));
	EXPECT_EQ(110, value);
	/* But what came in runs before the hole is told. */
	self->batch.results = address_of(words + 512 - 70);
	self->batch.count = MANY;
	ASSERT_EQ(0, batch_call(self->fd, &self->batch));
	EXPECT_EQ(64, self->batch.done);
	EXPECT_EQ(110, words[512 - 70 + 9]);
	munmap(page, PAGE);
}

/* Each value that has room is told, and each other key's status says that it had none. */
TEST_F(arrays, values_that_end)
{
	uint64_t *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t *words = page + PAGE / sizeof(*page) - 512;
	int i;

	ASSERT_NE(MAP_FAILED, page);
	munmap((char *)page + PAGE, PAGE);
	self->batch.opcode = KHMAP_OP_GET;
	self->batch.operands = 0;
	self->batch.values = address_of(words + 502);
	self->batch.results = address_of(self->results);
	self->batch.count = 20;
	ASSERT_EQ(0, batch_call(self->fd, &self->batch));
	EXPECT_EQ(20, self->batch.done);
	EXPECT_EQ(12, self->batch.failed);
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(!(i % 5) ? -ENOENT : i < 10 ? 0 : -EFAULT, self->statuses[i]);
		EXPECT_EQ(i % 5 && i < 10, self->results[i] > 0);
		if (i < 10)
			EXPECT_EQ(i % 5 ? 100u + (unsigned int)i : 0, words[502 + i]);
	}
	munmap(page, PAGE);
}

TEST_F(arrays, by_the_library)
{
	struct khmap_open_options options = {
		.size = sizeof(options),
		.flags = KHMAP_OPEN_WRITE,
	};
	struct khmap_arrays arrays = {
		.size = sizeof(arrays),
		.opcode = KHMAP_OP_FETCH_ADD,
		.keys = self->keys,
		.operands = self->operands,
		.results = self->results,
		.count = MANY,
	};
	struct khmap *map;
	uint64_t value;

	ASSERT_EQ(0, khmap_open(NAME, &options, &map));
	ASSERT_EQ(0, khmap_batch_arrays(map, &arrays));
	EXPECT_EQ(MANY, arrays.done);
	EXPECT_EQ(MANY / 5, arrays.failed);
	EXPECT_EQ(100 + 199, self->results[199]);
	self->operands[199] = 2 * (100 + 199);
	arrays.opcode = KHMAP_OP_CAS;
	arrays.values = self->values;
	EXPECT_EQ(-EINVAL, khmap_batch_arrays(map, &arrays));
	arrays.results = NULL;
	arrays.keys = self->keys + 199;
	arrays.operands = self->operands + 199;
	arrays.count = 1;
	ASSERT_EQ(0, khmap_batch_arrays(map, &arrays));
	EXPECT_EQ(0, arrays.failed);
	EXPECT_EQ(0, get(self->fd, 199, &value));
	EXPECT_EQ(0, value);
	khmap_close(map);
}

TEST_HARNESS_MAIN
