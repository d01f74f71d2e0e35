/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * rows.h - arrays whose length is known only when they are filled
 */
#ifndef PROF_ROWS_H
#define PROF_ROWS_H

#include <stddef.h>

/**
 * struct prof_rows - rows that begin with their key
 * @rows: allocated; the owner frees it
 * @row_size: bytes
 * @count: of rows
 * @room: rows that there is memory for
 */
struct prof_rows {
	void *rows;
	size_t row_size;
	size_t count;
	size_t room;
};

/**
 * prof_rows_add() - one more row
 * @rows: all others may move
 *
 * Return: the row, all zero.
 */
void *prof_rows_add(struct prof_rows *rows);

/**
 * prof_rows_sort() - by the bytes of the keys: an order to find rows by
 * @rows: the rows
 * @key_size: bytes
 */
void prof_rows_sort(struct prof_rows *rows, size_t key_size);

/**
 * prof_rows_find() - a row by its key
 * @rows: sorted by prof_rows_sort()
 * @key: its key
 * @key_size: bytes
 *
 * Return: NULL if there is none.
 */
const void *prof_rows_find(const struct prof_rows *rows, const void *key, size_t key_size);

/**
 * prof_rows_merge() - make one of rows with the same key
 * @rows: sorted afterwards
 * @key_size: bytes, a multiple of 8
 * @counts: numbers of 64 bits behind the key, that are added up
 */
void prof_rows_merge(struct prof_rows *rows, size_t key_size, size_t counts);

#endif /* PROF_ROWS_H */
