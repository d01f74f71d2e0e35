/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * update.h - changes that depend on what is there
 *
 * A version belongs to a key's chain and not to the key: every change of the
 * chain makes another one of it.  So a change that asks for a version may be
 * refused though nobody touched its key, but it is never made on a value that
 * is not the one that the version came with.  Low half: the sequence of the
 * chain's first bucket.  High half: 0 while the map is inline, 1 afterwards, as
 * the chains of primary pages begin to count anew.
 *
 * The sequence has 32 bits: a version comes again after 2^31 changes of one
 * chain.
 */
#ifndef _KHMAP_CORE_UPDATE_H
#define _KHMAP_CORE_UPDATE_H

#include "table.h"

/**
 * khmap_table_get_version() - khmap_table_get() with the version of the value
 * @table: the map
 * @key: key_size bytes
 * @value: value_size bytes, filled on success
 * @version: filled on success
 *
 * Context: any that may take a raw spinlock.
 * Return: 0 or -ENOENT.
 */
int khmap_table_get_version(struct khmap_table *table, const void *key,
			    void *value, u64 *version);

/**
 * khmap_table_swap() - replace a value if it is the expected one
 * @table: the map
 * @key: key_size bytes
 * @expected: value_size bytes
 * @value: value_size bytes
 * @store: filled on success; or NULL
 *
 * Context: any that may take a raw spinlock.
 * Return: 0; -ENOENT; -ECANCELED the value is another one.  On failure nothing
 * changed.
 */
int khmap_table_swap(struct khmap_table *table, const void *key,
		     const void *expected, const void *value,
		     struct khmap_store *store);

/**
 * khmap_table_swap_version() - replace a value if its chain did not change
 * @table: the map
 * @key: key_size bytes
 * @version: of khmap_table_get_version()
 * @value: value_size bytes
 * @store: filled on success; or NULL
 *
 * Context: any that may take a raw spinlock.
 * Return: 0; -ENOENT; -ECANCELED the version is another one by now.  On failure
 * nothing changed.
 */
int khmap_table_swap_version(struct khmap_table *table, const void *key,
			     u64 version, const void *value,
			     struct khmap_store *store);

/**
 * khmap_table_has_u64() - can khmap_table_add() add at an offset?
 * @table: the map
 * @offset: in the value, in bytes
 *
 * A field must lie within the value, and at a multiple of 8 in the image.
 *
 * Context: any.
 */
bool khmap_table_has_u64(const struct khmap_table *table, u32 offset);

/**
 * khmap_table_add() - add to a number in a value
 * @table: the map
 * @key: key_size bytes
 * @offset: of the number, a u64 in the host's byte order
 * @delta: added modulo 2^64
 * @old: the number as it was, filled on success; or NULL
 * @store: filled on success; or NULL
 *
 * Context: any that may take a raw spinlock.
 * Return: 0; -ENOENT; -EINVAL khmap_table_has_u64() says no.  On failure
 * nothing changed.
 */
int khmap_table_add(struct khmap_table *table, const void *key, u32 offset,
		    u64 delta, u64 *old, struct khmap_store *store);

#endif /* _KHMAP_CORE_UPDATE_H */
