// SPDX-License-Identifier: GPL-2.0-only
/*
 * batch.c - many operations in one call, each with an answer of its own
 */
#include "kselftest_harness.h"
#include "batch_test.h"
#include "verify.h"

#define NAME	"test-batch"
#define MANY	1000

static const uint32_t opcodes[] = {
	KHMAP_OP_PUT, KHMAP_OP_GET, KHMAP_OP_DELETE, KHMAP_OP_CAS,
	KHMAP_OP_CAS_VERSION, KHMAP_OP_FETCH_ADD, KHMAP_OP_GET_DELETE,
};

FIXTURE(batch) {
	int fd;
	struct khmap_ioc_stat before;
	struct khmap_ioc_stat stat;
	struct khmap_op ops[MANY];
	uint64_t keys[MANY];
	uint64_t values[MANY];
	int32_t statuses[MANY];
};

/* Empty, and in the header page or, as there have been keys, in others. */
FIXTURE_VARIANT(batch) {
	uint64_t keys;
};

FIXTURE_VARIANT_ADD(batch, inline) {
	.keys = 0,
};

FIXTURE_VARIANT_ADD(batch, pages) {
	.keys = 100,
};

FIXTURE_SETUP(batch)
{
	struct khmap_ioc_create args = create_args(NAME, 1);
	uint64_t i;

	map_remove(NAME);
	args.max_entries = MANY;
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < variant->keys; i++)
		ASSERT_EQ(0, put(self->fd, i, i));
	for (i = 0; i < variant->keys; i++)
		ASSERT_EQ(0, delete(self->fd, i));
	ASSERT_EQ(0, map_stat(self->fd, &self->before));
	ASSERT_EQ(variant->keys > 0, self->before.shape > 0);
}

FIXTURE_TEARDOWN(batch)
{
	EXPECT_EQ(0, map_verify(self->fd));
	close(self->fd);
	map_remove(NAME);
}

/* The operation that an opcode stands for, with key 1 and a right operand. */
static struct khmap_op right_op(uint32_t opcode, uint64_t *key,
				uint64_t *value, uint64_t *expected)
{
	struct khmap_op op = op_of(opcode, key, value);

	if (opcode == KHMAP_OP_DELETE || opcode == KHMAP_OP_FETCH_ADD)
		op.value = 0;
	if (opcode == KHMAP_OP_CAS)
		op.operand = address_of(expected);
	if (opcode == KHMAP_OP_FETCH_ADD)
		op.operand = 1;
	return op;
}

TEST_F(batch, each_opcode)
{
	uint64_t key = 1, in = 100, out = 0, next = 101, other = 5;
	struct khmap_op *ops = self->ops;
	struct khmap_ioc_batch batch = batch_of(ops, 12);
	uint64_t version;

	ops[0] = op_of(KHMAP_OP_GET, &key, &out);
	ops[1] = op_of(KHMAP_OP_PUT, &key, &in);
	ops[2] = op_of(KHMAP_OP_PUT, &key, &in);
	ops[2].flags = KHMAP_PUT_INSERT;
	ops[3] = op_of(KHMAP_OP_GET, &key, &out);
	ops[4] = op_of(KHMAP_OP_CAS, &key, &next);
	ops[4].operand = address_of(&other);
	ops[5] = op_of(KHMAP_OP_CAS, &key, &next);
	ops[5].operand = address_of(&in);
	ops[6] = op_of(KHMAP_OP_FETCH_ADD, &key, NULL);
	ops[6].operand = 9;
	ops[7] = op_of(KHMAP_OP_GET, &key, &out);
	ops[8] = op_of(KHMAP_OP_DELETE, &other, NULL);
	ops[9] = op_of(KHMAP_OP_GET_DELETE, &key, &self->values[0]);
	ops[10] = op_of(KHMAP_OP_PUT, &key, &in);
	ops[10].flags = KHMAP_PUT_REPLACE;
	ops[11] = op_of(KHMAP_OP_DELETE, &key, NULL);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(12, batch.done);
	EXPECT_EQ(6, batch.failed);
	EXPECT_EQ(-ENOENT, ops[0].status);
	EXPECT_EQ(0, ops[0].result);
	EXPECT_EQ(0, ops[1].status);
	EXPECT_EQ(-EEXIST, ops[2].status);
	EXPECT_EQ(0, ops[3].status);
	EXPECT_NE(0, ops[3].result);
	EXPECT_EQ(-ECANCELED, ops[4].status);
	EXPECT_EQ(0, ops[5].status);
	EXPECT_EQ(0, ops[5].result);
	EXPECT_EQ(0, ops[6].status);
	EXPECT_EQ(101, ops[6].result);
	EXPECT_EQ(0, ops[7].status);
	EXPECT_EQ(110, out);
	EXPECT_EQ(-ENOENT, ops[8].status);
	EXPECT_EQ(0, ops[9].status);
	EXPECT_EQ(110, self->values[0]);
	EXPECT_EQ(-ENOENT, ops[10].status);
	EXPECT_EQ(-ENOENT, ops[11].status);

	/* By version: right once, and with the other form's bit never. */
	ASSERT_EQ(0, put(self->fd, 1, 100));
	ops[0] = op_of(KHMAP_OP_GET, &key, &out);
	ASSERT_EQ(0, batch_one(self->fd, &ops[0]));
	version = ops[0].result;
	EXPECT_EQ(variant->keys > 0, version >> 32);
	ops[0] = op_of(KHMAP_OP_CAS_VERSION, &key, &next);
	ops[0].operand = version ^ 1ull << 32;
	EXPECT_EQ(-ECANCELED, batch_one(self->fd, &ops[0]));
	ops[0].operand = version;
	EXPECT_EQ(0, batch_one(self->fd, &ops[0]));
	EXPECT_EQ(-ECANCELED, batch_one(self->fd, &ops[0]));
	EXPECT_EQ(0, get(self->fd, 1, &out));
	EXPECT_EQ(101, out);
	ASSERT_EQ(0, map_stat(self->fd, &self->stat));
	EXPECT_EQ(2, self->stat.inserts - self->before.inserts);
	EXPECT_EQ(3, self->stat.replaces - self->before.replaces);
	EXPECT_EQ(1, self->stat.deletes - self->before.deletes);
}

TEST_F(batch, fields_of_another_opcode)
{
	uint64_t key = 1, value = 2, expected = 100;
	size_t i;

	ASSERT_EQ(0, put(self->fd, 1, 100));
	for (i = 0; i < ARRAY_SIZE(opcodes); i++) {
		uint32_t opcode = opcodes[i];
		struct khmap_op op = right_op(opcode, &key, &value, &expected);
		uint32_t bit;

		for (bit = 0; bit < 32; bit++) {
			if (opcode == KHMAP_OP_PUT &&
			    KHMAP_PUT_FLAGS & (1u << bit))
				continue;
			op.flags = 1u << bit;
			EXPECT_EQ(-EOPNOTSUPP, batch_one(self->fd, &op));
		}
		op.flags = 0;
		op.offset = 8;
		EXPECT_EQ(-EINVAL, batch_one(self->fd, &op));
		op.offset = 0;
		if (opcode == KHMAP_OP_DELETE || opcode == KHMAP_OP_FETCH_ADD) {
			op.value = address_of(&value);
			EXPECT_EQ(-EINVAL, batch_one(self->fd, &op));
			op.value = 0;
		}
		if (opcode != KHMAP_OP_CAS && opcode != KHMAP_OP_FETCH_ADD &&
		    opcode != KHMAP_OP_CAS_VERSION) {
			op.operand = 1;
			EXPECT_EQ(-EINVAL, batch_one(self->fd, &op));
		}
	}
	self->ops[0] = op_of(KHMAP_OP_PUT, &key, &value);
	self->ops[0].flags = KHMAP_PUT_FLAGS;
	EXPECT_EQ(-EINVAL, batch_one(self->fd, &self->ops[0]));
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(100, value);
}

TEST_F(batch, unknown_opcodes)
{
	static const uint32_t unknown[] = { 0, 8, 9, 64, 1u << 31, ~0u };
	uint64_t key = 1, value = 2;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		struct khmap_op op = op_of(unknown[i], &key, &value);
		struct khmap_ioc_batch batch =
			arrays_of(unknown[i], &key, &value, NULL, 1);

		EXPECT_EQ(-EOPNOTSUPP, batch_one(self->fd, &op));
		EXPECT_EQ(-EOPNOTSUPP, batch_call(self->fd, &batch));
	}
}

TEST_F(batch, places_where_no_number_is)
{
	static const uint32_t offsets[] = { 1, 4, 7, 8, 9, 1u << 31, ~0u };
	uint64_t key = 1, value;
	struct khmap_op op = op_of(KHMAP_OP_FETCH_ADD, &key, NULL);
	size_t i;

	op.operand = 1;
	EXPECT_EQ(-ENOENT, batch_one(self->fd, &op));
	ASSERT_EQ(0, put(self->fd, 1, 100));
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		op.offset = offsets[i];
		EXPECT_EQ(-EINVAL, batch_one(self->fd, &op));
	}
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(100, value);
	op.offset = 0;
	op.operand = ~0ull;
	EXPECT_EQ(0, batch_one(self->fd, &op));
	EXPECT_EQ(100, op.result);
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(99, value);
}

TEST_F(batch, wrong_counts_and_sizes)
{
	static const uint32_t counts[] = { 0, KHMAP_BATCH_MAX + 1, 1u << 31, ~0u };
	static const uint32_t sizes[] = {
		0, 8, 40, 47, 52, KHMAP_OP_SIZE_MAX + 8, ~7u, ~0u,
	};
	uint64_t key = 1, value = 2;
	struct khmap_ioc_batch batch;
	size_t i;

	self->ops[0] = op_of(KHMAP_OP_PUT, &key, &value);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		batch = batch_of(self->ops, counts[i]);
		EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
		EXPECT_EQ(0, batch.done);
		batch = arrays_of(KHMAP_OP_PUT, &key, &value, NULL, counts[i]);
		EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		batch = batch_of(self->ops, 1);
		batch.op_size = sizes[i];
		EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	}
	batch = batch_of(self->ops, 1);
	batch.ops += 4;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	batch.ops = ~7ull;
	EXPECT_EQ(-EFAULT, batch_call(self->fd, &batch));
	batch.ops = 1ull << 63;
	EXPECT_EQ(-EFAULT, batch_call(self->fd, &batch));
	EXPECT_EQ(UNWRITTEN, self->ops[0].status);
	EXPECT_EQ(-ENOENT, get(self->fd, 1, &value));
}

/* Fields of one form in the other. */
TEST_F(batch, fields_of_the_other_form)
{
	uint64_t key = 1, value = 2;
	struct khmap_ioc_batch batch;
	size_t at;

	/* From the opcode to the end. */
	for (at = offsetof(struct khmap_ioc_batch, opcode);
	     at < sizeof(batch); at += 4) {
		self->ops[0] = op_of(KHMAP_OP_PUT, &key, &value);
		batch = batch_of(self->ops, 1);
		memset((char *)&batch + at, 1, 1);
		EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	}
	batch = arrays_of(KHMAP_OP_PUT, &key, &value, NULL, 1);
	batch.op_size = sizeof(struct khmap_op);
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	batch = arrays_of(KHMAP_OP_PUT, &key, &value, NULL, 1);
	batch.ops = 8;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	batch = arrays_of(KHMAP_OP_PUT, &key, &value, NULL, 1);
	batch.op_flags = KHMAP_PUT_FLAGS;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	batch.op_flags = 4;
	EXPECT_EQ(-EOPNOTSUPP, batch_call(self->fd, &batch));
	batch = arrays_of(KHMAP_OP_DELETE, &key, &value, NULL, 1);
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	batch = arrays_of(KHMAP_OP_DELETE, &key, NULL, NULL, 1);
	batch.value_stride = 8;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	batch = arrays_of(KHMAP_OP_PUT, &key, &value, NULL, 1);
	batch.key_stride = 7;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	batch.key_stride = KHMAP_STRIDE_MAX + 1;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	batch = arrays_of(KHMAP_OP_PUT, &key, &value, NULL, 1);
	batch.values = ~0ull;
	EXPECT_EQ(-EINVAL, batch_call(self->fd, &batch));
	EXPECT_EQ(-ENOENT, get(self->fd, 1, &value));
}

/* Operations that are longer than the kernel knows them. */
TEST_F(batch, longer_operations)
{
	struct {
		struct khmap_op op;
		uint64_t more[2];
	} ops[3];
	uint64_t keys[3] = { 1, 2, 3 }, value = 7;
	struct khmap_ioc_batch batch = batch_of(&ops[0].op, 3);
	int i;

	memset(ops, 0, sizeof(ops));
	for (i = 0; i < 3; i++)
		ops[i].op = op_of(KHMAP_OP_PUT, &keys[i], &value);
	ops[1].more[1] = 1;
	batch.op_size = sizeof(ops[0]);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(3, batch.done);
	EXPECT_EQ(1, batch.failed);
	EXPECT_EQ(0, ops[0].op.status);
	EXPECT_EQ(-E2BIG, ops[1].op.status);
	EXPECT_EQ(0, ops[1].op.result);
	EXPECT_EQ(0, ops[2].op.status);
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(-ENOENT, get(self->fd, 2, &value));
	EXPECT_EQ(0, get(self->fd, 3, &value));
}

TEST_F(batch, a_bad_pointer_in_the_middle)
{
	static const uint64_t bad[] = { 0, 8, ~0ull - 7, 1ull << 63 };
	uint64_t i, value;
	struct khmap_ioc_batch batch = batch_of(self->ops, 300);

	for (i = 0; i < 300; i++) {
		self->keys[i] = i;
		self->values[i] = i + 1;
		self->ops[i] = op_of(KHMAP_OP_PUT, &self->keys[i],
				     &self->values[i]);
	}
	for (i = 0; i < 4; i++) {
		self->ops[100 + i].key = bad[i];
		self->ops[200 + i].value = bad[i];
	}
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(300, batch.done);
	EXPECT_EQ(8, batch.failed);
	for (i = 0; i < 300; i++) {
		bool wrong = i % 100 < 4 && i >= 100;

		ASSERT_EQ(wrong ? -EFAULT : 0, self->ops[i].status);
		ASSERT_EQ(wrong ? -ENOENT : 0, get(self->fd, i, &value));
	}
	/* Nothing is deleted for one who cannot be given it. */
	self->ops[0] = op_of(KHMAP_OP_GET_DELETE, &self->keys[0], (void *)8);
	EXPECT_EQ(-EFAULT, batch_one(self->fd, &self->ops[0]));
	EXPECT_EQ(0, get(self->fd, 0, &value));
	self->ops[0] = op_of(KHMAP_OP_GET, &self->keys[0], (void *)8);
	EXPECT_EQ(-EFAULT, batch_one(self->fd, &self->ops[0]));
	self->ops[0] = op_of(KHMAP_OP_CAS, &self->keys[0], &value);
	self->ops[0].operand = 8;
	EXPECT_EQ(-EFAULT, batch_one(self->fd, &self->ops[0]));
}

/* The operations themselves end at a hole, or cannot be answered. */
TEST_F(batch, operations_that_lead_nowhere)
{
	char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t i, value = 3, there = 85;
	struct khmap_op *ops = (void *)(page + PAGE - there * sizeof(*ops));
	struct khmap_ioc_batch batch = batch_of(ops, MANY);

	ASSERT_NE(MAP_FAILED, page);
	munmap(page + PAGE, PAGE);
	for (i = 0; i < MANY; i++)
		self->keys[i] = i;
	for (i = 0; i < there; i++)
		ops[i] = op_of(KHMAP_OP_PUT, &self->keys[i], &value);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(64, batch.done);
	EXPECT_EQ(0, ops[63].status);
	EXPECT_EQ(UNWRITTEN, ops[64].status);
	EXPECT_EQ(-ENOENT, get(self->fd, 64, &value));

	/* The rest of them, as one would go on. */
	batch = batch_of(ops + 64, MANY - 64);
	EXPECT_EQ(-EFAULT, batch_call(self->fd, &batch));
	EXPECT_EQ(0, batch.done);

	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	batch = batch_of(ops + 70, 1);
	EXPECT_EQ(-EFAULT, batch_call(self->fd, &batch));
	EXPECT_EQ(-ENOENT, get(self->fd, 70, &value));
	munmap(page, PAGE);
}

TEST_F(batch, arrays)
{
	uint64_t i, value;
	struct khmap_ioc_batch batch = arrays_of(KHMAP_OP_PUT, self->keys,
						 self->values, self->statuses,
						 MANY);

	for (i = 0; i < MANY; i++) {
		self->keys[i] = i * 3;
		self->values[i] = i;
		self->statuses[i] = UNWRITTEN;
	}
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(MANY, batch.done);
	EXPECT_EQ(0, batch.failed);
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(0, self->statuses[i]);
		ASSERT_EQ(0, get(self->fd, i * 3, &value));
		ASSERT_EQ(i, value);
	}
	/* A third of these is there; what is not found is left alone. */
	for (i = 0; i < MANY; i++) {
		self->keys[i] = i;
		self->values[i] = 12345;
	}
	batch = arrays_of(KHMAP_OP_GET, self->keys, self->values,
			  self->statuses, MANY);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(MANY, batch.done);
	EXPECT_EQ(MANY - 334, batch.failed);
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(i % 3 ? -ENOENT : 0, self->statuses[i]);
		ASSERT_EQ(i % 3 ? 12345 : i / 3, self->values[i]);
	}
	batch = arrays_of(KHMAP_OP_PUT, self->keys, self->values, NULL, MANY);
	batch.op_flags = KHMAP_PUT_REPLACE;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(MANY - 334, batch.failed);
	batch = arrays_of(KHMAP_OP_GET_DELETE, self->keys, self->values,
			  self->statuses, 300);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(200, batch.failed);
	EXPECT_EQ(99, self->values[297]);
	batch = arrays_of(KHMAP_OP_DELETE, self->keys, NULL, self->statuses,
			  MANY);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(MANY - 234, batch.failed);
	ASSERT_EQ(0, map_stat(self->fd, &self->stat));
	EXPECT_EQ(MANY - 334, self->stat.entries);
	EXPECT_EQ(334, self->stat.deletes - self->before.deletes);
	EXPECT_EQ(334, self->stat.replaces - self->before.replaces);
}

TEST_F(batch, arrays_with_gaps)
{
	struct {
		uint64_t key;
		uint64_t pad;
		uint64_t value;
	} rows[100];
	struct khmap_ioc_batch batch = arrays_of(KHMAP_OP_PUT, &rows[0].key,
						 &rows[0].value, NULL, 100);
	uint64_t i, value;

	batch.key_stride = sizeof(rows[0]);
	batch.value_stride = sizeof(rows[0]);
	for (i = 0; i < 100; i++) {
		rows[i].key = i;
		rows[i].pad = 1;
		rows[i].value = i + 7;
	}
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(0, batch.failed);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, get(self->fd, i, &value));
		ASSERT_EQ(i + 7, value);
		rows[i].value = 0;
	}
	batch.opcode = KHMAP_OP_GET;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(i + 7, rows[i].value);
		ASSERT_EQ(1, rows[i].pad);
	}
}

/* Keys, then values, that end at a hole; statuses that cannot be written. */
TEST_F(batch, arrays_that_lead_nowhere)
{
	uint64_t *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct khmap_ioc_batch batch;
	uint64_t i, value, *words;

	ASSERT_NE(MAP_FAILED, page);
	munmap((char *)page + PAGE, PAGE);
	/* 512 words before the hole. */
	words = page + PAGE / sizeof(*page) - 512;
	for (i = 0; i < MANY; i++) {
		self->keys[i] = i;
		self->values[i] = i;
		if (i < 512)
			words[i] = i;
	}
	batch = arrays_of(KHMAP_OP_PUT, words + 500, self->values,
			  self->statuses, 20);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(20, batch.done);
	EXPECT_EQ(8, batch.failed);
	EXPECT_EQ(0, self->statuses[11]);
	EXPECT_EQ(-EFAULT, self->statuses[12]);
	EXPECT_EQ(0, get(self->fd, 511, &value));
	EXPECT_EQ(-ENOENT, get(self->fd, 0, &value));

	batch = arrays_of(KHMAP_OP_GET, self->keys + 495, words + 495,
			  self->statuses, 20);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	/* 495 to 499 are not there. */
	EXPECT_EQ(8, batch.failed);
	EXPECT_EQ(-ENOENT, self->statuses[4]);
	EXPECT_EQ(0, self->statuses[5]);
	EXPECT_EQ(11, words[511]);

	batch = arrays_of(KHMAP_OP_GET_DELETE, self->keys + 505, words + 506,
			  self->statuses, 10);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(4, batch.failed);
	EXPECT_EQ(0, self->statuses[5]);
	EXPECT_EQ(-EFAULT, self->statuses[6]);
	EXPECT_EQ(0, get(self->fd, 511, &value));

	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	batch = arrays_of(KHMAP_OP_PUT, self->keys, self->values,
			  (int32_t *)page, 10);
	EXPECT_EQ(-EFAULT, batch_call(self->fd, &batch));
	EXPECT_EQ(0, batch.done);
	EXPECT_EQ(-ENOENT, get(self->fd, 0, &value));
	munmap(page, PAGE);
}

/* Whatever comes of them: no crash, and the map is in order. */
TEST_F(batch, buffers_that_overlap)
{
	struct khmap_ioc_batch batch = batch_of(self->ops, 200);
	uint64_t i, value = 1;

	for (i = 0; i < 200; i++) {
		self->keys[i] = i % 10;
		self->ops[i] = op_of(opcodes[i % ARRAY_SIZE(opcodes)],
				     &self->keys[i], &self->keys[i + 1]);
		if (self->ops[i].opcode == KHMAP_OP_DELETE ||
		    self->ops[i].opcode == KHMAP_OP_FETCH_ADD)
			self->ops[i].value = 0;
		if (self->ops[i].opcode == KHMAP_OP_CAS)
			self->ops[i].operand = address_of(&self->ops[i]);
		ASSERT_EQ(0, put(self->fd, i % 10, i % 10));
	}
	/* Values over operations, this batch's own among them. */
	self->ops[3] = op_of(KHMAP_OP_GET, &self->keys[3], &self->ops[4]);
	self->ops[5] = op_of(KHMAP_OP_GET, &self->ops[150], &self->ops[150]);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(200, batch.done);
	/* Values over the argument: it is written last. */
	self->ops[0] = op_of(KHMAP_OP_PUT, &value, &value);
	self->ops[1] = op_of(KHMAP_OP_GET, &value, &batch);
	batch = batch_of(self->ops, 2);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(2, batch.done);
	EXPECT_EQ(0, batch.failed);
	/* Keys over values over statuses. */
	batch = arrays_of(KHMAP_OP_GET, self->keys, self->keys,
			  (int32_t *)self->keys, 200);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(200, batch.done);
}

TEST_F(batch, descriptors_for_one_thing_only)
{
	static const int status_reading[] = {
		-EBADF, 0, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF,
	};
	static const int status_writing[] = {
		0, -EBADF, 0, -EBADF, -ENOENT, -EBADF, -EBADF,
	};
	int reading = map_open(NAME, O_RDONLY), writing = map_open(NAME, O_WRONLY);
	uint64_t key = 1, value = 100, expected = 100;
	struct khmap_ioc_batch batch;
	size_t i;

	ASSERT_LE(0, reading);
	ASSERT_LE(0, writing);
	for (i = 0; i < ARRAY_SIZE(opcodes); i++)
		self->ops[i] = right_op(opcodes[i], &key, &value, &expected);
	ASSERT_EQ(0, put(self->fd, 1, 100));
	batch = batch_of(self->ops, ARRAY_SIZE(opcodes));
	ASSERT_EQ(0, batch_call(reading, &batch));
	EXPECT_EQ(6, batch.failed);
	for (i = 0; i < ARRAY_SIZE(opcodes); i++)
		EXPECT_EQ(status_reading[i], self->ops[i].status);
	ASSERT_EQ(0, batch_call(writing, &batch));
	for (i = 0; i < ARRAY_SIZE(opcodes); i++)
		EXPECT_EQ(status_writing[i], self->ops[i].status);
	batch = arrays_of(KHMAP_OP_PUT, &key, &value, NULL, 1);
	EXPECT_EQ(-EBADF, batch_call(reading, &batch));
	batch = arrays_of(KHMAP_OP_GET, &key, &value, NULL, 1);
	EXPECT_EQ(-EBADF, batch_call(writing, &batch));
	batch = arrays_of(KHMAP_OP_GET_DELETE, &key, &value, NULL, 1);
	EXPECT_EQ(-EBADF, batch_call(writing, &batch));
	close(reading);
	close(writing);
}

/* Results come to where operands and keys were, which are fetched first. */
TEST_F(batch, results_in_place_of_what_they_are_of)
{
	uint64_t keys[3] = { 100001, 100002, 100003 }, words[3] = { 1, 2, 3 };
	struct khmap_ioc_batch batch =
		arrays_of(KHMAP_OP_FETCH_ADD, keys, NULL, NULL, 3);
	uint64_t value;
	uint32_t i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, put(self->fd, keys[i], 500 + i));
	batch.operands = address_of(words);
	batch.results = address_of(words);
	EXPECT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(0, batch.failed);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(500 + i, words[i]);
		EXPECT_EQ(0, get(self->fd, keys[i], &value));
		EXPECT_EQ(501 + 2 * i, value);
	}
	batch.operands = address_of(words);
	batch.results = address_of(keys);
	EXPECT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(0, batch.failed);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(501 + 2 * i, keys[i]);
}

TEST_F(batch, values_of_no_key_are_left)
{
	uint64_t keys[3] = { 100001, 100002, 100003 }, values[3] = { 11, 12, 13 };
	struct khmap_ioc_batch batch =
		arrays_of(KHMAP_OP_GET_DELETE, keys, values, NULL, 3);
	uint32_t i;

	ASSERT_EQ(0, put(self->fd, keys[1], 500));
	EXPECT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(2, batch.failed);
	EXPECT_EQ(11, values[0]);
	EXPECT_EQ(500, values[1]);
	EXPECT_EQ(13, values[2]);
	for (i = 0; i < 3; i++)
		self->ops[i] = op_of(KHMAP_OP_GET_DELETE, &keys[i], &values[i]);
	batch = batch_of(self->ops, 3);
	EXPECT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(3, batch.failed);
	EXPECT_EQ(11, values[0]);
	EXPECT_EQ(500, values[1]);
	EXPECT_EQ(13, values[2]);
}

TEST_F(batch, a_snapshot_has_none)
{
	struct khmap_ioc_snapshot args;
	int fd = snapshot(self->fd, &args);
	uint64_t key = 1, value;
	struct khmap_ioc_batch batch =
		arrays_of(KHMAP_OP_GET, &key, &value, NULL, 1);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOTTY, batch_call(fd, &batch));
	close(fd);
}

TEST_F(batch, the_first_that_fails_is_the_last)
{
	struct khmap_ioc_batch batch;
	uint64_t i, value;

	for (i = 0; i < 300; i++) {
		self->keys[i] = i;
		self->values[i] = i;
		self->ops[i] = op_of(KHMAP_OP_PUT, &self->keys[i],
				     &self->values[i]);
		self->ops[i].flags = KHMAP_PUT_INSERT;
	}
	ASSERT_EQ(0, put(self->fd, 200, 1));
	batch = batch_of(self->ops, 300);
	batch.flags = KHMAP_BATCH_STOP;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(201, batch.done);
	EXPECT_EQ(1, batch.failed);
	EXPECT_EQ(-EEXIST, self->ops[200].status);
	EXPECT_EQ(0, get(self->fd, 199, &value));
	EXPECT_EQ(-ENOENT, get(self->fd, 201, &value));

	batch = arrays_of(KHMAP_OP_PUT, self->keys + 201, self->values,
			  self->statuses, 50);
	batch.flags |= KHMAP_BATCH_STOP;
	batch.op_flags = KHMAP_PUT_REPLACE;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(1, batch.done);
	EXPECT_EQ(1, batch.failed);
	EXPECT_EQ(-ENOENT, self->statuses[0]);
	batch.op_flags = 0;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(50, batch.done);
	EXPECT_EQ(0, batch.failed);
}

/* What comes behind a value that cannot be told is not done: it may have been the reason. */
TEST_F(batch, a_value_without_a_place_is_the_last)
{
	uint32_t flags[] = { KHMAP_BATCH_STOP, KHMAP_BATCH_STOP | KHMAP_BATCH_ATOMIC }, i;
	uint64_t key = 1, value;
	struct khmap_ioc_batch batch;

	ASSERT_EQ(0, put(self->fd, key, 5));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		self->ops[0] = op_of(KHMAP_OP_GET, &key, (void *)8);
		self->ops[1] = op_of(KHMAP_OP_DELETE, &key, NULL);
		batch = batch_of(self->ops, 2);
		batch.flags = flags[i];
		ASSERT_EQ(0, batch_call(self->fd, &batch));
		EXPECT_EQ(1, batch.done);
		EXPECT_EQ(1, batch.failed);
		EXPECT_EQ(-EFAULT, self->ops[0].status);
		EXPECT_EQ(0, self->ops[0].result);
		EXPECT_EQ(0, get(self->fd, key, &value));
		EXPECT_EQ(5, value);
	}
	self->keys[0] = key;
	self->keys[1] = key;
	batch = arrays_of(KHMAP_OP_GET, self->keys, (void *)8, self->statuses, 2);
	batch.flags |= KHMAP_BATCH_STOP;
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(1, batch.done);
	EXPECT_EQ(1, batch.failed);
}

TEST_F(batch, a_full_map)
{
	struct khmap_ioc_batch batch;
	uint64_t i;

	for (i = 0; i < MANY; i++)
		self->keys[i] = i;
	batch = arrays_of(KHMAP_OP_PUT, self->keys, self->values, NULL, MANY);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(0, batch.failed);
	for (i = 0; i < MANY; i++)
		self->keys[i] = i + MANY / 2;
	batch = arrays_of(KHMAP_OP_PUT, self->keys, self->values,
			  self->statuses, MANY);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	EXPECT_EQ(MANY, batch.done);
	EXPECT_EQ(MANY / 2, batch.failed);
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(i < MANY / 2 ? 0 : -ENOSPC, self->statuses[i]);
}

TEST_HARNESS_MAIN
