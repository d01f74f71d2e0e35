// SPDX-License-Identifier: GPL-2.0-only
/*
 * change.c - how the versions of a name change
 */
#include "core/retire.h"
#include "change.h"
#include "map.h"
#include "name.h"

void khmap_change_needs(struct khmap_change_maps *maps, struct khmap_map *map)
{
	u32 i, at;

	if (!map)
		return;
	for (at = 0; at < maps->count; at++) {
		if (maps->map[at] == map)
			return;
		if (maps->map[at]->object.id > map->object.id)
			break;
	}
	for (i = maps->count; i > at; i--)
		maps->map[i] = maps->map[i - 1];
	maps->map[at] = map;
	maps->count++;
}

/* Is each of those that are needed held? */
static bool khmap_change_covers(const struct khmap_change_maps *held,
				const struct khmap_change_maps *needed)
{
	u32 i, k = 0;

	for (i = 0; i < needed->count; i++) {
		while (k < held->count && held->map[k] != needed->map[i])
			k++;
		if (k == held->count)
			return false;
	}
	return true;
}

static void khmap_change_get(const struct khmap_change_maps *maps)
{
	u32 i;

	for (i = 0; i < maps->count; i++)
		khmap_map_get(maps->map[i]);
}

/* References, and the mutexes of the first @locked. */
static void khmap_change_drop(const struct khmap_change_maps *maps, u32 locked)
{
	u32 i;

	while (locked--)
		khmap_table_release(maps->map[locked]->table);
	for (i = 0; i < maps->count; i++)
		khmap_map_put(maps->map[i]);
}

/* In the order of ids, so that two who do so get on.  Drops all if it fails. */
static int khmap_change_hold(const struct khmap_change_maps *maps)
{
	u32 i;
	int err;

	for (i = 0; i < maps->count; i++) {
		err = khmap_table_hold(maps->map[i]->table, i);
		if (err) {
			khmap_change_drop(maps, i);
			return err;
		}
	}
	return 0;
}

int khmap_change_do(struct khmap_change *change)
{
	struct khmap_change_maps held = {};
	bool done;
	int err;

	do {
		struct khmap_change_maps needed = {};

		mutex_lock(&khmap_registry_lock);
		err = change->look(change, &needed);
		done = !err && khmap_change_covers(&held, &needed);
		if (done)
			change->make(change);
		else if (!err)
			khmap_change_get(&needed);
		mutex_unlock(&khmap_registry_lock);
		khmap_change_drop(&held, held.count);
		if (done || err)
			break;
		/* Somebody else has changed something if this is not the last time. */
		held = needed;
		err = khmap_change_hold(&held);
	} while (!err);
	khmap_name_free(change->gone);
	khmap_versions_free(&change->freed);
	return err;
}
