// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_compact.c - overflow buckets close up; test_compact_threads has others meanwhile
 */
#include "../../kmod/core/overflow.h"
#include "compact_test.h"

/* --- Exact counts, of chains that are as long as they may be. */

/* Keys that a reader does not find, or with another value than themselves. */
static u32 lost_keys(struct engine *e, const u64 *keys, u32 count)
{
	u32 i, lost = 0;
	u64 got;

	for (i = 0; i < count; i++)
		lost += khmap_reader_get(&e->reader, &keys[i], &got) || got != keys[i];
	return lost;
}

static void test_exact(void)
{
	u64 keys[3][LONGEST];
	struct khmap_compact compact;
	struct khmap_compaction state;
	struct engine e;
	u64 sum, used;
	u32 i;

	/* Each chain has 31 overflow buckets: page 0 has two and a part of the third. */
	two_pages(&e, 1);
	for (i = 0; i < 3; i++) {
		collide(e.table, i & 1, i, keys[i]);
		put_keys(e.table, keys[i], LONGEST);
	}
	is_u64(pages_of(e.table), 2, "exact: pages of 93 buckets");
	is_u64(needed_of(e.table), 2, "exact: as many are needed");
	compact = compact_all(e.table);
	is_u64(compact.moved, 0, "exact: there is nothing to move");
	is_u64(compact.released, 0, "exact: and nothing to release");

	delete_keys(e.table, keys[0], LONGEST);
	delete_keys(e.table, keys[1], LONGEST);
	is_u64(pages_of(e.table), 2, "exact: deletes leave both pages");
	is_u64(needed_of(e.table), 1, "exact: one is needed");
	used = khmap_account_used(e.account);
	compact = compact_all(e.table);
	is_u64(compact.moved, 29, "exact: the buckets of page 1 move");
	is_u64(compact.released, 1, "exact: and it leaves the image");
	is_u64(pages_of(e.table), 1, "exact: one page");
	is_u64(khmap_account_used(e.account), used, "exact: no memory was given back or taken");
	is_u64(lost_keys(&e, keys[2], LONGEST), 0, "exact: every key is found");
	ok(table_is_sound(e.table, LONGEST), "exact: image");

	sum = engine_sum(&e);
	compact = compact_all(e.table);
	is_u64(compact.moved + compact.released, 0, "exact: a second time finds nothing to do");
	is_u64(engine_sum(&e), sum, "exact: and touches nothing");
	khmap_table_compaction(e.table, &state);
	is_u64(state.moved, 29, "exact: buckets moved since creation");
	is_u64(state.released, 1, "exact: pages released since creation");

	/* The page that left is used again, before any other. */
	put_keys(e.table, keys[0], LONGEST);
	put_keys(e.table, keys[1], LONGEST);
	is_u64(pages_of(e.table), 2, "exact: the page has come back");
	is_u64(khmap_account_used(e.account), used, "exact: without new memory");
	ok(table_is_sound(e.table, 3 * LONGEST), "exact: image of all");
	engine_close(&e);
}

/* A page that one stripe has emptied goes to another, whose own is higher. */
static void test_stripes(void)
{
	u64 keys[6][LONGEST];
	struct khmap_compact compact;
	struct engine e;
	int err = 0;
	u32 i;

	two_pages(&e, 2);
	/* 155 buckets of stripe 0 in pages 0 to 2, then 31 of stripe 1 in page 3. */
	for (i = 0; i < 6; i++) {
		collide(e.table, i == 5, i, keys[i]);
		put_keys(e.table, keys[i], LONGEST);
	}
	is_u64(pages_of(e.table), 4, "stripes: pages");
	for (i = 0; i < 5; i++)
		delete_keys(e.table, keys[i], LONGEST);
	is_u64(needed_of(e.table), 1, "stripes: one page is needed");
	compact = compact_all(e.table);
	is_u64(compact.moved, 31, "stripes: all buckets move to another page");
	is_u64(compact.released, 3, "stripes: three pages leave the image");
	is_u64(pages_of(e.table), 1, "stripes: one is left");
	is_u64(lost_keys(&e, keys[5], LONGEST), 0, "stripes: every key is found");
	ok(table_is_sound(e.table, LONGEST), "stripes: image");
	/* What left a stripe without a free bucket is provided for. */
	ok(e.table->growth.hungry && e.table->stripes[0].hungry && !e.table->stripes[1].hungry,
	   "stripes: the one without a page is hungry");
	for (i = 0; i < LONGEST && !err; i++)
		err = khmap_table_try_put(e.table, &keys[0][i], &keys[0][i], KHMAP_PUT_EITHER,
					  NULL);
	ok(err == -ENOMEM, "stripes: until then, who may not sleep gets no overflow bucket");
	is_u64(i, e.table->geometry.bucket_slots + 1, "stripes: as soon as one is needed");
	khmap_table_work(e.table);
	ok(!e.table->stripes[0].hungry, "stripes: and is fed");
	is_u64(pages_of(e.table), 2, "stripes: with the lowest page that there is");
	i--;
	err = khmap_table_try_put(e.table, &keys[0][i], &keys[0][i], KHMAP_PUT_EITHER, NULL);
	ok(!err, "stripes: who may not sleep gets one then");
	i++;
	put_keys(e.table, keys[0] + i, LONGEST - i);
	is_u64(pages_of(e.table), 2, "stripes: which it uses");
	ok(table_is_sound(e.table, 2 * LONGEST), "stripes: image of both");
	engine_close(&e);
}

/* Spares come up from the highest on down, and the lowest of all is wanted. */
static void test_order(void)
{
	enum { LOW = 30, HIGH = 10 };
	struct khmap_table_params p = params_make(8, 1300, 4);
	unsigned char value[1300] = { 0 };
	struct khmap_compact compact;
	u64 keys[2][LONGEST];
	u32 i, chain, count[2], per;
	struct engine e;

	p.max_pages = 2;
	p.stripes = 64;
	engine_open(&e, &p);
	per = e.table->geometry.overflow_slots;
	is_u64(e.table->geometry.overflow_per_page, 1, "order: a page is a bucket");
	count[0] = e.table->geometry.bucket_slots + LOW * per;
	count[1] = e.table->geometry.bucket_slots + HIGH * per;
	for (chain = 0; chain < 2; chain++) {
		collide(e.table, chain, 0, keys[chain]);
		for (i = 0; i < count[chain]; i++)
			khmap_table_put(e.table, &keys[chain][i], value, KHMAP_PUT_ONLY_NEW, NULL);
	}
	is_u64(pages_of(e.table), LOW + HIGH, "order: pages");
	delete_keys(e.table, keys[0], count[0]);
	compact = compact_all(e.table);
	is_u64(compact.moved, HIGH, "order: each bucket moves once");
	is_u64(compact.released, LOW, "order: the pages behind leave the image");
	is_u64(pages_of(e.table), HIGH, "order: pages that are left");
	ok(table_is_sound(e.table, count[1]), "order: image");
	engine_close(&e);
}

static void test_nothing(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_overflow_page *low, *high, *page;
	struct khmap_compact compact;
	struct engine e;
	u64 i, sum;

	engine_open(&e, &p);
	for (i = 0; i < 15; i++)
		khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL);
	sum = engine_sum(&e);
	compact = compact_all(e.table);
	is_u64(compact.moved + compact.released, 0, "nothing: a map in its header page");
	is_u64(engine_sum(&e), sum, "nothing: is not touched");
	engine_close(&e);

	/* Two pages that were staged and not used; the lower one is given back first. */
	two_pages(&e, 1);
	khmap_overflow_stage(e.table, &low);
	khmap_overflow_stage(e.table, &high);
	is_u64(pages_of(e.table), 2, "nothing: two pages are staged");
	khmap_overflow_unstage(e.table, low);
	is_u64(pages_of(e.table), 2, "nothing: one is below another");
	khmap_overflow_unstage(e.table, high);
	is_u64(pages_of(e.table), 1, "nothing: the last one leaves at once");
	khmap_account_fail_after(e.account, 0);
	compact = compact_all(e.table);
	ok(!khmap_account_failed(e.account), "nothing: no memory is asked for");
	khmap_account_fail_after(e.account, -1);
	is_u64(compact.released, 1, "nothing: compaction finds the other");
	is_u64(pages_of(e.table), 0, "nothing: no page is left");
	khmap_overflow_stage(e.table, &page);
	ok(page == low, "nothing: the lowest is used first");
	khmap_overflow_unstage(e.table, page);
	engine_close(&e);
}

/* A page that gets no memory keeps its index, which does not hold up others. */
static void test_refused(void)
{
	struct khmap_overflow_page *first, *second, *page;
	struct khmap_compact compact;
	struct engine e;
	u32 refused;

	two_pages(&e, 1);
	khmap_overflow_stage(e.table, &first);
	/* Its struct, and then its page: the directories are there. */
	for (refused = 0; refused < 2; refused++) {
		khmap_account_fail_after(e.account, refused);
		is_i64(khmap_overflow_stage(e.table, &page), -ENOMEM, "refused: allocation %u",
		       refused);
	}
	khmap_account_fail_after(e.account, -1);
	is_u64(khmap_overflow_indexes(e.table), 2, "refused: it has an index");
	is_u64(pages_of(e.table), 1, "refused: and is not in the image");
	khmap_overflow_stage(e.table, &second);
	is_u64(pages_of(e.table), 2, "refused: it is when it has memory");
	khmap_overflow_unstage(e.table, first);
	khmap_overflow_unstage(e.table, second);
	compact = compact_all(e.table);
	is_u64(compact.released, 1, "refused: the other leaves the image");
	is_u64(pages_of(e.table), 0, "refused: none is left");
	engine_close(&e);
}

/* --- Maps of many pages. */

/* Put @count keys and delete all but every @keep-th. */
static void thin_out(struct engine *e, u32 count, u32 keep)
{
	u64 key;

	for (key = 0; key < count; key++)
		khmap_table_put(e->table, &key, &key, KHMAP_PUT_EITHER, NULL);
	for (key = 0; key < count; key++)
		if (key % keep)
			khmap_table_delete(e->table, &key, NULL, NULL);
}

static u32 wrong_keys(struct engine *e, u32 count, u32 keep)
{
	u32 wrong = 0;
	u64 key, got;

	for (key = 0; key < count; key++) {
		int err = khmap_reader_get(&e->reader, &key, &got);

		wrong += key % keep ? err != -ENOENT : err || got != key;
	}
	return wrong;
}

static void test_deletes(const char *name, struct khmap_table_params p, u32 count)
{
	struct khmap_account *account = khmap_account_create(64ull << 20, 0, false);
	struct khmap_compact compact;
	u32 before, needed, per_page;
	struct khmap_copy *copy;
	struct engine e;
	u64 used, kept = (count + 19) / 20;

	engine_open(&e, &p);
	thin_out(&e, count, 20);
	before = pages_of(e.table);
	needed = needed_of(e.table);
	per_page = e.table->geometry.overflow_per_page;
	used = khmap_account_used(e.account);
	compact = compact_all(e.table);
	is_u64(pages_of(e.table), needed, "%s: as few of %u pages are left as are needed", name,
	       before);
	is_u64(before - compact.released, needed, "%s: the others were released", name);
	ok(needed * per_page < e.table->header->overflow_buckets + p.stripes * per_page &&
	   needed < before / 2, "%s: %u pages for %llu buckets", name, needed,
	   (unsigned long long)e.table->header->overflow_buckets);
	is_u64(wrong_keys(&e, count, 20), 0, "%s: just the keys that were kept are found", name);
	ok(table_is_sound(e.table, kept), "%s: image", name);
	is_u64(khmap_account_used(e.account), used, "%s: memory is as before", name);

	khmap_copy_create(e.table, account, 1, 1, &copy);
	is_u64(copy->header->overflow_pages, needed, "%s: a snapshot has no more", name);
	khmap_copy_destroy(copy);
	khmap_account_destroy(account);

	/* The same again fits what the map has, and lies at its beginning. */
	thin_out(&e, count, 1);
	is_u64(khmap_account_used(e.account), used, "%s: put again without new memory", name);
	ok(pages_of(e.table) <= before, "%s: in %u pages", name, pages_of(e.table));
	ok(table_is_sound(e.table, count), "%s: image of all", name);
	engine_close(&e);
}

/* Clearing keeps every page, and compaction takes those of overflow out of the image. */
static void test_clear(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	u32 shape, primary, overflow, count = 5000;
	struct khmap_compact compact;
	struct engine e;
	u64 used;

	p.stripes = 64;
	p.load_percent = 95;
	engine_open(&e, &p);
	thin_out(&e, count, 1);
	overflow = pages_of(e.table);
	shape = e.table->header->shape;
	primary = e.table->header->primary_pages;
	used = khmap_account_used(e.account);
	is_u64(table_clear(e.table), count, "clear: all keys");
	is_u64(pages_of(e.table), overflow, "clear: overflow pages stay");
	is_u64(e.table->header->shape, shape, "clear: the shape stays");
	is_u64(e.table->header->primary_pages, primary, "clear: primary pages stay");
	is_u64(khmap_account_used(e.account), used, "clear: memory stays");
	thin_out(&e, count, 1);
	is_u64(khmap_account_used(e.account), used, "clear: and is enough for the same keys");
	is_u64(pages_of(e.table), overflow, "clear: in the same pages");
	table_clear(e.table);
	compact = compact_all(e.table);
	is_u64(compact.moved, 0, "clear: nothing is left to move");
	is_u64(compact.released, overflow, "clear: all overflow pages leave the image");
	is_u64(pages_of(e.table), 0, "clear: none is left");
	is_u64(khmap_account_used(e.account), used, "clear: memory stays after all");
	ok(table_is_sound(e.table, 0), "clear: image");
	thin_out(&e, count, 1);
	is_u64(khmap_account_used(e.account), used, "clear: and is used again");
	is_u64(wrong_keys(&e, count, 1), 0, "clear: by keys that are found");
	ok(table_is_sound(e.table, count), "clear: image of all");
	engine_close(&e);
}

/* A copy whose pages were reserved before the map was compacted. */
static void test_copy(void)
{
	struct khmap_account *account = khmap_account_create(64ull << 20, 0, false);
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_copy *copy, *other;
	struct image image;
	u64 key, reserved, used;
	struct engine e;

	p.stripes = 64;
	engine_open(&e, &p);
	thin_out(&e, 20000, 20);
	khmap_copy_alloc(account, &copy);
	is_i64(khmap_copy_reserve(copy, e.table, NULL), 0, "copy: reserved");
	compact_all(e.table);
	reserved = khmap_account_used(account);
	is_i64(khmap_copy_reserve(copy, e.table, NULL), 0, "copy: reserved again");
	is_u64(khmap_account_used(account), reserved, "copy: which changes nothing");
	is_i64(khmap_copy_fill(copy, e.table, 1, 1), 0, "copy: filled");
	is_u64(copy->header->overflow_pages, pages_of(e.table), "copy: as short as the map");
	image = image_of_copy(copy);
	ok(image_check(&image) && image.entries == 1000, "copy: image %s", image.error);
	used = khmap_account_used(account);
	ok(used < reserved, "copy: it has given pages back");
	khmap_copy_destroy(copy);
	is_u64(khmap_account_used(account), 0, "copy: leaves nothing behind");
	khmap_copy_create(e.table, account, 1, 1, &other);
	ok(khmap_account_used(account) <= used, "copy: another takes no more");
	khmap_copy_destroy(other);

	/* Reserved when the map was short, and filled when it has grown again. */
	khmap_copy_alloc(account, &copy);
	is_i64(khmap_copy_reserve(copy, e.table, NULL), 0, "copy: reserved for the short map");
	for (key = 0; key < 20000; key++)
		khmap_table_put(e.table, &key, &key, KHMAP_PUT_EITHER, NULL);
	is_i64(khmap_copy_fill(copy, e.table, 1, 1), -EAGAIN, "copy: it has too few by now");
	is_i64(khmap_copy_reserve(copy, e.table, NULL), 0, "copy: reserved for the long one");
	is_i64(khmap_copy_fill(copy, e.table, 1, 1), 0, "copy: filled, too");
	image = image_of_copy(copy);
	ok(image_check(&image) && image.entries == 20000, "copy: image of all %s", image.error);
	khmap_copy_destroy(copy);
	is_u64(khmap_account_used(account), 0, "copy: leaves nothing behind either");
	khmap_account_destroy(account);
	engine_close(&e);
}

/* Random puts, deletes and compactions of some of the way, against a model. */
static void test_random(u32 key_size, u32 value_size, u32 layout, u32 load, struct rng *rng)
{
	enum { KEYS = 4000, ROUNDS = 60 };
	struct khmap_table_params p = params_make(key_size, value_size, 1);
	unsigned char key[TEST_RECORD_MAX], value[TEST_RECORD_MAX], got[TEST_RECORD_MAX];
	static u32 version[KEYS];
	u32 round, i, id, wrong = 0, unsound = 0, keys = value_size > 1000 ? 300 : KEYS;
	struct khmap_compact compact;
	struct engine e;
	u64 entries = 0;

	memset(version, 0, sizeof(version));
	p.layout = layout;
	p.load_percent = load;
	p.stripes = 1u << rng_below(rng, 7);
	engine_open(&e, &p);
	for (round = 0; round < ROUNDS; round++) {
		/* Now more puts, now more deletes. */
		u32 share = (u32)rng_below(rng, 10), steps = (u32)rng_below(rng, 5);

		for (i = 0; i < keys / 4; i++) {
			id = (u32)rng_below(rng, keys);
			key_make(key, key_size, id);
			if (rng_below(rng, 10) < share) {
				entries += !version[id];
				value_make(value, value_size, id, ++version[id]);
				wrong += khmap_table_put(e.table, key, value, KHMAP_PUT_EITHER,
							 NULL) != 0;
			} else if (khmap_table_delete(e.table, key, NULL, NULL)) {
				wrong += version[id] != 0;
			} else {
				wrong += !version[id];
				entries--;
				version[id] = 0;
			}
		}
		compact = (struct khmap_compact){ .moved = 0 };
		while (steps-- && khmap_table_compact(e.table, &compact))
			;
		unsound += !table_is_sound(e.table, entries);
	}
	compact_all(e.table);
	unsound += pages_of(e.table) != needed_of(e.table);
	unsound += !table_is_sound(e.table, entries);
	for (id = 0; id < keys; id++) {
		key_make(key, key_size, id);
		value_make(value, value_size, id, version[id]);
		if (khmap_reader_get(&e.reader, key, got))
			wrong += version[id] != 0;
		else
			wrong += memcmp(got, value, value_size) != 0;
	}
	is_u64(wrong, 0, "random %u/%u layout %u load %u: as the model", key_size, value_size,
	       layout, load);
	is_u64(unsound, 0, "random %u/%u layout %u load %u: sound, dense, and short in the end",
	       key_size, value_size, layout, load);
	engine_close(&e);
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct rng rng = { test_seed() };

	test_exact();
	test_stripes();
	test_order();
	test_nothing();
	test_refused();
	p.load_percent = 95;
	p.stripes = 1;
	test_deletes("one stripe", p, 20000);
	p.stripes = 64;
	test_deletes("64 stripes", p, 100000);
	test_clear();
	test_copy();
	test_random(8, 8, KHMAP_LAYOUT_ALIGNED, 75, &rng);
	test_random(8, 8, KHMAP_LAYOUT_ALIGNED, 95, &rng);
	test_random(3, 5, KHMAP_LAYOUT_PACKED, 95, &rng);
	test_random(17, 333, KHMAP_LAYOUT_PACKED, 90, &rng);
	test_random(8, 1300, KHMAP_LAYOUT_ALIGNED, 95, &rng);
	return done();
}
