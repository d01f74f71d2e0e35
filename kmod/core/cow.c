// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * cow.c - the old page, copied out before its first store
 *
 * A snapshot has a slot for each page of its image, and a page of its own in
 * reserve for each.  A slot is filled, under the lock of the page's number, by
 * whoever comes first: the page's next writer or somebody who reads the
 * snapshot.  Either fills the slots of all snapshots that lack the page, with one
 * copy, so that a writer copies a page once, however many snapshots there are.  A
 * best-effort snapshot has a pool instead of the reserve, and loses the page if there
 * is none to copy it to.
 *
 * Nobody stores to a page that a snapshot lacks: who stored before the cut was
 * waited for, and who comes after it copies first.  So the copy is of the cut's
 * instant.
 */
#include "cow.h"
#include "pool.h"
#include "snapshot.h"

void khmap_gate_wait(const struct khmap_table *table)
{
	u64 began = khmap_stall_begin();

	while (os_load(&table->saves.gate) & KHMAP_GATE_CLOSED)
		os_relax();
	khmap_stall_end(table, KHMAP_STALL_GATE, 0, began);
}

void khmap_saves_init(struct khmap_saves *saves)
{
	u32 i;

	os_mutex_init(&saves->mutex);
	for (i = 0; i < KHMAP_SAVE_LOCKS; i++)
		os_lock_init(&saves->locks[i]);
}

void khmap_saves_destroy(struct khmap_saves *saves)
{
	u32 i;

	for (i = 0; i < KHMAP_SAVE_LOCKS; i++)
		os_lock_destroy(&saves->locks[i]);
	os_mutex_destroy(&saves->mutex);
}

/* The page's number in a snapshot's image; 0 if it is none of its pages. */
static u64 khmap_snapshot_index(const struct khmap_snapshot *snapshot,
				enum khmap_region region, u32 page)
{
	if (region == KHMAP_REGION_PRIMARY)
		return page < snapshot->primary_pages ? 1 + (u64)page : 0;
	return page < snapshot->overflow_pages ?
	       1 + (u64)snapshot->primary_pages + page : 0;
}

/*
 * The one of which the page is read, if it still lacks it: with memory of its pool, if
 * all that it lacks has some there, or else with what the reader brings.
 */
static struct khmap_snapshot *khmap_save_reader(struct khmap_reading *reading,
						enum khmap_region region,
						u32 page, u64 *index)
{
	struct khmap_snapshot *snapshot = reading->snapshot;

	*index = khmap_snapshot_index(snapshot, region, page);
	if (!snapshot->pool || snapshot->slot[*index])
		return NULL;
	snapshot->own[*index] =
		khmap_pool_take_spare(snapshot->pool,
				      khmap_snapshot_lacks(snapshot));
	if (!snapshot->own[*index]) {
		snapshot->own[*index] = reading->spare;
		reading->spare = NULL;
	}
	return snapshot->own[*index] ? snapshot : NULL;
}

/*
 * Who has memory for the copy, when @first is the first in the list that lacks the
 * page: one that has a page in reserve for it, or else who reads it, or one with a
 * pool that has one.  So a best-effort snapshot has what another pays for.
 */
static struct khmap_snapshot *khmap_save_giver(struct khmap_snapshot *first,
					       struct khmap_reading *reading,
					       enum khmap_region region,
					       u32 page, u64 *index)
{
	struct khmap_snapshot *snapshot;

	for (snapshot = first; snapshot;
	     snapshot = os_load_acquire(&snapshot->next)) {
		*index = khmap_snapshot_index(snapshot, region, page);
		if (*index && !snapshot->pool && !snapshot->slot[*index])
			return snapshot;
	}
	if (reading)
		return khmap_save_reader(reading, region, page, index);
	for (snapshot = first; snapshot;
	     snapshot = os_load_acquire(&snapshot->next)) {
		*index = khmap_snapshot_index(snapshot, region, page);
		if (!*index || !snapshot->pool || snapshot->slot[*index])
			continue;
		snapshot->own[*index] = khmap_pool_take(snapshot->pool);
		if (snapshot->own[*index])
			return snapshot;
	}
	return NULL;
}

static void khmap_save_fill(struct khmap_snapshot *snapshot, u64 index,
			    enum khmap_region region, void *copy)
{
	if (copy) {
		os_store_release(&snapshot->slot[index], copy);
		os_count_add(&snapshot->copied, 1);
		return;
	}
	os_store_release(&snapshot->slot[index],
			 snapshot->pool->lost[region != KHMAP_REGION_PRIMARY]);
	os_count_add(&snapshot->pool->losses, 1);
}

/*
 * The copy, in the memory of one of those that lack the page, whose slot is filled
 * before any other's: it may be dropped before we come to it in the list, and then
 * it has to know that others have its page.  NULL if there is no memory.
 */
static void *khmap_save_first(struct khmap_table *table,
			      struct khmap_snapshot *first,
			      struct khmap_reading *reading,
			      enum khmap_region region, u32 page)
{
	struct khmap_snapshot *giver;
	void *copy;
	u64 index;

	giver = khmap_save_giver(first, reading, region, page, &index);
	if (!giver)
		return NULL;
	copy = khmap_save_copy(giver->own[index],
			       khmap_save_source(table, region, page));
	khmap_save_fill(giver, index, region, copy);
	return copy;
}

void khmap_save_page(struct khmap_table *table, enum khmap_region region,
		     u32 page, struct khmap_reading *reading)
{
	os_lock_t *lock = khmap_save_lock(table, page);
	u64 began = khmap_stall_begin();
	struct khmap_snapshot *snapshot;
	bool looked = false;
	void *copy = NULL;
	unsigned long flags;

	os_lock(lock, flags);
	for (snapshot = os_load_acquire(&table->saves.first); snapshot;
	     snapshot = os_load_acquire(&snapshot->next)) {
		u64 index = khmap_snapshot_index(snapshot, region, page);

		if (!index || snapshot->slot[index])
			continue;
		/* One without a pool may have been cut since we looked. */
		if (!copy && (!looked || !snapshot->pool)) {
			copy = khmap_save_first(table, snapshot, reading,
						region, page);
			looked = true;
		}
		if (!snapshot->slot[index] && (copy || !reading))
			khmap_save_fill(snapshot, index, region, copy);
	}
	os_unlock(lock, flags);
	if (copy)
		khmap_stall_end(table, region == KHMAP_REGION_PRIMARY ?
				KHMAP_STALL_COPY : KHMAP_STALL_COPY_OVERFLOW,
				page, began);
}

void khmap_cow_slowly(struct khmap_table *table, enum khmap_region region,
		      u32 page, u64 *epoch)
{
	khmap_save_page(table, region, page, NULL);
	/* The gate is open, or cannot open again before this lock is dropped. */
	*epoch = os_load(&table->saves.gate) >> KHMAP_GATE_SHIFT;
}
