/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * growth.h - a map's growth: its worker, its tracepoints, RESERVE
 */
#ifndef _KHMAP_GROWTH_H
#define _KHMAP_GROWTH_H

struct khmap_call;
struct khmap_map;

/**
 * khmap_growth_init() - before a map's table can grow
 * @map: new, its table exists and nobody else uses it
 */
void khmap_growth_init(struct khmap_map *map);

/**
 * khmap_growth_stop() - end a map's worker
 * @map: nobody uses it any more
 *
 * Context: may sleep.
 */
void khmap_growth_stop(struct khmap_map *map);

/**
 * khmap_growth_reserve() - KHMAP_IOC_RESERVE
 * @call: on a map
 *
 * Context: may sleep.
 * Return: 0 or an errno as linux/khmap.h says.
 */
int khmap_growth_reserve(struct khmap_call *call);

#endif /* _KHMAP_GROWTH_H */
