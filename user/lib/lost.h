/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * lost.h - pages that a best-effort snapshot has lost
 */
#ifndef KHMAP_LIB_LOST_H
#define KHMAP_LIB_LOST_H

#include "chain.h"
#include "map.h"

/**
 * khmap_lost_page() - Does a page stand for one that is lost?
 * @page: of the image, but not its header page; in private memory
 *
 * Each of its buckets does; the first one begins where the page does.
 */
static inline bool khmap_lost_page(const void *page)
{
	const unsigned char *head = page;

	return khmap_load32(head) & 1 && khmap_load32(head + 4) == KHMAP_REFERENCE_LOST;
}

/**
 * khmap_lost_chain() - Did a chain end at a page that is lost?
 * @chain: a copy
 */
static inline bool khmap_lost_chain(const struct khmap_chain *chain)
{
	return chain->end == KHMAP_CHAIN_OUTSIDE && chain->bad == KHMAP_REFERENCE_LOST;
}

/**
 * khmap_lost_fail() - Say what is lost, and what can be done.
 * @object: a page of it reads as lost
 * @where: what was wanted of it, before a colon; "" for nothing
 *
 * Return: -EIO.
 */
int khmap_lost_fail(const struct khmap_object *object, const char *where);

/**
 * khmap_lost_check() - Does an image have all of its pages?
 * @object: any map
 * @best_effort: receives whether it may lose some later
 *
 * Return: 0; -EIO; of the system call.
 */
int khmap_lost_check(const struct khmap_object *object, bool *best_effort);

#endif /* KHMAP_LIB_LOST_H */
