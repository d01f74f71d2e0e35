/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * record_reader.h - what the readers of the formats share
 */
#ifndef KHMAP_CLI_RECORD_READER_H
#define KHMAP_CLI_RECORD_READER_H

#include <stddef.h>

#include "record_columns.h"
#include "record_source.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

#define RECORD_BUFFER_SIZE 65536

/* Names in a reason. */
#define RECORD_LIST_SIZE 400

/**
 * struct record_text - Bytes that grow, up to RECORD_TEXT_MAX.
 * @data: the bytes
 * @length: how many there are
 * @size: how many there is room for
 */
struct record_text {
	char *data;
	size_t length;
	size_t size;
};

/**
 * struct record_reader - One format.
 * @open: make the source's state; NULL if there is none
 * @next: as record_next()
 * @close: free the state, also when open failed
 */
struct record_reader {
	int (*open)(struct record_source *source);
	int (*next)(struct record_source *source, void *key, void *value);
	void (*close)(struct record_source *source);
};

/**
 * struct record_source - A source and its input.
 * @reader: the format
 * @schema: the map's schema
 * @options: how to read
 * @name: how reasons call the input
 * @columns: all parts that a record must have
 * @state: the reader's own
 * @line: where the last record starts
 * @records: good records so far
 * @skipped: bad records so far
 * @failed: the errno that ended it
 * @fd: the input
 * @end_seen: read(2) returned 0
 * @begin: offset in @buffer of the next byte
 * @end: bytes in @buffer
 * @used: bytes of the input before @begin
 * @buffer: what was read
 */
struct record_source {
	const struct record_reader *reader;
	const struct khmap_schema *schema;
	struct record_options options;
	char *name;
	struct record_columns columns;
	void *state;
	uint64_t line;
	uint64_t records;
	uint64_t skipped;
	int failed;
	int fd;
	bool end_seen;
	size_t begin;
	size_t end;
	uint64_t used;
	char buffer[RECORD_BUFFER_SIZE];
};

extern const struct record_reader record_csv_reader;
extern const struct record_reader record_json_reader;
extern const struct record_reader record_msgpack_reader;
extern const struct record_reader record_ndjson_reader;
extern const struct record_reader record_raw_reader;

/**
 * record_input_piece() - Take the next piece of the input.
 * @source: the source
 * @stops: bytes that end a piece and belong to it, as a string; "" for none
 * @piece: receives the piece, valid until the next call
 * @length: receives its bytes, at least 1
 *
 * Return: 1; 0 at the end; -EINTR; the errno of read(2).
 */
int record_input_piece(struct record_source *source, const char *stops, const char **piece,
		       size_t *length);

/**
 * record_input_skip_mark() - Skip a byte order mark at the start of the input.
 * @source: the source
 *
 * Return: 0; as record_input_piece().
 */
int record_input_skip_mark(struct record_source *source);

/**
 * record_field_find() - What a column of the input is.
 * @source: the source
 * @name: how the input calls it
 * @place: receives its place; unchanged on failure
 *
 * Return: as khmap_schema_find(), after renaming.
 */
int record_field_find(const struct record_source *source, const char *name,
		      struct khmap_place *place);

/**
 * record_text_add() - Append to a text.
 * @text: the text
 * @bytes: what to append
 * @length: bytes of it
 *
 * Return: 0; -EBADMSG if it would grow too long; -ENOMEM.  The reason has no
 * place.
 */
int record_text_add(struct record_text *text, const char *bytes, size_t length);

/**
 * record_bad() - Refuse a record.
 * @source: the source
 * @line: where it is wrong
 * @column: its column, from 1
 * @fmt: printf format of the reason
 *
 * Return: -EBADMSG.
 */
int record_bad(struct record_source *source, uint64_t line, size_t column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif /* KHMAP_CLI_RECORD_READER_H */
