// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * snapshot.c - what a snapshot has of its pages, and how it ends
 */
#include "chain.h"
#include "cow.h"
#include "snapshot.h"

/* Pages between two moments for others to run. */
#define KHMAP_SNAPSHOT_STEP	256
/* Other snapshots that are looked at while the mutex is held, at least. */
#define KHMAP_SNAPSHOT_LOOKS	4096

void khmap_snapshot_trim(struct khmap_snapshot *snapshot, u64 from)
{
	u64 i;

	for (i = from; i < snapshot->room; i++) {
		if (snapshot->own[i])
			os_page_free(snapshot->account, snapshot->own[i]);
		snapshot->own[i] = NULL;
		if (!(i & (KHMAP_SNAPSHOT_STEP - 1)))
			os_resched();
	}
}

void khmap_snapshot_free(struct khmap_snapshot *snapshot)
{
	struct khmap_account *account = snapshot->account;
	size_t size = snapshot->room * sizeof(*snapshot->own);

	khmap_snapshot_trim(snapshot, 0);
	os_free(account, snapshot->own, size);
	os_free(account, snapshot->slot, size);
	khmap_pool_destroy(snapshot->pool, account);
	if (snapshot->header)
		os_page_free(account, snapshot->header);
	os_free(account, snapshot, sizeof(*snapshot));
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
 * ours in others are not filled any more, so none has to be locked, and who is cut
 * from now on has none of our pages.  Returns how many others it looked at.
 */
static u32 khmap_snapshot_bequeath(struct khmap_snapshot *snapshot, u64 page)
{
	struct khmap_snapshot *other, *loose = NULL;
	void *copy = snapshot->slot[page];
	u32 looked = 0;
	u64 place = 0;

	if (copy != snapshot->own[page])
		return looked;
	for (other = snapshot->table->saves.first; other; other = other->next) {
		u64 same = khmap_snapshot_same(snapshot, page, other);

		looked++;
		if (!same || os_load_acquire(&other->slot[same]) != copy)
			continue;
		if (other->pool) {
			loose = other;
			place = same;
			continue;
		}
		snapshot->own[page] = other->own[same];
		other->own[same] = copy;
		return looked;
	}
	if (!loose)
		return looked;
	/* It has nothing to give for it, and readers may be at the copy. */
	loose->own[place] = copy;
	snapshot->own[page] = NULL;
	os_page_move(snapshot->account, loose->account);
	return looked;
}

void khmap_snapshot_destroy(struct khmap_snapshot *snapshot)
{
	struct khmap_saves *saves;
	u32 looked = 0;
	u64 page;

	if (!snapshot)
		return;
	saves = &snapshot->table->saves;
	os_mutex_lock(&saves->mutex);
	khmap_snapshot_unlink(snapshot);
	for (page = 1; saves->first && page < snapshot->pages; page++) {
		if (snapshot->slot[page])
			looked += khmap_snapshot_bequeath(snapshot, page);
		if (looked < KHMAP_SNAPSHOT_LOOKS && page & (KHMAP_SNAPSHOT_STEP - 1))
			continue;
		/* Each page stands for itself, so somebody else may come between. */
		looked = 0;
		os_mutex_unlock(&saves->mutex);
		os_resched();
		os_mutex_lock(&saves->mutex);
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

static void *khmap_snapshot_save(struct khmap_reading *reading, u64 page)
{
	struct khmap_snapshot *snapshot = reading->snapshot;
	void *copy = khmap_snapshot_peek(snapshot, page);
	enum khmap_region region;
	u32 index;

	if (copy || page >= snapshot->pages)
		return copy;
	region = khmap_snapshot_locate(snapshot, page, &index);
	khmap_save_page(snapshot->table, region, index, reading);
	return os_load_acquire(&snapshot->slot[page]);
}

void *khmap_snapshot_page(struct khmap_snapshot *snapshot, u64 page)
{
	struct khmap_reading reading = { .snapshot = snapshot };

	return khmap_snapshot_save(&reading, page);
}

void *khmap_snapshot_fetch(struct khmap_snapshot *snapshot, u64 page)
{
	struct khmap_reading reading = { .snapshot = snapshot };
	void *copy = khmap_snapshot_save(&reading, page);

	if (copy || page >= snapshot->pages)
		return copy;
	reading.spare = os_page_alloc(snapshot->account);
	/* It may be there by now, whether we have memory or not. */
	copy = khmap_snapshot_save(&reading, page);
	if (reading.spare)
		os_page_free(snapshot->account, reading.spare);
	return copy;
}

void *khmap_snapshot_absent(const struct khmap_snapshot *snapshot, u64 page)
{
	u32 index;

	if (!snapshot->pool || !page || page >= snapshot->pages)
		return NULL;
	return snapshot->pool->lost[khmap_snapshot_locate(snapshot, page, &index) !=
				    KHMAP_REGION_PRIMARY];
}

int khmap_snapshot_refill(struct khmap_snapshot *snapshot, bool (*stop)(void))
{
	struct khmap_pool *pool = snapshot->pool;
	u64 lacks = khmap_snapshot_lacks(snapshot);

	return khmap_pool_fill(pool, snapshot->account,
			       lacks < pool->bound ? (u32)lacks : pool->bound,
			       stop);
}

int khmap_snapshot_read(struct khmap_snapshot *snapshot, u64 page, void *to)
{
	struct khmap_table *table = snapshot->table;
	const void *from = khmap_snapshot_peek(snapshot, page);
	enum khmap_region region;
	unsigned long flags;
	os_lock_t *lock;
	bool lost;
	u32 index;

	if (page >= snapshot->pages)
		return -EINVAL;
	if (khmap_pool_lost(snapshot->pool, from))
		return -EIO;
	if (from) {
		memcpy(to, from, KHMAP_OS_PAGE_SIZE);
		return 0;
	}
	region = khmap_snapshot_locate(snapshot, page, &index);
	lock = khmap_save_lock(table, index);
	os_lock(lock, flags);
	from = snapshot->slot[page];
	lost = khmap_pool_lost(snapshot->pool, from);
	if (!lost)
		khmap_save_copy(to, from ? from :
				khmap_save_source(table, region, index));
	os_unlock(lock, flags);
	return lost ? -EIO : 0;
}

/* A bucket of the image; its page is copied for good, as a reader's would be. */
static int khmap_snapshot_bucket(struct khmap_snapshot *snapshot, u64 page,
				 struct khmap_bucket *bucket)
{
	char *bytes = khmap_snapshot_fetch(snapshot, page);

	if (!bytes)
		return -ENOMEM;
	bucket->head = (void *)(bytes +
				khmap_bucket_offset(&snapshot->header->geometry,
						    bucket));
	return khmap_pool_lost(snapshot->pool, bytes) ? -EIO : 0;
}

/* The bucket with which a key's chain begins. */
static int khmap_snapshot_first(struct khmap_snapshot *snapshot, u64 hash,
				struct khmap_bucket *bucket)
{
	const struct khmap_image_header *h = snapshot->header;
	const struct khmap_geometry *g = &h->geometry;
	u32 place;

	if (!h->shape) {
		*bucket = (struct khmap_bucket){
			.head = (void *)((char *)h + g->inline_offset),
			.region = KHMAP_REGION_HEADER,
			.tags_size = KHMAP_INLINE_TAGS,
			.slots = g->inline_slots,
		};
		return 0;
	}
	place = khmap_shape_place(h->shape, hash);
	*bucket = (struct khmap_bucket){
		.at = place,
		.region = KHMAP_REGION_PRIMARY,
		.tags_size = g->tags_size,
		.slots = g->bucket_slots,
	};
	return khmap_snapshot_bucket(snapshot, 1 + (u64)khmap_place_page(place),
				     bucket);
}

int khmap_snapshot_get(struct khmap_snapshot *snapshot, const void *key,
		       void *value)
{
	const struct khmap_image_header *h = snapshot->header;
	const struct khmap_geometry *g = &h->geometry;
	const struct khmap_table *table = snapshot->table;
	u64 hash = khmap_hash(h->hash_kind, h->hash_secret, key, g->key_size);
	struct khmap_bucket bucket;
	u32 slot, reference, classes;
	int err = khmap_snapshot_first(snapshot, hash, &bucket);

	if (err)
		return err;
	classes = bucket.head->tags[bucket.tags_size - 1];
	for (;;) {
		slot = khmap_bucket_find(table, &bucket, key,
					 khmap_tophash(hash));
		if (slot < bucket.slots)
			break;
		reference = bucket.head->overflow;
		/* No page is asked for in vain: it may be lost. */
		if (!reference || !(classes & khmap_class_bit(hash)))
			return -ENOENT;
		bucket = (struct khmap_bucket){
			.at = reference,
			.region = KHMAP_REGION_OVERFLOW,
			.tags_size = KHMAP_OVERFLOW_TAGS,
			.slots = g->overflow_slots,
		};
		err = khmap_snapshot_bucket(snapshot, 1 +
					    (u64)snapshot->primary_pages +
					    khmap_reference_page(g, reference),
					    &bucket);
		if (err)
			return err;
	}
	memcpy(value, (char *)khmap_bucket_slot(table, &bucket, slot) +
		      g->value_offset, g->value_size);
	return 0;
}
