// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * schema_layout.c - sizes, alignments and offsets, and a type's canonical text
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <khmap/schema.h>

#include "error.h"
#include "schema.h"

static int khmap_layout_limit(size_t size, const char *what)
{
	if (size <= KHMAP_RECORD_MAX)
		return 0;
	return khmap_fail(E2BIG, "%s of %zu bytes: a key or a value has at most %d", what, size,
			  KHMAP_RECORD_MAX);
}

int khmap_layout_struct(struct khmap_type *type, struct khmap_field *fields)
{
	size_t size = 0;

	type->align = 1;
	for (__u32 i = 0; i < type->count; i++) {
		const struct khmap_type *member = fields[i].type;
		size_t align = member->align < type->pack ? member->align : type->pack;

		/* Each member is within its limit: no sum can wrap. */
		size = (size + align - 1) / align * align;
		fields[i].offset = (__u32)size;
		size += member->size;
		if (align > type->align)
			type->align = (__u32)align;
	}
	size = (size + type->align - 1) / type->align * type->align;
	type->size = (__u32)size;
	type->fields = fields;
	return khmap_layout_limit(size, "a struct");
}

int khmap_layout_array(struct khmap_type *type)
{
	size_t size = (size_t)type->element->size * type->count;

	type->size = (__u32)size;
	type->align = type->element->align;
	return khmap_layout_limit(size, "an array");
}

struct khmap_text {
	char *text;
	size_t size;
	size_t length;
};

static void __attribute__((format(printf, 2, 3)))
khmap_text_add(struct khmap_text *to, const char *fmt, ...)
{
	size_t room = to->length < to->size ? to->size - to->length : 0;
	va_list args;

	va_start(args, fmt);
	to->length += (size_t)vsnprintf(room ? to->text + to->length : NULL, room, fmt, args);
	va_end(args);
}

static void khmap_text_number(struct khmap_text *to, const struct khmap_type *type, char letter)
{
	static const char * const suffix[] = {
		[KHMAP_ORDER_HOST] = "",
		[KHMAP_ORDER_LITTLE] = "le",
		[KHMAP_ORDER_BIG] = "be",
	};

	khmap_text_add(to, "%c%u%s", letter, type->size * 8, suffix[type->order]);
}

static void khmap_text_type(struct khmap_text *to, const struct khmap_type *type)
{
	switch (type->kind) {
	case KHMAP_KIND_UINT:
		khmap_text_number(to, type, 'u');
		break;
	case KHMAP_KIND_INT:
		khmap_text_number(to, type, 'i');
		break;
	case KHMAP_KIND_FLOAT:
		khmap_text_number(to, type, 'f');
		break;
	case KHMAP_KIND_BOOL:
		khmap_text_add(to, "bool");
		break;
	case KHMAP_KIND_BYTES:
		khmap_text_add(to, "bytes[%u]", type->count);
		break;
	case KHMAP_KIND_STR:
		khmap_text_add(to, "str[%u]", type->count);
		break;
	case KHMAP_KIND_IPV4:
		khmap_text_add(to, "ipv4");
		break;
	case KHMAP_KIND_IPV6:
		khmap_text_add(to, "ipv6");
		break;
	case KHMAP_KIND_MAC:
		khmap_text_add(to, "mac");
		break;
	case KHMAP_KIND_ARRAY:
		khmap_text_type(to, type->element);
		khmap_text_add(to, "[%u]", type->count);
		break;
	case KHMAP_KIND_STRUCT:
		khmap_text_add(to, "%s{", type->pack == 1 ? "packed" :
			       type->pack == 4 ? "align4" : "");
		for (__u32 i = 0; i < type->count; i++) {
			khmap_text_add(to, "%s%s:", i ? "," : "", type->fields[i].name);
			khmap_text_type(to, type->fields[i].type);
		}
		khmap_text_add(to, "}");
		break;
	}
}

size_t khmap_type_text(const struct khmap_type *type, char *text, size_t size)
{
	struct khmap_text to = { .text = text, .size = size };

	khmap_text_type(&to, type);
	return to.length;
}
