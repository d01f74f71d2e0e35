// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * encode_binary.c - records by msgpack-c and by libcbor
 *
 * Both write as they go; libcbor by its calls for streams, which allocate nothing.
 */
#include <cbor.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "study.h"

/* More than twice what any record takes. */
#define BINARY_RECORD_MAX	128

static void *pack_create(size_t room)
{
	msgpack_sbuffer *buffer = msgpack_sbuffer_new();

	if (buffer && room) {
		buffer->data = malloc(room);
		buffer->alloc = room;
	}
	if (!buffer || (room && !buffer->data))
		study_failed("msgpack-c: no memory");
	return buffer;
}

static void pack_destroy(void *state)
{
	msgpack_sbuffer_free(state);
}

static inline void pack_flush(msgpack_sbuffer *buffer, struct encode_sink *sink, size_t least)
{
	if (!sink || buffer->size < least)
		return;
	encode_sink_write(sink, buffer->data, buffer->size);
	msgpack_sbuffer_clear(buffer);
}

static void pack_text(msgpack_packer *packer, const struct record_text *record)
{
	msgpack_pack_int64(packer, record->key);
	msgpack_pack_str(packer, record->length);
	msgpack_pack_str_body(packer, record->text, record->length);
}

static void pack_mixed(msgpack_packer *packer, const struct record_mixed *record)
{
	msgpack_pack_array(packer, 3);
	msgpack_pack_uint64(packer, record->key);
	msgpack_pack_int32(packer, record->value.number);
	if (record->value.truth)
		msgpack_pack_true(packer);
	else
		msgpack_pack_false(packer);
}

static size_t pack_encode(void *state, const struct records *records, struct encode_sink *sink,
			  const char **out)
{
	msgpack_sbuffer *buffer = state;
	msgpack_packer packer;
	u32 i;

	msgpack_sbuffer_clear(buffer);
	msgpack_packer_init(&packer, buffer, msgpack_sbuffer_write);
	if (records->kind == RECORD_TEXT) {
		msgpack_pack_map(&packer, records->count);
		for (i = 0; i < records->count; i++) {
			pack_text(&packer, &records->text[i]);
			pack_flush(buffer, sink, ENCODE_PIECE);
		}
	} else {
		msgpack_pack_array(&packer, records->count);
		for (i = 0; i < records->count; i++) {
			pack_mixed(&packer, &records->mixed[i]);
			pack_flush(buffer, sink, ENCODE_PIECE);
		}
	}
	pack_flush(buffer, sink, 1);
	*out = buffer->data;
	return buffer->size;
}

const struct encoder encoder_msgpack = {
	.name = "msgpack-c",
	.version = MSGPACK_VERSION,
	.create = pack_create,
	.encode = pack_encode,
	.destroy = pack_destroy,
};

/**
 * struct cbor_buffer - what libcbor writes to
 * @bytes: memory
 * @used: of it
 * @room: of it
 */
struct cbor_buffer {
	unsigned char *bytes;
	size_t used;
	size_t room;
};

static void *buffer_create(size_t room)
{
	struct cbor_buffer *buffer = calloc(1, sizeof(*buffer));

	if (!buffer)
		study_failed("libcbor: no memory");
	buffer->room = room + 4096;
	buffer->bytes = malloc(buffer->room);
	if (!buffer->bytes)
		study_failed("libcbor: no memory");
	return buffer;
}

static void buffer_destroy(void *state)
{
	struct cbor_buffer *buffer = state;

	free(buffer->bytes);
	free(buffer);
}

/* Room for one more record, here or in the file. */
static inline unsigned char *buffer_at(struct cbor_buffer *buffer, struct encode_sink *sink)
{
	if (sink && buffer->used >= ENCODE_PIECE) {
		encode_sink_write(sink, buffer->bytes, buffer->used);
		buffer->used = 0;
	}
	if (buffer->room - buffer->used < BINARY_RECORD_MAX) {
		buffer->room *= 2;
		buffer->bytes = realloc(buffer->bytes, buffer->room);
		if (!buffer->bytes)
			study_failed("libcbor: no memory");
	}
	return buffer->bytes + buffer->used;
}

static size_t cbor_text(unsigned char *at, const struct record_text *record)
{
	size_t used = cbor_encode_uint((u64)record->key, at, BINARY_RECORD_MAX);

	used += cbor_encode_string_start(record->length, at + used, BINARY_RECORD_MAX);
	memcpy(at + used, record->text, record->length);
	return used + record->length;
}

static inline size_t cbor_number(unsigned char *at, int64_t number)
{
	if (number < 0)
		return cbor_encode_negint((u64)(-1 - number), at, BINARY_RECORD_MAX);
	return cbor_encode_uint((u64)number, at, BINARY_RECORD_MAX);
}

static size_t cbor_mixed(unsigned char *at, const struct record_mixed *record)
{
	size_t used = cbor_encode_array_start(3, at, BINARY_RECORD_MAX);

	used += cbor_encode_uint(record->key, at + used, BINARY_RECORD_MAX);
	used += cbor_number(at + used, record->value.number);
	return used + cbor_encode_bool(record->value.truth, at + used, BINARY_RECORD_MAX);
}

static size_t buffer_encode(void *state, const struct records *records, struct encode_sink *sink,
			    const char **out)
{
	struct cbor_buffer *buffer = state;
	u32 i;

	buffer->used = 0;
	if (records->kind == RECORD_TEXT) {
		buffer->used = cbor_encode_map_start(records->count, buffer->bytes, buffer->room);
		for (i = 0; i < records->count; i++)
			buffer->used += cbor_text(buffer_at(buffer, sink), &records->text[i]);
	} else {
		buffer->used = cbor_encode_array_start(records->count, buffer->bytes, buffer->room);
		for (i = 0; i < records->count; i++)
			buffer->used += cbor_mixed(buffer_at(buffer, sink), &records->mixed[i]);
	}
	*out = (const char *)buffer->bytes;
	if (!sink)
		return buffer->used;
	encode_sink_write(sink, buffer->bytes, buffer->used);
	return 0;
}

const struct encoder encoder_cbor = {
	.name = "libcbor",
	.version = ENCODE_VERSION(CBOR_MAJOR_VERSION, CBOR_MINOR_VERSION, CBOR_PATCH_VERSION),
	.create = buffer_create,
	.encode = buffer_encode,
	.destroy = buffer_destroy,
};
