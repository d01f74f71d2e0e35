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
 * struct prof_heir - a process that began with what another had mapped
 * @pid: of the process
 * @parent: the other; 0 if it has mapped all anew since, to run another program
 */
struct prof_heir {
	pid_t pid;
	pid_t parent;
};

/**
 * struct prof_mappings - of many processes, the newest last
 * @rows: the mappings
 * @count: how many
 * @room: for how many
 * @heirs: processes and their parents
 * @heir_count: how many
 * @heir_room: for how many
 */
struct prof_mappings {
	struct prof_mapping *rows;
	size_t count;
	size_t room;
	struct prof_heir *heirs;
	size_t heir_count;
	size_t heir_room;
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
 * prof_mappings_inherit() - a process begins with what another has mapped, or anew
 * @mappings: changed
 * @pid: of the process
 * @parent: the other; 0 if it runs another program now
 *
 * The kernel tells of this in no order, so that what ran another program once has
 * nothing of its parent's.
 */
void prof_mappings_inherit(struct prof_mappings *mappings, pid_t pid, pid_t parent);

/**
 * prof_mappings_parent() - whose mappings did a process begin with?
 * @mappings: to look in
 * @pid: of the process
 *
 * Return: 0 nobody's, or it is not known.
 */
pid_t prof_mappings_parent(const struct prof_mappings *mappings, pid_t pid);

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
