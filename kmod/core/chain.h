/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * chain.h - a primary bucket and the overflow buckets behind it
 *
 * All functions are called with the lock that owns the chain's pages held: a
 * stripe's, or the header's for the inline bucket.
 *
 * A chain is kept dense: each bucket but the last is full, and the last one is
 * not empty unless it is the first.
 */
#ifndef _KHMAP_CORE_CHAIN_H
#define _KHMAP_CORE_CHAIN_H

#include "bucket.h"

/**
 * struct khmap_place - where a key is, or would be
 * @first: the chain's primary or inline bucket
 * @bucket: the bucket that has the key, or the chain's last
 * @previous: the bucket before @bucket, if @chain is not 0
 * @hash: the key's
 * @slot: the key's slot, or the first free one; @bucket.slots if there is none
 * @chain: position of @bucket in the chain
 * @found: the key is there
 */
struct khmap_place {
	struct khmap_bucket first;
	struct khmap_bucket bucket;
	struct khmap_bucket previous;
	u64 hash;
	u32 slot;
	u32 chain;
	bool found;
};

/**
 * struct khmap_owner - whose lock is held
 * @stripe: or NULL for the header's
 * @counts: under that lock
 * @index: the stripe's; 0 for the header
 */
struct khmap_owner {
	struct khmap_stripe *stripe;
	struct khmap_counts *counts;
	u32 index;
};

/**
 * khmap_bucket_find() - find a key in one bucket
 * @table: its geometry
 * @bucket: the bucket
 * @key: key_size bytes
 * @top: the tophash of its hash
 *
 * Return: its slot; @bucket->slots if it is not there.
 */
static inline u32 khmap_bucket_find(const struct khmap_table *table,
				    const struct khmap_bucket *bucket,
				    const void *key, u32 top)
{
	u32 word;

	for (word = 0; word < bucket->tags_size; word += 8) {
		u64 match = khmap_tags_match(khmap_tags_load(bucket->head,
							     word), top);

		for (; unlikely(match); match = khmap_tags_next(match)) {
			u32 slot = word + khmap_tags_first(match);

			if (slot >= bucket->slots)
				break;
			if (khmap_key_same(table, khmap_bucket_slot(table,
								    bucket,
								    slot), key))
				return slot;
		}
	}
	return bucket->slots;
}

/**
 * khmap_place_next() - go to the next bucket of a chain
 * @table: the map
 * @place: its @bucket, @previous and @chain are
 *
 * Return: false if there is none.
 */
static inline bool khmap_place_next(const struct khmap_table *table,
				    struct khmap_place *place)
{
	u32 reference = place->bucket.head->overflow;

	if (!reference)
		return false;
	place->previous = place->bucket;
	place->bucket = khmap_bucket_overflow(table, reference);
	place->chain++;
	return true;
}

/**
 * khmap_chain_find() - find a key, or the place for it
 * @table: the map
 * @first: the chain's first bucket
 * @key: key_size bytes
 * @hash: the key's
 * @place: filled
 */
static inline __attribute__((always_inline)) void
khmap_chain_find(const struct khmap_table *table,
		 const struct khmap_bucket *first, const void *key, u64 hash,
		 struct khmap_place *place)
{
	u32 top = khmap_tophash(hash);

	place->first = *first;
	place->bucket = *first;
	place->hash = hash;
	place->chain = 0;
	do {
		place->slot = khmap_bucket_find(table, &place->bucket, key,
						top);
		place->found = place->slot < place->bucket.slots;
	} while (!place->found && khmap_place_next(table, place));
	if (!place->found)
		place->slot = khmap_bucket_free(&place->bucket);
}

/**
 * khmap_chain_insert() - store a key that is not there
 * @table: the map
 * @owner: of the chain
 * @place: of khmap_chain_find()
 * @key: key_size bytes
 * @value: value_size bytes
 * @store: filled; or NULL
 *
 * Return: 0; -EXFULL the chain is at its limit; -EAGAIN the stripe has no free
 * overflow bucket (or there is no stripe).  On failure nothing changed.
 */
int khmap_chain_insert(struct khmap_table *table,
		       const struct khmap_owner *owner,
		       struct khmap_place *place, const void *key,
		       const void *value, struct khmap_store *store);

/**
 * khmap_chain_replace() - store another value for a key that is there
 * @table: the map
 * @owner: of the chain
 * @place: of khmap_chain_find()
 * @value: value_size bytes
 * @store: filled; or NULL
 */
void khmap_chain_replace(struct khmap_table *table,
			 const struct khmap_owner *owner,
			 const struct khmap_place *place, const void *value,
			 struct khmap_store *store);

/**
 * khmap_chain_write() - store a part of the value of a key that is there
 * @table: the map
 * @owner: of the chain
 * @place: of khmap_chain_find()
 * @offset: of the part, in the value
 * @bytes: @size bytes
 * @size: of the part; it does not reach behind the value
 * @store: filled; or NULL
 */
void khmap_chain_write(struct khmap_table *table,
		       const struct khmap_owner *owner,
		       const struct khmap_place *place, u32 offset,
		       const void *bytes, u32 size, struct khmap_store *store);

/**
 * khmap_chain_remove() - remove a key that is there
 * @table: the map
 * @owner: of the chain
 * @place: of khmap_chain_find()
 * @store: filled; or NULL
 */
void khmap_chain_remove(struct khmap_table *table,
			const struct khmap_owner *owner,
			const struct khmap_place *place,
			struct khmap_store *store);

/**
 * khmap_chain_empty() - remove all keys of a chain
 * @table: the map
 * @owner: of the chain
 * @first: the chain's first bucket
 *
 * Return: keys that were removed.
 */
u32 khmap_chain_empty(struct khmap_table *table,
		      const struct khmap_owner *owner,
		      const struct khmap_bucket *first);

#endif /* _KHMAP_CORE_CHAIN_H */
