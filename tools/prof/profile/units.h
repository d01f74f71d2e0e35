/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * units.h - how much of a line's sharing would be left if parts of it were apart
 *
 * How often a line moves depends on the order of accesses, which is not kept;
 * how many accesses each processor made to which bytes is.  If these came in an
 * order of chance, two that follow each other would be of two processors, and
 * one of them a store, with a probability that the counts tell.  With the line
 * taken apart into units that lie in lines of their own the same is true of each
 * unit.  The quotient of the two expectations is how much of the transfers would
 * be left.  It is exact where all are left or none; else it is an estimate.
 */
#ifndef PROF_UNITS_H
#define PROF_UNITS_H

#include "profile/profile.h"

/**
 * prof_units_left() - transfers that would be left
 * @line: the line
 * @unit: tells the unit of an access
 * @context: for @unit
 *
 * Return: a part of the line's transfers, from 0 to 1; 1 if its accesses do not
 * tell of more than one processor.
 */
double prof_units_left(const struct prof_line_row *line,
		       uint64_t (*unit)(const void *context, const struct prof_access_row *access),
		       const void *context);

/**
 * struct prof_fields - bytes of a line that are accessed together
 * @first: for each byte, the first byte of its field
 */
struct prof_fields {
	uint8_t first[PROF_LINE_SIZE];
};

/**
 * prof_fields_find() - the fields of a line
 * @line: the line; accesses that overlap are to one field
 * @fields: filled
 */
void prof_fields_find(const struct prof_line_row *line, struct prof_fields *fields);

#endif /* PROF_UNITS_H */
