/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * writing.h - what commands that write snapshots and deltas share
 */
#ifndef KHMAP_CLI_WRITING_H
#define KHMAP_CLI_WRITING_H

#include <khmap/khmap.h>

#include "progress.h"

/**
 * struct writing - A file being written.
 * @quiet: show none
 * @progress: its bar
 * @started: the bar has begun
 * @total: bytes
 */
struct writing {
	bool quiet;
	struct progress progress;
	bool started;
	uint64_t total;
};

/**
 * writing_open() - Open a map of which an instant is to be written.
 * @name: of the map, or a path
 * @flags: KHMAP_OPEN_* with which a file is opened
 * @map: receives the map
 *
 * Return: CLI_OK, or the exit status, having said why.
 */
int writing_open(const char *name, uint32_t flags, struct khmap **map);

/**
 * writing_progress() - Called by the library.
 * @context: struct writing, all zero at first but @quiet
 * @done: bytes
 * @total: bytes
 *
 * Return: whether to end.
 */
int writing_progress(void *context, __u64 done, __u64 total);

/**
 * writing_end() - Wipe the bar away.
 * @writing: of writing_progress()
 *
 * Return: seconds since the first bytes.
 */
double writing_end(struct writing *writing);

#endif /* KHMAP_CLI_WRITING_H */
