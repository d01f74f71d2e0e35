/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * sampler.h - have the module take one operation in so many
 */
#ifndef PROF_SAMPLER_H
#define PROF_SAMPLER_H

#include <stdint.h>

/**
 * struct prof_sampler - a sampler of the module's
 * @fd: its descriptor; -1 if there is none
 * @bit: that khmap_sample has for it
 */
struct prof_sampler {
	int fd;
	uint32_t bit;
};

/**
 * prof_sampler_open() - begin to sample
 * @sampler: filled on success
 * @map_id: operations on this map, 0 on any
 * @every: one in how many of each CPU
 *
 * Return: 0 or -errno: -EBUSY there are as many as there can be.
 */
int prof_sampler_open(struct prof_sampler *sampler, uint64_t map_id, uint32_t every);

/**
 * prof_sampler_seen() - operations that it has counted
 * @sampler: open
 *
 * Return: of all CPUs, since it was opened.
 */
uint64_t prof_sampler_seen(const struct prof_sampler *sampler);

/* End it; nothing happens if it is not open. */
void prof_sampler_close(struct prof_sampler *sampler);

#endif /* PROF_SAMPLER_H */
