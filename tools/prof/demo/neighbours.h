/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * neighbours.h - a map, and two keys that are as near as can be in two buckets
 */
#ifndef PROF_NEIGHBOURS_H
#define PROF_NEIGHBOURS_H

#include <stdbool.h>
#include <stdint.h>
#include "demo/demo.h"
#include "source/topology.h"

/**
 * struct demo_map - a map, and the keys that its two writers put
 * @fd: of the map, which has no name and is gone with it
 * @map_id: of the map
 * @shape: likewise, for the model
 * @keys: one of bucket 0, one of bucket 1
 * @puts: of each writer
 * @in_turns: they put in turns
 * @turns: whose turn it is
 */
struct demo_map {
	int fd;
	uint64_t map_id;
	struct prof_map shape;
	uint64_t keys[2];
	uint64_t puts;
	bool in_turns;
	struct demo_turns turns;
};

/**
 * demo_map_make() - make a map with neighbours
 * @map: @fd, @map_id, @shape and @keys are filled
 * @layout: KHMAP_LAYOUT_*
 *
 * Return: 0 or -errno.
 */
int demo_map_make(struct demo_map *map, uint32_t layout);

/* demo_map_put() - put a value; 0 or -errno. */
int demo_map_put(int fd, uint64_t key, uint64_t value);

/*
 * What each writer of a struct demo_map does.  The values are the numbers of the
 * puts, from 1.
 */
extern const struct demo_work demo_map_work;

/**
 * demo_map_model() - ask the model of cache lines about puts in turns
 * @pair: the CPUs
 * @layout: of the map
 * @turns: puts of each CPU
 * @transfers: filled on success
 *
 * Prints what went wrong with BPF programs.
 *
 * Return: 0; -ENOSPC it was not told of all; another -errno.
 */
int demo_map_model(const struct prof_pair *pair, uint32_t layout, uint64_t turns,
		   struct demo_transfers *transfers);

#endif /* PROF_NEIGHBOURS_H */
