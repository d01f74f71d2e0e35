// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * cut.c - the cut: what a snapshot is of
 *
 * The order of a cut, all of it under the table's mutex:
 *
 *	1. a page is reserved for each page of the map, or a pool is filled
 *	2. the gate is closed: its bit is set in the word
 *	3. every lock that a writer may be inside of is taken and dropped once
 *	4. the header page is copied, with the counts that the locks guard
 *	5. the snapshot is linked, and becomes the newest
 *	6. the gate is opened with the next epoch (release)
 *
 * A writer who got its lock before 3 was there is done; one who gets it later
 * finds the gate closed.  Documentation/locking.rst has the whole argument,
 * selftests/model the check.
 */
#include "chain.h"
#include "cow.h"
#include "overflow.h"
#include "snapshot.h"

/* How often the map may outgrow what was reserved. */
#define KHMAP_CUT_TRIES		16
/* Pages that are reserved beyond the map's, at first. */
#define KHMAP_CUT_SLACK		8
/* Pages between two questions whether to stop. */
#define KHMAP_CUT_STEP		256

static u64 khmap_cut_pages(const struct khmap_table *table)
{
	return 1 + (u64)khmap_shape_pages(os_load_acquire(&table->header->shape)) +
	       khmap_overflow_pages(table);
}

/* A slot for each page. */
static int khmap_snapshot_expand(struct khmap_snapshot *snapshot, u64 pages)
{
	struct khmap_account *account = snapshot->account;
	size_t size = pages * sizeof(*snapshot->own);
	void **own, **slot;
	u64 i;

	if (pages <= snapshot->room)
		return 0;
	own = os_alloc(account, size);
	slot = os_alloc(account, size);
	if (!own || !slot) {
		os_free(account, own, size);
		os_free(account, slot, size);
		return -ENOMEM;
	}
	for (i = 0; i < snapshot->room; i++)
		own[i] = snapshot->own[i];
	size = snapshot->room * sizeof(*own);
	os_free(account, snapshot->own, size);
	os_free(account, snapshot->slot, size);
	snapshot->own = own;
	snapshot->slot = slot;
	snapshot->room = pages;
	return 0;
}

static int khmap_snapshot_reserve(struct khmap_snapshot *snapshot, u64 pages,
				  bool (*stop)(void))
{
	struct khmap_account *account = snapshot->account;
	int err;
	u64 i;

	/* Not page by page, only to be refused at the end. */
	if (!snapshot->pool && pages > snapshot->room &&
	    !os_fits(account, (pages - snapshot->room) << KHMAP_OS_PAGE_SHIFT))
		return -ENOMEM;
	err = khmap_snapshot_expand(snapshot, pages);
	if (err)
		return err;
	if (snapshot->pool)
		return khmap_pool_fill(snapshot->pool, account,
				       pages < snapshot->pool->bound ?
				       (u32)pages : snapshot->pool->bound, stop);
	for (i = 1; i < snapshot->room; i++) {
		if (snapshot->own[i])
			continue;
		if (!(i & (KHMAP_CUT_STEP - 1))) {
			if (stop && stop())
				return -EINTR;
			os_resched();
		}
		snapshot->own[i] = os_page_alloc(account);
		if (!snapshot->own[i])
			return -ENOMEM;
	}
	return 0;
}

static void khmap_cut_copy(struct khmap_snapshot *snapshot)
{
	struct khmap_table *table = snapshot->table;
	unsigned long flags;

	/* What is no change of the map, a page count, may be stored even now. */
	os_lock(&table->header_lock, flags);
	memcpy(snapshot->header, table->header, KHMAP_OS_PAGE_SIZE);
	os_unlock(&table->header_lock, flags);
}

/*
 * Step 4, where no writer is inside; and the rehearsal's, which is thrown away.  Not
 * inlined, so that it brings the very instructions near.
 */
static __attribute__((__noinline__)) void
khmap_cut_header(struct khmap_snapshot *snapshot,
		 const struct khmap_counts *counts, u64 epoch)
{
	struct khmap_image_header *h = snapshot->header;

	khmap_cut_copy(snapshot);
	h->entries = counts->entries;
	h->overflow_entries = counts->overflow_entries;
	h->overflow_buckets = counts->overflow_buckets;
	h->kind = KHMAP_IMAGE_SNAPSHOT;
	h->primary_offset = KHMAP_OS_PAGE_SIZE;
	h->primary_pages = snapshot->primary_pages;
	h->primary_pages_max = snapshot->primary_pages;
	h->overflow_offset = h->primary_offset +
			     ((u64)snapshot->primary_pages << KHMAP_OS_PAGE_SHIFT);
	h->overflow_pages = snapshot->overflow_pages;
	h->overflow_pages_max = snapshot->overflow_pages;
	h->image_size = snapshot->pages << KHMAP_OS_PAGE_SHIFT;
	h->snapshot_ns = os_time_ns();
	h->epoch = epoch;
	h->successor = 0;
}

/* Where a new snapshot is linked.  The mutex is held. */
static struct khmap_snapshot **khmap_cut_last(struct khmap_saves *saves)
{
	struct khmap_snapshot **place = &saves->first;

	while (*place)
		place = &(*place)->next;
	return place;
}

/*
 * Bring near what the cut will touch, code and data, by doing it once for nothing.
 * Else a map that is much larger than the caches would have its writers wait for
 * memory, line by line.
 */
static void khmap_cut_rehearse(struct khmap_snapshot *snapshot)
{
	struct khmap_counts counts;

	khmap_table_count(snapshot->table, &counts);
	khmap_cut_header(snapshot, &counts, 0);
}

/* Step 5. */
static void khmap_cut_link(struct khmap_snapshot *snapshot,
			   struct khmap_snapshot **place, u64 epoch)
{
	struct khmap_saves *saves = &snapshot->table->saves;

	os_store_release(place, snapshot);
	os_store(&saves->count, saves->count + 1);
	os_store(&saves->newest, epoch);
}

/* -EAGAIN: the map has outgrown the snapshot, and nothing was done. */
static int khmap_cut(struct khmap_snapshot *snapshot)
{
	struct khmap_table *table = snapshot->table;
	unsigned long gate = table->saves.gate, flags;
	/* The list does not change under the mutex; its walk may take microseconds. */
	struct khmap_snapshot **last = khmap_cut_last(&table->saves);
	struct khmap_counts counts;
	u64 began;
	int err = 0;

	khmap_cut_rehearse(snapshot);
	began = khmap_stall_begin();
	os_cut_begin(flags);
	os_store(&table->saves.gate, gate | KHMAP_GATE_CLOSED);
	/* Without a shape no writer can be inside a stripe: it is at the header. */
	khmap_table_count(table, &counts);
	snapshot->primary_pages =
		khmap_shape_pages(os_load(&table->header->shape));
	snapshot->overflow_pages = khmap_overflow_pages(table);
	snapshot->pages = 1 + (u64)snapshot->primary_pages +
			  snapshot->overflow_pages;
	if (snapshot->pages > snapshot->room) {
		err = -EAGAIN;
	} else {
		khmap_cut_header(snapshot, &counts, gate >> KHMAP_GATE_SHIFT);
		gate += 1ul << KHMAP_GATE_SHIFT;
		khmap_cut_link(snapshot, last, gate >> KHMAP_GATE_SHIFT);
	}
	os_store_release(&table->saves.gate, gate);
	os_cut_end(flags);
	khmap_stall_end(table, KHMAP_STALL_CUT, 0, began);
	return err;
}

/* One more?  For good under the mutex; without it, before pages are reserved. */
static int khmap_cut_check(const struct khmap_saves *saves)
{
	if (os_load(&saves->count) >= KHMAP_SNAPSHOTS_MAX)
		return -EOVERFLOW;
	if (os_load(&saves->gate) >> KHMAP_GATE_SHIFT ==
	    ~0ul >> KHMAP_GATE_SHIFT)
		return -EOVERFLOW;
	return 0;
}

static int khmap_snapshot_take(struct khmap_snapshot *snapshot,
			       bool (*stop)(void))
{
	struct khmap_table *table = snapshot->table;
	u64 slack = KHMAP_CUT_SLACK;
	int err = -EAGAIN;
	u32 tries;

	for (tries = 0; err == -EAGAIN && tries < KHMAP_CUT_TRIES; tries++) {
		u64 pages = khmap_cut_pages(table) + slack;

		err = khmap_cut_check(&table->saves);
		if (!err)
			err = khmap_snapshot_reserve(snapshot, pages, stop);
		if (err)
			return err;
		err = os_mutex_lock_killable(&table->saves.mutex, 0);
		if (err)
			return err;
		err = khmap_cut_check(&table->saves);
		if (!err)
			err = khmap_cut(snapshot);
		os_mutex_unlock(&table->saves.mutex);
		/* It grows meanwhile: as much more, and then some. */
		slack *= 2;
	}
	return err;
}

static int khmap_snapshot_make(struct khmap_table *table,
			       struct khmap_account *account,
			       bool (*stop)(void), const u32 *pool_pages,
			       struct khmap_snapshot **result)
{
	struct khmap_snapshot *snapshot = os_alloc(account, sizeof(*snapshot));
	int err = -ENOMEM;

	if (!snapshot)
		return err;
	snapshot->table = table;
	snapshot->account = account;
	snapshot->header = os_page_alloc(account);
	if (pool_pages)
		snapshot->pool = khmap_pool_create(account, &table->geometry,
						   *pool_pages);
	if (snapshot->header && !pool_pages == !snapshot->pool)
		err = khmap_snapshot_take(snapshot, stop);
	if (err) {
		khmap_snapshot_free(snapshot);
		return err;
	}
	khmap_snapshot_trim(snapshot, snapshot->pages);
	*result = snapshot;
	return 0;
}

int khmap_snapshot_create(struct khmap_table *table,
			  struct khmap_account *account, bool (*stop)(void),
			  struct khmap_snapshot **result)
{
	return khmap_snapshot_make(table, account, stop, NULL, result);
}

int khmap_snapshot_create_loose(struct khmap_table *table,
				struct khmap_account *account,
				bool (*stop)(void), u32 pool_pages,
				struct khmap_snapshot **result)
{
	return khmap_snapshot_make(table, account, stop, &pool_pages, result);
}
