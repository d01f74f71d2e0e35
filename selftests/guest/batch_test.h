/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * batch_test.h - operations and batches, for those who test them
 */
#ifndef _KHMAP_BATCH_TEST_H
#define _KHMAP_BATCH_TEST_H

#include "khmap_test.h"

/* No operation answers so: whether a status was written can be told. */
#define UNWRITTEN	77

static inline struct khmap_op op_of(uint32_t opcode, const void *key,
				    const void *value)
{
	struct khmap_op op = {
		.opcode = opcode,
		.key = address_of(key),
		.value = address_of(value),
		.status = UNWRITTEN,
		.result = UNWRITTEN,
	};

	return op;
}

static inline struct khmap_ioc_batch batch_of(struct khmap_op *ops,
					      uint32_t count)
{
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.count = count,
		.done = UNWRITTEN,
		.failed = UNWRITTEN,
		.op_size = sizeof(*ops),
		.ops = address_of(ops),
	};

	return batch;
}

static inline struct khmap_ioc_batch arrays_of(uint32_t opcode,
					       const void *keys,
					       const void *values,
					       int32_t *statuses,
					       uint32_t count)
{
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ARRAYS,
		.count = count,
		.done = UNWRITTEN,
		.failed = UNWRITTEN,
		.opcode = opcode,
		.keys = address_of(keys),
		.values = address_of(values),
		.statuses = address_of(statuses),
	};

	return batch;
}

static inline int batch_call(int fd, struct khmap_ioc_batch *batch)
{
	return call(fd, KHMAP_IOC_BATCH, batch);
}

/* Carry one operation out; its status, or what the call says. */
static inline int batch_one(int fd, struct khmap_op *op)
{
	struct khmap_ioc_batch batch = batch_of(op, 1);
	int err = batch_call(fd, &batch);

	return err ? err : op->status;
}

#endif /* _KHMAP_BATCH_TEST_H */
