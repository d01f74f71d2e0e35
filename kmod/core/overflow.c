// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * overflow.c - who owns which overflow page, and which buckets are free
 */
#include "overflow.h"

/* Pages that compaction looks at, under a lock, for one that is low enough. */
#define KHMAP_OVERFLOW_LOOKS	8

static u64 khmap_overflow_base(const struct khmap_table *table)
{
	return table->header->overflow_offset >> KHMAP_OS_PAGE_SHIFT;
}

static void khmap_overflow_push(struct khmap_overflow_list *list,
				struct khmap_overflow_page *page)
{
	page->previous = NULL;
	page->next = list->first;
	if (page->next)
		page->next->previous = page;
	else
		list->last = page;
	list->first = page;
}

static void khmap_overflow_append(struct khmap_overflow_list *list,
				  struct khmap_overflow_page *page)
{
	page->next = NULL;
	page->previous = list->last;
	if (page->previous)
		page->previous->next = page;
	else
		list->first = page;
	list->last = page;
}

static void khmap_overflow_remove(struct khmap_overflow_list *list,
				  struct khmap_overflow_page *page)
{
	if (page->previous)
		page->previous->next = page->next;
	else
		list->first = page->next;
	if (page->next)
		page->next->previous = page->previous;
	else
		list->last = page->previous;
}

static struct khmap_overflow_page *
khmap_overflow_pop(struct khmap_overflow_list *list)
{
	struct khmap_overflow_page *page = list->first;

	if (page)
		khmap_overflow_remove(list, page);
	return page;
}

/* Among the first pages of a list, the lowest that is below an index. */
static struct khmap_overflow_page *
khmap_overflow_below(const struct khmap_overflow_list *list, u32 index)
{
	struct khmap_overflow_page *page = list->first, *found = NULL;
	u32 looks;

	for (looks = 0; page && looks < KHMAP_OVERFLOW_LOOKS; looks++) {
		if (page->index < index) {
			index = page->index;
			found = page;
		}
		page = page->next;
	}
	return found;
}

/*
 * A page has memory and is nobody's spare: the image reaches behind it, before
 * a stripe can have it and a reference lead there.  grow_lock is held.
 */
static void khmap_overflow_show(struct khmap_table *table,
				struct khmap_overflow_page *page)
{
	page->spare = false;
	if (page->index >= table->overflow_pages)
		os_store(&table->overflow_pages, page->index + 1);
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
	if (page)
		khmap_overflow_show(table, page);
	else
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
	unsigned long flags;
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
	os_lock(&table->grow_lock, flags);
	khmap_overflow_show(table, page);
	os_unlock(&table->grow_lock, flags);
out:
	*staged = page;
	return 0;

no_memory:
	os_lock(&table->grow_lock, flags);
	khmap_overflow_push(&table->holes, page);
	os_unlock(&table->grow_lock, flags);
	return -ENOMEM;
}

void khmap_overflow_unstage(struct khmap_table *table,
			    struct khmap_overflow_page *page)
{
	unsigned long flags;

	if (!page)
		return;
	os_lock(&table->grow_lock, flags);
	page->spare = true;
	khmap_overflow_push(&table->spares, page);
	if (page->index + 1 == table->overflow_pages)
		os_store(&table->overflow_pages, page->index);
	os_unlock(&table->grow_lock, flags);
}

void khmap_overflow_give(struct khmap_stripe *stripe,
			 struct khmap_overflow_page *page)
{
	os_lock_assert(&stripe->lock);
	os_store(&page->stripe, stripe);
	khmap_overflow_push(&stripe->free, page);
	page->listed = true;
	stripe->hungry = false;
}

/* Take a free bucket of a page that has one. */
static u32 khmap_overflow_take_from(struct khmap_table *table,
				    struct khmap_stripe *stripe,
				    struct khmap_overflow_page *page)
{
	u32 word = 0, bit;

	while (!page->free[word])
		word++;
	bit = (u32)__builtin_ctzll(page->free[word]);
	page->free[word] &= page->free[word] - 1;
	if (!--page->free_count) {
		khmap_overflow_remove(&stripe->free, page);
		page->listed = false;
	}
	stripe->counts.overflow_buckets++;
	return khmap_reference(&table->geometry, page->index, word * 64 + bit);
}

/* Who may not sleep will find no free bucket: the worker provides. */
static void khmap_overflow_starve(struct khmap_table *table,
				  struct khmap_stripe *stripe)
{
	if (!stripe->free.first) {
		stripe->hungry = true;
		os_store(&table->growth.hungry, true);
	}
}

u32 khmap_overflow_take(struct khmap_table *table, struct khmap_stripe *stripe)
{
	u32 reference;

	os_lock_assert(&stripe->lock);
	if (!stripe->free.first) {
		stripe->hungry = true;
		return 0;
	}
	reference = khmap_overflow_take_from(table, stripe, stripe->free.first);
	khmap_overflow_starve(table, stripe);
	return reference;
}

/* Returns the page, which may have been full and so be on no list. */
static struct khmap_overflow_page *
khmap_overflow_put(struct khmap_table *table, struct khmap_stripe *stripe,
		   u32 reference)
{
	const struct khmap_geometry *g = &table->geometry;
	struct khmap_overflow_page *page =
		khmap_overflow_page(table, khmap_reference_page(g, reference));
	u32 bucket = khmap_reference_bucket(g, reference);

	os_lock_assert(&stripe->lock);
	page->free[bucket / 64] |= 1ull << (bucket % 64);
	page->free_count++;
	stripe->counts.overflow_buckets--;
	return page;
}

void khmap_overflow_release(struct khmap_table *table,
			    struct khmap_stripe *stripe, u32 reference)
{
	struct khmap_overflow_page *page =
		khmap_overflow_put(table, stripe, reference);

	if (!page->listed)
		khmap_overflow_give(stripe, page);
}

u32 khmap_overflow_indexes(struct khmap_table *table)
{
	unsigned long flags;
	u32 indexes;

	os_lock(&table->grow_lock, flags);
	indexes = table->overflow_next;
	os_unlock(&table->grow_lock, flags);
	return indexes;
}

void khmap_overflow_sort(struct khmap_table *table,
			 struct khmap_overflow_page *page)
{
	struct khmap_stripe *stripe = os_load(&page->stripe);
	unsigned long flags;

	if (stripe) {
		os_lock(&stripe->lock, flags);
		if (os_load(&page->stripe) == stripe && page->listed) {
			khmap_overflow_remove(&stripe->free, page);
			khmap_overflow_push(&stripe->free, page);
		}
		os_unlock(&stripe->lock, flags);
		return;
	}
	os_lock(&table->grow_lock, flags);
	if (page->spare) {
		khmap_overflow_remove(&table->spares, page);
		khmap_overflow_push(&table->spares, page);
	}
	os_unlock(&table->grow_lock, flags);
}

u32 khmap_overflow_take_below(struct khmap_table *table,
			      struct khmap_stripe *stripe, u32 index)
{
	struct khmap_overflow_page *page;

	os_lock_assert(&stripe->lock);
	page = khmap_overflow_below(&stripe->free, index);
	return page ? khmap_overflow_take_from(table, stripe, page) : 0;
}

void khmap_overflow_vacate(struct khmap_table *table,
			   struct khmap_stripe *stripe, u32 reference)
{
	struct khmap_overflow_page *page =
		khmap_overflow_put(table, stripe, reference);

	if (page->listed)
		khmap_overflow_remove(&stripe->free, page);
	khmap_overflow_append(&stripe->free, page);
	page->listed = true;
}

void khmap_overflow_leave(struct khmap_table *table,
			  struct khmap_stripe *stripe,
			  struct khmap_overflow_page *page)
{
	os_lock_assert(&stripe->lock);
	khmap_overflow_remove(&stripe->free, page);
	page->listed = false;
	os_store(&page->stripe, NULL);
	khmap_overflow_starve(table, stripe);
}

void khmap_overflow_spare(struct khmap_table *table,
			  struct khmap_overflow_page *page)
{
	unsigned long flags;

	os_lock(&table->grow_lock, flags);
	page->spare = true;
	khmap_overflow_append(&table->spares, page);
	os_unlock(&table->grow_lock, flags);
}

struct khmap_overflow_page *
khmap_overflow_stage_below(struct khmap_table *table, u32 index)
{
	struct khmap_overflow_page *page;
	unsigned long flags;

	os_lock(&table->grow_lock, flags);
	page = khmap_overflow_below(&table->spares, index);
	if (page) {
		khmap_overflow_remove(&table->spares, page);
		khmap_overflow_show(table, page);
	}
	os_unlock(&table->grow_lock, flags);
	return page;
}

bool khmap_overflow_cut(struct khmap_table *table, u32 index)
{
	struct khmap_overflow_page *page;
	unsigned long flags;
	bool cut;

	os_lock(&table->grow_lock, flags);
	/* Who has just allocated it has shown it, or will after this. */
	page = khmap_overflow_page(table, index);
	cut = index + 1 == table->overflow_pages && (!page || page->spare);
	if (cut) {
		os_store(&table->overflow_pages, index);
		table->compact_pages++;
	}
	os_unlock(&table->grow_lock, flags);
	return cut;
}

void khmap_overflow_free(struct khmap_table *table)
{
	struct khmap_overflow_page *page;
	u32 i;

	while ((page = khmap_overflow_pop(&table->holes)))
		os_free(table->account, page, sizeof(*page));
	for (i = 0; i < table->overflow_next; i++) {
		page = khmap_overflow_page(table, i);
		os_free(table->account, page, sizeof(*page));
		if (!(i & (KHMAP_LEAF_PAGES - 1)))
			os_resched();
	}
}
