/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * listing.h - maps and snapshots with who holds them, for ls and stat
 */
#ifndef KHMAP_CLI_LISTING_H
#define KHMAP_CLI_LISTING_H

#include <stdbool.h>

#include <jansson.h>

#include <khmap/khmap.h>

#include "pins.h"

/**
 * listing_node() - Bring owner and mode up to date with the node's.
 * @info: a map or snapshot
 *
 * Return: false if it has a name and no node.
 */
bool listing_node(struct khmap_map_info *info);

/**
 * listing_owner() - "alice:users", or numbers where there are no names.
 * @info: a map or snapshot
 * @text: receives it
 * @size: bytes at @text
 */
void listing_owner(const struct khmap_map_info *info, char *text, size_t size);

/**
 * listing_note() - What is to be said of a map or snapshot.
 * @info: it
 * @node: as listing_node()
 * @text: receives it, empty if there is nothing
 * @size: bytes at @text
 */
void listing_note(const struct khmap_map_info *info, bool node, char *text, size_t size);

/**
 * listing_find() - Look for the processes that hold maps and snapshots.
 * @infos: all that are listed
 * @count: how many
 * @pins: filled, for pins_free()
 *
 * Says what could not be found out.
 *
 * Return: CLI_OK, or the exit status.
 */
int listing_find(const struct khmap_map_info *infos, size_t count, struct pins *pins);

/**
 * listing_json() - Maps and snapshots as a JSON array.
 * @infos: they
 * @count: how many
 * @pins: who holds them; or NULL to leave that out
 *
 * Return: it, the caller's; NULL if memory is short.
 */
json_t *listing_json(struct khmap_map_info *infos, size_t count, const struct pins *pins);

/**
 * listing_print() - Print a table, each map with its snapshots below it.
 * @infos: maps and snapshots
 * @count: how many
 * @pins: who holds them, for a column of their number and a table of their own; or
 *	  NULL
 *
 * Return: CLI_OK or CLI_FAILED.
 */
int listing_print(struct khmap_map_info *infos, size_t count, const struct pins *pins);

#endif /* KHMAP_CLI_LISTING_H */
