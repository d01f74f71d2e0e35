/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * batch.h - many operations in one call
 *
 * <khmap/khmap.h> includes it.
 */
#ifndef KHMAP_BATCH_H
#define KHMAP_BATCH_H

#include <khmap/khmap.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * khmap_batch() - Carry out many operations.
 * @map: a live map
 * @ops: the operations, see struct khmap_op; those that are done have a status
 * @count: of them
 * @flags: of KHMAP_BATCH_STOP, to end with the first that fails, and
 *	   KHMAP_BATCH_ATOMIC, to have no snapshot come between
 * @done: receives how many were carried out, from the first on, also on failure;
 *	  or NULL
 *
 * Each operation answers for itself in its status, 0 or a negative errno, and
 * one that fails stops no other without KHMAP_BATCH_STOP.  Signal handlers run between two of them.
 *
 * With KHMAP_BATCH_ATOMIC a snapshot has what all of them did or nothing of it, and no signal comes
 * between them.  One that fails still undoes no other, and readers may see some done and others not
 * yet.
 *
 * Return: 0 all were carried out, or all up to one that failed, whatever their
 * status; -EFAULT @ops leads nowhere, or went away meanwhile: then the last of
 * *@done, up to KHMAP_ATOMIC_MAX, were carried out and may have no status; -E2BIG
 * more than KHMAP_ATOMIC_MAX are to be atomic;
 * -EOPNOTSUPP; -EINTR; -ENOMEM; -EROFS the map is no live one.
 */
int khmap_batch(struct khmap *map, struct khmap_op *ops, size_t count, __u32 flags, size_t *done);

/**
 * struct khmap_arrays - Keys and values to do the same with.
 * @size: sizeof(struct khmap_arrays)
 * @flags: as of khmap_batch()
 * @opcode: enum khmap_opcode
 * @op_flags: of the opcode: KHMAP_PUT_*
 * @key_stride: bytes from a key to the next; 0 if they lie without gaps, which
 *		is the fastest
 * @value_stride: likewise, of values
 * @keys: the first key
 * @values: the first value; read by PUT, CAS and CAS_VERSION, written by GET and
 *	    GET_DELETE, else NULL
 * @statuses: receives the status of each operation that is done, 0 or a negative
 *	      errno; or NULL
 * @count: of keys
 * @done: receives how many operations were carried out, from the first on
 * @failed: receives how many of these have a status other than 0
 * @operands: the first operand: of CAS a value that is expected, of CAS_VERSION
 *	      and FETCH_ADD a __u64; else NULL
 * @results: receives the result of each operation that is done, of GET and
 *	     FETCH_ADD; or NULL
 * @operand_stride: bytes from an operand to the next; 0 if they lie without gaps
 * @offset: of FETCH_ADD: where in the value the number is; else 0
 */
struct khmap_arrays {
	__u32 size;
	__u32 flags;
	__u32 opcode;
	__u32 op_flags;
	__u32 key_stride;
	__u32 value_stride;
	const void *keys;
	void *values;
	__s32 *statuses;
	size_t count;
	size_t done;
	size_t failed;
	const void *operands;
	__u64 *results;
	__u32 operand_stride;
	__u32 offset;
};

/**
 * khmap_batch_arrays() - Do the same with many keys.
 * @map: a live map
 * @arrays: see there; @done and @failed are filled also on failure
 *
 * The fastest way to put many records.
 *
 * Return: 0 as khmap_batch(); -EINVAL; -E2BIG;
 * -EOPNOTSUPP the opcode or a flag is not known; -EFAULT @statuses or @results
 * leads nowhere, or went away meanwhile, as of khmap_batch();
 * -EBADF the map was not opened for writing; -EINTR; -ENOMEM; -EROFS the map is no
 * live one.
 */
int khmap_batch_arrays(struct khmap *map, struct khmap_arrays *arrays);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_BATCH_H */
