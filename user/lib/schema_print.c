// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * schema_print.c - values as text for people, and as JSON
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <khmap/schema.h>

#include "error.h"
#include "schema.h"

/* Bytes up to the last that is not NUL: a str with NULs within is longer than C thinks. */
size_t khmap_str_length(const struct khmap_type *type, const void *record)
{
	const char *text = record;
	size_t length = type->size;

	while (length && !text[length - 1])
		length--;
	return length;
}

void khmap_hex_print(const void *bytes, size_t count, char separator, FILE *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < count; i++) {
		if (i && separator)
			putc_unlocked(separator, out);
		putc_unlocked(digits[byte[i] >> 4], out);
		putc_unlocked(digits[byte[i] & 15], out);
	}
}

static void khmap_escape_print(__u32 code, bool json, FILE *out)
{
	if (code == '\n')
		fputs("\\n", out);
	else if (code == '\r')
		fputs("\\r", out);
	else if (code == '\t')
		fputs("\\t", out);
	else if (code < 0x80 && !json)
		fprintf(out, "\\x%02x", code);
	else
		fprintf(out, "\\u%04x", code);
}

/* @quote: '"', or NUL for a text that stands alone. */
static void khmap_text_print(const char *text, size_t length, char quote, bool json, FILE *out)
{
	if (quote)
		putc_unlocked(quote, out);
	while (length) {
		__u32 code;
		size_t bytes = khmap_utf8_next(text, length, &code);

		if (!bytes) {
			fprintf(out, "\\x%02x", (unsigned char)*text);
			bytes = 1;
		} else if (khmap_code_is_hidden(code)) {
			khmap_escape_print(code, json, out);
		} else if (code == '\\' || (quote && code == (__u32)quote)) {
			putc_unlocked('\\', out);
			putc_unlocked((int)code, out);
		} else {
			fwrite_unlocked(text, 1, bytes, out);
		}
		text += bytes;
		length -= bytes;
	}
	if (quote)
		putc_unlocked(quote, out);
}

static void khmap_address_print(const struct khmap_type *type, const void *record, FILE *out)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(type->kind == KHMAP_KIND_IPV4 ? AF_INET : AF_INET6, record, text,
		  sizeof(text));
	fputs(text, out);
}

static void khmap_bool_print(const unsigned char *record, FILE *out)
{
	if (*record > 1)
		fprintf(out, "%u", *record);
	else
		fputs(*record ? "true" : "false", out);
}

static void khmap_print(const struct khmap_type *type, const unsigned char *record, bool inner,
			FILE *out)
{
	char number[KHMAP_NUMBER_SIZE];

	switch (type->kind) {
	case KHMAP_KIND_UINT:
	case KHMAP_KIND_INT:
	case KHMAP_KIND_FLOAT:
		khmap_number_format(type, record, number);
		fputs(number, out);
		break;
	case KHMAP_KIND_BOOL:
		khmap_bool_print(record, out);
		break;
	case KHMAP_KIND_BYTES:
		khmap_hex_print(record, type->size, '\0', out);
		break;
	case KHMAP_KIND_MAC:
		khmap_hex_print(record, type->size, ':', out);
		break;
	case KHMAP_KIND_IPV4:
	case KHMAP_KIND_IPV6:
		khmap_address_print(type, record, out);
		break;
	case KHMAP_KIND_STR:
		khmap_text_print((const char *)record, khmap_str_length(type, record),
				 inner ? '"' : '\0', false, out);
		break;
	case KHMAP_KIND_ARRAY:
		putc_unlocked('[', out);
		for (__u32 i = 0; i < type->count; i++) {
			if (i)
				putc_unlocked(',', out);
			khmap_print(type->element, record + (size_t)i * type->element->size, true,
				    out);
		}
		putc_unlocked(']', out);
		break;
	case KHMAP_KIND_STRUCT:
		putc_unlocked('{', out);
		for (__u32 i = 0; i < type->count; i++) {
			fprintf(out, "%s%s:", i ? "," : "", type->fields[i].name);
			khmap_print(type->fields[i].type, record + type->fields[i].offset, true,
				    out);
		}
		putc_unlocked('}', out);
		break;
	}
}

/* For what has no notation of its own; never a field's name: names have no "$". */
static void khmap_json_hex(const void *record, size_t size, FILE *out)
{
	fputs("{\"$hex\":\"", out);
	khmap_hex_print(record, size, '\0', out);
	fputs("\"}", out);
}

static void khmap_json_number(const struct khmap_type *type, const void *record, FILE *out)
{
	char number[KHMAP_NUMBER_SIZE];
	bool quoted = false;

	/* Most readers of JSON keep integers in a signed 64-bit word. */
	if (type->kind == KHMAP_KIND_UINT)
		quoted = khmap_number_load(type, record) > INT64_MAX;
	else if (type->kind == KHMAP_KIND_FLOAT)
		quoted = !khmap_float_is_finite(type, record);
	khmap_number_format(type, record, number);
	fprintf(out, quoted ? "\"%s\"" : "%s", number);
}

static void khmap_json_str(const struct khmap_type *type, const void *record, FILE *out)
{
	size_t length = khmap_str_length(type, record);

	if (khmap_str_is_clean(type, record) && khmap_utf8_is_valid(record, length))
		khmap_text_print(record, length, '"', true, out);
	else
		khmap_json_hex(record, length, out);
}

static void khmap_json(const struct khmap_type *type, const unsigned char *record, FILE *out)
{
	size_t where;

	switch (type->kind) {
	case KHMAP_KIND_UINT:
	case KHMAP_KIND_INT:
	case KHMAP_KIND_FLOAT:
		khmap_json_number(type, record, out);
		break;
	case KHMAP_KIND_BOOL:
		if (*record > 1)
			khmap_json_hex(record, 1, out);
		else
			khmap_bool_print(record, out);
		break;
	case KHMAP_KIND_STR:
		khmap_json_str(type, record, out);
		break;
	case KHMAP_KIND_BYTES:
	case KHMAP_KIND_MAC:
	case KHMAP_KIND_IPV4:
	case KHMAP_KIND_IPV6:
		putc_unlocked('"', out);
		khmap_print(type, record, true, out);
		putc_unlocked('"', out);
		break;
	case KHMAP_KIND_ARRAY:
		putc_unlocked('[', out);
		for (__u32 i = 0; i < type->count; i++) {
			if (i)
				putc_unlocked(',', out);
			khmap_json(type->element, record + (size_t)i * type->element->size, out);
		}
		putc_unlocked(']', out);
		break;
	case KHMAP_KIND_STRUCT:
		if (!khmap_struct_is_padded_clean(type, record, &where)) {
			khmap_json_hex(record, type->size, out);
			break;
		}
		putc_unlocked('{', out);
		for (__u32 i = 0; i < type->count; i++) {
			fprintf(out, "%s\"%s\":", i ? "," : "", type->fields[i].name);
			khmap_json(type->fields[i].type, record + type->fields[i].offset, out);
		}
		putc_unlocked('}', out);
		break;
	}
}

static int khmap_print_end(FILE *out)
{
	return ferror(out) ? khmap_fail(EIO, "a value cannot be written") : 0;
}

int khmap_value_print(const struct khmap_type *type, const void *record, FILE *out)
{
	khmap_print(type, record, false, out);
	return khmap_print_end(out);
}

int khmap_value_print_json(const struct khmap_type *type, const void *record, FILE *out)
{
	khmap_json(type, record, out);
	return khmap_print_end(out);
}
