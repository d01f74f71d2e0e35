/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * map_lines.h - lines of a map, and where the kernel has them
 */
#ifndef PROF_MAP_LINES_H
#define PROF_MAP_LINES_H

#include "prof.h"

#define PROF_MAP_LINES_MAX	256

/**
 * struct prof_map_line - a line to be watched, or a part of it
 * @key: the line; @cpu of it is 0
 * @offset: within the line, of the part
 * @length: bytes of the part
 * @address: of its first byte
 */
struct prof_map_line {
	struct prof_line_key key;
	uint32_t offset;
	uint32_t length;
	uint64_t address;
};

/**
 * prof_map_line_parse() - read a line
 * @text: REGION:PAGE:LINE[:OFFSET+LENGTH]
 * @line: filled on success, but for the map and the address
 *
 * Prints what is wrong.
 *
 * Return: whether all is well.
 */
bool prof_map_line_parse(const char *text, struct prof_map_line *line);

/**
 * prof_map_lines_find() - where the kernel has lines
 * @lines: of one map; their addresses are filled
 * @count: of @lines, from 1
 * @verbose: show what libbpf says
 *
 * Prints what is wrong.
 *
 * Return: enum prof_exit.
 */
int prof_map_lines_find(struct prof_map_line *lines, size_t count, bool verbose);

/**
 * struct prof_hunt - tracepoints that look for the hottest lines
 */
struct prof_hunt;

/**
 * prof_hunt_open() - begin to look
 * @map_id: in this map
 * @duration_ns: for how long, at least
 * @lines: lines that there is room for
 * @verbose: show what libbpf says
 * @hunt: filled on success
 *
 * Prints what went wrong.
 *
 * Return: enum prof_exit.
 */
int prof_hunt_open(uint64_t map_id, uint64_t duration_ns, uint32_t lines, bool verbose,
		   struct prof_hunt **hunt);

/**
 * prof_hunt_lines() - the hottest, if there was time and they were found
 * @hunt: of prof_hunt_open()
 * @lines: filled: those with most transfers first, then those with most stores
 * @max: how many at most
 *
 * Return: how many; 0 to go on.
 */
size_t prof_hunt_lines(struct prof_hunt *hunt, struct prof_map_line *lines, size_t max);

/**
 * prof_hunt_close() - look no more
 * @hunt: or NULL
 */
void prof_hunt_close(struct prof_hunt *hunt);

#endif /* PROF_MAP_LINES_H */
