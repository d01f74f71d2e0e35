// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * schema_path.c - parts of a record by dotted path
 */
#include <errno.h>
#include <string.h>

#include <khmap/schema.h>

#include "error.h"
#include "schema.h"

static const struct khmap_field *khmap_field_get(const struct khmap_type *type,
						 const char *name, size_t length)
{
	if (type->kind != KHMAP_KIND_STRUCT)
		return NULL;
	for (__u32 i = 0; i < type->count; i++) {
		const struct khmap_field *field = &type->fields[i];

		if (strlen(field->name) == length && !memcmp(field->name, name, length))
			return field;
	}
	return NULL;
}

static int khmap_path_bad(const char *path, size_t length)
{
	char excerpt[KHMAP_EXCERPT_SIZE];

	return khmap_fail(EINVAL, "%s is no path such as value.name or key.list[2]",
			  khmap_excerpt(path, length, excerpt));
}

/* "[N]" at *@path, which is moved behind it. */
static int khmap_path_index(const char *whole, const char **path, struct khmap_place *place)
{
	const struct khmap_type *type = place->type;
	const char *at = *path + 1;
	char excerpt[KHMAP_EXCERPT_SIZE];
	unsigned long index = 0;

	if (*at < '0' || *at > '9')
		return khmap_path_bad(whole, strlen(whole));
	for (; *at >= '0' && *at <= '9'; at++) {
		if (index <= KHMAP_RECORD_MAX)
			index = index * 10 + (unsigned long)(*at - '0');
	}
	if (*at != ']')
		return khmap_path_bad(whole, strlen(whole));
	at++;
	khmap_excerpt(whole, (size_t)(at - whole), excerpt);
	if (type->kind != KHMAP_KIND_ARRAY)
		return khmap_fail(ENOENT, "%s: this is no array", excerpt);
	if (index >= type->count)
		return khmap_fail(ENOENT, "%s: the array has elements 0..%u", excerpt,
				  type->count - 1);
	place->type = type->element;
	place->offset += (__u32)index * type->element->size;
	*path = at;
	return 0;
}

static int khmap_path_field(const char *whole, const char **path, struct khmap_place *place)
{
	const struct khmap_type *type = place->type;
	size_t length = strcspn(*path, ".[");
	const struct khmap_field *field;
	char excerpt[KHMAP_EXCERPT_SIZE];

	if (!length)
		return khmap_path_bad(whole, strlen(whole));
	field = khmap_field_get(type, *path, length);
	*path += length;
	khmap_excerpt(whole, (size_t)(*path - whole), excerpt);
	if (type->kind != KHMAP_KIND_STRUCT)
		return khmap_fail(ENOENT, "%s: there are no fields here", excerpt);
	if (!field)
		return khmap_fail(ENOENT, "%s: there is no such field", excerpt);
	place->type = field->type;
	place->offset += field->offset;
	return 0;
}

static int khmap_path_walk(const char *whole, const char *path, struct khmap_place *place)
{
	bool first = true;
	int ret;

	while (*path) {
		if (*path == '[') {
			ret = khmap_path_index(whole, &path, place);
		} else {
			if (*path == '.')
				path++;
			else if (!first)
				return khmap_path_bad(whole, strlen(whole));
			ret = khmap_path_field(whole, &path, place);
		}
		if (ret)
			return ret;
		first = false;
	}
	return 0;
}

int khmap_type_find(const struct khmap_type *type, const char *path, struct khmap_place *place)
{
	struct khmap_place found = { .type = type };
	int ret = khmap_path_walk(path, path, &found);

	if (!ret)
		*place = found;
	return ret;
}

int khmap_schema_find(const struct khmap_schema *schema, const char *path,
		      struct khmap_place *place)
{
	size_t length = strcspn(path, ".[");
	struct khmap_place found = { .type = schema->key };
	const char *rest = path + length;
	char excerpt[KHMAP_EXCERPT_SIZE];
	bool in_key, in_value;
	int ret;

	if (length == 5 && !memcmp(path, "value", 5)) {
		found.type = schema->value;
		found.in_value = 1;
	} else if (length != 3 || memcmp(path, "key", 3)) {
		in_key = khmap_field_get(schema->key, path, length);
		in_value = khmap_field_get(schema->value, path, length);
		khmap_excerpt(path, length, excerpt);
		if (!length)
			return khmap_path_bad(path, strlen(path));
		if (in_key && in_value)
			return khmap_fail(ENOTUNIQ,
					  "%s: the key and the value have such a field; write key.%.*s or value.%.*s",
					  excerpt, (int)length, path, (int)length, path);
		if (!in_key && !in_value)
			return khmap_fail(ENOENT, "%s: there is no such field", excerpt);
		if (in_value) {
			found.type = schema->value;
			found.in_value = 1;
		}
		rest = path;
	}
	ret = khmap_path_walk(path, rest, &found);
	if (!ret)
		*place = found;
	return ret;
}
