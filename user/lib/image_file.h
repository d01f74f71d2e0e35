/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * image_file.h - an image's pages on their way to a file
 */
#ifndef KHMAP_LIB_IMAGE_FILE_H
#define KHMAP_LIB_IMAGE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include <khmap/khmap.h>

#include "whole_file.h"

/* Bytes of a write at most. */
#define KHMAP_FILE_RUN		(1u << 20)
/* Writes under way at most, whatever the queue takes. */
#define KHMAP_FILE_DEPTH	64

/**
 * struct khmap_file_write - A write under way.
 * @bytes: what is written
 * @size: bytes; 0 if the place is free
 * @offset: where to
 */
struct khmap_file_write {
	const char *bytes;
	size_t size;
	__u64 offset;
};

/**
 * struct khmap_image_file - A file in the making.
 * @whole: where it is, and where it will be
 * @direct: it is written with O_DIRECT
 * @queue: who writes; or NULL for pwrite()
 * @writes: what @queue has to write; the index is the token
 * @under_way: how many they are
 * @done: bytes written, or left as a hole
 */
struct khmap_image_file {
	struct khmap_whole_file whole;
	bool direct;
	const struct khmap_write_queue *queue;
	struct khmap_file_write writes[KHMAP_FILE_DEPTH];
	unsigned int under_way;
	__u64 done;
};

/**
 * khmap_file_fail() - Note why a call about a file failed.
 * @file: the file
 * @err: a positive errno
 * @what: what was tried
 *
 * Return: -@err.
 */
int khmap_file_fail(const struct khmap_image_file *file, int err, const char *what);

/**
 * khmap_file_create() - Create the temporary file, one hole from end to end.
 * @file: @whole is set, the rest is zero
 * @mode: its permissions, before the umask
 * @size: its bytes
 *
 * Return: 0; a negative errno, and khmap_file_discard() is due all the same.
 */
int khmap_file_create(struct khmap_image_file *file, mode_t mode, __u64 size);

/**
 * khmap_file_write() - Write, or begin to.
 * @file: the file
 * @bytes: must not change nor go before khmap_file_drain()
 * @size: of them
 * @offset: where to
 *
 * O_DIRECT wants addresses, sizes and offsets in whole blocks of the disk.  If
 * they are not, or the memory cannot be pinned, the file is written without.
 *
 * Return: 0; a negative errno, of this write or of one before.
 */
int khmap_file_write(struct khmap_image_file *file, const void *bytes, size_t size,
		     __u64 offset);

/**
 * khmap_file_drain() - Wait until nothing is under way.
 * @file: the file
 *
 * Return: 0; a negative errno.
 */
int khmap_file_drain(struct khmap_image_file *file);

/**
 * khmap_file_discard() - Close the file; unless it has its name, remove it.
 * @file: the file
 */
void khmap_file_discard(struct khmap_image_file *file);

#endif /* KHMAP_LIB_IMAGE_FILE_H */
