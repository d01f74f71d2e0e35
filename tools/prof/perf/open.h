/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * open.h - whether this machine has an event, and why not
 */
#ifndef PROF_OPEN_H
#define PROF_OPEN_H

#include "prof.h"
#include "perf/ladder.h"

/**
 * struct prof_kernel - the kernel that is asked; another one in tests
 * @event_open: perf_event_open() of all processes on one CPU, or of this
 *	process if it is -1; a descriptor or -errno
 * @context: its first argument
 * @programs_why: why BPF programs of tracepoints are refused, -errno and a text "WHY;
 *	REMEDY"; or 0; or NULL
 * @root: what stands before the names of files in /proc and /sys; "" for the
 *	machine's own
 */
struct prof_kernel {
	int (*event_open)(void *context, struct perf_event_attr *attr, int cpu);
	void *context;
	int (*programs_why)(char *text, size_t size);
	const char *root;
};

/* The machine's own. */
extern const struct prof_kernel prof_kernel_own;

/**
 * enum prof_standing - what became of a rung
 * @PROF_STANDING_TAKEN: it works and is the one that is used
 * @PROF_STANDING_FREE: it works; a better one is used, or it must be named
 * @PROF_STANDING_FOREIGN: it is an event of other processors
 * @PROF_STANDING_REFUSED: the kernel would not have it
 */
enum prof_standing {
	PROF_STANDING_TAKEN,
	PROF_STANDING_FREE,
	PROF_STANDING_FOREIGN,
	PROF_STANDING_REFUSED,
};

/**
 * struct prof_trial - a rung, tried
 * @rung: which
 * @standing: what became of it
 * @err: -errno of PROF_STANDING_REFUSED, else 0
 * @why: the reason, in words
 * @remedy: what to do about it, in words; empty if there is nothing
 */
struct prof_trial {
	const struct prof_rung *rung;
	enum prof_standing standing;
	int err;
	char why[192];
	char remedy[192];
};

/**
 * prof_rung_try() - does a rung work here?
 * @kernel: that is asked
 * @cpu: the processor
 * @rung: to be tried: opened once, stopped, and closed
 * @verdict: filled; never PROF_STANDING_TAKEN
 */
void prof_rung_try(const struct prof_kernel *kernel, const struct prof_cpu *cpu,
		   const struct prof_rung *rung, struct prof_trial *verdict);

/**
 * prof_trial_exit() - what a program ends with that needs a rung
 * @verdict: of prof_rung_try()
 *
 * Return: enum prof_exit; PROF_EXIT_OK if it works.
 */
int prof_trial_exit(const struct prof_trial *verdict);

/**
 * prof_ladder_try() - try all rungs and take one
 * @kernel: that is asked
 * @cpu: the processor
 * @verdicts: prof_ladder_length of them, filled
 *
 * Return: the one that is taken, the best that works and need not be named;
 * NULL if none does.
 */
const struct prof_trial *prof_ladder_try(const struct prof_kernel *kernel,
					 const struct prof_cpu *cpu, struct prof_trial *verdicts);

/**
 * prof_rung_open() - start sampling on one CPU; stopped until it is enabled
 * @kernel: that is asked
 * @rung: of PROF_RUNG_EVENT
 * @period: one in so many is a sample; 0 for the rung's own
 * @cpu: the CPU
 *
 * Return: a descriptor, or -errno; -ENODEV there is no such PMU.
 */
int prof_rung_open(const struct prof_kernel *kernel, const struct prof_rung *rung, uint64_t period,
		   int cpu);

/**
 * prof_rung_cpus() - the CPUs that can count an event
 * @kernel: that is asked
 * @rung: of PROF_RUNG_EVENT
 * @cpus: filled with their numbers in ascending order, as many as fit
 * @max: that fit
 *
 * Those of the rung's PMU if not all have it, else those that are online.
 *
 * Return: how many there are; -errno.
 */
int prof_rung_cpus(const struct prof_kernel *kernel, const struct prof_rung *rung, int *cpus,
		   int max);

#endif /* PROF_OPEN_H */
