/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map.h - a map's life
 *
 * A map is an object of the registry, see name.h.  It is referenced by its name,
 * while it has one, by each open file, by its snapshots and by other modules.
 * With the last reference it is freed, after a grace period of RCU for those who
 * found it by its id.
 */
#ifndef _KHMAP_MAP_H
#define _KHMAP_MAP_H

#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include <linux/khmap.h>

#include "core/table.h"
#include "mmap.h"
#include "name.h"
#include "version.h"

struct khmap_account;
struct khmap_restore;

/**
 * struct khmap_map - a map
 * @object: its id, name and references
 * @account: constant; a reference
 * @table: constant once published
 * @view: what a mapping shows; constant once published
 * @shots: published snapshots of it, under the registry's lock
 * @warn_after_ms: when one is overdue, 0 for never; under the registry's lock
 * @version: of which name it is one, under the registry's lock
 * @growth_work: does what puts leave undone
 * @growth_kick: starts @growth_work from any context
 * @created_ns: nanoseconds since 1970, constant
 * @name: that it was created with, NUL-padded, empty without one; constant
 */
struct khmap_map {
	struct khmap_object object;
	struct khmap_account *account;
	struct khmap_table *table;
	struct khmap_view view;
	struct list_head shots;
	u64 warn_after_ms;
	struct khmap_version version;
	struct delayed_work growth_work;
	struct irq_work growth_kick;
	u64 created_ns;
	char name[KHMAP_NAME_MAX + 1];
};

/**
 * khmap_map_create() - a map that nobody else can find yet
 * @params: of its table; @secret, @map_id and @created_ns are filled in
 * @restore: of khmap_restore_open(), which filled @params; NULL for an empty map
 * @owner: of its node
 * @max_bytes: limit of its memory; 0 for the module's default
 * @map: the new map, one reference
 *
 * Takes the name, if @params has one; khmap_object_publish() is what makes it
 * visible.  Whether the memory of an empty map fits
 * the limits is known, and refused, before any of it is allocated.
 *
 * Context: may sleep; takes the registry's lock.
 * Return: 0; -EEXIST the name is taken; -EINVAL or -E2BIG of @params; -ENOMEM.
 */
int khmap_map_create(struct khmap_table_params *params,
		     struct khmap_restore *restore,
		     const struct khmap_node_owner *owner, u64 max_bytes,
		     struct khmap_map **map);

extern const struct khmap_object_ops khmap_map_object_ops;

/* The map that an object is, if that is its kind. */
static inline struct khmap_map *khmap_map_of(struct khmap_object *object)
{
	return container_of(object, struct khmap_map, object);
}

/* One reference more, of one that is held. */
static inline void khmap_map_get(struct khmap_map *map)
{
	khmap_object_get(&map->object);
}

/**
 * khmap_map_put() - drop a reference
 * @map: freed with the last one
 *
 * Context: may sleep; takes the registry's lock with the last reference.
 */
static inline void khmap_map_put(struct khmap_map *map)
{
	khmap_object_put(&map->object);
}

/**
 * khmap_map_find_name() - the map of a name
 * @name: NUL-terminated
 *
 * Context: may sleep; takes the registry's lock.
 * Return: the map, one reference; NULL if no map has this name.
 */
struct khmap_map *khmap_map_find_name(const char *name);

/* Maps that are found by their ids at once. */
#define KHMAP_ID_SLOTS	64u
extern struct khmap_map __rcu *khmap_id_slots[KHMAP_ID_SLOTS];

/* khmap_map_find_id() of any other. */
struct khmap_map *khmap_map_find_id_slowly(u64 id);

/**
 * khmap_map_find_id() - the map of an id
 * @id: the map's
 *
 * Context: any, within rcu_read_lock() or with preemption off, until whose end
 * the map stays.
 * Return: the map, without a reference; NULL if there is none, or it is not
 * published.
 */
static inline struct khmap_map *khmap_map_find_id(u64 id)
{
	struct khmap_map *map =
		rcu_dereference_check(khmap_id_slots[id % KHMAP_ID_SLOTS],
				      rcu_read_lock_sched_held());

	if (likely(map && map->object.id == id))
		return map;
	return khmap_map_find_id_slowly(id);
}

/* Free what finds maps by their ids.  No map exists any more. */
void khmap_map_exit(void);

#endif /* _KHMAP_MAP_H */
