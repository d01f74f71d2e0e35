/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * copy.h - a table that nobody writes to, as an image whose pages are adjacent
 *
 * For tests and tools that make image files without a kernel.
 */
#ifndef KHMAP_ENGINE_COPY_H
#define KHMAP_ENGINE_COPY_H

#include "../../kmod/core/table.h"

/**
 * struct khmap_copy - the pages of a snapshot
 * @account: of the map's creator
 * @header: the header page
 * @primary: the primary region
 * @overflow: the overflow region, which follows it
 * @overflow_pages: of the overflow region; of a copy that is not filled, as many as
 *	are reserved
 */
struct khmap_copy {
	struct khmap_account *account;
	struct khmap_image_header *header;
	struct khmap_extents primary;
	struct khmap_extents overflow;
	u32 overflow_pages;
};

/**
 * khmap_copy_alloc() - a copy without pages
 * @account: charged; must outlive the copy
 * @copy: the new copy, owned by the caller
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM.
 */
int khmap_copy_alloc(struct khmap_account *account, struct khmap_copy **copy);

/**
 * khmap_copy_reserve() - get as many pages as a table has
 * @copy: not filled; may have pages, of an earlier call for @table
 * @table: writers may be inside
 * @stop: asked now and then whether to stop; or NULL
 *
 * Context: may sleep, to allocate.
 * Return: 0; -ENOMEM, or -EINTR if @stop said so: then @copy can only be
 * destroyed.
 */
int khmap_copy_reserve(struct khmap_copy *copy, struct khmap_table *table,
		       bool (*stop)(void));

/**
 * khmap_copy_fill() - copy a table's pages
 * @copy: of khmap_copy_reserve() for @table
 * @table: no writer may be inside it until this returns
 * @snapshot_ns: for the header
 * @epoch: for the header
 *
 * Context: may sleep, but allocates nothing.
 * Return: 0; -EAGAIN the table has more pages by now: reserve again.
 */
int khmap_copy_fill(struct khmap_copy *copy, struct khmap_table *table,
		    u64 snapshot_ns, u64 epoch);

/**
 * khmap_copy_create() - all of it, for a table that nobody writes to
 * @table: no writer may be inside it until this returns
 * @account: charged; must outlive the copy
 * @snapshot_ns: for the header
 * @epoch: for the header
 * @copy: the new copy, owned by the caller
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM.
 */
int khmap_copy_create(struct khmap_table *table, struct khmap_account *account,
		      u64 snapshot_ns, u64 epoch, struct khmap_copy **copy);

/**
 * khmap_copy_destroy() - free a copy
 * @copy: or NULL
 *
 * Context: may sleep.
 */
void khmap_copy_destroy(struct khmap_copy *copy);

/**
 * khmap_copy_page() - a page of a copy
 * @copy: the copy
 * @page: from the image's start, in pages
 *
 * Context: any.
 * Return: its address; NULL past the end.
 */
void *khmap_copy_page(const struct khmap_copy *copy, u64 page);

/**
 * khmap_copy_get() - look a key up in a copy
 * @copy: the copy
 * @key: key_size bytes
 * @value: value_size bytes, filled on success
 *
 * Context: any.
 * Return: 0 or -ENOENT.
 */
int khmap_copy_get(const struct khmap_copy *copy, const void *key,
		   void *value);

#endif
