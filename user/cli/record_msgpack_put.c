// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_msgpack_put.c - records to MessagePack
 *
 * The library that reads it, libmpack, is not asked to write: 1.0.5 writes -129
 * as 127, and only half of what is below -2^32.
 */
#include <string.h>

#include "record_msgpack.h"
#include "schema.h"

/* A byte, and a number of @size bytes behind it. */
static void record_msgpack_head(unsigned int code, __u64 number, unsigned int size, FILE *out)
{
	putc_unlocked((int)code, out);
	while (size--)
		putc_unlocked((int)(number >> size * 8 & 0xff), out);
}

/* @code is that for one byte; those for 2, 4 and 8 follow it. */
static void record_msgpack_sized(unsigned int code, __u64 number, unsigned int size, FILE *out)
{
	record_msgpack_head(code + (unsigned int)__builtin_ctz(size), number, size, out);
}

static void record_msgpack_uint(__u64 number, FILE *out)
{
	if (number <= 0x7f)
		record_msgpack_head((unsigned int)number, 0, 0, out);
	else
		record_msgpack_sized(0xcc, number, number <= UINT8_MAX ? 1 :
				     number <= UINT16_MAX ? 2 : number <= UINT32_MAX ? 4 : 8, out);
}

static void record_msgpack_int(__s64 number, FILE *out)
{
	if (number >= 0)
		record_msgpack_uint((__u64)number, out);
	else if (number >= -32)
		record_msgpack_head((unsigned int)number & 0xff, 0, 0, out);
	else
		record_msgpack_sized(0xd0, (__u64)number, number >= INT8_MIN ? 1 :
				     number >= INT16_MIN ? 2 : number >= INT32_MIN ? 4 : 8, out);
}

static void record_msgpack_number(const struct khmap_type *type, const void *record, FILE *out)
{
	__u64 bits = khmap_number_load(type, record);
	unsigned int unused = 64 - type->size * 8;

	if (type->kind == KHMAP_KIND_FLOAT)
		record_msgpack_head(type->size == 4 ? 0xca : 0xcb, bits, type->size, out);
	else if (type->kind == KHMAP_KIND_INT)
		record_msgpack_int((__s64)(bits << unused) >> unused, out);
	else
		record_msgpack_uint(bits, out);
}

/* Records have at most 4096 bytes, so no count has more than 16 bits. */
static void record_msgpack_count(unsigned int code, unsigned int most, unsigned int code16,
				 size_t count, FILE *out)
{
	if (count <= most)
		record_msgpack_head(code | (unsigned int)count, 0, 0, out);
	else
		record_msgpack_head(code16, count, 2, out);
}

static void record_msgpack_text(const void *bytes, size_t length, FILE *out)
{
	if (length > 31 && length <= UINT8_MAX)
		record_msgpack_sized(0xd9, length, 1, out);
	else
		record_msgpack_count(0xa0, 31, 0xda, length, out);
	fwrite_unlocked(bytes, 1, length, out);
}

static void record_msgpack_bin(const void *bytes, size_t length, FILE *out)
{
	record_msgpack_sized(0xc4, length, length <= UINT8_MAX ? 1 : 2, out);
	fwrite_unlocked(bytes, 1, length, out);
}

static void record_msgpack_raw(const void *bytes, size_t length, FILE *out)
{
	if (length == 1 || length == 2 || length == 4 || length == 8 || length == 16)
		record_msgpack_head(0xd4 + (unsigned int)__builtin_ctz((unsigned int)length), 0, 0,
				    out);
	else
		record_msgpack_sized(0xc7, length, length <= UINT8_MAX ? 1 : 2, out);
	putc_unlocked(RECORD_MSGPACK_RAW, out);
	fwrite_unlocked(bytes, 1, length, out);
}

static void record_msgpack_str(const struct khmap_type *type, const void *record, FILE *out)
{
	size_t length = khmap_str_length(type, record);

	if (khmap_str_is_clean(type, record) && khmap_utf8_is_valid(record, length))
		record_msgpack_text(record, length, out);
	else
		record_msgpack_raw(record, length, out);
}

static void record_msgpack_value(const struct khmap_type *type, const unsigned char *record,
				 FILE *out)
{
	size_t where;

	switch (type->kind) {
	case KHMAP_KIND_UINT:
	case KHMAP_KIND_INT:
	case KHMAP_KIND_FLOAT:
		record_msgpack_number(type, record, out);
		break;
	case KHMAP_KIND_BOOL:
		if (*record > 1)
			record_msgpack_raw(record, 1, out);
		else
			record_msgpack_head(*record ? 0xc3 : 0xc2, 0, 0, out);
		break;
	case KHMAP_KIND_STR:
		record_msgpack_str(type, record, out);
		break;
	case KHMAP_KIND_BYTES:
	case KHMAP_KIND_IPV4:
	case KHMAP_KIND_IPV6:
	case KHMAP_KIND_MAC:
		record_msgpack_bin(record, type->size, out);
		break;
	case KHMAP_KIND_ARRAY:
		record_msgpack_count(0x90, 15, 0xdc, type->count, out);
		for (__u32 i = 0; i < type->count; i++)
			record_msgpack_value(type->element,
					     record + (size_t)i * type->element->size, out);
		break;
	case KHMAP_KIND_STRUCT:
		if (!khmap_struct_is_padded_clean(type, record, &where)) {
			record_msgpack_raw(record, type->size, out);
			break;
		}
		record_msgpack_count(0x80, 15, 0xde, type->count, out);
		for (__u32 i = 0; i < type->count; i++) {
			const struct khmap_field *field = &type->fields[i];

			record_msgpack_text(field->name, strlen(field->name), out);
			record_msgpack_value(field->type, record + field->offset, out);
		}
		break;
	}
}

void record_msgpack_put(const struct khmap_schema *schema, const void *key, const void *value,
			FILE *out)
{
	record_msgpack_count(0x90, 15, 0xdc, 2, out);
	record_msgpack_value(khmap_schema_key(schema), key, out);
	record_msgpack_value(khmap_schema_value(schema), value, out);
}
