/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * atomic.h - operations that no snapshot comes between
 *
 * Who makes several changes that belong together holds the mutex of snapshots
 * meanwhile, and all memory that they may need is there before the first.  Each
 * takes its own locks, one after the other: readers and other writers may see
 * some of them done and others not yet.
 */
#ifndef _KHMAP_CORE_ATOMIC_H
#define _KHMAP_CORE_ATOMIC_H

#include "table.h"

/**
 * struct khmap_atomic - changes that no snapshot comes between
 * @table: the map
 * @puts: khmap_atomic_put() may be called so often
 * @stock: overflow pages for them, the lowest first
 */
struct khmap_atomic {
	struct khmap_table *table;
	u32 puts;
	struct khmap_overflow_page *stock;
};

/**
 * khmap_atomic_begin() - hold snapshots off
 * @atomic: filled on success
 * @table: the map
 * @puts: puts that may add a key; each has memory for the worst case
 *
 * Until khmap_atomic_end(), which must follow soon, all operations of the table
 * but khmap_table_put(), khmap_table_reserve(), khmap_table_work() and those on
 * snapshots may be called, and khmap_atomic_put().
 *
 * Context: may sleep; waits while a snapshot of the map is taken or dropped.
 * Return: 0; -ENOMEM, or -EINTR the caller was killed: then nothing is held.
 */
int khmap_atomic_begin(struct khmap_atomic *atomic, struct khmap_table *table,
		       u32 puts);

/**
 * khmap_atomic_put() - khmap_table_put() between begin and end
 * @atomic: of khmap_atomic_begin()
 * @key: key_size bytes
 * @value: value_size bytes
 * @mode: whether the key may, must not or must be there already
 * @store: filled on success; or NULL
 *
 * Allocates nothing.
 *
 * Context: may sleep.
 * Return: as khmap_table_put(), but never -ENOMEM.  -EXFULL also if the splits
 * that the load asks for wait for memory.
 */
int khmap_atomic_put(struct khmap_atomic *atomic, const void *key,
		     const void *value, enum khmap_put_mode mode,
		     struct khmap_store *store);

/**
 * khmap_atomic_end() - let snapshots in again
 * @atomic: of khmap_atomic_begin()
 *
 * What was not used is given back; the shape follows the load.
 *
 * Context: may sleep.
 */
void khmap_atomic_end(struct khmap_atomic *atomic);

#endif /* _KHMAP_CORE_ATOMIC_H */
