/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * demo.h - experiments: two CPUs, and what they share
 */
#ifndef PROF_DEMO_H
#define PROF_DEMO_H

#include <stdatomic.h>
#include <stdio.h>
#include <jansson.h>
#include "prof.h"
#include "profile/profile.h"
#include "source/topology.h"

#define DEMO_ROUNDS_MAX	99
#define DEMO_CASES	6
#define DEMO_TURNS	500	/* of each CPU, for the model of lines */

/**
 * enum demo_verdict - what two CPUs share
 * @DEMO_NOTHING: no line
 * @DEMO_FALSE: a line, but no byte
 * @DEMO_TRUE: a byte
 * @DEMO_MIXED: a line that moves for a byte, and without, neither nearly always
 * @DEMO_MOVED: a line that one of them takes over, and hardly ever gives back
 */
enum demo_verdict {
	DEMO_NOTHING,
	DEMO_FALSE,
	DEMO_TRUE,
	DEMO_MIXED,
	DEMO_MOVED,
};

/**
 * struct demo_case - an experiment
 * @group: "counters" or "maps"
 * @name: what is laid out how
 * @why_not: why it was not made; empty if it was
 * @round_ns: time of an operation, of each round
 * @ns: their median
 * @rounds: that were made
 * @operations: of both CPUs, in one round
 * @counted: of those, the ones that were found done afterwards, in the last
 *	round
 * @misses_known: @misses is filled
 * @misses: stores that missed, of an operation
 * @misses_counts: what they are, in words, if it is not just that; or NULL
 * @misses_why: why it is not known
 * @modelled: the model has been asked
 * @turns: stores of each CPU that the model was told of, one CPU after the other
 * @as_true: transfers that it says are true sharing
 * @as_false: that are false sharing
 * @modelled_why: why it has not been asked
 * @verdict: by the model; or, without it, by the addresses or the layout
 * @verdict_by: which of them, in a word
 */
struct demo_case {
	const char *group;
	const char *name;
	char why_not[512];
	double round_ns[DEMO_ROUNDS_MAX];
	double ns;
	size_t rounds;
	uint64_t operations;
	uint64_t counted;
	bool misses_known;
	double misses;
	const char *misses_counts;
	char misses_why[160];
	bool modelled;
	uint64_t turns;
	uint64_t as_true;
	uint64_t as_false;
	char modelled_why[512];
	enum demo_verdict verdict;
	const char *verdict_by;
};

/**
 * struct demo_transfers - what the model says; zeroed at first
 * @as_true: transfers of true sharing
 * @as_false: of false sharing
 * @most: transfers of the line that moved most
 * @verdict: on that line
 */
struct demo_transfers {
	uint64_t as_true;
	uint64_t as_false;
	uint64_t most;
	enum demo_verdict verdict;
};

/**
 * struct demo - all of it
 * @pair: the two CPUs
 * @rounds: of each case
 * @increments: of each CPU, in a round with counters
 * @puts: likewise, with maps
 * @watchpoints: the model is asked about counters, too
 * @cases: the experiments
 * @count: of them
 */
struct demo {
	struct prof_pair pair;
	size_t rounds;
	uint64_t increments;
	uint64_t puts;
	bool watchpoints;
	struct demo_case cases[DEMO_CASES];
	size_t count;
};

/**
 * struct demo_work - what each of two CPUs does; @which is 0 or 1
 * @prepare: before either begins, outside the time; returns 0 or a -errno; NULL
 *	for nothing
 * @run: what is timed; returns 0 or a -errno
 * @finish: behind that, outside the time, if @prepare was called; NULL for
 *	nothing
 */
struct demo_work {
	int (*prepare)(void *context, int which);
	int (*run)(void *context, int which);
	void (*finish)(void *context, int which);
};

/**
 * demo_pair_run() - have both CPUs do something at the same time
 * @pair: the CPUs
 * @work: what each does; if one cannot begin, the other does not either
 * @context: for @work
 * @ns: filled: from when both began until both were done
 *
 * Return: 0, or a -errno.
 */
int demo_pair_run(const struct prof_pair *pair, const struct demo_work *work, void *context,
		  double *ns);

/**
 * struct demo_turns - what two CPUs that take turns look at; zeroed at first
 * @now: which of them may go on; neither if one has failed
 */
struct demo_turns {
	atomic_uint now;
};

/* demo_turns_wait() - wait for one's turn; false if the other one has failed. */
bool demo_turns_wait(struct demo_turns *turns, int which);

/* demo_turns_pass() - let the other one go on; not 0 in @err is that this one cannot. */
void demo_turns_pass(struct demo_turns *turns, int which, int err);

/**
 * demo_verdict_of() - what two accesses share
 * @first: address of the one
 * @second: of the other
 * @size: bytes of each
 *
 * Return: by lines of PROF_LINE_SIZE bytes.
 */
enum demo_verdict demo_verdict_of(uintptr_t first, uintptr_t second, size_t size);

/* demo_transfers_add() - add those of a line, whose verdict is that of a profile. */
void demo_transfers_add(struct demo_transfers *transfers, const struct prof_line_row *line);

/* demo_case_model() - take what the model says of DEMO_TURNS turns, and its verdict. */
void demo_case_model(struct demo_case *at, const struct demo_transfers *transfers);

/* demo_median() - the median of numbers, which are sorted by it; 0 of none. */
double demo_median(double *numbers, size_t count);

/**
 * demo_counters() - the experiments with counters
 * @demo: cases are added
 *
 * Return: 0 or -errno.
 */
int demo_counters(struct demo *demo);

/**
 * demo_maps() - the experiments with maps
 * @demo: cases are added, without the module too
 *
 * Return: 0 or -errno.
 */
int demo_maps(struct demo *demo);

/* A verdict in words. */
const char *demo_verdict_words(enum demo_verdict verdict);

/* demo_print() - a table, and what is missing in it; 0 or -errno. */
int demo_print(const struct demo *demo, FILE *out);

/* demo_json() - the same for programs; NULL if there is no memory. */
json_t *demo_json(const struct demo *demo);

#endif /* PROF_DEMO_H */
