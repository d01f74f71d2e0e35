/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * points.h - the watchpoints that are set now
 */
#ifndef PROF_POINTS_H
#define PROF_POINTS_H

#include <bpf/libbpf.h>
#include "prof.h"

/**
 * struct prof_points_options - watchpoints
 * @loads: for loads too
 * @store: program that is run for stores
 * @load: program that is run for stores and loads, if @loads
 */
struct prof_points_options {
	bool loads;
	struct bpf_program *store;
	struct bpf_program *load;
};

struct prof_points;

/**
 * prof_points_new() - none is set yet
 * @options: copied
 *
 * Return: never NULL.
 */
struct prof_points *prof_points_new(const struct prof_points_options *options);

/**
 * prof_points_try() - how many can be set at a time?
 * @points: none is set
 * @address: where to try
 * @length: bytes
 * @count: filled on success: from 1
 *
 * Return: 0; -ENOSPC none, for others use all; another -errno.
 */
int prof_points_try(struct prof_points *points, uint64_t address, uint32_t length,
		    uint32_t *count);

/**
 * prof_points_set() - set one, on all processors
 * @points: less are set than prof_points_try() said
 * @address: of the first byte, aligned to @length
 * @length: 1, 2, 4 or 8
 *
 * Return: 0; -errno it cannot be set on all, and is set on none.
 */
int prof_points_set(struct prof_points *points, uint64_t address, uint32_t length);

/**
 * prof_points_clear() - set none any more
 * @points: of which some are set
 *
 * Return: accesses that they were hit by.
 */
uint64_t prof_points_clear(struct prof_points *points);

/**
 * prof_points_close() - free it
 * @points: or NULL
 */
void prof_points_close(struct prof_points *points);

#endif /* PROF_POINTS_H */
