/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - one key and its value, to and from user space
 */
#ifndef _KHMAP_RECORD_H
#define _KHMAP_RECORD_H

#include <linux/types.h>
#include <linux/khmap.h>

#include "core/table.h"

struct khmap_map;

/* What KHMAP_PUT_* ask for; both at once have been refused. */
static inline enum khmap_put_mode khmap_put_mode(u32 flags)
{
	if (flags & KHMAP_PUT_INSERT)
		return KHMAP_PUT_ONLY_NEW;
	if (flags & KHMAP_PUT_REPLACE)
		return KHMAP_PUT_ONLY_OLD;
	return KHMAP_PUT_EITHER;
}

/**
 * khmap_record_put() - KHMAP_IOC_PUT
 * @map: the map
 * @record: the argument, flags known
 *
 * Context: may sleep; waits while a snapshot is taken.
 * Return: 0; -EINVAL, -EFAULT, -ENOMEM, or as khmap_table_put().
 */
int khmap_record_put(struct khmap_map *map,
		     const struct khmap_ioc_record *record);

/* Looks a key up; 0 or -ENOENT. */
typedef int (*khmap_record_lookup_t)(void *from, const void *key, void *value);

/* Looks a key up in a struct khmap_map, a khmap_record_lookup_t. */
int khmap_record_from_map(void *map, const void *key, void *value);

/**
 * khmap_record_get() - KHMAP_IOC_GET
 * @geometry: of the map or snapshot
 * @record: the argument
 * @lookup: finds the value
 * @from: for @lookup
 *
 * Context: may sleep.
 * Return: 0; -ENOENT, -EINVAL, -EFAULT, -ENOMEM.
 */
int khmap_record_get(const struct khmap_geometry *geometry,
		     const struct khmap_ioc_record *record,
		     khmap_record_lookup_t lookup, void *from);

/**
 * khmap_record_delete() - KHMAP_IOC_DELETE
 * @map: the map
 * @record: the argument
 *
 * Context: may sleep; waits while a snapshot is taken.
 * Return: 0; -ENOENT, -EINVAL, -EFAULT, -ENOMEM.
 */
int khmap_record_delete(struct khmap_map *map,
			const struct khmap_ioc_record *record);

/**
 * khmap_record_clear() - KHMAP_IOC_CLEAR
 * @map: the map
 * @deleted: filled, also on error: keys that were deleted
 *
 * Context: may sleep; waits while a snapshot is taken.
 * Return: 0; -EINTR a fatal signal came.
 */
int khmap_record_clear(struct khmap_map *map, u64 *deleted);

#endif /* _KHMAP_RECORD_H */
