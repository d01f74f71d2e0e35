/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * whole_file.h - a file that has its name when all of it is on the disk
 */
#ifndef KHMAP_LIB_WHOLE_FILE_H
#define KHMAP_LIB_WHOLE_FILE_H

#include <stdio.h>
#include <sys/types.h>

#include <khmap/khmap.h>

/**
 * struct khmap_whole_file - A file in the making.
 * @path: where it will be
 * @temporary: where it is; owned
 * @stream: it; NULL if it was not created
 */
struct khmap_whole_file {
	const char *path;
	char *temporary;
	FILE *stream;
};

/**
 * khmap_whole_file_create() - Begin a file under a temporary name beside its own.
 * @file: filled, for khmap_whole_file_end(), also on failure
 * @path: where it will be; must last
 * @mode: its permissions, before the umask
 *
 * Return: 0; -EINVAL @path exists and is not a plain file; -ENOMEM and others of
 * the system.
 */
int khmap_whole_file_create(struct khmap_whole_file *file, const char *path, mode_t mode);

/**
 * khmap_whole_file_append() - Write some of it.
 * @file: the file
 * @bytes: what to write
 * @size: how much
 *
 * Return: 0; -ENOSPC and others of the system.
 */
int khmap_whole_file_append(struct khmap_whole_file *file, const void *bytes, size_t size);

/**
 * khmap_whole_file_end() - Bring it to the disk and give it its name, or drop it.
 * @file: the file
 * @err: 0, or why it is dropped
 *
 * Return: @err; or -ENOSPC and others of the system, and the file is dropped.
 */
int khmap_whole_file_end(struct khmap_whole_file *file, int err);

#endif /* KHMAP_LIB_WHOLE_FILE_H */
