/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * overflow.h - who owns which overflow page, and which buckets are free
 *
 * An overflow page is handed to a stripe whole and stays with it.  All of this
 * is in kernel memory: what is free is never read back from a mapped page.
 */
#ifndef _KHMAP_CORE_OVERFLOW_H
#define _KHMAP_CORE_OVERFLOW_H

#include "table.h"

/* The shortest overflow bucket: packed, three slots of two bytes. */
#define KHMAP_OVERFLOW_STRIDE_MIN	24
#define KHMAP_OVERFLOW_WORDS	\
	(((1u << KHMAP_OS_PAGE_SHIFT) / KHMAP_OVERFLOW_STRIDE_MIN + 63) / 64)

/**
 * struct khmap_overflow_page - an overflow page's owner and free buckets
 * @next: of a stripe's pages with a free bucket, of spares or of holes
 * @index: page within the overflow region
 * @free_count: free buckets
 * @listed: is on its stripe's list
 * @free: a bit for each free bucket
 */
struct khmap_overflow_page {
	struct khmap_overflow_page *next;
	u32 index;
	u32 free_count;
	bool listed;
	u64 free[KHMAP_OVERFLOW_WORDS];
};

/**
 * khmap_overflow_stage() - have an overflow page ready
 * @table: the map
 * @page: filled: a page that belongs to no stripe; give it to one or back
 *
 * Context: may sleep; no lock held.
 * Return: 0; -ENOSPC the region is full; -ENOMEM.
 */
int khmap_overflow_stage(struct khmap_table *table,
			 struct khmap_overflow_page **page);

/**
 * khmap_overflow_pages() - overflow pages that have an index
 * @table: the map
 *
 * Context: any that may take a raw spinlock; takes grow_lock.
 */
u32 khmap_overflow_pages(struct khmap_table *table);

/**
 * khmap_overflow_unstage() - give back a page that was not needed
 * @table: the map
 * @page: of khmap_overflow_stage(), or NULL
 */
void khmap_overflow_unstage(struct khmap_table *table,
			    struct khmap_overflow_page *page);

/**
 * khmap_overflow_give() - hand a page to a stripe
 * @stripe: its lock is held
 * @page: of khmap_overflow_stage()
 */
void khmap_overflow_give(struct khmap_stripe *stripe,
			 struct khmap_overflow_page *page);

/**
 * khmap_overflow_take() - take a free bucket
 * @table: the map
 * @stripe: its lock is held
 *
 * Return: a reference to a bucket of zeros; 0 if there is none.
 */
u32 khmap_overflow_take(struct khmap_table *table,
			struct khmap_stripe *stripe);

/**
 * khmap_overflow_release() - free a bucket
 * @table: the map
 * @stripe: owner of the bucket's page; its lock is held
 * @reference: to a bucket that is all zeros, and in no chain
 */
void khmap_overflow_release(struct khmap_table *table,
			    struct khmap_stripe *stripe, u32 reference);

/**
 * khmap_overflow_free() - free what the region's pages are known by
 * @table: nobody else may use it
 */
void khmap_overflow_free(struct khmap_table *table);

#endif /* _KHMAP_CORE_OVERFLOW_H */
