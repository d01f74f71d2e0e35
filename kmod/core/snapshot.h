/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * snapshot.h - one instant of a map
 *
 * Taking a snapshot copies the header page and nothing else, and holds writers
 * still for just that.  Other pages are copied when the map next stores to
 * them, or when the snapshot's reader wants them.  All memory that this takes
 * is there before: a snapshot that was granted does not fail.
 */
#ifndef _KHMAP_CORE_SNAPSHOT_H
#define _KHMAP_CORE_SNAPSHOT_H

#include "pool.h"

/**
 * struct khmap_snapshot - one instant of a map, an image of its own
 * @table: the map; outlives the snapshot
 * @account: charged with all of the snapshot's memory
 * @next: the next younger one; NULL for the youngest
 * @header: the header page of the image
 * @slot: the copy of each page, by its number in the image; NULL: the map's page
 *	is as it was.  It may be another snapshot's own.  Filled under the page's
 *	khmap_save_lock(), for good
 * @own: a page in reserve for each slot; under the table's mutex, but for those
 *	whose slot is empty
 * @room: slots that @slot and @own have
 * @pages: of the image, the header page included
 * @primary_pages: of these, of the primary region
 * @overflow_pages: of the overflow region, which follows it
 * @pool: of a best-effort snapshot, where @own comes from when a page is stored to, or
 *	when it has one for each page that is still lacked; or NULL
 * @copied: slots that are filled with a copy
 */
struct khmap_snapshot {
	struct khmap_table *table;
	struct khmap_account *account;
	struct khmap_snapshot *next;
	struct khmap_image_header *header;
	void **slot;
	void **own;
	u64 room;
	u64 pages;
	u32 primary_pages;
	u32 overflow_pages;
	struct khmap_pool *pool;
	os_count_t copied;
};

/* Pages of a best-effort snapshot that are the map's still: no fewer than that. */
static inline u64 khmap_snapshot_lacks(const struct khmap_snapshot *snapshot)
{
	return snapshot->pages - 1 - (u64)os_count_read(&snapshot->copied) -
	       (u64)os_count_read(&snapshot->pool->losses);
}

/**
 * khmap_snapshot_create() - take a snapshot
 * @table: the map; others may read and write it
 * @account: charged; must outlive the snapshot
 * @stop: asked while memory is allocated whether to stop; or NULL
 * @snapshot: the new snapshot, owned by the caller
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; -EINTR if @stop said so, or the caller was killed; -EAGAIN
 * the map grew faster than memory could be had, again and again; -EOVERFLOW
 * KHMAP_SNAPSHOTS_MAX of this map are there, or it has had as many as can be
 * numbered.
 */
int khmap_snapshot_create(struct khmap_table *table,
			  struct khmap_account *account, bool (*stop)(void),
			  struct khmap_snapshot **snapshot);

/**
 * khmap_snapshot_create_loose() - take a best-effort snapshot
 * @table: as of khmap_snapshot_create()
 * @account: likewise
 * @stop: likewise
 * @pool_pages: pages in reserve at most, for all of the image
 * @snapshot: the new snapshot, owned by the caller
 *
 * A page that is stored to when the pool is empty, and that no other snapshot has
 * a copy of, is lost to it.  khmap_pool_notify() says when to
 * khmap_snapshot_refill().
 *
 * Context: may sleep.
 * Return: as khmap_snapshot_create().
 */
int khmap_snapshot_create_loose(struct khmap_table *table,
				struct khmap_account *account,
				bool (*stop)(void), u32 pool_pages,
				struct khmap_snapshot **snapshot);

/**
 * khmap_snapshot_refill() - fill the pool of a best-effort snapshot
 * @snapshot: the snapshot
 * @stop: as of khmap_pool_fill()
 *
 * With no more pages than it lacks.
 *
 * Context: may sleep.
 * Return: as of khmap_pool_fill().
 */
int khmap_snapshot_refill(struct khmap_snapshot *snapshot, bool (*stop)(void));

/* Free the pages in reserve from @from on; for cut.c. */
void khmap_snapshot_trim(struct khmap_snapshot *snapshot, u64 from);

/* Free a snapshot that is in no list; for cut.c. */
void khmap_snapshot_free(struct khmap_snapshot *snapshot);

/**
 * khmap_snapshot_destroy() - drop a snapshot
 * @snapshot: or NULL; nobody reads it any more
 *
 * In any order, and while others write to the map.
 *
 * Context: may sleep.
 */
void khmap_snapshot_destroy(struct khmap_snapshot *snapshot);

/**
 * khmap_snapshot_page() - a page of the image, to be kept
 * @snapshot: the snapshot
 * @page: its number in the image
 *
 * Copies it if that has not been done yet.
 *
 * Context: any that may take a raw spinlock.
 * Return: its address, where it stays while the snapshot is; NULL past the end, or
 * if a best-effort snapshot lacks it and no other has a page in reserve for it.
 */
void *khmap_snapshot_page(struct khmap_snapshot *snapshot, u64 page);

/**
 * khmap_snapshot_fetch() - khmap_snapshot_page() that allocates if it must
 * @snapshot: the snapshot
 * @page: from the image's start
 *
 * The memory is the snapshot's, and none of a pool's as long as what is stored to may
 * want it.
 *
 * Context: may sleep.
 * Return: as khmap_snapshot_page(), but NULL of a best-effort snapshot is for want
 * of memory.
 */
void *khmap_snapshot_fetch(struct khmap_snapshot *snapshot, u64 page);

/**
 * khmap_snapshot_absent() - what a reader gets who cannot be given a page
 * @snapshot: the snapshot
 * @page: from the image's start
 *
 * The page itself is not lost by it.
 *
 * Context: any.
 * Return: a page that reads as a lost one; NULL past the end, and if each page has
 * one in reserve.
 */
void *khmap_snapshot_absent(const struct khmap_snapshot *snapshot, u64 page);

/* Whether khmap_snapshot_peek() and the like returned what stands for a lost page. */
static inline bool khmap_snapshot_lost(const struct khmap_snapshot *snapshot,
				       const void *page)
{
	return khmap_pool_lost(snapshot->pool, page);
}

/* Pages that are lost. */
static inline u64 khmap_snapshot_losses(const struct khmap_snapshot *snapshot)
{
	return snapshot->pool ? (u64)os_count_read(&snapshot->pool->losses) : 0;
}

/**
 * khmap_snapshot_peek() - a page of the image, if it has been copied
 * @snapshot: the snapshot
 * @page: its number in the image
 *
 * Context: any.
 * Return: as khmap_snapshot_page(); NULL also if it is not there yet.
 */
void *khmap_snapshot_peek(const struct khmap_snapshot *snapshot, u64 page);

/**
 * khmap_snapshot_read() - what is in a page of the image
 * @snapshot: the snapshot
 * @page: its number in the image
 * @to: KHMAP_OS_PAGE_SIZE bytes, filled
 *
 * Leaves the snapshot's reserve alone.
 *
 * Context: any that may take a raw spinlock.
 * Return: 0; -EINVAL past the end; -EIO the page was lost.
 */
int khmap_snapshot_read(struct khmap_snapshot *snapshot, u64 page, void *to);

/**
 * khmap_snapshot_get() - look a key up
 * @snapshot: the snapshot
 * @key: key_size bytes
 * @value: value_size bytes, filled on success
 *
 * Context: any that may take a raw spinlock; of a best-effort snapshot, may sleep.
 * Return: 0 or -ENOENT; of a best-effort snapshot also -EIO a page that would have
 * to be read was lost; -ENOMEM it could not be copied.
 */
int khmap_snapshot_get(struct khmap_snapshot *snapshot, const void *key,
		       void *value);

#endif /* _KHMAP_CORE_SNAPSHOT_H */
