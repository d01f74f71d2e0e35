// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * small.c - a map that lives in its header page
 *
 * The order of promotion, and why a reader of either form is right:
 *
 *	1. the inline bucket's sequence becomes odd
 *	2. the first primary page is filled; no shape leads there yet
 *	3. the shape is stored (release)			W4
 *	4. the inline slots are emptied
 *	5. the sequence becomes even (release)
 *
 * Who loaded shape 0 before 3 and the sequence before 1 sees the slots as they
 * were, or fails to validate.  Who loaded the sequence after 5 finds nothing,
 * validates, and then loads the new shape, as 5 releases 3.
 */
#include "chain.h"
#include "small.h"

static void khmap_small_move(struct khmap_table *table,
			     const struct khmap_bucket *bucket, u32 slot,
			     u32 shape, struct khmap_overflow_page **staged)
{
	const struct khmap_geometry *g = &table->geometry;
	const char *key = khmap_bucket_slot(table, bucket, slot);
	u64 hash = khmap_hash(table->hash_kind, table->secret, key,
			      g->key_size);
	u32 home = khmap_shape_place(shape, hash);
	u32 index = khmap_place_page(home) & table->stripe_mask;
	struct khmap_stripe *stripe = &table->stripes[index];
	struct khmap_owner owner = {
		.stripe = stripe,
		.counts = &stripe->counts,
		.index = index,
	};
	struct khmap_bucket first = khmap_bucket_at(table, home);
	struct khmap_place place;

	os_lock_second(&stripe->lock);
	khmap_chain_find(table, &first, key, hash, &place);
	if (khmap_chain_insert(table, &owner, &place, key,
			       key + g->value_offset, NULL) == -EAGAIN) {
		khmap_overflow_give(stripe, *staged);
		*staged = NULL;
		khmap_chain_insert(table, &owner, &place, key,
				   key + g->value_offset, NULL);
	}
	os_unlock_second(&stripe->lock);
}

void khmap_small_promote(struct khmap_table *table,
			 struct khmap_overflow_page **staged)
{
	struct khmap_bucket bucket = khmap_bucket_inline(table);
	u32 shape = khmap_shape(1, 0), slot;

	os_lock_assert(&table->header_lock);
	khmap_write_begin(bucket.head);
	for (slot = 0; slot < bucket.slots; slot++)
		if (bucket.head->tags[slot])
			khmap_small_move(table, &bucket, slot, shape, staged);
	khmap_shape_store(table->header, shape);
	for (slot = 0; slot < bucket.slots; slot++)
		khmap_slot_clear(table, &bucket, slot);
	khmap_write_end(bucket.head);
}
