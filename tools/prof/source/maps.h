/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * maps.h - the maps that exist: names, ids, geometries
 */
#ifndef PROF_MAPS_H
#define PROF_MAPS_H

#include <linux/khmap_image.h>
#include "prof.h"

/**
 * prof_maps_find() - the id of a map
 * @name: of the map; NULL to look for @map_id instead
 * @map_id: filled on success
 *
 * Return: 0; -ENOENT there is no such map; -EACCES; another -errno.
 */
int prof_maps_find(const char *name, __u64 *map_id);

/**
 * prof_map_fill() - describe a map to the model
 * @map: filled
 * @name: of the map; "" if it has none
 * @geometry: of its header
 */
void prof_map_fill(struct prof_map *map, const char *name,
		   const struct khmap_geometry *geometry);

/**
 * prof_map_hold() - keep a map's memory, even if it is destroyed
 * @map_id: of the map
 * @map: filled on success
 *
 * Return: a descriptor, which the caller closes; -ENOENT the map has no name, or one
 * whose node this process may not open; another -errno.
 */
int prof_map_hold(uint64_t map_id, struct prof_map *map);

/**
 * prof_maps_each() - learn about every map that exists
 * @tell: called for each whose geometry can be read; not 0 ends it
 * @context: for @tell
 *
 * A map without a name, or one whose node this process may not open, is left
 * out.
 *
 * Return: 0; a -errno; or what @tell returned.
 */
int prof_maps_each(int (*tell)(void *context, uint64_t map_id,
			       const struct prof_map *map),
		   void *context);

#endif /* PROF_MAPS_H */
