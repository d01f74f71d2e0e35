// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_alloc.c - every allocation may fail
 *
 * For each operation the first, second, ... allocation is refused until one run
 * needs none of them.  A refused operation says -ENOMEM, has changed nothing and
 * leaks nothing; afterwards the map works.
 */
#include <stdlib.h>

#include "check_image.h"
#include "engine.h"
#include "tap.h"

#define IMAGE_BYTES	(64ull << 20)
#define POISON		((void *)0x5a5a)

static void test_create(const char *name, const struct khmap_table_params *p, u32 least)
{
	struct khmap_account *account = khmap_account_create(IMAGE_BYTES, 0, false);
	u32 refused = 0, wrong = 0;
	bool failed = true;
	long n;

	for (n = 0; failed; n++) {
		struct khmap_table *table = POISON;
		int err;

		khmap_account_fail_after(account, n);
		err = khmap_table_create(p, account, &table);
		failed = khmap_account_failed(account);
		khmap_account_fail_after(account, -1);
		refused += err != 0;
		wrong += err && (err != -ENOMEM || table != POISON || !failed);
		/* A long run of pages that is refused is made of shorter ones. */
		if (!err) {
			wrong += !table_is_sound(table, 0);
			khmap_table_destroy(table);
		}
		wrong += khmap_account_used(account) != 0;
	}
	is_u64(wrong, 0, "create %s: %ld allocations", name, n - 1);
	is_u64(refused, least, "create %s: refusals", name);
	khmap_account_destroy(account);
}

/* Keys of the first bucket of the first page. */
static void collide(const struct khmap_table *table, u64 *keys, u32 count)
{
	const u32 shape = khmap_shape(1, 0);
	u32 found = 0;
	u64 key;

	for (key = 1; found < count; key++) {
		u64 hash = khmap_hash(table->hash_kind, table->secret, &key, 8);
		u32 place = khmap_hash_place(shape, khmap_shape_mask(shape), hash);

		if (!khmap_place_page(place) && !khmap_place_bucket(&table->geometry, place))
			keys[found++] = key;
	}
}

/*
 * Put @key with its first, second, ... allocation refused.  Returns how often
 * it was refused, or ~0 if something was wrong.
 */
static u32 put_refused(struct engine *e, u64 key, u64 entries)
{
	u64 sum = engine_sum(e), value = key + 1, got = 0;
	u32 refused = 0, again;
	long n;

	for (n = 0;; n++) {
		int err = 0;

		/* What the first refusal keeps for later, the next ones use. */
		for (again = 0; again < 5; again++) {
			khmap_account_fail_after(e->account, n);
			err = khmap_table_put(e->table, &key, &value, KHMAP_PUT_EITHER, NULL);
			if (!err)
				break;
			refused++;
			if (err != -ENOMEM || !khmap_account_failed(e->account) ||
			    engine_sum(e) != sum || !table_is_sound(e->table, entries) ||
			    khmap_table_get(e->table, &key, &got) != -ENOENT ||
			    khmap_reader_get(&e->reader, &key, &got) != -ENOENT)
				return ~0u;
		}
		if (!err)
			break;
	}
	khmap_account_fail_after(e->account, -1);
	if (khmap_reader_get(&e->reader, &key, &got) || got != value ||
	    !table_is_sound(e->table, entries + 1))
		return ~0u;
	return refused;
}

static void test_put(u64 expected, const char *form)
{
	struct khmap_table_params p = params_make(8, 8, expected);
	u32 i, refused = 0, wrong = 0;
	struct engine e, spared;
	u64 keys[100];

	p.stripes = 1;
	p.max_entries = 1000;
	engine_open(&e, &p);
	engine_open(&spared, &p);
	collide(e.table, keys, 100);
	for (i = 0; i < 100; i++) {
		u32 times = put_refused(&e, keys[i], i);

		wrong += times == ~0u;
		wrong += khmap_table_put(spared.table, &keys[i], &keys[i], KHMAP_PUT_EITHER,
					 NULL) != 0;
		refused += times != ~0u ? times : 0;
	}
	is_u64(wrong, 0, "put, %s: refused or done, nothing in between", form);
	/* Five times its struct, five times a node, then the three others and the page. */
	is_u64(refused, 14, "put, %s: refusals", form);
	is_u64(khmap_account_used(e.account), khmap_account_used(spared.account),
	       "put, %s: in the end it took what it takes without refusals", form);
	engine_close(&spared);
	is_u64(e.table->header->overflow_pages, 1, "put, %s: an index that was left is used", form);
	engine_close(&e);
}

/* A map that cannot grow to what is asked for keeps what it has. */
static void test_reserve(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	u32 refused = 0, wrong = 0;
	bool failed = true;
	struct engine e;
	u64 i;
	long n;

	p.stripes = 64;
	engine_open(&e, &p);
	for (i = 0; i < 15; i++)
		khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL);
	for (n = 0; failed; n++) {
		int err;

		khmap_account_fail_after(e.account, n % 8);
		err = khmap_table_reserve(e.table, 400000, NULL);
		failed = khmap_account_failed(e.account) && err;
		khmap_account_fail_after(e.account, -1);
		refused += err != 0;
		wrong += err && err != -ENOMEM;
		wrong += !table_is_sound(e.table, 15);
	}
	is_u64(wrong, 0, "reserve: refused or done");
	ok(refused > 8, "reserve: refused %u times", refused);
	is_u64(e.table->header->shape, khmap_shape(2381, 0), "reserve: in the end it is done");
	engine_close(&e);
}

/* A put that finds no overflow bucket is refused, though the load asks for no page. */
static void test_starved(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_growth_state growth;
	struct engine e;
	u64 i, got;
	int err;

	engine_open(&e, &p);
	for (i = 0; i < 100; i++)
		khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL);
	/* Far ahead of need, so that none of it is lacking. */
	is_u64(khmap_table_reserve(e.table, 2000, NULL), 0, "starved: reserved");
	khmap_account_fail_after(e.account, 0);
	do {
		err = khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL);
		khmap_account_fail_after(e.account, 0);
	} while (!err && ++i < 4000);
	is_u64((u64)-err, ENOMEM, "starved: put %llu is refused", (unsigned long long)i);
	khmap_table_growth(e.table, &growth);
	ok(e.table->header->shape >= growth.wanted && growth.refused,
	   "starved: that memory was refused is told");
	khmap_account_fail_after(e.account, -1);
	is_u64(khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL), 0, "starved: with memory it is put");
	khmap_table_growth(e.table, &growth);
	ok(!growth.refused && !khmap_reader_get(&e.reader, &i, &got) && got == i,
	   "starved: and nothing is told any more");
	engine_close(&e);
}

/* One who may not wait leaves it to the worker, whom memory may be refused as well. */
static void test_hungry(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_growth_state growth;
	struct engine e;
	u64 i;

	engine_open(&e, &p);
	for (i = 0; i < 100; i++)
		khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL);
	is_u64(khmap_table_reserve(e.table, 2000, NULL), 0, "hungry: reserved");
	while (i < 4000 && !khmap_table_try_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL))
		i++;
	khmap_table_growth(e.table, &growth);
	ok(i < 4000 && !growth.refused, "hungry: put %llu waits for the worker",
	   (unsigned long long)i);
	/* There may be a page that somebody else did not need. */
	while (i < 4000 && !growth.refused) {
		while (i < 4000 && !khmap_table_try_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL))
			i++;
		khmap_account_fail_after(e.account, 0);
		khmap_table_work(e.table);
		khmap_table_growth(e.table, &growth);
	}
	ok(growth.refused, "hungry: that memory was refused to the worker is told");
	khmap_account_fail_after(e.account, -1);
	is_u64((u64)-khmap_table_try_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL), ENOMEM,
	       "hungry: and to the put once more");
	khmap_table_work(e.table);
	khmap_table_growth(e.table, &growth);
	ok(!growth.refused, "hungry: with memory the worker is done");
	is_u64(khmap_table_try_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL), 0, "hungry: and it is put");
	engine_close(&e);
}

/* Without memory for pages a map goes on at a higher load, and says so. */
static void test_growth(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_growth_state growth;
	u32 shape, wrong = 0;
	struct engine e;
	u64 i, got;

	engine_open(&e, &p);
	for (i = 0; i < 1000; i++)
		khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL);
	khmap_table_growth(e.table, &growth);
	ok(!growth.refused && growth.splits, "growth: %llu splits",
	   (unsigned long long)growth.splits);
	shape = e.table->header->shape;
	ok(shape >= growth.wanted, "growth: the shape follows the load");
	khmap_account_fail_after(e.account, 0);
	for (; i < 4000; i++) {
		int err = khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL);

		if (err)
			break;
		khmap_account_fail_after(e.account, 0);
	}
	khmap_table_growth(e.table, &growth);
	ok(growth.refused, "growth: that memory was refused is told");
	ok(i > 1050, "growth: %llu keys were put all the same", (unsigned long long)i - 1000);
	ok(table_is_sound(e.table, i), "growth: image");
	khmap_account_fail_after(e.account, -1);
	for (; i < 4000; i++)
		wrong += khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL) != 0;
	while (khmap_table_work(e.table))
		;
	khmap_table_growth(e.table, &growth);
	ok(!growth.refused && e.table->header->shape >= growth.wanted,
	   "growth: with memory it catches up");
	for (i = 0; i < 4000; i++)
		wrong += khmap_reader_get(&e.reader, &i, &got) || got != i;
	is_u64(wrong, 0, "growth: every key is there");
	ok(table_is_sound(e.table, 4000), "growth: image");
	engine_close(&e);
}

/* A map whose 16th put cannot be staged stays inline. */
static void test_promotion(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct engine e;
	u64 i;

	engine_open(&e, &p);
	for (i = 0; i < 15; i++)
		khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL);
	khmap_account_fail_after(e.account, 0);
	is_i64(khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL), -ENOMEM,
	       "promotion without memory");
	is_u64(e.table->header->shape, 0, "the map stays inline");
	ok(table_is_sound(e.table, 15), "its image is sound");
	is_i64(khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL), 0, "promotion with some");
	is_u64(e.table->header->shape, khmap_shape(1, 0), "the map has a page");
	ok(table_is_sound(e.table, 16), "its image is sound");
	engine_close(&e);
}

static void test_copy(u64 expected, const char *form)
{
	struct khmap_account *account = khmap_account_create(IMAGE_BYTES, 0, false);
	struct khmap_table_params p = params_make(8, 8, expected);
	u32 refused = 0, wrong = 0;
	bool failed = true;
	struct engine e;
	u64 i, sum;
	long n;

	p.load_percent = 95;
	engine_open(&e, &p);
	for (i = 0; i < expected; i++)
		khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL);
	sum = engine_sum(&e);
	for (n = 0; failed; n++) {
		struct khmap_copy *copy = POISON;
		int err;

		khmap_account_fail_after(account, n);
		err = khmap_copy_create(e.table, account, 1, 1, &copy);
		failed = khmap_account_failed(account);
		khmap_account_fail_after(account, -1);
		refused += err != 0;
		wrong += err && (err != -ENOMEM || copy != POISON || !failed);
		if (!err) {
			struct image image = image_of_copy(copy);

			wrong += !image_check(&image) || image.entries != expected;
			khmap_copy_destroy(copy);
		}
		wrong += khmap_account_used(account) != 0 || engine_sum(&e) != sum;
	}
	is_u64(wrong, 0, "copy, %s: %ld allocations", form, n - 1);
	ok(refused >= 2, "copy, %s: refused %u times", form, refused);
	ok(table_is_sound(e.table, expected), "copy, %s: the map is as it was", form);
	engine_close(&e);
	khmap_account_destroy(account);
}

static void test_limit(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_table *table = POISON;
	struct khmap_account *account;
	u64 i, value = 5, bytes, sum;
	u32 wrong = 0;
	struct engine e;

	is_i64(khmap_table_bytes(&p, &bytes), 0, "limit: what a map takes");
	account = khmap_account_create(IMAGE_BYTES, bytes - 1, false);
	is_i64(khmap_table_create(&p, account, &table), -ENOMEM, "limit: one byte less");
	ok(table == POISON && !khmap_account_used(account), "limit: nothing was made or taken");
	khmap_account_destroy(account);

	e.account = khmap_account_create(IMAGE_BYTES, bytes, false);
	is_i64(khmap_table_create(&p, e.account, &e.table), 0, "limit: enough for the map");
	for (i = 0; i < 15; i++)
		wrong += khmap_table_put(e.table, &i, &value, KHMAP_PUT_EITHER, NULL) != 0;
	is_u64(wrong, 0, "limit: puts that need no memory");
	sum = engine_sum(&e);
	is_i64(khmap_table_put(e.table, &i, &value, KHMAP_PUT_EITHER, NULL), -ENOMEM,
	       "limit: a put that does");
	ok(engine_sum(&e) == sum, "limit: changes nothing");
	is_u64(khmap_account_used(e.account), bytes, "limit: takes nothing");
	i = 3;
	is_i64(khmap_table_put(e.table, &i, &value, KHMAP_PUT_EITHER, NULL), 0, "limit: replace");
	is_i64(khmap_table_delete(e.table, &i, NULL, NULL), 0, "limit: delete");
	i = 15;
	is_i64(khmap_table_put(e.table, &i, &value, KHMAP_PUT_EITHER, NULL), 0,
	       "limit: then there is room");
	ok(table_is_sound(e.table, 15), "limit: image");
	engine_close(&e);
}

/* What cannot be had is not begun with: others may need what there is. */
static void test_reserve_limit(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	u64 bytes, used;
	struct engine e;

	is_i64(khmap_table_bytes(&p, &bytes), 0, "reserve, limit: what a map takes");
	e.account = khmap_account_create(IMAGE_BYTES, bytes + (1 << 20), false);
	is_i64(khmap_table_create(&p, e.account, &e.table), 0, "reserve, limit: a map");
	used = khmap_account_used(e.account);
	is_i64(khmap_table_reserve(e.table, 50000, NULL), -ENOMEM, "reserve, limit: beyond it");
	is_u64(khmap_account_used(e.account), used, "reserve, limit: nothing was taken");
	is_u64(e.table->header->shape, 0, "reserve, limit: nothing was done");
	is_i64(khmap_table_reserve(e.table, 20000, NULL), 0, "reserve, limit: within it");
	ok(table_is_sound(e.table, 0), "reserve, limit: image");
	engine_close(&e);
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 8, 10);

	test_create("inline", &p, 3);
	p.value_size = 4000;
	/* Its first page, and the two nodes that lead to it. */
	test_create("without an inline form", &p, 6);
	test_reserve();
	test_reserve_limit();
	test_starved();
	test_hungry();
	test_growth();
	test_put(1, "inline at first");
	test_put(100, "one page");
	test_promotion();
	test_copy(10, "inline");
	test_copy(20000, "pages");
	test_limit();
	return done();
}
