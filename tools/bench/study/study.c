// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * study.c - tables of a study, and what every study needs
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "study.h"

#define HUGE_PAGE	((size_t)2 << 20)

struct study study_create(const struct study_options *options, const char *name,
			  const char *title)
{
	return (struct study){
		.options = options,
		.root = json_pack("{s:s, s:s, s:[], s:[], s:[]}", "name", name, "title", title,
				  "notes", "tables", "charts"),
	};
}

void study_note(struct study *study, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	json_array_append_new(json_object_get(study->root, "notes"), json_string(text));
}

void study_progress(const char *fmt, ...)
{
	va_list args;

	if (!isatty(2))
		return;
	/* Behind the study's title, where the cursor stays. */
	fputs("\0337\033[K", stderr);
	if (fmt) {
		fputs(": ", stderr);
		va_start(args, fmt);
		vfprintf(stderr, fmt, args);
		va_end(args);
	}
	fputs("\0338", stderr);
}

json_t *study_table(struct study *study, const char *title, const char *columns)
{
	json_t *names = json_array(), *table;

	while (*columns) {
		size_t length = strcspn(columns, "|");

		json_array_append_new(names, json_stringn(columns, length));
		columns += length + (columns[length] == '|');
	}
	table = json_pack("{s:s, s:o, s:[]}", "title", title, "columns", names, "rows");
	json_array_append_new(json_object_get(study->root, "tables"), table);
	return table;
}

json_t *study_row(json_t *table, const char *label)
{
	json_t *row = json_pack("[s]", label);

	json_array_append_new(json_object_get(table, "rows"), row);
	return row;
}

void study_cell_text(json_t *row, const char *text)
{
	json_array_append_new(row, json_string(text));
}

void study_cell_count(json_t *row, u64 count)
{
	json_array_append_new(row, json_integer((json_int_t)count));
}

void study_cell_real(json_t *row, double value)
{
	json_array_append_new(row, json_real(value));
}

void study_cell_none(json_t *row)
{
	json_array_append_new(row, json_null());
}

json_t *study_cell_samples(json_t *row)
{
	json_t *cell = json_array();

	json_array_append_new(row, cell);
	return cell;
}

void study_sample(json_t *cell, double value)
{
	json_array_append_new(cell, json_real(value));
}

void study_chart(struct study *study, const char *title, const char *unit, const char *columns,
		 const char *style)
{
	size_t tables = json_array_size(json_object_get(study->root, "tables"));
	json_t *list = json_array();

	while (*columns) {
		char *end;

		json_array_append_new(list, json_integer(strtol(columns, &end, 10)));
		columns = end + (*end == ',');
	}
	json_array_append_new(json_object_get(study->root, "charts"),
			      json_pack("{s:s, s:s, s:I, s:o, s:s}", "title", title, "unit", unit,
					"table", (json_int_t)tables - 1, "columns", list, "style",
					style));
}

static void __attribute__((format(printf, 2, 0)))
study_end(const char *kind, const char *fmt, va_list args)
{
	fprintf(stderr, "\nbench-study: %s", kind);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void study_failed(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	study_end("", fmt, args);
	va_end(args);
	exit(1);
}

void study_wrong(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	study_end("wrong answer: ", fmt, args);
	va_end(args);
	exit(1);
}

void *study_alloc(size_t count, size_t size)
{
	size_t align = count * size >= HUGE_PAGE ? HUGE_PAGE : 64;
	size_t bytes = (count * size + align - 1) & ~(align - 1);
	void *memory = aligned_alloc(align, bytes ? bytes : align);

	if (!memory)
		study_failed("there is no memory for %zu bytes", bytes);
	/* A system without huge pages measures without them. */
	if (align == HUGE_PAGE)
		madvise(memory, bytes, MADV_HUGEPAGE);
	return memset(memory, 0, bytes);
}

static int study_compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

double study_median(double *samples, int count)
{
	qsort(samples, (size_t)count, sizeof(*samples), study_compare);
	return samples[count / 2];
}
