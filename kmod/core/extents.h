/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * extents.h - a region's pages, found by index
 *
 * A tree of three levels, whose nodes never move, so that one may be read while
 * the region grows: whatever it points to is published by a store-release and
 * then stays until the region is freed.  It takes memory for the part that is
 * in use only, so that a map may have a high ceiling and few pages.
 */
#ifndef _KHMAP_CORE_EXTENTS_H
#define _KHMAP_CORE_EXTENTS_H

#include "os.h"
#include <linux/khmap_image.h>

#define KHMAP_LEAF_SHIFT	9
#define KHMAP_LEAF_PAGES	(1u << KHMAP_LEAF_SHIFT)
#define KHMAP_BRANCH_SHIFT	8
#define KHMAP_BRANCH_LEAVES	(1u << KHMAP_BRANCH_SHIFT)
#define KHMAP_ROOT_SHIFT	(KHMAP_LEAF_SHIFT + KHMAP_BRANCH_SHIFT)
#define KHMAP_ROOT_BRANCHES	((KHMAP_PAGES_MAX >> KHMAP_ROOT_SHIFT) + 1)

/**
 * struct khmap_leaf - entries of KHMAP_LEAF_PAGES indexes
 * @entry: addresses, or NULL
 * @order: at the first index of a run of pages, log2 of its length
 * @epoch: of pages, up to which snapshot each has been copied; under the lock of
 *	the stripe that owns the page
 */
struct khmap_leaf {
	void *entry[KHMAP_LEAF_PAGES];
	u8 order[KHMAP_LEAF_PAGES];
	u64 epoch[KHMAP_LEAF_PAGES];
};

/**
 * struct khmap_branch - leaves of KHMAP_BRANCH_LEAVES * KHMAP_LEAF_PAGES indexes
 * @leaf: leaves, or NULL
 */
struct khmap_branch {
	struct khmap_leaf *leaf[KHMAP_BRANCH_LEAVES];
};

/**
 * struct khmap_extents - addresses by index
 * @branch: the tree's root
 * @max: indexes that there may be, constant
 */
struct khmap_extents {
	struct khmap_branch *branch[KHMAP_ROOT_BRANCHES];
	u32 max;
};

/**
 * khmap_extents_init() - an empty tree
 * @extents: zeroed
 * @max: indexes that there may be, 0..KHMAP_PAGES_MAX
 */
static inline void khmap_extents_init(struct khmap_extents *extents, u32 max)
{
	extents->max = max;
}

/**
 * khmap_extents_free() - free a tree, not what it points to
 * @extents: may never have been initialised if zeroed
 * @account: as at khmap_extents_leaf()
 */
void khmap_extents_free(struct khmap_extents *extents,
			struct khmap_account *account);

/**
 * khmap_extents_leaf() - make sure that there is a leaf for an index
 * @extents: the tree
 * @account: charged
 * @lock: guards the tree against others who do the same; or NULL
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
 * @extents: the tree
 * @index: has a leaf, and no entry
 * @entry: not NULL; all stores to what it points to come before
 */
void khmap_extents_set(struct khmap_extents *extents, u32 index, void *entry);

/**
 * khmap_extents_run() - allocate one run of pages
 * @extents: the leaf of @index exists; nobody else allocates at @index
 * @account: charged
 * @base: the region's place in the image, in pages
 * @index: the first one to get a page
 * @count: that the run may have, 1 or more; none may be in another leaf
 * @order: log2 of the longest run that is wanted; set to that of the run
 *
 * The longest that the allocator has, aligned to its own length.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int khmap_extents_run(struct khmap_extents *extents,
		      struct khmap_account *account, u64 base, u32 index,
		      u32 count, unsigned int *order);

/**
 * khmap_extents_drain() - free the pages of all entries, or of the last ones
 * @extents: the tree; nobody else may use it
 * @account: as when they were allocated
 * @base: likewise
 * @from: the first to go; a run that begins before stays as a whole
 *
 * Context: may sleep.
 */
void khmap_extents_drain(struct khmap_extents *extents,
			 struct khmap_account *account, u64 base, u32 from);

/* The leaf of an index below max; NULL if there is none. */
static inline struct khmap_leaf *
khmap_extents_leaf_of(const struct khmap_extents *extents, u32 index)
{
	const struct khmap_branch *branch =
		os_load_acquire(&extents->branch[index >> KHMAP_ROOT_SHIFT]);

	if (unlikely(!branch))
		return NULL;
	return os_load_acquire(&branch->leaf[index >> KHMAP_LEAF_SHIFT &
					     (KHMAP_BRANCH_LEAVES - 1)]);
}

/* The entry of an index; NULL if there is none or it is out of range. */
static inline void *khmap_extents_get(const struct khmap_extents *extents,
				      u32 index)
{
	const struct khmap_leaf *leaf;

	if (unlikely(index >= extents->max))
		return NULL;
	leaf = khmap_extents_leaf_of(extents, index);
	if (unlikely(!leaf))
		return NULL;
	return os_load_acquire(&leaf->entry[index & (KHMAP_LEAF_PAGES - 1)]);
}

/* The epoch of an index that has an entry. */
static inline u64 *khmap_extents_epoch(const struct khmap_extents *extents,
				       u32 index)
{
	return &khmap_extents_leaf_of(extents, index)->epoch[index &
							     (KHMAP_LEAF_PAGES - 1)];
}

#endif /* _KHMAP_CORE_EXTENTS_H */
