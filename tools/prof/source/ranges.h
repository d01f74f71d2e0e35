/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * ranges.h - addresses of a process, that a user names to have them watched
 */
#ifndef PROF_RANGES_H
#define PROF_RANGES_H

#include <sys/types.h>
#include "prof.h"

#define PROF_RANGES_MAX		64
#define PROF_RANGE_NAME		64	/* with a NUL */
#define PROF_RANGE_BYTES	65536	/* of all ranges together */

struct prof_fields;

/**
 * struct prof_piece - one option --range or --symbol
 * @range: number of its range
 * @start: its first address; of a symbol's not found yet, from its start
 * @length: bytes; of a symbol's not found yet 0 for all
 */
struct prof_piece {
	uint32_t range;
	uint64_t start;
	uint64_t length;
};

/**
 * struct prof_range - pieces of one name
 * @start: the lowest address
 * @end: behind the highest one
 * @name: of the range, or empty
 * @symbol: the name is that of a variable, to be looked for
 * @fields: of the variable; NULL if they are not known
 * @fields_start: address of the variable
 */
struct prof_range {
	uint64_t start;
	uint64_t end;
	char name[PROF_RANGE_NAME];
	bool symbol;
	struct prof_fields *fields;
	uint64_t fields_start;
};

/**
 * struct prof_ranges - what of a process shall be watched
 * @pid: of the process; 0 until it is known
 * @ranges: by number
 * @count: of @ranges
 * @pieces: of all ranges
 * @piece_count: of @pieces
 */
struct prof_ranges {
	pid_t pid;
	struct prof_range ranges[PROF_RANGES_MAX];
	uint32_t count;
	struct prof_piece pieces[PROF_RANGES_MAX];
	uint32_t piece_count;
};

/**
 * prof_ranges_add() - take an option --range
 * @ranges: changed
 * @text: START+LENGTH[:NAME]; options of one name are parts of one range
 *
 * Prints what is wrong.
 *
 * Return: whether all is well.
 */
bool prof_ranges_add(struct prof_ranges *ranges, const char *text);

/**
 * prof_ranges_add_symbol() - take an option --symbol
 * @ranges: changed
 * @text: NAME[:OFFSET+LENGTH], of a variable and of a part of it
 *
 * Prints what is wrong.
 *
 * Return: whether all is well.
 */
bool prof_ranges_add_symbol(struct prof_ranges *ranges, const char *text);

/**
 * prof_ranges_find() - find the variables, and see whether all is there
 * @ranges: changed; @pid of it is known
 *
 * Prints what is wrong.
 *
 * Return: enum prof_exit.
 */
int prof_ranges_find(struct prof_ranges *ranges);

/**
 * prof_ranges_free() - free what prof_ranges_find() allocated
 * @ranges: its memory remains the caller's
 */
void prof_ranges_free(struct prof_ranges *ranges);

#endif /* PROF_RANGES_H */
