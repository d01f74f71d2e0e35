/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * record_columns.h - the parts of a map's records as columns of a table
 */
#ifndef KHMAP_CLI_RECORD_COLUMNS_H
#define KHMAP_CLI_RECORD_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <khmap/schema.h>

/* The names of all structs that a field is in, and an end. */
#define RECORD_PATH_SIZE ((KHMAP_DEPTH_MAX + 1) * (KHMAP_FIELD_NAME_MAX + 1) + 8)

/**
 * struct record_column - One column.
 * @name: the shortest path that khmap_schema_find() resolves to @place
 * @place: the part of a record: a scalar or an array; a column of a header may
 *	   also be a struct, and has no type if it is to be ignored
 */
struct record_column {
	char *name;
	struct khmap_place place;
};

/**
 * struct record_columns - Columns in order.
 * @column: @count columns
 * @count: number of columns
 */
struct record_columns {
	struct record_column *column;
	size_t count;
};

/**
 * struct record_cover - Which bytes of a key and of a value have been given.
 * @bytes: true for each such byte; of the key, then of the value
 */
struct record_cover {
	bool bytes[2][KHMAP_RECORD_MAX];
};

/**
 * record_columns_make() - A column for each scalar and array, the key's first.
 * @columns: receives the columns, for record_columns_free()
 * @schema: the map's schema
 *
 * Return: 0; -ENOMEM.
 */
int record_columns_make(struct record_columns *columns, const struct khmap_schema *schema);

/**
 * record_columns_add() - Append a column.
 * @columns: the columns, zeroed before the first
 * @name: its name, which is copied
 * @place: its place
 *
 * Return: 0; -ENOMEM.
 */
int record_columns_add(struct record_columns *columns, const char *name,
		       const struct khmap_place *place);

/**
 * record_columns_free() - Free all columns and forget them.
 * @columns: the columns
 */
void record_columns_free(struct record_columns *columns);

/**
 * record_columns_list() - The columns' names for a reason.
 * @columns: the columns
 * @cover: only those of which a part is missing here; NULL for all
 * @text: receives "a, b, c", cut if it is long; "" for none
 * @size: bytes of @text
 *
 * Return: number of names, those cut away included.
 */
size_t record_columns_list(const struct record_columns *columns,
			   const struct record_cover *cover, char *text, size_t size);

/**
 * record_cover_clear() - Nothing has been given.
 * @cover: the cover
 * @schema: the map's schema
 */
void record_cover_clear(struct record_cover *cover, const struct khmap_schema *schema);

/**
 * record_cover_add() - Note that a part is given.
 * @cover: the cover
 * @place: the part
 *
 * Return: false if some of it was given already.
 */
bool record_cover_add(struct record_cover *cover, const struct khmap_place *place);

#endif /* KHMAP_CLI_RECORD_COLUMNS_H */
