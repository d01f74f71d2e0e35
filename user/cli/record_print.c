// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_print.c - records of a map as CSV, JSON, NDJSON, MessagePack, raw bytes or text
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "record_columns.h"
#include "record_msgpack.h"
#include "record_print.h"

/**
 * struct record_sink - An output.
 * @out: where to
 * @schema: the map's schema
 * @options: how
 * @columns: CSV: the columns
 * @cell: CSV: a stream to @text, for cells that may need quotes
 * @text: what is in @cell
 * @size: bytes of @text
 * @any: JSON: a record was written
 */
struct record_sink {
	FILE *out;
	const struct khmap_schema *schema;
	struct record_options options;
	struct record_columns columns;
	FILE *cell;
	char *text;
	size_t size;
	bool any;
};

static int record_sink_check(struct record_sink *sink)
{
	if (ferror(sink->out))
		return khmap_fail(EIO, "records cannot be written");
	return 0;
}

static void record_csv_put_cell(struct record_sink *sink, const char *text, size_t length)
{
	char delimiter = sink->options.delimiter;
	bool quoted = !length || text[0] == ' ' || text[length - 1] == ' ';

	for (size_t i = 0; i < length && !quoted; i++)
		quoted = text[i] == delimiter || text[i] == '"' || text[i] == '\n' ||
			 text[i] == '\r';
	if (!quoted) {
		fwrite(text, 1, length, sink->out);
		return;
	}
	putc('"', sink->out);
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '"')
			putc('"', sink->out);
		putc(text[i], sink->out);
	}
	putc('"', sink->out);
}

static void record_csv_put_header(struct record_sink *sink)
{
	for (size_t i = 0; i < sink->columns.count; i++) {
		const char *name = sink->columns.column[i].name;

		if (i)
			putc(sink->options.delimiter, sink->out);
		record_csv_put_cell(sink, name, strlen(name));
	}
	putc('\n', sink->out);
}

static int record_csv_put_part(struct record_sink *sink, const struct khmap_type *type,
			       const void *record)
{
	if (type->kind == KHMAP_KIND_STR) {
		record_csv_put_cell(sink, record, strnlen(record, type->size));
		return 0;
	}
	rewind(sink->cell);
	if (type->kind == KHMAP_KIND_ARRAY)
		khmap_value_print_json(type, record, sink->cell);
	else
		khmap_value_print(type, record, sink->cell);
	if (fflush(sink->cell) || ferror(sink->cell))
		return khmap_fail(ENOMEM, "out of memory for a cell");
	record_csv_put_cell(sink, sink->text, (size_t)ftell(sink->cell));
	return 0;
}

static int record_csv_put(struct record_sink *sink, const void *key, const void *value)
{
	const void *records[2] = { key, value };

	if (khmap_value_check(khmap_schema_key(sink->schema), key))
		return khmap_fail(EILSEQ, "key: CSV cannot hold this record, JSON can: %s",
				  khmap_reason());
	if (khmap_value_check(khmap_schema_value(sink->schema), value))
		return khmap_fail(EILSEQ, "value: CSV cannot hold this record, JSON can: %s",
				  khmap_reason());
	for (size_t i = 0; i < sink->columns.count; i++) {
		const struct khmap_place *place = &sink->columns.column[i].place;
		int ret;

		if (i)
			putc(sink->options.delimiter, sink->out);
		ret = record_csv_put_part(sink, place->type,
					  (const char *)records[place->in_value] + place->offset);
		if (ret)
			return ret;
	}
	putc('\n', sink->out);
	return 0;
}

static void record_json_put(const struct khmap_schema *schema, const void *key,
			    const void *value, FILE *out)
{
	fputs("{\"key\":", out);
	khmap_value_print_json(khmap_schema_key(schema), key, out);
	fputs(",\"value\":", out);
	khmap_value_print_json(khmap_schema_value(schema), value, out);
	putc('}', out);
}

static void record_text_put_value(const struct khmap_type *type, const char *record, FILE *out)
{
	if (type->kind != KHMAP_KIND_STRUCT) {
		khmap_value_print(type, record, out);
		return;
	}
	for (__u32 i = 0; i < type->count; i++) {
		const struct khmap_field *field = &type->fields[i];

		fprintf(out, "%s%s=", i ? " " : "", field->name);
		if (field->type->kind == KHMAP_KIND_STR)
			putc('"', out);
		khmap_value_print(field->type, record + field->offset, out);
		if (field->type->kind == KHMAP_KIND_STR)
			putc('"', out);
	}
}

int record_put(struct record_sink *sink, const void *key, const void *value)
{
	int ret = 0;

	switch (sink->options.format) {
	case RECORD_CSV:
		ret = record_csv_put(sink, key, value);
		break;
	case RECORD_JSON:
		fputs(sink->any ? ",\n" : "\n", sink->out);
		sink->any = true;
		record_json_put(sink->schema, key, value, sink->out);
		break;
	case RECORD_NDJSON:
		record_json_put(sink->schema, key, value, sink->out);
		putc('\n', sink->out);
		break;
	case RECORD_MSGPACK:
		record_msgpack_put(sink->schema, key, value, sink->out);
		break;
	case RECORD_RAW:
		fwrite(key, 1, khmap_schema_key_size(sink->schema), sink->out);
		fwrite(value, 1, khmap_schema_value_size(sink->schema), sink->out);
		break;
	case RECORD_TEXT:
		record_text_put_value(khmap_schema_key(sink->schema), key, sink->out);
		fputs("  ", sink->out);
		record_text_put_value(khmap_schema_value(sink->schema), value, sink->out);
		putc('\n', sink->out);
		break;
	}
	return ret ? ret : record_sink_check(sink);
}

static int record_sink_open_csv(struct record_sink *sink)
{
	int ret = record_columns_make(&sink->columns, sink->schema);

	if (ret)
		return ret;
	sink->cell = open_memstream(&sink->text, &sink->size);
	if (!sink->cell)
		return khmap_fail(ENOMEM, "out of memory for a cell");
	if (!sink->options.no_header)
		record_csv_put_header(sink);
	return record_sink_check(sink);
}

int record_sink_open(FILE *out, const struct khmap_schema *schema,
		     const struct record_options *options, struct record_sink **sink)
{
	struct record_sink *made;
	int ret;

	if (options->delimiter && strchr("\"\r\n", options->delimiter))
		return khmap_fail(EINVAL, "a delimiter cannot be a quote or the end of a line");
	made = calloc(1, sizeof(*made));
	if (!made)
		return khmap_fail(ENOMEM, "out of memory for an output");
	made->out = out;
	made->schema = schema;
	made->options = *options;
	if (!made->options.delimiter)
		made->options.delimiter = ',';
	ret = options->format == RECORD_CSV ? record_sink_open_csv(made) : 0;
	if (options->format == RECORD_JSON)
		putc('[', out);
	if (ret) {
		record_sink_close(made);
		return ret;
	}
	*sink = made;
	return 0;
}

int record_sink_close(struct record_sink *sink)
{
	int ret;

	if (!sink)
		return 0;
	if (sink->options.format == RECORD_JSON)
		fputs("\n]\n", sink->out);
	ret = fflush(sink->out) ? khmap_fail(EIO, "records cannot be written: %s",
					     strerror(errno)) : record_sink_check(sink);
	if (sink->cell)
		fclose(sink->cell);
	free(sink->text);
	record_columns_free(&sink->columns);
	free(sink);
	return ret;
}
