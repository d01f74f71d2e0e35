// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_json.c - records from a JSON array of objects
 *
 * The input is cut into the array's elements, of which one is in memory at a
 * time; record_object.c decides whether each is JSON, and a record.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "record_object.h"

enum record_json_state {
	JSON_BEFORE,	/* the array */
	JSON_FIRST,	/* an element or the array's end */
	JSON_WANTED,	/* an element, behind a comma */
	JSON_WITHIN,	/* an element */
	JSON_BEHIND,	/* an element */
	JSON_AFTER,	/* the array */
	JSON_OVER,	/* nothing more can be read */
};

/**
 * struct record_json - Where the reader is.
 * @object: the element being read
 * @state: what is expected
 * @depth: brackets and braces open in the element
 * @quoted: within a string
 * @escaped: behind a backslash in it
 * @line: of the next byte
 * @column: of the next byte
 */
struct record_json {
	struct record_object object;
	enum record_json_state state;
	unsigned int depth;
	bool quoted;
	bool escaped;
	uint64_t line;
	size_t column;
};

static int record_json_open(struct record_source *source)
{
	struct record_json *json = calloc(1, sizeof(*json));

	if (!json)
		return khmap_fail(ENOMEM, "out of memory for an array");
	json->line = 1;
	json->column = 1;
	source->state = json;
	return 0;
}

static void record_json_close(struct record_source *source)
{
	struct record_json *json = source->state;

	if (json)
		free(json->object.text.data);
	free(json);
}

static bool record_json_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Refuse what is at the place reached; behind it, nothing can be told apart. */
static int record_json_refuse(struct record_source *source, const char *wanted, const char *found,
			      const char *advice)
{
	struct record_json *json = source->state;

	json->state = JSON_OVER;
	return record_bad(source, json->line, json->column,
			  "%s is expected, found %s%s; what follows is not read", wanted, found,
			  advice);
}

static int record_json_refuse_byte(struct record_source *source, const char *wanted, char c,
				   const char *advice)
{
	char found[16];

	if ((unsigned char)c < ' ' || (unsigned char)c > '~')
		snprintf(found, sizeof(found), "byte 0x%02x", (unsigned char)c);
	else
		snprintf(found, sizeof(found), "'%c'", c);
	return record_json_refuse(source, wanted, found, advice);
}

static int record_json_end(struct record_source *source)
{
	static const char end[] = "the end of the input";
	struct record_json *json = source->state;

	switch (json->state) {
	case JSON_BEFORE:
		return record_json_refuse(source, "'[' of a JSON array", end, "");
	case JSON_FIRST:
		return record_json_refuse(source, "a record or ']'", end, "");
	case JSON_WANTED:
		return record_json_refuse(source, "a record", end, "");
	case JSON_WITHIN:
		return record_json_refuse(source, json->quoted ? "'\"'" : "'}'", end, "");
	case JSON_BEHIND:
		return record_json_refuse(source, "',' or ']'", end, "");
	default:
		return 0;
	}
}

/*
 * One byte outside of elements; 0 to go on, 1 if an element begins with it,
 * which stays unread then.
 */
static int record_json_between(struct record_source *source, char c)
{
	struct record_json *json = source->state;

	if (record_json_is_blank(c))
		return 0;
	switch (json->state) {
	case JSON_BEFORE:
		if (c != '[')
			return record_json_refuse_byte(source, "'[' of a JSON array", c, c == '{' ?
						       " (objects one a line are --format ndjson)" :
						       "");
		json->state = JSON_FIRST;
		return 0;
	case JSON_FIRST:
		if (c == ']') {
			json->state = JSON_AFTER;
			return 0;
		}
		break;
	case JSON_WANTED:
		break;
	case JSON_BEHIND:
		if (c != ',' && c != ']')
			return record_json_refuse_byte(source, "',' or ']'", c, "");
		json->state = c == ',' ? JSON_WANTED : JSON_AFTER;
		return 0;
	default:
		return record_json_refuse_byte(source, "nothing behind the array", c, "");
	}
	if (strchr("]},:", c))
		return record_json_refuse_byte(source, "a record", c, "");
	json->state = JSON_WITHIN;
	json->depth = 0;
	json->quoted = false;
	json->escaped = false;
	json->object.line = json->line;
	json->object.column = json->column;
	json->object.text.length = 0;
	source->line = json->line;
	return 1;
}

/* One byte of an element; true if it is the first one behind it. */
static bool record_json_within(struct record_json *json, char c)
{
	if (json->escaped) {
		json->escaped = false;
	} else if (json->quoted) {
		json->escaped = c == '\\';
		json->quoted = c != '"';
	} else if (c == '"') {
		json->quoted = true;
	} else if (c == '{' || c == '[') {
		json->depth++;
	} else if (c == '}' || c == ']') {
		if (!json->depth)
			return true;
		json->depth--;
	} else if (!json->depth) {
		return c == ',' || record_json_is_blank(c);
	}
	return false;
}

static void record_json_move(struct record_json *json, char c)
{
	if (c == '\n') {
		json->line++;
		json->column = 1;
	} else {
		json->column++;
	}
}

/* Take what @piece has of an element; 1 if the element ends in it, 0 if not. */
static int record_json_take(struct record_source *source, const char *piece, size_t length,
			    size_t *used)
{
	struct record_json *json = source->state;
	size_t start = *used;
	int ret;

	while (*used < length && !record_json_within(json, piece[*used]))
		record_json_move(json, piece[(*used)++]);
	ret = record_text_add(&json->object.text, piece + start, *used - start);
	if (ret == -EBADMSG) {
		json->state = JSON_OVER;
		return record_bad(source, json->object.line, json->object.column,
				  "%s; what follows is not read", khmap_reason());
	}
	if (ret)
		return ret;
	return *used < length;
}

/* 1 with an element, 0 at the end, negative errno. */
static int record_json_element(struct record_source *source)
{
	struct record_json *json = source->state;

	while (json->state != JSON_OVER) {
		size_t length, used = 0;
		const char *piece;
		int ret = record_input_piece(source, "", &piece, &length);

		if (ret < 0)
			return ret;
		if (!ret && json->state == JSON_WITHIN && !json->depth && !json->quoted)
			return 1;
		if (!ret)
			return record_json_end(source);
		ret = 0;
		while (used < length && !ret) {
			if (json->state == JSON_WITHIN) {
				ret = record_json_take(source, piece, length, &used);
				continue;
			}
			ret = record_json_between(source, piece[used]);
			if (!ret)
				record_json_move(json, piece[used++]);
			else if (ret == 1)
				ret = 0;
		}
		/* Give the rest back. */
		source->begin -= length - used;
		source->used -= length - used;
		if (ret)
			return ret;
	}
	return 0;
}

static int record_json_next(struct record_source *source, void *key, void *value)
{
	struct record_json *json = source->state;
	struct record_text *text = &json->object.text;
	int ret = record_json_element(source);

	if (ret <= 0)
		return ret;
	json->state = JSON_BEHIND;
	ret = record_text_add(text, "", 1);
	if (ret)
		return ret == -EBADMSG ? record_bad(source, json->object.line, json->object.column,
						    "%s", khmap_reason()) : ret;
	text->length--;
	return record_object_read(source, &json->object, key, value);
}

const struct record_reader record_json_reader = {
	.open = record_json_open,
	.next = record_json_next,
	.close = record_json_close,
};
