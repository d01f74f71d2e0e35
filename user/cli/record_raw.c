// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_raw.c - records from the bytes of keys and values, back to back
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "record_reader.h"

/* A record in the making: a signal may come in its middle. */
struct record_raw {
	size_t length;
	unsigned char bytes[2 * KHMAP_RECORD_MAX];
};

static int record_raw_open(struct record_source *source)
{
	source->state = calloc(1, sizeof(struct record_raw));
	return source->state ? 0 : khmap_fail(ENOMEM, "out of memory for a record");
}

static void record_raw_close(struct record_source *source)
{
	free(source->state);
}

static int record_raw_check(struct record_source *source, uint64_t offset, const char *name,
			    const struct khmap_type *type, const void *record)
{
	const char *joint = ": ";

	if (!khmap_value_check(type, record))
		return 0;
	if (*khmap_reason() == '[')
		joint = "";
	else if (type->kind == KHMAP_KIND_STRUCT && strncmp(khmap_reason(), "byte ", 5))
		joint = ".";
	return khmap_fail(EBADMSG, "%s: byte %" PRIu64 ": %s%s%s", source->name, offset, name,
			  joint, khmap_reason());
}

static int record_raw_next(struct record_source *source, void *key, void *value)
{
	size_t key_size = khmap_schema_key_size(source->schema);
	size_t size = key_size + khmap_schema_value_size(source->schema);
	struct record_raw *raw = source->state;
	uint64_t start;
	int ret;

	while (raw->length < size) {
		size_t count = source->end - source->begin, had = raw->length;

		if (!count) {
			const char *piece;

			ret = record_input_piece(source, "", &piece, &count);
			if (ret < 0)
				return ret;
			if (!ret && !had)
				return 0;
			if (!ret) {
				raw->length = 0;
				return khmap_fail(EBADMSG,
						  "%s: byte %" PRIu64 ": the last record has %zu of %zu bytes: %s",
						  source->name, source->used - had, had, size,
						  "the input is cut short or has another schema");
			}
			/* Give it back: a piece may hold many records. */
			source->begin -= count;
			source->used -= count;
		}
		if (count > size - had)
			count = size - had;
		memcpy(raw->bytes + had, source->buffer + source->begin, count);
		source->begin += count;
		source->used += count;
		raw->length += count;
	}
	raw->length = 0;
	source->line++;
	start = source->used - size;
	memcpy(key, raw->bytes, key_size);
	memcpy(value, raw->bytes + key_size, size - key_size);
	ret = record_raw_check(source, start, "key", khmap_schema_key(source->schema), key);
	if (!ret)
		ret = record_raw_check(source, start + key_size, "value",
				       khmap_schema_value(source->schema), value);
	return ret ? ret : 1;
}

const struct record_reader record_raw_reader = {
	.open = record_raw_open,
	.next = record_raw_next,
	.close = record_raw_close,
};
