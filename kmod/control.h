/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * control.h - /dev/khmap/control
 */
#ifndef _KHMAP_CONTROL_H
#define _KHMAP_CONTROL_H

/* Of the nodes of maps. */
#define KHMAP_MODE_DEFAULT	0660
#define KHMAP_MODE_MASK		0666

struct khmap_call;

/**
 * khmap_control_init() - make /dev/khmap/control
 *
 * Context: may sleep.
 * Return: 0 or an errno.
 */
int khmap_control_init(void);

/* Undo khmap_control_init(). */
void khmap_control_exit(void);

/**
 * khmap_control_abi() - KHMAP_IOC_ABI, on any descriptor of khmap's
 * @call: the ioctl
 *
 * Context: may sleep.
 * Return: 0 or -EFAULT.
 */
int khmap_control_abi(struct khmap_call *call);

#endif /* _KHMAP_CONTROL_H */
