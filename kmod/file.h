/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * file.h - what can be done with an open map
 */
#ifndef _KHMAP_FILE_H
#define _KHMAP_FILE_H

#include <linux/fs.h>

struct khmap_map;

/* Of every file of a map: its node's, and that which CREATE returns. */
extern const struct file_operations khmap_map_fops;

/**
 * khmap_file_create() - a file of a map, without a node
 * @map: a reference of it becomes the file's, if there is no error
 *
 * Context: may sleep.
 * Return: the file, open for reading and writing, or an error pointer.
 */
struct file *khmap_file_create(struct khmap_map *map);

#endif /* _KHMAP_FILE_H */
