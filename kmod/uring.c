// SPDX-License-Identifier: GPL-2.0-only
/*
 * uring.c - operations on a map by io_uring
 *
 * A command is carried out where it is issued, by the one who submits it or by
 * the ring's thread, unless it is long: then a worker of io_uring issues it
 * again.  Nothing of the first attempt is kept, so that the
 * second may read all of it anew.
 *
 * Commands end by khmap_uring_done() if they succeed: 6.1 takes a positive
 * return value for an errno, and its workers never complete such a command.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/khmap.h>
#include <linux/uaccess.h>

#include "batch.h"
#include "compat.h"
#include "ioctl.h"
#include "uring.h"

/* Operations that one who submits, or the ring's thread, is held up for. */
#define KHMAP_URING_SHORT	1024

static int khmap_uring_batch(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	const struct khmap_uring_batch *area = khmap_uring_area(cmd);
	u64 address = READ_ONCE(area->batch);
	struct khmap_ioc_batch batch;
	int err;

	if (READ_ONCE(area->reserved))
		return -EINVAL;
	if ((unsigned long)address != address)
		return -EFAULT;
	err = khmap_arg_copy(&batch, sizeof(batch),
			     offsetofend(struct khmap_ioc_batch, offset),
			     KHMAP_BATCH_FLAGS, u64_to_user_ptr(address));
	if (err)
		return err;
	/* What is atomic may have to wait for who takes or drops a snapshot. */
	if (issue_flags & IO_URING_F_NONBLOCK &&
	    (batch.count > KHMAP_URING_SHORT ||
	     batch.flags & KHMAP_BATCH_ATOMIC))
		return -EAGAIN;
	return khmap_batch_run(cmd->file, &batch);
}

static int khmap_uring_op(struct io_uring_cmd *cmd, unsigned int issue_flags,
			  u64 *result)
{
	const struct khmap_op *area = khmap_uring_area(cmd);
	struct khmap_op op;
	int err;

	if (!(issue_flags & IO_URING_F_SQE128))
		return -EINVAL;
	op = (struct khmap_op){
		.opcode = READ_ONCE(area->opcode),
		.flags = READ_ONCE(area->flags),
		.key = READ_ONCE(area->key),
		.value = READ_ONCE(area->value),
		.operand = READ_ONCE(area->operand),
		.offset = READ_ONCE(area->offset),
		.status = READ_ONCE(area->status),
		.result = READ_ONCE(area->result),
	};
	if (op.status || op.result)
		return -EINVAL;
	err = khmap_op_run(cmd->file, &op);
	*result = op.result;
	return err;
}

int khmap_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	u64 extra = 0;
	int result;

	switch (cmd->cmd_op) {
	case KHMAP_URING_BATCH:
		result = khmap_uring_batch(cmd, issue_flags);
		break;
	case KHMAP_URING_OP:
		result = khmap_uring_op(cmd, issue_flags, &extra);
		break;
	default:
		return -ENOTTY;
	}
	if (result < 0)
		return result;
	khmap_uring_done(cmd, result, extra, issue_flags);
	return -EIOCBQUEUED;
}
