/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * sample.h - samples of events: what BPF programs and their readers share
 *
 * Included behind the types of the kernel (vmlinux.h) or of user space.
 */
#ifndef PROF_SAMPLE_H
#define PROF_SAMPLE_H

#include "model.h"

#define PROF_SAMPLE_FRAMES	32	/* of a stack that are looked at */
#define PROF_FUNCTIONS_MAX	16384

/**
 * struct prof_sample_totals - the only element, for each CPU, of "sample_totals"
 * @seen: samples that the program was run for
 * @hits: of those, stores that hit the nearest cache
 * @others: no stores, or their source was not told
 * @no_address: the hardware did not know the address
 * @outside: of none of the maps that are profiled; without an address, from
 *	outside of the module
 * @busy: addresses of a process whose mappings were being changed
 * @taken: what is left, and was counted
 * @functions_dropped: of @taken, those that "functions" had no room for
 */
struct prof_sample_totals {
	__u64 seen;
	__u64 hits;
	__u64 others;
	__u64 no_address;
	__u64 outside;
	__u64 busy;
	__u64 taken;
	__u64 functions_dropped;
};

/**
 * struct prof_function_key - where samples without an address come from
 * @address: of the instruction
 * @operation: address in the function by which the module was entered
 */
struct prof_function_key {
	__u64 address;
	__u64 operation;
};

#endif /* PROF_SAMPLE_H */
