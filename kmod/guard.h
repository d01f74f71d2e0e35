/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard.h - operations that come from any context
 *
 * A caller that is no system call may be an interrupt, or a BPF program at a
 * function that runs under one of khmap's own locks.  It can neither sleep nor
 * wait, so what it would have to wait for makes it fail with -EBUSY.
 */
#ifndef _KHMAP_GUARD_H
#define _KHMAP_GUARD_H

#include <linux/hardirq.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "core/os.h"

/**
 * khmap_guard_blocked() - whether this caller must not take a lock of khmap
 *
 * In NMI, or with a lock of khmap held by this processor: the caller has come
 * in on top of its holder, who can only go on when the caller has returned.
 *
 * Who can be moved to another processor between finding out which one it is and
 * reading holds nothing, and reads 0 on either: a holder has interrupts off.
 *
 * Context: any.
 * Return: true if it must not.
 */
static inline bool khmap_guard_blocked(void)
{
	return in_nmi() || this_cpu_read(khmap_locks_held);
}

#endif /* _KHMAP_GUARD_H */
