// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * split.c - one bucket becomes two
 *
 * The order, and why a reader of either shape is right:
 *
 *	1. both primary buckets' sequences become odd, the new one's above the
 *	   old one's
 *	2. the keys that leave are stored in the new chain
 *	3. the shape is stored (release)			W4
 *	4. the keys that stay close up, what is left over is zeroed
 *	5. both sequences become even (release)
 *
 * A reader who validates a hit in the old chain read it before 1, when the key
 * was there, or after 5, when it stays there.  One who validates a miss there
 * and loaded the old shape read it before 1, or sees the new shape when it
 * loads that again, as 5 releases 3.  Documentation/locking.rst has the whole
 * argument, selftests/model the check.
 */
#include "chain.h"
#include "cow.h"
#include "split.h"

/* Slots of the longest chain. */
#define KHMAP_SPLIT_MAX	\
	(KHMAP_SLOTS_MAX + (KHMAP_CHAIN_MAX - 1) * (KHMAP_OVERFLOW_TAGS - 1))

/*
 * An entry of the source, in the order of the chain: the bucket's position, the
 * slot and the class of its hash.
 */
#define KHMAP_ENTRY(chain, slot, class)	((u16)((chain) << 7 | (slot) << 3 | (class)))
#define khmap_entry_chain(entry)	((u32)(entry) >> 7)
#define khmap_entry_slot(entry)		((u32)(entry) >> 3 & 15)
#define khmap_entry_class_bit(entry)	(1u << ((entry) & 7))

/**
 * struct khmap_split - a split on its way
 * @source_owner: whose chain is split
 * @target_owner: whose chain is new; may be the same
 * @target: the new chain's primary bucket
 * @shape: when it is done
 * @source: the chain's buckets, the primary one first
 * @fresh: overflow buckets for the target
 * @buckets: of @source
 * @in_overflow: entries of the source in overflow buckets
 * @moves: entries that leave
 * @stays: entries that stay
 * @fresh_count: of @fresh
 * @entry: those that leave from the first one on, those that stay from the last
 *	one down, both in the order of the chain; see khmap_split_stay()
 */
struct khmap_split {
	struct khmap_owner source_owner;
	struct khmap_owner target_owner;
	struct khmap_bucket target;
	u32 shape;
	struct khmap_bucket source[KHMAP_CHAIN_MAX];
	u32 fresh[KHMAP_CHAIN_MAX];
	u32 buckets;
	u32 in_overflow;
	u32 moves;
	u32 stays;
	u32 fresh_count;
	u16 entry[KHMAP_SPLIT_MAX];
};

static inline u16 *khmap_split_stay(struct khmap_split *split, u32 index)
{
	return &split->entry[KHMAP_SPLIT_MAX - 1 - index];
}

/* The bucket of the source that an entry is in. */
static inline const struct khmap_bucket *
khmap_split_bucket(const struct khmap_split *split, u16 entry)
{
	return &split->source[khmap_entry_chain(entry)];
}

/* Copy an entry of the source, its tag included. */
static inline void khmap_split_copy(const struct khmap_table *table,
				    const struct khmap_split *split,
				    const struct khmap_bucket *to, u32 slot,
				    u16 entry)
{
	const struct khmap_bucket *from = khmap_split_bucket(split, entry);
	u32 from_slot = khmap_entry_slot(entry);

	khmap_slot_copy(table, khmap_bucket_slot(table, to, slot),
			khmap_bucket_slot(table, from, from_slot));
	khmap_image_tag(to->head, slot, from->head->tags[from_slot]);
}

static inline void khmap_split_vacate(const struct khmap_table *table,
				      const struct khmap_split *split,
				      u16 entry)
{
	khmap_slot_clear(table, khmap_split_bucket(split, entry),
			 khmap_entry_slot(entry));
}

/* The bit of a hash that a split at @shape tells keys apart by. */
static inline u32 khmap_split_bit(u32 shape)
{
	return (khmap_shape_mask(shape) >> 1) + 1;
}

/* The place of the bucket that is split at @shape. */
static inline u32 khmap_split_source(u32 shape)
{
	return shape - khmap_split_bit(shape);
}

static void khmap_split_owner(struct khmap_table *table, u32 page,
			      struct khmap_owner *owner)
{
	owner->index = page & table->stripe_mask;
	owner->stripe = &table->stripes[owner->index];
	owner->counts = &owner->stripe->counts;
}

/* Which entries of a bucket leave; @bit of the hash says so. */
static inline void khmap_split_sort_bucket(const struct khmap_table *table,
					   struct khmap_split *split, u32 bit,
					   const struct khmap_bucket *bucket)
{
	u32 chain = split->buckets - 1, moves = split->moves;
	u32 stays = split->stays, kind = table->hash_kind, slot;
	u32 key_size = table->geometry.key_size;
	u32 stride = table->geometry.slot_stride;
	const char *at = khmap_bucket_slot(table, bucket, 0);

	for (slot = 0; slot < bucket->slots; slot++, at += stride) {
		u64 hash;
		u16 entry;
		u32 leaves;

		/* A chain's last bucket may have holes. */
		if (unlikely(!bucket->head->tags[slot]))
			continue;
		hash = khmap_hash(kind, table->secret, at, key_size);
		entry = KHMAP_ENTRY(chain, slot,
				    hash >> KHMAP_CLASS_SHIFT & 7);
		/* On both lists, of which one goes on: half of them leave. */
		split->entry[moves] = entry;
		*khmap_split_stay(split, stays) = entry;
		leaves = !!(hash & bit);
		moves += leaves;
		stays += !leaves;
	}
	split->moves = moves;
	split->stays = stays;
}

/* Which entries leave. */
static void khmap_split_sort(const struct khmap_table *table,
			     struct khmap_split *split, u32 bit)
{
	struct khmap_bucket *bucket = split->source;
	u32 reference, in_primary;

	khmap_split_sort_bucket(table, split, bit, bucket);
	in_primary = split->moves + split->stays;
	while ((reference = bucket->head->overflow)) {
		*++bucket = khmap_bucket_overflow(table, reference);
		split->buckets++;
		khmap_split_sort_bucket(table, split, bit, bucket);
	}
	split->in_overflow = split->moves + split->stays - in_primary;
}

/* Take the overflow buckets of the new chain, all or none. */
static int khmap_split_fresh(struct khmap_table *table,
			     struct khmap_split *split,
			     struct khmap_overflow_page **staged)
{
	const struct khmap_geometry *g = &table->geometry;
	struct khmap_stripe *stripe = split->target_owner.stripe;
	u32 wanted = 0;

	if (split->moves > g->bucket_slots)
		wanted = (split->moves - g->bucket_slots +
			  g->overflow_slots - 1) / g->overflow_slots;
	while (split->fresh_count < wanted) {
		u32 reference = khmap_overflow_take(table, stripe);

		if (!reference && *staged) {
			khmap_overflow_give(stripe, *staged);
			*staged = NULL;
			continue;
		}
		if (!reference)
			break;
		split->fresh[split->fresh_count++] = reference;
	}
	if (split->fresh_count == wanted)
		return 0;
	while (split->fresh_count)
		khmap_overflow_release(table, stripe,
				       split->fresh[--split->fresh_count]);
	return -ENOBUFS;
}

/* 2. Store what leaves in the new chain. */
static void khmap_split_move(struct khmap_table *table,
			     struct khmap_split *split)
{
	struct khmap_bucket to = split->target;
	u32 filter = 0, chain = 0, slot = 0, i;

	for (i = 0; i < split->moves; i++, slot++) {
		u16 entry = split->entry[i];

		if (unlikely(slot == to.slots)) {
			u32 reference = split->fresh[chain++];

			os_store(&to.head->overflow, reference);
			to = khmap_bucket_overflow(table, reference);
			slot = 0;
		}
		khmap_split_copy(table, split, &to, slot, entry);
		if (unlikely(chain)) {
			filter |= khmap_entry_class_bit(entry);
			split->target_owner.counts->overflow_entries++;
		}
	}
	if (filter)
		khmap_image_filter(&split->target, filter);
}

/* Buckets that the source needs for what stays, the primary one included. */
static u32 khmap_split_kept(const struct khmap_table *table,
			    const struct khmap_split *split)
{
	const struct khmap_geometry *g = &table->geometry;

	if (split->stays <= g->bucket_slots)
		return 1;
	return 1 + (split->stays - g->bucket_slots + g->overflow_slots - 1) /
		   g->overflow_slots;
}

/*
 * Fill the holes that must not be with what stays, from the chain's end: all
 * buckets but the last that is kept are to be full, those behind it empty.
 * Returns how many holes are filled; that many of those that stay have moved.
 */
static u32 khmap_split_fill(struct khmap_table *table,
			    struct khmap_split *split, u32 kept)
{
	u32 filled = 0;

	while (filled < split->moves && filled < split->stays) {
		u16 *last = khmap_split_stay(split, split->stays - 1 - filled);
		u16 hole = split->entry[filled], stay = *last;

		if (hole > stay ||
		    (khmap_entry_chain(stay) < kept &&
		     khmap_entry_chain(hole) + 1 >= kept))
			break;
		khmap_split_copy(table, split, khmap_split_bucket(split, hole),
				 khmap_entry_slot(hole), stay);
		khmap_split_vacate(table, split, stay);
		*last = KHMAP_ENTRY(khmap_entry_chain(hole),
				    khmap_entry_slot(hole), stay & 7);
		filled++;
	}
	return filled;
}

/* 4. What stays closes up; returns the buckets that the chain keeps. */
static u32 khmap_split_close(struct khmap_table *table,
			     struct khmap_split *split)
{
	u32 filter = 0, in_overflow = 0, kept, i;

	kept = khmap_split_kept(table, split);
	for (i = khmap_split_fill(table, split, kept); i < split->moves; i++)
		khmap_split_vacate(table, split, split->entry[i]);
	if (!split->in_overflow)
		return kept;
	for (i = 0; i < split->stays; i++) {
		u16 entry = *khmap_split_stay(split, i);

		if (!khmap_entry_chain(entry))
			continue;
		filter |= khmap_entry_class_bit(entry);
		in_overflow++;
	}
	khmap_image_filter(split->source, filter);
	split->source_owner.counts->overflow_entries += in_overflow;
	split->source_owner.counts->overflow_entries -= split->in_overflow;
	return kept;
}

/* Take the buckets that the old chain has no use for out of it. */
static void khmap_split_unlink(struct khmap_table *table,
			       struct khmap_split *split, u32 kept)
{
	u32 chain;

	for (chain = kept - 1; chain + 1 < split->buckets; chain++)
		os_store(&split->source[chain].head->overflow, 0);
}

/* Before anything is stored: snapshots get every page that will be. */
static void khmap_split_cow(struct khmap_table *table,
			    const struct khmap_split *split)
{
	struct khmap_bucket bucket;
	u32 i;

	if (likely(!os_load(&table->saves.newest)))
		return;
	khmap_cow_chain(table, split->source);
	khmap_cow_bucket(table, &split->target);
	for (i = 0; i < split->fresh_count; i++) {
		bucket = khmap_bucket_overflow(table, split->fresh[i]);
		khmap_cow_bucket(table, &bucket);
	}
}

static void khmap_split_do(struct khmap_table *table,
			   struct khmap_split *split)
{
	struct khmap_head *source = split->source->head;
	struct khmap_head *target = split->target.head;
	u32 kept, i;

	khmap_split_cow(table, split);
	os_store(&target->sequence, source->sequence + 3);	/* W1 */
	khmap_write_begin(source);				/* W1, W2 */
	khmap_split_move(table, split);
	khmap_shape_store(table->header, split->shape);		/* W4 */
	kept = khmap_split_close(table, split);
	khmap_split_unlink(table, split, kept);
	khmap_write_end(source);				/* W3 */
	khmap_write_end(target);				/* W3 */

	for (i = kept; i < split->buckets; i++)
		khmap_overflow_release(table, split->source_owner.stripe,
				       split->source[i].at);
}

/*
 * Have the next splits' buckets brought near: the primary ones of the second,
 * and of the first, whose primary ones have come meanwhile, an overflow bucket.
 */
static void khmap_split_prefetch(const struct khmap_table *table, u32 shape)
{
	const struct khmap_geometry *g = &table->geometry;
	u32 second = shape + KHMAP_PLACE_UNITS / g->buckets_per_page, reference;
	struct khmap_bucket bucket;

	if (khmap_place_page(second) >= os_load_acquire(&table->growth.ready))
		return;
	bucket = khmap_bucket_at(table, khmap_split_source(second));
	khmap_bucket_prefetch(table, &bucket);
	bucket = khmap_bucket_at(table, second);
	khmap_bucket_prefetch(table, &bucket);

	bucket = khmap_bucket_at(table, khmap_split_source(shape));
	reference = os_load(&bucket.head->overflow);
	/* It was in a chain a moment ago, and its page stays. */
	if (reference) {
		bucket = khmap_bucket_overflow(table, reference);
		os_prefetch(bucket.head);
	}
}

/* The stripes of the source and of the target, which may be one. */
static void khmap_split_lock(os_lock_t *first, os_lock_t *second)
{
	os_lock_inner(first);
	if (second != first)
		os_lock_second(second);
}

static void khmap_split_unlock(os_lock_t *first, os_lock_t *second)
{
	if (second != first)
		os_unlock_second(second);
	os_unlock_inner(first);
}

int khmap_split_next(struct khmap_table *table,
		     struct khmap_overflow_page **staged, u32 *moved)
{
	const struct khmap_geometry *g = &table->geometry;
	u32 shape = os_load(&table->header->shape);
	u32 page = khmap_place_page(shape);
	struct khmap_split split;
	os_lock_t *first, *second;
	u32 bucket;
	int err;

	os_lock_assert(&table->growth.split_lock);
	if (page >= table->growth.max_pages)
		return -ENOSPC;
	if (page >= os_load_acquire(&table->growth.ready))
		return -EAGAIN;

	bucket = khmap_place_bucket(g, shape);
	/* Not the arrays, which are filled as far as they are used. */
	split.buckets = 1;
	split.moves = 0;
	split.stays = 0;
	split.fresh_count = 0;
	split.shape = khmap_shape(page, 0) + khmap_bucket_place(g, bucket + 1);
	split.source[0] = khmap_bucket_at(table, khmap_split_source(shape));
	split.target = khmap_bucket_at(table, shape);
	khmap_split_owner(table, khmap_place_page(split.source->at),
			  &split.source_owner);
	khmap_split_owner(table, page, &split.target_owner);

	/* Below the number of stripes, the source's index is the lower one. */
	first = &split.source_owner.stripe->lock;
	second = &split.target_owner.stripe->lock;
	khmap_split_lock(first, second);
	/* Only those who split wait for the split lock, which is held. */
	while ((err = khmap_gate_check(table, true))) {
		khmap_split_unlock(first, second);
		if (err != -EAGAIN)
			return err;
		khmap_gate_wait(table);
		khmap_split_lock(first, second);
	}
	khmap_split_sort(table, &split, khmap_split_bit(shape));
	err = khmap_split_fresh(table, &split, staged);
	if (!err)
		khmap_split_do(table, &split);
	khmap_split_unlock(first, second);
	if (!err)
		khmap_split_prefetch(table, split.shape);
	*moved = split.moves;
	return err;
}
