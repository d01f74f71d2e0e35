// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * fuzz_msgpack.c - whatever a stream of MessagePack holds, to read records of it ends
 * well
 *
 * The first byte of an input says how to read it: which schema, and with which
 * options.  The rest is the stream.  A sanitizer tells what leaves its memory; an
 * errno that is not promised aborts, and so does a record that is not the same after
 * it was written and read again.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "record_print.h"

#define SIZE_MAX_FUZZ	(1u << 16)
/* Records that are written and read again; this bounds the time for one input. */
#define ROUNDS		16

#define KEEP_GOING	0x80
#define IGNORE_COLUMNS	0x40
#define RENAMES		0x20

static const char *const schemas[] = {
	"key u8;value u8",
	"key u64;value i64",
	"key {a:u16,b:i32};value {c:f32,d:f64,e:bool,f:u64be}",
	"key str[5];value bytes[4]",
	"key ipv4;value {a:ipv6,b:mac}",
	"key i8;value {name:str[7],list:u16[3],in:{x:i64,y:{z:f32}[2]}}",
	"key bytes[3];value str[2][2]",
	"key {k:bool};value packed{a:u8,b:f64le,c:i16}",
};

static void need(bool fine)
{
	if (!fine)
		abort();
}

static int stream_open(const void *bytes, size_t size)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	need(fd >= 0 && write(fd, bytes, size) == (ssize_t)size && !lseek(fd, 0, SEEK_SET));
	return fd;
}

/* A record that was read is the same after it was written and read again. */
static void record_round(const struct khmap_schema *schema, const void *key, const void *value)
{
	const struct record_options options = { .format = RECORD_MSGPACK };
	size_t key_size = khmap_schema_key_size(schema), size;
	size_t value_size = khmap_schema_value_size(schema);
	unsigned char key_again[KHMAP_RECORD_MAX], value_again[KHMAP_RECORD_MAX];
	struct record_source *source;
	struct record_sink *sink;
	char *text;
	FILE *out = open_memstream(&text, &size);
	int fd;

	need(out && !record_sink_open(out, schema, &options, &sink));
	need(!record_put(sink, key, value) && !record_sink_close(sink) && !fclose(out));
	fd = stream_open(text, size);
	free(text);
	need(!record_source_open(fd, "again", schema, &options, &source));
	need(record_next(source, key_again, value_again) == 1);
	need(!memcmp(key, key_again, key_size) && !memcmp(value, value_again, value_size));
	need(!record_next(source, key_again, value_again));
	record_source_close(source);
	close(fd);
}

static void stream_read(const struct khmap_schema *schema, const struct record_options *options,
			int fd, size_t size)
{
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	struct record_source *source;
	uint64_t good = 0, bad = 0;
	int got;

	/* A rename of a field that the schema has not. */
	if (record_source_open(fd, "stream", schema, options, &source))
		return;
	for (;;) {
		got = record_next(source, key, value);
		if (got == 1 && ++good <= ROUNDS)
			record_round(schema, key, value);
		need(got == 1 || !got || (got == -EBADMSG && *khmap_reason()));
		bad += got == -EBADMSG;
		/* Every record has a byte, and a failure is final or has one, too. */
		need(good + bad <= size + 1);
		if (!got || (got < 0 && !options->keep_going))
			break;
	}
	need(record_source_records(source) == good && record_source_skipped(source) == bad);
	need(record_source_bytes(source) <= size);
	record_source_close(source);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char *const renames[] = { "name=n" };
	struct record_options options = { .format = RECORD_MSGPACK };
	struct khmap_schema *schema;
	const char *text;
	int fd;

	if (!size || size > SIZE_MAX_FUZZ)
		return 0;
	text = schemas[data[0] % (sizeof(schemas) / sizeof(schemas[0]))];
	options.keep_going = data[0] & KEEP_GOING;
	options.ignore_columns = data[0] & IGNORE_COLUMNS;
	if (data[0] & RENAMES) {
		options.renames = renames;
		options.renames_count = 1;
	}
	need(!khmap_schema_parse(text, strlen(text), &schema));
	fd = stream_open(data + 1, size - 1);
	stream_read(schema, &options, fd, size - 1);
	close(fd);
	khmap_schema_free(schema);
	return 0;
}
