/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * chain.h - private copies of chains
 *
 * Everything that walks a map works on these, so that what it looks at was a
 * chain at one instant and does not change under it.
 */
#ifndef KHMAP_LIB_CHAIN_H
#define KHMAP_LIB_CHAIN_H

#include <khmap/khmap.h>

/**
 * enum khmap_chain_end - How a chain ends.
 * @KHMAP_CHAIN_ENDS: with a reference of 0
 * @KHMAP_CHAIN_OUTSIDE: with a reference to no overflow bucket
 * @KHMAP_CHAIN_CIRCLE: with a reference to one of its own buckets
 * @KHMAP_CHAIN_LONG: not within KHMAP_CHAIN_MAX buckets
 */
enum khmap_chain_end {
	KHMAP_CHAIN_ENDS,
	KHMAP_CHAIN_OUTSIDE,
	KHMAP_CHAIN_CIRCLE,
	KHMAP_CHAIN_LONG,
};

/**
 * struct khmap_link - A copy of one bucket.
 * @bytes: of the bucket, @stride of them; begins with its sequence
 * @reference: where it was; 0 for the first bucket of the chain
 */
struct khmap_link {
	const unsigned char *bytes;
	__u32 reference;
};

/**
 * struct khmap_chain - A copy of a chain.
 * @map: the map
 * @memory: of the copies
 * @size: of @memory, in bytes
 * @shape: under which it was copied; 0 for the inline bucket
 * @page: of its primary bucket
 * @bucket: likewise
 * @sequence: of its first bucket
 * @links: its buckets
 * @count: how many
 * @end: enum khmap_chain_end
 * @bad: the reference with which it ends, unless it ends as it should
 */
struct khmap_chain {
	const struct khmap *map;
	unsigned char *memory;
	size_t size;
	__u32 shape;
	__u32 page;
	__u32 bucket;
	__u32 sequence;
	struct khmap_link links[KHMAP_CHAIN_MAX];
	__u32 count;
	enum khmap_chain_end end;
	__u32 bad;
};

/**
 * khmap_chain_init() - Get memory for copies of a map's chains.
 * @chain: to be initialised, for khmap_chain_free()
 * @map: the map; must stay open
 *
 * Return: 0; -ENOMEM.
 */
int khmap_chain_init(struct khmap_chain *chain, const struct khmap *map);

/**
 * khmap_chain_free() - Free that memory.
 * @chain: the chain, initialised or all zero
 */
void khmap_chain_free(struct khmap_chain *chain);

/**
 * khmap_map_shape() - The shape of a map as it is now.
 * @map: the map
 *
 * Return: the shape, bounded by what the header was checked for.
 */
__u32 khmap_map_shape(const struct khmap *map);

/**
 * khmap_chain_copy() - Copy a chain as it was at one instant.
 * @chain: filled
 * @shape: 0 for the inline bucket
 * @page: of the primary bucket, in the mapping
 * @bucket: likewise
 *
 * Waits some seconds for a writer who is in the midst.  That the shape is still
 * @shape is for the caller to see.
 *
 * Return: 0, also if the chain does not end as it should; -EAGAIN it was being
 * written all the time.
 */
int khmap_chain_copy(struct khmap_chain *chain, __u32 shape, __u32 page, __u32 bucket);

/**
 * khmap_chain_unchanged() - Is a chain still as it was copied?
 * @chain: of khmap_chain_copy()
 */
bool khmap_chain_unchanged(const struct khmap_chain *chain);

/**
 * struct khmap_link_form - What a bucket of a chain consists of.
 * @tags_size: tag bytes
 * @slots: slots
 * @stride: bytes
 */
struct khmap_link_form {
	__u32 tags_size;
	__u32 slots;
	__u32 stride;
};

/**
 * khmap_chain_form() - The form of a bucket of a chain.
 * @chain: the chain
 * @link: which bucket
 */
struct khmap_link_form khmap_chain_form(const struct khmap_chain *chain, __u32 link);

/**
 * khmap_chain_slot() - A slot of a chain.
 * @chain: the chain
 * @link: which bucket
 * @slot: which slot
 *
 * Return: slot_stride bytes in the copy; NULL if the slot is empty.
 */
const unsigned char *khmap_chain_slot(const struct khmap_chain *chain, __u32 link, __u32 slot);

/**
 * khmap_chain_entries() - Keys in a chain.
 * @chain: the chain
 * @overflow: receives how many of them are not in the first bucket; or NULL
 */
__u32 khmap_chain_entries(const struct khmap_chain *chain, __u32 *overflow);

#endif /* KHMAP_LIB_CHAIN_H */
