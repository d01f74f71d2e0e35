/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * foreign.h - what opening and reading a file of the other byte order share
 */
#ifndef KHMAP_LIB_FOREIGN_H
#define KHMAP_LIB_FOREIGN_H

#include <khmap/foreign.h>

/**
 * struct khmap_foreign - A file of the other byte order that was opened.
 * @path: of it; owned
 * @fd: of the image: the file, or memory into which it was unpacked; owned
 * @file_size: bytes of the image
 * @header: a private copy in this host's order, checked
 * @text: the schema's text and a NUL
 * @schema: to swap by; or NULL; owned
 * @sums: the image's checksums, a word for each page, as in the file; or NULL; owned
 * @seen: a bit for each page that has been held against its checksum; or NULL; owned
 * @page: the page of the primary bucket, or the header page; owned
 * @overflow: the overflow bucket, or the page that it is in; owned
 * @pages: of the shape
 * @number: the page of the bucket, from 0 to @pages; 0 in an inline map
 * @bucket: within the page, the next to be begun
 * @at: the bucket that is read; NULL between chains
 * @tags_size: its tag bytes
 * @slots: its slots
 * @slot: the next of them
 * @links: buckets of the chain up to here
 * @entries: that were returned
 * @state: 1 as long as there may be more; else what khmap_foreign_next() returns
 */
struct khmap_foreign {
	char *path;
	int fd;
	__u64 file_size;
	struct khmap_image_header header;
	char text[KHMAP_SCHEMA_MAX + 1];
	struct khmap_schema *schema;
	__u64 *sums;
	unsigned char *seen;
	unsigned char *page;
	unsigned char *overflow;
	__u32 pages;
	__u32 number;
	__u32 bucket;
	const unsigned char *at;
	__u32 tags_size;
	__u32 slots;
	__u32 slot;
	__u32 links;
	__u64 entries;
	int state;
};

/**
 * khmap_foreign_read() - Read bytes of the image.
 * @foreign: the file
 * @to: receives them
 * @size: how many
 * @offset: from the image's start
 *
 * Return: 0; -EUCLEAN the file ends before; others of pread(2).
 */
int khmap_foreign_read(const struct khmap_foreign *foreign, void *to, size_t size, __u64 offset);

#endif /* KHMAP_LIB_FOREIGN_H */
