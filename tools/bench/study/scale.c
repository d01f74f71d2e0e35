// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * scale.c - what limits 64 threads, by a model with measured times
 */
#include <math.h>
#include <stdio.h>

#include "scale.h"

static const struct scale_mix mixes[] = {
	{ "reads", SCALE_KHMAP, 100, false, false },
	{ "95 % reads", SCALE_KHMAP, 95, false, false },
	{ "50 % reads", SCALE_KHMAP, 50, false, false },
	{ "replaces", SCALE_KHMAP, 0, false, false },
	{ "new keys", SCALE_KHMAP, 0, true, false },
	{ "one key", SCALE_KHMAP, 0, false, true },
	{ "rwlock, reads", SCALE_RWLOCK, 100, false, false },
	{ "mutex, 95 %", SCALE_MUTEX, 95, false, false },
};

#define MIXES	(sizeof(mixes) / sizeof(mixes[0]))
#define COLUMNS	"threads|reads|95 % reads|50 % reads|replaces|new keys|one key|rwlock, reads|mutex, 95 %"

/* What is measured, and where struct scale_times has it. */
static const struct {
	const char *title;
	size_t offset;
} measured[] = {
	{ "hash of a key, ns", offsetof(struct scale_times, hash) },
	{ "look-up, ns", offsetof(struct scale_times, get) },
	{ "put that replaces, ns", offsetof(struct scale_times, replace) },
	{ "put that adds, ns", offsetof(struct scale_times, insert) },
	{ "split of a bucket, ns", offsetof(struct scale_times, split) },
	{ "an overflow page, ns", offsetof(struct scale_times, page) },
	{ "a run of primary pages, ns", offsetof(struct scale_times, run) },
	{ "a line from core to core, ns", offsetof(struct scale_times, transfer) },
	{ "splits a new key", offsetof(struct scale_times, splits) },
	{ "overflow pages a new key", offsetof(struct scale_times, pages) },
	{ "runs a new key", offsetof(struct scale_times, runs) },
	{ "stores to the count of all", offsetof(struct scale_times, tells) },
};

#define MEASURED	(sizeof(measured) / sizeof(measured[0]))

static double *times_member(struct scale_times *times, u32 index)
{
	return (double *)((char *)times + measured[index].offset);
}

/* Fill @times with the medians of all rounds. */
static void scale_times(struct study *study, struct scale_times *times)
{
	json_t *table = study_table(study, "Times of one thread, and how often", "|median"), *cell;
	int round, rounds = study->options->rounds;
	struct scale_times each[STUDY_ROUNDS_MAX];
	double samples[STUDY_ROUNDS_MAX];
	u32 i;

	for (round = 0; round < rounds; round++)
		scale_measure(&each[round], study);
	for (i = 0; i < MEASURED; i++) {
		cell = study_cell_samples(study_row(table, measured[i].title));
		for (round = 0; round < rounds; round++) {
			samples[round] = *times_member(&each[round], i);
			study_sample(cell, samples[round]);
		}
		*times_member(times, i) = study_median(samples, rounds);
	}
}

/* One thread waits for nobody, and readers never do: that is known without a model. */
static void scale_check(const struct scale_times *times, u32 threads,
			const struct scale_result *reads, const struct scale_result *replaces)
{
	if (fabs(reads->rate * times->get / threads / 1e3 - 1) > 0.05)
		study_wrong("the model has %u readers do %g million look-ups a second", threads,
			    reads->rate);
	if (threads == 1 && fabs(replaces->rate * times->replace / 1e3 - 1) > 0.05)
		study_wrong("the model has one writer do %g million puts a second",
			    replaces->rate);
}

/* What a reader has left beside somebody who writes as fast as he can. */
static void scale_reader(struct study *study)
{
	static const struct {
		const char *title;
		const struct scale_mix *writer;
		u32 entries;
	} beside[] = {
		{ "nobody", NULL, SCALE_ENTRIES },
		{ "one who replaces", &mixes[3], SCALE_ENTRIES },
		{ "one who adds", &mixes[4], SCALE_ENTRIES },
		{ "nobody", NULL, 10 * SCALE_ENTRIES },
		{ "one who replaces", &mixes[3], 10 * SCALE_ENTRIES },
		{ "one who adds", &mixes[4], 10 * SCALE_ENTRIES },
	};
	const u32 count = sizeof(beside) / sizeof(beside[0]);
	json_t *table = study_table(study, "A reader beside a writer, measured",
				    "beside|entries|million look-ups a second|of what it has alone");
	json_t *cells[sizeof(beside) / sizeof(beside[0])];
	json_t *shares[sizeof(beside) / sizeof(beside[0])], *row;
	double alone = NAN, rates[2];
	int round;
	u32 i;

	for (i = 0; i < count; i++) {
		row = study_row(table, beside[i].title);
		study_cell_count(row, beside[i].entries);
		cells[i] = study_cell_samples(row);
		shares[i] = study_cell_samples(row);
	}
	for (round = 0; round < study->options->rounds; round++)
		for (i = 0; i < count; i++) {
			scale_measure_two(&mixes[0], beside[i].writer, beside[i].entries,
					  study->options->lock_ms, rates);
			if (!beside[i].writer)
				alone = rates[0];
			study_sample(cells[i], rates[0]);
			study_sample(shares[i], rates[0] / alone);
		}
}

void study_scale(struct study *study)
{
	json_t *table, *row, *cells[MIXES];
	struct scale_result results[MIXES];
	struct scale_times times;
	double two[MIXES], rates[2];
	char label[16];
	u32 threads, i;
	int round;

	scale_times(study, &times);
	if (isnan(times.transfer)) {
		study_note(study, "With one processor nothing can be said of many.");
		return;
	}
	study_note(study, "A model: each thread has a processor of its own, all in one socket like those");
	study_note(study, "of this machine. All of a put but the hash counts as time under its lock.");
	table = study_table(study, "Million operations a second, by the model", COLUMNS);
	for (threads = 1; threads <= SCALE_THREADS; threads *= 2) {
		snprintf(label, sizeof(label), "%u", threads);
		row = study_row(table, label);
		for (i = 0; i < MIXES; i++) {
			scale_simulate(&times, &mixes[i], threads, &results[i]);
			study_cell_real(row, results[i].rate);
			if (threads == 2)
				two[i] = results[i].rate;
		}
		scale_check(&times, threads, &results[0], &results[3]);
	}
	study_chart(study, "the model's throughput by threads", "million operations a second",
		    "1,2,3,4,5,6,7,8", "loglines");

	table = study_table(study, "What limits 64 threads",
			    "|waits, %|busiest|busy, %|splits left, %|2 threads, model|2 threads, measured");
	for (i = 0; i < MIXES; i++) {
		row = study_row(table, mixes[i].title);
		study_cell_real(row, 100 * results[i].waiting);
		study_cell_text(row, results[i].busiest);
		study_cell_real(row, 100 * results[i].busy);
		study_cell_real(row, 100 * results[i].behind);
		study_cell_real(row, two[i]);
		if (mixes[i].scheme == SCALE_KHMAP)
			cells[i] = study_cell_samples(row);
	}
	for (round = 0; round < study->options->rounds; round++)
		for (i = 0; i < MIXES; i++)
			if (mixes[i].scheme == SCALE_KHMAP) {
				scale_measure_two(&mixes[i], &mixes[i], SCALE_ENTRIES,
						  study->options->lock_ms, rates);
				study_sample(cells[i], rates[0] + rates[1]);
			}
	scale_reader(study);
}
