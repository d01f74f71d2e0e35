/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * map.h - a map of the engine, and a reader of it
 */
#ifndef KHMAP_STUDY_MAP_H
#define KHMAP_STUDY_MAP_H

#include <khmap/reader.h>

#include "study.h"

/**
 * struct map - a map under study
 * @account: its memory
 * @table: the map
 * @reader: of its live image; points into itself, so a map must not be copied
 */
struct map {
	struct khmap_account *account;
	struct khmap_table *table;
	struct khmap_reader reader;
};

/**
 * map_open() - an empty map; ends the run if there is no memory
 * @map: filled
 * @key_size: bytes
 * @value_size: bytes
 * @load_percent: target load of its primary slots
 * @huge: all of it is to lie on huge pages, and not only what is allocated in
 *	long runs
 */
void map_open(struct map *map, u32 key_size, u32 value_size, u32 load_percent, bool huge);

/* map_open() of a map whose buckets are as small as they can be. */
void map_open_packed(struct map *map, u32 key_size, u32 value_size, u32 load_percent);

/**
 * map_close() - end a map, and the run if its memory has leaked
 * @map: of map_open()
 */
void map_close(struct map *map);

/**
 * map_put() - store a value, or end the run
 * @map: the map
 * @key: key_size bytes
 * @value: value_size bytes
 */
void map_put(struct map *map, const void *key, const void *value);

/**
 * map_reserve() - grow now, or end the run
 * @map: the map
 * @entries: that it shall have room for
 */
void map_reserve(struct map *map, u64 entries);

/**
 * map_entries() - keys in a map
 * @map: the map
 */
u64 map_entries(struct map *map);

/**
 * map_bytes() - all that a map has allocated, the engine's own structs included
 * @map: the map
 */
u64 map_bytes(struct map *map);

/**
 * map_pages() - pages of a map's image
 * @map: the map
 */
u64 map_pages(struct map *map);

/**
 * map_get() - look a key up as a process does; under the lock if it must
 * @map: the map
 * @key: key_size bytes
 * @value: value_size bytes, filled if the key is there
 *
 * Return: whether the key is there.  Ends the run if the image is corrupt.
 */
static inline bool map_get(struct map *map, const void *key, void *value)
{
	int err = khmap_reader_get(&map->reader, key, value);

	if (__builtin_expect(err == -EAGAIN, 0))
		err = khmap_table_get(map->table, key, value);
	if (__builtin_expect(err && err != -ENOENT, 0))
		study_wrong("a look-up ends with error %d", err);
	return !err;
}

#endif /* KHMAP_STUDY_MAP_H */
