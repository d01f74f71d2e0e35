/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * grow.h - the primary region grows, bucket by bucket
 *
 * Linear hashing (Litwin, 1980): the shape moves up by one bucket at a time,
 * and the keys that the new bucket is for leave the one bucket that had them.
 * No page moves and no other key does.
 */
#ifndef _KHMAP_CORE_GROW_H
#define _KHMAP_CORE_GROW_H

#include "overflow.h"

#define KHMAP_GROWTH_SHIFT	20	/* of struct khmap_growth's @entry_places */
#define KHMAP_GROW_STEPS	2	/* buckets that one put splits at most */
#define KHMAP_GROW_RUN		512	/* pages of an allocation at most */

/* Places that so many entries need at the target load. */
static inline u64 khmap_entries_places(u64 entry_places, u64 entries)
{
	return (entries * entry_places) >> KHMAP_GROWTH_SHIFT;
}

/* Tell the table's owner; no lock is held. */
static inline void khmap_notify(struct khmap_table *table,
				enum khmap_event event, u32 a, u32 b)
{
	if (table->notify)
		table->notify(table->owner, event, a, b);
}

/* Places that the load asks for, whether the region may have them or not. */
static inline u64 khmap_grow_places(struct khmap_table *table)
{
	return khmap_entries_places(table->growth.entry_places,
				    (u64)os_count_read(&table->entries));
}

/**
 * khmap_grow_wanted() - the shape that a table's load asks for
 * @table: the map
 *
 * Context: any.
 * Return: a place, which need not be the start of a bucket; at most the
 * region's end.
 */
static inline u32 khmap_grow_wanted(struct khmap_table *table)
{
	u64 places = khmap_grow_places(table);
	u32 most = khmap_shape(table->growth.max_pages, 0);

	return places < most ? (u32)places : most;
}

/**
 * khmap_grow_behind() - has the shape not followed the load?
 * @table: the map
 *
 * Whoever splits may be held up; then a chain may be long that no adversary made.
 *
 * Context: any.
 * Return: true if splits are due.
 */
static inline bool khmap_grow_behind(struct khmap_table *table)
{
	u32 shape = os_load(&table->header->shape);

	return shape && shape < khmap_grow_wanted(table);
}

/**
 * khmap_grow_stage() - allocate primary pages up to a place
 * @table: the map
 * @place: the pages below it are to exist
 *
 * Context: may sleep; no lock held.
 * Return: 0; -ENOSPC the region is at its ceiling; -ENOMEM.
 */
int khmap_grow_stage(struct khmap_table *table, u32 place);

/**
 * khmap_grow_stage_until() - khmap_grow_stage() that may be stopped
 * @table: the map
 * @place: the pages below it are to exist
 * @stop: asked before each allocation; or NULL
 *
 * Context: may sleep; no lock held.
 * Return: as khmap_grow_stage(); -EINTR if @stop said so.
 */
int khmap_grow_stage_until(struct khmap_table *table, u32 place,
			   khmap_stop_t stop);

/* khmap_grow_follow(), where there may be something to do. */
void khmap_grow_catch_up(struct khmap_table *table, bool sleep);

/**
 * khmap_grow_follow() - let the shape follow the load, a few steps
 * @table: the map
 * @sleep: the caller may sleep, so pages and overflow may be allocated
 *
 * What cannot be done now, a later put or khmap_table_work() does.
 *
 * Context: any that may take a raw spinlock; no lock held.
 */
static inline void khmap_grow_follow(struct khmap_table *table, bool sleep)
{
	/* It may be too low, as the shape moves on, but never too high. */
	if (unlikely((u64)os_count_read(&table->entries) >=
		     os_load(&table->growth.due)) ||
	    (!sleep && unlikely(os_load(&table->growth.hungry))))
		khmap_grow_catch_up(table, sleep);
}

/**
 * khmap_grow_starved() - note whether memory lacks for puts that add
 * @table: the map
 * @starved: it was refused to one; else one succeeded, or could now
 *
 * Context: any.
 */
static inline void khmap_grow_starved(struct khmap_table *table, bool starved)
{
	/* Every put reads what lies beside it. */
	if (unlikely(os_load(&table->growth.starved) != starved))
		os_store(&table->growth.starved, starved);
}

/**
 * khmap_grow_hungry() - have khmap_table_work() provide for a put that cannot
 * @table: the map
 *
 * Context: any; no lock held.
 */
void khmap_grow_hungry(struct khmap_table *table);

/**
 * khmap_grow_force() - split buckets, though the load may not ask for it
 * @table: the map
 * @allocate: pages and overflow for it
 *
 * For a chain at its limit: KHMAP_GROW_STEPS, if the map is above half its
 * target load; as many as a worker does in one go, if the shape is behind.
 *
 * Context: may sleep; no spinlock held.
 * Return: whether any was split.
 */
bool khmap_grow_force(struct khmap_table *table, bool allocate);

/**
 * khmap_grow_before() - make a small map ready for puts between which it cannot grow
 * @table: the map
 * @puts: how many keys they may add
 *
 * Without it a map of few buckets might have to refuse some of them, as a chain
 * is at its limit.
 *
 * Context: may sleep; no lock held.
 * Return: 0; -ENOSPC the region is at its ceiling; -ENOMEM.
 */
int khmap_grow_before(struct khmap_table *table, u32 puts);

#endif /* _KHMAP_CORE_GROW_H */
