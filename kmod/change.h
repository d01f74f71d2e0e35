/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * change.h - how the versions of a name change
 *
 * Stores to a map end and begin under its table's mutex, for which one may have to
 * wait: who drops a snapshot holds it, and a batch that is to be atomic.  What a
 * name means changes under the registry's lock, for which everybody waits who opens
 * a node.  So the mutexes are taken first, of all maps that the change needs, and
 * then it is looked whether those are still the maps.
 */
#ifndef _KHMAP_CHANGE_H
#define _KHMAP_CHANGE_H

#include <linux/types.h>

#include "version.h"

struct file;
struct khmap_map;
struct khmap_name;

/* The live one, the one that takes its place, and the second one. */
#define KHMAP_CHANGE_MAPS	3

/**
 * struct khmap_change_maps - maps whose stores a change ends or begins
 * @count: of them
 * @map: in the order of ids, none twice
 */
struct khmap_change_maps {
	u32 count;
	struct khmap_map *map[KHMAP_CHANGE_MAPS];
};

/**
 * struct khmap_change - a change of a name on its way
 * @map: on which it was asked for
 * @to: that is to become a version; NULL if there is none
 * @file: of @to, of the caller
 * @arg: of the call
 * @name: that changes, while the registry's lock is held
 * @gone: a name that @to had; NULL if none
 * @freed: maps that the name has let go of
 * @look: may it be?  Sets @name, and @to if that is to be found, and names the
 *	maps that it needs by khmap_change_needs().  Is called again if those are
 *	others by the time that they are held.  Returns 0 or why not
 * @make: the change; cannot fail
 *
 * @look and @make are called with the registry's lock held.
 */
struct khmap_change {
	struct khmap_map *map;
	struct khmap_map *to;
	struct file *file;
	void *arg;
	struct khmap_name *name;
	struct khmap_name *gone;
	struct khmap_freed freed;
	int (*look)(struct khmap_change *change,
		    struct khmap_change_maps *maps);
	void (*make)(struct khmap_change *change);
};

/* A map that a change needs, or NULL. */
void khmap_change_needs(struct khmap_change_maps *maps, struct khmap_map *map);

/**
 * khmap_change_do() - change what a name means
 * @change: the change; @gone and @freed are dropped
 *
 * Context: may sleep; takes the tables' mutexes and the registry's lock.
 * Return: 0; what @look returned; -EINTR the caller was killed.  Then nothing was
 * changed.
 */
int khmap_change_do(struct khmap_change *change);

#endif /* _KHMAP_CHANGE_H */
