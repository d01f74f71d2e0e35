/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * record_test.h - what the tests of the formats of records share
 */
#ifndef KHMAP_RECORD_TEST_H
#define KHMAP_RECORD_TEST_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "error.h"
#include "record_print.h"
#include "record_source.h"
#include "schema_random.h"
#include "tap.h"

static inline struct khmap_schema *schema_of(const char *text)
{
	struct khmap_schema *schema = NULL;

	if (khmap_schema_parse(text, strlen(text), &schema)) {
		diag("%s", khmap_reason());
		exit(1);
	}
	return schema;
}

static inline FILE *file_of(const char *text, size_t length)
{
	FILE *file = tmpfile();

	if (!file || fwrite(text, 1, length, file) != length || fflush(file)) {
		diag("no temporary file");
		exit(1);
	}
	rewind(file);
	lseek(fileno(file), 0, SEEK_SET);
	return file;
}

/*
 * Read all of @text and append, for each call, "KEY=VALUE" of a record as text
 * or the reason, to @report; lines end in "\n".
 */
static inline void report_of(const char *schema_text, const struct record_options *options,
			     const char *text, size_t length, char **report)
{
	struct khmap_schema *schema = schema_of(schema_text);
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	FILE *file = file_of(text, length);
	struct record_source *source;
	size_t size;
	FILE *out = open_memstream(report, &size);
	int ret;

	ret = record_source_open(fileno(file), "in", schema, options, &source);
	if (ret) {
		fprintf(out, "open %d %s\n", ret, khmap_reason());
	} else {
		while ((ret = record_next(source, key, value))) {
			if (ret == -EBADMSG) {
				fprintf(out, "bad %s\n", khmap_reason());
				if (!options->keep_going)
					break;
				continue;
			}
			if (ret < 0) {
				fprintf(out, "error %d %s\n", ret, khmap_reason());
				break;
			}
			fprintf(out, "%lu ", (unsigned long)record_source_line(source));
			khmap_value_print(khmap_schema_key(schema), key, out);
			putc('=', out);
			khmap_value_print(khmap_schema_value(schema), value, out);
			putc('\n', out);
		}
		fprintf(out, "%lu good %lu bad\n", (unsigned long)record_source_records(source),
			(unsigned long)record_source_skipped(source));
		if (ret >= 0 && record_source_bytes(source) != length)
			fprintf(out, "%lu bytes used\n",
				(unsigned long)record_source_bytes(source));
		record_source_close(source);
	}
	fclose(out);
	fclose(file);
	khmap_schema_free(schema);
}

static inline void is_report_of(const char *schema, const struct record_options *options,
				const char *text, size_t length, const char *want,
				const char *what)
{
	char *report;

	report_of(schema, options, text, length, &report);
	is_str(report, want, "%s", what);
	free(report);
}

/* Write records, read them, compare; the count of those that are the same. */
static inline unsigned int same_after(const struct khmap_schema *schema,
				      const struct record_options *options,
				      unsigned char (*records)[2][KHMAP_RECORD_MAX],
				      unsigned int count)
{
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	struct record_source *source;
	struct record_sink *sink;
	FILE *file = tmpfile();
	unsigned int same = 0;
	int ret;

	record_sink_open(file, schema, options, &sink);
	for (unsigned int i = 0; i < count; i++) {
		if (record_put(sink, records[i][0], records[i][1]))
			diag("%s", khmap_reason());
	}
	record_sink_close(sink);
	lseek(fileno(file), 0, SEEK_SET);
	if (record_source_open(fileno(file), "in", schema, options, &source)) {
		diag("%s: %s", khmap_schema_text(schema), khmap_reason());
		fclose(file);
		return 0;
	}
	for (unsigned int i = 0; (ret = record_next(source, key, value)) > 0; i++) {
		if (i == count)
			diag("too many records");
		else
			same += !memcmp(key, records[i][0], khmap_schema_key_size(schema)) &&
				!memcmp(value, records[i][1], khmap_schema_value_size(schema));
	}
	if (ret)
		diag("%s: %s", khmap_schema_text(schema), khmap_reason());
	record_source_close(source);
	fclose(file);
	return same;
}

#endif /* KHMAP_RECORD_TEST_H */
