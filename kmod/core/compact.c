// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * compact.c - overflow buckets close up, and the image becomes shorter
 *
 * From the last page down, each bucket in use moves to the lowest page of its
 * stripe that has room, or of the spares, if that is lower than its own.  Once
 * down the region leaves each stripe as few pages as it can have, which makes
 * spares anywhere; once more puts what is above them into those.
 *
 * A bucket is moved in the order of any change of its chain:
 *
 *	1. the first bucket's sequence becomes odd
 *	2. the bucket's content is stored in a free bucket of the stripe
 *	3. the reference to it is
 *	4. the old bucket is emptied
 *	5. the sequence becomes even (release)
 *
 * and then is free.  Documentation/locking.rst says why readers are right.
 */
#include "bucket.h"
#include "compact.h"
#include "cow.h"
#include "overflow.h"
#include "retire.h"

/* Whether a chain has a bucket, and the one before it. */
static bool khmap_compact_find(const struct khmap_table *table,
			       const struct khmap_bucket *first, u32 reference,
			       struct khmap_bucket *previous)
{
	*previous = *first;
	while (previous->head->overflow &&
	       previous->head->overflow != reference)
		*previous = khmap_bucket_overflow(table,
						  previous->head->overflow);
	return previous->head->overflow;
}

/* The chain of an overflow bucket, by one of its keys: it has one. */
static struct khmap_bucket
khmap_compact_chain(const struct khmap_table *table,
		    const struct khmap_bucket *bucket)
{
	u64 hash = khmap_hash(table->hash_kind, table->secret,
			      khmap_bucket_slot(table, bucket,
						khmap_bucket_last(bucket)),
			      table->geometry.key_size);
	u32 shape = os_load_acquire(&table->header->shape);

	/* A split that could move this chain takes the lock, too. */
	return khmap_bucket_at(table, khmap_shape_place(shape, hash));
}

static void khmap_compact_move(struct khmap_table *table,
			       const struct khmap_bucket *first,
			       const struct khmap_bucket *previous,
			       const struct khmap_bucket *from, u32 reference)
{
	struct khmap_bucket to = khmap_bucket_overflow(table, reference);
	u32 size = table->geometry.overflow_stride - KHMAP_BUCKET_TAGS;

	khmap_cow_bucket(table, first);
	khmap_cow_bucket(table, previous);
	khmap_cow_bucket(table, from);
	khmap_cow_bucket(table, &to);
	khmap_write_begin(first->head);
	khmap_image_copy(to.head->tags, from->head->tags, size);
	os_store(&to.head->overflow, from->head->overflow);
	os_store(&previous->head->overflow, reference);
	khmap_image_zero(from->head->tags, size);
	os_store(&from->head->overflow, 0);
	khmap_write_end(first->head);
}

/* Of a chain that is not in the header page. */
static const struct khmap_stripe *
khmap_compact_stripe(const struct khmap_table *table,
		     const struct khmap_bucket *first)
{
	u32 page = khmap_bucket_page(&table->geometry, first);

	return &table->stripes[page & table->stripe_mask];
}

/* Move one bucket to a lower page; false if there is no room. */
static bool khmap_compact_bucket(struct khmap_table *table,
				 struct khmap_stripe *stripe,
				 struct khmap_overflow_page *page, u32 index,
				 struct khmap_overflow_page **spare)
{
	u32 old = khmap_reference(&table->geometry, page->index, index);
	struct khmap_bucket from = khmap_bucket_overflow(table, old);
	struct khmap_bucket first, previous;
	u32 reference;

	reference = khmap_overflow_take_below(table, stripe, page->index);
	if (!reference && *spare) {
		khmap_overflow_give(stripe, *spare);
		*spare = NULL;
		reference = khmap_overflow_take_below(table, stripe,
						      page->index);
	}
	if (!reference)
		return false;
	first = khmap_compact_chain(table, &from);
	/* A key that its caller changed while it was put is of another chain. */
	if (khmap_compact_stripe(table, &first) != stripe ||
	    !khmap_compact_find(table, &first, old, &previous)) {
		khmap_overflow_release(table, stripe, reference);
		return false;
	}
	khmap_compact_move(table, &first, &previous, &from, reference);
	khmap_overflow_vacate(table, stripe, old);
	stripe->counts.moves++;
	return true;
}

/*
 * Move buckets of one page, the stripe's lock held.  0: it is empty and belongs
 * to no stripe any more; -EAGAIN: there are more; -ENOSPC: there is no room.
 */
static int khmap_compact_locked(struct khmap_table *table,
				struct khmap_stripe *stripe,
				struct khmap_overflow_page *page,
				struct khmap_overflow_page **spare, u64 *moved)
{
	u32 index, moves = 0;

	for (index = 0; index < table->geometry.overflow_per_page; index++) {
		if (khmap_overflow_is_free(page, index))
			continue;
		if (moves++ == KHMAP_COMPACT_BUCKETS)
			return -EAGAIN;
		if (!khmap_compact_bucket(table, stripe, page, index, spare))
			return -ENOSPC;
		++*moved;
	}
	khmap_overflow_leave(table, stripe, page);
	return 0;
}

static int khmap_compact_some(struct khmap_table *table,
			      struct khmap_overflow_page *page,
			      struct khmap_overflow_page **spare, u64 *moved)
{
	struct khmap_stripe *stripe = os_load(&page->stripe);
	unsigned long flags;
	int err = -ENOENT;

	if (!stripe)
		return err;
	if (khmap_gate_lock(table, &stripe->lock, &flags, KHMAP_STALL_STRIPE,
			    (u32)(stripe - table->stripes)))
		return -ESTALE;
	/* Without a shape the map is about to leave its header page. */
	if (os_load(&page->stripe) == stripe && os_load(&table->header->shape))
		err = khmap_compact_locked(table, stripe, page, spare, moved);
	os_unlock(&stripe->lock, flags);
	return err;
}

/* Empty one page, as far as there is room below it. */
static void khmap_compact_page(struct khmap_table *table,
			       struct khmap_overflow_page *page, u64 *moved)
{
	u32 tries = table->geometry.overflow_per_page + 2;
	struct khmap_overflow_page *spare = NULL;
	int err = -EAGAIN;

	/* Each moves a bucket or finds a spare; others may fill it again. */
	while (err == -EAGAIN && tries--) {
		err = khmap_compact_some(table, page, &spare, moved);
		if (err == -ENOSPC && !spare) {
			spare = khmap_overflow_stage_below(table, page->index);
			if (spare)
				err = -EAGAIN;
		}
		os_resched();
	}
	khmap_overflow_unstage(table, spare);
	if (!err)
		khmap_overflow_spare(table, page);
}

static void khmap_compact_visit(struct khmap_table *table,
				struct khmap_compact *compact, u32 index)
{
	struct khmap_overflow_page *page = khmap_overflow_page(table, index);

	switch (compact->pass) {
	case KHMAP_COMPACT_SORT:
	case KHMAP_COMPACT_RESORT:
		if (page)
			khmap_overflow_sort(table, page);
		break;
	case KHMAP_COMPACT_PACK:
	case KHMAP_COMPACT_FILL:
		if (page)
			khmap_compact_page(table, page, &compact->moved);
		break;
	case KHMAP_COMPACT_CUT:
		if (page)
			khmap_overflow_sort(table, page);
		compact->released += khmap_overflow_cut(table, index);
		break;
	}
}

bool khmap_table_compact(struct khmap_table *table,
			 struct khmap_compact *compact)
{
	u32 pages = KHMAP_COMPACT_PAGES;

	if (khmap_table_retired(table))
		return false;
	while (compact->pass != KHMAP_COMPACT_DONE) {
		if (!compact->begun)
			compact->left = khmap_overflow_indexes(table);
		compact->begun = true;
		for (; compact->left && pages; pages--) {
			khmap_compact_visit(table, compact, --compact->left);
			os_resched();
		}
		if (compact->left)
			break;
		compact->pass++;
		compact->begun = false;
	}
	return compact->pass != KHMAP_COMPACT_DONE;
}

void khmap_table_compaction(struct khmap_table *table,
			    struct khmap_compaction *compaction)
{
	u32 per_page = table->geometry.overflow_per_page, i;
	unsigned long flags;

	os_lock(&table->grow_lock, flags);
	compaction->released = table->compact_pages;
	os_unlock(&table->grow_lock, flags);
	compaction->moved = 0;
	compaction->needed = 0;
	for (i = 0; i <= table->stripe_mask; i++) {
		u64 buckets;

		os_lock(&table->stripes[i].lock, flags);
		buckets = table->stripes[i].counts.overflow_buckets;
		compaction->moved += table->stripes[i].counts.moves;
		os_unlock(&table->stripes[i].lock, flags);
		/* They fit, as a reference has 32 bits. */
		compaction->needed += ((u32)buckets + per_page - 1) / per_page;
	}
}
