// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_geometry.c - what the solver makes of record sizes
 */
#include <math.h>

#include "engine.h"
#include "tap.h"
#include "../../kmod/core/bucket.h"

#define PAGE	4096u

static int solve(struct khmap_geometry *g, u32 key_size, u32 value_size, u32 layout, u32 schema)
{
	memset(g, 0xa5, sizeof(*g));
	g->page_shift = 12;
	g->layout = layout;
	g->key_size = key_size;
	g->value_size = value_size;
	return khmap_geometry_solve(g, schema);
}

static void test_known(void)
{
	static const struct {
		u32 key, value, layout;
		struct khmap_geometry g;
	} known[] = {
		{ 8, 8, KHMAP_LAYOUT_ALIGNED, {
			.value_offset = 8, .slot_stride = 16, .bucket_stride = 128,
			.bucket_slots = 7, .buckets_per_page = 32, .tags_size = 8,
			.overflow_stride = 64, .overflow_slots = 3, .overflow_per_page = 64,
			.overflow_shift = 6, .inline_slots = 15,
			.inline_offset = 640 } },
		{ 8, 8, KHMAP_LAYOUT_PACKED, {
			.value_offset = 8, .slot_stride = 16, .bucket_stride = 264,
			.bucket_slots = 15, .buckets_per_page = 15, .tags_size = 16,
			.overflow_stride = 64, .overflow_slots = 3, .overflow_per_page = 64,
			.overflow_shift = 6, .inline_slots = 15,
			.inline_offset = 640 } },
		{ 16, 48, KHMAP_LAYOUT_ALIGNED, {
			.value_offset = 16, .slot_stride = 64, .bucket_stride = 1024,
			.bucket_slots = 15, .buckets_per_page = 4, .tags_size = 16,
			.overflow_stride = 256, .overflow_slots = 3, .overflow_per_page = 16,
			.overflow_shift = 4, .inline_slots = 15,
			.inline_offset = 640 } },
		{ 4, 60, KHMAP_LAYOUT_ALIGNED, {
			.value_offset = 4, .slot_stride = 64, .bucket_stride = 1024,
			.bucket_slots = 15, .buckets_per_page = 4, .tags_size = 16,
			.overflow_stride = 256, .overflow_slots = 3, .overflow_per_page = 16,
			.overflow_shift = 4, .inline_slots = 15,
			.inline_offset = 640 } },
		{ 32, 200, KHMAP_LAYOUT_ALIGNED, {
			.value_offset = 32, .slot_stride = 232, .bucket_stride = 1920,
			.bucket_slots = 8, .buckets_per_page = 2, .tags_size = 16,
			.overflow_stride = 768, .overflow_slots = 3, .overflow_per_page = 5,
			.overflow_shift = 3, .inline_slots = 14,
			.inline_offset = 640 } },
		{ 3, 61, KHMAP_LAYOUT_ALIGNED, {
			.value_offset = 3, .slot_stride = 64, .bucket_stride = 1024,
			.bucket_slots = 15, .buckets_per_page = 4, .tags_size = 16,
			.overflow_stride = 256, .overflow_slots = 3, .overflow_per_page = 16,
			.overflow_shift = 4, .inline_slots = 15,
			.inline_offset = 640 } },
		{ 1, 1, KHMAP_LAYOUT_PACKED, {
			.value_offset = 1, .slot_stride = 2, .bucket_stride = 56,
			.bucket_slots = 15, .buckets_per_page = 73, .tags_size = 16,
			.overflow_stride = 24, .overflow_slots = 4, .overflow_per_page = 170,
			.overflow_shift = 8, .inline_slots = 15,
			.inline_offset = 640 } },
		{ 8, 4072, KHMAP_LAYOUT_ALIGNED, {
			.value_offset = 8, .slot_stride = 4080, .bucket_stride = 4096,
			.bucket_slots = 1, .buckets_per_page = 1, .tags_size = 8,
			.overflow_stride = 4096, .overflow_slots = 1, .overflow_per_page = 1,
			.overflow_shift = 0, .inline_slots = 0,
			.inline_offset = 640 } },
	};
	u32 i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		const struct khmap_geometry *want = &known[i].g;
		struct khmap_geometry g;

#define IS(field) \
		is_u64(g.field, want->field, "%u/%u %s: " #field, known[i].key, known[i].value, \
		       known[i].layout == KHMAP_LAYOUT_PACKED ? "packed" : "aligned")
		is_i64(solve(&g, known[i].key, known[i].value, known[i].layout, 0), 0, "%u/%u",
		       known[i].key, known[i].value);
		IS(value_offset);
		IS(slot_stride);
		IS(meta_kind);
		IS(meta_offset);
		IS(value_kind);
		IS(bucket_stride);
		IS(bucket_slots);
		IS(buckets_per_page);
		IS(tags_size);
		IS(overflow_stride);
		IS(overflow_slots);
		IS(overflow_per_page);
		IS(overflow_shift);
		IS(inline_slots);
		IS(inline_offset);
		IS(reserved);
#undef IS
	}
}

static void test_alignment(void)
{
	static const u32 cases[][4] = {
		/* key, value, value_offset, slot_stride */
		{ 1, 8, 8, 16 }, { 8, 1, 8, 16 }, { 4, 8, 8, 16 }, { 6, 4, 8, 12 },
		{ 6, 6, 6, 12 }, { 3, 3, 3, 6 }, { 3, 2, 4, 6 }, { 12, 16, 16, 32 },
		{ 17, 1, 17, 18 }, { 16, 5, 16, 24 }, { 5, 16, 8, 24 }, { 2, 1, 2, 4 },
	};
	u32 i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct khmap_geometry g;

		solve(&g, cases[i][0], cases[i][1], KHMAP_LAYOUT_PACKED, 0);
		is_u64(g.value_offset, cases[i][2], "%u/%u: value_offset", cases[i][0],
		       cases[i][1]);
		is_u64(g.slot_stride, cases[i][3], "%u/%u: slot_stride", cases[i][0], cases[i][1]);
	}
}

static void test_refused(void)
{
	struct khmap_geometry g;

	is_i64(solve(&g, 0, 8, KHMAP_LAYOUT_ALIGNED, 0), -EINVAL, "no key");
	is_i64(solve(&g, 8, 0, KHMAP_LAYOUT_ALIGNED, 0), -EINVAL, "no value");
	is_i64(solve(&g, 4097, 8, KHMAP_LAYOUT_ALIGNED, 0), -EINVAL, "key of 4097");
	is_i64(solve(&g, 8, 4097, KHMAP_LAYOUT_ALIGNED, 0), -EINVAL, "value of 4097");
	is_i64(solve(&g, ~0u, ~0u, KHMAP_LAYOUT_ALIGNED, 0), -EINVAL, "sizes of 2^32 - 1");
	is_i64(solve(&g, 8, 8, 0, 0), -EINVAL, "layout 0");
	is_i64(solve(&g, 8, 8, 3, 0), -EINVAL, "layout 3");
	is_i64(solve(&g, 8, 4072, KHMAP_LAYOUT_ALIGNED, 0), 0, "a record that fills a page");
	is_i64(solve(&g, 8, 4073, KHMAP_LAYOUT_ALIGNED, 0), -E2BIG, "one byte more");
	is_i64(solve(&g, 4096, 4096, KHMAP_LAYOUT_PACKED, 0), -E2BIG, "the largest sizes");
	is_i64(solve(&g, 4079, 1, KHMAP_LAYOUT_PACKED, 0), 0, "a key that fills a page");
	is_i64(solve(&g, 4080, 1, KHMAP_LAYOUT_PACKED, 0), -E2BIG, "one byte more");
}

/* The fewest keys of one primary page that need more than one page of overflow. */
static u32 keys_beyond(const struct khmap_geometry *g)
{
	u32 buckets = g->overflow_per_page + 1, chains, least = ~0u;

	for (chains = 1; chains <= buckets && chains <= g->buckets_per_page; chains++) {
		u32 keys = chains * (g->bucket_slots + 1) + (buckets - chains) * g->overflow_slots;

		least = keys < least ? keys : least;
	}
	return least;
}

/* What is wrong with a geometry, or NULL. */
static const char *broken(const struct khmap_geometry *g, u32 schema)
{
	u32 unit = g->layout == KHMAP_LAYOUT_PACKED ? 8 : 64;
	u32 bucket = 8 + g->tags_size + g->bucket_slots * g->slot_stride;
	u32 overflow = 16 + g->overflow_slots * g->slot_stride;

	if (g->value_offset < g->key_size || g->slot_stride < g->value_offset + g->value_size)
		return "key and value overlap";
	if (g->slot_stride - g->key_size - g->value_size >= 16)
		return "padding of a slot";
	if (!g->bucket_slots || g->bucket_slots > 15 ||
	    g->tags_size != (g->bucket_slots < 8 ? 8 : 16))
		return "slots of a bucket";
	if (bucket > g->bucket_stride || g->bucket_stride - bucket >= unit ||
	    g->bucket_stride % unit)
		return "stride of a bucket";
	if (!g->buckets_per_page || g->buckets_per_page != PAGE / g->bucket_stride)
		return "buckets of a page";
	if (!g->overflow_slots || g->overflow_slots > 7)
		return "slots of an overflow bucket";
	if (overflow > g->overflow_stride || g->overflow_stride % unit ||
	    (g->overflow_slots < 7 && g->overflow_stride - overflow >= g->slot_stride))
		return "stride of an overflow bucket";
	if (!g->overflow_per_page || g->overflow_per_page != PAGE / g->overflow_stride)
		return "overflow buckets of a page";
	if (1u << g->overflow_shift < g->overflow_per_page ||
	    (g->overflow_shift && 1u << (g->overflow_shift - 1) >= g->overflow_per_page))
		return "bits of a reference";
	if (g->inline_slots > 15 || g->inline_offset != (640 + schema + 63) / 64 * 64 ||
	    g->inline_offset + 24 + g->inline_slots * g->slot_stride > PAGE)
		return "inline bucket";
	if (g->inline_slots >= keys_beyond(g))
		return "inline slots that one page of overflow may not hold";
	return NULL;
}

/* Slots of a page with so many to the bucket. */
static u32 page_slots(const struct khmap_geometry *g, u32 slots)
{
	u32 unit = g->layout == KHMAP_LAYOUT_PACKED ? 8 : 64;
	u32 size = 8 + (slots < 8 ? 8 : 16) + slots * g->slot_stride;

	return PAGE / ((size + unit - 1) / unit * unit) * slots;
}

static void test_all(void)
{
	u32 layout, key, value, wrong = 0, big = 0, worse = 0, solved = 0, i;
	struct khmap_geometry g;

	for (layout = KHMAP_LAYOUT_ALIGNED; layout <= KHMAP_LAYOUT_PACKED; layout++)
		for (key = 1; key <= 4096; key += key < 70 ? 1 : 61)
			for (value = 1; value <= 4096; value += value < 70 ? 1 : 61) {
				u32 schema = (key * 31 + value) % 1025;
				int err = solve(&g, key, value, layout, schema);
				const char *what;

				if ((err == -E2BIG) != (16 + g.slot_stride > PAGE)) {
					diag("%u/%u: %d", key, value, err);
					big++;
				}
				if (err)
					continue;
				solved++;
				what = broken(&g, schema);
				if (what && wrong++ < 10)
					diag("%u/%u layout %u: %s", key, value, layout, what);
				for (i = 1; i <= 15; i++) {
					u32 other = page_slots(&g, i);
					u32 best = g.bucket_slots * g.buckets_per_page;

					worse += other > best ||
						 (other == best && i > g.bucket_slots &&
						  g.bucket_stride > 128);
				}
			}
	is_u64(big, 0, "E2BIG exactly when a record does not fit");
	is_u64(wrong, 0, "geometries of %u pairs of sizes are sound", solved);
	is_u64(worse, 0, "no other number of slots has more of them to the page");
}

/* Overflow buckets behind a bucket with a Poisson load of @load keys. */
static double overflow_buckets(const struct khmap_geometry *g, double load)
{
	double p = exp(-load), sum = 0;
	u32 keys;

	for (keys = 0; keys < load + 200; keys++) {
		if (keys > g->bucket_slots)
			sum += p * ((keys - g->bucket_slots + g->overflow_slots - 1) /
				    g->overflow_slots);
		p *= load / (keys + 1);
	}
	return sum;
}

/*
 * Half-way from one power of two to the next, pages that have not split yet are
 * crowded.  The region must have room for the overflow of the worst shape.
 */
static void test_overflow_room(void)
{
	static const u32 percents[] = { 75, 95 };
	u32 size, layout, l, wrong = 0;
	double worst = 0;

	for (size = 2; size <= 4080; size += size < 128 ? 2 : 26)
		for (layout = KHMAP_LAYOUT_ALIGNED; layout <= KHMAP_LAYOUT_PACKED; layout++)
			for (l = 0; l < sizeof(percents) / sizeof(*percents); l++) {
				struct khmap_table_params p = params_make(size / 2, size / 2, 1);
				struct khmap_geometry g;
				double x, most = 0, room = 0;
				struct engine e;

				p.layout = layout;
				p.load_percent = percents[l];
				p.stripes = 1;
				solve(&g, p.key_size, p.value_size, layout, 0);
				for (x = 0; x < 1; x += .05) {
					double load = g.bucket_slots * percents[l] / 100. * (1 + x);
					double split = 2 * x / (1 + x);
					double mean = overflow_buckets(&g, load / 2) * split +
						      overflow_buckets(&g, load) * (1 - split);

					mean *= (double)g.buckets_per_page / g.overflow_per_page;
					most = mean > most ? mean : most;
				}
				/* A thousand pages; the rest is for the stripes. */
				p.expected_entries = 10ull * g.buckets_per_page * g.bucket_slots *
						     percents[l];
				engine_open(&e, &p);
				room = (double)(e.header.overflow_pages_max - 4) /
				       (double)e.header.primary_pages;
				engine_close(&e);
				if (most > room && wrong++ < 10)
					diag("%u bytes, layout %u, load %u: %.2f pages, room for %.2f",
					     size, layout, percents[l], most, room);
				worst = most > worst ? most : worst;
			}
	is_u64(wrong, 0, "room for the overflow of any shape (at worst %.2f pages a page)", worst);
}

/* Each bucket of a page has a place, and is found by it, in the largest pages too. */
static void test_places(void)
{
	struct khmap_geometry g = {
		.key_size = 1,
		.value_size = 1,
		.layout = KHMAP_LAYOUT_PACKED,
	};
	u32 bucket, wrong;

	for (g.page_shift = 12; g.page_shift <= 16; g.page_shift++) {
		is_i64(khmap_geometry_solve(&g, 0), 0, "pages of 2^%u", g.page_shift);
		wrong = 0;
		for (bucket = 0; bucket < g.buckets_per_page; bucket++) {
			u32 place = khmap_bucket_place(&g, bucket);

			wrong += place >= KHMAP_PLACE_UNITS ||
				 khmap_place_bucket(&g, place) != bucket;
		}
		is_u64(wrong, 0, "each of %u buckets has a place", g.buckets_per_page);
		is_u64(g.buckets_per_page, (1u << g.page_shift) / g.bucket_stride > 1024 ? 1024 :
		       (1u << g.page_shift) / g.bucket_stride, "as many as fit");
	}
}

int main(void)
{
	test_places();
	test_known();
	test_alignment();
	test_refused();
	test_all();
	test_overflow_room();
	return done();
}
