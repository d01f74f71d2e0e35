/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * scale.h - what limits many threads: times that are measured, and a model
 */
#ifndef KHMAP_STUDY_SCALE_H
#define KHMAP_STUDY_SCALE_H

#include "study.h"

#define SCALE_THREADS	64
#define SCALE_ENTRIES	100000u	/* of the map whose times are measured */

/**
 * struct scale_times - what one thread takes, alone, in nanoseconds
 * @hash: of a key
 * @get: a look-up that hits
 * @replace: a put that replaces
 * @insert: a put that adds a key and causes nothing else
 * @split: what the split of a bucket adds to it
 * @page: what getting an overflow page adds
 * @run: what getting a run of primary pages adds
 * @transfer: from the atomic addition of one processor to that of another
 * @splits: for each key that is added
 * @pages: likewise
 * @runs: likewise
 * @tells: keys added to the count that all stripes share, likewise
 */
struct scale_times {
	double hash;
	double get;
	double replace;
	double insert;
	double split;
	double page;
	double run;
	double transfer;
	double splits;
	double pages;
	double runs;
	double tells;
};

enum scale_scheme {
	SCALE_KHMAP,
	SCALE_MUTEX,
	SCALE_RWLOCK,
};

/**
 * struct scale_mix - what threads do
 * @title: for people
 * @scheme: what they share the map by
 * @reads: of 100 operations
 * @adds: puts add keys; else they replace
 * @one_key: all puts are of one key
 */
struct scale_mix {
	const char *title;
	enum scale_scheme scheme;
	u32 reads;
	bool adds;
	bool one_key;
};

/**
 * struct scale_result - what the model says
 * @rate: million operations a second
 * @waiting: share of the threads' time that they wait for a lock or a line
 * @busiest: name of what is busy for most of the time
 * @busy: for what share of it
 * @behind: of the splits that puts asked for, the share that nobody has done
 */
struct scale_result {
	double rate;
	double waiting;
	const char *busiest;
	double busy;
	double behind;
};

/**
 * scale_measure() - one round of measurements
 * @times: filled
 * @study: whose options say how long it takes
 */
void scale_measure(struct scale_times *times, const struct study *study);

/**
 * scale_measure_two() - two threads, for the model to be compared with
 * @first: what one does, to khmap
 * @second: what the other does, likewise; or NULL, nothing
 * @entries: of the map
 * @ms: how long
 * @rates: filled: million operations a second of each; NaN if there is only
 *	one processor
 */
void scale_measure_two(const struct scale_mix *first, const struct scale_mix *second,
		       u32 entries, u32 ms, double rates[2]);

/**
 * scale_simulate() - run the model
 * @times: medians of the measurements
 * @mix: what the threads do
 * @threads: 1..SCALE_THREADS, each on a processor of its own
 * @result: filled
 */
void scale_simulate(const struct scale_times *times, const struct scale_mix *mix, u32 threads,
		    struct scale_result *result);

#endif /* KHMAP_STUDY_SCALE_H */
