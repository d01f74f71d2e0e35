/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reader.h - look a key up in an image, by plain loads
 *
 * The read path: the loop of linux/khmap_image.h, made to be inlined into its
 * caller.  It makes no system call, takes no lock and writes nothing, and works
 * the same on a live map and on a snapshot.
 *
 * Barriers, paired by name in Documentation/locking.rst:
 *
 *	R1  acquire load of the shape		pairs with W4
 *	R2  acquire load of the sequence	pairs with W3
 *	R3  acquire fence before the re-load	pairs with W1/W2
 *
 * How bytes of an image are loaded and compared stands in <khmap/match.h>.
 */
#ifndef _KHMAP_READER_H
#define _KHMAP_READER_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>
#include <linux/khmap_image.h>
#include <khmap/hash.h>
#include <khmap/layout.h>
#include <khmap/match.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef EUCLEAN
#define EUCLEAN 117
#endif

/**
 * struct khmap_reader - an image as a lookup sees it
 * @primary: the primary region
 * @overflow: the overflow region
 * @inline_bucket: the inline bucket
 * @shape: the shape and its mask: of the header page in a live map,
 *	@fixed_shape in a snapshot, so that a hostile file cannot change it after
 *	it was checked
 * @hash_secret: of the image
 * @hash_kind: of the image
 * @overflow_pages: bound of overflow references
 * @geometry: of the image; checked when it was opened
 * @eight: @geometry is that of 8-byte keys and values, and @hash_kind
 *	KHMAP_HASH_FOLD: lookups then have a path with constants
 * @fixed_shape: see @shape
 *
 * Filled by khmap_reader_init() after the image has been checked.  Constant
 * from then on; any number of threads may share it.
 */
struct khmap_reader {
	const unsigned char *primary;
	const unsigned char *overflow;
	const unsigned char *inline_bucket;
	const __u32 *shape;
	__u64 hash_secret[2];
	__u32 hash_kind;
	__u32 overflow_pages;
	struct khmap_geometry geometry;
	__u32 eight;
	__u32 fixed_shape[2] __attribute__((aligned(8)));
};

/**
 * struct khmap_read - one lookup that may still have to be validated
 * @value: the value in the image, while the lookup is valid
 * @key: the key beside it
 * @bucket: the chain's primary bucket
 * @sequence: its sequence when the lookup began
 */
struct khmap_read {
	const void *value;
	const void *key;
	const unsigned char *bucket;
	__u32 sequence;
};

/* The shape and its mask, at once where that is one load. */
static khmap__always_inline __u32 khmap__load_shape(const struct khmap_reader *r,
						    __u32 *mask)
{
#if __SIZEOF_LONG__ == 8
	__u64 both = __atomic_load_n((const __u64 *)(const void *)r->shape,
				     __ATOMIC_ACQUIRE);			/* R1 */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	*mask = (__u32)(both >> 32);
	return (__u32)both;
#else
	*mask = (__u32)both;
	return (__u32)(both >> 32);
#endif
#else
	__u32 shape = khmap__acquire32(r->shape);			/* R1 */

	*mask = khmap_shape_mask(shape);
	return shape;
#endif
}

/**
 * khmap_read_validate() - is what a lookup saw what the map held?
 * @read: of khmap_reader_find()
 *
 * Return: true if the bucket has not been written since: all that was read
 * through @read->value before this call is right.
 */
static khmap__always_inline bool khmap_read_validate(const struct khmap_read *read)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
	bool same;

	/*
	 * R3, as x86 does not reorder loads and the compiler is told not to;
	 * in one instruction with the load, which no compiler makes of an
	 * atomic one.
	 */
	__asm__ volatile("cmpl %2, %1"
			 : "=@cce"(same)
			 : "m"(*(const __u32 *)(const void *)read->bucket),
			   "r"(read->sequence)
			 : "memory");
	return khmap__likely(same);
#else
	khmap__fence_acquire();					/* R3 */
	return khmap__likely(khmap__load32(read->bucket) == read->sequence);
#endif
}

/*
 * One try of the loop, for a chain of any kind.  -EAGAIN: try again.
 */
static khmap__cold int khmap__find_once(const struct khmap_reader *r,
					const void *key, __u64 hash,
					struct khmap_read *read)
{
	const struct khmap_geometry *g = &r->geometry;
	__u32 mask, shape = khmap__load_shape(r, &mask);		/* R1 */
	__u32 tags_size = KHMAP_INLINE_TAGS, slots = g->inline_slots;
	const unsigned char *bucket = r->inline_bucket, *at;
	khmap__pattern_t pattern = khmap__pattern(hash);
	__u32 place = 0, reference = 0, buckets, now;
	bool corrupt = false;

	if (shape) {
		place = khmap_hash_place(shape, mask, hash);
		bucket = r->primary + khmap_place_offset(g, place);
		tags_size = g->tags_size;
		slots = g->bucket_slots;
	}
	read->bucket = bucket;
	read->sequence = khmap__acquire32(bucket);			/* R2 */
	if (read->sequence & 1)
		return khmap__load32(bucket + 4) == KHMAP_REFERENCE_LOST ?
		       -EIO : -EAGAIN;

	at = khmap__bucket_find(g, bucket, tags_size, slots, key, pattern);
	if (!at && shape &&
	    __atomic_load_n(bucket + KHMAP_BUCKET_TAGS + tags_size - 1,
			    KHMAP__DATA_ORDER) & khmap_class_bit(hash)) {
		for (buckets = 1;; buckets++) {
			__u32 page, index;

			reference = khmap__load32(bucket + 4);
			if (!reference)
				break;
			page = khmap_reference_page(g, reference);
			index = khmap_reference_bucket(g, reference);
			if (buckets == KHMAP_CHAIN_MAX ||
			    page >= r->overflow_pages ||
			    index >= g->overflow_per_page) {
				corrupt = true;
				break;
			}
			bucket = r->overflow +
				 ((size_t)page << g->page_shift) +
				 index * g->overflow_stride;
			at = khmap__bucket_find(g, bucket, KHMAP_OVERFLOW_TAGS,
						g->overflow_slots, key, pattern);
			if (at)
				break;
		}
	}
	if (at) {
		read->key = at;
		read->value = at + g->value_offset;
		return 0;
	}
	if (!khmap_read_validate(read))
		return -EAGAIN;
	if (corrupt)
		return reference == KHMAP_REFERENCE_LOST ? -EIO : -EUCLEAN;
	now = khmap__load_shape(r, &mask);				/* R1 */
	if (now != shape &&
	    (!shape || khmap_hash_place(now, mask, hash) != place))
		return -EAGAIN;
	return -ENOENT;
}

/* A reader gave up: a live bucket may be busy, a snapshot's never is. */
static khmap__always_inline int khmap__retries_spent(const struct khmap_reader *r)
{
	return r->shape == r->fixed_shape ? -EUCLEAN : -EAGAIN;
}

static khmap__always_inline void khmap__relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

/* The loop; leaves a hit to be validated. */
static khmap__cold int khmap__find_slow(const struct khmap_reader *r,
					const void *key, __u64 hash,
					struct khmap_read *read)
{
	int tries, err;

	for (tries = 0; tries < KHMAP_RETRY_MAX; tries++) {
		err = khmap__find_once(r, key, hash, read);
		if (err != -EAGAIN)
			return err;
		khmap__relax();
	}
	return khmap__retries_spent(r);
}

/*
 * The inline bucket, which small maps have instead of a region.  Returns 0 with
 * the value copied, -ENOENT, or 1 if the loop has to decide.
 */
static khmap__always_inline int
khmap__get_inline(const struct khmap_reader *r, const void *key, __u64 hash,
		  void *value)
{
	const struct khmap_geometry *g = &r->geometry;
	const unsigned char *at;
	struct khmap_read read;
	__u32 mask;

	if (khmap__load_shape(r, &mask))				/* R1 */
		return 1;
	read.bucket = r->inline_bucket;
	read.sequence = khmap__acquire32(read.bucket);			/* R2 */
	at = khmap__bucket_find(g, read.bucket, KHMAP_INLINE_TAGS,
				g->inline_slots, key, khmap__pattern(hash));
	if (at)
		khmap__copy_out(value, at + g->value_offset, g->value_size);
	if (read.sequence & 1 || !khmap_read_validate(&read))
		return 1;
	if (at)
		return 0;
	return khmap__load_shape(r, &mask) ? 1 : -ENOENT;		/* R1 */
}

/* The loop; a hit is copied and validated. */
static khmap__cold int khmap__get_loop(const struct khmap_reader *r,
				       const void *key, __u64 hash, void *value)
{
	struct khmap_read read;
	int tries, err;

	for (tries = 0; tries < KHMAP_RETRY_MAX; tries++) {
		err = khmap__find_once(r, key, hash, &read);
		if (err && err != -EAGAIN)
			return err;
		if (!err) {
			khmap__copy_out(value, read.value,
					r->geometry.value_size);
			if (khmap_read_validate(&read))
				return 0;
		}
		khmap__relax();
	}
	return khmap__retries_spent(r);
}

/* What the common path does not decide. */
static __attribute__((__noinline__, unused)) int
khmap__get_slow(const struct khmap_reader *r, const void *key, __u64 hash,
		void *value)
{
	int err = khmap__get_inline(r, key, hash, value);

	return khmap__likely(err <= 0) ? err :
	       khmap__get_loop(r, key, hash, value);
}

/*
 * The first overflow bucket, in the common path: most keys that overflow are
 * there.  NULL if the slow path has to look.
 */
static khmap__always_inline const unsigned char *
khmap__overflow_first(const struct khmap_reader *r,
		      const struct khmap_geometry *g,
		      const unsigned char *bucket)
{
	__u32 reference = khmap__load32(bucket + 4);
	__u32 page = khmap_reference_page(g, reference);
	__u32 index = khmap_reference_bucket(g, reference);

	if (khmap__unlikely(!reference || page >= r->overflow_pages ||
			    index >= g->overflow_per_page))
		return NULL;
	return r->overflow + ((size_t)page << g->page_shift) +
	       index * g->overflow_stride;
}

/*
 * The common path from the bucket on: a hit in the primary or the first overflow
 * bucket, or a miss that the overflow filter or the end of the chain there
 * settles.  Returns 0 with a hit to be validated, -ENOENT validated, or 1 if the
 * slow path has to decide.  @g is @r's geometry, or a constant equal to it for
 * the compiler to fold; @shape led to @bucket.
 */
static khmap__always_inline int
khmap__find_in(const struct khmap_reader *r, const struct khmap_geometry *g,
	       __u32 shape, const unsigned char *bucket, const void *key,
	       __u64 hash, struct khmap_read *read)
{
	khmap__pattern_t pattern = khmap__pattern(hash);
	const unsigned char *at, *next;

	read->bucket = bucket;
	read->sequence = khmap__acquire32(bucket);			/* R2 */
	at = khmap__bucket_find(g, bucket, g->tags_size, g->bucket_slots, key,
				pattern);
	if (!khmap__likely(at)) {
		if (!(__atomic_load_n(bucket + KHMAP_BUCKET_TAGS +
				      g->tags_size - 1, KHMAP__DATA_ORDER) &
		      khmap_class_bit(hash)))
			goto miss;
		next = khmap__overflow_first(r, g, bucket);
		if (khmap__unlikely(!next))
			return 1;
		at = khmap__bucket_find(g, next, KHMAP_OVERFLOW_TAGS,
					g->overflow_slots, key, pattern);
		if (khmap__unlikely(!at)) {
			if (khmap__unlikely(khmap__load32(next + 4)))
				return 1;
			goto miss;
		}
	}
	read->key = at;
	read->value = at + g->value_offset;
	return khmap__unlikely(read->sequence & 1);
miss:
	if (khmap__unlikely(read->sequence & 1) ||
	    !khmap_read_validate(read) ||
	    khmap__unlikely(khmap__acquire32(r->shape) != shape))	/* R1 */
		return 1;
	return -ENOENT;
}

/* The primary bucket of a hash; @shape, of which @mask is, is not 0. */
static khmap__always_inline const unsigned char *
khmap__bucket_of(const struct khmap_reader *r, const struct khmap_geometry *g,
		 __u32 shape, __u32 mask, __u64 hash)
{
	return r->primary +
	       khmap_place_offset(g, khmap_hash_place(shape, mask, hash));
}

/* The common path, in its caller; see khmap__find_in(). */
static khmap__always_inline int
khmap__find_fast(const struct khmap_reader *r, const struct khmap_geometry *g,
		 const void *key, __u64 hash, struct khmap_read *read)
{
	__u32 mask, shape = khmap__load_shape(r, &mask);		/* R1 */
	const unsigned char *bucket;

	if (khmap__unlikely(!shape))
		return 1;
	bucket = khmap__bucket_of(r, g, shape, mask, hash);
	if (g->bucket_stride > 64)
		__builtin_prefetch(bucket + 64);
	return khmap__find_in(r, g, shape, bucket, key, hash, read);
}

/**
 * khmap_reader_hash() - the hash of a key
 * @reader: of the image
 * @key: key_size bytes
 *
 * For a caller who looks one key up several times, or in several images of
 * one secret.
 *
 * Return: 64 bits.
 */
static khmap__always_inline __u64
khmap_reader_hash(const struct khmap_reader *reader, const void *key)
{
	return khmap_hash(reader->hash_kind, reader->hash_secret, key,
			  reader->geometry.key_size);
}

/**
 * khmap_reader_find() - find a key and point at it in the image
 * @reader: of the image
 * @key: key_size bytes
 * @read: filled on success; pass it to khmap_read_validate() after the value
 *	was used, and discard what was computed from it if that says no
 *
 * Return: 0; -ENOENT there is no such key; -EAGAIN the bucket was being
 * written all the time, ask the kernel; -EUCLEAN the image is corrupt; -EIO a
 * page is lost that a best-effort snapshot would have had to keep.
 */
static inline int khmap_reader_find(const struct khmap_reader *reader,
				    const void *key, struct khmap_read *read)
{
	__u64 hash = khmap_reader_hash(reader, key);
	int err = khmap__find_fast(reader, &reader->geometry, key, hash, read);

	if (khmap__likely(err <= 0))
		return err;
	return khmap__find_slow(reader, key, hash, read);
}

/*
 * Define NAME_get(), khmap_reader_get() for a geometry and a hash that the
 * compiler knows.  The slow path takes the key by value and has a value of its
 * own, so that no caller's variables have to live in memory for its sake.
 */
#define KHMAP__DEFINE_GET(name, geometry, key_type, value_type, kind)	       \
static __attribute__((__noinline__, unused)) int			       \
name##_slow(const struct khmap_reader *reader, key_type key, __u64 hash,      \
	    value_type *value)						       \
{									       \
	return khmap__get_slow(reader, &key, hash, value);		       \
}									       \
static khmap__always_inline khmap__unused int				       \
name##_get(const struct khmap_reader *reader, const key_type *key,	       \
	   value_type *value)						       \
{									       \
	key_type local = *key;						       \
	__u64 hash = khmap_hash((kind), reader->hash_secret, &local,	       \
				sizeof(local));				       \
	struct khmap_read read;						       \
	value_type found, checked;					       \
	int err = khmap__find_fast(reader, &(geometry), &local, hash, &read);  \
									       \
	if (khmap__likely(!err)) {					       \
		khmap__copy_out(&found, read.value, sizeof(found));	       \
		if (khmap_read_validate(&read)) {			       \
			*value = found;					       \
			return 0;					       \
		}							       \
	} else if (err < 0) {						       \
		return err;						       \
	}								       \
	err = name##_slow(reader, local, hash, &checked);		       \
	if (!err)							       \
		*value = checked;					       \
	return err;							       \
}

KHMAP__DEFINE_GET(khmap__eight, khmap_geometry_eight, __u64, __u64,
		  KHMAP_HASH_FOLD)

/* khmap_reader_get() for a geometry that is known at run time only. */
static __attribute__((__noinline__, unused)) int
khmap__get_any(const struct khmap_reader *reader, const void *key, void *value)
{
	__u64 hash = khmap_reader_hash(reader, key);
	struct khmap_read read;
	int err;

	err = khmap__find_fast(reader, &reader->geometry, key, hash, &read);
	if (khmap__likely(!err)) {
		khmap__copy_out(value, read.value, reader->geometry.value_size);
		if (khmap_read_validate(&read))
			return 0;
	} else if (err < 0) {
		return err;
	}
	return khmap__get_slow(reader, key, hash, value);
}

/**
 * khmap_reader_get() - look a key up and copy its value
 * @reader: of the image
 * @key: key_size bytes
 * @value: value_size bytes; of no use unless the key is found
 *
 * Inlined for 8-byte keys and values in the common geometry; one call for all
 * others, for which KHMAP_TYPED() of <khmap/typed.h> gives a lookup inline.
 *
 * Return: 0; -ENOENT there is no such key; -EAGAIN the bucket was being
 * written all the time, ask the kernel; -EUCLEAN the image is corrupt; -EIO a
 * page is lost that a best-effort snapshot would have had to keep.
 */
static khmap__always_inline int
khmap_reader_get(const struct khmap_reader *reader, const void *key,
		 void *value)
{
	if (khmap__likely(reader->eight)) {
		__u64 word = khmap_load64(key), found;
		int err = khmap__eight_get(reader, &word, &found);

		/* A compiler that sees a short value would warn of this path. */
		khmap__keep(value);
		if (!err)
			memcpy(value, &found, sizeof(found));
		return err;
	}
	return khmap__get_any(reader, key, value);
}

/**
 * khmap_reader_init() - point a reader at an image
 * @reader: filled; it may point into itself, so it must not be copied
 * @header: a private copy of the image's header that the caller has checked
 * @image: the image's first byte, mapped for image_size bytes
 *
 * The library's khmap_open() checks and does this.
 */
static inline void khmap_reader_init(struct khmap_reader *reader,
				     const struct khmap_image_header *header,
				     const void *image)
{
	const unsigned char *base = (const unsigned char *)image;
	bool live = header->kind == KHMAP_IMAGE_LIVE;

	reader->primary = base + header->primary_offset;
	reader->overflow = base + header->overflow_offset;
	reader->inline_bucket = base + header->geometry.inline_offset;
	reader->hash_secret[0] = header->hash_secret[0];
	reader->hash_secret[1] = header->hash_secret[1];
	reader->hash_kind = header->hash_kind;
	reader->overflow_pages = (__u32)header->overflow_pages_max;
	reader->geometry = header->geometry;
	reader->eight = header->hash_kind == KHMAP_HASH_FOLD &&
			khmap_geometry_same(&header->geometry,
					    &khmap_geometry_eight);
	reader->fixed_shape[0] = header->shape;
	reader->fixed_shape[1] = khmap_shape_mask(header->shape);
	reader->shape = live ? (const __u32 *)(const void *)
				       (base + KHMAP_HEADER_SHAPE_OFFSET) :
			       reader->fixed_shape;
}

#ifdef __cplusplus
}
#endif

#endif /* _KHMAP_READER_H */
