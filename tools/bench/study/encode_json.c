// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * encode_json.c - records by yajl and by jansson
 *
 * yajl writes as it goes.  jansson first wants a tree, which it is given by the
 * calls that take over what they get and do not check what is known to be right.
 */
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_version.h>

#include "encode.h"
#include "study.h"

static void *yajl_create(size_t room)
{
	yajl_gen gen = yajl_gen_alloc(NULL);

	if (!gen)
		study_failed("yajl: no memory");
	return gen;
}

static void yajl_destroy(void *state)
{
	yajl_gen_free(state);
}

static void yajl_record(yajl_gen gen, const struct records *records, u32 i)
{
	yajl_gen_array_open(gen);
	if (records->kind == RECORD_TEXT) {
		const struct record_text *text = &records->text[i];

		yajl_gen_integer(gen, text->key);
		yajl_gen_string(gen, (const unsigned char *)text->text, text->length);
	} else {
		const struct record_mixed *mixed = &records->mixed[i];

		yajl_gen_integer(gen, (long long)mixed->key);
		yajl_gen_integer(gen, mixed->value.number);
		yajl_gen_bool(gen, mixed->value.truth);
	}
	yajl_gen_array_close(gen);
}

static size_t yajl_encode(void *state, const struct records *records, struct encode_sink *sink,
			  const char **out)
{
	const unsigned char *bytes;
	size_t size;
	u32 i;

	yajl_gen_clear(state);
	yajl_gen_reset(state, NULL);
	yajl_gen_array_open(state);
	for (i = 0; i < records->count; i++) {
		yajl_record(state, records, i);
		yajl_gen_get_buf(state, &bytes, &size);
		if (sink && size >= ENCODE_PIECE) {
			encode_sink_write(sink, bytes, size);
			yajl_gen_clear(state);
		}
	}
	if (yajl_gen_array_close(state) != yajl_gen_status_ok)
		study_failed("yajl: an array that does not end");
	yajl_gen_get_buf(state, &bytes, &size);
	*out = (const char *)bytes;
	if (!sink)
		return size;
	encode_sink_write(sink, bytes, size);
	return 0;
}

const struct encoder encoder_yajl = {
	.name = "yajl",
	.version = ENCODE_VERSION(YAJL_MAJOR, YAJL_MINOR, YAJL_MICRO),
	.json = true,
	.create = yajl_create,
	.encode = yajl_encode,
	.destroy = yajl_destroy,
};

/**
 * struct jansson - where a tree is dumped to
 * @bytes: memory
 * @used: of it
 * @room: of it
 * @sink: where it goes from there, or NULL
 */
struct jansson {
	char *bytes;
	size_t used;
	size_t room;
	struct encode_sink *sink;
};

static void *jansson_create(size_t room)
{
	struct jansson *jansson = calloc(1, sizeof(*jansson));

	if (!jansson)
		study_failed("jansson: no memory");
	jansson->room = room ? room : 4096;
	jansson->bytes = malloc(jansson->room);
	if (!jansson->bytes)
		study_failed("jansson: no memory");
	return jansson;
}

static void jansson_destroy(void *state)
{
	struct jansson *jansson = state;

	free(jansson->bytes);
	free(jansson);
}

static int jansson_append(const char *bytes, size_t size, void *context)
{
	struct jansson *jansson = context;

	if (jansson->used + size > jansson->room) {
		jansson->room = (jansson->used + size) * 2;
		jansson->bytes = realloc(jansson->bytes, jansson->room);
		if (!jansson->bytes)
			study_failed("jansson: no memory");
	}
	memcpy(jansson->bytes + jansson->used, bytes, size);
	jansson->used += size;
	if (jansson->sink && jansson->used >= ENCODE_PIECE) {
		encode_sink_write(jansson->sink, jansson->bytes, jansson->used);
		jansson->used = 0;
	}
	return 0;
}

static json_t *jansson_record(const struct records *records, u32 i)
{
	json_t *array = json_array();

	if (records->kind == RECORD_TEXT) {
		const struct record_text *text = &records->text[i];

		json_array_append_new(array, json_integer(text->key));
		json_array_append_new(array, json_stringn_nocheck(text->text, text->length));
	} else {
		const struct record_mixed *mixed = &records->mixed[i];

		json_array_append_new(array, json_integer((json_int_t)mixed->key));
		json_array_append_new(array, json_integer(mixed->value.number));
		json_array_append_new(array, json_boolean(mixed->value.truth));
	}
	return array;
}

static size_t jansson_encode(void *state, const struct records *records, struct encode_sink *sink,
			     const char **out)
{
	struct jansson *jansson = state;
	json_t *root = json_array();
	u32 i;

	for (i = 0; i < records->count; i++)
		json_array_append_new(root, jansson_record(records, i));
	jansson->used = 0;
	jansson->sink = sink;
	if (json_dump_callback(root, jansson_append, jansson, JSON_COMPACT))
		study_failed("jansson: a tree that cannot be dumped");
	json_decref(root);
	*out = jansson->bytes;
	if (!sink)
		return jansson->used;
	encode_sink_write(sink, jansson->bytes, jansson->used);
	return 0;
}

const struct encoder encoder_jansson = {
	.name = "jansson",
	.version = JANSSON_VERSION,
	.json = true,
	.create = jansson_create,
	.encode = jansson_encode,
	.destroy = jansson_destroy,
};
