// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_promotion.c - a map leaves its header page for pages of its own
 *
 * No key is lost on the way, and no reader is told that one is.
 */
#include <signal.h>
#include <sys/mman.h>

#include "check_image.h"
#include "engine.h"
#include "table_test.h"
#include "tap.h"

/* Up to 15 keys stay in the header page, the 16th moves them. */
static void test_promotion(u32 key_size, u32 value_size, u32 layout)
{
	struct khmap_table_params p = params_make(key_size, value_size, 1);
	unsigned char key[TEST_RECORD_MAX], value[TEST_RECORD_MAX], got[TEST_RECORD_MAX];
	u32 i, j, slots, missing = 0, unsound = 0;
	struct khmap_counts counts;
	struct engine e;

	p.layout = layout;
	p.max_entries = 16;
	/* Not to be mistaken for growth. */
	p.max_pages = 1;
	engine_open(&e, &p);
	slots = e.table->geometry.inline_slots;
	if (!slots) {
		is_u64(e.table->header->shape, khmap_shape(1, 0),
		       "promotion %u/%u: never inline", key_size, value_size);
		engine_close(&e);
		return;
	}
	for (i = 0; i <= slots; i++) {
		bool moved = i == slots;

		key_make(key, key_size, i);
		value_make(value, value_size, i, 1);
		if (khmap_table_put(e.table, key, value, KHMAP_PUT_ONLY_NEW, NULL))
			missing++;
		if (!table_is_sound(e.table, i + 1) || moved != !!e.table->header->shape)
			unsound++;
		for (j = 0; j <= i; j++) {
			key_make(key, key_size, j);
			value_make(value, value_size, j, 1);
			missing += khmap_reader_get(&e.reader, key, got) ||
				   memcmp(value, got, value_size);
		}
	}
	is_u64(missing, 0, "promotion %u/%u after %u: every key is read", key_size, value_size,
	       slots);
	is_u64(unsound, 0, "promotion %u/%u: image at each step", key_size, value_size);
	is_u64(e.table->header->shape, khmap_shape(1, 0), "promotion %u/%u: shape", key_size,
	       value_size);
	khmap_table_stat(e.table, &counts);
	is_u64(counts.inserts, slots + 1, "promotion %u/%u: inserts", key_size, value_size);
	engine_close(&e);
}

/*
 * inline_slots was once bounded as if all keys met in one chain; keys in two
 * chains need two overflow buckets and were lost if a page had but one.
 */
static void test_promotion_loses_no_key(void)
{
	struct khmap_table_params p = params_make(8, 672, 1);
	u32 s, i, lost = 0;

	for (s = 0; s < 300; s++) {
		unsigned char key[8], value[672];
		struct rng rng = { s };
		struct engine e;
		u32 slots;

		p.secret[0] = rng_next(&rng);
		p.secret[1] = rng_next(&rng);
		p.max_entries = 16;
		engine_open(&e, &p);
		slots = e.table->geometry.inline_slots;
		for (i = 0; i <= slots; i++) {
			key_make(key, 8, i);
			value_make(value, 672, i, 1);
			lost += khmap_table_put(e.table, key, value, KHMAP_PUT_ONLY_NEW, NULL) != 0;
		}
		for (i = 0; i <= slots; i++) {
			key_make(key, 8, i);
			lost += khmap_reader_get(&e.reader, key, value) != 0;
		}
		lost += !table_is_sound(e.table, slots + 1);
		engine_close(&e);
	}
	is_u64(lost, 0, "promotion of large records loses no key");
}

/*
 * Tags were once matched by a test that also names a byte of value tophash ^ 1
 * above one that matches.  Above tag 1 that is the tag of an empty slot, which
 * then seemed to hold a key of zeros.
 */
static void test_empty_slot_is_no_key(void)
{
	struct khmap_table_params p = params_make(4, 4, 1);
	u32 zero = 0, other, value = 7, got, found = 0;
	struct engine e;

	while (khmap_tophash(khmap_hash(KHMAP_HASH_FOLD, p.secret, &zero, 4)) != 1)
		p.secret[0]++;
	for (other = 1; khmap_tophash(khmap_hash(KHMAP_HASH_FOLD, p.secret, &other, 4)) != 1;)
		other++;
	engine_open(&e, &p);
	is_i64(khmap_table_put(e.table, &other, &value, KHMAP_PUT_EITHER, NULL), 0,
	       "tophash 1: another key");
	is_i64(khmap_table_get(e.table, &zero, &got), -ENOENT, "tophash 1: no key of zeros");
	is_i64(khmap_reader_get(&e.reader, &zero, &got), -ENOENT,
	       "tophash 1: readers see no key of zeros");
	is_i64(khmap_table_put(e.table, &zero, &value, KHMAP_PUT_ONLY_OLD, NULL), -ENOENT,
	       "tophash 1: it cannot be replaced");
	is_i64(khmap_table_delete(e.table, &zero, NULL, NULL), -ENOENT,
	       "tophash 1: it cannot be deleted");
	is_i64(khmap_table_put(e.table, &zero, &value, KHMAP_PUT_EITHER, NULL), 0,
	       "tophash 1: put it");
	found += !khmap_reader_get(&e.reader, &zero, &got);
	found += !khmap_reader_get(&e.reader, &other, &got);
	is_u64(found, 2, "tophash 1: both are there");
	ok(table_is_sound(e.table, 2), "tophash 1: image");
	engine_close(&e);
}

/* What the fault handler of test_promotion_between_loads() works on. */
static struct {
	struct engine engine;
	__u64 shape;	/* what the reader sees as shape and mask */
	u32 faults;
} between;

static void promote_on_fault(int signal)
{
	struct engine *e = &between.engine;
	u64 key;

	mprotect(e->table->header, KHMAP_OS_PAGE_SIZE, PROT_READ | PROT_WRITE);
	for (key = 10; key < 20; key++)
		khmap_table_put(e->table, &key, &key, KHMAP_PUT_ONLY_NEW, NULL);
	memcpy(&between.shape, &e->table->header->shape, sizeof(between.shape));
	between.faults++;
}

/*
 * A map is promoted after a reader has loaded the shape and before it loads the
 * inline bucket's sequence: the bucket is empty and valid, and only another
 * look at the shape tells that the key has moved.
 */
static void test_promotion_between_loads(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct sigaction action = { .sa_handler = promote_on_fault }, old;
	struct engine *e = &between.engine;
	struct khmap_read read;
	u64 key, got = 0;

	p.max_entries = 100;
	for (key = 9; key <= 25; key += 16) {
		int err, should = key == 9 ? 0 : -ENOENT;
		u64 i;

		between.shape = 0;
		between.faults = 0;
		engine_open(e, &p);
		for (i = 0; i < 10; i++)
			khmap_table_put(e->table, &i, &i, KHMAP_PUT_ONLY_NEW, NULL);
		e->reader.shape = (const __u32 *)(const void *)&between.shape;
		sigaction(SIGSEGV, &action, &old);
		mprotect(e->table->header, KHMAP_OS_PAGE_SIZE, PROT_NONE);
		err = khmap_reader_find(&e->reader, &key, &read);
		sigaction(SIGSEGV, &old, NULL);
		is_u64(between.faults, 1, "promotion between two loads of a reader");
		is_i64(err, should, "key %llu is looked up again", (unsigned long long)key);
		if (!err)
			memcpy(&got, read.value, sizeof(got));
		is_u64(got, 9, "its value");
		engine_close(e);
	}
}

int main(void)
{
	test_promotion(8, 8, KHMAP_LAYOUT_ALIGNED);
	test_promotion(8, 8, KHMAP_LAYOUT_PACKED);
	test_promotion(1, 1, KHMAP_LAYOUT_PACKED);
	test_promotion(3, 61, KHMAP_LAYOUT_ALIGNED);
	test_promotion(32, 200, KHMAP_LAYOUT_ALIGNED);
	test_promotion(16, 500, KHMAP_LAYOUT_PACKED);
	test_promotion(8, 1300, KHMAP_LAYOUT_ALIGNED);
	test_promotion(8, 4072, KHMAP_LAYOUT_ALIGNED);
	test_promotion_loses_no_key();
	test_empty_slot_is_no_key();
	test_promotion_between_loads();
	return done();
}
