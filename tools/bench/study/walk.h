/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * walk.h - tables that are walked, natively and under a simulator of caches
 */
#ifndef KHMAP_STUDY_WALK_H
#define KHMAP_STUDY_WALK_H

#include "hash.h"

#define WALK_KEYS		100000
/* Few: each is compared with half of the others. */
#define WALK_HOSTILE_KEYS	1000

/* The digits of pi, as in the other benchmarks. */
static const u64 walk_secret[2] = { 0x243f6a8885a308d3ull, 0x13198a2e03707344ull };
static const u64 walk_other_secret[2] = { 0xa4093822299f31d0ull, 0x082efa98ec4e6c89ull };

/**
 * struct walk_counts - what a walk's look-ups cost, in a simulator
 * @instructions: all of them
 * @first: data accesses that missed the first-level cache
 * @last: data accesses that missed the last-level cache
 */
struct walk_counts {
	double instructions;
	double first;
	double last;
};

/**
 * walk_simulate() - run the program hash-walk under valgrind's cachegrind
 * @program: its path
 * @set: of keys; KEY_SETS for hostile ones
 * @counts: filled for each hash kind; not divided by look-ups
 *
 * Ends the run if valgrind does not.
 */
void walk_simulate(const char *program, u32 set, struct walk_counts *counts);

#endif /* KHMAP_STUDY_WALK_H */
