/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * many.h - look many keys up, with their memory fetched ahead
 *
 * A lookup in a map larger than the caches waits for memory, and a processor
 * overlaps only as many lookups as fit its window.  Here there are three steps:
 *
 *	key i + 32	hash it, ask for the first two lines of its bucket
 *	key i + 16	they have come: if its class has overflowed, ask for the
 *			first overflow bucket
 *	key i		look it up
 *
 * in a pipeline that rolls on: groups, which drain before the next begins, are
 * slower.  The second step costs more than it gains while all is in the cache.
 *
 * A key is placed by the shape that the map had when its bucket was asked for.
 * That is the same as a lookup that took long between R1 and R2 (see reader.h):
 * a miss reads the shape again, so the map may grow in between.
 */
#ifndef _KHMAP_MANY_H
#define _KHMAP_MANY_H

#include <khmap/reader.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Keys from the first step to the lookup; a power of two. */
#define KHMAP__MANY_AHEAD	32u
/* Keys from the second step to the lookup. */
#define KHMAP__MANY_NEAR	16u

/* A lookup whose bucket was asked for. */
struct khmap__pending {
	__u64 hash;
	const unsigned char *bucket;
	__u32 shape;
};

static khmap__always_inline void
khmap__pending_start(struct khmap__pending *pending,
		     const struct khmap_reader *r,
		     const struct khmap_geometry *g, __u32 kind,
		     const void *key)
{
	__u32 mask, shape = khmap__load_shape(r, &mask);		/* R1 */
	__u64 hash = khmap_hash(kind, r->hash_secret, key, g->key_size);
	const unsigned char *bucket;

	/* Without a shape this is no bucket, but a harmless hint. */
	bucket = khmap__bucket_of(r, g, shape, mask, hash);
	__builtin_prefetch(bucket);
	if (g->bucket_stride > 64)
		__builtin_prefetch(bucket + 64);
	pending->hash = hash;
	pending->bucket = bucket;
	pending->shape = shape;
}

/* A hint, whatever it reads: the lookup reads all of it again. */
static khmap__always_inline void
khmap__pending_peek(const struct khmap__pending *pending,
		    const struct khmap_reader *r,
		    const struct khmap_geometry *g)
{
	const unsigned char *bucket = pending->bucket;
	__u32 reference;

	if (khmap__unlikely(!pending->shape) ||
	    !(__atomic_load_n(bucket + KHMAP_BUCKET_TAGS + g->tags_size - 1,
			      KHMAP__DATA_ORDER) &
	      khmap_class_bit(pending->hash)))
		return;
	reference = khmap__load32(bucket + 4);
	if (khmap_reference_page(g, reference) < r->overflow_pages)
		__builtin_prefetch(r->overflow +
				   ((size_t)khmap_reference_page(g, reference)
				    << g->page_shift) +
				   khmap_reference_bucket(g, reference) *
				   g->overflow_stride);
}

static khmap__always_inline int
khmap__pending_finish(const struct khmap__pending *pending,
		      const struct khmap_reader *r,
		      const struct khmap_geometry *g, const void *key,
		      void *value)
{
	struct khmap_read read;
	int err = 1;

	if (khmap__likely(pending->shape))
		err = khmap__find_in(r, g, pending->shape, pending->bucket, key,
				     pending->hash, &read);
	if (khmap__likely(!err)) {
		khmap__copy_out(value, read.value, g->value_size);
		if (khmap_read_validate(&read))
			return 0;
	} else if (err < 0) {
		return err;
	}
	return khmap__get_slow(r, key, pending->hash, value);
}

/* khmap_reader_get_many() for a geometry and a hash that may be constants. */
static khmap__always_inline size_t
khmap__get_many(const struct khmap_reader *r, const struct khmap_geometry *g,
		__u32 kind, const void *keys, size_t count, void *values,
		int *status)
{
	const unsigned char *key = (const unsigned char *)keys;
	unsigned char *value = (unsigned char *)values;
	struct khmap__pending pending[KHMAP__MANY_AHEAD];
	size_t i, found = 0;

	for (i = 0; i < count && i < KHMAP__MANY_AHEAD; i++)
		khmap__pending_start(&pending[i], r, g, kind,
				     key + i * g->key_size);
	for (i = 0; i < count; i++) {
		struct khmap__pending *p = &pending[i % KHMAP__MANY_AHEAD];
		struct khmap__pending now = *p;

		if (i + KHMAP__MANY_AHEAD < count)
			khmap__pending_start(p, r, g, kind, key +
					     KHMAP__MANY_AHEAD * g->key_size);
		if (i + KHMAP__MANY_NEAR < count)
			khmap__pending_peek(&pending[(i + KHMAP__MANY_NEAR) %
						     KHMAP__MANY_AHEAD], r, g);
		status[i] = khmap__pending_finish(&now, r, g, key, value);
		found += !status[i];
		key += g->key_size;
		value += g->value_size;
	}
	return found;
}

/* Define NAME_get_many(); see KHMAP__DEFINE_GET(). */
#define KHMAP__DEFINE_GET_MANY(name, geometry, key_type, value_type, kind)    \
static inline khmap__unused size_t					       \
name##_get_many(const struct khmap_reader *reader, const key_type *keys,      \
		size_t count, value_type *values, int *status)		       \
{									       \
	return khmap__get_many(reader, &(geometry), (kind), keys, count,       \
			       values, status);				       \
}

/**
 * khmap_reader_get_many() - look many keys up and copy their values
 * @reader: of the image
 * @keys: @count keys of key_size bytes, one after the other, any alignment
 * @count: keys; may be 0
 * @values: room for @count values of value_size bytes, any alignment; what
 *	stands at the place of a key that is not found is of no use
 * @status: @count results, each what khmap_reader_get() returns for its key:
 *	0; -ENOENT there is no such key; -EAGAIN the bucket was being written
 *	all the time, ask the kernel; -EUCLEAN the image is corrupt; -EIO a
 *	page is lost that a best-effort snapshot would have had to keep
 *
 * Each lookup stands for itself: in a live map they are not one instant.  The
 * three arrays must not overlap.  Worth its while from some 64 keys on.
 *
 * Return: keys that were found.
 */
static inline size_t khmap_reader_get_many(const struct khmap_reader *reader,
					   const void *keys, size_t count,
					   void *values, int *status)
{
	if (khmap__likely(reader->eight))
		return khmap__get_many(reader, &khmap_geometry_eight,
				       KHMAP_HASH_FOLD, keys, count, values,
				       status);
	return khmap__get_many(reader, &reader->geometry, reader->hash_kind,
			       keys, count, values, status);
}

#ifdef __cplusplus
}
#endif

#endif /* _KHMAP_MANY_H */
