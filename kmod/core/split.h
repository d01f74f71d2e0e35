/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * split.h - one bucket becomes two
 */
#ifndef _KHMAP_CORE_SPLIT_H
#define _KHMAP_CORE_SPLIT_H

#include "overflow.h"

/**
 * khmap_split_next() - split the bucket whose turn it is, and move the shape
 * @table: not inline; its split_lock is held, and no stripe's
 * @staged: an overflow page for the new chain's stripe, or NULL; taken, and
 *	NULL afterwards, if it was needed
 * @moved: filled on success: keys that moved
 *
 * Readers find every key throughout.
 *
 * Return: 0; -ENOSPC the region is at its ceiling; -EAGAIN the next page does
 * not exist yet; -ENOBUFS the new chain's stripe has too few free overflow
 * buckets and needs @staged; -ESTALE the map is retired.  On failure nothing changed.
 */
int khmap_split_next(struct khmap_table *table,
		     struct khmap_overflow_page **staged, u32 *moved);

#endif /* _KHMAP_CORE_SPLIT_H */
