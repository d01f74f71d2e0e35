/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * model.h - the model of cache lines: what its BPF programs and readers share
 *
 * Every source feeds the same model, see model.bpf.h.  Included behind the
 * types of the kernel (vmlinux.h) or of user space.
 */
#ifndef PROF_MODEL_H
#define PROF_MODEL_H

#define PROF_LINE_SHIFT		6	/* the model's cache lines have 64 bytes */
#define PROF_LINE_SIZE		(1u << PROF_LINE_SHIFT)
#define PROF_PAGE_SHIFT		12	/* of a range's pages */
#define PROF_NO_CPU		(~0u)

#define PROF_LINES_DEFAULT	16384
#define PROF_LINE_PARTS		4	/* CPUs that struct prof_line has room for */
#define PROF_CPUS_PER_LINE	2	/* others, on average */
#define PROF_ACCESSES_PER_LINE	8
#define PROF_STACK_DEPTH	64
#define PROF_STACKS_PER_LINE	2	/* places that it moved from, on average */
#define PROF_STACKS_DEFAULT	4096
#define PROF_LINES_PER_STACK	(PROF_LINES_DEFAULT / PROF_STACKS_DEFAULT)

/*
 * Where a line is: a region of a map, as enum khmap_region of
 * kmod/core/table.h, or a range of some process's addresses.
 */
#define PROF_REGION_HEADER	0
#define PROF_REGION_PRIMARY	1
#define PROF_REGION_OVERFLOW	2
#define PROF_REGION_RANGE	3

/* What an access was, in struct prof_access_key. */
#define PROF_ACCESS_STORE	0	/* an instruction stored */
#define PROF_ACCESS_LOAD	1	/* an instruction loaded */
#define PROF_ACCESS_HEAD	2	/* an operation, the sequence of a chain */
#define PROF_ACCESS_TAG		3	/* a slot's tag */
#define PROF_ACCESS_KEY		4	/* a slot's key */
#define PROF_ACCESS_VALUE	5	/* a slot's value */
#define PROF_ACCESS_CLEAR	6	/* a slot, as a key was deleted */

#define PROF_FLAG_STACKS	1u	/* of struct prof_settings: keep call stacks */

/**
 * struct prof_settings - the only element of the map "settings"
 * @map_id: the map to profile; 0 for all
 * @began_ns: CLOCK_MONOTONIC, from which slots of time are counted
 * @slot_ns: length of a slot of time, at first: see struct prof_times; 0 counts none
 * @sample: take one event in so many of each CPU; 0 and 1 take all
 * @enabled: while 0 no event is looked at
 * @flags: PROF_FLAG_*
 * @samplers: if the module samples, the bit of the sampler in khmap_sample
 */
struct prof_settings {
	__u64 map_id;
	__u64 began_ns;
	__u64 slot_ns;
	__u32 sample;
	__u32 enabled;
	__u32 flags;
	__u32 samplers;
};

/**
 * struct prof_totals - the only element, for each CPU, of the map "totals"
 * @events: puts and deletes, or samples, of what is profiled
 * @taken: of those, the ones that the model was told of
 * @puts: of those taken, puts
 * @deletes: of those taken, deletes
 * @overflows: buckets that were added to chains; of operations taken only, if the
 *	module samples
 * @outside: samples whose address is in nothing that is profiled
 * @partial: taken, but the map's geometry is unknown: the slot was modelled as
 *	written whole, the head of its bucket not at all
 * @lines_dropped: accesses to lines that the map "lines" had no room for, or that
 *	were forgotten to make room
 * @busy_dropped: accesses to lines that another CPU, or an interrupted program,
 *	kept for too long
 * @cpus_dropped: as @lines_dropped, of the map "line_cpus"
 * @accesses_dropped: likewise, of the map "accesses", and operations whose bytes are
 *	not known, as the map "operations" had no room for them
 * @stacks_dropped: as @lines_dropped, of the maps "stacks" and "line_stacks", of
 *	accesses that moved a line
 * @buckets_dropped: operations and buckets added that the map "chains" had no room
 *	for
 * @times_dropped: operations that the map "times" had no room for, or whose chain
 *	another CPU kept for too long
 * @maps_dropped: maps that the map "maps" had no room for
 * @until: events until the next is taken; if the module samples, not 0 once one was
 */
struct prof_totals {
	__u64 events;
	__u64 taken;
	__u64 puts;
	__u64 deletes;
	__u64 overflows;
	__u64 outside;
	__u64 partial;
	__u64 lines_dropped;
	__u64 busy_dropped;
	__u64 cpus_dropped;
	__u64 accesses_dropped;
	__u64 stacks_dropped;
	__u64 buckets_dropped;
	__u64 times_dropped;
	__u64 maps_dropped;
	__u64 until;
};

/**
 * struct prof_line_key - a cache line, in "lines", or a CPU's part of it
 * @map_id: of the map; in PROF_REGION_RANGE the range's number
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
 * struct prof_transfers - how often a line went from one CPU to another
 * @store_true: a CPU stored, and a byte of it the last owner had stored since
 *	the line was its own
 * @store_false: likewise, but none of those bytes
 * @load_true: a CPU that had not loaded since the owner's last store loaded,
 *	and a byte of it the owner had stored since the line was its own
 * @load_false: likewise, but none of those bytes
 */
struct prof_transfers {
	__u64 store_true;
	__u64 store_false;
	__u64 load_true;
	__u64 load_false;
};

/**
 * struct prof_line_cpu - what one CPU did to a line
 * @stored_bytes: bit for each byte that it has stored
 * @loaded_bytes: likewise, loaded
 * @stores: see struct prof_line
 * @loads: likewise
 * @transfers: those that brought the line to this CPU
 */
struct prof_line_cpu {
	__u64 stored_bytes;
	__u64 loaded_bytes;
	__u64 stores;
	__u64 loads;
	struct prof_transfers transfers;
};

/**
 * struct prof_line_part - a CPU's part of a line, in the line
 * @cpu: which one; PROF_NO_CPU if it is nobody's yet
 * @reserved: 0
 * @count: what it did
 */
struct prof_line_part {
	__u32 cpu;
	__u32 reserved;
	struct prof_line_cpu count;
};

/**
 * struct prof_line - a line, as modelled
 * @lock: not 0 while the others, and what "line_cpus" has of the line, are changed
 * @owner: CPU that stored last; PROF_NO_CPU if none has
 * @owner_bytes: bit for each byte that @owner has stored since the line was its
 * @sharers: CPUs that have loaded since the last store, by number modulo 64
 * @stores: stores into the line; all that one operation stored there is one
 * @slot_stores: of those, the ones that stored a key or a value there
 * @loads: loads from the line
 * @transfers: between CPUs
 * @parts: of the first CPUs that came; those of others are in "line_cpus"
 */
struct prof_line {
	__u32 lock;
	__u32 owner;
	__u64 owner_bytes;
	__u64 sharers;
	__u64 stores;
	__u64 slot_stores;
	__u64 loads;
	struct prof_transfers transfers;
	struct prof_line_part parts[PROF_LINE_PARTS];
};

/**
 * struct prof_access_key - accesses of one kind to the same bytes, in "accesses"
 * @line: the line and the CPU
 * @address: of the instruction; 0 if an operation of the module did it
 * @tgid: whose instruction it is; 0 if the kernel's
 * @offset: within the line, of the first byte
 * @length: bytes, none beyond the line
 * @kind: PROF_ACCESS_*
 * @reserved: 0
 */
struct prof_access_key {
	struct prof_line_key line;
	__u64 address;
	__u32 tgid;
	__u8 offset;
	__u8 length;
	__u8 kind;
	__u8 reserved;
};

/**
 * struct prof_stack_key - stores from one place of a program, in "line_stacks"
 * @line: the line; @cpu of it is 0
 * @tgid: of the process
 * @kernel: in "stacks"; negative if there is none
 * @user: likewise
 * @reserved: 0
 */
struct prof_stack_key {
	struct prof_line_key line;
	__u32 tgid;
	__s32 kernel;
	__s32 user;
	__u32 reserved;
};

/**
 * struct prof_stack - what came from one place that has moved the line
 * @accesses: stores and loads, from the first that moved it on
 * @transfers: of those, the ones that moved the line
 * @command: of the task, NUL-padded
 */
struct prof_stack {
	__u64 accesses;
	__u64 transfers;
	char command[16];
};

#endif /* PROF_MODEL_H */
