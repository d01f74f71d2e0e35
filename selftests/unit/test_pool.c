// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_pool.c - a best-effort snapshot loses pages, and never tells a lie
 */
#include <stdlib.h>

#include "../../kmod/core/cow.h"
#include "engine.h"
#include "restore_test.h"
#include "tap.h"

#define SNAPSHOTS	33
#define COUNT		3000

static void put_from(struct engine *e, u64 from, u64 to, u32 version)
{
	const struct khmap_geometry *g = &e->table->geometry;
	unsigned char key[64], value[TEST_RECORD_MAX];
	u64 i;

	for (i = from; i < to; i++) {
		key_make(key, g->key_size, i);
		value_make(value, g->value_size, i, version);
		if (khmap_table_put(e->table, key, value, KHMAP_PUT_EITHER, NULL))
			exit(1);
	}
}

/* Keys that are refused as lost; *wrong, what is neither lost nor right. */
static u64 lost(struct khmap_snapshot *s, u64 count, u32 version, u64 *wrong)
{
	const struct khmap_geometry *g = &s->header->geometry;
	unsigned char key[64], want[TEST_RECORD_MAX], got[TEST_RECORD_MAX];
	u64 i, n = 0;

	for (i = 0; i < count + count / 4; i++) {
		int err;

		key_make(key, g->key_size, i);
		value_make(want, g->value_size, i, version);
		err = khmap_snapshot_get(s, key, got);
		if (err == -EIO)
			n++;
		else if (i < count ? err || memcmp(got, want, g->value_size) : err != -ENOENT)
			++*wrong;
	}
	return n;
}

static struct khmap_snapshot *take(struct engine *e, u32 pool_pages)
{
	struct khmap_snapshot *s;

	if (khmap_snapshot_create_loose(e->table, e->account, NULL, pool_pages, &s))
		exit(1);
	return s;
}

/* What a mapping shows: the image, with what stands for lost pages. */
static struct picture mapping_of(struct khmap_snapshot *s)
{
	struct picture picture = { .fail_after = -1, .size = s->pages * PAGE };
	u64 page;

	picture.bytes = aligned_alloc(PAGE, picture.size);
	if (!picture.bytes)
		exit(1);
	for (page = 0; page < s->pages; page++)
		memcpy(picture.bytes + page * PAGE, khmap_snapshot_fetch(s, page), PAGE);
	return picture;
}

/* Without a pool a page that is written is lost, and no other. */
static void test_none(void)
{
	struct khmap_table_params p = params_make(8, 8, COUNT);
	unsigned char page[KHMAP_OS_PAGE_SIZE];
	u64 used, i, bad = 0, losses = 0, all = 0;
	struct khmap_snapshot *s;
	struct engine e;

	engine_open(&e, &p);
	put_from(&e, 0, COUNT, 1);
	used = khmap_account_used(e.account);
	s = take(&e, 0);
	is_u64(khmap_account_used(e.account) - used,
	       sizeof(*s) + sizeof(*s->pool) + 3 * KHMAP_OS_PAGE_SIZE +
	       2 * sizeof(void *) * s->room, "no page for each page");
	put_from(&e, 7, 8, 2);
	is_u64(khmap_snapshot_losses(s), 1, "one store, one page lost");
	for (i = 1; i < s->pages; i++) {
		int err = khmap_snapshot_read(s, i, page);

		losses += err == -EIO;
		bad += err && err != -EIO;
		all += khmap_snapshot_lost(s, khmap_snapshot_peek(s, i));
	}
	is_u64(losses, 1, "which cannot be read");
	is_u64(all, 1, "in one slot");
	i = lost(s, COUNT, 1, &bad);
	ok(i && i < COUNT / 2, "%llu keys lost", (unsigned long long)i);
	put_from(&e, 0, COUNT, 3);
	lost(s, COUNT, 1, &bad);
	is_u64(bad, 0, "all else is right");
	khmap_snapshot_destroy(s);
	is_u64(khmap_account_used(e.account), used, "no memory is left");
	engine_close(&e);
}

/* Every key, as a reader of the mapping meets it: right, or an error. */
static void test_mapping(const char *form, u32 key_size, u32 value_size, u32 layout, u64 count)
{
	struct khmap_table_params p = params_make(key_size, value_size, 1);
	unsigned char key[64], want[TEST_RECORD_MAX], got[TEST_RECORD_MAX];
	u64 i, n = 0, bad = 0, here = 0;
	struct khmap_damage_place damage;
	struct khmap_account *account;
	struct khmap_snapshot *s;
	struct khmap_table *table;
	struct khmap_reader reader;
	struct picture picture;
	struct engine e;
	int err;

	p.layout = layout;
	/* Many overflow buckets, so that chains lose pages in their midst, too. */
	p.load_percent = 95;
	engine_open(&e, &p);
	put_from(&e, 0, count, 1);
	s = take(&e, 3);
	for (i = 0; i < count; i += 1 + count / 40)
		put_from(&e, i, i + 1, 2);
	picture = mapping_of(s);
	khmap_reader_init(&reader, picture_header(&picture), picture.bytes);
	for (i = 0; i < count + count / 4; i++) {
		key_make(key, key_size, i);
		value_make(want, value_size, i, 1);
		err = khmap_reader_get(&reader, key, got);
		if (err == -EIO)
			n++;
		else if (i < count ? err || memcmp(got, want, value_size) : err != -ENOENT)
			bad++;
		else
			here++;
	}
	is_u64(bad, 0, "%s: no look-up is wrong", form);
	ok(n && here && khmap_snapshot_losses(s), "%s: %llu are right, %llu lost, with %llu of %llu pages",
	   form, (unsigned long long)here, (unsigned long long)n,
	   (unsigned long long)khmap_snapshot_losses(s), (unsigned long long)s->pages);
	account = khmap_account_create(RESTORE_ROOM, 0, false);
	err = picture_restore(&picture, account, 0, &damage, &table);
	ok(err == -EIO && damage.what == KHMAP_DAMAGE_LOST &&
	   khmap_snapshot_lost(s, khmap_snapshot_peek(s, damage.page)),
	   "%s: no map is made of it: page %llu is lost (%d)", form,
	   (unsigned long long)damage.page, err);
	is_u64(khmap_account_used(account), 0, "%s: nor memory left of that", form);
	khmap_account_destroy(account);
	free(picture.bytes);
	khmap_snapshot_destroy(s);
	engine_close(&e);
}

/* Of both kinds, written to and read, dropped in any order. */
static void test_mixed(u64 seed)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_snapshot *s[SNAPSHOTS];
	u64 used, bad = 0, sure = 0, losses = 0, left = SNAPSHOTS;
	u32 version[SNAPSHOTS], i;
	struct rng rng = { seed };
	struct engine e;

	engine_open(&e, &p);
	put_from(&e, 0, COUNT, 1);
	used = khmap_account_used(e.account);
	for (i = 0; i < SNAPSHOTS; i++) {
		u64 at = rng_below(&rng, COUNT - 300);

		version[i] = i + 1;
		put_from(&e, 0, COUNT, version[i]);
		if (i % 3)
			s[i] = take(&e, (u32)rng_below(&rng, 8));
		else if (khmap_snapshot_create(e.table, e.account, NULL, &s[i]))
			exit(1);
		put_from(&e, at, at + rng_below(&rng, 300), 1000);
		if (s[i]->pool && khmap_snapshot_refill(s[i], NULL))
			exit(1);
	}
	put_from(&e, 0, COUNT, 1000);
	while (left) {
		u32 victim = (u32)rng_below(&rng, left--);
		u64 n = lost(s[victim], COUNT, version[victim], &bad);

		if (s[victim]->pool)
			losses += n;
		else
			sure += n;
		khmap_snapshot_destroy(s[victim]);
		s[victim] = s[left];
		version[victim] = version[left];
	}
	is_u64(bad, 0, "nothing wrong in any");
	is_u64(sure, 0, "nothing lost where it was reserved");
	ok(losses, "%llu keys lost where not", (unsigned long long)losses);
	is_u64(khmap_account_used(e.account), used, "no memory is left");
	engine_close(&e);
}

/* One of each kind: what one has in reserve the other need not lose. */
static void test_shared(bool loose_first, bool drop_loose_first)
{
	struct khmap_table_params p = params_make(8, 8, COUNT);
	struct khmap_account *account[2];
	struct khmap_snapshot *s[2];
	u64 used[2], bad = 0, n;
	struct engine e;
	u32 i, k, first = drop_loose_first ? 1 : 0;

	engine_open(&e, &p);
	put_from(&e, 0, COUNT, 1);
	for (i = 0; i < 2; i++) {
		account[i] = khmap_account_create(RESTORE_ROOM, 0, false);
		if (!account[i])
			exit(1);
	}
	for (k = 0; k < 2; k++) {
		i = loose_first ? 1 - k : k;
		if (i ? khmap_snapshot_create_loose(e.table, account[1], NULL, 0, &s[1]) :
			khmap_snapshot_create(e.table, account[0], NULL, &s[0]))
			exit(1);
		used[i] = khmap_account_used(account[i]);
	}
	put_from(&e, 0, COUNT, 2);
	is_u64(khmap_snapshot_losses(s[1]), 0, "%s first: nothing lost",
	       loose_first ? "best-effort" : "reserved");
	ok(khmap_account_used(account[0]) == used[0] && khmap_account_used(account[1]) == used[1],
	   "neither takes memory for it");
	/* The other one loses nothing by the end of the first. */
	khmap_snapshot_destroy(s[first]);
	n = lost(s[1 - first], COUNT, 1, &bad);
	ok(!n && !bad, "%s dropped: the other has all of it",
	   drop_loose_first ? "best-effort" : "reserved");
	if (!drop_loose_first)
		is_u64(khmap_account_used(account[1]) - used[1],
		       (s[1]->pages - 1) * KHMAP_OS_PAGE_SIZE, "whose copies are its own now");
	khmap_snapshot_destroy(s[1 - first]);
	is_u64(khmap_account_used(account[0]) + khmap_account_used(account[1]), 0,
	       "no memory is left");
	khmap_account_destroy(account[0]);
	khmap_account_destroy(account[1]);
	engine_close(&e);
}

/* What is refused a reader is not lost. */
static void test_reader(void)
{
	struct khmap_table_params p = params_make(8, 8, COUNT);
	unsigned char key[8], want[8], got[8];
	u64 bad = 0, page, absent = 0;
	struct khmap_snapshot *s;
	struct engine e;

	engine_open(&e, &p);
	put_from(&e, 0, COUNT, 1);
	s = take(&e, 1);
	khmap_account_fail_after(e.account, 0);
	for (page = 1; page < s->pages; page++)
		absent += !khmap_snapshot_page(s, page);
	is_u64(absent, s->pages - 1, "a pool is not for readers");
	is_u64(s->pool->free, 1, "and keeps its page");
	ok(!khmap_snapshot_fetch(s, s->pages - 1), "and with no memory there is no other");
	ok(khmap_snapshot_lost(s, khmap_snapshot_absent(s, 1)) &&
	   khmap_snapshot_lost(s, khmap_snapshot_absent(s, s->pages - 1)) &&
	   !khmap_snapshot_absent(s, 0) && !khmap_snapshot_absent(s, s->pages),
	   "what a reader gets instead reads as lost");
	khmap_account_fail_after(e.account, 0);
	do {
		key_make(key, 8, absent);
		value_make(want, 8, absent++, 1);
	} while (!khmap_snapshot_get(s, key, got));
	khmap_account_fail_after(e.account, 0);
	is_i64(khmap_snapshot_get(s, key, got), -ENOMEM, "a look-up is told so");
	khmap_account_fail_after(e.account, -1);
	ok(!khmap_snapshot_get(s, key, got) && !memcmp(want, got, 8), "and succeeds when there is");
	is_u64(khmap_snapshot_losses(s) + lost(s, COUNT, 1, &bad) + bad, 0, "nothing was lost");
	khmap_snapshot_destroy(s);
	engine_close(&e);
}

/* A pool that has a page for each that is lacked has more than any store can want. */
static void test_whole(void)
{
	struct khmap_table_params p = params_make(8, 8, COUNT);
	u64 page, absent = 0, bad = 0, used, more;
	struct khmap_snapshot *s;
	struct engine e;

	engine_open(&e, &p);
	put_from(&e, 0, COUNT, 1);
	s = take(&e, 10000);
	more = s->pool->free - (s->pages - 1);
	ok(s->pool->free >= s->pages - 1, "a page for each, and %llu", (unsigned long long)more);
	used = khmap_account_used(e.account);
	put_from(&e, 0, 1, 2);
	khmap_account_fail_after(e.account, 0);
	for (page = 1; page < s->pages; page++)
		absent += !khmap_snapshot_fetch(s, page);
	khmap_account_fail_after(e.account, -1);
	is_u64(absent, 0, "no more is needed to read all");
	is_u64(khmap_account_used(e.account), used, "and no more is charged");
	is_u64(s->pool->free, more, "these are left over");
	is_u64(khmap_snapshot_losses(s) + lost(s, COUNT, 1, &bad) + bad, 0, "nothing was lost");
	khmap_snapshot_destroy(s);
	engine_close(&e);
}

static void count_call(void *owner)
{
	++*(u32 *)owner;
}

static bool stop_third(void)
{
	static int asked;

	return ++asked == 3;
}

static void test_notify(void)
{
	struct khmap_table_params p = params_make(8, 8, COUNT);
	struct khmap_snapshot *s;
	struct engine e;
	u32 calls = 0, before;
	u64 page;

	engine_open(&e, &p);
	put_from(&e, 0, COUNT, 1);
	s = take(&e, 8);
	khmap_pool_notify(s->pool, count_call, &calls);
	for (page = 0; page < 3; page++)
		khmap_save_page(e.table, KHMAP_REGION_PRIMARY, (u32)page, NULL);
	is_u64(calls, 0, "five of eight left: nobody is told");
	khmap_save_page(e.table, KHMAP_REGION_PRIMARY, (u32)page++, NULL);
	is_u64(calls, 1, "half of them: pages are wanted");
	is_i64(khmap_snapshot_refill(s, NULL), 0, "refilled");
	is_u64(s->pool->free, 8, "up to the bound");
	while (s->pool->free)
		khmap_save_page(e.table, KHMAP_REGION_PRIMARY, (u32)page++, NULL);
	before = calls;
	khmap_save_page(e.table, KHMAP_REGION_PRIMARY, (u32)page++, NULL);
	is_u64(calls - before, 1, "one is wanted that is not there");
	khmap_pool_notify(s->pool, NULL, NULL);
	khmap_save_page(e.table, KHMAP_REGION_PRIMARY, (u32)page, NULL);
	is_u64(calls - before, 1, "and nobody is told any more");
	is_i64(khmap_snapshot_refill(s, NULL), -EINTR, "nor is it filled any more");
	is_u64(s->pool->free, 0, "by no page");
	khmap_pool_notify(s->pool, count_call, &calls);
	is_i64(khmap_snapshot_refill(s, stop_third), -EINTR, "told to stop");
	is_u64(s->pool->free, 2, "it went as far");
	for (page = 0; page < s->pages - 2; page++)
		khmap_snapshot_fetch(s, page);
	is_i64(khmap_snapshot_refill(s, NULL), 0, "near the end");
	is_u64(s->pool->free, 2, "no more than it lacks");
	khmap_snapshot_destroy(s);
	engine_close(&e);
}

static void test_no_memory(void)
{
	struct khmap_table_params p = params_make(8, 8, COUNT);
	struct khmap_snapshot *s;
	struct engine e;
	long i, refused = 0;
	u64 used;
	int err = 1;

	engine_open(&e, &p);
	put_from(&e, 0, COUNT, 1);
	used = khmap_account_used(e.account);
	for (i = 0; err; i++) {
		khmap_account_fail_after(e.account, i);
		err = khmap_snapshot_create_loose(e.table, e.account, NULL, 8, &s);
		khmap_account_fail_after(e.account, -1);
		if (err && (err != -ENOMEM || khmap_account_used(e.account) != used))
			break;
		refused += !!err;
	}
	is_i64(err, 0, "each of %ld allocations refused in its turn", refused);
	/* snapshot, header, pool, two pages, two arrays, eight in reserve */
	is_i64(refused, 15, "of all that there are");
	if (!err)
		khmap_snapshot_destroy(s);
	is_u64(khmap_account_used(e.account), used, "no memory is left");
	engine_close(&e);
}

int main(void)
{
	u64 seed = test_seed();

	test_none();
	test_mapping("8/8", 8, 8, KHMAP_LAYOUT_ALIGNED, COUNT);
	test_mapping("8/8 packed", 8, 8, KHMAP_LAYOUT_PACKED, COUNT);
	test_mapping("4/60", 4, 60, KHMAP_LAYOUT_ALIGNED, COUNT);
	test_mapping("32/200 packed", 32, 200, KHMAP_LAYOUT_PACKED, COUNT);
	test_mapping("16/2500", 16, 2500, KHMAP_LAYOUT_ALIGNED, 300);
	test_mixed(seed);
	test_shared(false, false);
	test_shared(false, true);
	test_shared(true, false);
	test_shared(true, true);
	test_reader();
	test_whole();
	test_notify();
	test_no_memory();
	return done();
}
