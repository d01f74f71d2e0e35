/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * entries.h - how many keys there are, without a store of every writer
 *
 * A number that each put stores to is a line that all processors fight for, and
 * an atomic operation between one put's look-up and the next one's, which keeps
 * a processor from fetching for both at once.  So stripes count keys ahead, in
 * lots, and only those are added up.  A map with a ceiling counts one by one:
 * there the sum has to be exact.
 */
#ifndef _KHMAP_CORE_ENTRIES_H
#define _KHMAP_CORE_ENTRIES_H

#include "chain.h"

/* One in so many entries may be counted ahead, those of all stripes together. */
#define KHMAP_ENTRIES_AHEAD	256

/*
 * Keys that a stripe counts at a time.  No more than a bucket has slots, so that
 * what a lot asks to be split is not more than what a put splits.
 */
static inline u32 khmap_entries_lot(const struct khmap_table *table)
{
	u64 each = (u64)os_count_read(&table->entries) / KHMAP_ENTRIES_AHEAD /
		   (table->stripe_mask + 1);
	u32 most = table->geometry.bucket_slots;

	if (table->max_entries != KHMAP_ENTRIES_MAX || !each)
		return 1;
	return each < most ? (u32)each : most;
}

/**
 * khmap_entries_take() - count a key that is about to be added
 * @table: the map
 * @owner: of the key's chain, its lock held
 *
 * Return: false if the map is at its ceiling.
 */
static inline bool khmap_entries_take(struct khmap_table *table,
				      const struct khmap_owner *owner)
{
	struct khmap_stripe *stripe = owner->stripe;
	u32 lot;

	if (likely(stripe && stripe->ahead)) {
		stripe->ahead--;
		return true;
	}
	if (!stripe || table->max_entries != KHMAP_ENTRIES_MAX)
		return os_count_take(&table->entries, table->max_entries);
	lot = khmap_entries_lot(table);
	os_count_add(&table->entries, lot);
	stripe->ahead = lot - 1;
	stripe->ahead_most = 2 * (lot - 1);
	return true;
}

/**
 * khmap_entries_give() - a key that was counted is not there, or not any more
 * @table: the map
 * @owner: of the key's chain, its lock held
 */
static inline void khmap_entries_give(struct khmap_table *table,
				      const struct khmap_owner *owner)
{
	struct khmap_stripe *stripe = owner->stripe;
	u32 lot;

	if (!stripe) {
		os_count_add(&table->entries, -1);
		return;
	}
	if (likely(++stripe->ahead <= stripe->ahead_most))
		return;
	lot = khmap_entries_lot(table);
	os_count_add(&table->entries, (s64)lot - 1 - (s64)stripe->ahead);
	stripe->ahead = lot - 1;
	stripe->ahead_most = 2 * (lot - 1);
}

#endif /* _KHMAP_CORE_ENTRIES_H */
