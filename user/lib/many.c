// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * many.c - look many keys up
 */
#include <errno.h>

#include <khmap/many.h>

#include "map.h"

/* Of use in signal handlers, as khmap_get() is: no reason is written, errno is kept. */
size_t khmap_get_many(const struct khmap *map, const void *keys, size_t count, void *values,
		      int *status)
{
	const struct khmap_geometry *g = &map->reader.geometry;
	const unsigned char *key = keys;
	unsigned char *value = values;
	size_t i, found = khmap_reader_get_many(&map->reader, keys, count, values, status);

	for (i = 0; i < count; i++) {
		if (khmap__likely(status[i] != -EAGAIN && status[i] != -EIO))
			continue;
		status[i] = khmap_get_locked(map, key + i * g->key_size, value + i * g->value_size);
		found += !status[i];
	}
	return found;
}
