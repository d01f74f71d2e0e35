// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * schema_parse.c - the type language, by recursive descent
 */
#include <errno.h>
#include <string.h>

#include <khmap/schema.h>

#include "error.h"
#include "schema.h"

#define KHMAP_COUNT_MAX 65535

#define KHMAP_TYPES_EXPECTED \
	"a type (u8..u64, i8..i64, f32, f64, bool, bytes[N], str[N], ipv4, ipv6, mac or {name:type,...})"

/**
 * struct khmap_parser - A walk through a text.
 * @schema: owner of what is allocated
 * @what: what a reason calls the text
 * @text: the text
 * @length: bytes of @text
 * @at: offset of the next byte
 */
struct khmap_parser {
	struct khmap_schema *schema;
	const char *what;
	const char *text;
	size_t length;
	size_t at;
};

/* Fields are counted first when the struct is closed. */
struct khmap_field_node {
	struct khmap_field_node *next;
	struct khmap_field field;
};

struct khmap_base {
	const char *name;
	enum khmap_kind kind;
	__u32 size;	/* 0: as "[N]" says */
};

static const struct khmap_base khmap_bases[] = {
	{ "u8", KHMAP_KIND_UINT, 1 },	 { "u16", KHMAP_KIND_UINT, 2 },
	{ "u32", KHMAP_KIND_UINT, 4 },	 { "u64", KHMAP_KIND_UINT, 8 },
	{ "i8", KHMAP_KIND_INT, 1 },	 { "i16", KHMAP_KIND_INT, 2 },
	{ "i32", KHMAP_KIND_INT, 4 },	 { "i64", KHMAP_KIND_INT, 8 },
	{ "f32", KHMAP_KIND_FLOAT, 4 },	 { "f64", KHMAP_KIND_FLOAT, 8 },
	{ "bool", KHMAP_KIND_BOOL, 1 },	 { "bytes", KHMAP_KIND_BYTES, 0 },
	{ "str", KHMAP_KIND_STR, 0 },	 { "ipv4", KHMAP_KIND_IPV4, 4 },
	{ "ipv6", KHMAP_KIND_IPV6, 16 }, { "mac", KHMAP_KIND_MAC, 6 },
};

static bool khmap_is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool khmap_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void khmap_parse_blanks(struct khmap_parser *parser)
{
	while (parser->at < parser->length && parser->text[parser->at] &&
	       strchr(" \t\r\n", parser->text[parser->at]))
		parser->at++;
}

/* Length of the name or number at the next byte. */
static size_t khmap_parse_word(const struct khmap_parser *parser)
{
	size_t end = parser->at;

	while (end < parser->length && (khmap_is_name_start(parser->text[end]) ||
					khmap_is_digit(parser->text[end])))
		end++;
	return end - parser->at;
}

static int khmap_parse_expected(const struct khmap_parser *parser, const char *expected)
{
	size_t word = khmap_parse_word(parser);
	char excerpt[KHMAP_EXCERPT_SIZE] = "the end";

	if (parser->at < parser->length)
		khmap_excerpt(parser->text + parser->at, word ? word : 1, excerpt);
	return khmap_fail(EINVAL, "%s, column %zu: expected %s, found %s", parser->what,
			  parser->at + 1, expected, excerpt);
}

/* The same errno with the place in front of the reason. */
static int khmap_parse_at(const struct khmap_parser *parser, size_t at, int ret)
{
	if (ret)
		khmap_fail(-ret, "%s, column %zu: %s", parser->what, at + 1, khmap_reason());
	return ret;
}

static bool khmap_parse_is(struct khmap_parser *parser, char c)
{
	khmap_parse_blanks(parser);
	return parser->at < parser->length && parser->text[parser->at] == c;
}

static bool khmap_parse_skip(struct khmap_parser *parser, char c)
{
	if (!khmap_parse_is(parser, c))
		return false;
	parser->at++;
	return true;
}

static bool khmap_parse_skip_word(struct khmap_parser *parser, const char *word)
{
	size_t length;

	khmap_parse_blanks(parser);
	length = khmap_parse_word(parser);
	if (length != strlen(word) || memcmp(parser->text + parser->at, word, length))
		return false;
	parser->at += length;
	return true;
}

/* "N]", behind the bracket that opened it. */
static int khmap_parse_count(struct khmap_parser *parser, __u32 *count)
{
	static const char expected[] = "a whole number 1..65535";
	__u32 number = 0;
	size_t at, length;

	khmap_parse_blanks(parser);
	at = parser->at;
	length = khmap_parse_word(parser);
	for (size_t i = 0; i < length; i++) {
		if (!khmap_is_digit(parser->text[at + i]))
			return khmap_parse_expected(parser, expected);
		number = number * 10 + (__u32)(parser->text[at + i] - '0');
		if (number > KHMAP_COUNT_MAX)
			return khmap_parse_expected(parser, expected);
	}
	if (!number)
		return khmap_parse_expected(parser, expected);
	parser->at += length;
	if (!khmap_parse_skip(parser, ']'))
		return khmap_parse_expected(parser, "\"]\"");
	*count = number;
	return 0;
}

static int khmap_parse_base(struct khmap_parser *parser, struct khmap_type *type)
{
	const struct khmap_base *base = NULL;
	enum khmap_order order = KHMAP_ORDER_HOST;
	size_t at = parser->at, length = khmap_parse_word(parser), stem = length;
	const char *word = parser->text + at;

	if (length > 2 && (!memcmp(word + length - 2, "le", 2) ||
			   !memcmp(word + length - 2, "be", 2))) {
		stem -= 2;
		order = word[stem] == 'l' ? KHMAP_ORDER_LITTLE : KHMAP_ORDER_BIG;
	}
	for (size_t i = 0; i < ARRAY_SIZE(khmap_bases); i++) {
		if (strlen(khmap_bases[i].name) == stem && !memcmp(khmap_bases[i].name, word, stem))
			base = &khmap_bases[i];
	}
	if (!base)
		return khmap_parse_expected(parser, KHMAP_TYPES_EXPECTED);
	if (order != KHMAP_ORDER_HOST && (base->kind > KHMAP_KIND_FLOAT || base->size < 2))
		return khmap_parse_expected(parser,
					    "le or be only behind numbers of 2 bytes and more");

	parser->at += length;
	type->kind = base->kind;
	type->order = order;
	type->size = base->size;
	type->align = base->kind <= KHMAP_KIND_FLOAT ? base->size : 1;
	type->count = 1;
	if (!base->size) {
		int ret;

		if (!khmap_parse_skip(parser, '['))
			return khmap_parse_expected(parser, "\"[\" and the number of bytes");
		ret = khmap_parse_count(parser, &type->count);
		if (ret)
			return ret;
		type->size = type->count;
		if (type->size > KHMAP_RECORD_MAX) {
			ret = khmap_fail(E2BIG, "%u bytes: a key or a value has at most %d",
					 type->size, KHMAP_RECORD_MAX);
			return khmap_parse_at(parser, at, ret);
		}
	}
	return 0;
}

static int khmap_parse_name(struct khmap_parser *parser, const struct khmap_field_node *others,
			    const char **name)
{
	size_t length, at;
	char *copy;

	khmap_parse_blanks(parser);
	at = parser->at;
	length = khmap_parse_word(parser);
	if (!length || !khmap_is_name_start(parser->text[at]))
		return khmap_parse_expected(parser, "a field name ([A-Za-z_][A-Za-z0-9_]*)");
	if (length > KHMAP_FIELD_NAME_MAX)
		return khmap_parse_expected(parser, "a field name of at most 63 bytes");
	copy = khmap_schema_alloc(parser->schema, length + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, parser->text + at, length);
	for (; others; others = others->next) {
		if (!strcmp(others->field.name, copy))
			return khmap_parse_expected(parser,
						    "a name that is new in its struct");
	}
	parser->at += length;
	*name = copy;
	return 0;
}

static int khmap_parse_any(struct khmap_parser *parser, unsigned int depth,
			   struct khmap_type **type);

/* "name:type,...}", newest field first. */
static int khmap_parse_fields(struct khmap_parser *parser, unsigned int depth, __u32 *count,
			      struct khmap_field_node **nodes)
{
	do {
		struct khmap_field_node *node = khmap_schema_alloc(parser->schema, sizeof(*node));
		struct khmap_type *type;
		int ret;

		if (!node)
			return -ENOMEM;
		ret = khmap_parse_name(parser, *nodes, &node->field.name);
		if (ret)
			return ret;
		if (!khmap_parse_skip(parser, ':'))
			return khmap_parse_expected(parser, "\":\" behind the field's name");
		ret = khmap_parse_any(parser, depth, &type);
		if (ret)
			return ret;
		node->field.type = type;
		node->next = *nodes;
		*nodes = node;
		++*count;
	} while (khmap_parse_skip(parser, ','));
	if (!khmap_parse_skip(parser, '}'))
		return khmap_parse_expected(parser, "\",\" or \"}\"");
	return 0;
}

/* Behind "packed" or "align4". */
static int khmap_parse_struct(struct khmap_parser *parser, unsigned int depth,
			      struct khmap_type *type)
{
	struct khmap_field_node *nodes = NULL;
	size_t at = parser->at;
	struct khmap_field *fields;
	int ret;

	if (!khmap_parse_is(parser, '{'))
		return khmap_parse_expected(parser, "\"{\"");
	if (depth == KHMAP_DEPTH_MAX)
		return khmap_parse_expected(parser, "structs nested at most 8 deep");
	parser->at++;
	ret = khmap_parse_fields(parser, depth + 1, &type->count, &nodes);
	if (ret)
		return ret;
	fields = khmap_schema_alloc(parser->schema, type->count * sizeof(*fields));
	if (!fields)
		return -ENOMEM;
	for (__u32 i = type->count; i--; nodes = nodes->next)
		fields[i] = nodes->field;
	return khmap_parse_at(parser, at, khmap_layout_struct(type, fields));
}

static int khmap_parse_any(struct khmap_parser *parser, unsigned int depth,
			   struct khmap_type **type)
{
	struct khmap_type *made = khmap_schema_alloc(parser->schema, sizeof(*made));
	struct khmap_type *array;
	size_t at;
	int ret;

	if (!made)
		return -ENOMEM;
	khmap_parse_blanks(parser);
	at = parser->at;
	if (khmap_parse_skip_word(parser, "packed"))
		made->pack = 1;
	else if (khmap_parse_skip_word(parser, "align4"))
		made->pack = 4;
	else if (khmap_parse_is(parser, '{'))
		made->pack = 8;
	if (made->pack) {
		made->kind = KHMAP_KIND_STRUCT;
		ret = khmap_parse_struct(parser, depth, made);
	} else {
		ret = khmap_parse_base(parser, made);
	}
	if (ret)
		return ret;
	*type = made;
	if (!khmap_parse_skip(parser, '['))
		return 0;

	array = khmap_schema_alloc(parser->schema, sizeof(*array));
	if (!array)
		return -ENOMEM;
	array->kind = KHMAP_KIND_ARRAY;
	array->element = made;
	ret = khmap_parse_count(parser, &array->count);
	if (ret)
		return ret;
	if (khmap_parse_is(parser, '['))
		return khmap_parse_expected(parser, "one \"[N]\" only (put a struct between two)");
	*type = array;
	return khmap_parse_at(parser, at, khmap_layout_array(array));
}

static int khmap_parse_end(struct khmap_parser *parser)
{
	khmap_parse_blanks(parser);
	if (parser->at < parser->length)
		return khmap_parse_expected(parser, "the end");
	return 0;
}

int khmap_parse_type(struct khmap_schema *schema, const char *what, const char *text,
		     struct khmap_type **type)
{
	struct khmap_parser parser = {
		.schema = schema,
		.what = what,
		.text = text,
		.length = strlen(text),
	};
	int ret;

	if (parser.length > KHMAP_SCHEMA_INPUT_MAX)
		return khmap_fail(E2BIG, "%s of %zu bytes: at most %d are read", what,
				  parser.length, KHMAP_SCHEMA_INPUT_MAX);
	ret = khmap_parse_any(&parser, 0, type);
	return ret ? ret : khmap_parse_end(&parser);
}

int khmap_parse_schema(struct khmap_schema *schema, const char *text, size_t length)
{
	struct khmap_parser parser = {
		.schema = schema,
		.what = "schema",
		.text = text,
		.length = length,
	};
	int ret;

	if (!khmap_parse_skip_word(&parser, "key"))
		return khmap_parse_expected(&parser, "\"key\"");
	ret = khmap_parse_any(&parser, 0, &schema->key);
	if (ret)
		return ret;
	if (!khmap_parse_skip(&parser, ';'))
		return khmap_parse_expected(&parser, "\";\" behind the key's type");
	if (!khmap_parse_skip_word(&parser, "value"))
		return khmap_parse_expected(&parser, "\"value\"");
	ret = khmap_parse_any(&parser, 0, &schema->value);
	if (ret)
		return ret;
	khmap_parse_skip(&parser, ';');
	return khmap_parse_end(&parser);
}
