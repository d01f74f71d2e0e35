// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * mappings.c - what lies where in processes, as /proc says it
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "prof.h"
#include "source/mappings.h"

static char *copy(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(prof_alloc(size, 1), text, size);
}

/* Room for one more element. */
static void *array_grow(void *array, size_t count, size_t *room, size_t size)
{
	void *grown;

	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 64;
	grown = prof_alloc(*room, size);
	if (count)
		memcpy(grown, array, count * size);
	free(array);
	return grown;
}

void prof_mappings_add(struct prof_mappings *mappings, const struct prof_mapping *row)
{
	mappings->rows = array_grow(mappings->rows, mappings->count, &mappings->room,
				    sizeof(*mappings->rows));
	mappings->rows[mappings->count] = *row;
	mappings->rows[mappings->count++].path = copy(row->path);
}

int prof_mappings_read(struct prof_mappings *mappings, pid_t pid)
{
	char path[64], *line = NULL;
	size_t size = 0, before = mappings->count;
	FILE *file;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0) {
		struct prof_mapping row = { .pid = pid };
		int name = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %" SCNu64 " %n",
			   &row.start, &row.end, &row.offset, &row.inode, &name) != 4 || !name)
			continue;
		row.path = line + name;
		prof_mappings_add(mappings, &row);
	}
	err = ferror(file) ? -EIO : 0;
	free(line);
	fclose(file);
	/* Of a process that has ended, but was not waited for, the file is empty. */
	return err ? err : mappings->count == before ? -ENOENT : 0;
}

void prof_mappings_inherit(struct prof_mappings *mappings, pid_t pid, pid_t parent)
{
	mappings->heirs = array_grow(mappings->heirs, mappings->heir_count, &mappings->heir_room,
				     sizeof(*mappings->heirs));
	mappings->heirs[mappings->heir_count++] = (struct prof_heir){ pid, parent };
}

pid_t prof_mappings_parent(const struct prof_mappings *mappings, pid_t pid)
{
	pid_t parent = 0;
	size_t i;

	for (i = 0; i < mappings->heir_count; i++) {
		if (mappings->heirs[i].pid != pid)
			continue;
		parent = mappings->heirs[i].parent;
		if (!parent)
			break;
	}
	return parent;
}

const struct prof_mapping *prof_mappings_find(const struct prof_mappings *mappings, pid_t pid,
					      uint64_t address)
{
	size_t i;

	for (i = mappings->count; i-- > 0;) {
		const struct prof_mapping *row = &mappings->rows[i];

		if (row->pid == pid && row->start <= address && address < row->end)
			return row;
	}
	return NULL;
}

void prof_mappings_free(struct prof_mappings *mappings)
{
	size_t i;

	for (i = 0; i < mappings->count; i++)
		free(mappings->rows[i].path);
	free(mappings->rows);
	free(mappings->heirs);
	*mappings = (struct prof_mappings){ 0 };
}
