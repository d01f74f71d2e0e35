// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * names.c - the names of maps by their ids
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/maps.h"
#include "source/names.h"

static const char *names_find(const struct prof_names *names, uint64_t map_id)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (names->names[i].map_id == map_id)
			return names->names[i].name;
	return NULL;
}

static int names_tell(void *context, uint64_t map_id, const struct prof_map *map)
{
	struct prof_names *names = context;

	if (names_find(names, map_id))
		return 0;
	if (names->count == names->room) {
		size_t room = names->room ? names->room * 2 : 64;
		void *grown = prof_alloc(room, sizeof(*names->names));

		if (names->count)
			memcpy(grown, names->names, names->count * sizeof(*names->names));
		free(names->names);
		names->names = grown;
		names->room = room;
	}
	names->names[names->count].map_id = map_id;
	memcpy(names->names[names->count].name, map->name, PROF_NAME_SIZE);
	names->count++;
	return 0;
}

int prof_names_learn(struct prof_names *names)
{
	return prof_maps_each(names_tell, names);
}

const char *prof_names_get(const struct prof_names *names, uint64_t map_id, char *text,
			   size_t size)
{
	const char *name = names_find(names, map_id);

	if (name)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "#%" PRIu64, map_id);
	return text;
}

void prof_names_free(struct prof_names *names)
{
	free(names->names);
}
