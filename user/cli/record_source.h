/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * record_source.h - records of a map from CSV, JSON, NDJSON, MessagePack or raw bytes
 *
 *	csv	RFC 4180: a header line of column names, then a line for each
 *		record.  A column is a path as khmap_schema_find() takes it:
 *		"key" or "value" for records that are no structs, "name" or
 *		"value.name" for fields.  A cell is a plain scalar; a struct or
 *		an array in one cell is text or JSON.  Cells are taken byte for
 *		byte, a text need not be UTF-8.  Lines end in LF or CRLF.
 *	ndjson	a JSON object a line: {"key":...,"value":...}, or members named
 *		as the columns of CSV.  Empty lines are skipped.
 *	json	a JSON array of such objects, which is never in memory as a whole
 *	msgpack	MessagePack, a record behind the other; see record_msgpack.h
 *	raw	the bytes of key and value, back to back
 *
 * A UTF-8 byte order mark at the start of CSV, JSON and NDJSON is skipped.  A
 * record in one of these, or in MessagePack, has at most RECORD_TEXT_MAX bytes.
 *
 * Reasons start with the place, as compilers write it: "FILE:LINE:COLUMN: ",
 * lines and columns from 1, columns in bytes; MessagePack and raw: "FILE: byte
 * OFFSET: ", from 0.
 */
#ifndef KHMAP_CLI_RECORD_SOURCE_H
#define KHMAP_CLI_RECORD_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <khmap/schema.h>

#define RECORD_TEXT_MAX (1024 * 1024)

/* Formats that can be read, for messages. */
#define RECORD_FORMATS "csv, json, ndjson, msgpack or raw"

/**
 * enum record_format - How records are written.
 * @RECORD_CSV: comma-separated values
 * @RECORD_NDJSON: a JSON object a line
 * @RECORD_JSON: a JSON array of objects
 * @RECORD_MSGPACK: MessagePack
 * @RECORD_RAW: bytes
 * @RECORD_TEXT: for people; is written only
 */
enum record_format {
	RECORD_CSV,
	RECORD_NDJSON,
	RECORD_JSON,
	RECORD_MSGPACK,
	RECORD_RAW,
	RECORD_TEXT,
};

/**
 * struct record_options - How to read.
 * @format: what the input is
 * @delimiter: CSV: between cells; 0 for a comma
 * @no_header: CSV: the first line is a record; columns are the fields of the
 *	       key, then those of the value, in order
 * @ignore_columns: skip columns and members that the schema does not have
 * @keep_going: after a bad record go on with the next
 * @renames: CSV, JSON, NDJSON, maps of MessagePack: "FIELD=COLUMN": the input has
 *	     FIELD, a path, in a column or member called COLUMN; must outlive the source
 * @renames_count: number of @renames
 * @before_read: called before more of the input is read, which may take long; an
 *		 errno that it returns ends the source; or NULL
 * @context: its argument
 */
struct record_options {
	enum record_format format;
	char delimiter;
	bool no_header;
	bool ignore_columns;
	bool keep_going;
	const char *const *renames;
	size_t renames_count;
	int (*before_read)(void *context);
	void *context;
};

struct record_source;

/**
 * record_format_find() - A format by its name.
 * @name: "csv", "json", "ndjson", "msgpack", "raw" or "text"
 * @format: receives the format
 *
 * Return: 0; -EINVAL.
 */
int record_format_find(const char *name, enum record_format *format);

/**
 * record_source_open() - Start to read records.
 * @fd: where from; stays the caller's and open
 * @name: how reasons call the input; copied
 * @schema: the map's schema; must outlive the source
 * @options: how; copied
 * @source: receives the source, for record_source_close()
 *
 * Reads the header line of a CSV.
 *
 * Return: 0; -EINVAL if an option or the header is wrong, -ENOENT or -ENOTUNIQ
 * if a rename's field is, see khmap_schema_find(); -EINTR; the errno of
 * read(2); -ENOMEM.
 */
int record_source_open(int fd, const char *name, const struct khmap_schema *schema,
		       const struct record_options *options, struct record_source **source);

/**
 * record_next() - Read the next record.
 * @source: the source
 * @key: receives khmap_schema_key_size() bytes
 * @value: receives khmap_schema_value_size() bytes
 *
 * Return: 1; 0 at the end; -EBADMSG if the record is bad, after which the next
 * call goes on with keep_going and fails again without; -EINTR if a signal came,
 * nothing being lost; the errno of read(2) or of @before_read, -ENOMEM: final.  Contents of @key
 * and @value are undefined unless 1 is returned.
 */
int record_next(struct record_source *source, void *key, void *value);

/**
 * record_source_bytes() - How far the source is.
 * @source: the source
 *
 * Return: bytes of the input that have been used up.
 */
uint64_t record_source_bytes(const struct record_source *source);

/**
 * record_source_line() - Where the last record was.
 * @source: the source
 *
 * Return: the line, from 1, where it starts; MessagePack and raw: its number, from 1; 0 before
 * the first.
 */
uint64_t record_source_line(const struct record_source *source);

/**
 * record_source_records() - How many records were good.
 * @source: the source
 *
 * Return: number of times that record_next() returned 1.
 */
uint64_t record_source_records(const struct record_source *source);

/**
 * record_source_skipped() - How many records were bad.
 * @source: the source
 *
 * Return: number of records that record_next() called bad.
 */
uint64_t record_source_skipped(const struct record_source *source);

/**
 * record_source_close() - Free a source.
 * @source: the source, or NULL
 */
void record_source_close(struct record_source *source);

#endif /* KHMAP_CLI_RECORD_SOURCE_H */
