// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * journal_batch.c - many operations in one call, against the journal
 */
#include <string.h>

#include "journal.h"
#include "../../guest/khmap_test.h"

#define UNTOUCHED	0x55

/* Operations as they are asked for, whichever way they go in, and what must come of them. */
struct plan {
	uint32_t count;
	uint32_t key[JOURNAL_BATCH];
	struct khmap_op op[JOURNAL_BATCH];
	uint8_t keys[JOURNAL_BATCH * JOURNAL_KEY];
	uint8_t values[JOURNAL_BATCH * JOURNAL_VALUE];
	uint8_t expected[JOURNAL_BATCH * JOURNAL_VALUE];
	uint64_t numbers[JOURNAL_BATCH];
	int32_t statuses[JOURNAL_BATCH];
};

static struct plan plan;

static void fill_value(struct rng *rng, uint8_t *value, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		value[i] = (uint8_t)rng_next(rng);
}

static void plan_key(struct journal *journal, struct rng *rng, uint32_t i)
{
	uint8_t *expected = plan.expected + (size_t)i * journal->value_size;

	plan.key[i] = (uint32_t)rng_below(rng, rng_percent(rng, 50) ? 30 : JOURNAL_KEYS);
	journal_key(journal, plan.key[i], plan.keys + (size_t)i * journal->key_size);
	fill_value(rng, plan.values + (size_t)i * journal->value_size, journal->value_size);
	fill_value(rng, expected, journal->value_size);
	/* What is there now may be another value when it is this operation's turn. */
	if (rng_percent(rng, 70))
		memcpy(expected, journal->now.value[plan.key[i]], journal->value_size);
	plan.numbers[i] = rng_next(rng);
}

static void plan_op(struct journal *journal, struct rng *rng, uint32_t i, uint32_t opcode,
		    uint32_t flags)
{
	struct khmap_op *op = &plan.op[i];

	*op = (struct khmap_op){
		.opcode = opcode,
		.flags = opcode == KHMAP_OP_PUT ? flags : 0,
		.key = address_of(plan.keys + (size_t)i * journal->key_size),
		.value = address_of(plan.values + (size_t)i * journal->value_size),
		.status = UNTOUCHED,
	};
	if (opcode == KHMAP_OP_DELETE || opcode == KHMAP_OP_FETCH_ADD)
		op->value = 0;
	if (opcode == KHMAP_OP_CAS)
		op->operand = address_of(plan.expected + (size_t)i * journal->value_size);
	if (opcode == KHMAP_OP_FETCH_ADD)
		op->operand = plan.numbers[i];
}

/* An operation on the journal: what it must answer, and what it does. */
static long apply(struct journal *journal, uint32_t i, bool really)
{
	const struct khmap_op *op = &plan.op[i];
	uint8_t *value = plan.values + (size_t)i * journal->value_size;
	uint32_t key = plan.key[i];
	bool there = journal->now.there[key];
	uint64_t number;
	long answer = 0;

	switch (op->opcode) {
	case KHMAP_OP_PUT:
		if (journal_put_answer(journal, key, op->flags, &answer) && really)
			journal_store(journal, key, value);
		return answer;
	case KHMAP_OP_CAS:
		if (!there)
			return -ENOENT;
		if (memcmp(journal->now.value[key],
			   plan.expected + (size_t)i * journal->value_size, journal->value_size))
			return -ECANCELED;
		if (really)
			journal_store(journal, key, value);
		return 0;
	case KHMAP_OP_FETCH_ADD:
		if (!there)
			return -ENOENT;
		memcpy(&number, journal->now.value[key], sizeof(number));
		number += plan.numbers[i];
		if (really)
			memcpy(journal->now.value[key], &number, sizeof(number));
		return 0;
	case KHMAP_OP_DELETE:
	case KHMAP_OP_GET_DELETE:
		if (really)
			journal_delete(journal, key);
		return there ? 0 : -ENOENT;
	default:
		return there ? 0 : -ENOENT;
	}
}

/* Before the journal changes: was what came out the value? */
static void check_value(struct journal *journal, uint32_t i)
{
	const struct khmap_op *op = &plan.op[i];

	if (op->opcode != KHMAP_OP_GET && op->opcode != KHMAP_OP_GET_DELETE)
		return;
	if (memcmp(plan.values + (size_t)i * journal->value_size,
		   journal->now.value[plan.key[i]], journal->value_size))
		journal_wrong(journal, "operation %u of opcode %u has another value", i,
			      op->opcode);
}

static void check_number(struct journal *journal, uint32_t i, uint64_t result)
{
	uint64_t number;

	if (plan.op[i].opcode != KHMAP_OP_FETCH_ADD)
		return;
	memcpy(&number, journal->now.value[plan.key[i]], sizeof(number));
	if (result != number)
		journal_wrong(journal, "operation %u: what was added to is another number", i);
}

static void check(struct journal *journal, const struct khmap_ioc_batch *batch, bool arrays,
		  const uint64_t *results)
{
	uint32_t i, failed = 0;

	for (i = 0; i < batch->done && !journal->wrong[0]; i++) {
		long got = arrays ? plan.statuses[i] : plan.op[i].status;
		long expected = apply(journal, i, false);

		failed += !!got;
		if (!journal_expect(journal, got, expected) || got)
			continue;
		check_value(journal, i);
		check_number(journal, i, arrays ? results[i] : plan.op[i].result);
		apply(journal, i, true);
	}
	if (batch->failed != failed)
		journal_wrong(journal, "%u have failed, not %u", batch->failed, failed);
	if (batch->done != plan.count && !(batch->flags & KHMAP_BATCH_STOP && failed))
		journal_wrong(journal, "%u of %u are done", batch->done, plan.count);
}

static uint32_t any_opcode(const struct journal *journal, struct rng *rng)
{
	static const uint32_t opcodes[] = {
		KHMAP_OP_PUT, KHMAP_OP_PUT, KHMAP_OP_PUT, KHMAP_OP_GET, KHMAP_OP_DELETE,
		KHMAP_OP_CAS, KHMAP_OP_GET_DELETE, KHMAP_OP_FETCH_ADD,
	};

	/* A number has its place only where it is aligned. */
	return opcodes[rng_below(rng, journal->key_size % 8 ? 7 : 8)];
}

static uint32_t any_flags(struct rng *rng)
{
	static const uint32_t flags[] = { 0, 0, KHMAP_PUT_INSERT, KHMAP_PUT_REPLACE };

	return flags[rng_below(rng, 4)];
}

static void begin(struct journal *journal, struct rng *rng, struct khmap_ioc_batch *batch)
{
	uint32_t i;

	plan.count = 1 + (uint32_t)rng_below(rng, JOURNAL_BATCH);
	for (i = 0; i < plan.count; i++)
		plan_key(journal, rng, i);
	*batch = (struct khmap_ioc_batch){ .size = sizeof(*batch), .count = plan.count };
	if (rng_percent(rng, 20))
		batch->flags |= KHMAP_BATCH_STOP;
	if (rng_percent(rng, 20))
		batch->flags |= KHMAP_BATCH_ATOMIC;
}

void journal_arrays(struct journal *journal, struct rng *rng)
{
	uint32_t opcode = any_opcode(journal, rng), flags = any_flags(rng), i;
	uint64_t results[JOURNAL_BATCH];
	struct khmap_ioc_batch batch;
	int err;

	begin(journal, rng, &batch);
	for (i = 0; i < plan.count; i++)
		plan_op(journal, rng, i, opcode, flags);
	batch.flags |= KHMAP_BATCH_ARRAYS;
	batch.opcode = opcode;
	batch.op_flags = plan.op[0].flags;
	batch.keys = address_of(plan.keys);
	batch.statuses = address_of(plan.statuses);
	if (plan.op[0].value)
		batch.values = address_of(plan.values);
	if (opcode == KHMAP_OP_CAS)
		batch.operands = address_of(plan.expected);
	if (opcode == KHMAP_OP_FETCH_ADD) {
		batch.operands = address_of(plan.numbers);
		batch.results = address_of(results);
	}
	journal_says(journal, "batch of %u in arrays, opcode %u, flags %x/%x", plan.count, opcode,
		     batch.flags, batch.op_flags);
	err = call(journal->fd, KHMAP_IOC_BATCH, &batch);
	if (journal_expect(journal, err, 0))
		check(journal, &batch, true, results);
}

void journal_ops(struct journal *journal, struct rng *rng)
{
	struct khmap_ioc_batch batch;
	uint32_t i;
	int err;

	begin(journal, rng, &batch);
	for (i = 0; i < plan.count; i++)
		plan_op(journal, rng, i, any_opcode(journal, rng), any_flags(rng));
	batch.ops = address_of(plan.op);
	batch.op_size = sizeof(plan.op[0]);
	journal_says(journal, "batch of %u operations, flags %x", plan.count, batch.flags);
	err = call(journal->fd, KHMAP_IOC_BATCH, &batch);
	if (journal_expect(journal, err, 0))
		check(journal, &batch, false, NULL);
}
