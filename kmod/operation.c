// SPDX-License-Identifier: GPL-2.0-only
/*
 * operation.c - a run of operations in kernel memory
 */
#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "core/atomic.h"
#include "core/update.h"
#include "account.h"
#include "ioctl.h"
#include "map.h"
#include "operation.h"
#include "record.h"
#include "sample.h"
#include "trace.h"

#define KHMAP_USES_VALUE_IN	BIT(0)
#define KHMAP_USES_VALUE_OUT	BIT(1)
#define KHMAP_USES_EXPECTED	BIT(2)	/* @operand is an address */
#define KHMAP_USES_OPERAND	BIT(3)
#define KHMAP_USES_OFFSET	BIT(4)
#define KHMAP_USES_RESULT	BIT(5)

/**
 * struct khmap_op_kind - what an opcode needs
 * @flags: that are known
 * @mode: how the file must be open; 0 if there is no such opcode.  Who may only
 *	write learns nothing of a value, not whether it is an expected one either
 * @uses: KHMAP_USES_*
 */
struct khmap_op_kind {
	u32 flags;
	fmode_t mode;
	u32 uses;
};

static const struct khmap_op_kind khmap_op_kinds[] = {
	[KHMAP_OP_PUT] = {
		.flags = KHMAP_PUT_FLAGS,
		.mode = FMODE_WRITE,
		.uses = KHMAP_USES_VALUE_IN,
	},
	[KHMAP_OP_GET] = {
		.mode = FMODE_READ,
		.uses = KHMAP_USES_VALUE_OUT | KHMAP_USES_RESULT,
	},
	[KHMAP_OP_DELETE] = {
		.mode = FMODE_WRITE,
	},
	[KHMAP_OP_CAS] = {
		.mode = FMODE_READ | FMODE_WRITE,
		.uses = KHMAP_USES_VALUE_IN | KHMAP_USES_EXPECTED,
	},
	[KHMAP_OP_CAS_VERSION] = {
		.mode = FMODE_WRITE,
		.uses = KHMAP_USES_VALUE_IN | KHMAP_USES_OPERAND,
	},
	[KHMAP_OP_FETCH_ADD] = {
		.mode = FMODE_READ | FMODE_WRITE,
		.uses = KHMAP_USES_OPERAND | KHMAP_USES_OFFSET |
			KHMAP_USES_RESULT,
	},
	[KHMAP_OP_GET_DELETE] = {
		.mode = FMODE_READ | FMODE_WRITE,
		.uses = KHMAP_USES_VALUE_OUT,
	},
};

/* Of an operation that has been checked. */
static const struct khmap_op_kind *khmap_op_kind(const struct khmap_op *op)
{
	return &khmap_op_kinds[array_index_nospec(op->opcode,
						  ARRAY_SIZE(khmap_op_kinds))];
}

bool khmap_op_reads_value(const struct khmap_op *op)
{
	return khmap_op_kind(op)->uses & KHMAP_USES_VALUE_IN;
}

bool khmap_op_writes_value(const struct khmap_op *op)
{
	return khmap_op_kind(op)->uses & KHMAP_USES_VALUE_OUT;
}

bool khmap_op_reads_expected(const struct khmap_op *op)
{
	return khmap_op_kind(op)->uses & KHMAP_USES_EXPECTED;
}

bool khmap_op_reads_operand(const struct khmap_op *op)
{
	return khmap_op_kind(op)->uses & KHMAP_USES_OPERAND;
}

bool khmap_op_has_result(const struct khmap_op *op)
{
	return khmap_op_kind(op)->uses & KHMAP_USES_RESULT;
}

int khmap_op_check(const struct khmap_run *run, const struct khmap_op *op)
{
	const struct khmap_op_kind *kind;
	u32 uses;

	if (op->opcode >= ARRAY_SIZE(khmap_op_kinds))
		return -EOPNOTSUPP;
	kind = khmap_op_kind(op);
	if (!kind->mode || (op->flags & ~kind->flags))
		return -EOPNOTSUPP;
	if ((run->mode & kind->mode) != kind->mode)
		return -EBADF;
	if (op->flags == KHMAP_PUT_FLAGS)
		return -EINVAL;
	uses = kind->uses;
	if (op->value && !(uses & (KHMAP_USES_VALUE_IN | KHMAP_USES_VALUE_OUT)))
		return -EINVAL;
	if (op->operand && !(uses & (KHMAP_USES_EXPECTED | KHMAP_USES_OPERAND)))
		return -EINVAL;
	if (op->offset && !(uses & KHMAP_USES_OFFSET))
		return -EINVAL;
	return 0;
}

struct khmap_run *khmap_run_create(struct khmap_map *map, fmode_t mode,
				   u32 count, bool packed, bool atomic)
{
	const struct khmap_geometry *g = &map->table->geometry;
	u32 key_step = packed ? g->key_size : ALIGN(g->key_size, 8);
	u32 value_step = packed ? g->value_size : ALIGN(g->value_size, 8);
	u32 bytes = key_step + 2 * value_step;
	u32 most = atomic ? KHMAP_RUN_MAX : KHMAP_RUN_BYTES / bytes;
	u32 room = clamp_t(u32, most, 1, min_t(u32, count, KHMAP_RUN_MAX));
	struct khmap_run *run;

	BUILD_BUG_ON(KHMAP_ATOMIC_MAX > KHMAP_RUN_MAX);
	BUILD_BUG_ON(8 * sizeof(u64) < KHMAP_RUN_MAX);
	BUILD_BUG_ON(8 * sizeof(u8) < KHMAP_SAMPLERS_MAX);

	run = khmap_call_alloc(sizeof(*run) + (size_t)room *
			       (sizeof(*run->ops) + sizeof(*run->stores) +
				bytes));
	if (!run)
		return NULL;
	*run = (struct khmap_run){
		.map = map,
		.mode = mode,
		.room = room,
		.key_step = key_step,
		.value_step = value_step,
		.atomic = atomic,
	};
	run->ops = (void *)(run + 1);
	run->stores = (void *)(run->ops + room);
	run->keys = (void *)(run->stores + room);
	run->values = run->keys + (size_t)room * key_step;
	run->expected = run->values + (size_t)room * value_step;
	return run;
}

void khmap_run_free(struct khmap_run *run)
{
	kvfree(run);
}

bool khmap_run_probes(const struct khmap_run *run, const struct khmap_op *op)
{
	return op->opcode == KHMAP_OP_GET_DELETE ||
	       (run->stop && khmap_op_writes_value(op));
}

static int khmap_op_fetch(struct khmap_run *run, u32 index)
{
	const struct khmap_geometry *g = &run->map->table->geometry;
	const struct khmap_op *op = &run->ops[index];
	const struct khmap_op_kind *kind = khmap_op_kind(op);
	int err;

	err = khmap_copy_in(run->keys + index * run->key_step, op->key,
			    g->key_size);
	if (!err && (kind->uses & KHMAP_USES_VALUE_IN))
		err = khmap_copy_in(run->values + index * run->value_step,
				    op->value, g->value_size);
	if (!err && (kind->uses & KHMAP_USES_EXPECTED))
		err = khmap_copy_in(run->expected + index * run->value_step,
				    op->operand, g->value_size);
	if (!err && khmap_run_probes(run, op))
		err = khmap_probe_out(op->value, g->value_size);
	return err;
}

void khmap_run_fetch(struct khmap_run *run, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		struct khmap_op *op = &run->ops[i];

		op->result = 0;
		/* It may be wrong already, by what was beyond it. */
		if (!op->status)
			op->status = khmap_op_check(run, op);
		if (!op->status)
			op->status = khmap_op_fetch(run, i);
	}
}

static const void *khmap_run_key(const struct khmap_run *run, u32 index)
{
	return run->keys + index * run->key_step;
}

static int khmap_op_execute(struct khmap_run *run, u32 index,
			    struct khmap_atomic *atomic,
			    struct khmap_store *store)
{
	struct khmap_op *op = &run->ops[index];
	struct khmap_table *table = run->map->table;
	const void *key = khmap_run_key(run, index);
	void *value = run->values + index * run->value_step;

	switch (op->opcode) {
	case KHMAP_OP_PUT:
		if (run->atomic)
			return khmap_atomic_put(atomic, key, value,
						khmap_put_mode(op->flags),
						store);
		return khmap_table_put(table, key, value,
				       khmap_put_mode(op->flags), store);
	case KHMAP_OP_GET:
		return khmap_table_get_version(table, key, value, &op->result);
	case KHMAP_OP_DELETE:
		return khmap_table_delete(table, key, NULL, store);
	case KHMAP_OP_CAS:
		return khmap_table_swap(table, key, run->expected +
					index * run->value_step, value, store);
	case KHMAP_OP_CAS_VERSION:
		return khmap_table_swap_version(table, key, op->operand, value,
						store);
	case KHMAP_OP_FETCH_ADD:
		return khmap_table_add(table, key, op->offset, op->operand,
				       &op->result, store);
	case KHMAP_OP_GET_DELETE:
		return khmap_table_delete(table, key, value, store);
	}
	return -EOPNOTSUPP;
}

/* Of an operation that was carried out. */
static bool khmap_op_changed(const struct khmap_op *op)
{
	return !op->status && op->opcode != KHMAP_OP_GET;
}

static bool khmap_op_deletes(const struct khmap_op *op)
{
	return op->opcode == KHMAP_OP_DELETE ||
	       op->opcode == KHMAP_OP_GET_DELETE;
}

static bool khmap_run_traced(void)
{
	return trace_khmap_put_enabled() || trace_khmap_delete_enabled() ||
	       trace_khmap_overflow_enabled();
}

static void khmap_run_trace(const struct khmap_run *run, u32 count)
{
	u64 map_id = run->map->object.id;
	u32 i;

	for (i = 0; i < count; i++) {
		const struct khmap_store *store = &run->stores[i];
		const struct khmap_op *op = &run->ops[i];

		if (!khmap_op_changed(op))
			continue;
		if (khmap_op_deletes(op)) {
			trace_khmap_delete(map_id, store);
			continue;
		}
		trace_khmap_put(map_id, store);
		if (store->overflowed)
			trace_khmap_overflow(map_id, store);
	}
}

/**
 * struct khmap_run_samples - operations of a run, as samplers count them
 * @any: there is a sampler; one that comes later begins with the next run
 * @count: that were not counted yet
 * @pass: of these, none is taken
 *
 * Samplers are asked as seldom as they take one: where an operation stored is only
 * found out for those that will be taken.
 */
struct khmap_run_samples {
	bool any;
	u32 count;
	u32 pass;
};

static void khmap_samples_begin(struct khmap_run_samples *samples,
				struct khmap_run *run)
{
	run->sampled = 0;
	samples->any = khmap_sampling();
	samples->count = 0;
	samples->pass = samples->any ?
			khmap_sample_pass(run->map->object.id) : U32_MAX;
}

/* Will the next one be taken? */
static bool khmap_samples_due(const struct khmap_run_samples *samples)
{
	return samples->count >= samples->pass;
}

/* Operation @index is done; @told: it is known where it stored. */
static void khmap_samples_add(struct khmap_run_samples *samples,
			      struct khmap_run *run, u32 index, bool told)
{
	u64 map_id = run->map->object.id;
	u32 takers;

	if (!khmap_op_changed(&run->ops[index]) ||
	    ++samples->count <= samples->pass)
		return;
	takers = khmap_sample_count(map_id, samples->count, told);
	if (takers) {
		run->samplers[index] = takers;
		run->sampled |= BIT_ULL(index);
	}
	samples->count = 0;
	samples->pass = khmap_sample_pass(map_id);
}

static void khmap_samples_end(const struct khmap_run_samples *samples,
			      const struct khmap_run *run)
{
	u64 sampled;

	if (samples->count)
		khmap_sample_count(run->map->object.id, samples->count, false);
	for (sampled = run->sampled; sampled; sampled &= sampled - 1) {
		u32 i = __ffs64(sampled);

		khmap_sample_tell(run->map, khmap_op_deletes(&run->ops[i]),
				  &run->stores[i], run->samplers[i]);
	}
}

/* Ask for the first bucket that operation @index will touch. */
static void khmap_run_ahead(struct khmap_run *run, u32 index)
{
	run->near[index % KHMAP_RUN_AHEAD] = run->ops[index].status ? NULL :
		khmap_table_prefetch(run->map->table,
				     khmap_run_key(run, index));
}

/* Have what the operations after @index will touch brought near. */
static void khmap_run_near(struct khmap_run *run, u32 index, u32 count)
{
	u32 ahead = index + KHMAP_RUN_AHEAD, near = index + KHMAP_RUN_NEAR;

	if (ahead < count)
		khmap_run_ahead(run, ahead);
	if (near < count)
		khmap_table_peek(run->map->table,
				 run->near[near % KHMAP_RUN_AHEAD]);
}

/* Puts of a run that may add a key. */
static u32 khmap_run_puts(const struct khmap_run *run, u32 count)
{
	u32 puts = 0, i;

	for (i = 0; i < count; i++) {
		const struct khmap_op *op = &run->ops[i];

		puts += !op->status && op->opcode == KHMAP_OP_PUT &&
			khmap_put_mode(op->flags) != KHMAP_PUT_ONLY_OLD;
	}
	return puts;
}

int khmap_run_execute(struct khmap_run *run, u32 count)
{
	bool large = khmap_table_large(run->map->table);
	bool traced = khmap_run_traced();
	struct khmap_run_samples samples;
	struct khmap_atomic atomic;
	u32 i;
	int err;

	khmap_samples_begin(&samples, run);

	if (run->atomic) {
		err = khmap_atomic_begin(&atomic, run->map->table,
					 khmap_run_puts(run, count));
		if (err)
			return err;
	}
	for (i = 0; large && i < KHMAP_RUN_AHEAD && i < count; i++)
		khmap_run_ahead(run, i);
	for (i = 0; i < count; i++) {
		bool told = traced || khmap_samples_due(&samples);
		struct khmap_op *op = &run->ops[i];

		if (large)
			khmap_run_near(run, i, count);
		if (!op->status)
			op->status = khmap_op_execute(run, i, &atomic, told ?
						      &run->stores[i] : NULL);
		if (samples.any)
			khmap_samples_add(&samples, run, i, told);
		if (op->status && run->stop)
			count = i + 1;
	}
	if (run->atomic)
		khmap_atomic_end(&atomic);
	if (traced)
		khmap_run_trace(run, count);
	if (samples.any)
		khmap_samples_end(&samples, run);
	return count;
}

void khmap_run_deliver(struct khmap_run *run, u32 count)
{
	u32 size = run->map->table->geometry.value_size, i;

	for (i = 0; i < count; i++) {
		struct khmap_op *op = &run->ops[i];

		if (op->status || !khmap_op_writes_value(op))
			continue;
		op->status = khmap_copy_out(op->value, run->values +
					    i * run->value_step, size);
		if (op->status)
			op->result = 0;
	}
}
