/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * output.h - text, JSON, or both
 */
#ifndef PROF_OUTPUT_H
#define PROF_OUTPUT_H

#include <jansson.h>
#include "prof.h"

#define PROF_TIMING_FORMAT	1	/* of the JSON of wait, stat, demo and selftest */

/**
 * struct prof_output - what is asked for
 * @json: as JSON
 * @file: where to; NULL is standard output, which then has no text
 */
struct prof_output {
	bool json;
	const char *file;
};

/* prof_output_option() - take --json, @value is its file or NULL. */
void prof_output_option(struct prof_output *output, const char *value);

/* prof_output_check() - can its file be written?  Prints why not; enum prof_exit. */
int prof_output_check(const struct prof_output *output);

/* Is text to be printed? */
static inline bool prof_output_text(const struct prof_output *output)
{
	return !output->json || output->file;
}

/**
 * prof_output_json() - write JSON if it is asked for
 * @output: see there
 * @json: given away; NULL is no memory.  Prints what went wrong
 *
 * Return: enum prof_exit.
 */
int prof_output_json(const struct prof_output *output, json_t *json);

/**
 * prof_output_done() - see whether all text was printed
 * @err: of what printed it; prints what went wrong
 *
 * Return: enum prof_exit.
 */
int prof_output_done(int err);

#endif /* PROF_OUTPUT_H */
