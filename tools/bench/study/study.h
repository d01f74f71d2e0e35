/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * study.h - what the studies have in common
 *
 * A study fills tables whose cells are numbers, texts, or the samples of all
 * rounds, of which bench-report prints the median.  A wrong answer of a subject
 * ends the run: a study of a broken table is worth nothing.
 */
#ifndef KHMAP_STUDY_H
#define KHMAP_STUDY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "../../../kmod/core/table.h"

#define STUDY_ROUNDS_MAX	64

/**
 * struct study_options - how long the studies take
 * @rounds: of whatever is timed
 * @churn_seconds: that churn lasts
 * @lock_ms: that a round of one lock scheme lasts
 * @entries_most: larger maps are left out
 * @walk: path of the program that runs under cachegrind; NULL for no such run
 */
struct study_options {
	int rounds;
	u32 churn_seconds;
	u32 lock_ms;
	u32 entries_most;
	const char *walk;
};

/**
 * struct study - one study, while it is made
 * @options: of the run
 * @root: its part of the file
 */
struct study {
	const struct study_options *options;
	json_t *root;
};

/**
 * study_create() - a study without tables
 * @options: must outlive the study
 * @name: short, as on the command line
 * @title: one line
 *
 * Return: the study; its root is owned by the caller.
 */
struct study study_create(const struct study_options *options, const char *name,
			  const char *title);

/**
 * study_note() - say something beside the tables
 * @study: the study
 * @fmt: of one line
 */
void study_note(struct study *study, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * study_progress() - say on the terminal what is done now
 * @fmt: takes the place of what was said before; NULL to say nothing any more
 *
 * If standard error is no terminal nothing is said.
 */
void study_progress(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/**
 * study_table() - begin a table
 * @study: the study
 * @title: one line
 * @columns: titles, with '|' between
 *
 * Return: the table, owned by the study.
 */
json_t *study_table(struct study *study, const char *title, const char *columns);

/**
 * study_row() - begin a row
 * @table: of study_table()
 * @label: its first cell
 *
 * Return: the row, owned by the table; the study_cell_*() append to it.
 */
json_t *study_row(json_t *table, const char *label);

void study_cell_text(json_t *row, const char *text);
void study_cell_count(json_t *row, u64 count);
void study_cell_real(json_t *row, double value);
/* A cell without a figure. */
void study_cell_none(json_t *row);
/* A cell of samples; study_sample() appends to what it returns. */
json_t *study_cell_samples(json_t *row);
void study_sample(json_t *cell, double value);

/**
 * study_chart() - draw columns of the study's last table
 * @study: the study
 * @title: one line
 * @unit: of the columns
 * @columns: indexes, with ',' between; each becomes a series, and each row a
 *	group of them
 * @style: "bars" or "lines"; "logbars" and "loglines" for a logarithmic scale
 */
void study_chart(struct study *study, const char *title, const char *unit,
		 const char *columns, const char *style);

/**
 * study_failed() - end the run, with status 1: something is missing
 * @fmt: what
 */
void study_failed(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/**
 * study_wrong() - end the run, with status 1: an answer was wrong
 * @fmt: what, and of whom
 */
void study_wrong(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/**
 * study_alloc() - zeroed memory; ends the run if there is none
 * @count: elements
 * @size: of one, in bytes
 *
 * Return: for free(); aligned to cache lines, or on huge pages if that large.
 */
void *study_alloc(size_t count, size_t size);

/**
 * study_median() - the median of some samples
 * @samples: sorted on return
 * @count: 1 or more
 *
 * Return: the median; of an even number the upper of the middle two.
 */
double study_median(double *samples, int count);

/**
 * struct random - a small random generator, splitmix64 (Steele, Lea, Flood, 2014)
 * @state: the seed
 */
struct random {
	u64 state;
};

static inline u64 random_next(struct random *random)
{
	u64 z = random->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0..@limit - 1; @limit has at most 32 bits. */
static inline u32 random_below(struct random *random, u32 limit)
{
	return (u32)((random_next(random) >> 32) * limit >> 32);
}

static inline double study_seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Time of this thread on a processor, in nanoseconds. */
static inline double thread_ns(void)
{
	return study_seconds(CLOCK_THREAD_CPUTIME_ID) * 1e9;
}

/* The studies; each fills its tables. */
void study_hash(struct study *study);
void study_probe(struct study *study);
void study_lock(struct study *study);
void study_slot(struct study *study);
void study_align(struct study *study);
void study_ends(struct study *study);
void study_churn(struct study *study);
void study_scale(struct study *study);
void study_snapshot(struct study *study);
void study_serialize(struct study *study);
void study_open(struct study *study);

#endif /* KHMAP_STUDY_H */
