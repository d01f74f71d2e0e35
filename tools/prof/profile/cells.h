/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * cells.h - tables of text
 */
#ifndef PROF_CELLS_H
#define PROF_CELLS_H

#include <libsmartcols/libsmartcols.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct prof_column - a column
 * @name: its heading
 * @flags: SCOLS_FL_*
 */
struct prof_column {
	const char *name;
	int flags;
};

/**
 * prof_cells_new() - an empty table
 * @columns: of it
 * @count: of @columns
 * @out: where it is going to be printed
 *
 * Return: for scols_unref_table(); NULL without memory.
 */
struct libscols_table *prof_cells_new(const struct prof_column *columns, size_t count, FILE *out);

/* Each returns 0, or -ENOMEM. */
int prof_cell_text(struct libscols_line *row, size_t column, const char *text);
int prof_cell_number(struct libscols_line *row, size_t column, uint64_t number);
int prof_cell_rate(struct libscols_line *row, size_t column, double rate);

#endif /* PROF_CELLS_H */
