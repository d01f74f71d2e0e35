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

static inline __u32 khmap_tophash(__u64 hash)
{
	__u32 top = (__u32)(hash >> KHMAP_TOPHASH_SHIFT);

	return top + (top < 1);
}

/* The hash's class, as its bit in an overflow filter. */
static inline __u32 khmap_class_bit(__u64 hash)
{
	return 1u << ((hash >> KHMAP_CLASS_SHIFT) & 7);
}

static inline __u32 khmap_shape(__u32 pages, __u32 part)
{
	return pages << KHMAP_PLACE_BITS | part;
}

/* Pages that a shape makes reachable, one in the middle of a split included. */
static inline __u32 khmap_shape_pages(__u32 shape)
{
	return (shape >> KHMAP_PLACE_BITS) +
	       !!(shape & (KHMAP_PLACE_UNITS - 1));
}

/* The mask that belongs to a shape. */
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

static inline __u32 khmap_place_page(__u32 place)
{
	return place >> KHMAP_PLACE_BITS;
}

/* Bucket within its page. */
static inline __u32 khmap_place_bucket(const struct khmap_geometry *geometry,
				       __u32 place)
{
	return ((place & (KHMAP_PLACE_UNITS - 1)) *
		geometry->buckets_per_page) >> KHMAP_PLACE_BITS;
}

/* Offset of a place's bucket in the primary region. */
static inline __u64 khmap_place_offset(const struct khmap_geometry *geometry,
				       __u32 place)
{
	/* One expression where buckets fill pages; folds if it is constant. */
	if (__builtin_constant_p(geometry->buckets_per_page) &&
	    geometry->buckets_per_page * geometry->bucket_stride ==
	    1u << geometry->page_shift &&
	    !(KHMAP_PLACE_UNITS % geometry->buckets_per_page))
		return (__u64)(place / (KHMAP_PLACE_UNITS /
					geometry->buckets_per_page)) *
		       geometry->bucket_stride;
	return ((__u64)khmap_place_page(place) << geometry->page_shift) +
	       khmap_place_bucket(geometry, place) * geometry->bucket_stride;
}

/* A reference to overflow bucket @bucket of overflow page @page. */
static inline __u32 khmap_reference(const struct khmap_geometry *geometry,
				    __u32 page, __u32 bucket)
{
	return (page + 1) << geometry->overflow_shift | bucket;
}

/* The page of a reference that is not 0; more than any page if it has none. */
static inline __u32 khmap_reference_page(const struct khmap_geometry *geometry,
					 __u32 reference)
{
	return (reference >> geometry->overflow_shift) - 1;
}

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
 * The classic test for a zero byte; it may also name a slot above one that
 * matches, so the caller compares keys.
 *
 * Return: the highest bit of each byte that matches; see khmap_tags_first().
 */
static inline __u64 khmap_tags_match(__u64 tags, __u32 top)
{
	__u64 difference = tags ^ (KHMAP_TAG_ONES * top);

	return (difference - KHMAP_TAG_ONES) & ~difference & KHMAP_TAG_HIGHS;
}

/* The lowest slot that a match of khmap_tags_match(), not 0, names. */
static inline __u32 khmap_tags_first(__u64 match)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (__u32)__builtin_ctzll(match) >> 3;
#else
	return (__u32)__builtin_clzll(match) >> 3;
#endif
}

/* @match without the slot that khmap_tags_first() names. */
static inline __u64 khmap_tags_next(__u64 match)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return match & (match - 1);
#else
	return match & ~(1ull << (63 - __builtin_clzll(match)));
#endif
}

/* Offset of a slot in its bucket. */
static inline __u32 khmap_slot_offset(const struct khmap_geometry *geometry,
				      __u32 tags_size, __u32 slot)
{
	return KHMAP_BUCKET_TAGS + tags_size + slot * geometry->slot_stride;
}

#endif /* _KHMAP_LAYOUT_H */
