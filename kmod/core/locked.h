/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * locked.h - a key with its lock held, for those who change what is there
 */
#ifndef _KHMAP_CORE_LOCKED_H
#define _KHMAP_CORE_LOCKED_H

#include "chain.h"

struct khmap_overflow_page;

/**
 * khmap_table_find() - find a key and hold its lock
 * @table: the map
 * @key: key_size bytes
 * @writes: what is there is to be changed
 * @place: filled
 * @owner: filled
 * @lock: filled: the lock that is held, a stripe's or the header's
 * @flags: filled, for os_unlock()
 *
 * Return: 0, and the caller unlocks @lock; else nothing is locked: -ENOENT, or
 * -ESTALE the map is retired, and @writes.
 */
int khmap_table_find(struct khmap_table *table, const void *key, bool writes,
		     struct khmap_place *place, struct khmap_owner *owner,
		     os_lock_t **lock, unsigned long *flags);

/**
 * khmap_value_copy() - copy the value of a key that is there
 * @table: the map
 * @place: of khmap_table_find(), its lock held
 * @value: value_size bytes, filled
 */
void khmap_value_copy(const struct khmap_table *table,
		      const struct khmap_place *place, void *value);

/**
 * khmap_table_put_from() - khmap_table_put() but for the growth that follows
 * @table: the map
 * @key: key_size bytes
 * @value: value_size bytes
 * @mode: whether the key may, must not or must be there already
 * @store: filled on success; or NULL
 * @stock: overflow pages that were staged, by their @next, of which those that
 *	are used are taken; or NULL to allocate them when they are needed
 *
 * Context: may sleep.
 * Return: as khmap_table_put(); with @stock, -ENOSPC if it is used up.
 */
int khmap_table_put_from(struct khmap_table *table, const void *key,
			 const void *value, enum khmap_put_mode mode,
			 struct khmap_store *store,
			 struct khmap_overflow_page **stock);

#endif /* _KHMAP_CORE_LOCKED_H */
