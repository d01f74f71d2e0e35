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
#include "split.h"

/* Slots of the longest chain. */
#define KHMAP_SPLIT_MAX	\
	(KHMAP_SLOTS_MAX + (KHMAP_CHAIN_MAX - 1) * (KHMAP_OVERFLOW_TAGS - 1))

/* A slot's note: one of these, or the class of the key that stays. */
#define KHMAP_SPLIT_MOVES	0x80	/* and the class */
#define KHMAP_SPLIT_EMPTY	0x40

/**
 * struct khmap_split - a split on its way
 * @source_owner: whose chain is split
 * @target_owner: whose chain is new; may be the same
 * @source: the chain's primary bucket
 * @target: the new chain's
 * @shape: when it is done
 * @reference: the source's overflow buckets
 * @fresh: overflow buckets for the target
 * @buckets: of the source, the primary one included
 * @slots: of the source, empty ones included
 * @in_overflow: entries of the source in overflow buckets
 * @moves: entries that leave
 * @fresh_count: of @fresh
 * @note: of each slot in the chain's order, see KHMAP_SPLIT_MOVES
 */
struct khmap_split {
	struct khmap_owner source_owner;
	struct khmap_owner target_owner;
	struct khmap_bucket source;
	struct khmap_bucket target;
	u32 shape;
	u32 reference[KHMAP_CHAIN_MAX];
	u32 fresh[KHMAP_CHAIN_MAX];
	u32 buckets;
	u32 slots;
	u32 in_overflow;
	u32 moves;
	u32 fresh_count;
	u8 note[KHMAP_SPLIT_MAX];
};

/**
 * struct khmap_cursor - a slot of a chain, by its position
 * @slot: the slot
 * @tag: its tag
 * @left: slots of its bucket from it on
 * @chain: the bucket's position
 */
struct khmap_cursor {
	char *slot;
	u8 *tag;
	u32 left;
	u32 chain;
};

static void khmap_cursor_enter(const struct khmap_table *table,
			       struct khmap_cursor *at,
			       const struct khmap_bucket *bucket)
{
	at->slot = khmap_bucket_slot(table, bucket, 0);
	at->tag = bucket->head->tags;
	at->left = bucket->slots;
}

static void khmap_cursor_start(const struct khmap_table *table,
			       struct khmap_cursor *at,
			       const struct khmap_bucket *first)
{
	khmap_cursor_enter(table, at, first);
	at->chain = 0;
}

/* Go to the next slot, if there is one; @references are those of the chain. */
static inline void khmap_cursor_next(const struct khmap_table *table,
				     struct khmap_cursor *at,
				     const u32 *references, u32 count)
{
	struct khmap_bucket bucket;

	at->slot += table->geometry.slot_stride;
	at->tag++;
	if (likely(--at->left) || at->chain >= count)
		return;
	bucket = khmap_bucket_overflow(table, references[at->chain++]);
	khmap_cursor_enter(table, at, &bucket);
}

static void khmap_split_owner(struct khmap_table *table, u32 page,
			      struct khmap_owner *owner)
{
	owner->index = page & table->stripe_mask;
	owner->stripe = &table->stripes[owner->index];
	owner->counts = &owner->stripe->counts;
}

static u8 khmap_split_note(const struct khmap_table *table,
			   const struct khmap_bucket *bucket, u32 slot, u32 bit)
{
	u64 hash;
	u8 note;

	/* A chain's last bucket may have holes. */
	if (!bucket->head->tags[slot])
		return KHMAP_SPLIT_EMPTY;
	hash = khmap_hash(table->hash_kind, table->secret,
			  khmap_bucket_slot(table, bucket, slot),
			  table->geometry.key_size);
	note = hash >> KHMAP_CLASS_SHIFT & 7;
	return hash & bit ? note | KHMAP_SPLIT_MOVES : note;
}

/* Which entries leave; @bit of the hash says so. */
static void khmap_split_sort(struct khmap_table *table,
			     struct khmap_split *split, u32 bit)
{
	struct khmap_bucket bucket = split->source;
	u32 slot, reference;

	for (;;) {
		for (slot = 0; slot < bucket.slots; slot++) {
			u8 note = khmap_split_note(table, &bucket, slot, bit);

			split->note[split->slots++] = note;
			split->moves += note >> 7;
			split->in_overflow += split->buckets > 1 &&
					      note != KHMAP_SPLIT_EMPTY;
		}
		reference = bucket.head->overflow;
		if (!reference)
			return;
		split->reference[split->buckets++ - 1] = reference;
		bucket = khmap_bucket_overflow(table, reference);
	}
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

static inline void khmap_entry_copy(const struct khmap_table *table,
				    const struct khmap_cursor *to,
				    const struct khmap_cursor *from)
{
	khmap_slot_copy(table, to->slot, from->slot);
	os_store(to->tag, *from->tag);
}

/* 2. Store what leaves in the new chain. */
static void khmap_split_move(struct khmap_table *table,
			     struct khmap_split *split)
{
	struct khmap_head *head = split->target.head;
	struct khmap_cursor from, to;
	u32 filter = 0, i;

	khmap_cursor_start(table, &from, &split->source);
	khmap_cursor_start(table, &to, &split->target);
	for (i = 0; i < split->fresh_count; i++) {
		os_store(&head->overflow, split->fresh[i]);
		head = khmap_bucket_overflow(table, split->fresh[i]).head;
	}
	for (i = 0; i < split->slots; i++) {
		if (split->note[i] & KHMAP_SPLIT_MOVES) {
			khmap_entry_copy(table, &to, &from);
			if (to.chain) {
				filter |= 1u << (split->note[i] & 7);
				split->target_owner.counts->overflow_entries++;
			}
			khmap_cursor_next(table, &to, split->fresh,
					  split->fresh_count);
		}
		khmap_cursor_next(table, &from, split->reference,
				  split->buckets - 1);
	}
	if (filter)
		khmap_image_filter(&split->target, filter);
}

/* 4. What stays closes up; returns the buckets that the chain keeps. */
static u32 khmap_split_close(struct khmap_table *table,
			     struct khmap_split *split)
{
	u32 filter = 0, in_overflow = 0, at = 0, kept, i;
	struct khmap_cursor from, to;

	khmap_cursor_start(table, &from, &split->source);
	to = from;
	for (i = 0; i < split->slots; i++) {
		if (split->note[i] < KHMAP_SPLIT_EMPTY) {
			at++;
			if (to.slot != from.slot)
				khmap_entry_copy(table, &to, &from);
			if (to.chain) {
				filter |= 1u << (split->note[i] & 7);
				in_overflow++;
			}
			khmap_cursor_next(table, &to, split->reference,
					  split->buckets - 1);
		}
		khmap_cursor_next(table, &from, split->reference,
				  split->buckets - 1);
	}
	/* The chain's last bucket is not empty, unless it is the first. */
	kept = to.chain + 1 -
	       (to.chain && to.left == table->geometry.overflow_slots);
	for (i = at; i < split->slots; i++) {
		if (*to.tag) {
			os_store(to.tag, 0);
			khmap_image_zero(to.slot, table->geometry.slot_stride);
		}
		khmap_cursor_next(table, &to, split->reference,
				  split->buckets - 1);
	}
	khmap_image_filter(&split->source, filter);
	split->source_owner.counts->overflow_entries += in_overflow;
	split->source_owner.counts->overflow_entries -= split->in_overflow;
	return kept;
}

/* Take the buckets that the old chain has no use for out of it. */
static void khmap_split_unlink(struct khmap_table *table,
			       struct khmap_split *split, u32 kept)
{
	struct khmap_head *head = split->source.head;
	u32 i;

	for (i = 1; i < split->buckets; i++) {
		struct khmap_head *next = khmap_bucket_overflow(table,
				split->reference[i - 1]).head;

		if (i >= kept)
			os_store(&head->overflow, 0);
		head = next;
	}
}

static void khmap_split_do(struct khmap_table *table,
			   struct khmap_split *split)
{
	struct khmap_head *source = split->source.head;
	struct khmap_head *target = split->target.head;
	u32 kept, i;

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
				       split->reference[i - 1]);
}

/* The next split's buckets: they have until then to arrive. */
static void khmap_split_prefetch(const struct khmap_table *table, u32 shape)
{
	u32 page = khmap_place_page(shape);
	u32 bit = (khmap_shape_mask(shape) >> 1) + 1;
	struct khmap_bucket bucket;

	if (page >= os_load_acquire(&table->growth.ready))
		return;
	bucket = khmap_bucket_at(table, shape - bit);
	khmap_bucket_prefetch(table, &bucket);
	bucket = khmap_bucket_at(table, shape);
	khmap_bucket_prefetch(table, &bucket);
}

int khmap_split_next(struct khmap_table *table,
		     struct khmap_overflow_page **staged, u32 *moved)
{
	const struct khmap_geometry *g = &table->geometry;
	u32 shape = os_load(&table->header->shape);
	u32 page = khmap_place_page(shape);
	u32 bit = (khmap_shape_mask(shape) >> 1) + 1;
	struct khmap_split split;
	os_lock_t *first, *second;
	unsigned long flags;
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
	split.slots = 0;
	split.in_overflow = 0;
	split.moves = 0;
	split.fresh_count = 0;
	split.shape = khmap_shape(page, 0) + khmap_bucket_place(g, bucket + 1);
	split.source = khmap_bucket_at(table, shape - bit);
	split.target = khmap_bucket_primary(table, page, bucket);
	khmap_split_owner(table, khmap_place_page(shape - bit),
			  &split.source_owner);
	khmap_split_owner(table, page, &split.target_owner);

	/* Below the number of stripes, the source's index is the lower one. */
	first = &split.source_owner.stripe->lock;
	second = &split.target_owner.stripe->lock;
	os_lock(first, flags);
	if (second != first)
		os_lock_second(second);
	khmap_split_sort(table, &split, bit);
	err = khmap_split_fresh(table, &split, staged);
	if (!err)
		khmap_split_do(table, &split);
	if (second != first)
		os_unlock_second(second);
	os_unlock(first, flags);
	if (!err)
		khmap_split_prefetch(table, split.shape);
	*moved = split.moves;
	return err;
}
