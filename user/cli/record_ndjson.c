// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_ndjson.c - records from JSON, an object a line
 *
 * jansson decides what is JSON.  The values are then read from the text itself:
 * that keeps 64-bit integers whole and tells the column of what is wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "error.h"
#include "record_reader.h"

/**
 * struct record_ndjson - The line being read.
 * @text: the line; JSON in it is known to be well-formed while it is walked
 * @lines: lines so far, this one included
 * @too_long: the line is being skipped
 * @cover: what the line has given
 */
struct record_ndjson {
	struct record_text text;
	uint64_t lines;
	bool too_long;
	struct record_cover cover;
};

static int record_ndjson_open(struct record_source *source)
{
	source->state = calloc(1, sizeof(struct record_ndjson));
	return source->state ? 0 : khmap_fail(ENOMEM, "out of memory for a line");
}

static void record_ndjson_close(struct record_source *source)
{
	struct record_ndjson *ndjson = source->state;

	if (ndjson)
		free(ndjson->text.data);
	free(ndjson);
}

/* 1 with a whole line without its end, 0 at the end, negative errno. */
static int record_ndjson_line(struct record_source *source)
{
	struct record_ndjson *ndjson = source->state;
	struct record_text *text = &ndjson->text;

	for (;;) {
		const char *piece;
		size_t length;
		int ret = record_input_piece(source, "\n", &piece, &length);
		bool ended;

		if (ret < 0)
			return ret;
		ended = !ret || piece[length - 1] == '\n';
		if (ret && !ndjson->too_long) {
			ret = record_text_add(text, piece, length);
			if (ret == -EBADMSG)
				ndjson->too_long = true;
			else if (ret)
				return ret;
			ret = 1;
		}
		if (!ended)
			continue;
		if (!ret && !text->length)
			return 0;
		ndjson->lines++;
		source->line = ndjson->lines;
		if (ndjson->too_long) {
			ndjson->too_long = false;
			return record_bad(source, ndjson->lines, 1, "a line of more than %d bytes",
					  RECORD_TEXT_MAX);
		}
		while (text->length && strchr("\r\n", text->data[text->length - 1]) &&
		       text->data[text->length - 1])
			text->length--;
		return 1;
	}
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

static int record_ndjson_member(struct record_source *source, const char *name, size_t name_at,
				size_t at, size_t length, void *records[2])
{
	struct record_ndjson *ndjson = source->state;
	char names[RECORD_LIST_SIZE];
	struct khmap_place place;
	size_t where;
	int ret;

	ret = record_field_find(source, name, &place);
	if (ret && ret != -ENOTUNIQ && source->options.ignore_columns)
		return 0;
	if (ret) {
		record_columns_list(&source->columns, NULL, names, sizeof(names));
		return record_bad(source, ndjson->lines, name_at + 1,
				  "%s (members: key, value, or %s; others are skipped with --ignore-columns)",
				  khmap_reason(), names);
	}
	if (!record_cover_add(&ndjson->cover, &place))
		return record_bad(source, ndjson->lines, name_at + 1, "%s: given twice", name);
	ret = khmap_value_scan_as(place.type, KHMAP_NOTATION_JSON, name, ndjson->text.data + at,
				  length, (char *)records[place.in_value] + place.offset, &where);
	if (ret)
		return record_bad(source, ndjson->lines, at + where + 1, "%s", khmap_reason());
	return 0;
}

/* The members of the object that the line is known to be. */
static int record_ndjson_walk(struct record_source *source, void *records[2])
{
	struct record_ndjson *ndjson = source->state;
	const char *text = ndjson->text.data;
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
			return record_bad(source, ndjson->lines, name_at + 1,
					  "this name cannot be read");
		start = record_json_blanks(text, record_json_blanks(text, at) + 1);
		at = record_json_value(text, start);
		ret = record_ndjson_member(source, json_string_value(name), name_at, start,
					   at - start, records);
		json_decref(name);
		if (ret)
			return ret;
		at = record_json_blanks(text, at);
	}
	return 0;
}

static int record_ndjson_check(struct record_source *source)
{
	struct record_ndjson *ndjson = source->state;
	struct record_text *text = &ndjson->text;
	json_error_t error;
	bool is_object;
	json_t *json;

	/* As reals, integers of any length pass: their range is the schema's to judge. */
	json = json_loadb(text->data, text->length,
			  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL |
			  JSON_DECODE_ANY, &error);
	if (!json) {
		size_t column = error.position > 0 ? (size_t)error.position : 1;

		for (char *c = error.text; *c; c++) {
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				*c = '?';
		}
		return record_bad(source, ndjson->lines, column, "not JSON: %s", error.text);
	}
	is_object = json_is_object(json);
	json_decref(json);
	if (!is_object)
		return record_bad(source, ndjson->lines, 1,
				  "an object is expected: {\"key\":...,\"value\":...}");
	return 0;
}

static int record_ndjson_next(struct record_source *source, void *key, void *value)
{
	struct record_ndjson *ndjson = source->state;
	struct record_text *text = &ndjson->text;
	void *records[2] = { key, value };
	char names[RECORD_LIST_SIZE];
	int ret;

	do {
		ret = record_ndjson_line(source);
		if (ret == 1)
			ret = record_text_add(text, "", 1);
		else if (!ret)
			return 0;
		if (ret)
			goto out;
		text->length--;
		if (text->length == record_json_blanks(text->data, 0))
			text->length = 0;
	} while (!text->length);

	ret = record_ndjson_check(source);
	if (ret)
		goto out;
	record_cover_clear(&ndjson->cover, source->schema);
	memset(key, 0, khmap_schema_key_size(source->schema));
	memset(value, 0, khmap_schema_value_size(source->schema));
	ret = record_ndjson_walk(source, records);
	if (!ret && record_columns_list(&source->columns, &ndjson->cover, names, sizeof(names)))
		ret = record_bad(source, ndjson->lines, 1, "missing: %s", names);
out:
	if (ret != -EINTR)
		text->length = 0;
	return ret ? ret : 1;
}

const struct record_reader record_ndjson_reader = {
	.open = record_ndjson_open,
	.next = record_ndjson_next,
	.close = record_ndjson_close,
};
