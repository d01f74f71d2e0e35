// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * copy.c - a table that nobody writes to, as an image whose pages are adjacent
 *
 * The copy's regions are adjacent, so its header says where they are; its
 * references need no change, as they are indexes.
 */
#include "../../kmod/core/chain.h"
#include "../../kmod/core/overflow.h"
#include "copy.h"

/* Copy the table's pages over those of the copy, which has as many. */
static void khmap_copy_region(struct khmap_extents *to,
			      const struct khmap_extents *from, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		const void *page = khmap_extents_get(from, i);

		/* An overflow page may have an index but no memory yet. */
		if (page)
			memcpy(khmap_extents_get(to, i), page,
			       KHMAP_OS_PAGE_SIZE);
		if (!(i & (KHMAP_LEAF_PAGES - 1)))
			os_resched();
	}
}

static void khmap_copy_header(struct khmap_table *table,
			      struct khmap_copy *copy, u64 snapshot_ns,
			      u64 epoch)
{
	u32 primary_pages = copy->primary.max;
	u32 overflow_pages = copy->overflow_pages;
	struct khmap_image_header *h = copy->header;
	struct khmap_counts counts;

	memcpy(h, table->header, KHMAP_OS_PAGE_SIZE);
	/* A live stat stores there too, and may have begun to count before. */
	khmap_table_stat(table, &counts);
	h->entries = counts.entries;
	h->overflow_entries = counts.overflow_entries;
	h->overflow_buckets = counts.overflow_buckets;
	h->kind = KHMAP_IMAGE_SNAPSHOT;
	h->primary_offset = KHMAP_OS_PAGE_SIZE;
	h->primary_pages = primary_pages;
	h->primary_pages_max = primary_pages;
	h->overflow_offset = h->primary_offset +
			     ((u64)primary_pages << KHMAP_OS_PAGE_SHIFT);
	h->overflow_pages = overflow_pages;
	h->overflow_pages_max = overflow_pages;
	h->image_size = h->overflow_offset +
			((u64)overflow_pages << KHMAP_OS_PAGE_SHIFT);
	h->snapshot_ns = snapshot_ns;
	h->epoch = epoch;
	h->successor = 0;
}

int khmap_copy_alloc(struct khmap_account *account, struct khmap_copy **result)
{
	struct khmap_copy *copy = os_alloc(account, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	copy->account = account;
	copy->header = os_pages_alloc(account, 0, 0);
	if (!copy->header) {
		khmap_copy_destroy(copy);
		return -ENOMEM;
	}
	*result = copy;
	return 0;
}

static void khmap_copy_drop(struct khmap_copy *copy)
{
	struct khmap_account *account = copy->account;

	khmap_extents_drain(&copy->primary, account, 1, 0);
	khmap_extents_drain(&copy->overflow, account,
			    1 + (u64)copy->primary.max, 0);
	khmap_extents_free(&copy->primary, account);
	khmap_extents_free(&copy->overflow, account);
	copy->overflow_pages = 0;
}

/* Allocate the pages of @index to @count, in the longest runs that there are. */
static int khmap_copy_allocate(struct khmap_extents *extents,
			       struct khmap_account *account, u64 base,
			       u32 index, u32 count, bool (*stop)(void))
{
	while (index < count) {
		unsigned int order = KHMAP_LEAF_SHIFT;
		u32 end = (index | (KHMAP_LEAF_PAGES - 1)) + 1;

		if (stop && stop())
			return -EINTR;
		if (khmap_extents_leaf(extents, account, NULL, index))
			return -ENOMEM;
		if (end > count)
			end = count;
		while (index < end) {
			unsigned int got = order;

			if (khmap_extents_run(extents, account, base, index,
					      end - index, &got))
				return -ENOMEM;
			index += 1u << got;
			os_resched();
		}
	}
	return 0;
}

int khmap_copy_reserve(struct khmap_copy *copy, struct khmap_table *table,
		       bool (*stop)(void))
{
	u32 primary_pages = khmap_shape_pages(os_load_acquire(&table->header->shape));
	u32 overflow_pages = khmap_overflow_pages(table);
	struct khmap_account *account = copy->account;
	int err;

	/* Promotion moves the overflow region; there is little to drop. */
	if (!copy->overflow.max || copy->primary.max != primary_pages) {
		khmap_copy_drop(copy);
		khmap_extents_init(&copy->primary, primary_pages);
		/* Room for pages that the table gets before it is copied. */
		khmap_extents_init(&copy->overflow, table->overflow_max);
		err = khmap_copy_allocate(&copy->primary, account, 1, 0,
					  primary_pages, stop);
		if (err)
			return err;
	}
	err = khmap_copy_allocate(&copy->overflow, account,
				  1 + (u64)primary_pages, copy->overflow_pages,
				  overflow_pages, stop);
	/* Compaction may have shortened the region: it may grow again, too. */
	if (!err && copy->overflow_pages < overflow_pages)
		copy->overflow_pages = overflow_pages;
	return err;
}

int khmap_copy_fill(struct khmap_copy *copy, struct khmap_table *table,
		    u64 snapshot_ns, u64 epoch)
{
	u32 overflow_pages = khmap_overflow_pages(table);

	if (copy->primary.max != khmap_shape_pages(os_load_acquire(&table->header->shape)) ||
	    copy->overflow_pages < overflow_pages)
		return -EAGAIN;
	/* More were reserved before compaction shortened the region. */
	if (copy->overflow_pages > overflow_pages)
		khmap_extents_drain(&copy->overflow, copy->account,
				    1 + (u64)copy->primary.max, overflow_pages);
	copy->overflow_pages = overflow_pages;
	khmap_copy_header(table, copy, snapshot_ns, epoch);
	khmap_copy_region(&copy->primary, &table->primary, copy->primary.max);
	khmap_copy_region(&copy->overflow, &table->overflow,
			  copy->overflow_pages);
	return 0;
}

int khmap_copy_create(struct khmap_table *table, struct khmap_account *account,
		      u64 snapshot_ns, u64 epoch, struct khmap_copy **result)
{
	struct khmap_copy *copy;
	int err;

	err = khmap_copy_alloc(account, &copy);
	if (err)
		return err;
	err = khmap_copy_reserve(copy, table, NULL);
	if (!err)
		err = khmap_copy_fill(copy, table, snapshot_ns, epoch);
	if (err)
		khmap_copy_destroy(copy);
	else
		*result = copy;
	return err;
}

void khmap_copy_destroy(struct khmap_copy *copy)
{
	struct khmap_account *account;

	if (!copy)
		return;
	account = copy->account;
	khmap_copy_drop(copy);
	if (copy->header)
		os_pages_free(account, 0, copy->header, 0);
	os_free(account, copy, sizeof(*copy));
}

void *khmap_copy_page(const struct khmap_copy *copy, u64 page)
{
	if (!page)
		return copy->header;
	if (page <= copy->primary.max)
		return khmap_extents_get(&copy->primary, (u32)(page - 1));
	if (page - copy->primary.max <= copy->overflow.max)
		return khmap_extents_get(&copy->overflow,
					 (u32)(page - copy->primary.max - 1));
	return NULL;
}

int khmap_copy_get(const struct khmap_copy *copy, const void *key, void *value)
{
	const struct khmap_image_header *h = copy->header;
	const struct khmap_geometry *g = &h->geometry;
	/* A table, as far as a search looks at one; it has no writers. */
	const struct khmap_table view = {
		.geometry = *g,
		.header = copy->header,
		.primary = copy->primary,
		.overflow = copy->overflow,
	};
	u64 hash = khmap_hash(h->hash_kind, h->hash_secret, key, g->key_size);
	struct khmap_bucket first;
	struct khmap_place place;

	if (h->shape)
		first = khmap_bucket_at(&view, khmap_shape_place(h->shape,
								 hash));
	else
		first = khmap_bucket_inline(&view);
	khmap_chain_find(&view, &first, key, hash, &place);
	if (!place.found)
		return -ENOENT;
	memcpy(value, (const char *)khmap_bucket_slot(&view, &place.bucket,
						      place.slot) +
		      g->value_offset, g->value_size);
	return 0;
}
