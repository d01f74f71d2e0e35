// SPDX-License-Identifier: GPL-2.0-only
/*
 * api.c - maps for other modules of the kernel
 *
 * The functions of include/linux/khmap.h, where they are described.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/khmap.h>
#include <linux/module.h>

#include "core/read.h"
#include "core/update.h"
#include "guard.h"
#include "map.h"
#include "tell.h"

struct khmap_map *khmap_map_open(const char *name, u32 key_size,
				 u32 value_size)
{
	struct khmap_map *map = khmap_map_find_name(name);

	if (!map)
		return ERR_PTR(-ENOENT);
	if (map->table->geometry.key_size != key_size ||
	    map->table->geometry.value_size != value_size) {
		khmap_map_put(map);
		return ERR_PTR(-EINVAL);
	}
	/* The caller was linked to this module, which so has a reference. */
	__module_get(THIS_MODULE);
	return map;
}
EXPORT_SYMBOL_GPL(khmap_map_open);

void khmap_map_close(struct khmap_map *map)
{
	if (!map)
		return;
	khmap_map_put(map);
	module_put(THIS_MODULE);
}
EXPORT_SYMBOL_GPL(khmap_map_close);

int khmap_map_lookup(struct khmap_map *map, const void *key, void *value)
{
	if (khmap_guard_blocked())
		return -EBUSY;
	return khmap_table_read(map->table, key, value);
}
EXPORT_SYMBOL_GPL(khmap_map_lookup);

static int khmap_put_mode_of(u32 flags, enum khmap_put_mode *mode)
{
	switch (flags) {
	case 0:
		*mode = KHMAP_PUT_EITHER;
		return 0;
	case KHMAP_PUT_INSERT:
		*mode = KHMAP_PUT_ONLY_NEW;
		return 0;
	case KHMAP_PUT_REPLACE:
		*mode = KHMAP_PUT_ONLY_OLD;
		return 0;
	default:
		return -EINVAL;
	}
}

int khmap_map_update(struct khmap_map *map, const void *key, const void *value,
		     u32 flags)
{
	enum khmap_put_mode mode;
	struct khmap_store store;
	int err;

	err = khmap_put_mode_of(flags, &mode);
	if (err)
		return err;
	if (khmap_guard_blocked())
		return -EBUSY;
	err = khmap_table_try_put(map->table, key, value, mode, &store);
	if (!err)
		khmap_tell_put(map, &store);
	return err;
}
EXPORT_SYMBOL_GPL(khmap_map_update);

int khmap_map_update_sleepable(struct khmap_map *map, const void *key,
			       const void *value, u32 flags)
{
	enum khmap_put_mode mode;
	struct khmap_store store;
	int err;

	might_sleep();
	err = khmap_put_mode_of(flags, &mode);
	if (err)
		return err;
	err = khmap_table_put(map->table, key, value, mode, &store);
	if (!err)
		khmap_tell_put(map, &store);
	return err;
}
EXPORT_SYMBOL_GPL(khmap_map_update_sleepable);

int khmap_map_add(struct khmap_map *map, const void *key, u32 offset,
		  u64 delta, u64 *old)
{
	struct khmap_store store;
	int err;

	if (khmap_guard_blocked())
		return -EBUSY;
	err = khmap_table_add(map->table, key, offset, delta, old, &store);
	if (!err)
		khmap_tell_put(map, &store);
	return err;
}
EXPORT_SYMBOL_GPL(khmap_map_add);

int khmap_map_remove(struct khmap_map *map, const void *key, void *value)
{
	struct khmap_store store;
	int err;

	if (khmap_guard_blocked())
		return -EBUSY;
	err = khmap_table_delete(map->table, key, value, &store);
	if (!err)
		khmap_tell_delete(map, &store);
	return err;
}
EXPORT_SYMBOL_GPL(khmap_map_remove);
