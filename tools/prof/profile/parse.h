/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * parse.h - members of JSON, each of the type and range that is wanted
 *
 * A first mistake is kept; everything read after it is 0, empty or NULL, so that
 * a caller needs to look only once, at the end.
 */
#ifndef PROF_PARSE_H
#define PROF_PARSE_H

#include <jansson.h>
#include "profile/profile.h"

/**
 * struct prof_parse - what is being read
 * @profile: keeps the texts
 * @mistake: the first; empty while there is none
 */
struct prof_parse {
	struct prof_profile *profile;
	char mistake[256];
};

/**
 * struct prof_node - a value, and where it is
 * @parse: what is being read
 * @parent: the object or array that it is in; NULL for the whole
 * @name: in an object
 * @index: in an array
 * @json: the value; NULL if it is missing
 */
struct prof_node {
	struct prof_parse *parse;
	const struct prof_node *parent;
	const char *name;
	size_t index;
	const json_t *json;
};

/**
 * prof_parse_mistake() - say what is wrong with a value
 * @node: where
 * @wanted: what it should be
 */
void prof_parse_mistake(const struct prof_node *node, const char *wanted);

/**
 * prof_parse_object() - a member that is an object
 * @parent: an object
 * @name: of the member
 *
 * Return: the member.
 */
struct prof_node prof_parse_object(const struct prof_node *parent, const char *name);

/**
 * prof_parse_array() - a member that is an array
 * @parent: an object
 * @name: of the member
 * @count: filled: of its elements; 0 on failure
 *
 * Return: the member.
 */
struct prof_node prof_parse_array(const struct prof_node *parent, const char *name, size_t *count);

/**
 * prof_parse_element() - an element that is an object
 * @array: of prof_parse_array()
 * @index: of the element
 *
 * Return: the element.
 */
struct prof_node prof_parse_element(const struct prof_node *array, size_t index);

/**
 * prof_parse_number() - a member that is an integer
 * @parent: an object
 * @name: of the member
 * @min: the lowest that is allowed
 * @max: the highest
 *
 * Return: the number; 0 on failure.
 */
int64_t prof_parse_number(const struct prof_node *parent, const char *name, int64_t min,
			  int64_t max);

/**
 * prof_parse_count() - a member that is an integer, not negative
 * @parent: an object
 * @name: of the member
 *
 * Return: the number; 0 on failure.
 */
uint64_t prof_parse_count(const struct prof_node *parent, const char *name);

/**
 * prof_parse_has() - is there a member that need not be there?
 * @parent: an object
 * @name: of the member
 *
 * Return: false if it is null, too.
 */
bool prof_parse_has(const struct prof_node *parent, const char *name);

/**
 * prof_parse_null() - is a member null?
 * @parent: an object
 * @name: of the member
 *
 * Return: false if it is missing, too.
 */
bool prof_parse_null(const struct prof_node *parent, const char *name);

/**
 * prof_parse_bool() - a member that is true or false
 * @parent: an object
 * @name: of the member
 *
 * Return: the member; false on failure.
 */
bool prof_parse_bool(const struct prof_node *parent, const char *name);

/**
 * prof_parse_text() - a member that is a text
 * @parent: an object
 * @name: of the member
 * @max: bytes that it has at most
 *
 * Return: a copy that the profile keeps; empty on failure.
 */
const char *prof_parse_text(const struct prof_node *parent, const char *name, size_t max);

/**
 * prof_parse_bits() - a member that is a number in hexadecimal digits
 * @parent: an object
 * @name: of the member
 * @or_null: it may be null, which is 0
 *
 * Return: the number; 0 on failure.
 */
uint64_t prof_parse_bits(const struct prof_node *parent, const char *name, bool or_null);

/**
 * prof_parse_bits_at() - an element that is a number in hexadecimal digits
 * @array: of prof_parse_array()
 * @index: of the element
 *
 * Return: the number; 0 on failure.
 */
uint64_t prof_parse_bits_at(const struct prof_node *array, size_t index);

/**
 * prof_parse_word() - a member that is one of some texts
 * @parent: an object
 * @name: of the member
 * @word: tells the texts by number, "unknown" after the last
 * @wanted: what it should be, in words
 *
 * Return: the number; 0 on failure.
 */
uint32_t prof_parse_word(const struct prof_node *parent, const char *name,
			 const char *(*word)(uint32_t number), const char *wanted);

#endif /* PROF_PARSE_H */
