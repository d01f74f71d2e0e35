/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * names.h - the names of maps by their ids
 */
#ifndef PROF_NAMES_H
#define PROF_NAMES_H

#include "prof.h"

/**
 * struct prof_names - the names that are known
 * @names: in the order in which they became so
 * @count: of @names
 * @room: in @names
 */
struct prof_names {
	struct {
		uint64_t map_id;
		char name[PROF_NAME_SIZE];
	} *names;
	size_t count;
	size_t room;
};

/**
 * prof_names_learn() - learn the names of the maps that exist
 * @names: zeroed at first; those that are known stay so
 *
 * Return: 0 or -errno.
 */
int prof_names_learn(struct prof_names *names);

/**
 * prof_names_get() - what to call a map
 * @names: that are known
 * @map_id: of the map
 * @text: filled: its name, or its id, "#7"
 * @size: of @text
 *
 * Return: @text.
 */
const char *prof_names_get(const struct prof_names *names, uint64_t map_id, char *text,
			   size_t size);

/* Free what prof_names_learn() allocated. */
void prof_names_free(struct prof_names *names);

#endif /* PROF_NAMES_H */
