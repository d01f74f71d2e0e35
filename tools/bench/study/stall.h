/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * stall.h - what a writer at full speed sees of snapshots being taken
 */
#ifndef KHMAP_STUDY_STALL_H
#define KHMAP_STUDY_STALL_H

#include "map.h"

/**
 * stall_round() - the longest put while a snapshot is taken, and while none is
 * @map: the map, with the keys below @entries
 * @entries: of the map
 * @cuts: snapshots that are taken, one after the other
 * @cut_us: filled: median, over all snapshots, of the longest put from before
 *	the call that took it until it had returned, in microseconds
 * @none_us: filled: the same of as many stretches of as much time without
 *
 * One thread replaces values at random on another processor.  NaN if there is none.
 */
void stall_round(struct map *map, u32 entries, u32 cuts, double *cut_us, double *none_us);

#endif /* KHMAP_STUDY_STALL_H */
