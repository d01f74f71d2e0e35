/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * extents.h - a region's pages, found by index
 *
 * A directory of leaves that never move, so that one may be read while the
 * region grows: an entry is published by a store-release and then stays until
 * the region is freed.
 */
#ifndef _KHMAP_CORE_EXTENTS_H
#define _KHMAP_CORE_EXTENTS_H

#include "os.h"

#define KHMAP_LEAF_SHIFT	9
#define KHMAP_LEAF_PAGES	(1u << KHMAP_LEAF_SHIFT)

/**
 * struct khmap_leaf - entries of KHMAP_LEAF_PAGES indexes
 * @entry: addresses, or NULL
 * @order: at the first index of a run of pages, log2 of its length
 */
struct khmap_leaf {
	void *entry[KHMAP_LEAF_PAGES];
	u8 order[KHMAP_LEAF_PAGES];
};

/**
 * struct khmap_extents - addresses by index
 * @leaves: directory
 * @max: indexes that the directory has room for, constant
 */
struct khmap_extents {
	struct khmap_leaf **leaves;
	u32 max;
};

/**
 * khmap_extents_init() - an empty directory
 * @extents: filled
 * @account: charged
 * @max: indexes to have room for, may be 0
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int khmap_extents_init(struct khmap_extents *extents,
		       struct khmap_account *account, u32 max);

/**
 * khmap_extents_free() - free a directory, not what it points to
 * @extents: may never have been initialised if zeroed
 * @account: as at khmap_extents_init()
 */
void khmap_extents_free(struct khmap_extents *extents,
			struct khmap_account *account);

/**
 * khmap_extents_leaf() - make sure that there is a leaf for an index
 * @extents: the directory
 * @account: charged
 * @lock: guards the directory against others who do the same; or NULL
 * @index: below @max
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int khmap_extents_leaf(struct khmap_extents *extents,
		       struct khmap_account *account, os_lock_t *lock,
		       u32 index);

/**
 * khmap_extents_set() - publish an entry
 * @extents: the directory
 * @index: has a leaf, and no entry
 * @entry: not NULL; all stores to what it points to come before
 */
void khmap_extents_set(struct khmap_extents *extents, u32 index, void *entry);

/**
 * khmap_extents_fill() - allocate pages
 * @extents: without pages from @index on
 * @account: charged
 * @base: the first page's place in the image, in pages
 * @index: the first one to get a page
 * @count: the first one that gets none, at most @max
 * @stop: asked between leaves whether to stop; or NULL
 *
 * In the longest runs that the allocator has, up to a leaf's length.
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM, or -EINTR if @stop said so: then free what there is by
 * khmap_extents_drain().
 */
int khmap_extents_fill(struct khmap_extents *extents,
		       struct khmap_account *account, u64 base, u32 index,
		       u32 count, bool (*stop)(void));

/**
 * khmap_extents_drain() - free the pages of all entries
 * @extents: the directory; nobody else may use it
 * @account: as when they were allocated
 * @base: likewise
 *
 * Context: may sleep.
 */
void khmap_extents_drain(struct khmap_extents *extents,
			 struct khmap_account *account, u64 base);

/* The entry of an index; NULL if there is none or it is out of range. */
static inline void *khmap_extents_get(const struct khmap_extents *extents,
				      u32 index)
{
	const struct khmap_leaf *leaf;

	if (unlikely(index >= extents->max))
		return NULL;
	leaf = os_load_acquire(&extents->leaves[index >> KHMAP_LEAF_SHIFT]);
	if (unlikely(!leaf))
		return NULL;
	return os_load_acquire(&leaf->entry[index & (KHMAP_LEAF_PAGES - 1)]);
}

#endif /* _KHMAP_CORE_EXTENTS_H */
