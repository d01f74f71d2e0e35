/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * compress_write.h - write an image's pages to a compressed file, all or nothing
 */
#ifndef KHMAP_LIB_COMPRESS_WRITE_H
#define KHMAP_LIB_COMPRESS_WRITE_H

#include <khmap/compress.h>

#include "image_write.h"

/**
 * khmap_image_compress() - Write an image to a compressed file.
 * @source: the pages of a snapshot; whatever checksums its header names are
 *	    replaced
 * @path: of the file
 * @options: see khmap_compress_write(); or NULL
 *
 * Return: as khmap_compress_write().
 */
int khmap_image_compress(const struct khmap_image_source *source, const char *path,
			 struct khmap_compress_options *options);

#endif /* KHMAP_LIB_COMPRESS_WRITE_H */
