/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snapshot.h - one instant of a map, as a descriptor
 */
#ifndef _KHMAP_SNAPSHOT_H
#define _KHMAP_SNAPSHOT_H

struct khmap_call;

/**
 * khmap_snapshot_ioctl() - KHMAP_IOC_SNAPSHOT
 * @call: on a map's file
 *
 * Holds the map's writers still for microseconds, whatever the map's size.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL, -EFAULT, -EINTR, -ENOMEM, -EMFILE, -ENFILE, -EAGAIN,
 * -EOVERFLOW.
 */
int khmap_snapshot_ioctl(struct khmap_call *call);

#endif /* _KHMAP_SNAPSHOT_H */
