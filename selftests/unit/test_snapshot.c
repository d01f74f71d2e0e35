// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_snapshot.c - a snapshot is the map of one instant, whatever comes after
 */
#include <stdlib.h>

#include "../../kmod/core/compact.h"
#include "check_image.h"
#include "engine.h"
#include "tap.h"

#define SNAPSHOTS	33

static void put_from(struct engine *e, u64 from, u64 to, u32 version)
{
	const struct khmap_geometry *g = &e->table->geometry;
	unsigned char key[64], value[TEST_RECORD_MAX];
	u64 i;

	for (i = from; i < to; i++) {
		int err;

		key_make(key, g->key_size, i);
		value_make(value, g->value_size, i, version);
		err = khmap_table_put(e->table, key, value, KHMAP_PUT_EITHER, NULL);
		if (err) {
			diag("put: %d", err);
			exit(1);
		}
	}
}

static struct khmap_snapshot *take(struct engine *e)
{
	struct khmap_snapshot *snapshot;
	int err = khmap_snapshot_create(e->table, e->account, NULL, &snapshot);

	if (err) {
		diag("snapshot: %d", err);
		exit(1);
	}
	return snapshot;
}

/* What is wrong with a snapshot that should have keys below @count at @version. */
static u64 wrong(struct khmap_snapshot *s, u64 count, u32 version)
{
	const struct khmap_geometry *g = &s->header->geometry;
	unsigned char key[64], want[TEST_RECORD_MAX], got[TEST_RECORD_MAX];
	u64 i, bad = 0;

	for (i = 0; i < count + count / 8 + 3; i++) {
		int should = i < count ? 0 : -ENOENT;

		key_make(key, g->key_size, i);
		value_make(want, g->value_size, i, version);
		memset(got, 0, g->value_size);
		bad += khmap_snapshot_get(s, key, got) != should;
		bad += !should && memcmp(got, want, g->value_size);
	}
	return bad;
}

static bool sound(struct khmap_snapshot *s, u64 entries)
{
	struct image image = image_of_snapshot(s);

	if (image_check(&image) && image.entries == entries)
		return true;
	diag("image: %s (%llu entries, should be %llu)", image.error,
	     (unsigned long long)image.entries, (unsigned long long)entries);
	return false;
}

/* All pages, by reading, one behind the other; for free(). */
static unsigned char *pages_of(struct khmap_snapshot *s)
{
	unsigned char *bytes = malloc(s->pages * KHMAP_OS_PAGE_SIZE);
	u64 page;

	for (page = 0; page < s->pages; page++)
		if (khmap_snapshot_read(s, page, bytes + page * KHMAP_OS_PAGE_SIZE))
			exit(1);
	return bytes;
}

static void compact_all(struct engine *e)
{
	struct khmap_compact compact = { .pass = 0 };

	while (khmap_table_compact(e->table, &compact))
		;
}

static void delete_from(struct engine *e, u64 from, u64 to)
{
	unsigned char key[64];
	u64 i;

	for (i = from; i < to; i++) {
		key_make(key, e->table->geometry.key_size, i);
		khmap_table_delete(e->table, key, NULL, NULL);
	}
}

/* The three ways to see a snapshot agree, and go on to, after any change. */
static void test_isolated(const char *form, struct khmap_table_params p, u64 count)
{
	struct khmap_snapshot *lazy, *eager;
	unsigned char *before, *after;
	struct khmap_counts counts;
	struct engine e;
	u64 used, same;

	engine_open(&e, &p);
	put_from(&e, 0, count, 1);
	khmap_table_stat(e.table, &counts);
	used = khmap_account_used(e.account);
	lazy = take(&e);
	is_u64(khmap_account_used(e.account) - used,
	       sizeof(*lazy) + lazy->pages * KHMAP_OS_PAGE_SIZE + 2 * lazy->room * sizeof(void *),
	       "%s: a page in reserve for each page", form);
	is_u64(os_count_read(&lazy->copied), 0, "%s: and none is copied", form);
	is_u64(lazy->header->kind, KHMAP_IMAGE_SNAPSHOT, "%s: kind", form);
	is_u64(lazy->header->entries, count, "%s: entries", form);
	is_u64(lazy->header->overflow_entries, counts.overflow_entries, "%s: in overflow", form);
	is_u64(lazy->header->epoch, 0, "%s: epoch", form);
	is_u64(lazy->header->image_size, lazy->pages * KHMAP_OS_PAGE_SIZE, "%s: size", form);
	before = pages_of(lazy);
	is_u64(os_count_read(&lazy->copied), 0, "%s: reading pages copies none for good", form);
	eager = take(&e);
	is_u64(eager->header->epoch, 1, "%s: the next epoch", form);
	ok(sound(eager, count), "%s: image", form);
	is_u64(wrong(eager, count, 1), 0, "%s: every key and value, and no other", form);

	if (e.table->max_entries > 2 * count + 40)
		put_from(&e, count, 2 * count + 40, 3);
	put_from(&e, 0, count, 2);
	put_from(&e, 0, count, 2);
	is_u64(wrong(lazy, count, 1), 0, "%s: puts and growth do not show", form);
	delete_from(&e, count / 2, count);
	compact_all(&e);
	table_clear(e.table);
	compact_all(&e);
	put_from(&e, 0, count, 4);
	after = pages_of(lazy);
	same = !memcmp(before, after, lazy->pages * KHMAP_OS_PAGE_SIZE);
	ok(same, "%s: byte for byte as it was", form);
	is_u64(wrong(lazy, count, 1), 0, "%s: nor do deletes, compaction, clear", form);
	is_u64(wrong(eager, count, 1), 0, "%s: nor in the other", form);
	ok(sound(lazy, count), "%s: image", form);
	ok(!khmap_snapshot_page(lazy, lazy->pages) && !khmap_snapshot_peek(lazy, ~0ull) &&
	   khmap_snapshot_read(lazy, lazy->pages, after) == -EINVAL,
	   "%s: nothing behind the end", form);
	ok(table_is_sound(e.table, count), "%s: the map itself", form);
	free(before);
	free(after);
	khmap_snapshot_destroy(lazy);
	is_u64(wrong(eager, count, 1), 0, "%s: the other outlives it", form);
	khmap_snapshot_destroy(eager);
	khmap_snapshot_destroy(NULL);
	engine_close(&e);
}

/* Do a thing to a map of which nothing has been copied yet. */
static void test_alone(const char *what, void (*change)(struct engine *e, u64 count))
{
	struct khmap_table_params p = params_make(8, 8, 1);
	const u64 count = 20000;
	unsigned char *before, *after;
	struct khmap_snapshot *s;
	struct engine e;

	/* Fuller than it is to be, and then emptier: chains lie scattered. */
	p.load_percent = 95;
	p.max_entries = 0;
	engine_open(&e, &p);
	put_from(&e, 0, count, 1);
	delete_from(&e, count / 4, count);
	s = take(&e);
	before = pages_of(s);
	change(&e, count);
	after = pages_of(s);
	ok(!memcmp(before, after, s->pages * KHMAP_OS_PAGE_SIZE), "%s alone does not show", what);
	ok(os_count_read(&s->copied), "%s: pages were copied", what);
	free(before);
	free(after);
	khmap_snapshot_destroy(s);
	engine_close(&e);
}

static void change_compact(struct engine *e, u64 count)
{
	(void)count;
	compact_all(e);
}

static void change_split(struct engine *e, u64 count)
{
	if (khmap_table_reserve(e->table, 3 * count, NULL))
		exit(1);
}

static void change_delete(struct engine *e, u64 count)
{
	delete_from(e, 0, count / 8);
}

static void change_insert(struct engine *e, u64 count)
{
	put_from(e, count / 2, count, 2);
}

static void change_replace(struct engine *e, u64 count)
{
	put_from(e, 0, count / 8, 2);
}

static void change_clear(struct engine *e, u64 count)
{
	(void)count;
	table_clear(e->table);
}

/* Many at once, of a map that grows and is emptied, dropped in some order. */
static void test_many(u64 seed)
{
	struct khmap_table_params p = params_make(8, 24, 1);
	struct khmap_snapshot *s[SNAPSHOTS];
	u64 used, left = SNAPSHOTS, bad = 0;
	u64 count[SNAPSHOTS];
	u32 version[SNAPSHOTS];
	struct rng rng = { seed };
	struct engine e;
	u32 i;

	engine_open(&e, &p);
	for (i = 0; i < SNAPSHOTS; i++) {
		count[i] = rng_below(&rng, 3000);
		if (!(i % 4))
			table_clear(e.table);
		if (!(i % 8))
			compact_all(&e);
		delete_from(&e, 0, 3000);
		version[i] = i + 1;
		put_from(&e, 0, count[i], version[i]);
		s[i] = take(&e);
		/* Some have been read before others are taken. */
		if (rng_below(&rng, 2))
			bad += wrong(s[i], count[i], version[i]);
	}
	table_clear(e.table);
	while (left) {
		u32 victim = (u32)rng_below(&rng, left--);

		bad += wrong(s[victim], count[victim], version[victim]);
		bad += !sound(s[victim], count[victim]);
		khmap_snapshot_destroy(s[victim]);
		s[victim] = s[left];
		count[victim] = count[left];
		version[victim] = version[left];
	}
	is_u64(bad, 0, "%u snapshots at once, dropped in any order", SNAPSHOTS);
	ok(!e.table->saves.first && !e.table->saves.newest, "none is left");
	used = khmap_account_used(e.account);
	khmap_snapshot_destroy(take(&e));
	is_u64(khmap_account_used(e.account), used, "nor is any memory");
	engine_close(&e);
}

/* Who writes to few pages copies few, once for all snapshots. */
static void test_shared(void)
{
	struct khmap_table_params p = params_make(8, 8, 100000);
	struct khmap_snapshot *a, *b, *c;
	struct engine e;
	u64 shared = 0, page;

	engine_open(&e, &p);
	put_from(&e, 0, 100000, 1);
	a = take(&e);
	b = take(&e);
	put_from(&e, 0, a->pages / 100, 2);
	ok(os_count_read(&a->copied) && (u64)os_count_read(&a->copied) * 100 < 3 * a->pages,
	   "%llu of %llu pages copied", (unsigned long long)os_count_read(&a->copied),
	   (unsigned long long)a->pages);
	is_u64(os_count_read(&b->copied), os_count_read(&a->copied), "for both");
	for (page = 1; page < a->pages; page++)
		shared += a->slot[page] && a->slot[page] == b->slot[page];
	is_u64(shared, os_count_read(&a->copied), "by one copy");
	c = take(&e);
	put_from(&e, 0, 100000, 3);
	khmap_snapshot_destroy(a);
	is_u64(wrong(b, 100000, 1), 0, "the second has what the first shared with it");
	khmap_snapshot_destroy(c);
	is_u64(wrong(b, 100000, 1), 0, "and does not miss the third");
	khmap_snapshot_destroy(b);
	engine_close(&e);
}

/* Whatever allocation fails, nothing is left, and the map goes on. */
static void test_no_memory(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_snapshot *s;
	struct engine e;
	u64 used;
	long i;
	int err;

	engine_open(&e, &p);
	put_from(&e, 0, 3000, 1);
	used = khmap_account_used(e.account);
	for (i = 0;; i++) {
		khmap_account_fail_after(e.account, i);
		err = khmap_snapshot_create(e.table, e.account, NULL, &s);
		khmap_account_fail_after(e.account, -1);
		if (!err)
			break;
		if (err != -ENOMEM || khmap_account_used(e.account) != used ||
		    e.table->saves.first || e.table->saves.gate & 1)
			break;
	}
	is_i64(err, 0, "each of %ld allocations refused in its turn", i);
	ok(i > 20, "there were some");
	if (err)
		return;
	/* A snapshot that was granted needs no memory any more. */
	khmap_account_fail_after(e.account, 0);
	put_from(&e, 0, 3000, 2);
	is_u64(wrong(s, 3000, 1), 0, "granted, it does not fail");
	ok(!khmap_account_failed(e.account), "nor ask for memory");
	khmap_account_fail_after(e.account, -1);
	khmap_snapshot_destroy(s);
	is_u64(khmap_account_used(e.account), used, "no memory is left");
	engine_close(&e);
}

static bool stop_at_once(void)
{
	return true;
}

static void test_stopped(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_snapshot *s;
	struct engine e;
	u64 used;

	engine_open(&e, &p);
	put_from(&e, 0, 100000, 1);
	used = khmap_account_used(e.account);
	is_i64(khmap_snapshot_create(e.table, e.account, stop_at_once, &s), -EINTR, "stopped");
	is_u64(khmap_account_used(e.account), used, "no memory is left");
	e.table->saves.gate = ~KHMAP_GATE_MASK;
	is_i64(khmap_snapshot_create(e.table, e.account, NULL, &s), -EOVERFLOW,
	       "no number is left");
	engine_close(&e);
}

/* As many as there may be; one more is refused until any of them is dropped. */
static void test_limit(void)
{
	struct khmap_table_params p = params_make(8, 8, 100);
	struct khmap_snapshot *s[KHMAP_SNAPSHOTS_MAX], *more;
	u64 used, bad = 0;
	unsigned long gate;
	struct engine e;
	u32 i;

	engine_open(&e, &p);
	put_from(&e, 0, 100, 1);
	used = khmap_account_used(e.account);
	for (i = 0; i < KHMAP_SNAPSHOTS_MAX; i++)
		s[i] = take(&e);
	is_u64(e.table->saves.count, 1024, "1024 snapshots");
	gate = e.table->saves.gate;
	khmap_account_fail_after(e.account, 2);
	is_i64(khmap_snapshot_create(e.table, e.account, NULL, &more), -EOVERFLOW,
	       "the next is refused before a page is reserved");
	khmap_account_fail_after(e.account, -1);
	is_u64(e.table->saves.gate, gate, "and has not been numbered");
	put_from(&e, 0, 100, 2);
	khmap_snapshot_destroy(s[500]);
	s[500] = take(&e);
	is_i64(khmap_snapshot_create(e.table, e.account, NULL, &more), -EOVERFLOW,
	       "one dropped, one more, and again none");
	put_from(&e, 0, 100, 3);
	for (i = 0; i < KHMAP_SNAPSHOTS_MAX; i++) {
		bad += wrong(s[i], 100, i == 500 ? 2 : 1);
		khmap_snapshot_destroy(s[i]);
	}
	is_u64(bad, 0, "each is right");
	is_u64(e.table->saves.count, 0, "none is left");
	is_u64(khmap_account_used(e.account), used, "nor is any memory");
	engine_close(&e);
}

static struct engine *rival;
static struct khmap_snapshot *rivals;

/* Somebody else takes the last one, while pages are being reserved for ours. */
static bool stop_for_rival(void)
{
	if (!rivals)
		rivals = take(rival);
	return false;
}

static void test_limit_race(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_snapshot *s;
	struct engine e;
	u64 used;

	engine_open(&e, &p);
	put_from(&e, 0, 100000, 1);
	used = khmap_account_used(e.account);
	rival = &e;
	e.table->saves.count = KHMAP_SNAPSHOTS_MAX - 1;
	is_i64(khmap_snapshot_create(e.table, e.account, stop_for_rival, &s), -EOVERFLOW,
	       "the last one was taken meanwhile");
	ok(rivals && e.table->saves.first == rivals && !rivals->next, "by the rival alone");
	khmap_snapshot_destroy(rivals);
	e.table->saves.count -= KHMAP_SNAPSHOTS_MAX - 1;
	is_u64(khmap_account_used(e.account), used, "no memory is left");
	engine_close(&e);
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 8, 10);
	u64 seed = test_seed();

	test_isolated("empty", p, 0);
	test_isolated("inline", p, 10);
	test_isolated("promoted", p, 100);
	p.expected_entries = 100000;
	p.load_percent = 95;
	p.stripes = 64;
	test_isolated("many pages", p, 100000);
	p = params_make(17, 333, 600);
	p.layout = KHMAP_LAYOUT_PACKED;
	p.hash_kind = KHMAP_HASH_SIPHASH13;
	test_isolated("17/333", p, 600);
	p = params_make(8, 4072, 60);
	test_isolated("8/4072", p, 60);
	test_alone("compaction", change_compact);
	test_alone("splitting", change_split);
	test_alone("deleting", change_delete);
	test_alone("inserting", change_insert);
	test_alone("replacing", change_replace);
	test_alone("clearing", change_clear);
	test_many(seed);
	test_shared();
	test_no_memory();
	test_stopped();
	test_limit();
	test_limit_race();
	return done();
}
