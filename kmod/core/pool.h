/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pool.h - pages of a best-effort snapshot: a few in reserve, and what is lost
 *
 * A best-effort snapshot has no page for each page of its image.  Copies come
 * from a pool, which those fill who may sleep.  When it is empty, a page that is
 * stored to is lost to the snapshot: its slot gets one of two pages that no reader
 * takes for a bucket of the map.
 */
#ifndef _KHMAP_CORE_POOL_H
#define _KHMAP_CORE_POOL_H

#include "table.h"

struct khmap_pool_page;

/**
 * struct khmap_pool - pages that nothing is in
 * @first: of the free pages, or NULL
 * @free: how many there are
 * @bound: how many there may be
 * @lock: guards @first, @free, @want and @owner; taken under a khmap_save_lock(),
 *	or alone
 * @ended: nobody is to be told any more: who fills it may stop
 * @want: told when half of them, or more, are gone; or NULL
 * @owner: its argument
 * @lost: what stands in the place of a page that is lost, by its region
 * @losses: pages that are
 */
struct khmap_pool {
	struct khmap_pool_page *first;
	u32 free;
	u32 bound;
	os_lock_t lock;
	bool ended;
	void (*want)(void *owner);
	void *owner;
	void *lost[2];
	os_count_t losses;
};

/**
 * khmap_pool_create() - an empty pool
 * @account: charged
 * @geometry: of the map
 * @bound: pages that it may hold
 *
 * Context: may sleep.
 * Return: the pool; NULL if there is no memory.
 */
struct khmap_pool *khmap_pool_create(struct khmap_account *account,
				     const struct khmap_geometry *geometry,
				     u32 bound);

/**
 * khmap_pool_destroy() - free a pool, and the pages that are in it
 * @pool: or NULL; nobody is told of it any more
 * @account: as of khmap_pool_create()
 *
 * Context: may sleep.
 */
void khmap_pool_destroy(struct khmap_pool *pool, struct khmap_account *account);

/**
 * khmap_pool_notify() - whom to tell that pages are wanted
 * @pool: the pool
 * @want: called with @owner, in any context and with locks of the engine held; or
 *	NULL, before the end: when this returns, nobody is being told, and who fills the
 *	pool stops
 * @owner: the argument
 *
 * Context: any that may take a raw spinlock.
 */
void khmap_pool_notify(struct khmap_pool *pool, void (*want)(void *owner),
		       void *owner);

/**
 * khmap_pool_fill() - allocate what is missing
 * @pool: the pool
 * @account: as of khmap_pool_create()
 * @pages: how many there are to be, at least
 * @stop: asked for each page: whether to go no further; or NULL
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM, and as many were added as could be had; -EINTR @stop said so, or the
 * pool has ended.
 */
int khmap_pool_fill(struct khmap_pool *pool, struct khmap_account *account,
		    u32 pages, bool (*stop)(void));

/**
 * khmap_pool_take() - a page to copy to what is about to be stored to
 * @pool: the pool
 *
 * Context: any that may take a raw spinlock.
 * Return: the page; NULL if there is none.
 */
void *khmap_pool_take(struct khmap_pool *pool);

/**
 * khmap_pool_take_spare() - a page that nobody who stores will want
 * @pool: the pool
 * @lacks: pages that its snapshot lacks, that which the page is for among them
 *
 * Context: any that may take a raw spinlock.
 * Return: the page; NULL if there are not as many as are lacked.
 */
void *khmap_pool_take_spare(struct khmap_pool *pool, u64 lacks);

/* Whether a slot's page is one that stands for a lost one. */
static inline bool khmap_pool_lost(const struct khmap_pool *pool,
				   const void *page)
{
	return pool && page && (page == pool->lost[0] || page == pool->lost[1]);
}

#endif /* _KHMAP_CORE_POOL_H */
