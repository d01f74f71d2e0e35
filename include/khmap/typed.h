/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * typed.h - lookups for key and value types known at compile time
 *
 * The geometry of an image follows from its key and value size, layout and
 * page size alone.  KHMAP_TYPED() computes it in the compiler, by the rules of
 * kmod/core/geometry.c, so that a lookup is a handful of instructions with
 * every stride and count a constant.  NAME_check() compares it with an image's:
 * what it refuses is read by khmap_reader_get() as ever.
 */
#ifndef _KHMAP_TYPED_H
#define _KHMAP_TYPED_H

#include <khmap/many.h>
#include <khmap/reader.h>

/* Page size that typed lookups are compiled for. */
#ifndef KHMAP_TYPED_PAGE_SHIFT
#define KHMAP_TYPED_PAGE_SHIFT	12
#endif

#define KHMAP__TYPED_PAGE	(1u << KHMAP_TYPED_PAGE_SHIFT)
#define KHMAP__UP(value, to)	(((value) + (to) - 1) / (to) * (to))
#define KHMAP__NATURAL(size)	\
	(((size) & -(size)) < 8 ? ((size) & -(size)) : 8)
#define KHMAP__TAGS(slots)	KHMAP__UP((slots) + 1, 8)
#define KHMAP__STRIDE(slots, slot)	\
	KHMAP__UP(KHMAP_BUCKET_TAGS + KHMAP__TAGS(slots) + (slots) * (slot), 64)
#define KHMAP__PER_PAGE(slots, slot)	\
	(KHMAP__TYPED_PAGE / KHMAP__STRIDE(slots, slot) * (slots))
#define KHMAP__BEATS(n, best, slot)	\
	(KHMAP__PER_PAGE(n, slot) > KHMAP__PER_PAGE(best, slot) ||	\
	 (KHMAP__PER_PAGE(n, slot) == KHMAP__PER_PAGE(best, slot) &&	\
	  KHMAP__STRIDE(best, slot) > 128))
#define KHMAP__BETTER(n, best, slot)	\
	(KHMAP__BEATS(n, (unsigned int)(best), slot) ? (n) : (unsigned int)(best))

/**
 * KHMAP_TYPED() - define NAME_check(), NAME_get() and NAME_get_many()
 * @name: prefix of the functions
 * @key_type: type of the key, with no padding
 * @value_type: type of the value
 * @kind: enum khmap_hash_kind of the map
 *
 * For maps of KHMAP_LAYOUT_ALIGNED.
 *
 * bool NAME_check(const struct khmap_reader *): does the image have this
 * geometry and hash?  Ask once, after opening.
 *
 * int NAME_get(const struct khmap_reader *, const key_type *, value_type *):
 * khmap_reader_get() for an image that NAME_check() approved.
 *
 * size_t NAME_get_many(const struct khmap_reader *, const key_type *keys, size_t
 * count, value_type *values, int *status): khmap_reader_get_many() likewise.
 */
#define KHMAP_TYPED(name, key_type, value_type, kind)			       \
enum {									       \
	name##_key = sizeof(key_type),					       \
	name##_value = sizeof(value_type),				       \
	name##_key_align = KHMAP__NATURAL(name##_key),			       \
	name##_value_align = KHMAP__NATURAL(name##_value),		       \
	name##_offset = KHMAP__UP((int)name##_key, (int)name##_value_align),   \
	name##_slot = KHMAP__UP((int)name##_offset + (int)name##_value,	       \
				(int)name##_key_align >			       \
				(int)name##_value_align ?		       \
				(int)name##_key_align :			       \
				(int)name##_value_align),		       \
	name##_slots2 = KHMAP__BETTER(2u, 1, name##_slot),		       \
	name##_slots3 = KHMAP__BETTER(3u, name##_slots2, name##_slot),	       \
	name##_slots4 = KHMAP__BETTER(4u, name##_slots3, name##_slot),	       \
	name##_slots5 = KHMAP__BETTER(5u, name##_slots4, name##_slot),	       \
	name##_slots6 = KHMAP__BETTER(6u, name##_slots5, name##_slot),	       \
	name##_slots7 = KHMAP__BETTER(7u, name##_slots6, name##_slot),	       \
	name##_slots8 = KHMAP__BETTER(8u, name##_slots7, name##_slot),	       \
	name##_slots9 = KHMAP__BETTER(9u, name##_slots8, name##_slot),	       \
	name##_slots10 = KHMAP__BETTER(10u, name##_slots9, name##_slot),       \
	name##_slots11 = KHMAP__BETTER(11u, name##_slots10, name##_slot),      \
	name##_slots12 = KHMAP__BETTER(12u, name##_slots11, name##_slot),      \
	name##_slots13 = KHMAP__BETTER(13u, name##_slots12, name##_slot),      \
	name##_slots14 = KHMAP__BETTER(14u, name##_slots13, name##_slot),      \
	name##_slots = KHMAP__BETTER(15u, name##_slots14, name##_slot),	       \
	name##_tags = KHMAP__TAGS(name##_slots),			       \
	name##_stride = KHMAP__STRIDE(name##_slots, name##_slot),	       \
	name##_buckets = KHMAP__TYPED_PAGE / name##_stride,		       \
	name##_some = (KHMAP__TYPED_PAGE - 16) / name##_slot < 3 ?	       \
		      (KHMAP__TYPED_PAGE - 16) / name##_slot : 3,	       \
	name##_ostride = KHMAP__UP(16 + (int)name##_some * (int)name##_slot,   \
				   64),					       \
	name##_fit = ((int)name##_ostride - 16) / (int)name##_slot,	       \
	name##_oslots = (int)name##_fit < 7 ? (int)name##_fit : 7,	       \
	name##_obuckets = KHMAP__TYPED_PAGE / name##_ostride,		       \
};									       \
static const struct khmap_geometry name##_geometry = {			       \
	KHMAP_TYPED_PAGE_SHIFT, KHMAP_LAYOUT_ALIGNED, name##_key,	       \
	name##_value, name##_offset, name##_slot, KHMAP_META_NONE, 0,	       \
	KHMAP_VALUE_INLINE, name##_stride, name##_slots, name##_buckets,       \
	name##_tags, name##_ostride, name##_oslots, name##_obuckets,	       \
	name##_obuckets > 1 ? 32 - __builtin_clz(name##_obuckets - 1) : 0,     \
	0, 0, 0								       \
};									       \
static inline khmap__unused bool					       \
name##_check(const struct khmap_reader *reader)				       \
{									       \
	return khmap_geometry_same(&reader->geometry, &name##_geometry) &&    \
	       reader->hash_kind == (kind);				       \
}									       \
KHMAP__DEFINE_GET(name, name##_geometry, key_type, value_type, kind)	       \
KHMAP__DEFINE_GET_MANY(name, name##_geometry, key_type, value_type, kind)

#endif /* _KHMAP_TYPED_H */
