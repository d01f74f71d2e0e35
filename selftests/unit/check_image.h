/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * check_image.h - does an image keep every promise of linux/khmap_image.h?
 *
 * Written from that header's comment alone: of the engine's code only the hash
 * functions are used, which are the format's own.
 */
#ifndef KHMAP_TEST_CHECK_IMAGE_H
#define KHMAP_TEST_CHECK_IMAGE_H

#include <stdbool.h>

#include "../../kmod/core/snapshot.h"
#include "../../kmod/core/table.h"
#include "../../user/engine/copy.h"

/**
 * struct image - an image in memory, and what a walk has found in it
 * @page: the address of a page from the image's start, NULL if there is none
 * @from: passed to @page
 * @stripes: of the table, to check which chains share overflow pages; or 0
 * @exact: the counts in the header are up to date
 * @entry: called for each entry; or NULL
 * @entry_arg: passed to @entry
 * @entries: found
 * @overflow_entries: found
 * @overflow_buckets: found
 * @chains: chains by their number of buckets
 * @error: the first broken promise; empty if there is none
 */
struct image {
	const void *(*page)(const void *from, u64 page);
	const void *from;
	u32 stripes;
	bool exact;
	void (*entry)(void *arg, const void *key, const void *value);
	void *entry_arg;
	u64 entries;
	u64 overflow_entries;
	u64 overflow_buckets;
	u64 chains[KHMAP_CHAIN_MAX + 1];
	char error[200];
};

/**
 * image_check() - walk an image
 * @image: filled
 *
 * Return: true if no promise is broken.
 */
bool image_check(struct image *image);

/**
 * image_of_table() - the image of a table
 * @table: no writer may be inside it while it is checked; its counts are
 *	brought up to date
 */
struct image image_of_table(struct khmap_table *table);

/**
 * image_of_copy() - the image of a copy
 * @copy: the copy
 */
struct image image_of_copy(const struct khmap_copy *copy);

/**
 * image_of_snapshot() - the image of a snapshot
 * @snapshot: the snapshot; every page of it is copied
 */
struct image image_of_snapshot(struct khmap_snapshot *snapshot);

/**
 * table_is_sound() - check a table and say what is wrong
 * @table: as image_of_table()
 * @entries: that it should have
 */
bool table_is_sound(struct khmap_table *table, u64 entries);

#endif /* KHMAP_TEST_CHECK_IMAGE_H */
