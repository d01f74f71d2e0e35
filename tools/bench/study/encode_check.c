// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * encode_check.c - who encodes, and what was encoded, decoded again
 *
 * All JSON by jansson, whoever made it.
 */
#include <cbor.h>
#include <errno.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode.h"
#include "study.h"

const struct encoder *const encoders[ENCODERS] = {
	&encoder_rapidjson, &encoder_yajl, &encoder_jansson, &encoder_msgpack, &encoder_cbor,
};

void encode_sink_write(struct encode_sink *sink, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size) {
		ssize_t put = pwrite(sink->fd, at, size, (off_t)sink->size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			study_failed("a file cannot be written: %s", strerror(errno));
		sink->size += (size_t)put;
		at += put;
		size -= (size_t)put;
	}
}

/* Where a record has a text, its number and its truth are 0, and the other way round. */
struct decoded {
	u64 key;
	const char *text;
	size_t length;
	int64_t number;
	bool truth;
};

static bool decoded_is(const struct decoded *decoded, const struct records *records, u32 i)
{
	if (records->kind == RECORD_TEXT) {
		const struct record_text *text = &records->text[i];

		return decoded->key == (u64)text->key && decoded->length == text->length &&
		       !memcmp(decoded->text, text->text, text->length);
	}
	return decoded->key == records->mixed[i].key &&
	       decoded->number == records->mixed[i].value.number &&
	       decoded->truth == records->mixed[i].value.truth;
}

static bool check_json(const char *bytes, size_t size, const struct records *records)
{
	size_t fields = records->kind == RECORD_TEXT ? 2 : 3;
	json_t *root = json_loadb(bytes, size, 0, NULL);
	bool right = json_array_size(root) == records->count;
	u32 i;

	for (i = 0; right && i < records->count; i++) {
		json_t *array = json_array_get(root, i), *value = json_array_get(array, 1);
		struct decoded decoded = {
			.key = (u64)json_integer_value(json_array_get(array, 0)),
			.text = json_string_value(value),
			.length = json_string_length(value),
			.number = json_integer_value(value),
			.truth = json_is_true(json_array_get(array, 2)),
		};

		right = json_array_size(array) == fields && decoded_is(&decoded, records, i);
	}
	json_decref(root);
	return right;
}

static struct decoded unpacked(const msgpack_object *root, u32 i)
{
	const msgpack_object *fields;

	if (root->type == MSGPACK_OBJECT_MAP)
		return (struct decoded){
			.key = root->via.map.ptr[i].key.via.u64,
			.text = root->via.map.ptr[i].val.via.str.ptr,
			.length = root->via.map.ptr[i].val.via.str.size,
		};
	fields = root->via.array.ptr[i].via.array.ptr;
	return (struct decoded){
		.key = fields[0].via.u64,
		.number = fields[1].via.i64,
		.truth = fields[2].via.boolean,
	};
}

static bool check_msgpack(const char *bytes, size_t size, const struct records *records)
{
	bool map = records->kind == RECORD_TEXT, right;
	msgpack_unpacked result;
	msgpack_object *root;
	size_t at = 0;
	u32 i;

	msgpack_unpacked_init(&result);
	right = msgpack_unpack_next(&result, bytes, size, &at) == MSGPACK_UNPACK_SUCCESS &&
		at == size;
	root = &result.data;
	right = right && root->type == (map ? MSGPACK_OBJECT_MAP : MSGPACK_OBJECT_ARRAY) &&
		(map ? root->via.map.size : root->via.array.size) == records->count;
	for (i = 0; right && i < records->count; i++) {
		struct decoded decoded = unpacked(root, i);

		right = decoded_is(&decoded, records, i);
	}
	msgpack_unpacked_destroy(&result);
	return right;
}

static int64_t cbor_number(const cbor_item_t *item)
{
	int64_t number = (int64_t)cbor_get_int(item);

	return cbor_isa_negint(item) ? -1 - number : number;
}

static struct decoded cbor_decoded(const cbor_item_t *root, u32 i)
{
	const struct cbor_pair *pair;
	cbor_item_t **fields;

	if (cbor_isa_map(root)) {
		pair = &cbor_map_handle(root)[i];
		return (struct decoded){
			.key = cbor_get_int(pair->key),
			.text = (const char *)cbor_string_handle(pair->value),
			.length = cbor_string_length(pair->value),
		};
	}
	fields = cbor_array_handle(cbor_array_handle(root)[i]);
	return (struct decoded){
		.key = cbor_get_int(fields[0]),
		.number = cbor_number(fields[1]),
		.truth = cbor_get_bool(fields[2]),
	};
}

static bool check_cbor(const char *bytes, size_t size, const struct records *records)
{
	struct cbor_load_result result;
	cbor_item_t *root = cbor_load((const unsigned char *)bytes, size, &result);
	bool map = records->kind == RECORD_TEXT, right;
	u32 i;

	right = root && result.read == size && (map ? cbor_isa_map(root) : cbor_isa_array(root)) &&
		(map ? cbor_map_size(root) : cbor_array_size(root)) == records->count;
	for (i = 0; right && i < records->count; i++) {
		struct decoded decoded = cbor_decoded(root, i);

		right = decoded_is(&decoded, records, i);
	}
	if (root)
		cbor_decref(&root);
	return right;
}

void encode_check(const struct encoder *encoder, const char *bytes, size_t size,
		  const struct records *records)
{
	bool right;

	if (encoder->json)
		right = check_json(bytes, size, records);
	else if (encoder == &encoder_msgpack)
		right = check_msgpack(bytes, size, records);
	else
		right = check_cbor(bytes, size, records);
	if (!right)
		study_wrong("%s does not give the records that it was given", encoder->name);
}
