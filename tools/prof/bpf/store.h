/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * store.h - what the BPF programs of store.bpf.c and their readers share
 *
 * Included behind the types of the kernel (vmlinux.h) or of user space.
 */
#ifndef PROF_STORE_H
#define PROF_STORE_H

#define PROF_LINE_SHIFT		6	/* the model's cache lines have 64 bytes */
#define PROF_LINE_SIZE		(1u << PROF_LINE_SHIFT)
#define PROF_NO_CPU		(~0u)
#define PROF_NAME_SIZE		64	/* KHMAP_NAME_MAX and a NUL */

#define PROF_LINES_DEFAULT	16384
#define PROF_CPUS_PER_LINE	4	/* on average, that there is room for */
#define PROF_MAPS_MAX		1024

/* enum khmap_region, see kmod/core/table.h. */
#define PROF_REGION_HEADER	0
#define PROF_REGION_PRIMARY	1
#define PROF_REGION_OVERFLOW	2

/**
 * struct prof_settings - the only element of the map "settings"
 * @map_id: the map to profile; 0 for all
 * @sample: take one event in so many of each CPU; 0 and 1 take all
 * @enabled: while 0 no event is looked at
 */
struct prof_settings {
	__u64 map_id;
	__u32 sample;
	__u32 enabled;
};

/**
 * struct prof_totals - the only element, for each CPU, of the map "totals"
 * @events: puts and deletes of the maps that are profiled
 * @taken: of those, the ones that the model was told of
 * @puts: of those taken, puts
 * @deletes: of those taken, deletes
 * @overflows: buckets that were added to chains; never sampled
 * @partial: taken, but the map's geometry is unknown: the slot was modelled as
 *	written whole, the head of its bucket not at all
 * @lines_dropped: stores into lines that the map "lines" had no room for
 * @cpus_dropped: likewise, of the map "line_cpus"
 * @buckets_dropped: operations that the map "buckets" had no room for
 * @maps_dropped: maps that the map "maps" had no room for
 * @until: events until the next is taken
 */
struct prof_totals {
	__u64 events;
	__u64 taken;
	__u64 puts;
	__u64 deletes;
	__u64 overflows;
	__u64 partial;
	__u64 lines_dropped;
	__u64 cpus_dropped;
	__u64 buckets_dropped;
	__u64 maps_dropped;
	__u64 until;
};

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
 * struct prof_line_key - a cache line, in "lines", or a CPU's part of it
 * @map_id: of the map
 * @region: PROF_REGION_*
 * @page: within the region
 * @line: within the page
 * @cpu: in "line_cpus"; 0 in "lines"
 */
struct prof_line_key {
	__u64 map_id;
	__u32 region;
	__u32 page;
	__u32 line;
	__u32 cpu;
};

/**
 * struct prof_line - a line, as modelled
 * @lock: guards the others
 * @owner: CPU that stored last; PROF_NO_CPU if none has
 * @owner_bytes: bit for each byte that @owner has stored since the line was its
 * @stores: operations that stored into the line
 * @slot_stores: of those, the ones that stored a key or a value there
 * @transfers_true: an operation took the line from another CPU and stored a
 *	byte that the other had stored since it had taken it
 * @transfers_false: likewise, but none of those bytes
 */
struct prof_line {
	struct bpf_spin_lock lock;
	__u32 owner;
	__u64 owner_bytes;
	__u64 stores;
	__u64 slot_stores;
	__u64 transfers_true;
	__u64 transfers_false;
};

/**
 * struct prof_line_cpu - what one CPU did to a line
 * @bytes: bit for each byte that it has stored
 * @stores: operations of it that stored into the line
 * @transfers_true: see struct prof_line; those that this CPU made
 * @transfers_false: likewise
 */
struct prof_line_cpu {
	__u64 bytes;
	__u64 stores;
	__u64 transfers_true;
	__u64 transfers_false;
};

/**
 * struct prof_bucket_key - a chain, by its first bucket, in "buckets"
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
 * struct prof_bucket - what was done to a chain
 * @inserts: puts that added a key
 * @replaces: puts that replaced a value
 * @deletes: keys deleted
 * @overflows: buckets added; never sampled
 */
struct prof_bucket {
	__u64 inserts;
	__u64 replaces;
	__u64 deletes;
	__u64 overflows;
};

#endif /* PROF_STORE_H */
