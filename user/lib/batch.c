// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * batch.c - many operations in few system calls
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "error.h"
#include "map.h"

#define KHMAP_BATCH_KNOWN	(KHMAP_BATCH_STOP | KHMAP_BATCH_ATOMIC)

static __u32 khmap_batch_part(size_t left)
{
	return left < KHMAP_BATCH_MAX ? (__u32)left : KHMAP_BATCH_MAX;
}

static int khmap_batch_flags(__u32 flags)
{
	if (flags & ~KHMAP_BATCH_KNOWN)
		return khmap_fail(EOPNOTSUPP, "unknown flags of a batch: %#x", flags);
	return 0;
}

/* What is atomic cannot be done in parts. */
static int khmap_batch_check(__u32 flags, size_t count)
{
	if (flags & KHMAP_BATCH_ATOMIC && count > KHMAP_ATOMIC_MAX)
		return khmap_fail(E2BIG, "an atomic batch has at most %u operations, not %zu",
				  KHMAP_ATOMIC_MAX, count);
	return 0;
}

/* The kernel does at least one, or fails; a signal that was handled is no reason to stop. */
int khmap_batch(struct khmap *map, struct khmap_op *ops, size_t count, __u32 flags, size_t *done)
{
	size_t at = 0, failed = 0;
	int err = khmap_batch_flags(flags);

	if (!err)
		err = khmap_batch_check(flags, count);
	while (!err && at < count && !(failed && flags & KHMAP_BATCH_STOP)) {
		struct khmap_ioc_batch batch = {
			.size = sizeof(batch),
			.flags = flags,
			.count = khmap_batch_part(count - at),
			.op_size = sizeof(*ops),
			.ops = (__u64)(uintptr_t)(ops + at),
		};

		/* Of an error, too: it may be that what was done could not be told. */
		err = khmap_live_call(map, KHMAP_IOC_BATCH, &batch);
		at += batch.done;
		failed += batch.failed;
	}
	if (done)
		*done = at;
	return err;
}

/* Address of an array's element; 0 if there is no array. */
static __u64 khmap_array_at(const void *array, size_t stride, size_t index)
{
	return array ? (__u64)(uintptr_t)((const char *)array + stride * index) : 0;
}

int khmap_batch_arrays(struct khmap *map, struct khmap_arrays *arrays)
{
	const struct khmap_geometry *g = &map->reader.geometry;
	size_t key_stride, value_stride, operand_stride;
	int err = khmap_options_check("khmap_arrays", arrays, sizeof(*arrays),
				      KHMAP_BATCH_KNOWN);

	if (!err)
		err = khmap_batch_check(arrays->flags, arrays->count);
	if (err)
		return err;
	key_stride = arrays->key_stride ? arrays->key_stride : g->key_size;
	value_stride = arrays->value_stride ? arrays->value_stride : g->value_size;
	operand_stride = arrays->operand_stride ? arrays->operand_stride :
			 arrays->opcode == KHMAP_OP_CAS ? g->value_size : sizeof(__u64);
	arrays->done = 0;
	arrays->failed = 0;
	while (!err && arrays->done < arrays->count &&
	       !(arrays->failed && arrays->flags & KHMAP_BATCH_STOP)) {
		size_t at = arrays->done;
		struct khmap_ioc_batch batch = {
			.size = sizeof(batch),
			.flags = KHMAP_BATCH_ARRAYS | arrays->flags,
			.count = khmap_batch_part(arrays->count - at),
			.opcode = arrays->opcode,
			.op_flags = arrays->op_flags,
			.keys = khmap_array_at(arrays->keys, key_stride, at),
			.values = khmap_array_at(arrays->values, value_stride, at),
			.statuses = khmap_array_at(arrays->statuses, sizeof(__s32), at),
			.key_stride = arrays->key_stride,
			.value_stride = arrays->value_stride,
			.operands = khmap_array_at(arrays->operands, operand_stride, at),
			.results = khmap_array_at(arrays->results, sizeof(__u64), at),
			.operand_stride = arrays->operand_stride,
			.offset = arrays->offset,
		};

		err = khmap_live_call(map, KHMAP_IOC_BATCH, &batch);
		arrays->done += batch.done;
		arrays->failed += batch.failed;
	}
	return err;
}
