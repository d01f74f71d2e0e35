// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_source.c - a source of records, whatever its format
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "record_reader.h"
#include "record_source.h"

int record_format_find(const char *name, enum record_format *format)
{
	static const struct {
		const char *name;
		enum record_format format;
	} formats[] = {
		{ "csv", RECORD_CSV }, { "ndjson", RECORD_NDJSON }, { "json", RECORD_JSON },
		{ "msgpack", RECORD_MSGPACK }, { "raw", RECORD_RAW }, { "text", RECORD_TEXT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!strcmp(formats[i].name, name)) {
			*format = formats[i].format;
			return 0;
		}
	}
	return khmap_fail(EINVAL, "there is no format \"%s\": text, " RECORD_FORMATS " is expected",
			  name);
}

static int record_input_fill(struct record_source *source)
{
	ssize_t bytes;

	if (source->options.before_read) {
		int ret = source->options.before_read(source->options.context);

		if (ret)
			return ret;
	}
	if (source->begin) {
		memmove(source->buffer, source->buffer + source->begin,
			source->end - source->begin);
		source->end -= source->begin;
		source->begin = 0;
	}
	bytes = read(source->fd, source->buffer + source->end,
		     sizeof(source->buffer) - source->end);
	if (bytes < 0)
		return khmap_fail(errno, "%s: cannot be read: %s", source->name, strerror(errno));
	if (!bytes)
		source->end_seen = true;
	source->end += (size_t)bytes;
	return 0;
}

int record_input_piece(struct record_source *source, const char *stops, const char **piece,
		       size_t *length)
{
	size_t left;

	while (source->begin == source->end) {
		int ret;

		if (source->end_seen)
			return 0;
		ret = record_input_fill(source);
		if (ret)
			return ret;
	}
	*piece = source->buffer + source->begin;
	left = source->end - source->begin;
	for (; *stops; stops++) {
		const char *stop = memchr(*piece, *stops, left);

		if (stop)
			left = (size_t)(stop - *piece) + 1;
	}
	*length = left;
	source->begin += left;
	source->used += left;
	return 1;
}

int record_input_skip_mark(struct record_source *source)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };

	while (source->end < sizeof(mark) && !source->end_seen) {
		int ret = record_input_fill(source);

		if (ret)
			return ret;
	}
	if (source->end >= sizeof(mark) && !memcmp(source->buffer, mark, sizeof(mark))) {
		source->begin += sizeof(mark);
		source->used += sizeof(mark);
	}
	return 0;
}

int record_field_find(const struct record_source *source, const char *name,
		      struct khmap_place *place)
{
	const struct record_options *options = &source->options;

	for (size_t i = 0; i < options->renames_count; i++) {
		const char *rename = options->renames[i];
		size_t length = strcspn(rename, "=");
		char field[RECORD_PATH_SIZE];

		if (strcmp(rename + length + 1, name))
			continue;
		snprintf(field, sizeof(field), "%.*s", (int)length, rename);
		return khmap_schema_find(source->schema, field, place);
	}
	return khmap_schema_find(source->schema, name, place);
}

static int record_renames_check(const struct record_source *source)
{
	const struct record_options *options = &source->options;

	for (size_t i = 0; i < options->renames_count; i++) {
		const char *rename = options->renames[i];
		size_t length = strcspn(rename, "=");
		char field[RECORD_PATH_SIZE];
		struct khmap_place place;
		int ret;

		if (!rename[length] || !rename[length + 1] || length >= sizeof(field))
			return khmap_fail(EINVAL, "\"%s\": FIELD=COLUMN is expected", rename);
		snprintf(field, sizeof(field), "%.*s", (int)length, rename);
		ret = khmap_schema_find(source->schema, field, &place);
		if (ret)
			return ret;
	}
	return 0;
}

int record_text_add(struct record_text *text, const char *bytes, size_t length)
{
	if (length > RECORD_TEXT_MAX - text->length)
		return khmap_fail(EBADMSG,
				  "a record of more than %d bytes (is a closing quote missing?)",
				  RECORD_TEXT_MAX);
	if (text->length + length > text->size) {
		size_t size = (text->length + length) * 2;
		char *data = realloc(text->data, size);

		if (!data)
			return khmap_fail(ENOMEM, "out of memory for a record");
		text->data = data;
		text->size = size;
	}
	if (length)
		memcpy(text->data + text->length, bytes, length);
	text->length += length;
	return 0;
}

int record_bad(struct record_source *source, uint64_t line, size_t column, const char *fmt, ...)
{
	char reason[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return khmap_fail(EBADMSG, "%s:%" PRIu64 ":%zu: %s", source->name, line, column, reason);
}

static int record_source_setup(struct record_source *source)
{
	const struct record_options *options = &source->options;
	int ret;

	switch (options->format) {
	case RECORD_CSV:
		source->reader = &record_csv_reader;
		break;
	case RECORD_JSON:
		source->reader = &record_json_reader;
		break;
	case RECORD_NDJSON:
		source->reader = &record_ndjson_reader;
		break;
	case RECORD_MSGPACK:
		source->reader = &record_msgpack_reader;
		break;
	case RECORD_RAW:
		source->reader = &record_raw_reader;
		break;
	default:
		return khmap_fail(EINVAL,
				  "records cannot be read from text for people: use "
				  RECORD_FORMATS);
	}
	if (options->delimiter && strchr("\"\r\n", options->delimiter))
		return khmap_fail(EINVAL, "a delimiter cannot be a quote or the end of a line");
	ret = record_renames_check(source);
	if (!ret)
		ret = record_columns_make(&source->columns, source->schema);
	if (ret)
		return ret;
	if (options->format != RECORD_MSGPACK && options->format != RECORD_RAW) {
		ret = record_input_skip_mark(source);
		if (ret)
			return ret;
	}
	return source->reader->open ? source->reader->open(source) : 0;
}

int record_source_open(int fd, const char *name, const struct khmap_schema *schema,
		       const struct record_options *options, struct record_source **source)
{
	struct record_source *made = calloc(1, sizeof(*made));
	int ret;

	if (!made)
		return khmap_fail(ENOMEM, "out of memory for %s", name);
	made->fd = fd;
	made->schema = schema;
	made->options = *options;
	made->name = strdup(name);
	if (made->name)
		ret = record_source_setup(made);
	else
		ret = khmap_fail(ENOMEM, "out of memory for %s", name);
	if (ret) {
		record_source_close(made);
		return ret == -EBADMSG ? -EINVAL : ret;
	}
	*source = made;
	return 0;
}

int record_next(struct record_source *source, void *key, void *value)
{
	int ret;

	if (source->failed)
		return source->failed;
	ret = source->reader->next(source, key, value);
	if (ret > 0)
		source->records++;
	else if (ret == -EBADMSG)
		source->skipped++;
	if (ret < 0 && ret != -EINTR && !(ret == -EBADMSG && source->options.keep_going))
		source->failed = ret;
	return ret;
}

uint64_t record_source_bytes(const struct record_source *source)
{
	return source->used;
}

uint64_t record_source_line(const struct record_source *source)
{
	return source->line;
}

uint64_t record_source_records(const struct record_source *source)
{
	return source->records;
}

uint64_t record_source_skipped(const struct record_source *source)
{
	return source->skipped;
}

void record_source_close(struct record_source *source)
{
	if (!source)
		return;
	if (source->reader && source->reader->close)
		source->reader->close(source);
	record_columns_free(&source->columns);
	free(source->name);
	free(source);
}
