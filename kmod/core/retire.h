/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * retire.h - a map that another one has taken the place of
 *
 * A map that is retired stays as it is: whatever would store to its image fails
 * with -ESTALE, look-ups and snapshots work.  Its readers learn of it by a word
 * in the header page, beside the shape, that they load when they like.
 */
#ifndef _KHMAP_CORE_RETIRE_H
#define _KHMAP_CORE_RETIRE_H

#include "table.h"

/**
 * khmap_table_retired() - is a map retired?
 * @table: the map
 *
 * A hint, but for one who holds a lock of the map.
 *
 * Context: any.
 */
static inline bool khmap_table_retired(const struct khmap_table *table)
{
	return os_load(&table->saves.gate) & KHMAP_GATE_RETIRED;
}

/**
 * khmap_table_hold() - let nobody else retire or revive a map, or cut a snapshot
 * @table: the map
 * @rank: how many the caller holds already: of several, those with lower ids
 *
 * Context: may sleep; waits for a snapshot that is being taken or dropped, and for
 * an atomic batch.
 * Return: 0; -EINTR the caller was killed.
 */
int khmap_table_hold(struct khmap_table *table, u32 rank);

/* Undo khmap_table_hold(). */
void khmap_table_release(struct khmap_table *table);

/**
 * khmap_table_retire() - let no store succeed any more
 * @table: the map, held
 *
 * Those that are under way are done when it returns, and all that they stored is
 * seen by the caller.
 *
 * Context: waits for the map's locks, one at a time, and for nothing else.
 */
void khmap_table_retire(struct khmap_table *table);

/**
 * khmap_table_revive() - undo khmap_table_retire()
 * @table: the map, held
 *
 * Context: any.
 */
void khmap_table_revive(struct khmap_table *table);

/**
 * khmap_table_tell() - tell a map's readers that its name has a new meaning
 * @table: the map
 * @generation: of the name; any other value than the last
 *
 * What the caller stored before is seen by a reader who has seen @generation.
 *
 * Context: any.
 */
void khmap_table_tell(struct khmap_table *table, u32 generation);

#endif /* _KHMAP_CORE_RETIRE_H */
