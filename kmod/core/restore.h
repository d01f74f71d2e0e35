/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * restore.h - an image becomes a map
 *
 * The image is somebody else's: each page is copied first, and only the copy is
 * looked at.  Of the header nothing is taken over but what was checked, and all
 * that can be computed is computed again and compared.
 */
#ifndef _KHMAP_CORE_RESTORE_H
#define _KHMAP_CORE_RESTORE_H

#include "table.h"

#define KHMAP_DAMAGE_NOWHERE	(~0u)	/* a damage has no such place */

/**
 * struct khmap_damage_place - what is wrong with an image, and where
 * @what: enum khmap_damage
 * @page: from the image's start
 * @bucket: within the page, or KHMAP_DAMAGE_NOWHERE
 * @slot: within the bucket, or KHMAP_DAMAGE_NOWHERE
 * @offset: from the page's start: of the header's field, or of the bucket
 */
struct khmap_damage_place {
	u32 what;
	u64 page;
	u32 bucket;
	u32 slot;
	u32 offset;
};

/**
 * struct khmap_restore - an image on its way into a table
 * @fetch: copies page @page of the image to @to, KHMAP_OS_PAGE_SIZE bytes.  Each
 *	page is asked for once.  May sleep.  Returns 0 or a negative errno
 * @stop: asked now and then whether to stop; or NULL.  Its argument is NULL
 * @from: for @fetch
 * @bytes: of the image that may be fetched
 * @header: a page: the image's first, filled by khmap_restore_open()
 * @shape: of the image
 * @primary_pages: of the image
 * @overflow_pages: of the image
 * @damage: filled if the image is refused
 */
struct khmap_restore {
	int (*fetch)(void *from, u64 page, void *to);
	khmap_stop_t stop;
	void *from;
	u64 bytes;
	void *header;
	u32 shape;
	u32 primary_pages;
	u32 overflow_pages;
	struct khmap_damage_place damage;
};

/**
 * khmap_restore_open() - fetch and check an image's header
 * @restore: @fetch, @stop, @from, @bytes and @header are given
 * @params: filled with what the image says: sizes, layout, hash and its secret,
 *	load, schema (in @restore's header), ceiling of entries, pages.  The caller
 *	gives the others, and may give another ceiling of entries
 *
 * Context: may sleep.
 * Return: 0; of @fetch; -EINVAL it is no image, or that of a live map;
 * -EPROTONOSUPPORT of another kernel's page size, of a byte order, version,
 * feature or hash that is not known; -EUCLEAN it is damaged.
 */
int khmap_restore_open(struct khmap_restore *restore,
		       struct khmap_table_params *params);

/**
 * khmap_restore_bytes() - memory that khmap_table_restore() will take
 * @restore: of khmap_restore_open()
 * @params: of the table
 * @bytes: filled; without the allocator's own overhead
 *
 * Context: any.
 * Return: 0; -EINVAL or -E2BIG of @params.
 */
int khmap_restore_bytes(const struct khmap_restore *restore,
			const struct khmap_table_params *params, u64 *bytes);

/**
 * khmap_table_restore() - a map with an image's entries
 * @restore: of khmap_restore_open()
 * @params: likewise, completed
 * @account: charged; must outlive the table
 * @table: the new table, owned by the caller
 *
 * Sequences are kept, so the buckets are the image's byte for byte.  Each entry
 * counts as an insert.  An image whose overflow pages have chains of several
 * stripes gets a table of fewer stripes, so that each page has one owner.
 *
 * Context: may sleep.
 * Return: 0; of @fetch; -EUCLEAN a page is damaged; -EIO it is one that a best-effort
 * snapshot has lost; -ENOSPC the image has more
 * entries than @params allow; -ENOMEM; -EINTR if @stop said so; -EINVAL or -E2BIG
 * of @params.
 */
int khmap_table_restore(struct khmap_restore *restore,
			const struct khmap_table_params *params,
			struct khmap_account *account,
			struct khmap_table **table);

#endif /* _KHMAP_CORE_RESTORE_H */
