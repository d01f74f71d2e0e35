/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * batch.h - many operations, to and from user space
 */
#ifndef _KHMAP_BATCH_H
#define _KHMAP_BATCH_H

#include <linux/fs.h>
#include <linux/khmap.h>

/**
 * khmap_batch_run() - KHMAP_IOC_BATCH
 * @file: of the map
 * @arg: the argument, flags known; @done and @failed are filled, also on
 *	error
 *
 * Context: may sleep.
 * Return: operations that were carried out; if none was, -EINVAL, -E2BIG,
 * -EOPNOTSUPP, -EBADF, -EFAULT, -ENOMEM, -EINTR.  Also -EFAULT if what became of the
 * last of @arg->done cannot be told, as its place has gone away meanwhile.
 */
int khmap_batch_run(struct file *file, struct khmap_ioc_batch *arg);

/**
 * khmap_op_run() - carry one operation out
 * @file: of the map
 * @op: the operation, in kernel memory; @result is filled
 *
 * Context: may sleep.
 * Return: its status; -ENOMEM, then nothing was done.
 */
int khmap_op_run(struct file *file, struct khmap_op *op);

#endif /* _KHMAP_BATCH_H */
