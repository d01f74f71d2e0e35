/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * overhead.h - what a profile itself costs, and what it did not see
 */
#ifndef PROF_OVERHEAD_H
#define PROF_OVERHEAD_H

#include <stdio.h>
#include <jansson.h>
#include "prof.h"

struct bpf_object;

/**
 * struct prof_overhead - what a profile costs
 * @fd: while it is open the kernel measures BPF programs; negative if it does not
 * @runs: of all programs
 * @run_ns: that these took, on all processors together
 * @missed: events for which a program was not run, as it was running already
 * @lost: events that were counted nowhere, for want of room
 * @throttled: times that the kernel held events back
 * @duration_ns: of the profile
 * @cpus: that are online
 */
struct prof_overhead {
	int fd;
	uint64_t runs;
	uint64_t run_ns;
	uint64_t missed;
	uint64_t lost;
	uint64_t throttled;
	uint64_t duration_ns;
	long cpus;
};

/**
 * prof_overhead_begin() - have the kernel measure BPF programs
 * @overhead: filled
 *
 * Costs each run of each BPF program of the machine two reads of the clock.
 */
void prof_overhead_begin(struct prof_overhead *overhead);

/**
 * prof_overhead_end() - it is over
 * @overhead: of prof_overhead_begin(), all programs added
 * @duration_ns: of the profile
 */
void prof_overhead_end(struct prof_overhead *overhead, uint64_t duration_ns);

/**
 * prof_overhead_add() - add what the programs of an object took
 * @overhead: of prof_overhead_begin()
 * @object: loaded
 */
void prof_overhead_add(struct prof_overhead *overhead, const struct bpf_object *object);

/**
 * prof_overhead_share() - the part of the processors' time
 * @overhead: of prof_overhead_end()
 *
 * Return: from 0 to 1; negative if it was not measured.
 */
double prof_overhead_share(const struct prof_overhead *overhead);

/* prof_overhead_print() - one line of what it costs. */
void prof_overhead_print(const struct prof_overhead *overhead, FILE *out);

/**
 * prof_overhead_json() - what it costs, for programs
 * @overhead: of prof_overhead_end()
 *
 * Return: an object; what was not measured is null.
 */
json_t *prof_overhead_json(const struct prof_overhead *overhead);

#endif /* PROF_OVERHEAD_H */
