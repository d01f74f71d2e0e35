/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * small.h - a map that lives in its header page
 */
#ifndef _KHMAP_CORE_SMALL_H
#define _KHMAP_CORE_SMALL_H

#include "overflow.h"

/**
 * khmap_small_promote() - move an inline map into primary pages
 * @table: inline; its header lock is held, and no stripe's
 * @staged: an overflow page; taken, and NULL afterwards, if one was needed
 *
 * Readers find every key throughout.  Cannot fail: the first page exists, and
 * with one page of overflow it has room for all that was inline.
 */
void khmap_small_promote(struct khmap_table *table,
			 struct khmap_overflow_page **staged);

#endif /* _KHMAP_CORE_SMALL_H */
