// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_atomic.c - operations that no snapshot comes between
 *
 * All memory is there before the first of them, or nothing is done; meanwhile the
 * mutex of snapshots is held; afterwards nothing of it is left.
 */
#include <stdlib.h>

#include "../../kmod/core/atomic.h"
#include "../../kmod/core/grow.h"
#include "../../kmod/core/update.h"
#include "check_image.h"
#include "engine.h"
#include "tap.h"

#define PUTS	64u
#define VALUE	300u	/* bytes, of which few go into an overflow page */

/* Is the mutex of snapshots free? */
static bool is_free(struct khmap_table *table)
{
	if (!os_mutex_trylock(&table->saves.mutex))
		return false;
	os_mutex_unlock(&table->saves.mutex);
	return true;
}

/* Keys of one bucket, by the shape as it is or will be at the first page. */
static void collide(const struct khmap_table *table, u32 place, u64 *keys, u32 count)
{
	u32 shape = table->header->shape ? table->header->shape : khmap_shape(1, 0);
	u32 found = 0;
	u64 key;

	for (key = 1; found < count; key++)
		if (khmap_hash_place(shape, khmap_shape_mask(shape),
				     khmap_hash(table->hash_kind, table->secret, &key,
						8)) == place)
			keys[found++] = key;
}

/* Puts of new keys while every allocation would be refused; how many failed. */
static u32 puts_do(struct engine *e, struct khmap_atomic *atomic, const u64 *keys)
{
	char value[VALUE] = { 0 };
	u32 i, wrong = 0;

	khmap_account_fail_after(e->account, 0);
	for (i = 0; i < PUTS; i++)
		wrong += khmap_atomic_put(atomic, &keys[i], value, KHMAP_PUT_ONLY_NEW, NULL) != 0;
	wrong += khmap_account_failed(e->account);
	khmap_account_fail_after(e->account, -1);
	return wrong;
}

/* A batch whose first, second, ... allocation is refused, into a map with @before keys. */
static void test_refused(u64 before, const char *what)
{
	struct khmap_table_params p = params_make(8, VALUE, 1);
	u32 wrong = 0, refused = 0;
	u64 keys[PUTS], key;
	struct engine e;
	long n;
	int err;

	p.stripes = 1;
	for (n = 0, err = -ENOMEM; err; n++) {
		struct khmap_atomic atomic;
		char value[VALUE] = { 0 };

		engine_open(&e, &p);
		for (key = 1ull << 40; key < (1ull << 40) + before; key++)
			khmap_table_put(e.table, &key, value, KHMAP_PUT_EITHER, NULL);
		collide(e.table, 0, keys, PUTS);
		khmap_account_fail_after(e.account, n);
		err = khmap_atomic_begin(&atomic, e.table, PUTS);
		wrong += err && !khmap_account_failed(e.account);
		khmap_account_fail_after(e.account, -1);
		if (err) {
			wrong += err != -ENOMEM || !is_free(e.table) ||
				 !table_is_sound(e.table, before);
			refused++;
			/* The next one does all of it. */
			wrong += khmap_atomic_begin(&atomic, e.table, PUTS) != 0;
		}
		wrong += is_free(e.table);
		wrong += puts_do(&e, &atomic, keys);
		khmap_atomic_end(&atomic);
		wrong += !is_free(e.table) || !table_is_sound(e.table, before + PUTS);
		engine_close(&e);
	}
	is_u64(wrong, 0, "%s: nothing was done, or all", what);
	ok(refused >= 2 * PUTS, "%s: each of %u allocations was refused", what, refused);
}

/* Of large records a bucket holds one, and there are few buckets; no chain gets too long. */
static void test_large(u64 before)
{
	struct khmap_table_params p = params_make(8, 3000, 1);
	struct khmap_atomic atomic;
	static char value[3000];
	u32 wrong = 0, round;
	struct engine e;
	u64 key;

	engine_open(&e, &p);
	for (key = 0; key < before; key++)
		wrong += khmap_table_put(e.table, &key, value, KHMAP_PUT_ONLY_NEW, NULL) != 0;
	for (round = 0; round < 4; round++) {
		u64 end = key + PUTS;

		wrong += khmap_atomic_begin(&atomic, e.table, PUTS) != 0;
		khmap_account_fail_after(e.account, 0);
		for (; key < end; key++)
			wrong += khmap_atomic_put(&atomic, &key, value, KHMAP_PUT_ONLY_NEW,
						  NULL) != 0;
		wrong += khmap_account_failed(e.account);
		khmap_account_fail_after(e.account, -1);
		khmap_atomic_end(&atomic);
	}
	is_u64(wrong, 0, "large: %llu records of 3000 bytes, and four batches of %u",
	       (unsigned long long)before, PUTS);
	ok(table_is_sound(e.table, before + 4ull * PUTS), "large: sound");
	engine_close(&e);
}

/* Have every free overflow bucket of a map with one stripe taken. */
static void starve(struct engine *e, u64 *next)
{
	char value[VALUE] = { 0 };
	int err;

	do {
		++*next;
		err = khmap_table_try_put(e->table, next, value, KHMAP_PUT_ONLY_NEW, NULL);
	} while (err != -ENOMEM);
}

/* Between any two puts others take all that the first has left. */
static void test_starved(void)
{
	struct khmap_table_params p = params_make(8, VALUE, 1);
	u64 keys[PUTS], next = 1ull << 40, pages;
	struct khmap_atomic atomic;
	char value[VALUE] = { 0 };
	u32 i, wrong = 0, left = 0;
	struct khmap_overflow_page *page;
	struct engine e;

	p.stripes = 1;
	engine_open(&e, &p);
	khmap_table_reserve(e.table, 4000, NULL);
	collide(e.table, 0, keys, PUTS);
	/* The primary bucket is full before, so that each put needs a bucket of overflow. */
	for (i = 0; i < e.table->geometry.bucket_slots; i++)
		wrong += khmap_table_put(e.table, &keys[i], value, KHMAP_PUT_ONLY_NEW, NULL) != 0;
	starve(&e, &next);
	pages = e.table->overflow_pages;
	wrong += khmap_atomic_begin(&atomic, e.table, PUTS - i) != 0;
	for (; i < PUTS; i++) {
		int err = khmap_atomic_put(&atomic, &keys[i], value, KHMAP_PUT_ONLY_NEW, NULL);

		if (err == -EXFULL)
			break;
		wrong += err != 0;
		starve(&e, &next);
	}
	for (page = atomic.stock; page; page = page->next)
		left++;
	is_u64(wrong, 0, "starved: %u puts have what they need, %u pages are left", i, left);
	ok(e.table->overflow_pages > pages + 16, "starved: they took %llu pages",
	   (unsigned long long)(e.table->overflow_pages - left - pages));
	khmap_atomic_end(&atomic);
	ok(is_free(e.table), "starved: it ends");
	engine_close(&e);
}

/* What was staged and not used costs the next batch nothing, and the image neither. */
static void test_unused(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_atomic atomic;
	u64 used = 0, key, value = 1, pages;
	u32 i, wrong = 0;
	struct engine e;

	engine_open(&e, &p);
	for (key = 0; key < 1000; key++)
		khmap_table_put(e.table, &key, &value, KHMAP_PUT_EITHER, NULL);
	pages = e.table->overflow_pages;
	for (i = 0; i < 3; i++) {
		wrong += khmap_atomic_begin(&atomic, e.table, PUTS) != 0;
		for (key = 0; key < PUTS; key++)
			wrong += khmap_atomic_put(&atomic, &key, &value, KHMAP_PUT_EITHER,
						  NULL) != 0;
		khmap_atomic_end(&atomic);
		if (!i)
			used = khmap_account_used(e.account);
		wrong += khmap_account_used(e.account) != used;
	}
	is_u64(wrong, 0, "unused: what one batch left is there for the next");
	is_u64(e.table->overflow_pages, pages, "unused: the image has not grown");
	engine_close(&e);
}

/* Without puts there is nothing to stage. */
static void test_no_puts(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	u64 key = 1, value = 7, old = 0, used;
	struct khmap_atomic atomic;
	struct engine e;

	engine_open(&e, &p);
	khmap_table_put(e.table, &key, &value, KHMAP_PUT_EITHER, NULL);
	used = khmap_account_used(e.account);
	khmap_account_fail_after(e.account, 0);
	is_u64((u64)-khmap_atomic_begin(&atomic, e.table, 0), 0, "no puts: begins");
	is_u64((u64)-khmap_table_add(e.table, &key, 0, 3, &old, NULL), 0, "no puts: adds");
	is_u64((u64)-khmap_table_delete(e.table, &key, &value, NULL), 0, "no puts: deletes");
	khmap_atomic_end(&atomic);
	ok(!khmap_account_failed(e.account), "no puts: nothing was allocated");
	khmap_account_fail_after(e.account, -1);
	is_u64(value, 10, "no puts: each was carried out");
	is_u64(khmap_account_used(e.account), used, "no puts: no memory was taken");
	engine_close(&e);
}

/* Each answers for itself, as elsewhere. */
static void test_answers(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_atomic atomic;
	u64 key, value = 5;
	struct engine e;

	p.max_entries = 3;
	engine_open(&e, &p);
	key = 1;
	khmap_table_put(e.table, &key, &value, KHMAP_PUT_EITHER, NULL);
	is_u64((u64)-khmap_atomic_begin(&atomic, e.table, 5), 0, "answers: begins");
	is_u64((u64)-khmap_atomic_put(&atomic, &key, &value, KHMAP_PUT_ONLY_NEW, NULL), EEXIST,
	       "answers: EEXIST");
	key = 2;
	is_u64((u64)-khmap_atomic_put(&atomic, &key, &value, KHMAP_PUT_ONLY_OLD, NULL), ENOENT,
	       "answers: ENOENT");
	is_u64((u64)-khmap_atomic_put(&atomic, &key, &value, KHMAP_PUT_EITHER, NULL), 0,
	       "answers: one more");
	key = 3;
	is_u64((u64)-khmap_atomic_put(&atomic, &key, &value, KHMAP_PUT_EITHER, NULL), 0,
	       "answers: the last that the map may have");
	key = 4;
	is_u64((u64)-khmap_atomic_put(&atomic, &key, &value, KHMAP_PUT_EITHER, NULL), ENOSPC,
	       "answers: ENOSPC");
	khmap_atomic_end(&atomic);
	ok(table_is_sound(e.table, 3), "answers: three keys");
	engine_close(&e);
}

/* A chain at its limit is split with what there is, without an allocation. */
static void test_forced(void)
{
	enum { LONGEST = 7 + 31 * 3 };
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_growth_state before, after;
	u64 keys[LONGEST + 1], value = 1;
	struct khmap_atomic atomic;
	u32 i, shape, bit, wrong = 0;
	struct engine e;
	int err;

	p.stripes = 1;
	engine_open(&e, &p);
	khmap_table_reserve(e.table, 130, NULL);
	shape = e.table->header->shape;
	khmap_grow_stage(e.table, shape + 1);
	bit = (khmap_shape_mask(shape) >> 1) + 1;
	collide(e.table, shape - bit, keys, LONGEST + 1);
	for (i = 0; i < LONGEST; i++)
		wrong += khmap_table_put(e.table, &keys[i], &value, KHMAP_PUT_ONLY_NEW, NULL) != 0;
	is_u64(wrong, 0, "forced: a chain of %u keys", LONGEST);
	is_u64(e.table->header->shape, shape, "forced: nothing was split for it");
	is_u64((u64)-khmap_table_try_put(e.table, &keys[i], &value, KHMAP_PUT_ONLY_NEW, NULL),
	       EXFULL, "forced: there is no room for one more");

	khmap_table_growth(e.table, &before);
	wrong += khmap_atomic_begin(&atomic, e.table, 1) != 0;
	khmap_account_fail_after(e.account, 0);
	err = khmap_atomic_put(&atomic, &keys[i], &value, KHMAP_PUT_ONLY_NEW, NULL);
	ok(!khmap_account_failed(e.account), "forced: allocates nothing");
	khmap_account_fail_after(e.account, -1);
	khmap_table_growth(e.table, &after);
	khmap_atomic_end(&atomic);
	is_u64((u64)-err, 0, "forced: one more, after a split");
	is_u64(after.splits - before.splits, 2, "forced: two buckets were split");
	engine_close(&e);
}

int main(void)
{
	test_refused(0, "an empty map");
	test_refused(3, "a map in its header page");
	test_refused(500, "a map that grows");
	test_large(0);
	test_large(1);
	test_large(5);
	test_starved();
	test_unused();
	test_no_puts();
	test_answers();
	test_forced();
	return done();
}
