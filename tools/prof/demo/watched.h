/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * watched.h - increments in turns, seen by hardware watchpoints
 */
#ifndef PROF_WATCHED_H
#define PROF_WATCHED_H

#include <stdint.h>
#include "demo/demo.h"
#include "source/topology.h"

/**
 * demo_watched() - ask the model of cache lines about increments in turns
 * @pair: the CPUs
 * @counters: which each of them increments, DEMO_TURNS times
 * @transfers: filled on success
 *
 * Tries again if it was not told of all.  Prints what went wrong with BPF programs.
 *
 * Return: 0; -ENODATA it never was told of all; another -errno.
 */
int demo_watched(const struct prof_pair *pair, uint64_t *const *counters,
		 struct demo_transfers *transfers);

#endif /* PROF_WATCHED_H */
