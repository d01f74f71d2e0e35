// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cells.c - tables of text
 */
#include <errno.h>
#include <inttypes.h>
#include "profile/cells.h"

struct libscols_table *prof_cells_new(const struct prof_column *columns, size_t count, FILE *out)
{
	struct libscols_table *table = scols_new_table();
	size_t i;

	if (!table)
		return NULL;
	if (scols_table_set_stream(table, out))
		goto fail;
	for (i = 0; i < count; i++)
		if (!scols_table_new_column(table, columns[i].name, 0, columns[i].flags))
			goto fail;
	return table;
fail:
	scols_unref_table(table);
	return NULL;
}

int prof_cell_text(struct libscols_line *row, size_t column, const char *text)
{
	return scols_line_set_data(row, column, text) ? -ENOMEM : 0;
}

int prof_cell_number(struct libscols_line *row, size_t column, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return prof_cell_text(row, column, text);
}

int prof_cell_rate(struct libscols_line *row, size_t column, double rate)
{
	char text[400];

	snprintf(text, sizeof(text), "%.1f", rate);
	return prof_cell_text(row, column, text);
}
