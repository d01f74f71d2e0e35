// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_csv.c - records from CSV
 *
 * libcsv splits rows into cells and calls back.  It is fed up to one end of a
 * line at a time, so that a call never finishes more than one row and the place
 * of the row is known.  The row's own bytes are kept until it is done: where in
 * them a cell is, is looked up only when the cell is wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <csv.h>

#include "error.h"
#include "record_reader.h"

/**
 * struct record_csv - The row being read.
 * @parser: libcsv's state
 * @parsing: @parser is made
 * @columns: the input's columns, in its order
 * @raw: the row as it is in the input
 * @cells: contents of the cells, one behind the other
 * @ends: where in @cells each cell ends
 * @ends_size: number of @ends there is room for
 * @count: cells so far
 * @row_done: the row is complete
 * @error: what went wrong in a callback
 * @skipping: a bad row's rest is being skipped
 * @row_line: line where the row starts
 * @row_column: column where it starts, from 0
 * @line: line of the next byte
 * @column: its column, from 0
 */
struct record_csv {
	struct csv_parser parser;
	bool parsing;
	struct record_columns columns;
	struct record_text raw;
	struct record_text cells;
	size_t *ends;
	size_t ends_size;
	size_t count;
	bool row_done;
	int error;
	bool skipping;
	uint64_t row_line;
	size_t row_column;
	uint64_t line;
	size_t column;
};

static const char record_csv_quoting[] =
	"a stray quote: write the whole cell in quotes, and \"\" for a quote in it";

/* Blanks belong to the cell. */
static int record_csv_is_space(unsigned char c)
{
	(void)c;
	return 0;
}

static char record_csv_delimiter(const struct record_source *source)
{
	return source->options.delimiter ? source->options.delimiter : ',';
}

static int record_csv_restart(struct record_source *source)
{
	struct record_csv *csv = source->state;

	if (csv->parsing)
		csv_free(&csv->parser);
	csv->parsing = !csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI);
	if (!csv->parsing)
		return khmap_fail(ENOMEM, "out of memory for CSV");
	csv_set_delim(&csv->parser, (unsigned char)record_csv_delimiter(source));
	csv_set_space_func(&csv->parser, record_csv_is_space);
	return 0;
}

static void record_csv_row_clear(struct record_csv *csv)
{
	csv->raw.length = 0;
	csv->cells.length = 0;
	csv->count = 0;
	csv->row_done = false;
	csv->error = 0;
}

static void record_csv_cell(void *bytes, size_t length, void *data)
{
	struct record_csv *csv = data;

	if (csv->error)
		return;
	if (csv->count == csv->ends_size) {
		size_t size = csv->ends_size ? csv->ends_size * 2 : 16;
		size_t *ends = reallocarray(csv->ends, size, sizeof(*ends));

		if (!ends) {
			csv->error = khmap_fail(ENOMEM, "out of memory for cells");
			return;
		}
		csv->ends = ends;
		csv->ends_size = size;
	}
	csv->error = record_text_add(&csv->cells, bytes, length);
	csv->ends[csv->count++] = csv->cells.length;
}

static void record_csv_row(int end, void *data)
{
	struct record_csv *csv = data;

	(void)end;
	csv->row_done = true;
}

static const char *record_csv_get(const struct record_csv *csv, size_t i, size_t *length)
{
	size_t start = i ? csv->ends[i - 1] : 0;

	*length = csv->ends[i] - start;
	return csv->cells.data ? csv->cells.data + start : "";
}

/* -EBADMSG with the place of cell @i in front of the reason in @text. */
static int record_csv_bad_cell(struct record_source *source, size_t i, const char *text)
{
	struct record_csv *csv = source->state;
	char delimiter = record_csv_delimiter(source);
	size_t column = csv->row_column;
	uint64_t line = csv->row_line;
	bool quoted = false;

	for (size_t at = 0; i && at < csv->raw.length; at++) {
		char c = csv->raw.data[at];

		column++;
		if (c == '"') {
			quoted = !quoted;
		} else if (c == '\n') {
			line++;
			column = 0;
		} else if (c == delimiter && !quoted) {
			i--;
		}
	}
	return record_bad(source, line, column + 1, "%s", text);
}

static void record_csv_move(struct record_csv *csv, const char *piece, size_t length)
{
	if (piece[length - 1] == '\n') {
		csv->line++;
		csv->column = 0;
		csv->skipping = false;
	} else {
		csv->column += length;
	}
}

/* Give a bad row up; the input goes on behind the end of this line. */
static int record_csv_give_up(struct record_source *source, const char *piece, size_t length,
			      int ret)
{
	struct record_csv *csv = source->state;

	csv->skipping = true;
	record_csv_move(csv, piece, length);
	if (record_csv_restart(source))
		return -ENOMEM;
	return ret;
}

static int record_csv_feed(struct record_source *source, const char *piece, size_t length)
{
	struct record_csv *csv = source->state;
	size_t used;
	int ret;

	if (!csv->raw.length) {
		csv->row_line = csv->line;
		csv->row_column = csv->column;
	}
	ret = record_text_add(&csv->raw, piece, length);
	if (ret == -EBADMSG)
		return record_csv_give_up(source, piece, length,
					  record_bad(source, csv->row_line, csv->row_column + 1,
						     "%s", khmap_reason()));
	if (ret)
		return ret;
	used = csv_parse(&csv->parser, piece, length, record_csv_cell, record_csv_row, csv);
	if (used < length && csv_error(&csv->parser) == CSV_EPARSE)
		return record_csv_give_up(source, piece, length,
					  record_bad(source, csv->line, csv->column + used + 1,
						     "%s", record_csv_quoting));
	if (used < length)
		return khmap_fail(ENOMEM, "out of memory for CSV: %s",
				  csv_strerror(csv_error(&csv->parser)));
	record_csv_move(csv, piece, length);
	return csv->error;
}

static int record_csv_end(struct record_source *source)
{
	struct record_csv *csv = source->state;

	if (csv_fini(&csv->parser, record_csv_cell, record_csv_row, csv)) {
		int ret = record_csv_bad_cell(source, csv->count,
					      "a quote that is opened here is never closed");

		return record_csv_restart(source) ? -ENOMEM : ret;
	}
	return csv->error ? csv->error : csv->row_done;
}

static bool record_csv_is_empty(const struct record_csv *csv)
{
	for (size_t i = 0; i < csv->raw.length; i++) {
		if (csv->raw.data[i] != '\r' && csv->raw.data[i] != '\n')
			return false;
	}
	return true;
}

/* 1 with a whole row, 0 at the end, negative errno. */
static int record_csv_next_row(struct record_source *source)
{
	struct record_csv *csv = source->state;

	if (csv->row_done)
		record_csv_row_clear(csv);
	for (;;) {
		const char *piece;
		size_t length;
		int ret = record_input_piece(source, "\n\r", &piece, &length);
		bool ended = !ret;

		if (ended)
			ret = record_csv_end(source);
		else if (ret > 0 && csv->skipping)
			record_csv_move(csv, piece, length);
		else if (ret > 0)
			ret = record_csv_feed(source, piece, length);
		else
			return ret;	/* a signal: the row goes on later */

		if (csv->row_done && ret >= 0) {
			source->line = csv->row_line;
			return 1;
		}
		if (ret < 0) {
			source->line = csv->row_line;
			record_csv_row_clear(csv);
			return ret;
		}
		if (ended)
			return 0;
		if (record_csv_is_empty(csv))
			record_csv_row_clear(csv);
	}
}

static int record_csv_header_cell(struct record_source *source, struct record_cover *cover,
				  size_t i)
{
	char name[RECORD_PATH_SIZE], names[RECORD_LIST_SIZE], text[1024];
	struct record_csv *csv = source->state;
	struct khmap_place place = { .type = NULL };
	const char *cell;
	size_t length;
	int ret;

	cell = record_csv_get(csv, i, &length);
	while (length && *cell == ' ') {
		cell++;
		length--;
	}
	while (length && cell[length - 1] == ' ')
		length--;
	if (length >= sizeof(name) || (length && memchr(cell, '\0', length))) {
		length = 0;
		if (!source->options.ignore_columns)
			return record_csv_bad_cell(source, i, "this is no name of a column");
	}
	memcpy(name, cell, length);
	name[length] = '\0';
	ret = record_field_find(source, name, &place);
	if (ret && (ret == -ENOTUNIQ || !source->options.ignore_columns)) {
		record_columns_list(&source->columns, NULL, names, sizeof(names));
		snprintf(text, sizeof(text),
			 "%s (columns: %s; others are skipped with --ignore-columns, a file without a header line is read with --no-header)",
			 khmap_reason(), names);
		return record_csv_bad_cell(source, i, text);
	}
	if (!ret && !record_cover_add(cover, &place)) {
		snprintf(text, sizeof(text), "column %s is there twice, or a part of it is", name);
		return record_csv_bad_cell(source, i, text);
	}
	return record_columns_add(&csv->columns, name, &place);
}

static int record_csv_header(struct record_source *source)
{
	struct record_csv *csv = source->state;
	char names[RECORD_LIST_SIZE];
	struct record_cover *cover;
	int ret;

	ret = record_csv_next_row(source);
	if (ret < 0)
		return ret;
	if (!ret) {
		record_columns_list(&source->columns, NULL, names, sizeof(names));
		return record_bad(source, 1, 1, "a header line is missing (columns: %s)", names);
	}
	cover = calloc(1, sizeof(*cover));
	if (!cover)
		return khmap_fail(ENOMEM, "out of memory for columns");
	ret = 0;
	for (size_t i = 0; !ret && i < csv->count; i++)
		ret = record_csv_header_cell(source, cover, i);
	if (!ret && record_columns_list(&source->columns, cover, names, sizeof(names)))
		ret = record_bad(source, csv->row_line, 1, "columns missing: %s", names);
	free(cover);
	source->line = 0;
	return ret;
}

static int record_csv_open(struct record_source *source)
{
	struct record_csv *csv = calloc(1, sizeof(*csv));
	int ret;

	if (!csv)
		return khmap_fail(ENOMEM, "out of memory for CSV");
	source->state = csv;
	csv->line = 1;
	ret = record_csv_restart(source);
	if (ret)
		return ret;
	if (source->options.no_header)
		return record_columns_make(&csv->columns, source->schema);
	return record_csv_header(source);
}

static int record_csv_next(struct record_source *source, void *key, void *value)
{
	struct record_csv *csv = source->state;
	void *records[2] = { key, value };
	int ret = record_csv_next_row(source);

	if (ret <= 0)
		return ret;
	if (csv->count < csv->columns.count ||
	    (csv->count > csv->columns.count &&
	     !(source->options.no_header && source->options.ignore_columns)))
		return record_bad(source, csv->row_line, csv->row_column + 1,
				  "%zu cells where %zu columns are expected", csv->count,
				  csv->columns.count);
	memset(key, 0, khmap_schema_key_size(source->schema));
	memset(value, 0, khmap_schema_value_size(source->schema));
	for (size_t i = 0; i < csv->columns.count; i++) {
		const struct record_column *column = &csv->columns.column[i];
		const struct khmap_place *place = &column->place;
		const char *cell;
		size_t length;

		if (!place->type)
			continue;
		cell = record_csv_get(csv, i, &length);
		if (khmap_value_scan_as(place->type, KHMAP_NOTATION_TEXT, column->name, cell,
					length, (char *)records[place->in_value] + place->offset,
					NULL)) {
			char reason[1024];

			snprintf(reason, sizeof(reason), "%s", khmap_reason());
			return record_csv_bad_cell(source, i, reason);
		}
	}
	return 1;
}

static void record_csv_close(struct record_source *source)
{
	struct record_csv *csv = source->state;

	if (!csv)
		return;
	if (csv->parsing)
		csv_free(&csv->parser);
	record_columns_free(&csv->columns);
	free(csv->raw.data);
	free(csv->cells.data);
	free(csv->ends);
	free(csv);
}

const struct record_reader record_csv_reader = {
	.open = record_csv_open,
	.next = record_csv_next,
	.close = record_csv_close,
};
