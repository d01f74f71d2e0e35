// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * rows.c - arrays whose length is known only when they are filled
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "prof.h"
#include "profile/rows.h"

void *prof_rows_add(struct prof_rows *rows)
{
	if (rows->count == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 256;
		void *grown = prof_alloc(room, rows->row_size);

		if (rows->count)
			memcpy(grown, rows->rows, rows->count * rows->row_size);
		free(rows->rows);
		rows->rows = grown;
		rows->room = room;
	}
	return (char *)rows->rows + rows->row_size * rows->count++;
}

static int key_compare(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(size_t *)size);
}

void prof_rows_sort(struct prof_rows *rows, size_t key_size)
{
	if (rows->count)
		qsort_r(rows->rows, rows->count, rows->row_size, key_compare, &key_size);
}

const void *prof_rows_find(const struct prof_rows *rows, const void *key, size_t key_size)
{
	size_t first = 0, end = rows->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		const char *row = (const char *)rows->rows + middle * rows->row_size;
		int order = memcmp(key, row, key_size);

		if (!order)
			return row;
		if (order < 0)
			end = middle;
		else
			first = middle + 1;
	}
	return NULL;
}

void prof_rows_merge(struct prof_rows *rows, size_t key_size, size_t counts)
{
	char *row = rows->rows, *last = row;
	size_t i, n;

	if (!rows->count)
		return;
	prof_rows_sort(rows, key_size);
	for (i = 1; i < rows->count; i++) {
		row += rows->row_size;
		if (memcmp(row, last, key_size)) {
			last += rows->row_size;
			if (last != row)
				memcpy(last, row, rows->row_size);
			continue;
		}
		for (n = 0; n < counts; n++)
			((uint64_t *)(last + key_size))[n] += ((uint64_t *)(row + key_size))[n];
	}
	rows->count = (size_t)(last - (char *)rows->rows) / rows->row_size + 1;
}
