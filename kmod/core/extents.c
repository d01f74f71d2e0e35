// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * extents.c - a region's pages, found by index
 */
#include "extents.h"

void khmap_extents_free(struct khmap_extents *extents,
			struct khmap_account *account)
{
	u32 i, k;

	for (i = 0; i < KHMAP_ROOT_BRANCHES; i++) {
		struct khmap_branch *branch = extents->branch[i];

		if (!branch)
			continue;
		for (k = 0; k < KHMAP_BRANCH_LEAVES; k++)
			os_free(account, branch->leaf[k],
				sizeof(struct khmap_leaf));
		os_free(account, branch, sizeof(*branch));
		extents->branch[i] = NULL;
	}
	extents->max = 0;
}

/* Publish a node, unless another one has got there first: then free it. */
static void khmap_node_publish(struct khmap_account *account, os_lock_t *lock,
			       void **place, void *node, size_t size)
{
	unsigned long flags;

	if (lock)
		os_lock(lock, flags);
	if (!*place) {
		os_store_release(place, node);
		node = NULL;
	}
	if (lock)
		os_unlock(lock, flags);
	os_free(account, node, size);
}

int khmap_extents_leaf(struct khmap_extents *extents,
		       struct khmap_account *account, os_lock_t *lock,
		       u32 index)
{
	struct khmap_branch **root = &extents->branch[index >> KHMAP_ROOT_SHIFT];
	struct khmap_leaf **place;
	void *node;

	if (!os_load_acquire(root)) {
		node = os_alloc(account, sizeof(**root));
		if (!node)
			return -ENOMEM;
		khmap_node_publish(account, lock, (void **)root, node,
				   sizeof(**root));
	}
	place = &os_load_acquire(root)->leaf[index >> KHMAP_LEAF_SHIFT &
					     (KHMAP_BRANCH_LEAVES - 1)];
	if (!os_load_acquire(place)) {
		node = os_alloc(account, sizeof(**place));
		if (!node)
			return -ENOMEM;
		khmap_node_publish(account, lock, (void **)place, node,
				   sizeof(**place));
	}
	return 0;
}

void khmap_extents_set(struct khmap_extents *extents, u32 index, void *entry)
{
	struct khmap_leaf *leaf = khmap_extents_leaf_of(extents, index);

	os_store_release(&leaf->entry[index & (KHMAP_LEAF_PAGES - 1)], entry);
}

int khmap_extents_run(struct khmap_extents *extents,
		      struct khmap_account *account, u64 base, u32 index,
		      u32 count, unsigned int *order)
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
	leaf = khmap_extents_leaf_of(extents, index);
	leaf->order[index & (KHMAP_LEAF_PAGES - 1)] = (u8)try;
	for (i = 0; i < 1u << try; i++)
		khmap_extents_set(extents, index + i,
				  pages + ((size_t)i << KHMAP_OS_PAGE_SHIFT));
	*order = try;
	return 0;
}

void khmap_extents_drain(struct khmap_extents *extents,
			 struct khmap_account *account, u64 base, u32 from)
{
	/* No run reaches over a leaf's end. */
	u32 index = from & ~(KHMAP_LEAF_PAGES - 1);

	while (index < extents->max) {
		struct khmap_leaf *leaf = khmap_extents_leaf_of(extents, index);
		u32 at = index & (KHMAP_LEAF_PAGES - 1);

		if (!leaf) {
			index += KHMAP_LEAF_PAGES - at;
		} else if (!leaf->entry[at]) {
			index++;
		} else {
			u32 run = 1u << leaf->order[at];

			if (index >= from) {
				os_pages_free(account, base + index,
					      leaf->entry[at], leaf->order[at]);
				memset(&leaf->entry[at], 0,
				       run * sizeof(leaf->entry[at]));
			}
			index += run;
			os_resched();
		}
	}
}
