// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * keys.c - sets of keys: numbers, and names of files
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"

#define NAME_SIZE	64
#define LISTS		"/var/lib/dpkg/info/*.list"

const char * const key_sets[KEY_SETS] = {
	"0, 1, 2, ...", "0, 4096, 8192, ...", "random", "file names",
};

static int name_compare(const void *left, const void *right)
{
	return memcmp(left, right, NAME_SIZE);
}

/* A name's place is decided by chance, so that the table's order is nobody's. */
static void keys_shuffle(struct keys *keys)
{
	unsigned char swap[NAME_SIZE];
	struct random random = { 1 };
	u32 i;

	for (i = keys->count; i > 1; i--) {
		unsigned char *last = keys->bytes + (size_t)(i - 1) * NAME_SIZE;
		unsigned char *other = keys->bytes +
				       (size_t)random_below(&random, i) * NAME_SIZE;

		memcpy(swap, last, NAME_SIZE);
		memcpy(last, other, NAME_SIZE);
		memcpy(other, swap, NAME_SIZE);
	}
}

static void keys_unique(struct keys *keys)
{
	u32 from, to = 0;

	qsort(keys->bytes, keys->count, NAME_SIZE, name_compare);
	for (from = 0; from < keys->count; from++) {
		const void *name = keys_at(keys, from);

		if (to && !memcmp(name, keys_at(keys, to - 1), NAME_SIZE))
			continue;
		memmove(keys->bytes + (size_t)to++ * NAME_SIZE, name, NAME_SIZE);
	}
	keys->count = to;
}

/* The files of one package; names that do not fit are left out. */
static void keys_add_list(struct keys *keys, const char *path, u32 room)
{
	FILE *file = fopen(path, "r");
	char line[4096];

	if (!file)
		return;
	while (keys->count < room && fgets(line, sizeof(line), file)) {
		size_t length = strcspn(line, "\n");

		if (length && length <= NAME_SIZE)
			memcpy(keys->bytes + (size_t)keys->count++ * NAME_SIZE, line, length);
	}
	fclose(file);
}

/* The files that the machine's own packages have installed. */
static void keys_of_files(struct keys *keys, u32 count)
{
	/* Directories are listed by many packages. */
	u32 room = 2 * count;
	glob_t found;
	size_t i;

	keys->size = NAME_SIZE;
	keys->count = 0;
	keys->bytes = study_alloc(room, NAME_SIZE);
	if (!glob(LISTS, 0, NULL, &found)) {
		for (i = 0; i < found.gl_pathc; i++)
			keys_add_list(keys, found.gl_pathv[i], room);
		globfree(&found);
	}
	keys_unique(keys);
	if (keys->count < 1000)
		study_failed(LISTS " name %u files, too few for keys", keys->count);
	keys_shuffle(keys);
	if (keys->count > count)
		keys->count = count;
}

void keys_make(struct keys *keys, u32 set, u32 count)
{
	struct random random = { 2 };
	u64 key;
	u32 i;

	if (set == 3) {
		keys_of_files(keys, count);
		return;
	}
	/* Some hashes make few long chains of these, which take their time. */
	if (set == 1)
		count /= 5;
	keys->size = 8;
	keys->count = count;
	keys->bytes = study_alloc(count, 8);
	for (i = 0; i < count; i++) {
		/* The generator is a bijection of its counter: no key comes twice. */
		key = set == 0 ? i : set == 1 ? (u64)i * 4096 : random_next(&random);
		memcpy(keys->bytes + (size_t)i * 8, &key, 8);
	}
}

void keys_free(struct keys *keys)
{
	free(keys->bytes);
	keys->bytes = NULL;
}
