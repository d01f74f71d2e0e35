// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_msgpack_value.c - a record from one whole value of MessagePack
 *
 * The schema leads: nesting goes as deep as its types, and what they do not
 * have is refused, or skipped by counting.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include <mpack.h>

#include "error.h"
#include "record_msgpack.h"
#include "schema.h"

/* Of a path, what a reason shows. */
#define RECORD_MSGPACK_PATH 256

/**
 * struct record_msgpack_walk - A walk through the bytes of a record.
 * @source: the source
 * @tokens: for mpack_read()
 * @start: the bytes
 * @at: the next of them
 * @left: how many there still are
 * @offset: where @start is in the input
 * @where: likewise the last token
 * @path: what is being read, cut if it is long
 * @path_length: bytes of @path
 */
struct record_msgpack_walk {
	struct record_source *source;
	mpack_tokbuf_t tokens;
	const char *start;
	const char *at;
	size_t left;
	uint64_t offset;
	uint64_t where;
	char path[RECORD_MSGPACK_PATH];
	size_t path_length;
};

/* The bytes are known to be well-formed. */
static mpack_token_t record_msgpack_token(struct record_msgpack_walk *walk)
{
	mpack_token_t token = { .type = MPACK_TOKEN_NIL };

	walk->where = walk->offset + (uint64_t)(walk->at - walk->start);
	mpack_read(&walk->tokens, &walk->at, &walk->left, &token);
	return token;
}

/* The bytes of a str, bin or ext of which @token was read. */
static const char *record_msgpack_content(struct record_msgpack_walk *walk,
					  const mpack_token_t *token)
{
	uint64_t where = walk->where;
	const char *content = walk->at;

	if (token->length)
		record_msgpack_token(walk);
	walk->where = where;
	return content;
}

/* A value of which @token was read. */
static void record_msgpack_skip(struct record_msgpack_walk *walk, mpack_token_t token)
{
	uint64_t values = 1;

	for (;;) {
		if (token.type == MPACK_TOKEN_ARRAY)
			values += token.length;
		else if (token.type == MPACK_TOKEN_MAP)
			values += 2 * (uint64_t)token.length;
		else if (token.type == MPACK_TOKEN_STR || token.type == MPACK_TOKEN_BIN ||
			 token.type == MPACK_TOKEN_EXT)
			record_msgpack_content(walk, &token);
		if (!--values)
			break;
		token = record_msgpack_token(walk);
	}
}

static void __attribute__((format(printf, 2, 3)))
record_msgpack_push(struct record_msgpack_walk *walk, const char *fmt, ...)
{
	size_t room = sizeof(walk->path) - walk->path_length;
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(walk->path + walk->path_length, room, fmt, args);
	va_end(args);
	walk->path_length += (size_t)length < room ? (size_t)length : room - 1;
}

static void record_msgpack_pop(struct record_msgpack_walk *walk, size_t length)
{
	walk->path_length = length;
	walk->path[length] = '\0';
}

/* Refuse the record for its last token. */
static int __attribute__((format(printf, 2, 3)))
record_msgpack_refuse(struct record_msgpack_walk *walk, const char *fmt, ...)
{
	char reason[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return record_msgpack_bad(walk->source, walk->where, "%s%s%s", walk->path,
				  walk->path_length ? ": " : "", reason);
}

static uint64_t record_msgpack_bits(const mpack_token_t *token)
{
	uint64_t bits = (uint64_t)token->data.value.hi << 32 | token->data.value.lo;

	if (token->type == MPACK_TOKEN_SINT && token->length < 8)
		bits |= ~UINT64_C(0) << (token->length * 8);
	return bits;
}

static int record_msgpack_wrong(struct record_msgpack_walk *walk, const mpack_token_t *token,
				const char *wanted)
{
	char found[64];

	switch (token->type) {
	case MPACK_TOKEN_NIL:
		strcpy(found, "nil");
		break;
	case MPACK_TOKEN_BOOLEAN:
		strcpy(found, token->data.value.lo ? "true" : "false");
		break;
	case MPACK_TOKEN_UINT:
		snprintf(found, sizeof(found), "the integer %" PRIu64, record_msgpack_bits(token));
		break;
	case MPACK_TOKEN_SINT:
		snprintf(found, sizeof(found), "the integer %" PRId64,
			 (int64_t)record_msgpack_bits(token));
		break;
	case MPACK_TOKEN_FLOAT:
		snprintf(found, sizeof(found), "a float of %u bits", token->length * 8);
		break;
	case MPACK_TOKEN_ARRAY:
		snprintf(found, sizeof(found), "an array of %u", token->length);
		break;
	case MPACK_TOKEN_MAP:
		snprintf(found, sizeof(found), "a map of %u", token->length);
		break;
	case MPACK_TOKEN_EXT:
		snprintf(found, sizeof(found), "an ext of type %d",
			 (signed char)token->data.ext_type);
		break;
	default:
		snprintf(found, sizeof(found), "a %s of %u bytes",
			 token->type == MPACK_TOKEN_STR ? "str" : "bin", token->length);
		break;
	}
	return record_msgpack_refuse(walk, "%s is expected, found %s", wanted, found);
}

/* What all formats say of a scalar they know as text; 0 if it is read. */
static int record_msgpack_plain(struct record_msgpack_walk *walk, const struct khmap_type *type,
				const char *text, size_t length, void *record)
{
	return khmap_value_scan(type, text, length, record) ?
	       record_msgpack_refuse(walk, "%s", khmap_reason()) : 0;
}

static int record_msgpack_integer(struct record_msgpack_walk *walk, const struct khmap_type *type,
				  const mpack_token_t *token, void *record)
{
	uint64_t bits = record_msgpack_bits(token), most = UINT64_MAX >> (64 - type->size * 8);
	bool negative = token->type == MPACK_TOKEN_SINT;
	char text[KHMAP_NUMBER_SIZE];
	int length;

	if (token->type != MPACK_TOKEN_UINT && !negative)
		return record_msgpack_wrong(walk, token, "an integer");
	if (type->kind == KHMAP_KIND_INT)
		most >>= 1;
	else if (negative)
		goto outside;
	/* Of a negative one, all but the sign must be in range. */
	if ((negative ? ~bits : bits) > most)
		goto outside;
	khmap_number_store(type, bits, record);
	return 0;

outside:
	length = snprintf(text, sizeof(text), negative ? "%" PRId64 : "%" PRIu64, bits);
	return record_msgpack_plain(walk, type, text, (size_t)length, record);
}

static int record_msgpack_float(struct record_msgpack_walk *walk, const struct khmap_type *type,
				const mpack_token_t *token, void *record)
{
	bool negative = token->type == MPACK_TOKEN_SINT;
	uint64_t bits = record_msgpack_bits(token), exact;
	double wide;
	float half;
	__u32 word;

	if (token->type == MPACK_TOKEN_FLOAT && token->length == type->size) {
		khmap_number_store(type, bits, record);
		return 0;
	}
	if (token->type == MPACK_TOKEN_FLOAT && token->length == 4) {
		word = (__u32)bits;
		memcpy(&half, &word, sizeof(half));
		wide = (double)half;
	} else if (token->type == MPACK_TOKEN_FLOAT) {
		memcpy(&wide, &bits, sizeof(wide));
	} else if (token->type == MPACK_TOKEN_UINT || negative) {
		exact = UINT64_C(1) << (type->size == 4 ? 24 : 53);
		if ((negative ? -bits : bits) > exact)
			return record_msgpack_wrong(walk, token, type->size == 4 ?
						    "a float, or an integer of at most 2^24," :
						    "a float, or an integer of at most 2^53,");
		wide = negative ? -(double)-bits : (double)bits;
	} else {
		return record_msgpack_wrong(walk, token, "a float");
	}
	if (type->size == 8) {
		memcpy(&bits, &wide, sizeof(bits));
	} else {
		half = (float)wide;
		if (__builtin_isinf(half) && !__builtin_isinf(wide))
			return record_msgpack_refuse(walk, "%g does not fit f32 (at most 3.4e38)",
						     wide);
		memcpy(&word, &half, sizeof(word));
		bits = word;
	}
	khmap_number_store(type, bits, record);
	return 0;
}

static int record_msgpack_bool(struct record_msgpack_walk *walk, const mpack_token_t *token,
			       unsigned char *record)
{
	if (token->type != MPACK_TOKEN_BOOLEAN)
		return record_msgpack_wrong(walk, token, "true or false");
	*record = !!token->data.value.lo;
	return 0;
}

/* A str, or the bytes of one that is not valid; an address may also be text. */
static int record_msgpack_bytes(struct record_msgpack_walk *walk, const struct khmap_type *type,
				const mpack_token_t *token, unsigned char *record)
{
	bool is_str = type->kind == KHMAP_KIND_STR, is_bytes = type->kind == KHMAP_KIND_BYTES;
	char wanted[64];
	const char *content;

	if (token->type == MPACK_TOKEN_STR && !is_bytes) {
		content = record_msgpack_content(walk, token);
		return record_msgpack_plain(walk, type, content, token->length, record);
	}
	if (token->type != MPACK_TOKEN_BIN || is_str || token->length != type->size) {
		snprintf(wanted, sizeof(wanted), is_str ? "a str of at most %u bytes" : is_bytes ?
			 "a bin of %u bytes" : "a bin of %u bytes, or an address as str,",
			 type->size);
		return record_msgpack_wrong(walk, token, wanted);
	}
	memcpy(record, record_msgpack_content(walk, token), type->size);
	return 0;
}

static int record_msgpack_raw(struct record_msgpack_walk *walk, const struct khmap_type *type,
			      const mpack_token_t *token, unsigned char *record)
{
	bool is_str = type->kind == KHMAP_KIND_STR;

	if (is_str ? token->length > type->size : token->length != type->size)
		return record_msgpack_refuse(walk, "an ext of %u bytes: the type has %u",
					     token->length, type->size);
	memcpy(record, record_msgpack_content(walk, token), token->length);
	return 0;
}

static int record_msgpack_any(struct record_msgpack_walk *walk, const struct khmap_type *type,
			      unsigned char *record);

static int record_msgpack_array(struct record_msgpack_walk *walk, const struct khmap_type *type,
				const mpack_token_t *token, unsigned char *record)
{
	size_t length = walk->path_length;
	char wanted[32];

	if (token->type != MPACK_TOKEN_ARRAY || token->length != type->count) {
		snprintf(wanted, sizeof(wanted), "an array of %u", type->count);
		return record_msgpack_wrong(walk, token, wanted);
	}
	for (__u32 i = 0; i < type->count; i++) {
		int ret;

		record_msgpack_push(walk, "[%u]", i);
		ret = record_msgpack_any(walk, type->element,
					 record + (size_t)i * type->element->size);
		if (ret)
			return ret;
		record_msgpack_pop(walk, length);
	}
	return 0;
}

static int record_msgpack_field(struct record_msgpack_walk *walk, const struct khmap_type *type,
				bool seen[KHMAP_FIELDS_MAX], unsigned char *record)
{
	mpack_token_t token = record_msgpack_token(walk);
	size_t length = walk->path_length;
	char excerpt[KHMAP_EXCERPT_SIZE];
	const char *name;
	__u32 i = 0;
	int ret;

	if (token.type != MPACK_TOKEN_STR)
		return record_msgpack_wrong(walk, &token, "a str with a field's name");
	name = record_msgpack_content(walk, &token);
	while (i < type->count && (strlen(type->fields[i].name) != token.length ||
				   memcmp(type->fields[i].name, name, token.length)))
		i++;
	if (i == type->count && walk->source->options.ignore_columns) {
		record_msgpack_skip(walk, record_msgpack_token(walk));
		return 0;
	}
	if (i == type->count)
		return record_msgpack_refuse(walk,
					     "there is no field %s; such are skipped with --ignore-columns",
					     khmap_excerpt(name, token.length, excerpt));
	record_msgpack_push(walk, ".%s", type->fields[i].name);
	if (seen[i])
		return record_msgpack_refuse(walk, "the field is there twice");
	seen[i] = true;
	ret = record_msgpack_any(walk, type->fields[i].type, record + type->fields[i].offset);
	if (!ret)
		record_msgpack_pop(walk, length);
	return ret;
}

static int record_msgpack_struct(struct record_msgpack_walk *walk, const struct khmap_type *type,
				 const mpack_token_t *token, unsigned char *record)
{
	bool seen[KHMAP_FIELDS_MAX] = { false };
	uint64_t where = walk->where;

	if (token->type != MPACK_TOKEN_MAP)
		return record_msgpack_wrong(walk, token, "a map with the struct's fields");
	for (uint32_t i = 0; i < token->length; i++) {
		int ret = record_msgpack_field(walk, type, seen, record);

		if (ret)
			return ret;
	}
	for (__u32 i = 0; i < type->count; i++) {
		if (!seen[i]) {
			record_msgpack_push(walk, ".%s", type->fields[i].name);
			walk->where = where;
			return record_msgpack_refuse(walk, "the field is missing");
		}
	}
	return 0;
}

/* @record is all zero. */
static int record_msgpack_any(struct record_msgpack_walk *walk, const struct khmap_type *type,
			      unsigned char *record)
{
	mpack_token_t token = record_msgpack_token(walk);

	if (token.type == MPACK_TOKEN_EXT && token.data.ext_type == RECORD_MSGPACK_RAW)
		return record_msgpack_raw(walk, type, &token, record);
	switch (type->kind) {
	case KHMAP_KIND_UINT:
	case KHMAP_KIND_INT:
		return record_msgpack_integer(walk, type, &token, record);
	case KHMAP_KIND_FLOAT:
		return record_msgpack_float(walk, type, &token, record);
	case KHMAP_KIND_BOOL:
		return record_msgpack_bool(walk, &token, record);
	case KHMAP_KIND_ARRAY:
		return record_msgpack_array(walk, type, &token, record);
	case KHMAP_KIND_STRUCT:
		return record_msgpack_struct(walk, type, &token, record);
	default:
		return record_msgpack_bytes(walk, type, &token, record);
	}
}

/* A member of a record that is a map. */
static int record_msgpack_member(struct record_msgpack_walk *walk, struct record_cover *cover,
				 unsigned char *records[2])
{
	mpack_token_t token = record_msgpack_token(walk);
	struct record_source *source = walk->source;
	char name[RECORD_PATH_SIZE], names[RECORD_LIST_SIZE];
	struct khmap_place place;
	const char *content;
	int ret;

	if (token.type != MPACK_TOKEN_STR)
		return record_msgpack_wrong(walk, &token, "a str with a member's name");
	content = record_msgpack_content(walk, &token);
	if (token.length < sizeof(name) && !memchr(content, '\0', token.length)) {
		snprintf(name, sizeof(name), "%.*s", (int)token.length, content);
		ret = record_field_find(source, name, &place);
	} else {
		ret = khmap_fail(ENOENT, "%s: there is no such field",
				 khmap_excerpt(content, token.length, name));
	}
	if (ret && ret != -ENOTUNIQ && source->options.ignore_columns) {
		record_msgpack_skip(walk, record_msgpack_token(walk));
		return 0;
	}
	if (ret) {
		record_columns_list(&source->columns, NULL, names, sizeof(names));
		return record_msgpack_refuse(walk,
					     "%s (members: key, value, or %s; others are skipped with --ignore-columns)",
					     khmap_reason(), names);
	}
	if (!record_cover_add(cover, &place))
		return record_msgpack_refuse(walk, "%s: given twice", name);
	record_msgpack_push(walk, "%s", name);
	ret = record_msgpack_any(walk, place.type, records[place.in_value] + place.offset);
	if (!ret)
		record_msgpack_pop(walk, 0);
	return ret;
}

static int record_msgpack_members(struct record_msgpack_walk *walk, uint32_t count,
				  struct record_cover *cover, unsigned char *records[2])
{
	struct record_source *source = walk->source;
	char names[RECORD_LIST_SIZE];

	record_cover_clear(cover, source->schema);
	for (uint32_t i = 0; i < count; i++) {
		int ret = record_msgpack_member(walk, cover, records);

		if (ret)
			return ret;
	}
	walk->where = walk->offset;
	if (record_columns_list(&source->columns, cover, names, sizeof(names)))
		return record_msgpack_refuse(walk, "missing: %s", names);
	return 1;
}

static int record_msgpack_pair(struct record_msgpack_walk *walk, unsigned char *records[2])
{
	const struct khmap_schema *schema = walk->source->schema;
	int ret;

	record_msgpack_push(walk, "key");
	ret = record_msgpack_any(walk, khmap_schema_key(schema), records[0]);
	if (ret)
		return ret;
	record_msgpack_pop(walk, 0);
	record_msgpack_push(walk, "value");
	ret = record_msgpack_any(walk, khmap_schema_value(schema), records[1]);
	return ret ? ret : 1;
}

int record_msgpack_decode(struct record_source *source, const char *bytes, size_t length,
			  uint64_t offset, struct record_cover *cover, void *key, void *value)
{
	struct record_msgpack_walk walk = {
		.source = source,
		.start = bytes,
		.at = bytes,
		.left = length,
		.offset = offset,
	};
	unsigned char *records[2] = { key, value };
	mpack_token_t token;

	memset(key, 0, khmap_schema_key_size(source->schema));
	memset(value, 0, khmap_schema_value_size(source->schema));
	token = record_msgpack_token(&walk);
	if (token.type == MPACK_TOKEN_ARRAY && token.length == 2)
		return record_msgpack_pair(&walk, records);
	if (token.type == MPACK_TOKEN_MAP)
		return record_msgpack_members(&walk, token.length, cover, records);
	return record_msgpack_wrong(&walk, &token,
				    "a record, the array [key, value] or a map of its fields,");
}
