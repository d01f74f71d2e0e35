// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * table.c - put, get and delete: which lock, which chain
 */
#include "chain.h"
#include "cow.h"
#include "entries.h"
#include "grow.h"
#include "locked.h"
#include "overflow.h"
#include "small.h"

/*
 * Lock the stripe of a hash's primary page.  The shape may have moved between
 * the look and the lock, so the page is computed again under it.
 *
 * 0; else no lock is held: -ENODATA the map is inline, -ESTALE it is retired.
 */
static inline __attribute__((always_inline)) int
khmap_table_lock(struct khmap_table *table, u64 hash, bool writes,
		 struct khmap_bucket *first, struct khmap_owner *owner,
		 unsigned long *flags)
{
	for (;;) {
		u32 mask, shape = khmap_shape_load(table->header, &mask), now;
		struct khmap_stripe *stripe;
		unsigned long irq;
		u32 place, index;
		int err;

		if (!shape)
			return -ENODATA;
		place = khmap_hash_place(shape, mask, hash);
		index = khmap_place_page(place) & table->stripe_mask;
		stripe = &table->stripes[index];
		*first = khmap_bucket_at(table, place);
		khmap_bucket_prefetch(table, first);
		os_lock_told(table, &stripe->lock, irq, KHMAP_STALL_STRIPE,
			     index);
		err = khmap_gate_check(table, writes);
		if (unlikely(err)) {
			os_unlock(&stripe->lock, irq);
			if (err != -EAGAIN)
				return err;
			khmap_gate_wait(table);
			continue;
		}
		now = os_load_acquire(&table->header->shape);
		if (likely(now == shape ||
			   khmap_shape_place(now, hash) == place)) {
			owner->stripe = stripe;
			owner->counts = &stripe->counts;
			owner->index = index;
			*flags = irq;
			return 0;
		}
		os_unlock(&stripe->lock, irq);
	}
}

/*
 * Lock the header of a map that is inline.  0; else no lock is held: -EAGAIN it is
 * not any more, or was not to be locked just now; -ESTALE it is retired.
 */
static int khmap_table_lock_inline(struct khmap_table *table, bool writes,
				   struct khmap_bucket *first,
				   struct khmap_owner *owner,
				   unsigned long *flags)
{
	unsigned long irq;
	int err;

	os_lock_told(table, &table->header_lock, irq, KHMAP_STALL_HEADER, 0);
	err = khmap_gate_check(table, writes);
	if (!err && os_load(&table->header->shape)) {
		os_unlock(&table->header_lock, irq);
		return -EAGAIN;
	}
	if (err) {
		os_unlock(&table->header_lock, irq);
		if (err == -EAGAIN)
			khmap_gate_wait(table);
		return err;
	}
	*owner = (struct khmap_owner){ .counts = &table->inline_counts };
	*first = khmap_bucket_inline(table);
	*flags = irq;
	return 0;
}

const void *khmap_table_prefetch(const struct khmap_table *table,
				 const void *key)
{
	u64 hash = khmap_hash(table->hash_kind, table->secret, key,
			      table->geometry.key_size);
	u32 mask, shape = khmap_shape_load(table->header, &mask);
	struct khmap_bucket first;

	if (!shape)
		return NULL;
	first = khmap_bucket_at(table, khmap_hash_place(shape, mask, hash));
	khmap_bucket_prefetch(table, &first);
	return first.head;
}

void khmap_table_peek(const struct khmap_table *table, const void *near)
{
	const struct khmap_head *head = near;
	u32 reference = head ? os_load(&head->overflow) : 0;

	/* It was in a chain a moment ago, and its page stays. */
	if (reference)
		os_prefetch(khmap_bucket_overflow(table, reference).head);
}

/*
 * Lock what a hash's key is in, or would be: its stripe, or the header.  0; else
 * no lock is held: -ESTALE the map is retired, and @writes.
 */
static inline __attribute__((always_inline)) int
khmap_table_lock_any(struct khmap_table *table, u64 hash, bool writes,
		     struct khmap_bucket *first, struct khmap_owner *owner,
		     os_lock_t **lock, unsigned long *flags)
{
	int err;

	do {
		err = khmap_table_lock(table, hash, writes, first, owner,
				       flags);
		if (unlikely(err == -ENODATA))
			err = khmap_table_lock_inline(table, writes, first,
						      owner, flags);
	} while (unlikely(err == -EAGAIN));
	if (likely(!err))
		*lock = owner->stripe ? &owner->stripe->lock :
					&table->header_lock;
	return err;
}

/*
 * What most puts of a map that is filled come to: no tag of the bucket is the
 * key's, it has a free slot and no overflow, and nobody asks where the key went.
 * Few enough instructions that a processor, while it waits for this bucket,
 * comes to ask for the next put's.  False: see khmap_put_locked().
 */
static inline bool khmap_put_quick(struct khmap_table *table,
				   const struct khmap_owner *owner,
				   const struct khmap_bucket *first, u64 hash,
				   const void *key, const void *value)
{
	struct khmap_head *head = first->head;
	u32 top = khmap_tophash(hash), slot;
	u64 tags, free;

	if (first->tags_size != sizeof(tags))
		return false;
	tags = khmap_tags_load(head, 0);
	if (khmap_tags_match(tags, top) || head->overflow)
		return false;
	free = khmap_tags_match(tags, 0);
	if (!free)
		return false;
	slot = khmap_tags_first(free);
	if (slot >= first->slots || !khmap_entries_take(table, owner))
		return false;

	khmap_cow_bucket(table, first);
	khmap_write_begin(head);
	khmap_slot_write(table, first, slot, top, key, value);
	khmap_write_end(head);
	owner->counts->inserts++;
	khmap_grow_starved(table, false);
	return true;
}

/* -EAGAIN: the stripe has no free overflow bucket, or the inline one is full. */
static inline int khmap_put_locked(struct khmap_table *table,
				   const struct khmap_owner *owner,
				   const struct khmap_bucket *first, u64 hash,
				   const void *key, const void *value,
				   enum khmap_put_mode mode,
				   struct khmap_store *store)
{
	struct khmap_place place;
	int err;

	khmap_chain_find(table, first, key, hash, &place);
	if (place.found) {
		if (mode == KHMAP_PUT_ONLY_NEW)
			return -EEXIST;
		khmap_chain_replace(table, owner, &place, value, store);
		owner->counts->replaces++;
		return 0;
	}
	if (mode == KHMAP_PUT_ONLY_OLD)
		return -ENOENT;
	if (!khmap_entries_take(table, owner))
		return -ENOSPC;
	err = khmap_chain_insert(table, owner, &place, key, value, store);
	if (unlikely(err)) {
		khmap_entries_give(table, owner);
		return err;
	}
	owner->counts->inserts++;
	khmap_grow_starved(table, false);
	return 0;
}

/*
 * @staged: an overflow page that is used if there is need; or NULL.
 * -EAGAIN: there is need of one, or of another.
 */
static int khmap_put_try(struct khmap_table *table, const void *key,
			 const void *value, enum khmap_put_mode mode,
			 struct khmap_store *store,
			 struct khmap_overflow_page **staged)
{
	u64 hash = khmap_hash(table->hash_kind, table->secret, key,
			      table->geometry.key_size);
	struct khmap_bucket first;
	struct khmap_owner owner;
	unsigned long flags;
	os_lock_t *lock;
	int err;

again:
	err = khmap_table_lock_any(table, hash, true, &first, &owner, &lock,
				   &flags);
	if (unlikely(err))
		return err;
	if (!store && mode != KHMAP_PUT_ONLY_OLD &&
	    likely(khmap_put_quick(table, &owner, &first, hash, key, value))) {
		os_unlock(lock, flags);
		return 0;
	}
	while ((err = khmap_put_locked(table, &owner, &first, hash, key, value,
				       mode, store)) == -EAGAIN &&
	       staged && *staged) {
		if (owner.stripe) {
			khmap_overflow_give(owner.stripe, *staged);
			*staged = NULL;
			continue;
		}
		if (!os_load(&table->growth.ready))
			break;
		khmap_small_promote(table, staged);
		os_unlock(lock, flags);
		khmap_notify(table, KHMAP_EVENT_PROMOTE, 0, 0);
		goto again;
	}
	os_unlock(lock, flags);
	return err;
}

/* What khmap_put_try() found missing. */
static int khmap_put_stage(struct khmap_table *table,
			   struct khmap_overflow_page **staged)
{
	int err = 0;

	if (!os_load(&table->header->shape))
		err = khmap_grow_stage(table, khmap_shape(1, 0));
	if (!err && !*staged)
		err = khmap_overflow_stage(table, staged);
	return err;
}

/* From what was staged before, if there is such a stock. */
static int khmap_put_provide(struct khmap_table *table,
			     struct khmap_overflow_page **stock,
			     struct khmap_overflow_page **staged)
{
	if (!stock)
		return khmap_put_stage(table, staged);
	*staged = *stock;
	if (!*staged)
		return -ENOSPC;
	*stock = (*staged)->next;
	return 0;
}

/*
 * A put that failed with @err goes on until it is done or fails for good: by
 * memory, -EAGAIN, or splits, -EXFULL.
 */
static int khmap_put_on(struct khmap_table *table, const void *key,
			const void *value, enum khmap_put_mode mode,
			struct khmap_store *store,
			struct khmap_overflow_page **stock, int err)
{
	struct khmap_overflow_page *staged = NULL;
	bool forced = false;

	for (;;) {
		if (err == -EXFULL && !forced) {
			/* Again and again, as long as splits are due. */
			forced = !khmap_grow_behind(table);
			if (!khmap_grow_force(table, !stock))
				break;
		} else if (err == -EAGAIN) {
			err = khmap_put_provide(table, stock, &staged);
			if (err)
				break;
		} else {
			break;
		}
		err = khmap_put_try(table, key, value, mode, store, &staged);
	}
	if (err == -ENOMEM)
		khmap_grow_starved(table, true);
	if (staged && stock) {
		staged->next = *stock;
		*stock = staged;
	} else {
		khmap_overflow_unstage(table, staged);
	}
	return err;
}

int khmap_table_put_from(struct khmap_table *table, const void *key,
			 const void *value, enum khmap_put_mode mode,
			 struct khmap_store *store,
			 struct khmap_overflow_page **stock)
{
	int err = khmap_put_try(table, key, value, mode, store, NULL);

	if (unlikely(err))
		err = khmap_put_on(table, key, value, mode, store, stock, err);
	return err;
}

int khmap_table_put(struct khmap_table *table, const void *key,
		    const void *value, enum khmap_put_mode mode,
		    struct khmap_store *store)
{
	int err = khmap_put_try(table, key, value, mode, store, NULL);

	if (unlikely(err))
		err = khmap_put_on(table, key, value, mode, store, NULL, err);
	if (likely(err != -ESTALE))
		khmap_grow_follow(table, true);
	return err;
}

int khmap_table_try_put(struct khmap_table *table, const void *key,
			const void *value, enum khmap_put_mode mode,
			struct khmap_store *store)
{
	int err = khmap_put_try(table, key, value, mode, store, NULL);

	if (unlikely(err == -ESTALE))
		return err;
	if (err == -EAGAIN) {
		khmap_grow_hungry(table);
		err = -ENOMEM;
	}
	/* The chain will be shorter in a moment. */
	if (err == -EXFULL && khmap_grow_behind(table))
		err = -EBUSY;
	khmap_grow_follow(table, false);
	return err;
}

int khmap_table_find(struct khmap_table *table, const void *key, bool writes,
		     struct khmap_place *place, struct khmap_owner *owner,
		     os_lock_t **lock, unsigned long *flags)
{
	u64 hash = khmap_hash(table->hash_kind, table->secret, key,
			      table->geometry.key_size);
	struct khmap_bucket first;
	int err = khmap_table_lock_any(table, hash, writes, &first, owner,
				       lock, flags);

	if (err)
		return err;
	khmap_chain_find(table, &first, key, hash, place);
	if (place->found)
		return 0;
	os_unlock(*lock, *flags);
	return -ENOENT;
}

void khmap_value_copy(const struct khmap_table *table,
		      const struct khmap_place *place, void *value)
{
	const char *at = khmap_bucket_slot(table, &place->bucket, place->slot);

	memcpy(value, at + table->geometry.value_offset,
	       table->geometry.value_size);
}

int khmap_table_get(struct khmap_table *table, const void *key, void *value)
{
	struct khmap_place place;
	struct khmap_owner owner;
	unsigned long flags;
	os_lock_t *lock;
	int err;

	err = khmap_table_find(table, key, false, &place, &owner, &lock,
			       &flags);
	if (err)
		return err;
	khmap_value_copy(table, &place, value);
	os_unlock(lock, flags);
	return 0;
}

int khmap_table_delete(struct khmap_table *table, const void *key, void *value,
		       struct khmap_store *store)
{
	struct khmap_place place;
	struct khmap_owner owner;
	unsigned long flags;
	os_lock_t *lock;
	int err;

	err = khmap_table_find(table, key, true, &place, &owner, &lock, &flags);
	if (err)
		return err;
	if (value)
		khmap_value_copy(table, &place, value);
	khmap_chain_remove(table, &owner, &place, store);
	khmap_entries_give(table, &owner);
	os_unlock(lock, flags);
	return 0;
}

/*
 * Empty the chains of one primary page.  Snapshots may have each page of a long chain
 * copied first, so others come in between two of those.
 */
static int khmap_page_clear(struct khmap_table *table, u32 page, u64 *removed)
{
	u32 index = page & table->stripe_mask, bucket;
	struct khmap_stripe *stripe = &table->stripes[index];
	struct khmap_owner owner = {
		.stripe = stripe,
		.counts = &stripe->counts,
		.index = index,
	};
	u32 buckets = table->geometry.buckets_per_page, count;
	struct khmap_bucket first;
	unsigned long flags;
	int err;

	for (bucket = 0; bucket < buckets;) {
		err = khmap_gate_lock(table, &stripe->lock, &flags,
				      KHMAP_STALL_STRIPE, index);
		if (err)
			return err;
		do {
			first = khmap_bucket_primary(table, page, bucket++);
			count = khmap_chain_empty(table, &owner, &first);
			*removed += count;
		} while (count <= first.slots && bucket < buckets);
		os_unlock(&stripe->lock, flags);
	}
	return 0;
}

static int khmap_inline_clear(struct khmap_table *table, u64 *removed)
{
	struct khmap_bucket first = khmap_bucket_inline(table);
	struct khmap_owner owner = { .counts = &table->inline_counts };
	unsigned long flags;
	int err;

	err = khmap_gate_lock(table, &table->header_lock, &flags,
			      KHMAP_STALL_HEADER, 0);
	if (err)
		return err;
	*removed += khmap_chain_empty(table, &owner, &first);
	os_unlock(&table->header_lock, flags);
	return 0;
}

/* Each time anew: a split takes keys to a page that is behind what was the last. */
static u32 khmap_clear_pages(const struct khmap_table *table)
{
	return khmap_shape_pages(os_load_acquire(&table->header->shape));
}

int khmap_table_clear(struct khmap_table *table, u32 *page, u64 *deleted)
{
	u32 end = *page + KHMAP_CLEAR_PAGES;
	u64 removed = 0;
	int err = 0;

	if (!*page)
		err = khmap_inline_clear(table, &removed);
	while (!err && *page < end && *page < khmap_clear_pages(table)) {
		err = khmap_page_clear(table, *page, &removed);
		*page += !err;
		os_resched();
	}
	os_count_add(&table->entries, -(s64)removed);
	*deleted += removed;
	if (!err && *page < khmap_clear_pages(table))
		err = -EAGAIN;
	return err;
}

static void khmap_counts_add(struct khmap_counts *sum,
			     const struct khmap_counts *counts)
{
	sum->overflow_entries += counts->overflow_entries;
	sum->overflow_buckets += counts->overflow_buckets;
	sum->inserts += counts->inserts;
	sum->replaces += counts->replaces;
	sum->deletes += counts->deletes;
	sum->moves += counts->moves;
}

/*
 * A key that was added before a split took it to another stripe may be deleted
 * there since: the one is not counted, the other is.
 */
static u64 khmap_counts_entries(const struct khmap_counts *counts)
{
	return counts->inserts > counts->deletes ?
	       counts->inserts - counts->deletes : 0;
}

/* Interrupts are on between any two locks: there are many. */
static void khmap_counts_sum(struct khmap_table *table,
			     struct khmap_counts *counts)
{
	unsigned long flags;
	u32 shape, i;

	os_lock(&table->header_lock, flags);
	*counts = table->inline_counts;
	shape = os_load(&table->header->shape);
	os_unlock(&table->header_lock, flags);
	/*
	 * Stripes count nothing before promotion, which is under header_lock as
	 * a whole.  What they got since was in the inline bucket just now.
	 */
	if (!shape)
		return;
	for (i = 0; i <= table->stripe_mask; i++) {
		os_lock(&table->stripes[i].lock, flags);
		khmap_counts_add(counts, &table->stripes[i].counts);
		os_unlock(&table->stripes[i].lock, flags);
	}
}

void khmap_table_count(struct khmap_table *table, struct khmap_counts *counts)
{
	khmap_counts_sum(table, counts);
	counts->entries = khmap_counts_entries(counts);
}

void khmap_table_stat(struct khmap_table *table, struct khmap_counts *counts)
{
	struct khmap_image_header *header = table->header;
	unsigned long flags;

	khmap_table_count(table, counts);
	os_lock(&table->header_lock, flags);
	os_store(&header->entries, counts->entries);
	os_store(&header->overflow_entries, counts->overflow_entries);
	os_store(&header->overflow_buckets, counts->overflow_buckets);
	/* Loaded under the lock: of two calls, the later one has the later. */
	os_store(&header->overflow_pages, khmap_overflow_pages(table));
	os_unlock(&table->header_lock, flags);
}
