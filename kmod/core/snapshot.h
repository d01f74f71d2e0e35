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

#include "table.h"

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
 * @copied: slots that are filled
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
	os_count_t copied;
};

/**
 * khmap_snapshot_create() - take a snapshot
 * @table: the map; others may read and write it
 * @account: charged; must outlive the snapshot
 * @stop: asked while memory is allocated whether to stop; or NULL
 * @snapshot: the new snapshot, owned by the caller
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; -EINTR if @stop said so; -EAGAIN the map grew faster than
 * memory could be had, again and again; -EOVERFLOW KHMAP_SNAPSHOTS_MAX of this
 * map are there, or it has had as many as can be numbered.
 */
int khmap_snapshot_create(struct khmap_table *table,
			  struct khmap_account *account, bool (*stop)(void),
			  struct khmap_snapshot **snapshot);

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
 * Return: its address, where it stays while the snapshot is; NULL past the end.
 */
void *khmap_snapshot_page(struct khmap_snapshot *snapshot, u64 page);

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
 * Return: false past the end.
 */
bool khmap_snapshot_read(struct khmap_snapshot *snapshot, u64 page, void *to);

/**
 * khmap_snapshot_get() - look a key up
 * @snapshot: the snapshot
 * @key: key_size bytes
 * @value: value_size bytes, filled on success
 *
 * Context: any that may take a raw spinlock.
 * Return: 0 or -ENOENT.
 */
int khmap_snapshot_get(struct khmap_snapshot *snapshot, const void *key,
		       void *value);

#endif /* _KHMAP_CORE_SNAPSHOT_H */
