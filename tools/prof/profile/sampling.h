/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * sampling.h - what became of an event's samples, for people and for programs
 */
#ifndef PROF_SAMPLING_H
#define PROF_SAMPLING_H

#include <jansson.h>
#include <stdio.h>
#include "source/samples.h"

struct prof_node;
struct prof_profile;

/**
 * struct prof_function - samples without an address of one instruction
 * @address: of the instruction
 * @samples: how many
 * @name: of the function that it is in; "?" if that is not known
 * @operation: function by which the module had been entered; likewise
 */
struct prof_function {
	uint64_t address;
	uint64_t samples;
	const char *name;
	const char *operation;
};

/**
 * struct prof_sampling - of an event that was sampled
 * @counts: what became of its samples
 * @functions: of samples without an address, those with most samples first; of
 *	prof_alloc()
 * @function_count: of @functions
 */
struct prof_sampling {
	struct prof_samples_counts counts;
	struct prof_function *functions;
	size_t function_count;
};

/**
 * prof_sampling_name() - give functions their names
 * @profile: its sampling gets them
 * @rows: where samples come from
 * @count: of @rows
 */
void prof_sampling_name(struct prof_profile *profile, const struct prof_function_row *rows,
			size_t count);

/**
 * prof_sampling_parse() - read what became of the samples, if an event was sampled
 * @profile: its sampling is filled
 * @whole: the profile's object
 */
void prof_sampling_parse(struct prof_profile *profile, const struct prof_node *whole);

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
 * prof_sampling_counts_print() - the counts
 * @sampling: what became of the samples
 * @out: where to
 */
void prof_sampling_counts_print(const struct prof_sampling *sampling, FILE *out);

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
