/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * samples.h - an event that is sampled, from opening it to counting what was lost
 */
#ifndef PROF_SAMPLES_H
#define PROF_SAMPLES_H

#include "prof.h"
#include "bpf/sample.h"
#include "perf/open.h"
#include "source/session.h"

struct prof_samples;

/**
 * struct prof_samples_options - how to sample
 * @rung: which event; of PROF_RUNG_EVENT
 * @period: one in so many is a sample; 0 for the rung's own
 * @map_id: only this map's pages; 0 for all maps'
 * @sample: of these, or of the tracepoints' events, take one in so many of each CPU
 * @lines: cache lines that there is room for
 * @verbose: show what libbpf says
 */
struct prof_samples_options {
	const struct prof_rung *rung;
	uint64_t period;
	uint64_t map_id;
	uint32_t sample;
	uint32_t lines;
	bool verbose;
};

/**
 * struct prof_samples_counts - what became of the samples
 * @totals: sums over all CPUs
 * @period: one in so many was one
 * @events: that the counters counted
 * @lost: samples that there should have been and no program saw: at least so
 *	many
 * @throttled: times that the kernel stopped a counter, for taking too long
 * @pages_dropped: pages of maps that were not known, for want of room
 */
struct prof_samples_counts {
	struct prof_sample_totals totals;
	uint64_t period;
	uint64_t events;
	uint64_t lost;
	uint64_t throttled;
	uint64_t pages_dropped;
};

/**
 * struct prof_function_row - samples without an address of one function
 * @key: where they come from
 * @count: how many
 */
struct prof_function_row {
	struct prof_function_key key;
	uint64_t count;
};

/**
 * prof_samples_open() - load the programs and open the event on all CPUs
 * @options: how to sample
 * @samples: filled on success; unchanged on failure
 *
 * prof_settings_write() lets samples be looked at.  Prints what went wrong.
 *
 * Return: enum prof_exit.
 */
int prof_samples_open(const struct prof_samples_options *options, struct prof_samples **samples);

/**
 * prof_samples_fds() - the maps of the model
 * @samples: being taken
 *
 * Return: descriptors that @samples owns; those of tracepoints are -1.
 */
struct prof_fds prof_samples_fds(const struct prof_samples *samples);

/**
 * prof_samples_begin() - count from now on
 * @samples: prof_settings_write() has enabled them
 */
void prof_samples_begin(struct prof_samples *samples);

/**
 * prof_samples_end() - stop the event
 * @samples: prof_settings_write() has not disabled them yet
 */
void prof_samples_end(struct prof_samples *samples);

/**
 * prof_samples_count() - what became of the samples
 * @samples: of prof_samples_end()
 * @counts: filled on success
 *
 * Return: 0 or -errno.
 */
int prof_samples_count(const struct prof_samples *samples, struct prof_samples_counts *counts);

/**
 * prof_samples_overhead() - add what the programs took, and what was lost
 * @samples: of prof_samples_end()
 * @overhead: of prof_overhead_begin()
 */
void prof_samples_overhead(const struct prof_samples *samples, struct prof_overhead *overhead);

/**
 * prof_samples_functions() - where samples without an address come from
 * @samples: of prof_samples_end()
 * @rows: filled with an array for free(), those with most samples first
 * @count: how many
 *
 * Return: 0 or -errno.
 */
int prof_samples_functions(const struct prof_samples *samples, struct prof_function_row **rows,
			   size_t *count);

/**
 * prof_samples_close() - close the event and unload the programs
 * @samples: or NULL
 */
void prof_samples_close(struct prof_samples *samples);

#endif /* PROF_SAMPLES_H */
