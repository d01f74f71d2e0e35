// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_grow.c - a map grows from nothing, one step at a time
 */
#include <stdlib.h>

#include "check_image.h"
#include "engine.h"
#include "tap.h"

#if defined(__SANITIZE_THREAD__)
#define SCALE	1
#elif defined(__SANITIZE_ADDRESS__)
#define SCALE	2
#else
#define SCALE	5
#endif

#define IMAGE_PAGES	4096	/* of the primary region */

/* Every record, load and form: one key more at a time, and each look-up right. */
static void test_steps(u32 key_size, u32 value_size, u32 layout, u32 load, u32 keys)
{
	struct khmap_table_params p = params_make(key_size, value_size, 1);
	unsigned char key[TEST_RECORD_MAX], value[TEST_RECORD_MAX], got[TEST_RECORD_MAX];
	u32 i, wrong = 0, unsound = 0, low = 0, steps = 0;
	struct khmap_growth_state growth;
	struct engine e;

	p.layout = layout;
	p.load_percent = load;
	p.stripes = 64;
	engine_open(&e, &p);
	for (i = 0; i < keys; i++) {
		u32 shape = e.table->header->shape, before, after;

		key_make(key, key_size, i);
		value_make(value, value_size, i, 1);
		khmap_table_growth(e.table, &growth);
		before = (u32)growth.splits;
		wrong += khmap_table_put(e.table, key, value, KHMAP_PUT_ONLY_NEW, NULL) != 0;
		khmap_table_growth(e.table, &growth);
		after = (u32)growth.splits;
		steps = after - before > steps ? after - before : steps;
		/*
		 * Never below the target load by more than a bucket, never above it; and
		 * inline it wants nothing.
		 */
		low += e.table->header->shape < growth.wanted;
		if (e.table->header->shape != shape || i % 64 == 0)
			unsound += i < 3000 && !table_is_sound(e.table, i + 1);
	}
	for (i = 0; i < keys; i++) {
		key_make(key, key_size, i);
		value_make(value, value_size, i, 1);
		wrong += khmap_reader_get(&e.reader, key, got) || memcmp(got, value, value_size);
	}
	is_u64(wrong, 0, "%u/%u layout %u load %u: %u keys are put and read", key_size, value_size,
	       layout, load, keys);
	is_u64(unsound, 0, "%u/%u layout %u load %u: the image is sound after each split",
	       key_size, value_size, layout, load);
	is_u64(low, 0, "%u/%u layout %u load %u: the shape follows the load", key_size, value_size,
	       layout, load);
	ok(steps >= 1 && steps <= 2, "%u/%u layout %u load %u: a put splits %u buckets at most",
	   key_size, value_size, layout, load, steps);
	ok(table_is_sound(e.table, keys), "%u/%u layout %u load %u: image", key_size, value_size,
	   layout, load);
	engine_close(&e);
}

/* Hints change nothing, whatever they are about: in a map of a few keys, and of many. */
static void test_hints(u32 keys, const char *what)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	unsigned char *before;
	struct engine e;
	size_t bytes;
	u64 key;

	engine_open(&e, &p);
	ok(!khmap_table_large(e.table), "hints, %s: small when new", what);
	for (key = 0; key < keys; key++)
		if (khmap_table_put(e.table, &key, &key, KHMAP_PUT_ONLY_NEW, NULL))
			abort();
	is_u64(khmap_table_large(e.table), keys > 100000, "hints, %s: large if it is", what);
	bytes = (size_t)e.table->header->primary_pages << KHMAP_OS_PAGE_SHIFT;
	before = malloc(bytes + 1);
	if (!before)
		abort();
	memcpy(before, e.reader.primary, bytes);
	for (key = 0; key < 2 * keys; key++)
		khmap_table_peek(e.table, khmap_table_prefetch(e.table, &key));
	ok(!memcmp(before, e.reader.primary, bytes), "hints, %s: no byte is changed", what);
	ok(table_is_sound(e.table, keys), "hints, %s: image", what);
	free(before);
	engine_close(&e);
}

/* Memory follows what is stored. */
static void test_memory(void)
{
	struct khmap_table_params p = params_make(8, 8, 16);
	u64 i, used, worst = 0;
	struct engine e;

	p.stripes = 64;
	engine_open(&e, &p);
	for (i = 0; i < 400000; i++) {
		khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL);
		if (i < 100000 || i % 1000)
			continue;
		used = (1ull + khmap_shape_pages(e.table->header->shape) +
			e.table->overflow_next) * 4096 * 100 / i;
		worst = used > worst ? used : worst;
	}
	ok(worst <= 3200, "memory: at most %llu.%02llu bytes of image an entry",
	   (unsigned long long)worst / 100, (unsigned long long)worst % 100);
	used = khmap_account_used(e.account) * 100 / i;
	ok(used <= 3600, "memory: %llu.%02llu bytes an entry with all that is ready",
	   (unsigned long long)used / 100, (unsigned long long)used % 100);
	ok(table_is_sound(e.table, 400000), "memory: image");
	engine_close(&e);
}

/* Keys whose hashes agree in their low @bits: they stay together as the map grows. */
static void adversary(const struct khmap_table *table, u64 *keys, u32 count, u32 bits)
{
	u32 mask = (1u << bits) - 1, found = 0;
	u64 key;

	for (key = 1; found < count; key++)
		if (!((u32)khmap_hash(table->hash_kind, table->secret, &key, 8) & mask))
			keys[found++] = key;
}

/* Who knows the secret fills one chain; it ends, and all else goes on. */
static void test_adversary(void)
{
	enum { LONGEST = 7 + 31 * 3, KEYS = 200 };
	struct khmap_table_params p = params_make(8, 8, 1);
	u64 keys[KEYS], i, refused = 0, others = 0, wrong = 0, got, splits;
	struct khmap_growth_state growth;
	struct image image;
	struct engine e;

	engine_open(&e, &p);
	adversary(e.table, keys, KEYS, 18);
	for (i = 0; i < KEYS; i++) {
		int err = khmap_table_put(e.table, &keys[i], &i, KHMAP_PUT_ONLY_NEW, NULL);

		refused += err == -EXFULL;
		wrong += err && err != -EXFULL;
	}
	is_u64(wrong, 0, "adversary: the only error is EXFULL");
	ok(refused > 0 && refused <= KEYS - LONGEST, "adversary: %llu keys of %u are refused",
	   (unsigned long long)refused, KEYS);
	image = image_of_table(e.table);
	ok(image_check(&image) && image.chains[KHMAP_CHAIN_MAX], "adversary: image %s",
	   image.error);
	khmap_table_growth(e.table, &growth);
	splits = growth.splits;
	for (i = 0; i < 1000; i++)
		khmap_table_put(e.table, &keys[KEYS - 1], &i, KHMAP_PUT_ONLY_NEW, NULL);
	khmap_table_growth(e.table, &growth);
	/* Below half the target load nothing is split for one chain's sake. */
	ok(growth.splits - splits < 1000, "adversary: refusals split %llu buckets",
	   (unsigned long long)(growth.splits - splits));
	for (i = 1000000; i < 1010000; i++) {
		int err = khmap_table_put(e.table, &i, &i, KHMAP_PUT_ONLY_NEW, NULL);

		/* Of the same bucket, until the map has grown. */
		others += err == -EXFULL;
		if (err ? err != -EXFULL : khmap_reader_get(&e.reader, &i, &got) || got != i)
			wrong++;
	}
	ok(others < 100, "adversary: %llu of 10000 other keys met the same chain",
	   (unsigned long long)others);
	is_u64(wrong, 0, "adversary: other keys are stored and read");
	engine_close(&e);
}

/* Keys that collide under one secret do not under another: SipHash keeps it. */
static void test_siphash(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	u64 keys[100], i, wrong = 0;
	struct image image;
	struct engine e;
	u32 longest;

	p.hash_kind = KHMAP_HASH_SIPHASH13;
	engine_open(&e, &p);
	adversary(e.table, keys, 100, 16);
	engine_close(&e);
	p.secret[0] ^= 1;
	engine_open(&e, &p);
	for (i = 0; i < 100; i++)
		wrong += khmap_table_put(e.table, &keys[i], &i, KHMAP_PUT_ONLY_NEW, NULL) != 0;
	image = image_of_table(e.table);
	ok(image_check(&image), "siphash: image %s", image.error);
	for (longest = KHMAP_CHAIN_MAX; !image.chains[longest]; longest--)
		;
	is_u64(wrong, 0, "siphash: colliding keys of another secret are stored");
	ok(longest <= 3, "siphash: the longest chain has %u buckets", longest);
	engine_close(&e);
}

static u32 steps_left;

static bool stop_soon(void *owner)
{
	(void)owner;
	if (!steps_left)
		return true;
	steps_left--;
	return false;
}

/* Also one that the inline bucket would hold. */
static void test_reserve_ceiling(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct engine e;

	p.max_entries = 3;
	engine_open(&e, &p);
	ok(e.table->geometry.inline_slots > 3, "reserve, ceiling: below the inline slots");
	is_i64(khmap_table_reserve(e.table, 3, NULL), 0, "reserve, ceiling: up to it");
	is_i64(khmap_table_reserve(e.table, 4, NULL), -ENOSPC, "reserve, ceiling: beyond it");
	is_u64(e.table->header->shape, 0, "reserve, ceiling: nothing was done");
	engine_close(&e);
}

/* Whoever asks for much can be stopped in the middle of allocating it, and of splitting. */
static void test_reserve_stopped(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	u32 allocating = 0, splitting = 0, wrong = 0, rounds = 0;
	struct engine e;
	u64 key;
	int err;

	engine_open(&e, &p);
	for (key = 0; key < 15; key++)
		khmap_table_put(e.table, &key, &key, KHMAP_PUT_ONLY_NEW, NULL);
	do {
		steps_left = 5;
		err = khmap_table_reserve(e.table, 20000, stop_soon);
		allocating += !e.table->header->shape && e.table->growth.ready;
		splitting += e.table->header->shape > khmap_shape(1, 0);
		wrong += !table_is_sound(e.table, 15);
	} while (err == -EINTR && ++rounds < 2000);
	is_i64(err, 0, "reserve, stopped: in the end it is done");
	ok(allocating, "reserve, stopped: %u times while allocating", allocating);
	ok(splitting > 500, "reserve, stopped: %u times while splitting", splitting);
	is_u64(wrong, 0, "reserve, stopped: images");
	engine_close(&e);
}

/* A region at its ceiling is full when the load asks for more, and not before. */
static void test_full(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	const u32 pages = 2, target = pages * 32 * 7 * 75 / 100;
	struct khmap_growth_state growth;
	u32 early = 0, late = 0, wrong = 0;
	struct engine e;
	u64 key;

	p.max_pages = pages;
	engine_open(&e, &p);
	for (key = 1; key <= 2 * target; key++) {
		wrong += khmap_table_put(e.table, &key, &key, KHMAP_PUT_ONLY_NEW, NULL) != 0;
		khmap_table_growth(e.table, &growth);
		early += growth.full && key < target - 1;
		late += !growth.full && key > target + 1;
	}
	is_u64(wrong, 0, "full: twice as many as the load asks for are taken");
	is_u64(early, 0, "full: not below the load that is asked for");
	is_u64(late, 0, "full: from there on");
	is_u64(e.table->header->shape, khmap_shape(pages, 0), "full: the shape is at its ceiling");
	is_u64(growth.wanted, khmap_shape(pages, 0), "full: and no other is wanted");
	ok(table_is_sound(e.table, 2 * target), "full: image");
	engine_close(&e);
}

int main(void)
{
	test_steps(8, 8, KHMAP_LAYOUT_ALIGNED, 75, 5000 * SCALE);
	test_steps(8, 8, KHMAP_LAYOUT_ALIGNED, 95, 5000 * SCALE);
	test_steps(8, 8, KHMAP_LAYOUT_PACKED, 60, 3000 * SCALE);
	test_steps(4, 4, KHMAP_LAYOUT_ALIGNED, 75, 3000 * SCALE);
	test_steps(3, 61, KHMAP_LAYOUT_ALIGNED, 75, 3000);
	test_steps(17, 333, KHMAP_LAYOUT_PACKED, 85, 1500);
	test_steps(8, 1300, KHMAP_LAYOUT_ALIGNED, 75, 500);
	test_steps(8, 4072, KHMAP_LAYOUT_ALIGNED, 75, 200);
	test_hints(15, "inline");
	test_hints(16, "promoted");
	test_hints(150000, "many pages");
	test_memory();
	test_reserve_ceiling();
	test_reserve_stopped();
	test_full();
	test_adversary();
	test_siphash();
	return done();
}
