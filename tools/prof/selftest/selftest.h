/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * selftest.h - does it work on this machine?
 */
#ifndef PROF_SELFTEST_H
#define PROF_SELFTEST_H

#include <stddef.h>
#include "prof.h"
#include "source/topology.h"

/**
 * enum selftest_verdict - of a check
 * @SELFTEST_OK: it works
 * @SELFTEST_ABSENT: this machine has none of it; the profiler does without
 * @SELFTEST_FAILED: it does not work
 */
enum selftest_verdict {
	SELFTEST_OK,
	SELFTEST_ABSENT,
	SELFTEST_FAILED,
};

/**
 * struct selftest_check - a check
 * @name: in a word or two
 * @verdict: what came of it
 * @status: enum prof_exit, if it failed
 * @text: what was seen, or what is wrong
 */
struct selftest_check {
	const char *name;
	enum selftest_verdict verdict;
	int status;
	char text[512];
};

/**
 * selftest_failed() - a check failed
 * @check: filled
 * @status: enum prof_exit
 * @what: in words
 */
void selftest_failed(struct selftest_check *check, int status, const char *what);

/* selftest_error() - a check failed with @err, a -errno. */
void selftest_error(struct selftest_check *check, const char *what, int err);

/* selftest_count() - something was counted: as often as it was done? */
void selftest_count(struct selftest_check *check, const char *what, uint64_t got, uint64_t wanted);

/**
 * selftest_tracepoints() - puts in turns, and the model of cache lines
 * @check: filled but for @name, as by the others
 * @pair: two CPUs; of the others, who is not about two looks at neither
 */
void selftest_tracepoints(struct selftest_check *check, const struct prof_pair *pair);

/* selftest_operations() - puts, counted at the module's functions. */
void selftest_operations(struct selftest_check *check, const struct prof_pair *pair);

/* selftest_stalls() - snapshots, whose cuts are told. */
void selftest_stalls(struct selftest_check *check, const struct prof_pair *pair);

/* selftest_samples() - page faults in a map, sampled with their address. */
void selftest_samples(struct selftest_check *check, const struct prof_pair *pair);

/* selftest_counters() - which of the machine's counters there are; what they count is not known. */
void selftest_counters(struct selftest_check *check, const struct prof_pair *pair);

/* selftest_watchpoint() - stores, counted by a debug register. */
void selftest_watchpoint(struct selftest_check *check, const struct prof_pair *pair);

/* selftest_watch() - stores in turns, told to the programs of watchpoints. */
void selftest_watch(struct selftest_check *check, const struct prof_pair *pair);

/**
 * struct selftest_cost - what a profile costs those who put
 * @plain: puts a second without one, each round, sorted
 * @sampled: with one that takes one event in @sample, sorted
 * @rounds: of each
 * @batch: operations of a call; 1 is one by one
 * @sample: see there
 * @ratio: of the medians, @sampled by @plain
 */
struct selftest_cost {
	double plain[99];
	double sampled[99];
	size_t rounds;
	uint32_t batch;
	uint32_t sample;
	double ratio;
};

/**
 * selftest_cost() - measure it
 * @cost: @rounds, @batch and @sample are given, the rest is filled
 *
 * Prints what went wrong.
 *
 * Return: enum prof_exit.
 */
int selftest_cost(struct selftest_cost *cost);

#endif /* PROF_SELFTEST_H */
