/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * operation.h - a run of operations in kernel memory
 *
 * What user space asks for comes in runs of at most KHMAP_RUN_MAX operations:
 * copied in whole, carried out, traced, and only then told about, so that user
 * memory is never touched while a lock is held.
 */
#ifndef _KHMAP_OPERATION_H
#define _KHMAP_OPERATION_H

#include <linux/fs.h>
#include <linux/khmap.h>

struct khmap_map;
struct khmap_store;

#define KHMAP_RUN_MAX		64
#define KHMAP_RUN_BYTES		32768	/* of keys and values, about */
/* Operations from asking for a bucket to using it, and for its overflow. */
#define KHMAP_RUN_AHEAD		16
#define KHMAP_RUN_NEAR		8

/**
 * struct khmap_run - operations on their way
 * @map: they are for
 * @mode: how the file is open
 * @room: operations that there is room for
 * @key_step: bytes from a key to the next
 * @value_step: bytes from a value to the next
 * @sampled: a bit for each operation that samplers took
 * @samplers: of each one that is
 * @stop: end with the first operation that fails
 * @atomic: no snapshot comes between any two operations
 * @near: of khmap_table_prefetch(), for the operations that come next
 * @ops: the operations; those with a status other than 0 are left out
 * @stores: where each one wrote, if that is traced or @sampled
 * @keys: of each one
 * @values: of each one, in or out
 * @expected: of each one that compares
 *
 * The buffers follow the struct.
 */
struct khmap_run {
	struct khmap_map *map;
	fmode_t mode;
	u32 room;
	u32 key_step;
	u32 value_step;
	u64 sampled;
	u8 samplers[KHMAP_RUN_MAX];
	bool stop;
	bool atomic;
	const void *near[KHMAP_RUN_AHEAD];
	struct khmap_op *ops;
	struct khmap_store *stores;
	u8 *keys;
	u8 *values;
	u8 *expected;
};

/**
 * khmap_run_create() - room for a run
 * @map: the map
 * @mode: how the file is open
 * @count: operations that are wanted; there may be room for fewer
 * @packed: keys and values shall lie without gaps
 * @atomic: no snapshot is to come between them, so there is room for all, of which
 *	there are at most KHMAP_ATOMIC_MAX
 *
 * Context: may sleep.
 * Return: the run, or NULL if there is no memory.
 */
struct khmap_run *khmap_run_create(struct khmap_map *map, fmode_t mode,
				   u32 count, bool packed, bool atomic);

/* Free a run. */
void khmap_run_free(struct khmap_run *run);

/**
 * khmap_op_check() - may an operation be tried?
 * @run: how its file is open
 * @op: the operation; nothing in it is trusted
 *
 * Return: 0; -EOPNOTSUPP, -EBADF, -EINVAL.
 */
int khmap_op_check(const struct khmap_run *run, const struct khmap_op *op);

/* Does an operation read a value, or write one?  It has been checked. */
bool khmap_op_reads_value(const struct khmap_op *op);
bool khmap_op_writes_value(const struct khmap_op *op);

/**
 * khmap_run_probes() - must the place of a value be looked at beforehand?
 * @run: the run
 * @op: one of its operations
 *
 * Return: true if more than this operation is lost when its value cannot be written:
 * it deletes it, or with STOP those behind it must not be done.
 */
bool khmap_run_probes(const struct khmap_run *run, const struct khmap_op *op);

/* Is its operand the address of a value, a number, or is there none? */
bool khmap_op_reads_expected(const struct khmap_op *op);
bool khmap_op_reads_operand(const struct khmap_op *op);

/* Does it have a result? */
bool khmap_op_has_result(const struct khmap_op *op);

/**
 * khmap_run_fetch() - copy what operations point to
 * @run: its first @count operations are filled in; their status becomes 0, or
 *	says what is wrong with them
 * @count: operations
 *
 * Context: may sleep.
 */
void khmap_run_fetch(struct khmap_run *run, u32 count);

/**
 * khmap_run_execute() - carry operations out, and trace them
 * @run: its first @count operations were fetched
 * @count: operations
 *
 * Context: may sleep; waits while a snapshot is taken.
 * Return: operations that are done, fewer than @count if one failed and @stop
 * is set; -ENOMEM if they are atomic: nothing was done.
 */
int khmap_run_execute(struct khmap_run *run, u32 count);

/**
 * khmap_run_deliver() - copy values to where operations point
 * @run: its first @count operations were carried out
 * @count: operations
 *
 * Context: may sleep.
 */
void khmap_run_deliver(struct khmap_run *run, u32 count);

#endif /* _KHMAP_OPERATION_H */
