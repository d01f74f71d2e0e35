/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * record_print.h - records of a map as CSV, JSON, NDJSON, MessagePack, raw bytes or text
 *
 * What is written as CSV, JSON, NDJSON, MessagePack or raw, record_source.h reads
 * back as the very same bytes, with three exceptions, all of records that are not valid for
 * their type (khmap_value_check()): CSV cannot be written of them, raw is
 * written but not read, and JSON has them as {"$hex":"..."}, see
 * <khmap/schema.h>, and MessagePack as an ext.
 *
 * CSV: a header line, LF behind each record, quotes where RFC 4180 wants them
 * and around empty texts; arrays are JSON in one cell; a str is written byte
 * for byte.  JSON: an array, a record a line, which record_sink_close() ends.
 * Text: the key, two blanks, the value; NAME=VALUE for each field.
 */
#ifndef KHMAP_CLI_RECORD_PRINT_H
#define KHMAP_CLI_RECORD_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include <khmap/schema.h>

#include "record_source.h"

struct record_sink;

/**
 * record_sink_open() - Start to write records.
 * @out: where to; stays the caller's; not flushed but by record_sink_close()
 * @schema: the map's schema; must outlive the sink
 * @options: format, delimiter, and no_header to leave the header line out
 * @sink: receives the sink, for record_sink_close()
 *
 * Return: 0; -EINVAL if an option is wrong; -EIO; -ENOMEM.
 */
int record_sink_open(FILE *out, const struct khmap_schema *schema,
		     const struct record_options *options, struct record_sink **sink);

/**
 * record_put() - Write a record.
 * @sink: the sink
 * @key: khmap_schema_key_size() bytes
 * @value: khmap_schema_value_size() bytes
 *
 * Return: 0; -EILSEQ if CSV cannot hold the record, of which nothing is
 * written; -EIO if the output fails; -ENOMEM.
 */
int record_put(struct record_sink *sink, const void *key, const void *value);

/**
 * record_sink_close() - End the output, flush it and free a sink.
 * @sink: the sink, or NULL
 *
 * Return: 0; -EIO if anything written did not arrive.
 */
int record_sink_close(struct record_sink *sink);

#endif /* KHMAP_CLI_RECORD_PRINT_H */
