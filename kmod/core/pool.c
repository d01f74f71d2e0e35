// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * pool.c - pages of a best-effort snapshot: a few in reserve, and what is lost
 *
 * What stands for a lost page must read as an error, whichever way a reader comes
 * to it.  A primary bucket's sequence is odd for good: its readers give up, and
 * ask the kernel.  A reader who comes along a chain checks the sequence of the
 * chain's first bucket alone, which may be whole.  So a bucket of a lost overflow
 * page has no tag, and a reference that leads out of the image, which all readers
 * call damage; never an end of the chain, which would be a miss.
 */
#include "pool.h"
#include "bucket.h"

struct khmap_pool_page {
	struct khmap_pool_page *next;
};

static void khmap_pool_spoil(void *page, u32 stride, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		struct khmap_head *head = (void *)((char *)page + i * stride);

		head->sequence = 1;
		head->overflow = KHMAP_REFERENCE_LOST;
	}
}

struct khmap_pool *khmap_pool_create(struct khmap_account *account,
				     const struct khmap_geometry *geometry,
				     u32 bound)
{
	struct khmap_pool *pool = os_alloc(account, sizeof(*pool));

	if (!pool)
		return NULL;
	os_lock_init(&pool->lock);
	pool->bound = bound;
	pool->lost[0] = os_page_alloc(account);
	pool->lost[1] = os_page_alloc(account);
	if (!pool->lost[0] || !pool->lost[1]) {
		khmap_pool_destroy(pool, account);
		return NULL;
	}
	memset(pool->lost[0], 0, KHMAP_OS_PAGE_SIZE);
	memset(pool->lost[1], 0, KHMAP_OS_PAGE_SIZE);
	khmap_pool_spoil(pool->lost[0], geometry->bucket_stride,
			 geometry->buckets_per_page);
	khmap_pool_spoil(pool->lost[1], geometry->overflow_stride,
			 geometry->overflow_per_page);
	return pool;
}

void khmap_pool_destroy(struct khmap_pool *pool, struct khmap_account *account)
{
	void *page;

	if (!pool)
		return;
	khmap_pool_notify(pool, NULL, NULL);
	while ((page = khmap_pool_take(pool))) {
		os_page_free(account, page);
		os_resched();
	}
	if (pool->lost[0])
		os_page_free(account, pool->lost[0]);
	if (pool->lost[1])
		os_page_free(account, pool->lost[1]);
	os_lock_destroy(&pool->lock);
	os_free(account, pool, sizeof(*pool));
}

void khmap_pool_notify(struct khmap_pool *pool, void (*want)(void *owner),
		       void *owner)
{
	unsigned long flags;

	os_lock(&pool->lock, flags);
	pool->want = want;
	os_store(&pool->ended, !want);
	pool->owner = owner;
	os_unlock(&pool->lock, flags);
}

int khmap_pool_fill(struct khmap_pool *pool, struct khmap_account *account,
		    u32 pages, bool (*stop)(void))
{
	struct khmap_pool_page *page;
	unsigned long flags;

	while (os_load(&pool->free) < pages) {
		if (os_load(&pool->ended) || (stop && stop()))
			return -EINTR;
		page = os_page_alloc(account);
		if (!page)
			return -ENOMEM;
		os_lock(&pool->lock, flags);
		page->next = pool->first;
		pool->first = page;
		os_store(&pool->free, pool->free + 1);
		os_unlock(&pool->lock, flags);
		os_resched();
	}
	return 0;
}

static void *khmap_pool_take_of(struct khmap_pool *pool, u64 least)
{
	struct khmap_pool_page *page;
	unsigned long flags;

	os_lock(&pool->lock, flags);
	page = pool->free >= least ? pool->first : NULL;
	if (page) {
		pool->first = page->next;
		os_store(&pool->free, pool->free - 1);
	}
	if ((page || !least) && pool->want && pool->free <= pool->bound / 2)
		pool->want(pool->owner);
	os_unlock(&pool->lock, flags);
	return page;
}

void *khmap_pool_take(struct khmap_pool *pool)
{
	return khmap_pool_take_of(pool, 0);
}

void *khmap_pool_take_spare(struct khmap_pool *pool, u64 lacks)
{
	return khmap_pool_take_of(pool, lacks);
}
