// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * geometry.c - how many slots to a bucket, how many buckets to a page
 *
 * Nothing about a bucket's size is assumed.  For each number of slots there is
 * a smallest stride; the one that wastes least of a page for each slot wins.
 * Among equals one of two lines does, whose slots are next to its tags, and
 * else the one with the most slots, whose keys overflow least.
 * Documentation/design.rst has the measurements behind the rules.
 */
#include "table.h"

#define KHMAP_LINE	64
#define KHMAP_NEAR	128	/* two lines, which a processor fetches together */

#define KHMAP_ASSERT_HEADER(field, offset) \
	_Static_assert(offsetof(struct khmap_image_header, field) == (offset), \
		       "offset of " #field)
#define KHMAP_ASSERT_GEOMETRY(field, offset) \
	_Static_assert(offsetof(struct khmap_geometry, field) == (offset), \
		       "offset of " #field)

KHMAP_ASSERT_HEADER(magic, 0);
KHMAP_ASSERT_HEADER(byte_order, 8);
KHMAP_ASSERT_HEADER(version, 12);
KHMAP_ASSERT_HEADER(features_compat, 16);
KHMAP_ASSERT_HEADER(features_read, 20);
KHMAP_ASSERT_HEADER(features_write, 24);
KHMAP_ASSERT_HEADER(kind, 28);
KHMAP_ASSERT_HEADER(hash_secret, 32);
KHMAP_ASSERT_HEADER(hash_kind, 48);
KHMAP_ASSERT_HEADER(load_percent, 52);
KHMAP_ASSERT_HEADER(geometry, 56);
KHMAP_ASSERT_HEADER(primary_offset, 136);
KHMAP_ASSERT_HEADER(primary_pages_max, 144);
KHMAP_ASSERT_HEADER(overflow_offset, 152);
KHMAP_ASSERT_HEADER(overflow_pages_max, 160);
KHMAP_ASSERT_HEADER(image_size, 168);
KHMAP_ASSERT_HEADER(checksum_offset, 176);
KHMAP_ASSERT_HEADER(checksum_count, 184);
KHMAP_ASSERT_HEADER(checksum_checksum, 192);
KHMAP_ASSERT_HEADER(header_checksum, 200);
KHMAP_ASSERT_HEADER(generation_offset, 208);
KHMAP_ASSERT_HEADER(schema_hash, 216);
KHMAP_ASSERT_HEADER(schema_offset, 224);
KHMAP_ASSERT_HEADER(schema_length, 228);
KHMAP_ASSERT_HEADER(map_id, 232);
KHMAP_ASSERT_HEADER(created_ns, 240);
KHMAP_ASSERT_HEADER(snapshot_ns, 248);
KHMAP_ASSERT_HEADER(epoch, 256);
KHMAP_ASSERT_HEADER(entries, 264);
KHMAP_ASSERT_HEADER(overflow_entries, 272);
KHMAP_ASSERT_HEADER(overflow_buckets, 280);
KHMAP_ASSERT_HEADER(max_entries, 288);
KHMAP_ASSERT_HEADER(primary_pages, 296);
KHMAP_ASSERT_HEADER(overflow_pages, 300);
KHMAP_ASSERT_HEADER(name, 304);
KHMAP_ASSERT_HEADER(reserved, 368);
KHMAP_ASSERT_HEADER(shape, KHMAP_HEADER_SHAPE_OFFSET);
KHMAP_ASSERT_HEADER(mask, 516);
KHMAP_ASSERT_HEADER(successor, 520);
KHMAP_ASSERT_HEADER(reserved_shape, 524);
_Static_assert(sizeof(struct khmap_image_header) == KHMAP_HEADER_SIZE,
	       "size of the header");

KHMAP_ASSERT_GEOMETRY(page_shift, 0);
KHMAP_ASSERT_GEOMETRY(layout, 4);
KHMAP_ASSERT_GEOMETRY(key_size, 8);
KHMAP_ASSERT_GEOMETRY(value_size, 12);
KHMAP_ASSERT_GEOMETRY(value_offset, 16);
KHMAP_ASSERT_GEOMETRY(slot_stride, 20);
KHMAP_ASSERT_GEOMETRY(meta_kind, 24);
KHMAP_ASSERT_GEOMETRY(meta_offset, 28);
KHMAP_ASSERT_GEOMETRY(value_kind, 32);
KHMAP_ASSERT_GEOMETRY(bucket_stride, 36);
KHMAP_ASSERT_GEOMETRY(bucket_slots, 40);
KHMAP_ASSERT_GEOMETRY(buckets_per_page, 44);
KHMAP_ASSERT_GEOMETRY(tags_size, 48);
KHMAP_ASSERT_GEOMETRY(overflow_stride, 52);
KHMAP_ASSERT_GEOMETRY(overflow_slots, 56);
KHMAP_ASSERT_GEOMETRY(overflow_per_page, 60);
KHMAP_ASSERT_GEOMETRY(overflow_shift, 64);
KHMAP_ASSERT_GEOMETRY(inline_slots, 68);
KHMAP_ASSERT_GEOMETRY(inline_offset, 72);
KHMAP_ASSERT_GEOMETRY(reserved, 76);
_Static_assert(sizeof(struct khmap_geometry) == 80, "size of the geometry");

static u32 khmap_round_up(u32 value, u32 to)
{
	return (value + to - 1) / to * to;
}

/* The largest power of two, at most 8, that divides a field's size. */
static u32 khmap_natural_alignment(u32 size)
{
	u32 lowest = size & -size;

	return lowest < 8 ? lowest : 8;
}

static u32 khmap_bits_for(u32 values)
{
	u32 bits = 0;

	while ((1u << bits) < values)
		bits++;
	return bits;
}

static u32 khmap_tags_for(u32 slots)
{
	return khmap_round_up(slots + 1, 8);
}

static void khmap_solve_slot(struct khmap_geometry *g)
{
	u32 key_align = khmap_natural_alignment(g->key_size);
	u32 value_align = khmap_natural_alignment(g->value_size);

	g->value_offset = khmap_round_up(g->key_size, value_align);
	g->slot_stride = khmap_round_up(g->value_offset + g->value_size,
					key_align > value_align ? key_align :
								  value_align);
}

static void khmap_solve_primary(struct khmap_geometry *g, u32 page, u32 unit)
{
	u32 best_per_page = 0, slots;

	for (slots = 1; slots <= KHMAP_SLOTS_MAX; slots++) {
		u32 tags = khmap_tags_for(slots);
		u32 stride = khmap_round_up(KHMAP_BUCKET_TAGS + tags +
					    slots * g->slot_stride, unit);
		u32 buckets = page / stride;

		/* More than that would not all have a place. */
		if (buckets > KHMAP_PLACE_UNITS)
			buckets = KHMAP_PLACE_UNITS;
		if (buckets * slots < best_per_page ||
		    (buckets * slots == best_per_page &&
		     g->bucket_stride <= KHMAP_NEAR))
			continue;
		best_per_page = buckets * slots;
		g->bucket_slots = slots;
		g->bucket_stride = stride;
		g->buckets_per_page = buckets;
		g->tags_size = tags;
	}
}

/*
 * Few keys overflow, so the bucket is the shortest that holds three of them,
 * or as many as fit, and then as many more as its stride has room for.
 */
static void khmap_solve_overflow(struct khmap_geometry *g, u32 page, u32 unit)
{
	const u32 head = KHMAP_BUCKET_TAGS + KHMAP_OVERFLOW_TAGS;
	u32 slots = (page - head) / g->slot_stride;

	if (slots > 3)
		slots = 3;
	g->overflow_stride = khmap_round_up(head + slots * g->slot_stride,
					    unit);
	slots = (g->overflow_stride - head) / g->slot_stride;
	g->overflow_slots = slots < 7 ? slots : 7;
	g->overflow_per_page = page / g->overflow_stride;
	g->overflow_shift = khmap_bits_for(g->overflow_per_page);
}

/*
 * Keys that one primary page and one page of overflow hold wherever they hash
 * to: one less than the fewest that need an overflow bucket more, which either
 * all meet in one chain or start as many chains as they can.
 */
static u32 khmap_keys_promotable(const struct khmap_geometry *g)
{
	u32 buckets = g->overflow_per_page + 1;
	u32 chains = buckets < g->buckets_per_page ? buckets :
						     g->buckets_per_page;
	u32 one = g->bucket_slots + 1 + (buckets - 1) * g->overflow_slots;
	u32 many = chains * (g->bucket_slots + 1) +
		   (buckets - chains) * g->overflow_slots;

	return (one < many ? one : many) - 1;
}

static void khmap_solve_inline(struct khmap_geometry *g, u32 page,
			       u32 schema_length)
{
	const u32 head = KHMAP_BUCKET_TAGS + KHMAP_INLINE_TAGS;
	u32 promotable = khmap_keys_promotable(g);
	u32 slots;

	g->inline_offset = khmap_round_up(KHMAP_HEADER_SIZE + schema_length,
					  KHMAP_LINE);
	slots = (page - g->inline_offset - head) / g->slot_stride;
	if (slots > KHMAP_INLINE_MAX)
		slots = KHMAP_INLINE_MAX;
	if (slots > promotable)
		slots = promotable;
	g->inline_slots = slots;
}

int khmap_geometry_solve(struct khmap_geometry *g, u32 schema_length)
{
	u32 page = 1u << g->page_shift;
	u32 unit = g->layout == KHMAP_LAYOUT_PACKED ? 8 : KHMAP_LINE;

	if (!g->key_size || g->key_size > KHMAP_RECORD_MAX ||
	    !g->value_size || g->value_size > KHMAP_RECORD_MAX)
		return -EINVAL;
	if (g->layout != KHMAP_LAYOUT_ALIGNED &&
	    g->layout != KHMAP_LAYOUT_PACKED)
		return -EINVAL;

	g->meta_kind = KHMAP_META_NONE;
	g->meta_offset = 0;
	g->value_kind = KHMAP_VALUE_INLINE;
	g->reserved = 0;
	khmap_solve_slot(g);
	if (KHMAP_BUCKET_TAGS + khmap_tags_for(1) + g->slot_stride > page)
		return -E2BIG;
	khmap_solve_primary(g, page, unit);
	khmap_solve_overflow(g, page, unit);
	khmap_solve_inline(g, page, schema_length);
	return 0;
}
