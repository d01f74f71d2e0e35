// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * schema.c - a schema's life, its text and hash, and paths into it
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <khmap/hash.h>
#include <khmap/schema.h>

#include "error.h"
#include "schema.h"

struct khmap_block {
	struct khmap_block *next;
	max_align_t data[];
};

void *khmap_schema_alloc(struct khmap_schema *schema, size_t size)
{
	struct khmap_block *block = calloc(1, sizeof(*block) + size);

	if (!block) {
		khmap_fail(ENOMEM, "out of memory for a schema");
		return NULL;
	}
	block->next = schema->blocks;
	schema->blocks = block;
	return block->data;
}

void khmap_schema_free(struct khmap_schema *schema)
{
	struct khmap_block *block;

	if (!schema)
		return;
	while ((block = schema->blocks)) {
		schema->blocks = block->next;
		free(block);
	}
	free(schema);
}

static int khmap_schema_finish(struct khmap_schema *schema)
{
	char key[KHMAP_TYPE_TEXT_SIZE], value[KHMAP_TYPE_TEXT_SIZE];
	size_t length = strlen("key ") + strlen(";value ");

	length += khmap_type_text(schema->key, key, sizeof(key));
	length += khmap_type_text(schema->value, value, sizeof(value));
	if (length > KHMAP_SCHEMA_MAX)
		return khmap_fail(E2BIG,
				  "the schema has %zu bytes without blanks: at most %d fit; shorten the names",
				  length, KHMAP_SCHEMA_MAX);
	stpcpy(stpcpy(stpcpy(stpcpy(schema->text, "key "), key), ";value "), value);
	return 0;
}

int khmap_schema_parse(const char *text, size_t length, struct khmap_schema **schema)
{
	struct khmap_schema *made;
	int ret;

	if (length > KHMAP_SCHEMA_INPUT_MAX)
		return khmap_fail(E2BIG, "a schema text of %zu bytes: at most %d are read",
				  length, KHMAP_SCHEMA_INPUT_MAX);
	made = calloc(1, sizeof(*made));
	if (!made)
		return khmap_fail(ENOMEM, "out of memory for a schema");
	ret = khmap_parse_schema(made, text, length);
	if (!ret)
		ret = khmap_schema_finish(made);
	if (ret) {
		khmap_schema_free(made);
		return ret;
	}
	*schema = made;
	return 0;
}

int khmap_schema_make(const char *key_type, const char *value_type, struct khmap_schema **schema)
{
	struct khmap_schema *made = calloc(1, sizeof(*made));
	int ret;

	if (!made)
		return khmap_fail(ENOMEM, "out of memory for a schema");
	ret = khmap_parse_type(made, "key type", key_type, &made->key);
	if (!ret)
		ret = khmap_parse_type(made, "value type", value_type, &made->value);
	if (!ret)
		ret = khmap_schema_finish(made);
	if (ret) {
		khmap_schema_free(made);
		return ret;
	}
	*schema = made;
	return 0;
}

const char *khmap_schema_text(const struct khmap_schema *schema)
{
	return schema->text;
}

__u64 khmap_schema_hash(const struct khmap_schema *schema)
{
	return khmap_schema_text_hash(schema->text, (__u32)strlen(schema->text));
}

const struct khmap_type *khmap_schema_key(const struct khmap_schema *schema)
{
	return schema->key;
}

const struct khmap_type *khmap_schema_value(const struct khmap_schema *schema)
{
	return schema->value;
}

size_t khmap_schema_key_size(const struct khmap_schema *schema)
{
	return schema->key->size;
}

size_t khmap_schema_value_size(const struct khmap_schema *schema)
{
	return schema->value->size;
}
