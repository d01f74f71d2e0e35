// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * snapshot.c - the cut: what a snapshot is of, and when it ends
 *
 * The order of a cut, all of it under the table's mutex:
 *
 *	1. a page is reserved for each page of the map
 *	2. the gate is closed: its bit is set in the word
 *	3. every lock that a writer may be inside of is taken and dropped once
 *	4. the header page is copied, with the counts that the locks guard
 *	5. the snapshot is linked, and becomes the newest
 *	6. the gate is opened with the next epoch (release)
 *
 * A writer who got its lock before 3 was there is done; one who gets it later
 * finds the gate closed.  Documentation/locking.rst has the whole argument,
 * selftests/model the check.
 */
#include "chain.h"
#include "cow.h"
#include "overflow.h"
#include "snapshot.h"

/* How often the map may outgrow what was reserved. */
#define KHMAP_CUT_TRIES		16
/* Pages that are reserved beyond the map's, at first. */
#define KHMAP_CUT_SLACK		8
/* Pages between two questions whether to stop. */
#define KHMAP_CUT_STEP		256

static u64 khmap_cut_pages(const struct khmap_table *table)
{
	return 1 + (u64)khmap_shape_pages(os_load_acquire(&table->header->shape)) +
	       khmap_overflow_pages(table);
}

/* Free the pages in reserve from @from on. */
static void khmap_snapshot_trim(struct khmap_snapshot *snapshot, u64 from)
{
	u64 i;

	for (i = from; i < snapshot->room; i++) {
		if (snapshot->own[i])
			os_page_free(snapshot->account, snapshot->own[i]);
		snapshot->own[i] = NULL;
		if (!(i & (KHMAP_CUT_STEP - 1)))
			os_resched();
	}
}

static int khmap_snapshot_reserve(struct khmap_snapshot *snapshot, u64 pages,
				  bool (*stop)(void))
{
	struct khmap_account *account = snapshot->account;
	size_t size = pages * sizeof(*snapshot->own);
	void **own, **slot;
	u64 i;

	/* Not page by page, only to be refused at the end. */
	if (pages > snapshot->room &&
	    !os_fits(account, (pages - snapshot->room) << KHMAP_OS_PAGE_SHIFT))
		return -ENOMEM;
	if (pages > snapshot->room) {
		own = os_alloc(account, size);
		slot = os_alloc(account, size);
		if (!own || !slot) {
			os_free(account, own, size);
			os_free(account, slot, size);
			return -ENOMEM;
		}
		for (i = 0; i < snapshot->room; i++)
			own[i] = snapshot->own[i];
		size = snapshot->room * sizeof(*own);
		os_free(account, snapshot->own, size);
		os_free(account, snapshot->slot, size);
		snapshot->own = own;
		snapshot->slot = slot;
		snapshot->room = pages;
	}
	for (i = 1; i < snapshot->room; i++) {
		if (snapshot->own[i])
			continue;
		if (!(i & (KHMAP_CUT_STEP - 1))) {
			if (stop && stop())
				return -EINTR;
			os_resched();
		}
		snapshot->own[i] = os_page_alloc(account);
		if (!snapshot->own[i])
			return -ENOMEM;
	}
	return 0;
}

static void khmap_snapshot_free(struct khmap_snapshot *snapshot)
{
	struct khmap_account *account = snapshot->account;
	size_t size = snapshot->room * sizeof(*snapshot->own);

	khmap_snapshot_trim(snapshot, 0);
	os_free(account, snapshot->own, size);
	os_free(account, snapshot->slot, size);
	if (snapshot->header)
		os_page_free(account, snapshot->header);
	os_free(account, snapshot, sizeof(*snapshot));
}

static void khmap_cut_copy(struct khmap_snapshot *snapshot)
{
	struct khmap_table *table = snapshot->table;
	unsigned long flags;

	/* What is no change of the map, a page count, may be stored even now. */
	os_lock(&table->header_lock, flags);
	memcpy(snapshot->header, table->header, KHMAP_OS_PAGE_SIZE);
	os_unlock(&table->header_lock, flags);
}

/*
 * Bring near what the cut will touch, by doing it once for nothing.  Else a map
 * that is much larger than the caches would have its writers wait for memory,
 * line by line.
 */
static void khmap_cut_rehearse(struct khmap_snapshot *snapshot)
{
	struct khmap_counts counts;

	khmap_cut_copy(snapshot);
	khmap_table_count(snapshot->table, &counts);
}

/* Step 4.  No writer is inside. */
static void khmap_cut_header(struct khmap_snapshot *snapshot,
			     const struct khmap_counts *counts, u64 epoch)
{
	struct khmap_image_header *h = snapshot->header;

	khmap_cut_copy(snapshot);
	h->entries = counts->entries;
	h->overflow_entries = counts->overflow_entries;
	h->overflow_buckets = counts->overflow_buckets;
	h->kind = KHMAP_IMAGE_SNAPSHOT;
	h->primary_offset = KHMAP_OS_PAGE_SIZE;
	h->primary_pages = snapshot->primary_pages;
	h->primary_pages_max = snapshot->primary_pages;
	h->overflow_offset = h->primary_offset +
			     ((u64)snapshot->primary_pages << KHMAP_OS_PAGE_SHIFT);
	h->overflow_pages = snapshot->overflow_pages;
	h->overflow_pages_max = snapshot->overflow_pages;
	h->image_size = snapshot->pages << KHMAP_OS_PAGE_SHIFT;
	h->snapshot_ns = os_time_ns();
	h->epoch = epoch;
	h->successor = 0;
}

/* Step 5. */
static void khmap_cut_link(struct khmap_snapshot *snapshot, u64 epoch)
{
	struct khmap_saves *saves = &snapshot->table->saves;
	struct khmap_snapshot **place = &saves->first;

	while (*place)
		place = &(*place)->next;
	os_store_release(place, snapshot);
	os_store(&saves->count, saves->count + 1);
	os_store(&saves->newest, epoch);
}

/* -EAGAIN: the map has outgrown the snapshot, and nothing was done. */
static int khmap_cut(struct khmap_snapshot *snapshot)
{
	struct khmap_table *table = snapshot->table;
	unsigned long gate = table->saves.gate, flags;
	struct khmap_counts counts;
	int err = 0;

	khmap_cut_rehearse(snapshot);
	os_cut_begin(flags);
	os_store(&table->saves.gate, gate | KHMAP_GATE_CLOSED);
	/* Without a shape no writer can be inside a stripe: it is at the header. */
	khmap_table_count(table, &counts);
	snapshot->primary_pages =
		khmap_shape_pages(os_load(&table->header->shape));
	snapshot->overflow_pages = khmap_overflow_pages(table);
	snapshot->pages = 1 + (u64)snapshot->primary_pages +
			  snapshot->overflow_pages;
	if (snapshot->pages > snapshot->room) {
		err = -EAGAIN;
	} else {
		khmap_cut_header(snapshot, &counts, gate >> KHMAP_GATE_SHIFT);
		gate += 1ul << KHMAP_GATE_SHIFT;
		khmap_cut_link(snapshot, gate >> KHMAP_GATE_SHIFT);
	}
	os_store_release(&table->saves.gate, gate);
	os_cut_end(flags);
	return err;
}

/* One more?  For good under the mutex; without it, before pages are reserved. */
static int khmap_cut_check(const struct khmap_saves *saves)
{
	if (os_load(&saves->count) >= KHMAP_SNAPSHOTS_MAX)
		return -EOVERFLOW;
	if (os_load(&saves->gate) >> KHMAP_GATE_SHIFT ==
	    ~0ul >> KHMAP_GATE_SHIFT)
		return -EOVERFLOW;
	return 0;
}

static int khmap_snapshot_take(struct khmap_snapshot *snapshot,
			       bool (*stop)(void))
{
	struct khmap_table *table = snapshot->table;
	u64 slack = KHMAP_CUT_SLACK;
	int err = -EAGAIN;
	u32 tries;

	for (tries = 0; err == -EAGAIN && tries < KHMAP_CUT_TRIES; tries++) {
		u64 pages = khmap_cut_pages(table) + slack;

		err = khmap_cut_check(&table->saves);
		if (!err)
			err = khmap_snapshot_reserve(snapshot, pages, stop);
		if (err)
			return err;
		os_mutex_lock(&table->saves.mutex);
		err = khmap_cut_check(&table->saves);
		if (!err)
			err = khmap_cut(snapshot);
		os_mutex_unlock(&table->saves.mutex);
		/* It grows meanwhile: as much more, and then some. */
		slack *= 2;
	}
	return err;
}

int khmap_snapshot_create(struct khmap_table *table,
			  struct khmap_account *account, bool (*stop)(void),
			  struct khmap_snapshot **result)
{
	struct khmap_snapshot *snapshot = os_alloc(account, sizeof(*snapshot));
	int err = -ENOMEM;

	if (!snapshot)
		return err;
	snapshot->table = table;
	snapshot->account = account;
	snapshot->header = os_page_alloc(account);
	if (snapshot->header)
		err = khmap_snapshot_take(snapshot, stop);
	if (err) {
		khmap_snapshot_free(snapshot);
		return err;
	}
	khmap_snapshot_trim(snapshot, snapshot->pages);
	*result = snapshot;
	return 0;
}

static void khmap_snapshot_unlink(struct khmap_snapshot *snapshot)
{
	struct khmap_saves *saves = &snapshot->table->saves;
	struct khmap_snapshot **place = &saves->first;
	unsigned long flags;
	u32 i;

	while (*place != snapshot)
		place = &(*place)->next;
	os_store_release(place, snapshot->next);
	os_store(&saves->count, saves->count - 1);
	if (!saves->first)
		os_store(&saves->newest, 0);
	/*
	 * Who has found it in the list is done with it.  Under the mutex: who
	 * stands on it would not come to one that is linked now.
	 */
	for (i = 0; i < KHMAP_SAVE_LOCKS; i++) {
		os_lock(&saves->locks[i], flags);
		os_unlock(&saves->locks[i], flags);
	}
}

/* The number of a page of one snapshot in another; 0 if it is not there. */
static u64 khmap_snapshot_same(const struct khmap_snapshot *snapshot, u64 page,
			       const struct khmap_snapshot *other)
{
	if (page <= snapshot->primary_pages)
		return page <= other->primary_pages ? page : 0;
	page -= 1 + snapshot->primary_pages;
	return page < other->overflow_pages ? 1 + other->primary_pages + page : 0;
}

/*
 * A page of ours that another snapshot shares becomes that one's own, for the one
 * that it had in reserve.  So each has as many as it was granted, always.  Slots of
 * ours in others are not filled any more, so none has to be locked.
 */
static void khmap_snapshot_bequeath(struct khmap_snapshot *snapshot, u64 page)
{
	void *copy = snapshot->slot[page];
	struct khmap_snapshot *other;

	if (copy != snapshot->own[page])
		return;
	for (other = snapshot->table->saves.first; other; other = other->next) {
		u64 same = khmap_snapshot_same(snapshot, page, other);

		if (!same || os_load_acquire(&other->slot[same]) != copy)
			continue;
		snapshot->own[page] = other->own[same];
		other->own[same] = copy;
		return;
	}
}

void khmap_snapshot_destroy(struct khmap_snapshot *snapshot)
{
	struct khmap_saves *saves;
	u64 page;

	if (!snapshot)
		return;
	saves = &snapshot->table->saves;
	os_mutex_lock(&saves->mutex);
	khmap_snapshot_unlink(snapshot);
	for (page = 1; saves->first && page < snapshot->pages; page++) {
		if (snapshot->slot[page])
			khmap_snapshot_bequeath(snapshot, page);
		if (!(page & (KHMAP_CUT_STEP - 1)))
			os_resched();
	}
	os_mutex_unlock(&saves->mutex);
	khmap_snapshot_free(snapshot);
}

/* Which page of the map a page of the image is of. */
static enum khmap_region
khmap_snapshot_locate(const struct khmap_snapshot *snapshot, u64 page,
		      u32 *index)
{
	*index = (u32)(page - 1);
	if (*index < snapshot->primary_pages)
		return KHMAP_REGION_PRIMARY;
	*index -= snapshot->primary_pages;
	return KHMAP_REGION_OVERFLOW;
}

void *khmap_snapshot_peek(const struct khmap_snapshot *snapshot, u64 page)
{
	if (!page)
		return snapshot->header;
	return page < snapshot->pages ? os_load_acquire(&snapshot->slot[page]) :
	       NULL;
}

void *khmap_snapshot_page(struct khmap_snapshot *snapshot, u64 page)
{
	void *copy = khmap_snapshot_peek(snapshot, page);
	enum khmap_region region;
	u32 index;

	if (copy || page >= snapshot->pages)
		return copy;
	region = khmap_snapshot_locate(snapshot, page, &index);
	khmap_save_page(snapshot->table, region, index);
	return os_load_acquire(&snapshot->slot[page]);
}

bool khmap_snapshot_read(struct khmap_snapshot *snapshot, u64 page, void *to)
{
	struct khmap_table *table = snapshot->table;
	const void *from = khmap_snapshot_peek(snapshot, page);
	enum khmap_region region;
	unsigned long flags;
	os_lock_t *lock;
	u32 index;

	if (page >= snapshot->pages)
		return false;
	if (from) {
		memcpy(to, from, KHMAP_OS_PAGE_SIZE);
		return true;
	}
	region = khmap_snapshot_locate(snapshot, page, &index);
	lock = khmap_save_lock(table, index);
	os_lock(lock, flags);
	from = snapshot->slot[page];
	khmap_save_copy(to, from ? from : khmap_save_source(table, region, index));
	os_unlock(lock, flags);
	return true;
}

/* A bucket of the image; its page is copied for good, as a reader's would be. */
static void khmap_snapshot_bucket(struct khmap_snapshot *snapshot, u64 page,
				  u32 stride, struct khmap_bucket *bucket)
{
	bucket->head = (void *)((char *)khmap_snapshot_page(snapshot, page) +
				bucket->index * stride);
}

int khmap_snapshot_get(struct khmap_snapshot *snapshot, const void *key,
		       void *value)
{
	const struct khmap_image_header *h = snapshot->header;
	const struct khmap_geometry *g = &h->geometry;
	const struct khmap_table *table = snapshot->table;
	u64 hash = khmap_hash(h->hash_kind, h->hash_secret, key, g->key_size);
	struct khmap_bucket bucket;
	u32 slot, reference;

	if (h->shape) {
		u32 place = khmap_shape_place(h->shape, hash);

		bucket = (struct khmap_bucket){
			.tags_size = g->tags_size,
			.slots = g->bucket_slots,
			.index = khmap_place_bucket(g, place),
		};
		khmap_snapshot_bucket(snapshot, 1 + (u64)khmap_place_page(place),
				      g->bucket_stride, &bucket);
	} else {
		bucket = (struct khmap_bucket){
			.head = (void *)((char *)h + g->inline_offset),
			.tags_size = KHMAP_INLINE_TAGS,
			.slots = g->inline_slots,
		};
	}
	for (;;) {
		slot = khmap_bucket_find(table, &bucket, key,
					 khmap_tophash(hash));
		if (slot < bucket.slots)
			break;
		reference = bucket.head->overflow;
		if (!reference)
			return -ENOENT;
		bucket = (struct khmap_bucket){
			.tags_size = KHMAP_OVERFLOW_TAGS,
			.slots = g->overflow_slots,
			.index = khmap_reference_bucket(g, reference),
		};
		khmap_snapshot_bucket(snapshot, 1 + (u64)snapshot->primary_pages +
				      khmap_reference_page(g, reference),
				      g->overflow_stride, &bucket);
	}
	memcpy(value, (char *)khmap_bucket_slot(table, &bucket, slot) +
		      g->value_offset, g->value_size);
	return 0;
}
