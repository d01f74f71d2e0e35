/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * whole_file.h - a file that gets its name when all of it is on the disk
 */
#ifndef KHMAP_LIB_WHOLE_FILE_H
#define KHMAP_LIB_WHOLE_FILE_H

#include <sys/types.h>

#include "map.h"

/**
 * struct khmap_whole_file - A file in the making.
 * @path: where it will be; given
 * @temporary: where it is; empty once it has its name
 * @fd: its descriptor; -1 at first, given
 */
struct khmap_whole_file {
	const char *path;
	char temporary[KHMAP_PATH_SIZE];
	int fd;
};

/**
 * khmap_whole_file_fail() - Say why a file cannot be written.
 * @file: the file
 * @err: errno
 * @what: was tried
 *
 * Return: -@err.
 */
int khmap_whole_file_fail(const struct khmap_whole_file *file, int err, const char *what);

/**
 * khmap_whole_file_create() - Begin a file, beside where it will be.
 * @file: @path and @fd are given; for khmap_whole_file_discard(), always
 * @mode: its permissions, less the umask
 *
 * Return: 0; -EINVAL @path is there and no plain file; -ENAMETOOLONG; an errno of
 * open(2).
 */
int khmap_whole_file_create(struct khmap_whole_file *file, mode_t mode);

/**
 * khmap_whole_file_publish() - Bring a file to the disk, and give it its name.
 * @file: all of it is written
 *
 * Return: 0, or an errno of what failed.
 */
int khmap_whole_file_publish(struct khmap_whole_file *file);

/**
 * khmap_whole_file_discard() - End a file; if it has no name yet, it is removed.
 * @file: created, or not
 */
void khmap_whole_file_discard(struct khmap_whole_file *file);

#endif /* KHMAP_LIB_WHOLE_FILE_H */
