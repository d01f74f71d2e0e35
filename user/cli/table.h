/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * table.h - tables for people, by libsmartcols
 */
#ifndef KHMAP_CLI_TABLE_H
#define KHMAP_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct table_column - A column.
 * @name: its heading
 * @right: numbers stand on the right
 */
struct table_column {
	const char *name;
	bool right;
};

struct table;

/**
 * table_create() - Begin a table.
 * @columns: its columns
 * @count: how many
 * @headings: show their names
 *
 * Return: the table, for table_print(); NULL if memory is short.
 */
struct table *table_create(const struct table_column *columns, size_t count, bool headings);

/**
 * table_line() - Begin the next line.
 * @table: the table, or NULL
 */
void table_line(struct table *table);

/**
 * table_cell() - Fill the next cell of the line.
 * @table: the table, or NULL
 * @fmt: printf format of its text
 */
void table_cell(struct table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * table_row() - A line of a table of two columns.
 * @table: the table, or NULL
 * @name: the first cell
 * @fmt: printf format of the second
 */
void table_row(struct table *table, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * table_print() - Print a table to standard output and free it.
 * @table: the table, or NULL
 *
 * Return: 0; -ENOMEM if memory was short at any time.
 */
int table_print(struct table *table);

#endif /* KHMAP_CLI_TABLE_H */
