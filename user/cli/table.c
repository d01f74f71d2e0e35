// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * table.c - tables for people, by libsmartcols
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <libsmartcols/libsmartcols.h>

#include "table.h"

/**
 * struct table - A table being filled.
 * @cols: libsmartcols' own
 * @line: the line being filled
 * @cell: the next cell of it
 * @failed: memory was short
 */
struct table {
	struct libscols_table *cols;
	struct libscols_line *line;
	size_t cell;
	bool failed;
};

struct table *table_create(const struct table_column *columns, size_t count, bool headings)
{
	struct table *table = calloc(1, sizeof(*table));
	size_t i;

	if (!table)
		return NULL;
	table->cols = scols_new_table();
	if (!table->cols) {
		free(table);
		return NULL;
	}
	scols_table_enable_noheadings(table->cols, !headings);
	for (i = 0; i < count; i++)
		if (!scols_table_new_column(table->cols, columns[i].name, 0,
					    columns[i].right ? SCOLS_FL_RIGHT : 0))
			table->failed = true;
	return table;
}

void table_line(struct table *table)
{
	if (!table)
		return;
	table->line = scols_table_new_line(table->cols, NULL);
	table->cell = 0;
	table->failed |= !table->line;
}

static void __attribute__((format(printf, 2, 0)))
table_vcell(struct table *table, const char *fmt, va_list args)
{
	char *text;

	if (!table || !table->line)
		return;
	if (vasprintf(&text, fmt, args) < 0) {
		table->failed = true;
		return;
	}
	if (scols_line_refer_data(table->line, table->cell++, text)) {
		table->failed = true;
		free(text);
	}
}

void table_cell(struct table *table, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	table_vcell(table, fmt, args);
	va_end(args);
}

void table_row(struct table *table, const char *name, const char *fmt, ...)
{
	va_list args;

	table_line(table);
	table_cell(table, "%s", name);
	va_start(args, fmt);
	table_vcell(table, fmt, args);
	va_end(args);
}

int table_print(struct table *table)
{
	bool failed = !table || table->failed;

	if (table) {
		scols_print_table(table->cols);
		scols_unref_table(table->cols);
		free(table);
	}
	return failed ? -ENOMEM : 0;
}
