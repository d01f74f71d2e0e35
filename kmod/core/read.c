// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * read.c - a look-up in the kernel that hardly ever takes a lock
 *
 * Pages stay where they are for as long as the map does, and a word that holds a
 * reference holds one that is, or was, good.  So what is read while a writer is
 * at it may be wrong, and is then found to be, but leads nowhere else.
 */
#include "bucket.h"
#include "read.h"

/* Eight aligned bytes that a writer may be changing. */
static inline u64 khmap_read_word(const void *from)
{
	u32 half[2];
	u64 word;

	if (sizeof(long) == sizeof(word))
		return os_load_data((const unsigned long *)from);
	half[0] = os_load_data((const u32 *)from);
	half[1] = os_load_data((const u32 *)from + 1);
	memcpy(&word, half, sizeof(word));
	return word;
}

/* Fields of a multiple of eight bytes are aligned. */
static inline void khmap_read_copy(void *to, const void *from, u32 size)
{
	const u8 *source = from;
	u8 *target = to;
	u64 word;
	u32 i;

	if (size % sizeof(word)) {
		for (i = 0; i < size; i++)
			target[i] = os_load_data(source + i);
		return;
	}
	for (i = 0; i < size; i += sizeof(word)) {
		word = khmap_read_word(source + i);
		memcpy(target + i, &word, sizeof(word));
	}
}

static inline bool khmap_read_equal(const void *image, const void *key,
				    u32 size)
{
	const u8 *left = image, *right = key;
	u64 word;
	u32 i;

	if (size % sizeof(word)) {
		for (i = 0; i < size; i++)
			if (os_load_data(left + i) != right[i])
				return false;
		return true;
	}
	for (i = 0; i < size; i += sizeof(word)) {
		memcpy(&word, right + i, sizeof(word));
		if (khmap_read_word(left + i) != word)
			return false;
	}
	return true;
}

/* The slot of a key in one bucket, or NULL. */
static inline __attribute__((always_inline)) const u8 *
khmap_read_bucket(const struct khmap_geometry *g,
		  const struct khmap_head *head, u32 tags_size, u32 slots,
		  const void *key, u32 top)
{
	u32 word;

	for (word = 0; word < tags_size; word += 8) {
		u64 match = khmap_tags_match(khmap_read_word(head->tags + word),
					     top);

		for (; match; match = khmap_tags_next(match)) {
			u32 slot = word + khmap_tags_first(match);
			const u8 *at;

			if (slot >= slots)
				break;
			at = (const u8 *)head +
			     khmap_slot_offset(g, tags_size, slot);
			if (khmap_read_equal(at, key, g->key_size))
				return at;
		}
	}
	return NULL;
}

/* In the chain's overflow buckets; NULL also if it changes under the reader. */
static inline __attribute__((always_inline)) const u8 *
khmap_read_overflow(const struct khmap_table *table,
		    const struct khmap_geometry *g,
		    const struct khmap_head *head, const void *key, u32 top)
{
	u32 chain, reference;
	const u8 *at;

	for (chain = 1; chain < KHMAP_CHAIN_MAX; chain++) {
		reference = os_load_data(&head->overflow);
		if (!reference)
			break;
		head = khmap_bucket_overflow(table, reference).head;
		at = khmap_read_bucket(g, head, KHMAP_OVERFLOW_TAGS,
				       g->overflow_slots, key, top);
		if (at)
			return at;
	}
	return NULL;
}

/* What was read of a bucket is right if it has not been written since. */
static inline bool khmap_read_valid(const struct khmap_head *first,
				    u32 sequence)
{
	os_fence_acquire();					/* R3 */
	return likely(os_load(&first->sequence) == sequence);
}

/* A map in its header page; -EAGAIN as below. */
static int khmap_read_inline(const struct khmap_table *table, u64 hash,
			     const void *key, void *value)
{
	const struct khmap_geometry *g = &table->geometry;
	const struct khmap_head *first = khmap_bucket_inline(table).head;
	u32 sequence = os_load_acquire(&first->sequence);	/* R2 */
	const u8 *at;

	at = khmap_read_bucket(g, first, KHMAP_INLINE_TAGS, g->inline_slots,
			       key, khmap_tophash(hash));
	if (at)
		khmap_read_copy(value, at + g->value_offset, g->value_size);
	if (sequence & 1 || !khmap_read_valid(first, sequence))
		return -EAGAIN;
	if (at)
		return 0;
	/* Not promoted meanwhile? */
	return os_load_acquire(&table->header->shape) ? -EAGAIN :	/* R1 */
							-ENOENT;
}

/*
 * One try; -EAGAIN if the chain was being changed.  @g is the table's geometry,
 * or a constant equal to it, which makes of all this a few instructions.
 */
static inline __attribute__((always_inline)) int
khmap_read_once(const struct khmap_table *table, const struct khmap_geometry *g,
		u64 hash, const void *key, void *value)
{
	u32 mask, shape = khmap_shape_load(table->header, &mask);	/* R1 */
	u32 top = khmap_tophash(hash), place, sequence, now;
	const struct khmap_head *first;
	const u8 *at;

	if (unlikely(!shape))
		return khmap_read_inline(table, hash, key, value);
	place = khmap_hash_place(shape, mask, hash);
	first = (void *)((char *)khmap_extents_get(&table->primary,
						   khmap_place_page(place)) +
			 khmap_place_bucket(g, place) * g->bucket_stride);
	sequence = os_load_acquire(&first->sequence);		/* R2 */
	if (unlikely(sequence & 1))
		return -EAGAIN;

	at = khmap_read_bucket(g, first, g->tags_size, g->bucket_slots, key,
			       top);
	if (unlikely(!at) &&
	    os_load_data(&first->tags[g->tags_size - 1]) & khmap_class_bit(hash))
		at = khmap_read_overflow(table, g, first, key, top);
	if (likely(at)) {
		khmap_read_copy(value, at + g->value_offset, g->value_size);
		return khmap_read_valid(first, sequence) ? 0 : -EAGAIN;
	}
	if (!khmap_read_valid(first, sequence))
		return -EAGAIN;
	now = khmap_shape_load(table->header, &mask);		/* R1 */
	if (now != shape && khmap_hash_place(now, mask, hash) != place)
		return -EAGAIN;
	return -ENOENT;
}

/* Any geometry and hash. */
static __attribute__((__noinline__)) int
khmap_read_any(const struct khmap_table *table, const void *key, void *value)
{
	u64 hash = khmap_hash(table->hash_kind, table->secret, key,
			      table->geometry.key_size);

	return khmap_read_once(table, &table->geometry, hash, key, value);
}

int khmap_table_read(struct khmap_table *table, const void *key, void *value)
{
	int err;

	if (likely(table->eight))
		err = khmap_read_once(table, &khmap_geometry_eight,
				      khmap_hash_fold(table->secret, key, 8),
				      key, value);
	else
		err = khmap_read_any(table, key, value);
	return likely(err != -EAGAIN) ? err : khmap_table_get(table, key, value);
}
