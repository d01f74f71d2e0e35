/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * table_test.h - keys and values of 8 bytes in a map under test
 */
#ifndef KHMAP_TABLE_TEST_H
#define KHMAP_TABLE_TEST_H

#include "engine.h"

/* A value through the image; 0 if the key is not there, ~0 for another error. */
static inline u64 read_u64(struct engine *e, u64 key)
{
	u64 value = 0;
	int err = khmap_reader_get(&e->reader, &key, &value);

	return err == -ENOENT ? 0 : err ? ~0ull : value;
}

static inline int put_u64(struct engine *e, u64 key, u64 value, enum khmap_put_mode mode)
{
	return khmap_table_put(e->table, &key, &value, mode, NULL);
}

/* Keys of one bucket, found with the secret in hand. */
static inline u32 collide(struct engine *e, u64 *keys, u32 count)
{
	struct khmap_table *table = e->table;
	u32 mask = khmap_shape_mask(table->header->shape), found = 0;
	u64 key;

	for (key = 1; found < count; key++) {
		u64 hash = khmap_hash(table->hash_kind, table->secret, &key, 8);
		u32 place = khmap_hash_place(table->header->shape, mask, hash);

		if (!khmap_place_page(place) && !khmap_place_bucket(&table->geometry, place))
			keys[found++] = key;
	}
	return found;
}

#endif /* KHMAP_TABLE_TEST_H */
