/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tell.h - tell those who listen what an operation did
 */
#ifndef _KHMAP_TELL_H
#define _KHMAP_TELL_H

#include "map.h"
#include "sample.h"
#include "trace.h"

/* A value was stored: where. */
static inline void khmap_tell_put(const struct khmap_map *map,
				  const struct khmap_store *store)
{
	trace_khmap_put(map->object.id, store);
	if (store->overflowed)
		trace_khmap_overflow(map->object.id, store);
	if (khmap_sampling())
		khmap_sample_one(map, false, store);
}

/* A key was deleted: where. */
static inline void khmap_tell_delete(const struct khmap_map *map,
				     const struct khmap_store *store)
{
	trace_khmap_delete(map->object.id, store);
	if (khmap_sampling())
		khmap_sample_one(map, true, store);
}

#endif /* _KHMAP_TELL_H */
