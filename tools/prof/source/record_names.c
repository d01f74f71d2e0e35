// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_names.c - names for what lies in the records of maps
 *
 * By the schema in a map's image, an offset of a value becomes a path like
 * "ports[2]".  What an operation stores is a whole record: only accesses of
 * instructions get names.
 */
#include <stdio.h>
#include <khmap/khmap.h>
#include <khmap/schema.h>
#include "profile/names.h"
#include "source/record_names.h"

/* The path of what lies at an offset of a type; returns its length. */
static size_t path_print(const struct khmap_type *type, uint32_t offset, char *text, size_t size)
{
	size_t used = 0;
	uint32_t i;

	while (type && used < size) {
		if (type->kind == KHMAP_KIND_ARRAY && type->element->size) {
			used += (size_t)snprintf(text + used, size - used, "[%u]",
						 offset / type->element->size);
			offset %= type->element->size;
			type = type->element;
			continue;
		}
		if (type->kind != KHMAP_KIND_STRUCT)
			break;
		for (i = type->count; i-- > 0;)
			if (type->fields[i].offset <= offset)
				break;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "." : "",
					 type->fields[i].name);
		offset -= type->fields[i].offset;
		type = type->fields[i].type;
	}
	return used;
}

static void access_name(struct prof_profile *profile, struct prof_access_row *row,
			const struct prof_map *map, const struct khmap_schema *schema)
{
	struct prof_place place = prof_place(map, &row->key.line, row->key.offset);
	bool value = place.part == PROF_PART_VALUE;
	char path[192], name[256];

	if (!value && place.part != PROF_PART_KEY)
		return;
	if (!path_print(value ? khmap_schema_value(schema) : khmap_schema_key(schema), place.at,
			path, sizeof(path)))
		return;
	snprintf(name, sizeof(name), "bucket %u: %s %u, %s", place.bucket, value ? "value" : "key",
		 place.slot, path);
	row->name = prof_profile_text(profile, name);
}

static void map_names(struct prof_profile *profile, const struct prof_map_row *map)
{
	struct khmap_schema *schema = NULL;
	struct khmap *opened;
	size_t i;

	if (khmap_open(map->map.name, NULL, &opened))
		return;
	/* Another map may have taken the name since. */
	if (khmap_header(opened)->map_id == map->map_id)
		khmap_schema_get(opened, &schema);
	khmap_close(opened);
	for (i = 0; schema && i < profile->access_count; i++) {
		struct prof_access_row *row = &profile->accesses[i];

		if (row->key.line.map_id == map->map_id &&
		    row->key.line.region != PROF_REGION_RANGE &&
		    row->key.kind <= PROF_ACCESS_LOAD)
			access_name(profile, row, &map->map, schema);
	}
	khmap_schema_free(schema);
}

void prof_record_names(struct prof_profile *profile)
{
	size_t i;

	for (i = 0; i < profile->map_count; i++)
		if (profile->maps[i].map.name[0])
			map_names(profile, &profile->maps[i]);
}
