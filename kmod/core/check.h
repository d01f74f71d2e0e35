/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * check.h - is a page what the engine would have made of its keys?
 *
 * The pages are the table's own already, and nobody else can change them.  What
 * the engine relies on is checked before it is relied on; what is found is
 * claimed: an overflow bucket by its chain, its page by the chain's stripe.
 */
#ifndef _KHMAP_CORE_CHECK_H
#define _KHMAP_CORE_CHECK_H

#include "restore.h"

/**
 * struct khmap_check - a table whose pages are being checked
 * @table: all buckets of its overflow pages are free, and those have no stripe
 * @damage: filled if something is found
 * @shape: that the table is to have, which leads to pages that exist; 0: inline
 * @mask: of the shape
 * @overflow_pages: that exist
 * @apart: bits in which the stripes of an overflow page's chains differ
 * @entries: found so far
 */
struct khmap_check {
	struct khmap_table *table;
	struct khmap_damage_place *damage;
	u32 shape;
	u32 mask;
	u32 overflow_pages;
	u32 apart;
	u64 entries;
};

/**
 * khmap_check_inline() - check the inline bucket
 * @check: the table; the header page has the bucket
 *
 * Context: any.
 * Return: 0, -EUCLEAN, or -EIO.
 */
int khmap_check_inline(struct khmap_check *check);

/**
 * khmap_check_primary() - check a primary page and the chains that begin in it
 * @check: the table; all pages have been copied
 * @page: below those of the shape
 *
 * Counts what it finds at the page's stripe.
 *
 * Context: may sleep.
 * Return: 0, -EUCLEAN, or -EIO.
 */
int khmap_check_primary(struct khmap_check *check, u32 page);

/**
 * khmap_check_overflow() - check what no chain has of an overflow page
 * @check: the table; all primary pages have been checked
 * @page: below those that exist
 *
 * Context: any.
 * Return: 0, -EUCLEAN, or -EIO.
 */
int khmap_check_overflow(struct khmap_check *check, u32 page);

/**
 * khmap_check_zero() - are they zeros?
 * @bytes: some
 * @size: how many
 */
bool khmap_check_zero(const void *bytes, u32 size);

/* Say what is wrong, and where; returns -EUCLEAN, or -EIO of a lost page. */
int khmap_check_fail(struct khmap_damage_place *damage, u32 what, u64 page,
		     u32 bucket, u32 slot, u32 offset);

#endif /* _KHMAP_CORE_CHECK_H */
