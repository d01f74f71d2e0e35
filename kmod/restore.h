/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * restore.h - KHMAP_IOC_RESTORE
 */
#ifndef _KHMAP_RESTORE_H
#define _KHMAP_RESTORE_H

struct khmap_call;

/**
 * khmap_restore_call() - KHMAP_IOC_RESTORE: an image becomes a map
 * @call: the ioctl
 *
 * Context: may sleep.
 * Return: 0 or an errno as linux/khmap.h says.
 */
int khmap_restore_call(struct khmap_call *call);

#endif /* _KHMAP_RESTORE_H */
