/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * compact_test.h - what the tests of compaction share
 */
#ifndef KHMAP_TEST_COMPACT_H
#define KHMAP_TEST_COMPACT_H

#include <stdlib.h>

#include "../../kmod/core/compact.h"
#include "check_image.h"
#include "engine.h"
#include "tap.h"

#define LONGEST	(7 + 31 * 3)	/* keys of the longest chain, for 8-byte keys and values */

static inline struct khmap_compact compact_all(struct khmap_table *table)
{
	struct khmap_compact compact = { .moved = 0 };

	while (khmap_table_compact(table, &compact))
		;
	return compact;
}

static inline u32 pages_of(struct khmap_table *table)
{
	struct khmap_counts counts;

	khmap_table_stat(table, &counts);
	return table->header->overflow_pages;
}

static inline u32 needed_of(struct khmap_table *table)
{
	struct khmap_compaction compaction;

	khmap_table_compaction(table, &compaction);
	return compaction.needed;
}

/* Keys of bucket @bucket of page @page, as long as there are two pages. */
static inline void collide(const struct khmap_table *table, u32 page, u32 bucket, u64 *keys)
{
	u32 shape = table->header->shape, found = 0;
	u64 key;

	for (key = 1; found < LONGEST; key++) {
		u64 hash = khmap_hash(table->hash_kind, table->secret, &key, 8);
		u32 place = khmap_hash_place(shape, khmap_shape_mask(shape), hash);

		if (khmap_place_page(place) == page &&
		    khmap_place_bucket(&table->geometry, place) == bucket)
			keys[found++] = key;
	}
}

static inline void put_keys(struct khmap_table *table, const u64 *keys, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (khmap_table_put(table, &keys[i], &keys[i], KHMAP_PUT_ONLY_NEW, NULL)) {
			diag("put failed");
			exit(1);
		}
}

static inline void delete_keys(struct khmap_table *table, const u64 *keys, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (khmap_table_delete(table, &keys[i], NULL, NULL)) {
			diag("delete failed");
			exit(1);
		}
}

/* Two pages that stay two, so that chains are where a test puts them. */
static inline void two_pages(struct engine *e, u32 stripes)
{
	struct khmap_table_params p = params_make(8, 8, 300);

	/* Room for overflow comes with the stripes. */
	p.stripes = stripes;
	p.max_pages = 2;
	engine_open(e, &p);
	is_u64(e->table->header->shape, khmap_shape(2, 0), "two pages");
}

#endif /* KHMAP_TEST_COMPACT_H */
