/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map.h - a map's life
 *
 * A map is referenced by its name, while it has one, by each open file and by
 * other modules; a mapping holds its file.  With the last reference it is
 * freed, after a grace period of RCU for those who found it by its id.  All
 * maps are in one registry, from the moment that their name is taken.
 */
#ifndef _KHMAP_MAP_H
#define _KHMAP_MAP_H

#include <linux/irq_work.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>
#include <linux/khmap.h>

#include "core/table.h"
#include "mmap.h"

struct khmap_account;
struct khmap_node;

/**
 * struct khmap_node_owner - whom a map's node belongs to
 * @uid: user
 * @gid: group
 * @mode: permission bits
 */
struct khmap_node_owner {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
};

/**
 * struct khmap_map - a map
 * @refs: see above
 * @link: in the registry, under its lock
 * @named: the registry's name for it is taken, under the registry's lock
 * @published: others may find it, under the registry's lock
 * @node: the device node, NULL without one; under the registry's lock
 * @account: constant; a reference
 * @table: constant once published
 * @view: what a mapping shows; constant once published
 * @growth_work: does what puts leave undone
 * @growth_kick: starts @growth_work from any context
 * @id: unique among maps of this boot, constant
 * @created_ns: nanoseconds since 1970, constant
 * @owner: as created, constant
 * @name: NUL-padded, empty if the map never had one; constant
 */
struct khmap_map {
	struct kref refs;
	struct list_head link;
	bool named;
	bool published;
	struct khmap_node *node;
	struct khmap_account *account;
	struct khmap_table *table;
	struct khmap_view view;
	struct delayed_work growth_work;
	struct irq_work growth_kick;
	u64 id;
	u64 created_ns;
	struct khmap_node_owner owner;
	char name[KHMAP_NAME_MAX + 1];
};

/**
 * khmap_map_create() - a map that nobody else can find yet
 * @params: of its table; @secret, @map_id and @created_ns are filled in
 * @owner: of its node
 * @max_bytes: limit of its memory; 0 for the module's default
 * @map: the new map, one reference
 *
 * Takes the name, if @params has one.  Whether the memory of an empty map fits
 * the limits is known, and refused, before any of it is allocated.
 *
 * Context: may sleep; takes the registry's lock.
 * Return: 0; -EEXIST the name is taken; -EINVAL or -E2BIG of @params; -ENOMEM.
 */
int khmap_map_create(struct khmap_table_params *params,
		     const struct khmap_node_owner *owner, u64 max_bytes,
		     struct khmap_map **map);

/**
 * khmap_map_publish() - let others find a map; make the node of a named one
 * @map: new
 *
 * The name holds a reference, and the module, from here on.
 *
 * Context: may sleep; takes the registry's lock.
 * Return: 0; -ENOSPC there are no minor numbers left; -ENOMEM or another errno
 * of device_add().  Then the name is free again, and the caller still has its
 * reference.
 */
int khmap_map_publish(struct khmap_map *map);

/**
 * khmap_map_unlink() - take a map's name and node away
 * @map: published
 *
 * Context: may sleep; takes the registry's lock.
 * Return: 0; -ENODEV it has no name (any more).
 */
int khmap_map_unlink(struct khmap_map *map);

/**
 * khmap_map_put() - drop a reference
 * @map: freed with the last one
 *
 * Context: may sleep; takes the registry's lock with the last reference.
 */
void khmap_map_put(struct khmap_map *map);

/**
 * khmap_map_find() - the map of a device node
 * @minor: of the node
 *
 * Context: may sleep; takes the registry's lock.
 * Return: the map, one reference; NULL if it is gone.
 */
struct khmap_map *khmap_map_find(unsigned int minor);

/**
 * khmap_map_find_name() - the map of a name
 * @name: NUL-terminated
 *
 * Context: may sleep; takes the registry's lock.
 * Return: the map, one reference; NULL if there is none.
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

	if (likely(map && map->id == id))
		return map;
	return khmap_map_find_id_slowly(id);
}

/**
 * khmap_map_next() - walk through the registry
 * @map: where the walk stands, its reference is dropped; NULL to start
 * @after: at the start, only maps with a higher id are walked through
 *
 * In the order of ids.
 *
 * Context: may sleep; takes the registry's lock.
 * Return: the next published map, one reference; NULL at the end.
 */
struct khmap_map *khmap_map_next(struct khmap_map *map, u64 after);

/**
 * khmap_map_info() - a map as KHMAP_IOC_LIST shows it
 * @map: published
 * @info: filled, ids as the calling process sees them
 *
 * Context: may sleep; takes the registry's lock.
 */
void khmap_map_info(struct khmap_map *map, struct khmap_map_info *info);

/* Published maps.  Context: may sleep; takes the registry's lock. */
u32 khmap_map_count(void);

/* Free what the registry holds.  No map exists any more. */
void khmap_map_exit(void);

#endif /* _KHMAP_MAP_H */
