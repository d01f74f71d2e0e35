/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cow.h - writers and snapshots: the gate, and the copy before the first store
 *
 * Every writer looks at the gate once after it has got its lock, and then asks
 * for each page that it will store to, before its first store there.
 */
#ifndef _KHMAP_CORE_COW_H
#define _KHMAP_CORE_COW_H

#include "bucket.h"
#include "stall.h"

/**
 * khmap_gate_check() - may one who has got a lock go on?
 * @table: the map; a stripe's lock, or the header's, is held
 * @writes: it is to store to the image
 *
 * If not, drop every such lock.
 *
 * Return: 0; -EAGAIN khmap_gate_wait() and start again; -ESTALE the map is
 * retired, and @writes.
 */
static inline int khmap_gate_check(const struct khmap_table *table, bool writes)
{
	unsigned long gate = os_load_acquire(&table->saves.gate) &
			     KHMAP_GATE_MASK;

	if (likely(!gate))
		return 0;
	if (gate & KHMAP_GATE_CLOSED)
		return -EAGAIN;
	return writes ? -ESTALE : 0;
}

/**
 * khmap_gate_wait() - wait until a snapshot's cut is over: microseconds
 * @table: the map; no stripe's lock is held, nor the header's
 *
 * Context: any but on top of the cut itself, see kmod/guard.h.
 */
void khmap_gate_wait(const struct khmap_table *table);

/**
 * khmap_gate_lock() - lock a stripe, or the header, to change what it guards
 * @table: the map
 * @lock: the lock
 * @flags: filled, for os_unlock()
 * @kind: what it is to have to wait for it: KHMAP_STALL_STRIPE, or
 *	KHMAP_STALL_HEADER
 * @place: the stripe; 0 for the header
 *
 * Return: 0; -ESTALE the map is retired, and nothing is locked.
 */
static inline int khmap_gate_lock(const struct khmap_table *table,
				  os_lock_t *lock, unsigned long *flags,
				  enum khmap_stall kind, u32 place)
{
	unsigned long irq;
	int err;

	for (;;) {
		os_lock_told(table, lock, irq, kind, place);
		err = khmap_gate_check(table, true);
		if (likely(!err))
			break;
		os_unlock(lock, irq);
		if (err != -EAGAIN)
			return err;
		khmap_gate_wait(table);
	}
	*flags = irq;
	return 0;
}

/* The pages of a region that has any, by their index. */
static inline const struct khmap_extents *
khmap_region_extents(const struct khmap_table *table, enum khmap_region region)
{
	return region == KHMAP_REGION_PRIMARY ? &table->primary :
						&table->overflow;
}

/* khmap_cow_bucket() of a page that a snapshot may lack. */
void khmap_cow_slowly(struct khmap_table *table, enum khmap_region region,
		      u32 page, u64 *epoch);

/**
 * khmap_cow_bucket() - before the first store to a bucket
 * @table: the map; the lock of the stripe that owns the bucket is held, and the
 *	gate was open
 * @bucket: of any kind; the header page needs no copy
 *
 * Snapshots that lack its page get a copy.  Before the sequence of the chain's
 * first bucket becomes odd, so that it is even in the copy.
 */
static inline void khmap_cow_bucket(struct khmap_table *table,
				    const struct khmap_bucket *bucket)
{
	enum khmap_region region = (enum khmap_region)bucket->region;
	u64 newest = os_load(&table->saves.newest);
	u64 *epoch;
	u32 page;

	if (likely(!newest) || region == KHMAP_REGION_HEADER)
		return;
	page = khmap_bucket_page(&table->geometry, bucket);
	epoch = khmap_extents_epoch(khmap_region_extents(table, region), page);
	if (unlikely(*epoch < newest))
		khmap_cow_slowly(table, region, page, epoch);
}

/* khmap_cow_bucket() of a chain, from @bucket on. */
static inline void khmap_cow_chain(struct khmap_table *table,
				   const struct khmap_bucket *bucket)
{
	struct khmap_bucket at = *bucket;

	if (likely(!os_load(&table->saves.newest)))
		return;
	for (;;) {
		khmap_cow_bucket(table, &at);
		if (!at.head->overflow)
			return;
		at = khmap_bucket_overflow(table, at.head->overflow);
	}
}

/**
 * khmap_saves_init() - a table without snapshots
 * @saves: of the table, zeroed
 */
void khmap_saves_init(struct khmap_saves *saves);

/* Undo khmap_saves_init(); there are no snapshots. */
void khmap_saves_destroy(struct khmap_saves *saves);

/**
 * struct khmap_reading - a page of a snapshot that somebody reads
 * @snapshot: the snapshot
 * @spare: page of its account for the copy, if none has one in reserve; NULL if
 *	there is none, and when it was used
 *
 * A reader takes no page of a pool that may be wanted when another is stored to, and
 * lost without.  Who lacks a page that cannot be copied goes on to lack it.
 */
struct khmap_reading {
	struct khmap_snapshot *snapshot;
	void *spare;
};

/**
 * khmap_save_page() - copy a page of the map for every snapshot that lacks it
 * @table: the map
 * @region: KHMAP_REGION_PRIMARY or KHMAP_REGION_OVERFLOW
 * @page: within the region
 * @reading: whose it is to be read; NULL if it is to be stored to, and best-effort
 *	snapshots for which there is no page lose it
 *
 * Context: any that may take a raw spinlock; either the page's stripe is locked
 * and the gate was open, or a snapshot exists whose owner calls.
 */
void khmap_save_page(struct khmap_table *table, enum khmap_region region,
		     u32 page, struct khmap_reading *reading);

/* The map's page; NULL if it has no memory yet. */
static inline const void *khmap_save_source(const struct khmap_table *table,
					    enum khmap_region region, u32 page)
{
	return khmap_extents_get(khmap_region_extents(table, region), page);
}

/* Copy a page, or zeros for one that has no memory. */
static inline void *khmap_save_copy(void *to, const void *from)
{
	if (from)
		memcpy(to, from, KHMAP_OS_PAGE_SIZE);
	else
		memset(to, 0, KHMAP_OS_PAGE_SIZE);
	return to;
}

/* The lock under which a page is copied. */
static inline os_lock_t *khmap_save_lock(struct khmap_table *table, u32 page)
{
	return &table->saves.locks[page % KHMAP_SAVE_LOCKS];
}

#endif /* _KHMAP_CORE_COW_H */
