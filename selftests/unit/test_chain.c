// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_chain.c - keys that meet in one bucket, and the overflow buckets behind it
 */
#include "check_image.h"
#include "engine.h"
#include "table_test.h"
#include "tap.h"

static void test_longest_chain(void)
{
	/* 7 keys in the primary bucket and 3 in each of 31 behind it. */
	enum { LONGEST = 7 + 31 * 3 };
	struct khmap_table_params p = params_make(8, 8, 100);
	struct khmap_counts counts;
	struct khmap_store store;
	u64 keys[LONGEST + 1], sum, value = 1;
	struct image image;
	struct engine e;
	u32 i, wrong = 0;

	p.max_entries = 1000;
	p.max_pages = 1;
	engine_open(&e, &p);
	collide(&e, keys, LONGEST + 1);
	for (i = 0; i < LONGEST; i++) {
		value = keys[i] + 1;
		wrong += khmap_table_put(e.table, &keys[i], &value, KHMAP_PUT_ONLY_NEW, &store) ||
			 store.chain != (i < 7 ? 0 : 1 + (i - 7) / 3) ||
			 store.overflowed != (i >= 7 && !((i - 7) % 3)) ||
			 !table_is_sound(e.table, i + 1) || read_u64(&e, keys[i]) != value;
	}
	is_u64(wrong, 0, "100 keys of one bucket");
	image = image_of_table(e.table);
	ok(image_check(&image), "they make a sound image");
	is_u64(image.chains[32], 1, "and one chain of 32 buckets");
	sum = engine_sum(&e);
	is_i64(put_u64(&e, keys[LONGEST], 1, KHMAP_PUT_EITHER), -EXFULL, "one more is refused");
	ok(engine_sum(&e) == sum, "and changes nothing");
	ok(!read_u64(&e, keys[LONGEST]), "and is not read");
	khmap_table_stat(e.table, &counts);
	is_u64(counts.entries, LONGEST, "entries");
	is_u64(counts.overflow_entries, LONGEST - 7, "overflow entries");
	is_u64(counts.overflow_buckets, 31, "overflow buckets");
	for (i = 0; i < LONGEST; i++)
		wrong += read_u64(&e, keys[i]) != keys[i] + 1;
	is_u64(wrong, 0, "all are read");

	/* From the middle: the chain stays dense, its end moves into the hole. */
	for (i = 0; i < LONGEST; i++) {
		u32 at = (i * 37) % LONGEST, j;

		wrong += khmap_table_delete(e.table, &keys[at], NULL, NULL) != 0;
		wrong += !table_is_sound(e.table, LONGEST - 1 - i);
		keys[at] = 0;
		for (j = 0; j < LONGEST; j++)
			wrong += keys[j] && read_u64(&e, keys[j]) != keys[j] + 1;
	}
	is_u64(wrong, 0, "deleted one by one, the others are read, the image is sound");
	khmap_table_stat(e.table, &counts);
	is_u64(counts.overflow_entries, 0, "no overflow entries are left");
	is_u64(counts.overflow_buckets, 0, "no overflow buckets are left");
	engine_close(&e);
}

/* Freed overflow buckets are used again, by other chains too. */
static void test_reuse(void)
{
	struct khmap_table_params p = params_make(8, 8, 200);
	u64 keys[100];
	struct engine e;
	u32 round, i, pages = 0, grown = 0;

	p.stripes = 1;
	p.max_entries = 1000;
	engine_open(&e, &p);
	collide(&e, keys, 100);
	for (round = 0; round < 50; round++) {
		struct khmap_counts counts;

		for (i = 0; i < 100; i++)
			put_u64(&e, keys[(i * 7 + round) % 100], 1, KHMAP_PUT_ONLY_NEW);
		khmap_table_stat(e.table, &counts);
		if (!round)
			pages = e.table->header->overflow_pages;
		grown += e.table->header->overflow_pages != pages;
		if (round % 2)
			table_clear(e.table);
		for (i = 0; i < 100; i++)
			khmap_table_delete(e.table, &keys[i], NULL, NULL);
	}
	is_u64(grown, 0, "50 times full and empty: overflow pages do not add up");
	ok(table_is_sound(e.table, 0), "50 times full and empty: image");
	engine_close(&e);
}

int main(void)
{
	test_longest_chain();
	test_reuse();
	return done();
}
