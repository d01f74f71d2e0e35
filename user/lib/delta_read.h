/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * delta_read.h - a delta file, checked
 */
#ifndef KHMAP_LIB_DELTA_READ_H
#define KHMAP_LIB_DELTA_READ_H

#include "delta.h"

/**
 * struct khmap_delta - A delta file that was opened.
 * @path: of the file
 * @fd: owned
 * @file_size: its bytes
 * @header: a private copy, checked
 * @index: runs and sums, likewise; owned
 * @runs: @header.runs of them, in order, in the regions of @image
 * @sums: @header.pages checksums
 * @zero: pages that are zeros
 * @image_page: the result's header page; owned
 * @image: the result's header, checked as that of a file is
 */
struct khmap_delta {
	const char *path;
	int fd;
	__u64 file_size;
	struct khmap_delta_header header;
	void *index;
	const struct khmap_delta_run *runs;
	const __u64 *sums;
	__u64 zero;
	unsigned char *image_page;
	struct khmap_image_header image;
};

/**
 * khmap_delta_open() - Open a delta and check all but its pages.
 * @delta: filled, for khmap_delta_close(), also on failure
 * @path: of the file; must last
 *
 * Return: 0; as khmap_delta_apply().
 */
int khmap_delta_open(struct khmap_delta *delta, const char *path);

/**
 * khmap_delta_read_page() - Read a stored page and compare its checksum.
 * @delta: the delta
 * @stored: which, below @header.pages
 * @page: of the result, for the checksum and for reasons
 * @to: receives it
 *
 * Return: 0; -EBADMSG; -EUCLEAN the file is shorter by now; others of the system.
 */
int khmap_delta_read_page(const struct khmap_delta *delta, __u64 stored, __u64 page, void *to);

/**
 * khmap_delta_close() - Close a delta.
 * @delta: of khmap_delta_open()
 */
void khmap_delta_close(struct khmap_delta *delta);

#endif /* KHMAP_LIB_DELTA_READ_H */
