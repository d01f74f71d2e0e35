// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * map.c - a map of the engine, and a reader of it
 */
#include <sys/mman.h>

#include "../../../user/engine/memory.h"
#include "map.h"
#include "walk.h"

/* Addresses, not memory. */
#define MAP_PAGES	(1u << 17)
#define MAP_BYTES	((u64)MAP_PAGES * 2 * 4096)

static void map_failed(const char *what, int err)
{
	study_failed("%s: %s", what, strerror(-err));
}

static void map_create(struct map *map, u32 key_size, u32 value_size, u32 load_percent,
		       u32 layout, bool huge)
{
	const struct khmap_table_params params = {
		.key_size = key_size,
		.value_size = value_size,
		.layout = layout,
		.hash_kind = KHMAP_HASH_FOLD,
		.load_percent = load_percent,
		.stripes = KHMAP_STRIPES,
		.expected_entries = 1,
		.max_pages = MAP_PAGES,
		.secret = { walk_secret[0], walk_secret[1] },
	};
	void *image;
	int err;

	map->account = khmap_account_create(MAP_BYTES, 0, true);
	if (!map->account)
		map_failed("a map's addresses", -errno);
	image = khmap_account_image(map->account);
	/* Writable beforehand, single pages come to lie on huge ones, too. */
	if (huge && mprotect(image, MAP_BYTES, PROT_READ | PROT_WRITE))
		map_failed("a map's addresses", -errno);
	if (huge)
		madvise(image, MAP_BYTES, MADV_HUGEPAGE);
	err = khmap_table_create(&params, map->account, &map->table);
	if (err)
		map_failed("a map", err);
	khmap_reader_init(&map->reader, map->table->header, image);
}

void map_open(struct map *map, u32 key_size, u32 value_size, u32 load_percent, bool huge)
{
	map_create(map, key_size, value_size, load_percent, KHMAP_LAYOUT_ALIGNED, huge);
}

void map_open_packed(struct map *map, u32 key_size, u32 value_size, u32 load_percent)
{
	map_create(map, key_size, value_size, load_percent, KHMAP_LAYOUT_PACKED, false);
}

void map_close(struct map *map)
{
	u64 left;

	khmap_table_destroy(map->table);
	left = khmap_account_used(map->account);
	khmap_account_destroy(map->account);
	if (left)
		study_wrong("a map that has ended keeps %llu bytes", (unsigned long long)left);
}

void map_put(struct map *map, const void *key, const void *value)
{
	int err = khmap_table_put(map->table, key, value, KHMAP_PUT_EITHER, NULL);

	if (err)
		map_failed("a put", err);
}

void map_reserve(struct map *map, u64 entries)
{
	int err = khmap_table_reserve(map->table, entries, NULL);

	if (err)
		map_failed("a reserve", err);
}

u64 map_entries(struct map *map)
{
	struct khmap_counts counts;

	khmap_table_stat(map->table, &counts);
	return counts.entries;
}

u64 map_bytes(struct map *map)
{
	return khmap_account_used(map->account);
}

u64 map_pages(struct map *map)
{
	map_entries(map);	/* brings the header up to date */
	return 1 + map->table->header->primary_pages + map->table->header->overflow_pages;
}
