// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * extents.c - a region's pages, found by index
 */
#include "extents.h"

static u32 khmap_leaf_count(u32 max)
{
	return (u32)(((u64)max + KHMAP_LEAF_PAGES - 1) >> KHMAP_LEAF_SHIFT);
}

static size_t khmap_directory_size(u32 max)
{
	return (size_t)khmap_leaf_count(max) * sizeof(struct khmap_leaf *);
}

int khmap_extents_init(struct khmap_extents *extents,
		       struct khmap_account *account, u32 max)
{
	extents->max = 0;
	extents->leaves = NULL;
	if (!max)
		return 0;
	extents->leaves = os_alloc(account, khmap_directory_size(max));
	if (!extents->leaves)
		return -ENOMEM;
	extents->max = max;
	return 0;
}

void khmap_extents_free(struct khmap_extents *extents,
			struct khmap_account *account)
{
	u32 i, count = khmap_leaf_count(extents->max);

	for (i = 0; i < count; i++)
		os_free(account, extents->leaves[i], sizeof(struct khmap_leaf));
	os_free(account, extents->leaves, khmap_directory_size(extents->max));
	extents->leaves = NULL;
	extents->max = 0;
}

static bool khmap_leaf_publish(struct khmap_leaf **place,
			       struct khmap_leaf *leaf)
{
	if (*place)
		return false;
	os_store_release(place, leaf);
	return true;
}

int khmap_extents_leaf(struct khmap_extents *extents,
		       struct khmap_account *account, os_lock_t *lock,
		       u32 index)
{
	struct khmap_leaf **place = &extents->leaves[index >> KHMAP_LEAF_SHIFT];
	struct khmap_leaf *leaf;
	unsigned long flags;
	bool published;

	if (os_load_acquire(place))
		return 0;
	leaf = os_alloc(account, sizeof(*leaf));
	if (!leaf)
		return -ENOMEM;
	if (lock) {
		os_lock(lock, flags);
		published = khmap_leaf_publish(place, leaf);
		os_unlock(lock, flags);
	} else {
		published = khmap_leaf_publish(place, leaf);
	}
	if (!published)
		os_free(account, leaf, sizeof(*leaf));
	return 0;
}

void khmap_extents_set(struct khmap_extents *extents, u32 index, void *entry)
{
	struct khmap_leaf *leaf = extents->leaves[index >> KHMAP_LEAF_SHIFT];

	os_store_release(&leaf->entry[index & (KHMAP_LEAF_PAGES - 1)], entry);
}

/* Allocate one run that starts at @index and covers at most @count pages. */
static int khmap_extents_run(struct khmap_extents *extents,
			     struct khmap_account *account, u64 base,
			     u32 index, u32 count, unsigned int *order)
{
	unsigned int try = *order;
	struct khmap_leaf *leaf;
	char *pages;
	u32 i;

	while (try && ((1u << try) > count || index & ((1u << try) - 1)))
		try--;
	while (!(pages = os_pages_alloc(account, base + index, try))) {
		if (!try)
			return -ENOMEM;
		try--;
	}
	leaf = extents->leaves[index >> KHMAP_LEAF_SHIFT];
	leaf->order[index & (KHMAP_LEAF_PAGES - 1)] = (u8)try;
	for (i = 0; i < 1u << try; i++)
		khmap_extents_set(extents, index + i,
				  pages + ((size_t)i << KHMAP_OS_PAGE_SHIFT));
	*order = try;
	return 0;
}

int khmap_extents_fill(struct khmap_extents *extents,
		       struct khmap_account *account, u64 base, u32 index,
		       u32 count, bool (*stop)(void))
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

void khmap_extents_drain(struct khmap_extents *extents,
			 struct khmap_account *account, u64 base)
{
	u32 index = 0;

	while (index < extents->max) {
		struct khmap_leaf *leaf =
			extents->leaves[index >> KHMAP_LEAF_SHIFT];
		u32 at = index & (KHMAP_LEAF_PAGES - 1);

		if (!leaf) {
			index += KHMAP_LEAF_PAGES - at;
		} else if (!leaf->entry[at]) {
			index++;
		} else {
			os_pages_free(account, base + index, leaf->entry[at],
				      leaf->order[at]);
			index += 1u << leaf->order[at];
			os_resched();
		}
	}
}
