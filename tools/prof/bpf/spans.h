/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * spans.h - which bytes an operation stores, as kmod/core/chain.c does it
 *
 * The BPF programs need to know for the model, and readers for what is shown of
 * each byte.  Included behind the types of the kernel (vmlinux.h) or of user
 * space.
 *
 * The sequence of the chain's first bucket; the slot's key, value and tag; only
 * the value when one is replaced; the whole slot when a key is deleted.
 */
#ifndef PROF_SPANS_H
#define PROF_SPANS_H

#include "store.h"

#define PROF_HEAD_SIZE		4	/* of a bucket's sequence, which it begins with */
#define PROF_TAGS_OFFSET	8	/* KHMAP_BUCKET_TAGS, of every kind of bucket */

/**
 * struct prof_span - bytes of a page; none if the two are equal
 * @start: first
 * @end: behind the last
 */
struct prof_span {
	__u32 start;
	__u32 end;
};

/**
 * struct prof_spans - the bytes that an operation stored
 * @key: of the slot's page; if a key was deleted, the slot
 * @value: likewise
 * @tag: likewise
 * @head: of the page of the chain's first bucket
 */
struct prof_spans {
	struct prof_span key;
	struct prof_span value;
	struct prof_span tag;
	struct prof_span head;
};

static inline struct prof_span prof_span(__u32 start, __u32 length)
{
	return (struct prof_span){ .start = start, .end = start + length };
}

/* Where a bucket lies in its page. */
static inline __u32 prof_bucket_start(const struct prof_map *map, __u32 region, __u32 bucket)
{
	if (region == PROF_REGION_PRIMARY)
		return bucket * map->bucket_stride;
	if (region == PROF_REGION_OVERFLOW)
		return bucket * map->overflow_stride;
	return map->inline_offset;
}

/**
 * prof_spans_get() - which bytes did an operation store?
 * @map: whose operation it was
 * @store: the operation, without PROF_STORE_PARTIAL
 */
static inline struct prof_spans prof_spans_get(const struct prof_map *map,
					       const struct prof_store_key *store)
{
	__u32 head = prof_bucket_start(map, prof_head_region(store->region), store->head_bucket);
	__u32 bucket = prof_bucket_start(map, store->region, store->bucket);
	struct prof_spans spans = { .head = prof_span(head, PROF_HEAD_SIZE) };

	spans.value = prof_span(store->offset + map->value_offset, map->value_size);
	if (store->kind == PROF_STORE_REPLACE)
		return spans;
	spans.tag = prof_span(bucket + PROF_TAGS_OFFSET + store->slot, 1);
	spans.key = prof_span(store->offset, store->kind == PROF_STORE_DELETE ? store->length :
									       map->key_size);
	return spans;
}

/**
 * prof_spans_partial() - the same of a map whose geometry is not known
 * @store: the operation
 *
 * The slot counts as stored whole, and the head of its bucket not at all.
 */
static inline struct prof_spans prof_spans_partial(const struct prof_store_key *store)
{
	struct prof_span slot = prof_span(store->offset, store->length);

	return (struct prof_spans){ .key = slot, .value = slot };
}

#endif /* PROF_SPANS_H */
