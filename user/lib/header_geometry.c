// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * header_geometry.c - is a geometry one that stays within its pages?
 *
 * How the kernel chose it does not matter here: any geometry is good that keeps
 * every bucket in its page, every slot in its bucket and every field in its
 * slot, aligned as the format promises.
 */
#include <errno.h>
#include <stddef.h>

#include "header.h"

#define GEOMETRY_RULE(right, field, expected) \
	khmap_header_rule(report, right, "geometry." #field, \
			  offsetof(struct khmap_image_header, geometry.field), expected, \
			  g->field)

static __u32 khmap_field_alignment(__u32 size)
{
	__u32 lowest = size & -size;

	/* A size of 0 has been told already. */
	return !lowest ? 1 : lowest < 8 ? lowest : 8;
}

static void khmap_slot_check(const struct khmap_geometry *g, struct khmap_report *report)
{
	__u32 page = 1u << g->page_shift;

	GEOMETRY_RULE(g->key_size >= 1 && g->key_size <= KHMAP_RECORD_MAX, key_size, "1..4096");
	GEOMETRY_RULE(g->value_size >= 1 && g->value_size <= KHMAP_RECORD_MAX, value_size,
		      "1..4096");
	GEOMETRY_RULE(g->meta_kind == KHMAP_META_NONE, meta_kind, "0 (none)");
	GEOMETRY_RULE(g->meta_offset == 0, meta_offset, "0");
	GEOMETRY_RULE(g->value_kind == KHMAP_VALUE_INLINE, value_kind, "0 (inline)");
	GEOMETRY_RULE(g->value_offset >= g->key_size && g->value_offset <= page, value_offset,
		      "at or behind the key's end");
	GEOMETRY_RULE(g->value_offset % khmap_field_alignment(g->value_size) == 0, value_offset,
		      "a multiple of the value's alignment");
	GEOMETRY_RULE(g->slot_stride <= page && g->value_offset <= page &&
		      g->value_offset + g->value_size <= g->slot_stride, slot_stride,
		      "room for key and value, at most a page");
	GEOMETRY_RULE(g->slot_stride % khmap_field_alignment(g->value_size) == 0 &&
		      g->slot_stride % khmap_field_alignment(g->key_size) == 0, slot_stride,
		      "a multiple of the fields' alignment");
}

static void khmap_primary_check(const struct khmap_geometry *g, struct khmap_report *report)
{
	__u32 page = 1u << g->page_shift;
	bool sane;

	GEOMETRY_RULE(g->tags_size == 8 || g->tags_size == 16, tags_size, "8 or 16");
	GEOMETRY_RULE(g->bucket_slots >= 1 && g->bucket_slots <= KHMAP_SLOTS_MAX &&
		      g->bucket_slots < g->tags_size, bucket_slots,
		      "1..15 and below tags_size");
	sane = g->bucket_slots <= KHMAP_SLOTS_MAX && g->tags_size <= 16 && g->slot_stride <= page;
	GEOMETRY_RULE(sane && g->bucket_stride <= page && g->bucket_stride % 8 == 0 &&
		      khmap_slot_offset(g, g->tags_size, g->bucket_slots) <= g->bucket_stride,
		      bucket_stride, "a multiple of 8 with room for the slots, at most a page");
	GEOMETRY_RULE(g->buckets_per_page >= 1 && g->buckets_per_page <= KHMAP_PLACE_UNITS &&
		      (__u64)g->buckets_per_page * g->bucket_stride <= page, buckets_per_page,
		      "as many as fit a page, 1..1024");
}

static void khmap_overflow_check(const struct khmap_geometry *g, struct khmap_report *report)
{
	__u32 page = 1u << g->page_shift;
	bool sane;

	GEOMETRY_RULE(g->overflow_slots >= 1 && g->overflow_slots < KHMAP_OVERFLOW_TAGS,
		      overflow_slots, "1..7");
	sane = g->overflow_slots < KHMAP_OVERFLOW_TAGS && g->slot_stride <= page;
	GEOMETRY_RULE(sane && g->overflow_stride <= page && g->overflow_stride % 8 == 0 &&
		      khmap_slot_offset(g, KHMAP_OVERFLOW_TAGS, g->overflow_slots) <=
		      g->overflow_stride, overflow_stride,
		      "a multiple of 8 with room for the slots, at most a page");
	GEOMETRY_RULE(g->overflow_per_page >= 1 && g->overflow_per_page <= page &&
		      (__u64)g->overflow_per_page * g->overflow_stride <= page,
		      overflow_per_page, "as many as fit a page, 1 at least");
	GEOMETRY_RULE(g->overflow_shift <= KHMAP_PAGE_SHIFT_MAX &&
		      g->overflow_per_page <= 1u << (g->overflow_shift & 31), overflow_shift,
		      "bits for the buckets of a page");
}

static void khmap_inline_check(const struct khmap_geometry *g, struct khmap_report *report)
{
	__u32 page = 1u << g->page_shift;

	GEOMETRY_RULE(g->inline_slots <= KHMAP_INLINE_MAX, inline_slots, "0..15");
	GEOMETRY_RULE(g->inline_offset >= KHMAP_HEADER_SIZE && g->inline_offset % 8 == 0 &&
		      g->inline_offset <= page && g->slot_stride <= page &&
		      g->inline_slots <= KHMAP_INLINE_MAX &&
		      g->inline_offset +
		      khmap_slot_offset(g, KHMAP_INLINE_TAGS, g->inline_slots) <= page,
		      inline_offset, "behind the header, with room for the inline bucket");
}

void khmap_geometry_check(const struct khmap_geometry *g, struct khmap_report *report)
{
	GEOMETRY_RULE(g->layout == KHMAP_LAYOUT_ALIGNED || g->layout == KHMAP_LAYOUT_PACKED,
		      layout, "1 (aligned) or 2 (packed)");
	khmap_slot_check(g, report);
	khmap_primary_check(g, report);
	khmap_overflow_check(g, report);
	khmap_inline_check(g, report);
	GEOMETRY_RULE(!g->reserved, reserved, "0");
}
