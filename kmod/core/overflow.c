// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * overflow.c - who owns which overflow page, and which buckets are free
 */
#include "overflow.h"

static u64 khmap_overflow_base(const struct khmap_table *table)
{
	return table->header->overflow_offset >> KHMAP_OS_PAGE_SHIFT;
}

static struct khmap_overflow_page *
khmap_overflow_pop(struct khmap_overflow_page **list)
{
	struct khmap_overflow_page *page = *list;

	if (page)
		*list = page->next;
	return page;
}

static void khmap_overflow_push(struct khmap_table *table,
				struct khmap_overflow_page **list,
				struct khmap_overflow_page *page)
{
	unsigned long flags;

	os_lock(&table->grow_lock, flags);
	page->next = *list;
	*list = page;
	os_unlock(&table->grow_lock, flags);
}

/* An index with no page behind it yet, or a spare page (@ready). */
static struct khmap_overflow_page *
khmap_overflow_index(struct khmap_table *table,
		     struct khmap_overflow_page **fresh, bool *ready)
{
	struct khmap_overflow_page *page;
	unsigned long flags;

	os_lock(&table->grow_lock, flags);
	page = khmap_overflow_pop(&table->spares);
	*ready = page;
	if (!page)
		page = khmap_overflow_pop(&table->holes);
	if (!page && *fresh && table->overflow_next < table->overflow_max) {
		page = *fresh;
		*fresh = NULL;
		page->index = table->overflow_next++;
	}
	os_unlock(&table->grow_lock, flags);
	return page;
}

int khmap_overflow_stage(struct khmap_table *table,
			 struct khmap_overflow_page **staged)
{
	struct khmap_overflow_page *fresh, *page;
	void *memory;
	bool ready;
	u32 i;

	fresh = os_alloc(table->account, sizeof(*fresh));
	page = khmap_overflow_index(table, &fresh, &ready);
	if (!page && !fresh)
		return -ENOMEM;
	os_free(table->account, fresh, sizeof(*fresh));
	if (!page)
		return -ENOSPC;
	if (ready)
		goto out;

	if (khmap_extents_leaf(&table->overflow, table->account,
			       &table->grow_lock, page->index) ||
	    khmap_extents_leaf(&table->overflow_owner, table->account,
			       &table->grow_lock, page->index))
		goto no_memory;
	memory = os_pages_alloc(table->account,
				khmap_overflow_base(table) + page->index, 0);
	if (!memory)
		goto no_memory;

	page->free_count = table->geometry.overflow_per_page;
	for (i = 0; i < page->free_count; i++)
		page->free[i / 64] |= 1ull << (i % 64);
	khmap_extents_set(&table->overflow_owner, page->index, page);
	khmap_extents_set(&table->overflow, page->index, memory);
out:
	page->next = NULL;
	*staged = page;
	return 0;

no_memory:
	khmap_overflow_push(table, &table->holes, page);
	return -ENOMEM;
}

u32 khmap_overflow_pages(struct khmap_table *table)
{
	unsigned long flags;
	u32 pages;

	os_lock(&table->grow_lock, flags);
	pages = table->overflow_next;
	os_unlock(&table->grow_lock, flags);
	return pages;
}

void khmap_overflow_unstage(struct khmap_table *table,
			    struct khmap_overflow_page *page)
{
	if (page)
		khmap_overflow_push(table, &table->spares, page);
}

void khmap_overflow_give(struct khmap_stripe *stripe,
			 struct khmap_overflow_page *page)
{
	os_lock_assert(&stripe->lock);
	page->next = stripe->free;
	page->listed = true;
	stripe->free = page;
	stripe->hungry = false;
}

u32 khmap_overflow_take(struct khmap_table *table, struct khmap_stripe *stripe)
{
	struct khmap_overflow_page *page = stripe->free;
	u32 word = 0, bit;

	os_lock_assert(&stripe->lock);
	if (!page) {
		stripe->hungry = true;
		return 0;
	}
	while (!page->free[word])
		word++;
	bit = (u32)__builtin_ctzll(page->free[word]);
	page->free[word] &= page->free[word] - 1;
	if (!--page->free_count) {
		stripe->free = page->next;
		page->listed = false;
	}
	/* Who may not sleep will find none: the worker provides. */
	if (!stripe->free) {
		stripe->hungry = true;
		os_store(&table->growth.hungry, true);
	}
	stripe->counts.overflow_buckets++;
	return khmap_reference(&table->geometry, page->index, word * 64 + bit);
}

void khmap_overflow_release(struct khmap_table *table,
			    struct khmap_stripe *stripe, u32 reference)
{
	const struct khmap_geometry *g = &table->geometry;
	struct khmap_overflow_page *page =
		khmap_extents_get(&table->overflow_owner,
				  khmap_reference_page(g, reference));
	u32 bucket = khmap_reference_bucket(g, reference);

	os_lock_assert(&stripe->lock);
	page->free[bucket / 64] |= 1ull << (bucket % 64);
	page->free_count++;
	stripe->counts.overflow_buckets--;
	if (!page->listed)
		khmap_overflow_give(stripe, page);
}

void khmap_overflow_free(struct khmap_table *table)
{
	struct khmap_overflow_page *page;
	u32 i;

	while ((page = khmap_overflow_pop(&table->holes)))
		os_free(table->account, page, sizeof(*page));
	for (i = 0; i < table->overflow_next; i++) {
		page = khmap_extents_get(&table->overflow_owner, i);
		os_free(table->account, page, sizeof(*page));
		if (!(i & (KHMAP_LEAF_PAGES - 1)))
			os_resched();
	}
}
