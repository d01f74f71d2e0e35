// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * report_study.c - the tables and charts of studies
 *
 * A study's tables say themselves what is in them, so this knows none of them.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

#define CELL	64

/* A cell as a number: itself, or the median of its samples. */
static double cell_number(const json_t *cell)
{
	if (json_is_array(cell))
		return report_median_of(cell);
	return json_is_number(cell) ? json_number_value(cell) : NAN;
}

/* Three digits that count. */
static void cell_text(const json_t *cell, char text[CELL])
{
	double value = cell_number(cell);

	if (json_is_string(cell))
		snprintf(text, CELL, "%s", json_string_value(cell));
	else if (isnan(value))
		snprintf(text, CELL, "-");
	else if (json_is_integer(cell) || fabs(value) >= 100)
		snprintf(text, CELL, "%.0f", value);
	else if (value && fabs(value) < 0.1)
		snprintf(text, CELL, "%.2g", value);
	else
		snprintf(text, CELL, "%.*f", fabs(value) >= 10 ? 1 : 2, value);
}

static size_t column_width(const json_t *table, size_t column)
{
	size_t width = strlen(json_string_value(json_array_get(json_object_get(table, "columns"),
							       column)));
	const json_t *row;
	char text[CELL];
	size_t i;

	json_array_foreach(json_object_get(table, "rows"), i, row) {
		cell_text(json_array_get(row, column), text);
		if (strlen(text) > width)
			width = strlen(text);
	}
	return width;
}

/* Texts begin and numbers end at the same place in each row. */
static void text_cell(const char *text, int width, bool left, bool last)
{
	printf("  %*s", left ? (last ? 0 : -width) : width, text);
}

static void text_table(const json_t *table)
{
	const json_t *columns = json_object_get(table, "columns"), *row, *name;
	const json_t *rows = json_object_get(table, "rows");
	size_t i, j, last = json_array_size(columns) - 1;

	printf("\n%s\n", json_string_value(json_object_get(table, "title")));
	json_array_foreach(columns, j, name) {
		bool left = json_is_string(json_array_get(json_array_get(rows, 0), j));

		text_cell(json_string_value(name), (int)column_width(table, j), left, j == last);
	}
	putchar('\n');
	json_array_foreach(rows, i, row) {
		json_array_foreach(columns, j, name) {
			const json_t *cell = json_array_get(row, j);
			char text[CELL];

			cell_text(cell, text);
			text_cell(text, (int)column_width(table, j), json_is_string(cell),
				  j == last);
		}
		putchar('\n');
	}
}

void report_study_text(const json_t *studies)
{
	const json_t *study, *table, *note;
	size_t i, j;

	json_array_foreach(studies, i, study) {
		const char *title = json_string_value(json_object_get(study, "title"));
		size_t length = strlen(title);

		printf("\n%s\n", title);
		while (length--)
			putchar('-');
		putchar('\n');
		json_array_foreach(json_object_get(study, "notes"), j, note)
			printf("%s\n", json_string_value(note));
		json_array_foreach(json_object_get(study, "tables"), j, table)
			text_table(table);
	}
}

static bool style_is(const json_t *chart, const char *part)
{
	return strstr(json_string_value(json_object_get(chart, "style")), part);
}

static void plot_chart(const json_t *study, const json_t *chart, size_t number)
{
	const json_t *tables = json_object_get(study, "tables");
	const json_t *table = json_array_get(tables,
					     (size_t)report_number(chart, "table"));
	const json_t *columns = json_object_get(chart, "columns"), *column, *row;
	size_t i, j;

	printf("$chart%zu << EOD\n\"\"", number);
	json_array_foreach(columns, j, column)
		printf(" \"%s\"",
		       json_string_value(json_array_get(json_object_get(table, "columns"),
							(size_t)json_integer_value(column))));
	putchar('\n');
	json_array_foreach(json_object_get(table, "rows"), i, row) {
		printf("\"%s\"", json_string_value(json_array_get(row, 0)));
		json_array_foreach(columns, j, column) {
			size_t at = (size_t)json_integer_value(column);

			printf(" %g", cell_number(json_array_get(row, at)));
		}
		putchar('\n');
	}
	printf("EOD\nset title \"%s\"\nset ylabel \"%s\"\n",
	       json_string_value(json_object_get(chart, "title")),
	       json_string_value(json_object_get(chart, "unit")));
	if (style_is(chart, "log"))
		printf("set logscale y\nset yrange [*:*]\n");
	else
		printf("unset logscale\nset yrange [0:*]\n");
	if (style_is(chart, "bars"))
		printf("set style data histogram\nset style fill solid\n");
	else
		printf("set style data linespoints\n");
	printf("plot for [i=2:%zu] $chart%zu using i:xtic(1) title columnheader(i)\n",
	       json_array_size(columns) + 1, number);
}

void report_study_plot(const json_t *studies)
{
	const json_t *study, *chart;
	size_t i, j, charts = 0;

	json_array_foreach(studies, i, study)
		charts += json_array_size(json_object_get(study, "charts"));
	printf("set terminal svg size 1200,%zu dynamic noenhanced font 'sans,11'\n",
	       (charts + 1) / 2 * 380);
	printf("set multiplot layout %zu,2\n", (charts + 1) / 2);
	printf("set key below maxrows 3 font ',9'\nset grid y\n");
	printf("set xtics rotate by -20 font ',9'\n");
	charts = 0;
	json_array_foreach(studies, i, study)
		json_array_foreach(json_object_get(study, "charts"), j, chart)
			plot_chart(study, chart, charts++);
	printf("unset multiplot\n");
}
