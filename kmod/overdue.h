/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * overdue.h - snapshots that are held for longer than somebody thought
 */
#ifndef _KHMAP_OVERDUE_H
#define _KHMAP_OVERDUE_H

#include <linux/types.h>

struct khmap_call;
struct khmap_map;
struct khmap_shot;

/* When snapshots of a new map are overdue, in milliseconds; 0 for never. */
u64 khmap_overdue_default(void);

/* Get ready to tell about a snapshot; khmap_overdue_arm() starts the clock. */
void khmap_overdue_init(struct khmap_shot *shot);

/**
 * khmap_overdue_arm() - tell, once, when a snapshot is overdue
 * @shot: the snapshot; its overdue_work is cancelled when it is dropped
 *
 * Context: the registry's lock is held.
 */
void khmap_overdue_arm(struct khmap_shot *shot);

/* For how long a snapshot has been held, in milliseconds. */
u64 khmap_overdue_held(const struct khmap_shot *shot);

/* Whether that is longer than its map's limit. */
bool khmap_overdue(const struct khmap_shot *shot);

/**
 * khmap_overdue_count() - snapshots of a map that are overdue
 * @map: the map
 *
 * Context: may sleep; takes the registry's lock.
 * Return: how many there are.
 */
u32 khmap_overdue_count(struct khmap_map *map);

/**
 * khmap_overdue_set() - KHMAP_IOC_WARN_AFTER
 * @call: on a map's file
 *
 * Context: may sleep; takes the registry's lock.
 * Return: 0.
 */
int khmap_overdue_set(struct khmap_call *call);

#endif /* _KHMAP_OVERDUE_H */
