/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * overflow.h - who owns which overflow page, and which buckets are free
 *
 * An overflow page is handed to a stripe whole, and stays with it while one of
 * its buckets is in a chain.  One that is empty may become a spare again, whose
 * memory stays where it is and is used before any other.  All of this is in
 * kernel memory: what is free is never read back from a mapped page.
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
 * @previous: likewise
 * @stripe: whose it is, or NULL.  Stored under that stripe's lock
 * @index: page within the overflow region
 * @free_count: free buckets
 * @listed: is on its stripe's list
 * @spare: is a spare: all zeros, and no reference leads there; under grow_lock
 * @free: a bit for each free bucket
 */
struct khmap_overflow_page {
	struct khmap_overflow_page *next;
	struct khmap_overflow_page *previous;
	struct khmap_stripe *stripe;
	u32 index;
	u32 free_count;
	bool listed;
	bool spare;
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
 * khmap_overflow_pages() - overflow pages that an image of the map has
 * @table: the map
 *
 * No reference leads to one behind them.  Compaction lowers the number.
 *
 * Context: any.
 */
static inline u32 khmap_overflow_pages(const struct khmap_table *table)
{
	return os_load(&table->overflow_pages);
}

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

/*
 * For compaction, which has a stripe's pages change places with others.
 */

/* Overflow pages that have an index, those behind the image's end included. */
u32 khmap_overflow_indexes(struct khmap_table *table);

/**
 * khmap_overflow_page() - what a page is known by
 * @table: the map
 * @index: below khmap_overflow_indexes()
 *
 * Return: as long as the map lives; NULL if there is no memory at @index (yet).
 */
static inline struct khmap_overflow_page *
khmap_overflow_page(const struct khmap_table *table, u32 index)
{
	return khmap_extents_get(&table->overflow_owner, index);
}

static inline bool
khmap_overflow_is_free(const struct khmap_overflow_page *page, u32 bucket)
{
	return page->free[bucket / 64] >> (bucket % 64) & 1;
}

/**
 * khmap_overflow_sort() - have a page with free buckets used before others
 * @table: the map
 * @page: nothing is done if it is full
 *
 * Called for one page after the other, from the last to the first, it leaves
 * the spares and each stripe's pages in the order of their indexes.
 *
 * Context: any that may take a raw spinlock; no lock held.
 */
void khmap_overflow_sort(struct khmap_table *table,
			 struct khmap_overflow_page *page);

/**
 * khmap_overflow_take_below() - take a free bucket of a lower page
 * @table: the map
 * @stripe: its lock is held
 * @index: the page is to be one below
 *
 * Looks at few pages, so it finds one for sure only where they are sorted.
 *
 * Return: as khmap_overflow_take().
 */
u32 khmap_overflow_take_below(struct khmap_table *table,
			      struct khmap_stripe *stripe, u32 index);

/**
 * khmap_overflow_vacate() - free a bucket of a page that is to become empty
 * @table: the map
 * @stripe: as at khmap_overflow_release()
 * @reference: likewise
 *
 * The page is used after all others.
 */
void khmap_overflow_vacate(struct khmap_table *table,
			   struct khmap_stripe *stripe, u32 reference);

/**
 * khmap_overflow_leave() - take an empty page away from its stripe
 * @table: the map
 * @stripe: owner of the page; its lock is held
 * @page: without a bucket in use; give it to one of the two below
 */
void khmap_overflow_leave(struct khmap_table *table,
			  struct khmap_stripe *stripe,
			  struct khmap_overflow_page *page);

/**
 * khmap_overflow_spare() - make a page a spare that is used after all others
 * @table: the map
 * @page: of khmap_overflow_leave()
 */
void khmap_overflow_spare(struct khmap_table *table,
			  struct khmap_overflow_page *page);

/**
 * khmap_overflow_stage_below() - khmap_overflow_stage() of a lower spare
 * @table: the map
 * @index: the page is to be one below
 *
 * Context: any that may take a raw spinlock; no lock held.
 * Return: the page; NULL if none was found, as at khmap_overflow_take_below().
 */
struct khmap_overflow_page *
khmap_overflow_stage_below(struct khmap_table *table, u32 index);

/**
 * khmap_overflow_cut() - take the image's last page out of it
 * @table: the map
 * @index: of the page
 *
 * Return: whether it was the last one, and a spare or without memory.
 */
bool khmap_overflow_cut(struct khmap_table *table, u32 index);

/**
 * khmap_overflow_free() - free what the region's pages are known by
 * @table: nobody else may use it
 */
void khmap_overflow_free(struct khmap_table *table);

#endif /* _KHMAP_CORE_OVERFLOW_H */
