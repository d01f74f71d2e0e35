// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_columns.c - the parts of a map's records as columns of a table
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "record_columns.h"

int record_columns_add(struct record_columns *columns, const char *name,
		       const struct khmap_place *place)
{
	struct record_column *column;
	char *copy = strdup(name);

	column = reallocarray(columns->column, columns->count + 1, sizeof(*column));
	if (column)
		columns->column = column;
	if (!column || !copy) {
		free(copy);
		return khmap_fail(ENOMEM, "out of memory for columns");
	}
	column[columns->count].name = copy;
	column[columns->count].place = *place;
	columns->count++;
	return 0;
}

void record_columns_free(struct record_columns *columns)
{
	for (size_t i = 0; i < columns->count; i++)
		free(columns->column[i].name);
	free(columns->column);
	columns->column = NULL;
	columns->count = 0;
}

static bool record_place_equal(const struct khmap_place *a, const struct khmap_place *b)
{
	return a->type == b->type && a->offset == b->offset && a->in_value == b->in_value;
}

/* @path, of RECORD_PATH_SIZE bytes, is the part's full path, "value.name". */
static int record_columns_walk(struct record_columns *columns, const struct khmap_schema *schema,
			       const struct khmap_place *place, char *path)
{
	const struct khmap_type *type = place->type;
	size_t length = strlen(path);
	struct khmap_place found;
	const char *dot;

	for (__u32 i = 0; type->kind == KHMAP_KIND_STRUCT && i < type->count; i++) {
		struct khmap_place inner = {
			.type = type->fields[i].type,
			.offset = place->offset + type->fields[i].offset,
			.in_value = place->in_value,
		};
		int ret;

		snprintf(path + length, RECORD_PATH_SIZE - length, ".%s", type->fields[i].name);
		ret = record_columns_walk(columns, schema, &inner, path);
		if (ret)
			return ret;
		path[length] = '\0';
	}
	if (type->kind == KHMAP_KIND_STRUCT)
		return 0;

	dot = strchr(path, '.');
	if (dot && !khmap_schema_find(schema, dot + 1, &found) &&
	    record_place_equal(&found, place))
		path = (char *)dot + 1;
	return record_columns_add(columns, path, place);
}

int record_columns_make(struct record_columns *columns, const struct khmap_schema *schema)
{
	struct khmap_place key = { .type = khmap_schema_key(schema) };
	struct khmap_place value = { .type = khmap_schema_value(schema), .in_value = 1 };
	char path[RECORD_PATH_SIZE];
	int ret;

	memset(columns, 0, sizeof(*columns));
	strcpy(path, "key");
	ret = record_columns_walk(columns, schema, &key, path);
	if (!ret) {
		strcpy(path, "value");
		ret = record_columns_walk(columns, schema, &value, path);
	}
	if (ret)
		record_columns_free(columns);
	return ret;
}

/* Padding need not be given. */
static bool record_cover_has(const bool *bytes, const struct khmap_type *type)
{
	switch (type->kind) {
	case KHMAP_KIND_ARRAY:
		for (__u32 i = 0; i < type->count; i++) {
			if (!record_cover_has(bytes + (size_t)i * type->element->size,
					      type->element))
				return false;
		}
		return true;
	case KHMAP_KIND_STRUCT:
		for (__u32 i = 0; i < type->count; i++) {
			if (!record_cover_has(bytes + type->fields[i].offset,
					      type->fields[i].type))
				return false;
		}
		return true;
	default:
		return !memchr(bytes, false, type->size);
	}
}

size_t record_columns_list(const struct record_columns *columns,
			   const struct record_cover *cover, char *text, size_t size)
{
	size_t length = 0, count = 0;

	text[0] = '\0';
	for (size_t i = 0; i < columns->count; i++) {
		const struct khmap_place *place = &columns->column[i].place;

		if (cover && record_cover_has(cover->bytes[place->in_value] + place->offset,
					      place->type))
			continue;
		if (length < size)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
						   count ? ", " : "", columns->column[i].name);
		count++;
	}
	if (length >= size && size > 4)
		strcpy(text + size - 4, "...");
	return count;
}

void record_cover_clear(struct record_cover *cover, const struct khmap_schema *schema)
{
	memset(cover->bytes[0], 0, khmap_schema_key_size(schema));
	memset(cover->bytes[1], 0, khmap_schema_value_size(schema));
}

bool record_cover_add(struct record_cover *cover, const struct khmap_place *place)
{
	bool *bytes = cover->bytes[place->in_value] + place->offset;

	if (memchr(bytes, true, place->type->size))
		return false;
	memset(bytes, true, place->type->size);
	return true;
}
