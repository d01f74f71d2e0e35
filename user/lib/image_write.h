/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * image_write.h - write an image's pages to a file, all or nothing
 */
#ifndef KHMAP_LIB_IMAGE_WRITE_H
#define KHMAP_LIB_IMAGE_WRITE_H

#include <stdbool.h>
#include <sys/types.h>

#include <khmap/khmap.h>

/**
 * struct khmap_image_source - Where the pages come from.
 * @header: the image's header, checked; written instead of what page 0 holds
 * @page: the address of a page, counted from the image's start; NULL if it is missing
 * @missing: says why page @index is; returns a negative errno, for which
 *	     khmap_reason() has the words.  Or NULL: -EUCLEAN
 * @stable: the pages do not change, nor go, before khmap_image_write() returns,
 *	    and are written from where they are; else each is copied before the next
 *	    is asked for
 * @context: the first argument of both
 * @mode: permissions of the file, before the umask
 */
struct khmap_image_source {
	const struct khmap_image_header *header;
	const void *(*page)(void *context, __u64 index);
	int (*missing)(void *context, __u64 index);
	bool stable;
	void *context;
	mode_t mode;
};

/**
 * khmap_image_missing() - Why a page of an image cannot be written.
 * @source: returned NULL for it
 * @path: of the file
 * @index: of the page
 *
 * Return: a negative errno.
 */
int khmap_image_missing(const struct khmap_image_source *source, const char *path, __u64 index);

/**
 * khmap_image_write() - Write an image to a file.
 * @source: the pages of a snapshot; whatever checksums its header names are
 *	    replaced
 * @path: of the file
 * @options: see khmap_snapshot_write(); or NULL
 *
 * Return: as khmap_snapshot_write().
 */
int khmap_image_write(const struct khmap_image_source *source, const char *path,
		      const struct khmap_write_options *options);

#endif /* KHMAP_LIB_IMAGE_WRITE_H */
