/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * wait.h - what wait.bpf.c and its reader share
 *
 * Included behind the types of the kernel (vmlinux.h) or of user space.
 */
#ifndef PROF_WAIT_H
#define PROF_WAIT_H

/* enum khmap_stall, see kmod/core/stall.h. */
#define PROF_WAIT_LOST		0
#define PROF_WAIT_STRIPE	1
#define PROF_WAIT_KINDS		8

/* Bucket N of a histogram has from 2^N to below 2^(N+1); the first also has 0. */
#define PROF_WAIT_BUCKETS	40

#define PROF_WAIT_ROWS		4096
#define PROF_WAIT_PLACES	16384
#define PROF_WAIT_SLOTS		16384

/**
 * struct prof_wait_settings - the only element of the map "wait_settings"
 * @map_id: the map to watch; 0 for all
 * @began_ns: by bpf_ktime_get_ns(): from when slots of time are counted
 * @slot_ns: of each slot of time
 * @enabled: while 0 no event is looked at
 * @reserved: 0
 */
struct prof_wait_settings {
	__u64 map_id;
	__u64 began_ns;
	__u64 slot_ns;
	__u32 enabled;
	__u32 reserved;
};

/**
 * struct prof_wait_totals - the only element, for each CPU, of "wait_totals"
 * @events: that were looked at
 * @untold: stalls that the module had no room for
 * @dropped: counts that there was no room for
 */
struct prof_wait_totals {
	__u64 events;
	__u64 untold;
	__u64 dropped;
};

/**
 * struct prof_wait_key - what is counted together
 * @map_id: of the map
 * @kind: enum khmap_stall
 * @at: in "wait_places" the place, in "wait_slots" the slot of time; else 0
 */
struct prof_wait_key {
	__u64 map_id;
	__u32 kind;
	__u32 at;
};

/**
 * struct prof_wait_sum - how often, and for how long
 * @count: how often
 * @ns: in sum
 * @longest_ns: the longest of them
 */
struct prof_wait_sum {
	__u64 count;
	__u64 ns;
	__u64 longest_ns;
};

/**
 * struct prof_wait_row - the same, with a histogram
 * @sum: see there
 * @buckets: how often so long
 */
struct prof_wait_row {
	struct prof_wait_sum sum;
	__u64 buckets[PROF_WAIT_BUCKETS];
};

#endif /* PROF_WAIT_H */
