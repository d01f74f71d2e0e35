/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snapshot.h - what can be done with an open snapshot, and how one is taken
 */
#ifndef _KHMAP_SNAPSHOT_H
#define _KHMAP_SNAPSHOT_H

#include <linux/fs.h>

struct khmap_call;

/* Of every file of a snapshot: its node's, and that which SNAPSHOT returns. */
extern const struct file_operations khmap_snapshot_fops;

/**
 * khmap_snapshot_ioctl() - KHMAP_IOC_SNAPSHOT
 * @call: on a map's file
 *
 * Holds the map's writers still for microseconds, whatever the map's size.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL, -EFAULT, -EINTR, -ENOMEM, -EMFILE, -ENFILE, -EAGAIN,
 * -EOVERFLOW, -EINVAL of the pool; -EEXIST, -EPERM, -ENAMETOOLONG of the name and owner.
 */
int khmap_snapshot_ioctl(struct khmap_call *call);

#endif /* _KHMAP_SNAPSHOT_H */
