/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bucket.h - one bucket, and the stores that readers may see half done
 *
 * Every store to a mapped page goes through here.  A writer holds the lock
 * that owns the bucket, so it may load plainly what it alone stores.
 *
 * Barriers, paired by name in Documentation/locking.rst:
 *
 *	W1	the odd store of the sequence, before
 *	W2	the release fence, before any store of data
 *	W3	the store-release of the even sequence, after all of them
 */
#ifndef _KHMAP_CORE_BUCKET_H
#define _KHMAP_CORE_BUCKET_H

#include "table.h"

/**
 * struct khmap_head - the start of every bucket
 * @sequence: odd while the chain changes; of a primary or the inline bucket
 * @overflow: reference of the next bucket of the chain, or 0
 * @tags: tag bytes; the last one is the overflow filter
 */
struct khmap_head {
	u32 sequence;
	u32 overflow;
	u8 tags[];
};

/**
 * struct khmap_bucket - a bucket and what its kind says about it
 * @head: in its page
 * @at: place of a primary bucket, reference of an overflow bucket; else 0
 * @region: enum khmap_region
 * @tags_size: tag bytes
 * @slots: slots
 *
 * Small enough to be passed and returned in two registers.
 */
struct khmap_bucket {
	struct khmap_head *head;
	u32 at;
	u8 region;
	u8 tags_size;
	u8 slots;
};

static inline struct khmap_bucket
khmap_bucket_inline(const struct khmap_table *table)
{
	const struct khmap_geometry *g = &table->geometry;

	return (struct khmap_bucket){
		.head = (void *)((char *)table->header + g->inline_offset),
		.region = KHMAP_REGION_HEADER,
		.tags_size = KHMAP_INLINE_TAGS,
		.slots = g->inline_slots,
	};
}

static inline struct khmap_bucket
khmap_bucket_at(const struct khmap_table *table, u32 place)
{
	const struct khmap_geometry *g = &table->geometry;

	return (struct khmap_bucket){
		.head = (void *)((char *)khmap_extents_get(&table->primary,
							   khmap_place_page(place)) +
				 khmap_place_bucket(g, place) * g->bucket_stride),
		.at = place,
		.region = KHMAP_REGION_PRIMARY,
		.tags_size = g->tags_size,
		.slots = g->bucket_slots,
	};
}

/*
 * Have a bucket brought near before its lock is taken, as loads wait for that.
 * Beyond two lines the processor sees the pattern.
 */
static inline void khmap_bucket_prefetch(const struct khmap_table *table,
					 const struct khmap_bucket *bucket)
{
	os_prefetch(bucket->head);
	if (table->geometry.bucket_stride > 64)
		os_prefetch((char *)bucket->head + 64);
}

/* The first place of a bucket within its page, up to KHMAP_PLACE_UNITS. */
static inline u32 khmap_bucket_place(const struct khmap_geometry *g, u32 index)
{
	return (index * KHMAP_PLACE_UNITS + g->buckets_per_page - 1) /
	       g->buckets_per_page;
}

static inline struct khmap_bucket
khmap_bucket_primary(const struct khmap_table *table, u32 page, u32 index)
{
	return khmap_bucket_at(table, khmap_shape(page, 0) +
			       khmap_bucket_place(&table->geometry, index));
}

/* @reference is the kernel's own, and so in range. */
static inline struct khmap_bucket
khmap_bucket_overflow(const struct khmap_table *table, u32 reference)
{
	const struct khmap_geometry *g = &table->geometry;
	u32 page = khmap_reference_page(g, reference);
	u32 index = khmap_reference_bucket(g, reference);

	return (struct khmap_bucket){
		.head = (void *)((char *)khmap_extents_get(&table->overflow,
							   page) +
				 index * g->overflow_stride),
		.at = reference,
		.region = KHMAP_REGION_OVERFLOW,
		.tags_size = KHMAP_OVERFLOW_TAGS,
		.slots = g->overflow_slots,
	};
}

/* The page of a bucket within its region, and the bucket within its page. */
static inline u32 khmap_bucket_page(const struct khmap_geometry *g,
				    const struct khmap_bucket *bucket)
{
	return bucket->region == KHMAP_REGION_OVERFLOW ?
	       khmap_reference_page(g, bucket->at) :
	       khmap_place_page(bucket->at);
}

static inline u32 khmap_bucket_index(const struct khmap_geometry *g,
				     const struct khmap_bucket *bucket)
{
	return bucket->region == KHMAP_REGION_OVERFLOW ?
	       khmap_reference_bucket(g, bucket->at) :
	       khmap_place_bucket(g, bucket->at);
}

/* Bytes from the start of a bucket's page to the bucket. */
static inline u32 khmap_bucket_offset(const struct khmap_geometry *g,
				      const struct khmap_bucket *bucket)
{
	if (bucket->region == KHMAP_REGION_HEADER)
		return g->inline_offset;
	return khmap_bucket_index(g, bucket) *
	       (bucket->region == KHMAP_REGION_PRIMARY ? g->bucket_stride :
							 g->overflow_stride);
}

static inline void *khmap_bucket_slot(const struct khmap_table *table,
				      const struct khmap_bucket *bucket,
				      u32 slot)
{
	return (char *)bucket->head +
	       khmap_slot_offset(&table->geometry, bucket->tags_size, slot);
}

/* Eight of a bucket's tags, @word being a multiple of eight. */
static inline u64 khmap_tags_load(const struct khmap_head *head, u32 word)
{
	u64 tags;

	memcpy(&tags, head->tags + word, sizeof(tags));
	return tags;
}

/* The lowest slot without a tag; bucket->slots if all have one. */
static inline u32 khmap_bucket_free(const struct khmap_bucket *bucket)
{
	u32 word, slot;

	for (word = 0; word < bucket->slots; word += 8) {
		u64 match = khmap_tags_match(khmap_tags_load(bucket->head,
							     word), 0);

		if (!match)
			continue;
		slot = word + khmap_tags_first(match);
		return slot < bucket->slots ? slot : bucket->slots;
	}
	return bucket->slots;
}

/* The highest slot with a tag; bucket->slots if none has one. */
static inline u32 khmap_bucket_last(const struct khmap_bucket *bucket)
{
	u32 slot = bucket->slots;

	while (slot--)
		if (bucket->head->tags[slot])
			return slot;
	return bucket->slots;
}

/*
 * Publish a shape and its mask, at once where a reader can load them at once.
 * The buckets that it leads to have been filled before.
 */
static inline void khmap_shape_store(struct khmap_image_header *header,
				     u32 shape)
{
	const u32 pair[2] = { shape, khmap_shape_mask(shape) };

	if (sizeof(long) == sizeof(pair)) {
		unsigned long word;

		memcpy(&word, pair, sizeof(word));
		os_store_release((unsigned long *)&header->shape, word); /* W4 */
	} else {
		os_store(&header->mask, pair[1]);
		os_store_release(&header->shape, shape);		/* W4 */
	}
}

/* The shape and its mask, at once where that is one load. */
static inline u32 khmap_shape_load(const struct khmap_image_header *header,
				   u32 *mask)
{
	const unsigned long *both = (const void *)&header->shape;
	unsigned long word;
	u32 pair[2];

	if (sizeof(word) == sizeof(pair)) {
		word = os_load_acquire(both);				/* R1 */
		memcpy(pair, &word, sizeof(word));
	} else {
		pair[0] = os_load_acquire(&header->shape);		/* R1 */
		pair[1] = khmap_shape_mask(pair[0]);
	}
	*mask = pair[1];
	return pair[0];
}

/* The place of a hash; @shape is not 0. */
static inline u32 khmap_shape_place(u32 shape, u64 hash)
{
	return khmap_hash_place(shape, khmap_shape_mask(shape), hash);
}

/* From here on readers of @head's chain retry. */
static inline void khmap_write_begin(struct khmap_head *head)
{
	os_store(&head->sequence, head->sequence + 1);		/* W1 */
	os_fence_release();					/* W2 */
}

/* Readers of @head's chain find it as it is now. */
static inline void khmap_write_end(struct khmap_head *head)
{
	os_store_release(&head->sequence, head->sequence + 1);	/* W3 */
}

/* Is a key of the kernel's own, at @at, the same as @key? */
static inline bool khmap_key_same(const struct khmap_table *table,
				  const void *at, const void *key)
{
	u32 size = table->geometry.key_size;

	if (likely(size == 8))
		return khmap_load64(at) == khmap_load64(key);
	return !memcmp(at, key, size);
}

/* Bytes into an image, in the largest words that their place allows. */
static inline void khmap_image_copy(void *to, const void *from, u32 size)
{
	char *target = to;
	const char *source = from;

	if (sizeof(long) == 8 && likely(size == 8) &&
	    likely(!((unsigned long)to & 7))) {
		os_store((u64 *)to, khmap_load64(from));
		return;
	}

	while (size >= sizeof(long) &&
	       !((unsigned long)target & (sizeof(long) - 1))) {
		unsigned long word;

		memcpy(&word, source, sizeof(word));
		os_store((unsigned long *)target, word);
		target += sizeof(word);
		source += sizeof(word);
		size -= sizeof(word);
	}
	while (size >= sizeof(u32) &&
	       !((unsigned long)target & (sizeof(u32) - 1))) {
		u32 word;

		memcpy(&word, source, sizeof(word));
		os_store((u32 *)target, word);
		target += sizeof(word);
		source += sizeof(word);
		size -= sizeof(word);
	}
	for (; size; size--)
		os_store((u8 *)target++, (u8)*source++);
}

/* Zeros into an image; @to and @size are multiples of a slot's alignment. */
static inline void khmap_image_zero(void *to, u32 size)
{
	static const char zeros[64];
	char *target = to;

	if (sizeof(long) == 8 && likely(!(size & 7)) &&
	    likely(!((unsigned long)to & 7))) {
		for (; size; size -= 8, target += 8)
			os_store((u64 *)target, 0);
		return;
	}
	for (; size > sizeof(zeros); size -= sizeof(zeros)) {
		khmap_image_copy(target, zeros, sizeof(zeros));
		target += sizeof(zeros);
	}
	khmap_image_copy(target, zeros, size);
}

/* A whole slot, from slot to slot; both are aligned for its fields. */
static inline void khmap_slot_copy(const struct khmap_table *table, void *to,
				   const void *from)
{
	u32 size = table->geometry.slot_stride, at;

	if (sizeof(long) != 8 || unlikely(size & 7)) {
		khmap_image_copy(to, from, size);
		return;
	}
	for (at = 0; at < size; at += 8)
		os_store((u64 *)((char *)to + at),
			 *(const u64 *)((const char *)from + at));
}

static inline void khmap_image_tag(struct khmap_head *head, u32 slot, u32 tag)
{
	os_store(&head->tags[slot], (u8)tag);
}

/* The filter of a primary bucket. */
static inline void khmap_image_filter(const struct khmap_bucket *bucket,
				      u32 filter)
{
	khmap_image_tag(bucket->head, bucket->tags_size - 1, filter);
}

/* An entry into a free slot. */
static inline void khmap_slot_write(const struct khmap_table *table,
				    const struct khmap_bucket *bucket, u32 slot,
				    u32 top, const void *key, const void *value)
{
	char *at = khmap_bucket_slot(table, bucket, slot);

	khmap_image_copy(at, key, table->geometry.key_size);
	khmap_image_copy(at + table->geometry.value_offset, value,
			 table->geometry.value_size);
	khmap_image_tag(bucket->head, slot, top);
}

static inline void khmap_slot_clear(const struct khmap_table *table,
				    const struct khmap_bucket *bucket, u32 slot)
{
	khmap_image_tag(bucket->head, slot, 0);
	khmap_image_zero(khmap_bucket_slot(table, bucket, slot),
			 table->geometry.slot_stride);
}

#endif /* _KHMAP_CORE_BUCKET_H */
