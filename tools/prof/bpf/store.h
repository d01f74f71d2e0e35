/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * store.h - the tracepoints' source: what its BPF programs and readers share
 *
 * Included behind the types of the kernel (vmlinux.h) or of user space.
 */
#ifndef PROF_STORE_H
#define PROF_STORE_H

#include "model.h"

#define PROF_NAME_SIZE		64	/* KHMAP_NAME_MAX and a NUL */
#define PROF_MAPS_MAX		1024
#define PROF_STORES_PER_LINE	8	/* kinds of operations, on average */
#define PROF_TIME_SLOTS		64	/* of each chain; a power of two */
#define PROF_TIME_SLOT_NS	100000	/* a slot of time, at first */

/* What an operation was, in struct prof_store_key. */
#define PROF_STORE_INSERT	0
#define PROF_STORE_REPLACE	1
#define PROF_STORE_DELETE	2
#define PROF_STORE_PARTIAL	0x80	/* or'ed: the map's geometry was unknown */

/**
 * struct prof_map - what the model must know of a map; by map_id in "maps"
 * @name: NUL-padded; empty if it has none
 * @page_shift: as of struct khmap_geometry, like all that follow
 * @layout: see there
 * @key_size: see there
 * @value_size: see there
 * @value_offset: see there
 * @slot_stride: see there
 * @bucket_stride: see there
 * @tags_size: see there
 * @overflow_stride: see there
 * @inline_offset: see there
 */
struct prof_map {
	char name[PROF_NAME_SIZE];
	__u32 page_shift;
	__u32 layout;
	__u32 key_size;
	__u32 value_size;
	__u32 value_offset;
	__u32 slot_stride;
	__u32 bucket_stride;
	__u32 tags_size;
	__u32 overflow_stride;
	__u32 inline_offset;
};

/**
 * struct prof_store_key - operations that stored alike, in "operations"
 * @map_id: of the map
 * @cpu: that carried them out
 * @page: of the slot's bucket, within @region
 * @bucket: within the page
 * @head_page: of the chain's first bucket, within prof_head_region()
 * @head_bucket: within that page
 * @offset: of the slot, within the page
 * @length: of the slot
 * @slot: within the bucket
 * @region: PROF_REGION_*, but for PROF_REGION_RANGE
 * @kind: PROF_STORE_*
 */
struct prof_store_key {
	__u64 map_id;
	__u32 cpu;
	__u32 page;
	__u32 bucket;
	__u32 head_page;
	__u32 head_bucket;
	__u32 offset;
	__u32 length;
	__u16 slot;
	__u8 region;
	__u8 kind;
};

/* The chain's first bucket: an inline one has no other behind it. */
static inline __u32 prof_head_region(__u32 region)
{
	return region == PROF_REGION_HEADER ? region : PROF_REGION_PRIMARY;
}

/**
 * struct prof_bucket_key - a chain, by its first bucket, in "chains"
 * @map_id: of the map
 * @region: PROF_REGION_PRIMARY, or PROF_REGION_HEADER for the inline bucket
 * @page: within the region
 * @bucket: within the page
 * @reserved: 0
 */
struct prof_bucket_key {
	__u64 map_id;
	__u32 region;
	__u32 page;
	__u32 bucket;
	__u32 reserved;
};

/**
 * struct prof_bucket - what was done to a chain; in "chains", of the operations only
 *	those that "operations" had no room for
 * @inserts: puts that added a key
 * @replaces: puts that replaced a value
 * @deletes: keys deleted
 * @overflows: buckets added; see struct prof_totals
 */
struct prof_bucket {
	__u64 inserts;
	__u64 replaces;
	__u64 deletes;
	__u64 overflows;
};

/**
 * struct prof_times - when there were operations on a chain, by chain in "times"
 * @lock: not 0 while the others are changed
 * @shift: a slot is as long as 2^@shift of struct prof_settings' @slot_ns
 * @slots: operations in each slot since @began_ns
 *
 * When time goes beyond the last slot, each two become one, so that the first half of
 * the slots is what has been, and however long it lasts there is room.
 */
struct prof_times {
	__u32 lock;
	__u32 shift;
	__u64 slots[PROF_TIME_SLOTS];
};

#endif /* PROF_STORE_H */
