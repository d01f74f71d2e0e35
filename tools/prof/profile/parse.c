// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * parse.c - members of JSON, each of the type and range that is wanted
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "profile/parse.h"

#define BITS_LENGTH	18	/* 0x and 16 digits */

/* "lines[3].cpus[0].stores" */
static void node_path(const struct prof_node *node, char *text, size_t size)
{
	size_t used;

	if (!node->parent) {
		snprintf(text, size, "%s", "");
		return;
	}
	node_path(node->parent, text, size);
	used = strlen(text);
	if (node->name)
		snprintf(text + used, size - used, "%s%s", used ? "." : "", node->name);
	else
		snprintf(text + used, size - used, "[%zu]", node->index);
}

void prof_parse_mistake(const struct prof_node *node, const char *wanted)
{
	struct prof_parse *parse = node->parse;
	char path[128];

	if (parse->mistake[0])
		return;
	node_path(node, path, sizeof(path));
	snprintf(parse->mistake, sizeof(parse->mistake), "%s %s: %s is wanted",
		 path[0] ? path : "the whole", node->json ? "is wrong" : "is missing", wanted);
}

static struct prof_node member(const struct prof_node *parent, const char *name)
{
	return (struct prof_node){
		.parse = parent->parse,
		.parent = parent,
		.name = name,
		.json = json_object_get(parent->json, name),
	};
}

struct prof_node prof_parse_object(const struct prof_node *parent, const char *name)
{
	struct prof_node node = member(parent, name);

	if (!json_is_object(node.json))
		prof_parse_mistake(&node, "an object");
	return node;
}

struct prof_node prof_parse_array(const struct prof_node *parent, const char *name, size_t *count)
{
	struct prof_node node = member(parent, name);

	if (!json_is_array(node.json))
		prof_parse_mistake(&node, "an array");
	*count = node.parse->mistake[0] ? 0 : json_array_size(node.json);
	return node;
}

static struct prof_node element(const struct prof_node *array, size_t index)
{
	return (struct prof_node){
		.parse = array->parse,
		.parent = array,
		.index = index,
		.json = json_array_get(array->json, index),
	};
}

struct prof_node prof_parse_element(const struct prof_node *array, size_t index)
{
	struct prof_node node = element(array, index);

	if (!json_is_object(node.json))
		prof_parse_mistake(&node, "an object");
	return node;
}

int64_t prof_parse_number(const struct prof_node *parent, const char *name, int64_t min,
			  int64_t max)
{
	struct prof_node node = member(parent, name);
	int64_t number = json_integer_value(node.json);
	char wanted[80];

	if (json_is_integer(node.json) && number >= min && number <= max)
		return number;
	snprintf(wanted, sizeof(wanted), "an integer from %" PRId64 " to %" PRId64, min, max);
	prof_parse_mistake(&node, wanted);
	return 0;
}

uint64_t prof_parse_count(const struct prof_node *parent, const char *name)
{
	return (uint64_t)prof_parse_number(parent, name, 0, INT64_MAX);
}

bool prof_parse_has(const struct prof_node *parent, const char *name)
{
	const json_t *member = json_object_get(parent->json, name);

	return member && !json_is_null(member);
}

bool prof_parse_null(const struct prof_node *parent, const char *name)
{
	return json_is_null(json_object_get(parent->json, name));
}

bool prof_parse_bool(const struct prof_node *parent, const char *name)
{
	struct prof_node node = member(parent, name);

	if (!json_is_boolean(node.json))
		prof_parse_mistake(&node, "true or false");
	return json_is_true(node.json);
}

const char *prof_parse_text(const struct prof_node *parent, const char *name, size_t max)
{
	struct prof_node node = member(parent, name);
	char wanted[64];

	if (json_is_string(node.json) && json_string_length(node.json) <= max)
		return prof_profile_text(node.parse->profile, json_string_value(node.json));
	snprintf(wanted, sizeof(wanted), "a text of %zu bytes at most", max);
	prof_parse_mistake(&node, wanted);
	return "";
}

static bool is_bits(const char *text)
{
	size_t i;

	if (strlen(text) != BITS_LENGTH || text[0] != '0' || text[1] != 'x')
		return false;
	for (i = 2; i < BITS_LENGTH; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

static uint64_t node_bits(const struct prof_node *node)
{
	const char *text = json_string_value(node->json);

	if (text && is_bits(text))
		return strtoull(text, NULL, 16);
	prof_parse_mistake(node, "\"0x\" and 16 digits");
	return 0;
}

uint64_t prof_parse_bits(const struct prof_node *parent, const char *name, bool or_null)
{
	struct prof_node node = member(parent, name);

	if (or_null && json_is_null(node.json))
		return 0;
	return node_bits(&node);
}

uint64_t prof_parse_bits_at(const struct prof_node *array, size_t index)
{
	struct prof_node node = element(array, index);

	return node_bits(&node);
}

uint32_t prof_parse_word(const struct prof_node *parent, const char *name,
			 const char *(*word)(uint32_t number), const char *wanted)
{
	struct prof_node node = member(parent, name);
	const char *text = json_string_value(node.json);
	uint32_t number;

	for (number = 0; text && strcmp(word(number), "unknown"); number++)
		if (!strcmp(word(number), text))
			return number;
	prof_parse_mistake(&node, wanted);
	return 0;
}
