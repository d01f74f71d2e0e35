/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * file.h - what can be done with an open map
 */
#ifndef _KHMAP_FILE_H
#define _KHMAP_FILE_H

#include <linux/fs.h>

struct khmap_call;
struct khmap_map;

/* Of every file of a map: its node's, and those that CREATE and RESTORE return. */
extern const struct file_operations khmap_map_fops;

/**
 * khmap_file_answer() - give a caller the map that was made for it, and publish it
 * @call: whose argument is complete, but for the next two
 * @map: nobody else can find it yet; its reference is consumed
 * @map_id: the argument's field
 * @fd: the argument's field; of a file that is open for reading and writing
 *
 * Context: may sleep; takes the registry's lock.
 * Return: 0; -ENFILE, -ENOMEM or as khmap_claim_answer(), and the map is gone.
 */
int khmap_file_answer(struct khmap_call *call, struct khmap_map *map,
		      u64 *map_id, s32 *fd);

#endif /* _KHMAP_FILE_H */
