/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * record_object.h - a record from a JSON object
 */
#ifndef KHMAP_CLI_RECORD_OBJECT_H
#define KHMAP_CLI_RECORD_OBJECT_H

#include <stdint.h>

#include "record_reader.h"

/**
 * struct record_object - The text of an object, and where it is.
 * @text: the text, a NUL behind its @text.length bytes
 * @line: where it starts in the input
 * @column: likewise
 * @cover: for record_object_read()
 */
struct record_object {
	struct record_text text;
	uint64_t line;
	size_t column;
	struct record_cover cover;
};

/**
 * record_object_read() - Read a record from its object.
 * @source: the source
 * @object: the text; need not be JSON
 * @key: receives khmap_schema_key_size() bytes
 * @value: receives khmap_schema_value_size() bytes
 *
 * Return: 1; -EBADMSG.
 */
int record_object_read(struct record_source *source, struct record_object *object, void *key,
		       void *value);

#endif /* KHMAP_CLI_RECORD_OBJECT_H */
