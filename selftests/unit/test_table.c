// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_table.c - what each operation answers, writes and leaves alone
 *
 * After every operation the image is checked as a whole and the key looked up
 * through <khmap/reader.h>.
 */
#include <stdlib.h>

#include "check_image.h"
#include "engine.h"
#include "table_test.h"
#include "tap.h"

static u32 sequence_of(struct engine *e, const struct khmap_store *store)
{
	const struct khmap_geometry *g = &e->table->geometry;
	const char *page = khmap_extents_get(&e->table->primary, store->head_page);
	u32 sequence;

	if (store->region == KHMAP_REGION_HEADER)
		memcpy(&sequence, (const char *)e->table->header + g->inline_offset, 4);
	else
		memcpy(&sequence, page + store->head_bucket * g->bucket_stride, 4);
	return sequence;
}

/* Put, replace, get and delete one key, in an inline map and in one of pages. */
static void test_modes(u64 expected, const char *form)
{
	struct khmap_table_params p = params_make(8, 8, expected);
	struct khmap_store store;
	u64 key = 42, value, sum;
	struct engine e;
	u32 sequence;

	engine_open(&e, &p);
	is_u64(e.table->header->shape != 0, expected > 15, "%s: shape", form);
	sum = engine_sum(&e);
	is_i64(put_u64(&e, 42, 1, KHMAP_PUT_ONLY_OLD), -ENOENT, "%s: replace what is not there",
	       form);
	is_i64(khmap_table_get(e.table, &key, &value), -ENOENT, "%s: get what is not there", form);
	is_i64(khmap_table_read(e.table, &key, &value), -ENOENT, "%s: read what is not there",
	       form);
	is_i64(khmap_table_delete(e.table, &key, NULL, NULL), -ENOENT,
	       "%s: delete what is not there", form);
	ok(engine_sum(&e) == sum, "%s: nothing has changed", form);
	ok(!read_u64(&e, 42), "%s: not there", form);

	value = 7;
	is_i64(khmap_table_put(e.table, &key, &value, KHMAP_PUT_ONLY_NEW, &store), 0, "%s: insert",
	       form);
	/* Splits have counted before, each by an even step. */
	sequence = sequence_of(&e, &store);
	ok(sequence >= 2 && !(sequence & 1), "%s: sequence after an insert", form);
	ok(!store.replaced && !store.overflowed && !store.chain, "%s: insert says what it did",
	   form);
	is_u64(store.length, 16, "%s: insert says how much it wrote", form);
	is_u64(read_u64(&e, 42), 7, "%s: readers see it", form);
	ok(table_is_sound(e.table, 1), "%s: image after an insert", form);

	sum = engine_sum(&e);
	is_i64(put_u64(&e, 42, 8, KHMAP_PUT_ONLY_NEW), -EEXIST, "%s: insert again", form);
	ok(engine_sum(&e) == sum, "%s: nothing has changed", form);

	value = 9;
	is_i64(khmap_table_put(e.table, &key, &value, KHMAP_PUT_ONLY_OLD, &store), 0,
	       "%s: replace", form);
	ok(store.replaced, "%s: replace says so", form);
	is_u64(sequence_of(&e, &store), sequence + 2, "%s: sequence after a replacement", form);
	is_u64(read_u64(&e, 42), 9, "%s: readers see the new value", form);
	is_i64(put_u64(&e, 42, 10, KHMAP_PUT_EITHER), 0, "%s: put", form);
	is_u64(read_u64(&e, 42), 10, "%s: readers see that", form);
	value = 0;
	is_i64(khmap_table_get(e.table, &key, &value), 0, "%s: get", form);
	is_u64(value, 10, "%s: the value got", form);
	value = 0;
	is_i64(khmap_table_read(e.table, &key, &value), 0, "%s: read", form);
	is_u64(value, 10, "%s: the value read", form);
	ok(table_is_sound(e.table, 1), "%s: image after replacements", form);

	value = 0;
	is_i64(khmap_table_delete(e.table, &key, &value, &store), 0, "%s: delete", form);
	is_u64(value, 10, "%s: the value deleted", form);
	is_u64(sequence_of(&e, &store), sequence + 6, "%s: sequence after a deletion", form);
	ok(!read_u64(&e, 42), "%s: readers do not see it", form);
	ok(table_is_sound(e.table, 0), "%s: image after a deletion", form);
	engine_close(&e);
}

static void test_stat(void)
{
	struct khmap_table_params p = params_make(8, 8, 100);
	struct khmap_counts counts;
	struct engine e;
	u64 i;

	engine_open(&e, &p);
	for (i = 1; i <= 100; i++)
		put_u64(&e, i, i, KHMAP_PUT_EITHER);
	for (i = 1; i <= 30; i++)
		put_u64(&e, i, i + 1, KHMAP_PUT_EITHER);
	for (i = 1; i <= 20; i++)
		khmap_table_delete(e.table, &i, NULL, NULL);
	khmap_table_stat(e.table, &counts);
	is_u64(counts.entries, 80, "stat: entries");
	is_u64(counts.inserts, 100, "stat: inserts");
	is_u64(counts.replaces, 30, "stat: replacements");
	is_u64(counts.deletes, 20, "stat: deletions");
	is_u64(e.table->header->entries, 80, "stat: entries in the header");
	ok(table_is_sound(e.table, 80), "stat: image");

	is_u64(table_clear(e.table), 80, "clear: keys deleted");
	khmap_table_stat(e.table, &counts);
	is_u64(counts.entries, 0, "clear: entries");
	is_u64(counts.deletes, 100, "clear: deletions");
	is_u64(counts.overflow_entries, 0, "clear: overflow entries");
	is_u64(counts.overflow_buckets, 0, "clear: overflow buckets");
	ok(table_is_sound(e.table, 0), "clear: image");
	is_u64(table_clear(e.table), 0, "clear an empty map: keys deleted");
	is_i64(put_u64(&e, 5, 6, KHMAP_PUT_ONLY_NEW), 0, "put after clear");
	is_u64(read_u64(&e, 5), 6, "readers see it");
	engine_close(&e);
}

/* Clearing may end after any of its calls. */
static void test_clear_slices(void)
{
	struct khmap_table_params p = params_make(8, 8, 40000);
	u32 page = 0, pages, calls = 1;
	struct khmap_counts counts;
	u64 i, deleted = 0;
	struct engine e;

	engine_open(&e, &p);
	for (i = 1; i <= 40000; i++)
		put_u64(&e, i, i, KHMAP_PUT_EITHER);
	pages = khmap_shape_pages(e.table->header->shape);
	is_i64(khmap_table_clear(e.table, &page, &deleted), -EAGAIN, "clear: more to do");
	is_u64(page, KHMAP_CLEAR_PAGES, "clear: pages done");
	ok(deleted > 0 && deleted < 40000, "clear: a part was deleted");
	khmap_table_stat(e.table, &counts);
	is_u64(counts.entries, 40000 - deleted, "clear: the rest is there");
	ok(table_is_sound(e.table, 40000 - deleted), "clear: image of the rest");
	while (khmap_table_clear(e.table, &page, &deleted) == -EAGAIN)
		calls++;
	is_u64(deleted, 40000, "clear: in the end all was deleted");
	is_u64(page, pages, "clear: page by page");
	is_u64(calls, (pages - 1) / KHMAP_CLEAR_PAGES, "clear: calls");
	for (i = 1; i <= 40000; i++)
		put_u64(&e, i, i, KHMAP_PUT_EITHER);
	ok(table_is_sound(e.table, 40000), "filled up again");
	engine_close(&e);
}

/* Reserving takes a few more pages where that makes them even. */
static void test_reserve(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_growth_state growth;
	struct khmap_counts counts;
	u64 i, wrong = 0, bytes;
	struct engine e;
	u32 shape;

	p.expected_entries = 20000;
	khmap_table_bytes(&p, &bytes);
	p.expected_entries = 1;
	engine_open(&e, &p);
	is_u64(khmap_account_used(e.account), bytes, "reserve: what is expected takes nothing");
	for (i = 1; i <= 10; i++)
		put_u64(&e, i, i, KHMAP_PUT_EITHER);
	is_i64(khmap_table_reserve(e.table, 15, NULL), 0, "reserve: as many as are inline");
	is_u64(e.table->header->shape, 0, "reserve: the map stays inline");
	is_i64(khmap_table_reserve(e.table, 20000, NULL), 0, "reserve: 20000");
	shape = e.table->header->shape;
	is_u64(shape, khmap_shape(128, 0), "reserve: a power of two pages, as it is near");
	ok(table_is_sound(e.table, 10), "reserve: image");
	khmap_table_growth(e.table, &growth);
	is_u64(growth.splits, 127 * 32, "reserve: splits");
	bytes = khmap_account_used(e.account);
	for (i = 1; i <= 20000; i++)
		wrong += put_u64(&e, i, i, KHMAP_PUT_EITHER) != 0;
	is_u64(wrong, 0, "reserve: so many fit");
	is_u64(e.table->header->shape, shape, "reserve: without a split");
	khmap_table_stat(e.table, &counts);
	is_u64(counts.entries, 20000, "reserve: they are there");
	ok(table_is_sound(e.table, 20000), "reserve: image of them");
	is_i64(khmap_table_reserve(e.table, 1000, NULL), 0, "reserve: less than there is");
	is_u64(e.table->header->shape, shape, "reserve: makes nothing smaller");
	is_i64(khmap_table_reserve(e.table, ~0ull, NULL), -ENOSPC, "reserve: too many");
	is_u64(e.table->header->shape, shape, "reserve: changes nothing");
	engine_close(&e);
}

static void test_full(u64 expected, u64 max, const char *form)
{
	struct khmap_table_params p = params_make(8, 8, expected);
	struct engine e;
	u64 i, sum, wrong = 0;

	p.max_entries = max;
	engine_open(&e, &p);
	for (i = 1; i <= max; i++)
		wrong += put_u64(&e, i, i, KHMAP_PUT_ONLY_NEW) != 0;
	is_u64(wrong, 0, "full, %s: %llu keys fit", form, (unsigned long long)max);
	sum = engine_sum(&e);
	is_i64(put_u64(&e, max + 1, 1, KHMAP_PUT_EITHER), -ENOSPC, "full, %s: one more", form);
	is_i64(put_u64(&e, max + 1, 1, KHMAP_PUT_ONLY_NEW), -ENOSPC, "full, %s: one more, new",
	       form);
	is_i64(put_u64(&e, max + 1, 1, KHMAP_PUT_ONLY_OLD), -ENOENT, "full, %s: one more, old",
	       form);
	is_i64(put_u64(&e, 1, 9, KHMAP_PUT_ONLY_NEW), -EEXIST, "full, %s: a key again", form);
	ok(engine_sum(&e) == sum, "full, %s: not a byte of it has changed", form);
	is_i64(put_u64(&e, 1, 9, KHMAP_PUT_EITHER), 0, "full, %s: replace", form);
	is_u64(read_u64(&e, 1), 9, "full, %s: replaced", form);
	i = 2;
	is_i64(khmap_table_delete(e.table, &i, NULL, NULL), 0, "full, %s: delete", form);
	is_i64(put_u64(&e, max + 1, 1, KHMAP_PUT_EITHER), 0, "full, %s: now there is room", form);
	is_i64(put_u64(&e, max + 2, 1, KHMAP_PUT_EITHER), -ENOSPC, "full, %s: for one", form);
	ok(table_is_sound(e.table, max), "full, %s: image", form);
	engine_close(&e);
}

/* What was expected at creation fits, whatever the shape, record and load. */
static void test_expected_fits(void)
{
	static const struct {
		u32 key, value, load;
		u64 expected;
	} cases[] = {
		{ 8, 8, 75, 20000 }, { 8, 8, 95, 30000 }, { 8, 8, 60, 777 }, { 1, 1, 75, 256 },
		{ 16, 96, 75, 12000 }, { 16, 96, 95, 12000 }, { 32, 200, 75, 5000 },
		{ 32, 200, 95, 6000 }, { 8, 672, 95, 2500 }, { 8, 1300, 95, 1500 },
		{ 8, 4072, 75, 700 }, { 8, 4072, 95, 900 }, { 40, 460, 85, 3000 },
	};
	unsigned char key[40], value[TEST_RECORD_MAX];
	u32 c, layout;

	for (c = 0; c < sizeof(cases) / sizeof(*cases); c++)
		for (layout = KHMAP_LAYOUT_ALIGNED; layout <= KHMAP_LAYOUT_PACKED; layout++) {
			struct khmap_table_params p = params_make(cases[c].key, cases[c].value,
								  cases[c].expected);
			u64 i, wrong = 0;
			struct engine e;

			p.layout = layout;
			p.load_percent = cases[c].load;
			engine_open(&e, &p);
			for (i = 0; i < cases[c].expected; i++) {
				key_make(key, cases[c].key, i);
				value_make(value, cases[c].value, i, 1);
				wrong += khmap_table_put(e.table, key, value, KHMAP_PUT_ONLY_NEW,
							 NULL) != 0;
			}
			is_u64(wrong, 0, "%llu expected of %u/%u fit at load %u, layout %u",
			       (unsigned long long)cases[c].expected, cases[c].key, cases[c].value,
			       cases[c].load, layout);
			ok(table_is_sound(e.table, cases[c].expected), "they make a sound image");
			engine_close(&e);
		}
}

static int try_put_u64(struct engine *e, u64 key, u64 value, enum khmap_put_mode mode)
{
	return khmap_table_try_put(e->table, &key, &value, mode, NULL);
}

/* What needs no memory is done, what needs some changes nothing. */
static void test_try_put(void)
{
	struct khmap_table_params p = params_make(8, 8, 100);
	struct khmap_table_params inline_p = params_make(8, 8, 15);
	u64 keys[11], sum, used, wrong = 0, i;
	struct engine e;

	engine_open(&e, &p);
	collide(&e, keys, 11);
	used = khmap_account_used(e.account);
	for (i = 0; i < 7; i++)
		wrong += try_put_u64(&e, keys[i], i + 1, KHMAP_PUT_ONLY_NEW) != 0;
	is_u64(wrong, 0, "try put: 7 keys fit a bucket");
	sum = engine_sum(&e);
	is_i64(try_put_u64(&e, keys[7], 8, KHMAP_PUT_EITHER), -ENOMEM, "try put: an 8th does not");
	is_i64(try_put_u64(&e, keys[7], 8, KHMAP_PUT_ONLY_OLD), -ENOENT, "try put: replace it");
	is_i64(try_put_u64(&e, keys[0], 8, KHMAP_PUT_ONLY_NEW), -EEXIST, "try put: insert again");
	ok(engine_sum(&e) == sum, "try put: nothing has changed");
	is_i64(try_put_u64(&e, keys[0], 9, KHMAP_PUT_EITHER), 0, "try put: replace");
	is_u64(read_u64(&e, keys[0]), 9, "try put: replaced");
	is_u64(khmap_account_used(e.account), used, "try put: no memory was taken");

	is_i64(put_u64(&e, keys[7], 8, KHMAP_PUT_EITHER), 0, "try put: put allocates for the 8th");
	used = khmap_account_used(e.account);
	for (i = 8; i < 11; i++)
		wrong += try_put_u64(&e, keys[i], i + 1, KHMAP_PUT_ONLY_NEW) != 0;
	is_u64(wrong, 0, "try put: the page that it got has room for more buckets");
	for (i = 1; i < 11; i++)
		wrong += read_u64(&e, keys[i]) != i + 1;
	is_u64(wrong, 0, "try put: every key is read");
	is_u64(khmap_account_used(e.account), used, "try put: no memory was taken for them");
	ok(table_is_sound(e.table, 11), "try put: image");
	engine_close(&e);

	inline_p.max_entries = 20;
	engine_open(&e, &inline_p);
	for (i = 1; i <= 15; i++)
		wrong += try_put_u64(&e, i, i, KHMAP_PUT_EITHER) != 0;
	is_u64(wrong, 0, "try put: 15 keys fit the header page");
	sum = engine_sum(&e);
	is_i64(try_put_u64(&e, 16, 16, KHMAP_PUT_EITHER), -ENOMEM, "try put: a 16th does not");
	ok(engine_sum(&e) == sum && !e.table->header->shape, "try put: and moves nothing");
	engine_close(&e);
}

/* An operation writes to the pages that it names, and to no other. */
static void test_pages_written(void)
{
	struct khmap_table_params p = params_make(8, 8, 1500);
	u32 i, n, wrong = 0;
	unsigned char *before;
	struct engine e;

	engine_open(&e, &p);
	n = e.table->header->primary_pages;
	before = malloc(n * KHMAP_OS_PAGE_SIZE);
	for (i = 0; i < 1500; i++) {
		u64 key = i * 3, value = i;
		struct khmap_store store;
		u32 page;

		for (page = 0; page < n; page++)
			memcpy(before + page * KHMAP_OS_PAGE_SIZE,
			       khmap_extents_get(&e.table->primary, page), KHMAP_OS_PAGE_SIZE);
		khmap_table_put(e.table, &key, &value, KHMAP_PUT_EITHER, &store);
		for (page = 0; page < n; page++)
			wrong += (page != store.head_page) !=
				 !memcmp(before + page * KHMAP_OS_PAGE_SIZE,
					 khmap_extents_get(&e.table->primary, page),
					 KHMAP_OS_PAGE_SIZE);
		if (store.region == KHMAP_REGION_PRIMARY) {
			const char *at = (const char *)khmap_extents_get(&e.table->primary,
									 store.page) +
					 store.offset;

			wrong += memcmp(at, &key, 8) || memcmp(at + 8, &value, 8);
		}
		wrong += store.stripe != (store.head_page & 1);
	}
	is_u64(wrong, 0, "a put writes to the pages that it names, and to no other");
	free(before);
	engine_close(&e);
}

static void test_header(void)
{
	static const char schema[] = "key u64;value u64";
	struct khmap_table_params p = params_make(8, 8, 1000);
	const struct khmap_image_header *h;
	struct engine e;

	p.schema = schema;
	p.schema_length = sizeof(schema) - 1;
	p.name = "routes";
	p.map_id = 77;
	p.created_ns = 123456789;
	p.max_entries = 1008;
	engine_open(&e, &p);
	h = e.table->header;
	is_u64(h->kind, KHMAP_IMAGE_LIVE, "header: kind");
	is_u64(h->hash_secret[0], p.secret[0], "header: secret");
	is_u64(h->hash_secret[1], p.secret[1], "header: secret, second half");
	is_u64(h->load_percent, 75, "header: load");
	is_u64(h->primary_pages, 6, "header: primary pages");
	is_u64(h->primary_pages_max, 6, "header: room for primary pages");
	is_u64(h->shape, 6 << 10, "header: shape");
	is_u64(h->mask, (8 << 10) - 1, "header: mask");
	is_u64(h->primary_offset, 2 << 20, "header: place of the primary region");
	is_u64(h->overflow_offset, 4 << 20, "header: place of the overflow region");
	is_u64(h->image_size, (4 << 20) + h->overflow_pages_max * 4096, "header: size");
	is_u64(h->max_entries, 1008, "header: ceiling");
	is_u64(h->map_id, 77, "header: id");
	is_u64(h->created_ns, 123456789, "header: creation");
	is_u64(h->snapshot_ns, 0, "header: snapshot");
	is_str((const char *)h->name, "routes", "header: name");
	is_u64(h->schema_length, 17, "header: length of the schema");
	ok(!memcmp((const char *)h + 640, schema, 17), "header: text of the schema");
	is_u64(h->geometry.inline_offset, 704, "header: inline bucket behind it");
	ok(table_is_sound(e.table, 0), "header: image");
	ok(khmap_table_page(e.table, 0) == h, "page 0 is the header");
	ok(khmap_table_page(e.table, 512) == khmap_extents_get(&e.table->primary, 0),
	   "page 512 is the first primary page");
	ok(khmap_table_page(e.table, 517) && !khmap_table_page(e.table, 518),
	   "page 517 is the last one");
	ok(!khmap_table_page(e.table, 1), "there is no page 1");
	ok(!khmap_table_page(e.table, 1024), "there is no overflow page yet");
	ok(!khmap_table_page(e.table, ~0ull), "there is no page 2^64 - 1");
	engine_close(&e);
}

static void test_refused(void)
{
	const struct khmap_table_params good = params_make(8, 8, 100);
	struct khmap_account *account = khmap_account_create(64 << 20, 0, false);
	struct khmap_table_params p;
	struct khmap_table *table = NULL;

#define REFUSED(field, bad, error) \
	do { \
		p = good; \
		p.field = bad; \
		is_i64(khmap_table_create(&p, account, &table), error, \
		       "create with " #field " = " #bad); \
		is_u64(khmap_account_used(account), 0, "takes nothing"); \
	} while (0)
	REFUSED(key_size, 0, -EINVAL);
	REFUSED(key_size, 4097, -EINVAL);
	REFUSED(value_size, 0, -EINVAL);
	REFUSED(value_size, 4097, -EINVAL);
	REFUSED(value_size, 4096, -E2BIG);
	REFUSED(layout, 0, -EINVAL);
	REFUSED(layout, 3, -EINVAL);
	REFUSED(hash_kind, 0, -EINVAL);
	REFUSED(hash_kind, 3, -EINVAL);
	REFUSED(load_percent, 9, -EINVAL);
	REFUSED(load_percent, 96, -EINVAL);
	REFUSED(stripes, 0, -EINVAL);
	REFUSED(stripes, 3, -EINVAL);
	REFUSED(stripes, 2 * KHMAP_STRIPES_MOST, -EINVAL);
	REFUSED(expected_entries, 0, -EINVAL);
	REFUSED(expected_entries, 1ull << 40, -E2BIG);
	REFUSED(expected_entries, ~0ull, -E2BIG);
	REFUSED(schema_length, 1025, -EINVAL);
#undef REFUSED
	p = good;
	p.schema = "key u64;\nvalue u64";
	p.schema_length = 18;
	is_i64(khmap_table_create(&p, account, &table), -EINVAL,
	       "create with a schema that is not printable");
	khmap_account_destroy(account);
}

int main(void)
{
	test_modes(15, "inline");
	test_modes(16, "pages");
	test_modes(5000, "many pages");
	test_stat();
	test_clear_slices();
	test_reserve();
	test_full(10, 10, "inline");
	test_full(15, 15, "inline to the last slot");
	test_full(15, 16, "promoted");
	test_full(100, 60, "pages");
	test_full(1000, 1000, "many pages");
	test_expected_fits();
	test_try_put();
	test_pages_written();
	test_header();
	test_refused();
	return done();
}
