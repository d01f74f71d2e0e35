/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * instant.h - what of a map goes to a file: one instant of it
 */
#ifndef KHMAP_LIB_INSTANT_H
#define KHMAP_LIB_INSTANT_H

#include <sys/types.h>

#include "image_write.h"
#include "map.h"

/**
 * struct khmap_instant - An image that does not change.
 * @object: the caller's map if it is a file or a snapshot, else the map of @snapshot
 * @snapshot: taken of a live map; else NULL
 * @mode: permissions of a file with what the map holds, before the umask
 * @page: of a best-effort snapshot, room for one page; else NULL
 * @err: why the last page that is missing is: a negative errno, or 0
 */
struct khmap_instant {
	const struct khmap_object *object;
	struct khmap *snapshot;
	mode_t mode;
	unsigned char *page;
	int err;
};

/**
 * khmap_instant_take() - Hold an instant of a map.
 * @map: any; stays open until khmap_instant_drop()
 * @instant: filled; of a live map, all pages are copied
 *
 * Return: 0; -EIO it has lost pages; -ENOMEM; of a live map as khmap_snapshot().  On
 * failure nothing is to be dropped.
 */
int khmap_instant_take(struct khmap *map, struct khmap_instant *instant);

/**
 * khmap_instant_drop() - End a snapshot that was taken.
 * @instant: as taken
 */
void khmap_instant_drop(struct khmap_instant *instant);

/**
 * khmap_instant_source() - An instant's pages, on their way to a file.
 * @instant: as taken; must stay where it is
 */
struct khmap_image_source khmap_instant_source(struct khmap_instant *instant);

#endif /* KHMAP_LIB_INSTANT_H */
