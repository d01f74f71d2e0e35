/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * mappings.h - what lies where in processes
 */
#ifndef PROF_MAPPINGS_H
#define PROF_MAPPINGS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct prof_mapping - a part of a process's addresses
 * @pid: of the process
 * @start: first address
 * @end: behind the last one
 * @offset: in the file, of @start
 * @inode: of the file; 0 if there is none
 * @path: of the file; empty if there is none, "[stack]" and the like else
 */
struct prof_mapping {
	pid_t pid;
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	uint64_t inode;
	char *path;
};

/**
 * struct prof_mappings - of many processes, the newest last
 * @rows: the mappings
 * @count: how many
 * @room: for how many
 */
struct prof_mappings {
	struct prof_mapping *rows;
	size_t count;
	size_t room;
};

/**
 * prof_mappings_add() - one more
 * @mappings: changed
 * @row: copied, with its path
 */
void prof_mappings_add(struct prof_mappings *mappings, const struct prof_mapping *row);

/**
 * prof_mappings_read() - add all that a process has now
 * @mappings: changed
 * @pid: of the process
 *
 * Return: 0; -ENOENT there is no such process, or it has no memory any more;
 * -EACCES; another -errno.
 */
int prof_mappings_read(struct prof_mappings *mappings, pid_t pid);

/**
 * prof_mappings_find() - what lies at an address
 * @mappings: to look in
 * @pid: of the process
 * @address: in it
 *
 * Return: the newest that has it; NULL if there is none.
 */
const struct prof_mapping *prof_mappings_find(const struct prof_mappings *mappings, pid_t pid,
					      uint64_t address);

/**
 * prof_mappings_free() - free all
 * @mappings: empty afterwards
 */
void prof_mappings_free(struct prof_mappings *mappings);

#endif /* PROF_MAPPINGS_H */
