// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_layout.c - offsets of the format, and the arithmetic from hash to slot
 */
#include <stddef.h>
#include <string.h>

#include <khmap/layout.h>

#include "engine.h"
#include "tap.h"

#define OFFSET(field, offset) \
	is_u64(offsetof(struct khmap_image_header, field), offset, "offset of header " #field)
#define GEOMETRY(field, offset) \
	is_u64(offsetof(struct khmap_geometry, field), offset, "offset of geometry " #field)

static void test_offsets(void)
{
	OFFSET(magic, 0);
	OFFSET(byte_order, 8);
	OFFSET(version, 12);
	OFFSET(features_compat, 16);
	OFFSET(features_read, 20);
	OFFSET(features_write, 24);
	OFFSET(kind, 28);
	OFFSET(hash_secret, 32);
	OFFSET(hash_kind, 48);
	OFFSET(load_percent, 52);
	OFFSET(geometry, 56);
	OFFSET(primary_offset, 136);
	OFFSET(primary_pages_max, 144);
	OFFSET(overflow_offset, 152);
	OFFSET(overflow_pages_max, 160);
	OFFSET(image_size, 168);
	OFFSET(checksum_offset, 176);
	OFFSET(checksum_count, 184);
	OFFSET(checksum_checksum, 192);
	OFFSET(header_checksum, 200);
	OFFSET(generation_offset, 208);
	OFFSET(schema_hash, 216);
	OFFSET(schema_offset, 224);
	OFFSET(schema_length, 228);
	OFFSET(map_id, 232);
	OFFSET(created_ns, 240);
	OFFSET(snapshot_ns, 248);
	OFFSET(epoch, 256);
	OFFSET(entries, 264);
	OFFSET(overflow_entries, 272);
	OFFSET(overflow_buckets, 280);
	OFFSET(max_entries, 288);
	OFFSET(primary_pages, 296);
	OFFSET(overflow_pages, 300);
	OFFSET(name, 304);
	OFFSET(reserved, 368);
	OFFSET(shape, 512);
	OFFSET(mask, 516);
	OFFSET(successor, 520);
	OFFSET(reserved_shape, 524);
	is_u64(sizeof(struct khmap_image_header), 640, "size of the header");
	GEOMETRY(page_shift, 0);
	GEOMETRY(layout, 4);
	GEOMETRY(key_size, 8);
	GEOMETRY(value_size, 12);
	GEOMETRY(value_offset, 16);
	GEOMETRY(slot_stride, 20);
	GEOMETRY(meta_kind, 24);
	GEOMETRY(meta_offset, 28);
	GEOMETRY(value_kind, 32);
	GEOMETRY(bucket_stride, 36);
	GEOMETRY(bucket_slots, 40);
	GEOMETRY(buckets_per_page, 44);
	GEOMETRY(tags_size, 48);
	GEOMETRY(overflow_stride, 52);
	GEOMETRY(overflow_slots, 56);
	GEOMETRY(overflow_per_page, 60);
	GEOMETRY(overflow_shift, 64);
	GEOMETRY(inline_slots, 68);
	GEOMETRY(inline_offset, 72);
	GEOMETRY(reserved, 76);
	is_u64(sizeof(struct khmap_geometry), 80, "size of the geometry");
}

static void test_constants(void)
{
	is_str(KHMAP_IMAGE_MAGIC, "KHMAPIMG", "magic");
	is_u64(KHMAP_IMAGE_MAGIC_LEN, 8, "length of the magic");
	is_u64(KHMAP_IMAGE_VERSION, 1, "version");
	is_u64(KHMAP_BYTE_ORDER, 0x01020304, "byte order");
	is_u64(__builtin_bswap32(KHMAP_BYTE_ORDER), KHMAP_BYTE_ORDER_OTHER, "the other byte order");
	is_u64(KHMAP_HASH_FOLD, 1, "hash kind fold");
	is_u64(KHMAP_HASH_SIPHASH13, 2, "hash kind siphash13");
	is_u64(KHMAP_LAYOUT_ALIGNED, 1, "layout aligned");
	is_u64(KHMAP_LAYOUT_PACKED, 2, "layout packed");
	is_u64(KHMAP_IMAGE_LIVE, 1, "kind live");
	is_u64(KHMAP_IMAGE_SNAPSHOT, 2, "kind snapshot");
	is_u64(KHMAP_CHAIN_MAX, 32, "longest chain");
	is_u64(KHMAP_SLOTS_MAX, 15, "most slots of a bucket");
	is_u64(KHMAP_INLINE_MAX, 15, "most inline slots");
	is_u64(KHMAP_PAGES_MAX, 0x3fffff, "most pages");
	is_u64(KHMAP_PLACE_UNITS, 1024, "places of a page");
}

static u32 place_of(u32 shape, u64 hash)
{
	return khmap_hash_place(shape, khmap_shape_mask(shape), hash);
}

/* Which bits of a hash change what is made of it. */
static void test_bits(void)
{
	u32 shape = khmap_shape(KHMAP_PAGES_MAX, KHMAP_PLACE_UNITS - 1);
	u64 top = 0, class = 0, place = 0;
	int bit;

	for (bit = 0; bit < 64; bit++) {
		/* A top byte of 0 and of 1 are one tophash, so start from 2. */
		u64 before = 2ull << 56, hash = before ^ 1ull << bit;

		if (khmap_tophash(hash) != khmap_tophash(before))
			top |= 1ull << bit;
		if (khmap_class_bit(hash) != khmap_class_bit(before))
			class |= 1ull << bit;
		if (place_of(shape, hash) != place_of(shape, before))
			place |= 1ull << bit;
	}
	is_u64(top, 0xff00000000000000ull, "bits of the tophash");
	is_u64(class, 0x0000000700000000ull, "bits of the filter class");
	is_u64(place, 0x00000000ffffffffull, "bits of the place");

	is_u64(khmap_tophash(0), 1, "tophash 0 becomes 1");
	is_u64(khmap_tophash(1ull << 56), 1, "tophash 1 stays");
	is_u64(khmap_tophash(~0ull), 255, "tophash 255");
	is_u64(khmap_class_bit(0), 1, "class 0");
	is_u64(khmap_class_bit(7ull << 32), 128, "class 7");
}

static void test_bucket(void)
{
	struct khmap_geometry g = { .page_shift = 12, .bucket_stride = 24 };
	u32 wrong = 0, offsets = 0, unreached = 0, place;

	for (g.buckets_per_page = 1; g.buckets_per_page <= 170; g.buckets_per_page++) {
		u32 last = 0;

		for (place = 0; place < 3 * 1024; place++) {
			u32 bucket = place % 1024 * g.buckets_per_page / 1024;

			wrong += khmap_place_page(place) != place / 1024 ||
				 khmap_place_bucket(&g, place) != bucket;
			offsets += khmap_place_offset(&g, place) != place / 1024 * 4096 +
								    bucket * 24;
			unreached += bucket > last + 1;
			last = bucket;
		}
		unreached += last != g.buckets_per_page - 1;
	}
	is_u64(wrong, 0, "page and bucket of a place");
	is_u64(offsets, 0, "offset of a place's bucket");
	is_u64(unreached, 0, "every bucket has a place");
	g.buckets_per_page = 32;
	is_u64(khmap_place_bucket(&g, 32), 1, "the first place of bucket 1 of 32");
	is_u64(khmap_place_bucket(&g, 1023), 31, "the last place of bucket 31 of 32");
}

/* The same where the compiler knows the geometry and folds it. */
static void test_constant_geometry(void)
{
	static const struct khmap_geometry full = {
		.page_shift = 12, .bucket_stride = 128, .buckets_per_page = 32,
	};
	static const struct khmap_geometry slack = {
		.page_shift = 12, .bucket_stride = 1024, .buckets_per_page = 3,
	};
	u32 place, wrong = 0;

	for (place = 0; place < 5 * 1024; place++) {
		wrong += khmap_place_offset(&full, place) != place / 32 * 128;
		wrong += khmap_place_offset(&slack, place) != place / 1024 * 4096 +
							      place % 1024 * 3 / 1024 * 1024;
	}
	is_u64(khmap_place_offset(&full, ~0u), (1ull << 34) - 128, "offset of the last place");
	is_u64(wrong, 0, "offsets under a constant geometry");
}

/*
 * Linear hashing as it is told in books: in round k, pages 2^k and up split off
 * one after the other, here bucket by bucket.
 */
static u32 simulate(u32 pages, u32 buckets_done, u32 bits, u32 bucket)
{
	u32 level = 1, split, low;

	while (level * 2 <= pages)
		level *= 2;
	split = pages - level;	/* the next page to be split */
	low = bits % level;
	if (low < split || (low == split && bucket < buckets_done))
		return bits % (2 * level);
	return low;
}

/* The first place of a bucket. */
static u32 first_place(u32 bucket, u32 buckets)
{
	return (bucket * 1024 + buckets - 1) / buckets;
}

static void test_page(void)
{
	static const u32 buckets[] = { 1, 2, 7, 32, 64, 73, 128, 170 };
	u32 i, wrong = 0, beyond = 0, moved = 0;

	for (i = 0; i < sizeof(buckets) / sizeof(*buckets); i++) {
		struct khmap_geometry g = { .buckets_per_page = buckets[i] };
		u32 pages, done, bits, unit;

		for (pages = 1; pages <= 40; pages++)
			for (done = 0; done < buckets[i]; done += 1 + done / 8) {
				u32 shape = khmap_shape(pages, first_place(done, buckets[i]));

				for (bits = 0; bits < 160; bits++)
					for (unit = bits % 7; unit < 1024; unit += 7) {
						u32 place = place_of(shape, bits << 10 | unit);
						u32 bucket = khmap_place_bucket(&g, unit);
						u32 page = simulate(pages, done, bits, bucket);

						wrong += khmap_place_page(place) != page ||
							 place % 1024 != unit;
						beyond += place >= shape;
						moved += page == pages;
					}
			}
	}
	is_u64(wrong, 0, "pages of small shapes, in the middle of a split too");
	is_u64(beyond, 0, "no place beyond the shape");
	ok(moved > 1000, "pages in the middle of their split were among them");

	is_u64(khmap_shape(5, 3), 5123, "shape of 5 pages and 3 places");
	is_u64(khmap_shape_pages(khmap_shape(5, 0)), 5, "pages of a shape");
	is_u64(khmap_shape_pages(khmap_shape(5, 3)), 6, "pages of a shape within a split");
	is_u64(khmap_shape_pages(0), 0, "pages of an inline map");
	is_u64(khmap_shape_pages(khmap_shape(KHMAP_PAGES_MAX, 0)), 0x3fffff, "most pages");
	is_u64(khmap_shape_mask(khmap_shape(1, 0)), 2047, "mask of 1 page");
	is_u64(khmap_shape_mask(khmap_shape(1, 1023)), 2047, "mask of 1 page and a split");
	is_u64(khmap_shape_mask(khmap_shape(4, 0)), 8191, "mask of 4 pages");
	is_u64(khmap_shape_mask(khmap_shape(7, 9)), 8191, "mask of 7 pages");
	is_u64(khmap_shape_mask(khmap_shape(KHMAP_PAGES_MAX, 0)), 0xffffffff, "widest mask");
	is_u64(khmap_shape_mask(0), 0, "mask of an inline map");
}

/* A split moves keys from one page only, and only to the new one. */
static void test_split(void)
{
	struct khmap_geometry g = { .buckets_per_page = 32 };
	u32 pages, done, wrong = 0;
	struct rng rng = { 7 };

	for (pages = 1; pages < 300; pages++) {
		u32 level = 1u << (31 - __builtin_clz(pages));

		for (done = 0; done < 32; done++) {
			u32 before = khmap_shape(pages, done * 32), after = before + 32, i;

			for (i = 0; i < 100; i++) {
				u64 hash = rng_next(&rng);
				u32 from = place_of(before, hash), to = place_of(after, hash);

				wrong += from != to &&
					 (khmap_place_page(from) != pages - level ||
					  khmap_place_page(to) != pages ||
					  khmap_place_bucket(&g, from) != done ||
					  khmap_place_bucket(&g, to) != done);
			}
		}
	}
	is_u64(wrong, 0, "a step moves keys of one bucket from one page to the next new one");
}

static void test_references(void)
{
	static const u32 last[] = { 0, 1, 2, 511, 512, 65535, KHMAP_PAGES_MAX / 256 };
	struct khmap_geometry g = { 0 };
	u32 wrong = 0, zero = 0, i, bucket;

	for (g.overflow_shift = 0; g.overflow_shift <= 8; g.overflow_shift++)
		for (i = 0; i < sizeof(last) / sizeof(*last); i++)
			for (bucket = 0; bucket < 1u << g.overflow_shift; bucket++) {
				u32 reference = khmap_reference(&g, last[i], bucket);

				zero += !reference;
				wrong += khmap_reference_page(&g, reference) != last[i] ||
					 khmap_reference_bucket(&g, reference) != bucket;
			}
	is_u64(wrong, 0, "references there and back");
	is_u64(zero, 0, "no reference is 0");
	g.overflow_shift = 6;
	is_u64(khmap_reference(&g, 2, 5), 197, "reference of page 2, bucket 5");
	is_u64(khmap_reference_page(&g, 3), 0xffffffff, "a reference of no page is out of range");
}

static u32 matched_slots(u64 match)
{
	u32 slots = 0;

	for (; match; match = khmap_tags_next(match))
		slots |= 1u << khmap_tags_first(match);
	return slots;
}

/* All words of eight tags out of six values, against five tophashes. */
static void test_tags(void)
{
	static const unsigned char values[] = { 0, 1, 2, 0x7f, 0x80, 0xff };
	const u32 count = sizeof(values);
	u32 wrong = 0, first = 0, i, t, n = 1;

	for (i = 0; i < 8; i++)
		n *= count;
	for (i = 0; i < n; i++) {
		unsigned char tags[8];
		u32 rest = i, slot;
		u64 word;

		for (slot = 0; slot < 8; slot++, rest /= count)
			tags[slot] = values[rest % count];
		memcpy(&word, tags, sizeof(word));
		for (t = 1; t < count; t++) {
			u64 match = khmap_tags_match(word, values[t]);
			u32 got = matched_slots(match), want = 0;

			for (slot = 0; slot < 8; slot++)
				want |= (u32)(tags[slot] == values[t]) << slot;
			wrong += got != want;
			first += match && khmap_tags_first(match) !=
					  (u32)__builtin_ctz(got);
		}
	}
	is_u64(wrong, 0, "tags: the slots that match are named, and no other");
	is_u64(first, 0, "tags: slots are named from the lowest");
}

/* Every pair of a tag and a tophash, in every place. */
static void test_tag_pairs(void)
{
	u32 top, tag, slot, wrong = 0;

	for (top = 1; top < 256; top++)
		for (tag = 0; tag < 256; tag++)
			for (slot = 0; slot < 8; slot++) {
				unsigned char tags[8];
				u64 word;

				memset(tags, (int)top, sizeof(tags));
				tags[slot] = (unsigned char)tag;
				memcpy(&word, tags, sizeof(word));
				wrong += matched_slots(khmap_tags_match(word, top)) !=
					 (tag == top ? 0xffu : 0xffu & ~(1u << slot));
			}
	is_u64(wrong, 0, "tags: each tag among others that match");
}

static void test_slots(void)
{
	struct khmap_geometry g = { .slot_stride = 24 };

	is_u64(khmap_slot_offset(&g, 8, 0), 16, "slot 0 behind 8 tags");
	is_u64(khmap_slot_offset(&g, 8, 6), 160, "slot 6 behind 8 tags");
	is_u64(khmap_slot_offset(&g, 16, 14), 360, "slot 14 behind 16 tags");
}

int main(void)
{
	test_offsets();
	test_constants();
	test_bits();
	test_bucket();
	test_constant_geometry();
	test_page();
	test_split();
	test_references();
	test_tags();
	test_tag_pairs();
	test_slots();
	return done();
}
