// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * chain.c - find, put and remove within one chain
 */
#include "chain.h"
#include "cow.h"
#include "overflow.h"

/* Before an entry is stored, changed or taken away. */
static inline void khmap_cow_place(struct khmap_table *table,
				   const struct khmap_place *place)
{
	khmap_cow_bucket(table, &place->first);
	if (place->chain)
		khmap_cow_bucket(table, &place->bucket);
}

static u32 khmap_bucket_filter(const struct khmap_bucket *bucket)
{
	return bucket->head->tags[bucket->tags_size - 1];
}

static void khmap_store_fill(const struct khmap_table *table,
			     const struct khmap_owner *owner,
			     const struct khmap_place *place,
			     struct khmap_store *store)
{
	const struct khmap_bucket *bucket = &place->bucket;
	const struct khmap_geometry *g = &table->geometry;

	*store = (struct khmap_store){
		.region = bucket->region,
		.page = khmap_bucket_page(g, bucket),
		.bucket = khmap_bucket_index(g, bucket),
		.slot = place->slot,
		.offset = khmap_bucket_offset(g, bucket) +
			  khmap_slot_offset(g, bucket->tags_size, place->slot),
		.length = g->slot_stride,
		.head_page = khmap_bucket_page(g, &place->first),
		.head_bucket = khmap_bucket_index(g, &place->first),
		.stripe = owner->index,
		.chain = place->chain,
	};
}

/* Put a fresh bucket behind the chain's last one. */
static int khmap_chain_extend(struct khmap_table *table,
			      const struct khmap_owner *owner,
			      struct khmap_place *place, u32 *reference)
{
	if (place->chain + 1 >= KHMAP_CHAIN_MAX)
		return -EXFULL;
	if (!owner->stripe)
		return -EAGAIN;
	*reference = khmap_overflow_take(table, owner->stripe);
	if (!*reference)
		return -EAGAIN;
	place->previous = place->bucket;
	place->bucket = khmap_bucket_overflow(table, *reference);
	place->slot = 0;
	place->chain++;
	return 0;
}

int khmap_chain_insert(struct khmap_table *table,
		       const struct khmap_owner *owner,
		       struct khmap_place *place, const void *key,
		       const void *value, struct khmap_store *store)
{
	struct khmap_head *head = place->first.head;
	u32 reference = 0;

	if (place->slot == place->bucket.slots) {
		int err = khmap_chain_extend(table, owner, place, &reference);

		if (err)
			return err;
	}

	khmap_cow_place(table, place);
	if (reference)
		khmap_cow_bucket(table, &place->previous);
	khmap_write_begin(head);
	khmap_slot_write(table, &place->bucket, place->slot,
			 khmap_tophash(place->hash), key, value);
	if (place->chain) {
		khmap_image_filter(&place->first,
				   khmap_bucket_filter(&place->first) |
				   khmap_class_bit(place->hash));
		owner->counts->overflow_entries++;
	}
	if (reference)
		os_store(&place->previous.head->overflow, reference);
	khmap_write_end(head);

	if (store) {
		khmap_store_fill(table, owner, place, store);
		store->overflowed = reference;
	}
	return 0;
}

void khmap_chain_write(struct khmap_table *table,
		       const struct khmap_owner *owner,
		       const struct khmap_place *place, u32 offset,
		       const void *bytes, u32 size, struct khmap_store *store)
{
	char *at = khmap_bucket_slot(table, &place->bucket, place->slot);

	khmap_cow_place(table, place);
	khmap_write_begin(place->first.head);
	khmap_image_copy(at + table->geometry.value_offset + offset, bytes,
			 size);
	khmap_write_end(place->first.head);

	if (store) {
		khmap_store_fill(table, owner, place, store);
		store->replaced = true;
	}
}

void khmap_chain_replace(struct khmap_table *table,
			 const struct khmap_owner *owner,
			 const struct khmap_place *place, const void *value,
			 struct khmap_store *store)
{
	khmap_chain_write(table, owner, place, 0, value,
			  table->geometry.value_size, store);
}

/* The filter that the chain's overflow buckets ask for without one entry. */
static u32 khmap_chain_filter(const struct khmap_table *table,
			      const struct khmap_place *without)
{
	struct khmap_place at = { .bucket = without->first };
	u32 filter = 0, slot;

	while (khmap_place_next(table, &at)) {
		for (slot = 0; slot < at.bucket.slots; slot++) {
			if (!at.bucket.head->tags[slot] ||
			    (at.chain == without->chain &&
			     slot == without->slot))
				continue;
			filter |= khmap_class_bit(khmap_hash(table->hash_kind,
				table->secret,
				khmap_bucket_slot(table, &at.bucket, slot),
				table->geometry.key_size));
		}
	}
	return filter;
}

void khmap_chain_remove(struct khmap_table *table,
			const struct khmap_owner *owner,
			const struct khmap_place *place,
			struct khmap_store *store)
{
	struct khmap_head *head = place->first.head;
	struct khmap_place last = *place;
	u32 unlinked = 0, filter = 0;

	while (khmap_place_next(table, &last))
		;
	last.slot = khmap_bucket_last(&last.bucket);
	/* Hashes all keys in overflow, so before readers have to wait. */
	if (last.chain)
		filter = khmap_chain_filter(table, place->chain ? place :
								  &last);

	khmap_cow_place(table, place);
	khmap_cow_place(table, &last);
	if (last.chain)
		khmap_cow_bucket(table, &last.previous);
	khmap_write_begin(head);
	if (last.chain && (last.chain != place->chain ||
			   last.slot != place->slot)) {
		/* The chain's last entry fills the hole. */
		khmap_slot_copy(table,
				khmap_bucket_slot(table, &place->bucket,
						  place->slot),
				khmap_bucket_slot(table, &last.bucket,
						  last.slot));
		khmap_image_tag(place->bucket.head, place->slot,
				last.bucket.head->tags[last.slot]);
	} else {
		last.slot = place->slot;
	}
	khmap_slot_clear(table, &last.bucket, last.slot);
	if (last.chain) {
		if (khmap_bucket_last(&last.bucket) == last.bucket.slots) {
			unlinked = last.previous.head->overflow;
			os_store(&last.previous.head->overflow, 0);
		}
		khmap_image_filter(&place->first, filter);
		owner->counts->overflow_entries--;
	}
	khmap_write_end(head);

	/* Reuse by another chain changes this one's count no more. */
	if (unlinked)
		khmap_overflow_release(table, owner->stripe, unlinked);
	owner->counts->deletes++;
	if (store)
		khmap_store_fill(table, owner, place, store);
}

u32 khmap_chain_empty(struct khmap_table *table,
		      const struct khmap_owner *owner,
		      const struct khmap_bucket *first)
{
	struct khmap_place at = { .first = *first, .bucket = *first };
	u32 freed[KHMAP_CHAIN_MAX], free_count = 0, removed = 0, slot;

	if (khmap_bucket_last(first) == first->slots)
		return 0;
	khmap_cow_chain(table, first);
	khmap_write_begin(first->head);
	do {
		for (slot = 0; slot < at.bucket.slots; slot++) {
			if (!at.bucket.head->tags[slot])
				continue;
			khmap_slot_clear(table, &at.bucket, slot);
			owner->counts->overflow_entries -= !!at.chain;
			removed++;
		}
		if (at.chain)
			os_store(&at.previous.head->overflow, 0);
		slot = at.bucket.head->overflow;
		if (slot)
			freed[free_count++] = slot;
	} while (khmap_place_next(table, &at));
	khmap_image_filter(first, 0);
	khmap_write_end(first->head);

	while (free_count)
		khmap_overflow_release(table, owner->stripe,
				       freed[--free_count]);
	owner->counts->deletes += removed;
	return removed;
}
