/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * layout.h - from a hash to a bucket, from a bucket to its parts
 *
 * The arithmetic of linux/khmap_image.h, shared by the kernel's engine, by
 * readers and by tools.  Nothing here touches an image's memory.
 */
#ifndef _KHMAP_LAYOUT_H
#define _KHMAP_LAYOUT_H

#include <linux/types.h>
#include <linux/khmap_image.h>

#define KHMAP_TAG_ONES	0x0101010101010101ull
#define KHMAP_TAG_HIGHS	0x8080808080808080ull

/**
 * khmap_tophash() - what a slot's tag says of its key
 * @hash: the key's
 *
 * Return: 1..255; never 0, which means an empty slot.
 */
static inline __u32 khmap_tophash(__u64 hash)
{
	__u32 top = (__u32)(hash >> KHMAP_TOPHASH_SHIFT);

	return top + (top < 1);
}

/**
 * khmap_class_bit() - a hash's class in an overflow filter
 * @hash: the key's
 *
 * Return: one bit of the low eight.
 */
static inline __u32 khmap_class_bit(__u64 hash)
{
	return 1u << ((hash >> KHMAP_CLASS_SHIFT) & 7);
}

/**
 * khmap_shape() - the shape of a number of pages
 * @pages: whole pages, 1..KHMAP_PAGES_MAX
 * @part: part of one more that is split off, 0..KHMAP_PLACE_UNITS - 1
 *
 * Return: shape, not 0.
 */
static inline __u32 khmap_shape(__u32 pages, __u32 part)
{
	return pages << KHMAP_PLACE_BITS | part;
}

/**
 * khmap_shape_pages() - pages that a shape makes reachable
 * @shape: of an image, or 0
 *
 * Return: pages, one in the middle of a split included; 0 if inline.
 */
static inline __u32 khmap_shape_pages(__u32 shape)
{
	return (shape >> KHMAP_PLACE_BITS) +
	       !!(shape & (KHMAP_PLACE_UNITS - 1));
}

/**
 * khmap_shape_mask() - the mask that belongs to a shape
 * @shape: of an image, or 0
 *
 * Return: ones up to the shape's highest bit.
 */
static inline __u32 khmap_shape_mask(__u32 shape)
{
	return shape ? ~0u >> __builtin_clz(shape) : 0;
}

/**
 * khmap_hash_place() - the place of a hash in the primary region
 * @shape: of the image, not 0
 * @mask: khmap_shape_mask() of the shape
 * @hash: of the key
 *
 * Linear hashing (Litwin, 1980): of the two places that the hash's bits may
 * name, the higher if the shape has reached it.  No branch depends on the hash.
 *
 * Return: place, in units of 1/KHMAP_PLACE_UNITS page; below @shape.
 */
static inline __u32 khmap_hash_place(__u32 shape, __u32 mask, __u64 hash)
{
	__u32 place = (__u32)hash & mask;
	__u32 low = (__u32)hash & (mask >> 1);

#if defined(__x86_64__) && !defined(__KERNEL__)
	/* Left to itself, gcc makes of this a branch that mispredicts. */
	__asm__("cmpl %1, %0\n\tcmovael %2, %0"
		: "+r"(place) : "r"(shape), "r"(low) : "cc");
	return place;
#else
	return place >= shape ? low : place;
#endif
}

/**
 * khmap_place_page() - the page of a place
 * @place: of khmap_hash_place()
 *
 * Return: page of the primary region.
 */
static inline __u32 khmap_place_page(__u32 place)
{
	return place >> KHMAP_PLACE_BITS;
}

/**
 * khmap_place_bucket() - the bucket of a place
 * @geometry: of the image
 * @place: of khmap_hash_place()
 *
 * Return: bucket within its page, below buckets_per_page.
 */
static inline __u32 khmap_place_bucket(const struct khmap_geometry *geometry,
				       __u32 place)
{
	return ((place & (KHMAP_PLACE_UNITS - 1)) *
		geometry->buckets_per_page) >> KHMAP_PLACE_BITS;
}

/**
 * khmap_place_offset() - where a place's bucket lies
 * @geometry: of the image
 * @place: of khmap_hash_place()
 *
 * Return: bytes from the start of the primary region to the bucket.
 */
static inline __u64 khmap_place_offset(const struct khmap_geometry *geometry,
				       __u32 place)
{
	/* One expression where buckets fill pages; folds if it is constant. */
	if (__builtin_constant_p(geometry->buckets_per_page) &&
	    geometry->buckets_per_page * geometry->bucket_stride ==
	    1u << geometry->page_shift &&
	    !(KHMAP_PLACE_UNITS % geometry->buckets_per_page))
		return (__u64)(place & ~(KHMAP_PLACE_UNITS /
					 geometry->buckets_per_page - 1)) *
		       geometry->bucket_stride /
		       (KHMAP_PLACE_UNITS / geometry->buckets_per_page);
	return ((__u64)khmap_place_page(place) << geometry->page_shift) +
	       khmap_place_bucket(geometry, place) * geometry->bucket_stride;
}

/**
 * khmap_reference() - a reference to an overflow bucket
 * @geometry: of the image
 * @page: page of the overflow region
 * @bucket: bucket within the page
 *
 * Return: reference, not 0.
 */
static inline __u32 khmap_reference(const struct khmap_geometry *geometry,
				    __u32 page, __u32 bucket)
{
	return (page + 1) << geometry->overflow_shift | bucket;
}

/**
 * khmap_reference_page() - the page that a reference names
 * @geometry: of the image
 * @reference: from an image, not 0; may be anything
 *
 * Return: page of the overflow region, to be checked; for a reference that
 * names none, above all pages.
 */
static inline __u32 khmap_reference_page(const struct khmap_geometry *geometry,
					 __u32 reference)
{
	return (reference >> geometry->overflow_shift) - 1;
}

/**
 * khmap_reference_bucket() - the bucket that a reference names
 * @geometry: of the image
 * @reference: from an image; may be anything
 *
 * Return: bucket within its page, to be checked.
 */
static inline __u32 khmap_reference_bucket(const struct khmap_geometry *geometry,
					   __u32 reference)
{
	return reference & ((1u << geometry->overflow_shift) - 1);
}

/**
 * khmap_tags_match() - which of eight tag bytes are a tophash
 * @tags: eight tag bytes as a word in host order
 * @top: the tophash
 *
 * The test for zero bytes that is exact: a shorter one may also name a slot
 * next to one that matches, and if that slot is empty it seems to hold a key of
 * zeros.
 *
 * Return: the highest bit of each byte that matches; see khmap_tags_first().
 */
static inline __u64 khmap_tags_match(__u64 tags, __u32 top)
{
	__u64 difference = tags ^ (KHMAP_TAG_ONES * top);

	return ~(((difference & ~KHMAP_TAG_HIGHS) + ~KHMAP_TAG_HIGHS) |
		 difference) & KHMAP_TAG_HIGHS;
}

/**
 * khmap_tags_first() - the lowest slot of a match
 * @match: of khmap_tags_match(), not 0
 *
 * Return: slot, 0..7.
 */
static inline __u32 khmap_tags_first(__u64 match)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (__u32)__builtin_ctzll(match) >> 3;
#else
	return (__u32)__builtin_clzll(match) >> 3;
#endif
}

/**
 * khmap_tags_next() - the rest of a match
 * @match: of khmap_tags_match(), not 0
 *
 * Return: @match without the slot that khmap_tags_first() names.
 */
static inline __u64 khmap_tags_next(__u64 match)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return match & (match - 1);
#else
	return match & ~(1ull << (63 - __builtin_clzll(match)));
#endif
}

/**
 * khmap_slot_offset() - where a slot lies
 * @geometry: of the image
 * @tags_size: tag bytes of the bucket's kind
 * @slot: slot of the bucket
 *
 * Return: bytes from the bucket's start to the slot.
 */
static inline __u32 khmap_slot_offset(const struct khmap_geometry *geometry,
				      __u32 tags_size, __u32 slot)
{
	return KHMAP_BUCKET_TAGS + tags_size + slot * geometry->slot_stride;
}

/**
 * khmap_geometry_same() - are they equal in all that a lookup in buckets needs?
 * @a: a geometry
 * @b: another
 *
 * Return: true if code for the one reads the other's buckets.
 */
static inline int khmap_geometry_same(const struct khmap_geometry *a,
				      const struct khmap_geometry *b)
{
	return a->page_shift == b->page_shift && a->layout == b->layout &&
	       a->key_size == b->key_size && a->value_size == b->value_size &&
	       a->value_offset == b->value_offset &&
	       a->slot_stride == b->slot_stride &&
	       a->value_kind == b->value_kind &&
	       a->bucket_stride == b->bucket_stride &&
	       a->bucket_slots == b->bucket_slots &&
	       a->buckets_per_page == b->buckets_per_page &&
	       a->tags_size == b->tags_size &&
	       a->overflow_stride == b->overflow_stride &&
	       a->overflow_slots == b->overflow_slots &&
	       a->overflow_per_page == b->overflow_per_page &&
	       a->overflow_shift == b->overflow_shift;
}

/* What 8-byte keys and values come to in aligned pages of 4096 bytes. */
static const struct khmap_geometry khmap_geometry_eight
	__attribute__((unused)) = {
	12, KHMAP_LAYOUT_ALIGNED, 8, 8, 8, 16, KHMAP_META_NONE, 0,
	KHMAP_VALUE_INLINE, 128, 7, 32, 8, 64, 3, 64, 6, 0, 0, 0
};

#endif /* _KHMAP_LAYOUT_H */
