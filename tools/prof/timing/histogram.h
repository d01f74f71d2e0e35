/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * histogram.h - times by powers of two, and how times are written
 */
#ifndef PROF_HISTOGRAM_H
#define PROF_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PROF_BAR_WIDTH	40

/**
 * prof_time_text() - a time with a unit
 * @ns: the time
 * @text: filled: three digits at least, "873 ns", "12.6 us", "1.07 s"
 * @size: of @text
 *
 * Return: @text.
 */
const char *prof_time_text(uint64_t ns, char *text, size_t size);

/**
 * prof_histogram_range() - the buckets that are not empty
 * @buckets: bucket N has times from 2^N
 * @count: of @buckets
 * @first: filled: the first that is not empty
 * @last: filled: the last
 *
 * Return: 0; -ENOENT all are empty.
 */
int prof_histogram_range(const uint64_t *buckets, size_t count, size_t *first, size_t *last);

/**
 * prof_histogram_percentile() - a time that a part of all did not exceed
 * @buckets: bucket N has times from 2^N to below 2^(N+1), the first also 0
 * @count: of @buckets
 * @percent: from 1 to 100
 *
 * Return: the highest time of the bucket in which that part is reached; 0 if all
 * are empty.
 */
uint64_t prof_histogram_percentile(const uint64_t *buckets, size_t count, unsigned int percent);

/**
 * prof_histogram_print() - one line for each bucket, from the first to the last
 * @buckets: see prof_histogram_range()
 * @count: of @buckets
 * @out: where to
 */
void prof_histogram_print(const uint64_t *buckets, size_t count, FILE *out);

#endif /* PROF_HISTOGRAM_H */
