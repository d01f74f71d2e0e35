// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_object.c - a record from a JSON object
 *
 * jansson decides what is JSON.  The values are then read from the text itself:
 * that keeps 64-bit integers whole and tells the column of what is wrong.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "error.h"
#include "record_object.h"

/* Refuse a record for what is at offset @at of its text. */
static int __attribute__((format(printf, 4, 5)))
record_object_bad(struct record_source *source, const struct record_object *object, size_t at,
		  const char *fmt, ...)
{
	size_t column = object->column + at;
	uint64_t line = object->line;
	char reason[1024];
	va_list args;

	for (size_t i = 0; i < at; i++) {
		if (object->text.data[i] == '\n') {
			line++;
			column = at - i;
		}
	}
	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return record_bad(source, line, column, "%s", reason);
}

static size_t record_json_blanks(const char *text, size_t at)
{
	return at + strspn(text + at, " \t\r\n");
}

/* End of the JSON string at @at. */
static size_t record_json_string(const char *text, size_t at)
{
	for (at++; text[at] != '"'; at++) {
		if (text[at] == '\\')
			at++;
	}
	return at + 1;
}

/* End of the JSON value at @at; @text has an end in NUL and is well-formed. */
static size_t record_json_value(const char *text, size_t at)
{
	unsigned int depth = 0;

	do {
		if (text[at] == '"') {
			at = record_json_string(text, at);
		} else if (text[at] == '{' || text[at] == '[') {
			depth++;
			at++;
		} else if (text[at] == '}' || text[at] == ']') {
			depth--;
			at++;
		} else {
			at += strcspn(text + at, depth ? "\"{}[]" : ",}] \t\r\n");
		}
	} while (depth);
	return at;
}

static int record_object_member(struct record_source *source, struct record_object *object,
				const char *name, size_t name_at, size_t at, size_t length,
				void *records[2])
{
		char names[RECORD_LIST_SIZE];
	struct khmap_place place;
	size_t where;
	int ret;

	ret = record_field_find(source, name, &place);
	if (ret && ret != -ENOTUNIQ && source->options.ignore_columns)
		return 0;
	if (ret) {
		record_columns_list(&source->columns, NULL, names, sizeof(names));
		return record_object_bad(source, object, name_at,
				  "%s (members: key, value, or %s; others are skipped with --ignore-columns)",
				  khmap_reason(), names);
	}
	if (!record_cover_add(&object->cover, &place))
		return record_object_bad(source, object, name_at, "%s: given twice", name);
	ret = khmap_value_scan_as(place.type, KHMAP_NOTATION_JSON, name, object->text.data + at,
				  length, (char *)records[place.in_value] + place.offset, &where);
	if (ret)
		return record_object_bad(source, object, at + where, "%s", khmap_reason());
	return 0;
}

/* The members of the object that the text is known to be. */
static int record_object_walk(struct record_source *source, struct record_object *object,
			      void *records[2])
{
	const char *text = object->text.data;
	size_t at = record_json_blanks(text, record_json_blanks(text, 0) + 1);

	while (text[at] != '}') {
		size_t name_at = at, start;
		json_t *name;
		int ret;

		if (text[at] == ',')
			name_at = record_json_blanks(text, at + 1);
		at = record_json_string(text, name_at);
		name = json_loadb(text + name_at, at - name_at, JSON_DECODE_ANY, NULL);
		if (!name)
			return record_object_bad(source, object, name_at,
						 "this name cannot be read");
		start = record_json_blanks(text, record_json_blanks(text, at) + 1);
		at = record_json_value(text, start);
		ret = record_object_member(source, object, json_string_value(name), name_at,
					   start, at - start, records);
		json_decref(name);
		if (ret)
			return ret;
		at = record_json_blanks(text, at);
	}
	return 0;
}

static int record_object_check(struct record_source *source, const struct record_object *object)
{
	const struct record_text *text = &object->text;
	json_error_t error;
	bool is_object;
	json_t *json;

	/* As reals, integers of any length pass: their range is the schema's to judge. */
	json = json_loadb(text->data, text->length,
			  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL |
			  JSON_DECODE_ANY, &error);
	if (!json) {
		size_t at = error.position > 0 ? (size_t)error.position - 1 : 0;

		for (char *c = error.text; *c; c++) {
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				*c = '?';
		}
		return record_object_bad(source, object, at, "not JSON: %s", error.text);
	}
	is_object = json_is_object(json);
	json_decref(json);
	if (!is_object)
		return record_object_bad(source, object, 0,
				  "an object is expected: {\"key\":...,\"value\":...}");
	return 0;
}

int record_object_read(struct record_source *source, struct record_object *object, void *key,
		       void *value)
{
	void *records[2] = { key, value };
	char names[RECORD_LIST_SIZE];
	int ret;

	ret = record_object_check(source, object);
	if (ret)
		return ret;
	record_cover_clear(&object->cover, source->schema);
	memset(key, 0, khmap_schema_key_size(source->schema));
	memset(value, 0, khmap_schema_value_size(source->schema));
	ret = record_object_walk(source, object, records);
	if (!ret && record_columns_list(&source->columns, &object->cover, names, sizeof(names)))
		ret = record_object_bad(source, object, 0, "missing: %s", names);
	return ret ? ret : 1;
}
