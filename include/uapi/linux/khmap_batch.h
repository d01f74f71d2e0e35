/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause) */
/*
 * khmap_batch.h - operations, many in one call: by ioctl, and by io_uring
 *
 * Part of <linux/khmap.h>, which includes it and has the rules of all commands.
 */
#ifndef _UAPI_LINUX_KHMAP_BATCH_H
#define _UAPI_LINUX_KHMAP_BATCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * enum khmap_opcode - what an operation of a batch does
 * @KHMAP_OP_PUT: store @value; flags KHMAP_PUT_*, not both
 * @KHMAP_OP_GET: write the value to @value; @result: its version
 * @KHMAP_OP_DELETE: delete the key
 * @KHMAP_OP_CAS: store @value if the value is that at address @operand
 * @KHMAP_OP_CAS_VERSION: store @value if its version is @operand
 * @KHMAP_OP_FETCH_ADD: add @operand, modulo 2^64, to the u64 at @offset in the
 *	value, in the host's byte order; @result: what it was before
 * @KHMAP_OP_GET_DELETE: delete the key and write the value that it had to
 *	@value, which is left as it is if there is no such key
 *
 * A version is that of the key's chain of buckets: any change in there makes
 * another one of it, also one of another key.  So CAS_VERSION may be refused
 * though nobody touched the key, but if it is done, the value was the one that
 * came with the version.  A version comes again after 2^31 changes of a chain.
 * Who read the value in a mapping has it too: the sequence that was validated,
 * and if the shape was not 0, bit 32.
 */
enum khmap_opcode {
	KHMAP_OP_PUT = 1,
	KHMAP_OP_GET = 2,
	KHMAP_OP_DELETE = 3,
	KHMAP_OP_CAS = 4,
	KHMAP_OP_CAS_VERSION = 5,
	KHMAP_OP_FETCH_ADD = 6,
	KHMAP_OP_GET_DELETE = 7,
};

/**
 * struct khmap_op - an operation of a batch
 * @opcode: enum khmap_opcode
 * @flags: of the opcode; else 0
 * @key: address of the key
 * @value: address of the value; 0 if the opcode has none
 * @operand: by the opcode; else 0
 * @offset: by the opcode; else 0
 * @status: out: 0 or a negative errno, then nothing changed
 * @result: out: by the opcode; else 0
 *
 * Errors, in @status: EOPNOTSUPP @opcode or a bit in @flags is not known; EBADF
 * the descriptor is not open for writing (all but GET) or not for reading (GET,
 * CAS, FETCH_ADD, GET_DELETE); EINVAL a field that the opcode does not use is
 * not 0, both flags, or @offset is not that of a u64 within the value and at a
 * multiple of 8 in the image; EFAULT an address leads nowhere; E2BIG bytes
 * beyond the struct are not zero; ENOENT there is no such key; EEXIST, ENOSPC,
 * EXFULL, ENOMEM as PUT; ECANCELED the value or version is another (CAS,
 * CAS_VERSION).
 */
struct khmap_op {
	__u32 opcode;
	__u32 flags;
	__aligned_u64 key;
	__aligned_u64 value;
	__aligned_u64 operand;
	__u32 offset;
	__s32 status;
	__aligned_u64 result;
};

#define KHMAP_BATCH_MAX		65536
#define KHMAP_ATOMIC_MAX	64	/* with KHMAP_BATCH_ATOMIC */

#define KHMAP_BATCH_ARRAYS	(1u << 0)	/* keys and values in arrays */
#define KHMAP_BATCH_STOP	(1u << 1)	/* end with the first that fails */
#define KHMAP_BATCH_ATOMIC	(1u << 2)	/* no snapshot comes between */
#define KHMAP_BATCH_FLAGS	(KHMAP_BATCH_ARRAYS | KHMAP_BATCH_STOP | \
				 KHMAP_BATCH_ATOMIC)

/**
 * struct khmap_ioc_batch - KHMAP_IOC_BATCH: many operations
 * @size: sizeof(struct khmap_ioc_batch)
 * @flags: KHMAP_BATCH_*
 * @count: operations, 1..KHMAP_BATCH_MAX, or KHMAP_ATOMIC_MAX with ATOMIC
 * @done: out: of these, so many were carried out, from the first on
 * @failed: out: of those, so many have a status other than 0
 * @op_size: sizeof(struct khmap_op), or more if what is beyond it is zero; a
 *	multiple of 8, at most KHMAP_OP_SIZE_MAX
 * @ops: address of @count operations, @op_size bytes apart, a multiple of 8
 * @opcode: with ARRAYS, of all operations
 * @op_flags: with ARRAYS, of all operations
 * @keys: with ARRAYS, address of the first key
 * @values: with ARRAYS, address of the first value; 0 if @opcode has none
 * @statuses: with ARRAYS, address of @count __s32, which receive each
 *	operation's status; 0 if @done and @failed are enough
 * @key_stride: with ARRAYS, bytes from a key to the next; 0 if there are no gaps
 * @value_stride: with ARRAYS, likewise, from a value to the next
 * @operands: with ARRAYS, address of the first operand: of CAS a value that is
 *	expected, of CAS_VERSION and FETCH_ADD a __u64; else 0
 * @results: with ARRAYS, address of @count __u64, which receive each operation's
 *	result, 0 if it failed; 0 if they are not wanted, or @opcode has none
 * @operand_stride: with ARRAYS, bytes from an operand to the next; 0 if there are
 *	no gaps
 * @offset: with ARRAYS, of all operations
 *
 * Without ARRAYS the fields that are said to be with it must be 0, with it
 * @op_size and @ops.  Arrays without gaps are the fastest.
 *
 * Operations are carried out in their order, each on its own; one that fails
 * stops no other, but with STOP it is the last: @failed is 1 then, and @done
 * tells which it was, unless values' places go away meanwhile.  A signal stops the
 * batch between two of them: then the call succeeds with @done below @count, and the
 * statuses of the others have not been written.  So it does if @ops, @statuses or
 * @results lead nowhere after some that were carried out.  An error means that
 * nothing was, but for EFAULT if their place goes away meanwhile: @done and @failed
 * are right then, too, if this struct is still there, and what became of each of the
 * last, up to 64, is not known.
 *
 * With ATOMIC a snapshot has what all of them did, or nothing of it.  Everything
 * is read and all memory is there before the first one, and no signal stops them,
 * not even a fatal one.  That is all that is promised: each still answers for
 * itself, one that fails undoes no other, and readers and other writers may see
 * some of them done and others not yet.  For each put that may add a key, memory
 * for an overflow page is had meanwhile.
 *
 * Errors, beyond those at the head of this file: E2BIG with ATOMIC, @count is above
 * KHMAP_ATOMIC_MAX.
 *
 * What operations read may be fetched before earlier ones have written their
 * results, so that buffers which overlap have what either wrote.  Each is fetched before
 * it has written its own: operands may be where its result is to be.
 */
struct khmap_ioc_batch {
	__u32 size;
	__u32 flags;
	__u32 count;
	__u32 done;
	__u32 failed;
	__u32 op_size;
	__aligned_u64 ops;
	__u32 opcode;
	__u32 op_flags;
	__aligned_u64 keys;
	__aligned_u64 values;
	__aligned_u64 statuses;
	__u32 key_stride;
	__u32 value_stride;
	__aligned_u64 operands;
	__aligned_u64 results;
	__u32 operand_stride;
	__u32 offset;
};

#define KHMAP_OP_SIZE_MAX	256
#define KHMAP_STRIDE_MAX	65536

/* For IORING_OP_URING_CMD on a map: cmd_op of the SQE. */
#define KHMAP_URING_BATCH	_IO(KHMAP_IOC_TYPE, 0x40)
#define KHMAP_URING_OP		_IO(KHMAP_IOC_TYPE, 0x41)

/**
 * struct khmap_uring_batch - KHMAP_URING_BATCH: a batch by io_uring
 * @batch: address of a struct khmap_ioc_batch, which is read and not written:
 *	it may be used for several commands at once
 * @reserved: must be 0
 *
 * In the command area of the SQE.  The CQE's result is the operations that were
 * carried out, or a negative errno as of KHMAP_IOC_BATCH.  What is pointed to
 * must stay until then.
 *
 * KHMAP_URING_OP has a struct khmap_op in the command area itself, and so needs
 * a ring with IORING_SETUP_SQE128.  The CQE's result is its status; in rings
 * with IORING_SETUP_CQE32, the first extra word is its @result.  @status and
 * @result of the SQE must be 0.
 *
 * Errors, beyond theirs: ENOTTY the command is not known; EINVAL @reserved is
 * not 0, or KHMAP_URING_OP without SQE128.
 */
struct khmap_uring_batch {
	__aligned_u64 batch;
	__aligned_u64 reserved;
};

#endif /* _UAPI_LINUX_KHMAP_BATCH_H */
