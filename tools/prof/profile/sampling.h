/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * sampling.h - what became of an event's samples, for people and for programs
 */
#ifndef PROF_SAMPLING_H
#define PROF_SAMPLING_H

#include <jansson.h>
#include <stdio.h>
#include "source/samples.h"

/**
 * struct prof_sampling - of an event that was sampled
 * @counts: what became of its samples
 * @functions: of samples without an address, those with most samples first; of
 *	malloc()
 * @function_count: of @functions
 */
struct prof_sampling {
	struct prof_samples_counts counts;
	struct prof_function_row *functions;
	size_t function_count;
};

/**
 * prof_sampling_json() - the counts, for the object "source" of a profile
 * @sampling: what became of the samples
 *
 * Return: an object; NULL if there is no memory.
 */
json_t *prof_sampling_json(const struct prof_sampling *sampling);

/**
 * prof_sampling_functions() - the array "functions" of a profile
 * @sampling: what became of the samples
 *
 * Return: an array; NULL if there is no memory.
 */
json_t *prof_sampling_functions(const struct prof_sampling *sampling);

/**
 * prof_sampling_print() - the functions as a table, and the counts
 * @sampling: what became of the samples
 * @has_address: the event tells which bytes were accessed, so has no functions
 * @top: functions at most
 * @out: where to
 *
 * Return: 0; -ENOMEM.
 */
int prof_sampling_print(const struct prof_sampling *sampling, bool has_address, size_t top,
			FILE *out);

#endif /* PROF_SAMPLING_H */
