// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_copy.c - a snapshot is the map of one instant, and an image of its own
 */
#include <stdlib.h>

#include "check_image.h"
#include "engine.h"
#include "tap.h"

#define IMAGE_BYTES	(64ull << 20)

/**
 * struct snapshot - a copy and how it is read
 * @account: its memory, where its pages are adjacent
 * @copy: the copy
 * @header: what the reader was made from
 * @reader: of the copy
 */
struct snapshot {
	struct khmap_account *account;
	struct khmap_copy *copy;
	struct khmap_image_header header;
	struct khmap_reader reader;
};

static void snapshot_take(struct snapshot *s, struct engine *e)
{
	int err;

	s->account = khmap_account_create(IMAGE_BYTES, 0, false);
	err = khmap_copy_create(e->table, s->account, 987654321, 3, &s->copy);
	if (err) {
		diag("copy: %d", err);
		exit(1);
	}
	memcpy(&s->header, s->copy->header, sizeof(s->header));
	khmap_reader_init(&s->reader, &s->header, khmap_account_image(s->account));
}

static void snapshot_drop(struct snapshot *s)
{
	khmap_copy_destroy(s->copy);
	is_u64(khmap_account_used(s->account), 0, "a copy leaves nothing behind");
	khmap_account_destroy(s->account);
}

static void put_all(struct engine *e, u64 count, u32 version)
{
	const struct khmap_geometry *g = &e->table->geometry;
	unsigned char key[64], value[TEST_RECORD_MAX];
	u64 i;

	for (i = 0; i < count; i++) {
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

/* Keys below @count that the copy does not have with that version's value. */
static u64 missing(const struct snapshot *s, u64 count, u32 version)
{
	const struct khmap_geometry *g = &s->header.geometry;
	unsigned char key[64], want[TEST_RECORD_MAX], got[TEST_RECORD_MAX];
	u64 i, wrong = 0;

	for (i = 0; i < 2 * count; i++) {
		int should = i < count ? 0 : -ENOENT;

		key_make(key, g->key_size, i);
		value_make(want, g->value_size, i, version);
		wrong += khmap_reader_get(&s->reader, key, got) != should;
		wrong += !should && memcmp(got, want, g->value_size);
		memset(got, 0, g->value_size);
		wrong += khmap_copy_get(s->copy, key, got) != should;
		wrong += !should && memcmp(got, want, g->value_size);
	}
	return wrong;
}

static void test_pages_adjacent(const struct snapshot *s, const char *form)
{
	const char *base = khmap_account_image(s->account);
	u64 page, count = s->header.image_size / KHMAP_OS_PAGE_SIZE, apart = 0;

	for (page = 0; page < count; page++)
		apart += khmap_copy_page(s->copy, page) != base + page * KHMAP_OS_PAGE_SIZE;
	is_u64(apart, 0, "%s: %llu pages, one behind the other", form, (unsigned long long)count);
	ok(!khmap_copy_page(s->copy, count), "%s: no page after the last", form);
	ok(!khmap_copy_page(s->copy, ~0ull), "%s: no page 2^64 - 1", form);
}

static void test_copy(const char *form, struct khmap_table_params p, u64 count)
{
	struct khmap_counts counts;
	struct snapshot s;
	struct image image;
	struct engine e;
	u64 sum, used;

	engine_open(&e, &p);
	put_all(&e, count, 1);
	khmap_table_stat(e.table, &counts);
	sum = engine_sum(&e);
	used = khmap_account_used(e.account);
	snapshot_take(&s, &e);
	ok(engine_sum(&e) == sum, "%s: copying does not change the map", form);
	is_u64(khmap_account_used(e.account), used, "%s: nor does it take of its memory", form);

	is_u64(s.header.kind, KHMAP_IMAGE_SNAPSHOT, "%s: kind", form);
	is_u64(s.header.snapshot_ns, 987654321, "%s: its instant", form);
	is_u64(s.header.epoch, 3, "%s: epoch", form);
	is_u64(s.header.entries, count, "%s: entries", form);
	is_u64(s.header.overflow_entries, counts.overflow_entries, "%s: overflow entries", form);
	is_u64(s.header.overflow_buckets, counts.overflow_buckets, "%s: overflow buckets", form);
	is_u64(s.header.primary_offset, 4096, "%s: place of the primary region", form);
	is_u64(s.header.overflow_offset, 4096 + 4096ull * s.header.primary_pages,
	       "%s: place of the overflow region", form);
	is_u64(s.header.image_size,
	       4096 * (1ull + s.header.primary_pages + s.header.overflow_pages), "%s: size", form);
	is_u64(s.header.primary_pages_max, s.header.primary_pages, "%s: primary pages", form);
	is_u64(s.header.overflow_pages_max, s.header.overflow_pages, "%s: overflow pages", form);
	is_u64(s.header.primary_pages, khmap_shape_pages(s.header.shape), "%s: shape", form);
	test_pages_adjacent(&s, form);
	image = image_of_copy(s.copy);
	ok(image_check(&image) && image.entries == count, "%s: image %s", form, image.error);
	is_u64(missing(&s, count, 1), 0, "%s: every key and value, and no other", form);

	/* Live changes of all kinds do not show. */
	put_all(&e, count < e.table->max_entries ? count + 1 : count, 2);
	is_u64(missing(&s, count, 1), 0, "%s: replacing does not show", form);
	table_clear(e.table);
	is_u64(missing(&s, count, 1), 0, "%s: clearing does not show", form);
	engine_close(&e);
	is_u64(missing(&s, count, 1), 0, "%s: the end of the map does not show", form);
	ok(image_check(&image) && image.entries == count, "%s: image %s", form, image.error);
	snapshot_drop(&s);
}

/* Several copies of one map, each with its own instant. */
static void test_several(void)
{
	struct khmap_table_params p = params_make(8, 24, 500);
	struct snapshot s[4];
	struct engine e;
	u32 i;

	engine_open(&e, &p);
	for (i = 0; i < 4; i++) {
		put_all(&e, 100 * (i + 1), i + 1);
		snapshot_take(&s[i], &e);
	}
	for (i = 0; i < 4; i++)
		is_u64(missing(&s[i], 100 * (i + 1), i + 1), 0, "copy %u of 4", i + 1);
	for (i = 0; i < 4; i++)
		snapshot_drop(&s[(i + 2) % 4]);
	engine_close(&e);
}

static bool stop_at_once(void)
{
	return true;
}

/*
 * The map grows between the two halves of a snapshot: from its header page to
 * one page, by overflow pages, or not at all.
 */
static void test_outgrown(const char *form, struct khmap_table_params p, u64 before, u64 after)
{
	struct snapshot s;
	struct image image;
	struct engine e;
	u32 tries = 0;
	u64 used;

	engine_open(&e, &p);
	put_all(&e, before, 1);
	s.account = khmap_account_create(IMAGE_BYTES, 0, false);
	is_i64(khmap_copy_alloc(s.account, &s.copy), 0, "%s: copy without pages", form);
	is_i64(khmap_copy_reserve(s.copy, e.table, NULL), 0, "%s: pages", form);
	put_all(&e, after, 2);
	while (khmap_copy_fill(s.copy, e.table, 1, 1) == -EAGAIN && tries++ < 3)
		is_i64(khmap_copy_reserve(s.copy, e.table, NULL), 0, "%s: more pages", form);
	is_u64(tries, before != after, "%s: how often it was too small", form);
	used = khmap_account_used(s.account);
	is_i64(khmap_copy_reserve(s.copy, e.table, NULL), 0, "%s: enough pages", form);
	is_u64(khmap_account_used(s.account), used, "%s: took no more", form);
	khmap_account_fail_after(s.account, 0);
	is_i64(khmap_copy_fill(s.copy, e.table, 1, 1), 0, "%s: filled, without memory", form);
	ok(!khmap_account_failed(s.account), "%s: did not even ask for some", form);
	khmap_account_fail_after(s.account, -1);

	memcpy(&s.header, s.copy->header, sizeof(s.header));
	khmap_reader_init(&s.reader, &s.header, khmap_account_image(s.account));
	test_pages_adjacent(&s, form);
	image = image_of_copy(s.copy);
	ok(image_check(&image) && image.entries == after, "%s: image %s", form, image.error);
	is_u64(missing(&s, after, 2), 0, "%s: every key and value, and no other", form);
	engine_close(&e);
	snapshot_drop(&s);
}

static void test_stopped(void)
{
	struct khmap_table_params p = params_make(8, 8, 20000);
	struct snapshot s;
	struct engine e;

	engine_open(&e, &p);
	s.account = khmap_account_create(IMAGE_BYTES, 0, false);
	khmap_copy_alloc(s.account, &s.copy);
	is_i64(khmap_copy_reserve(s.copy, e.table, stop_at_once), -EINTR, "stopped");
	snapshot_drop(&s);
	engine_close(&e);
}

/* An overflow page that has an index but no memory is not in the image. */
static void test_hole(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct snapshot s;
	struct image image;
	struct engine e;
	u64 i;

	engine_open(&e, &p);
	put_all(&e, 15, 1);
	i = 15;
	/* Two nodes and the first page, its struct and four nodes, not its page. */
	khmap_account_fail_after(e.account, 8);
	is_i64(khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL), -ENOMEM,
	       "no memory for an overflow page");
	snapshot_take(&s, &e);
	is_u64(s.header.overflow_pages, 0, "the copy does not have the page");
	image = image_of_copy(s.copy);
	ok(image_check(&image) && image.entries == 15, "hole: image %s", image.error);
	is_u64(missing(&s, 15, 1), 0, "hole: every key and value");
	snapshot_drop(&s);
	engine_close(&e);
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 8, 10);

	test_copy("empty", p, 0);
	test_copy("inline", p, 10);
	test_copy("promoted", p, 100);
	p.expected_entries = 100;
	test_copy("empty pages", p, 0);
	p.expected_entries = 200000;
	p.load_percent = 95;
	p.stripes = 64;
	test_copy("many pages", p, 200000);
	p = params_make(17, 333, 600);
	p.layout = KHMAP_LAYOUT_PACKED;
	p.hash_kind = KHMAP_HASH_SIPHASH13;
	test_copy("17/333", p, 600);
	p = params_make(8, 4072, 60);
	test_copy("8/4072", p, 60);
	test_several();
	test_hole();
	p = params_make(8, 8, 10);
	p.max_entries = 1000;
	test_outgrown("promoted meanwhile", p, 10, 250);
	p = params_make(8, 8, 20000);
	p.max_entries = 60000;
	test_outgrown("grown meanwhile", p, 22000, 24000);
	test_outgrown("not grown", p, 22000, 22000);
	test_stopped();
	return done();
}
