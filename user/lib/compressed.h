/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * compressed.h - what reading and writing a compressed file share
 */
#ifndef KHMAP_LIB_COMPRESSED_H
#define KHMAP_LIB_COMPRESSED_H

#include <khmap/compress.h>

#include "codec.h"

#define KHMAP_COMPRESSED_CACHE	8	/* unpacked runs that are kept */

/**
 * struct khmap_compressed_form - How an image is cut into runs.
 * @page_size: bytes of a page
 * @run_bytes: of a run
 * @pages: of the file that was compressed, table of checksums included
 * @runs: the header page's, and those of all other pages
 */
struct khmap_compressed_form {
	size_t page_size;
	size_t run_bytes;
	__u64 pages;
	__u64 runs;
};

/**
 * khmap_compressed_form() - The form of an image.
 * @page_shift: of the image, checked
 * @run_pages: pages of a run, checked
 * @image_bytes: whole pages, one at least
 */
static inline struct khmap_compressed_form khmap_compressed_form(__u32 page_shift,
								 __u32 run_pages,
								 __u64 image_bytes)
{
	__u64 pages = image_bytes >> page_shift;

	return (struct khmap_compressed_form){
		.page_size = (size_t)1 << page_shift,
		.run_bytes = (size_t)run_pages << page_shift,
		.pages = pages,
		/* The header page, and then as many as the others need. */
		.runs = 1 + (pages - 1) / run_pages + !!((pages - 1) % run_pages),
	};
}

/**
 * khmap_compressed_run_size() - Bytes of the pages of a run.
 * @form: of the image
 * @run: below @form->runs
 */
static inline size_t khmap_compressed_run_size(const struct khmap_compressed_form *form,
					       __u64 run)
{
	__u64 behind = (form->pages - 1) * form->page_size - (run - 1) * form->run_bytes;

	if (!run)
		return form->page_size;
	return behind < form->run_bytes ? (size_t)behind : form->run_bytes;
}

/**
 * khmap_compressed_run_at() - Where the pages of a run are in the image.
 * @form: of the image
 * @run: below @form->runs
 */
static inline __u64 khmap_compressed_run_at(const struct khmap_compressed_form *form, __u64 run)
{
	return run ? form->page_size + (run - 1) * form->run_bytes : 0;
}

/**
 * struct khmap_compressed_cached - A run that was unpacked.
 * @run: its number; 0 if none is
 * @used: when it was last used, for the one to give up
 * @bytes: its pages; NULL as long as the place was not needed; owned
 */
struct khmap_compressed_cached {
	__u64 run;
	__u64 used;
	unsigned char *bytes;
};

/**
 * struct khmap_compressed - A compressed file that was opened.
 * @path: of it; owned
 * @fd: owned
 * @mode: its permissions
 * @file_size: its bytes
 * @other: it is of the other byte order; what is below is in this host's
 * @sum: the checksum of its header, computed
 * @header: a private copy, checked
 * @form: of the image
 * @tail: the frame of run 0 and the index, as read; owned
 * @index: @form.runs entries in @tail, checked
 * @zero_runs: of them, those of zeros
 * @codec: to unpack
 * @frame: room for the longest frame; owned
 * @image_page: the image's header page; owned
 * @image: its header, checked as that of a file is
 * @schema: the schema's text and a NUL
 * @cache: runs that were unpacked
 * @clock: counts uses of the cache
 * @runs_read: see struct khmap_compressed_stat
 * @bytes_read: likewise
 */
struct khmap_compressed {
	char *path;
	int fd;
	mode_t mode;
	__u64 file_size;
	bool other;
	__u64 sum;
	struct khmap_compressed_header header;
	struct khmap_compressed_form form;
	unsigned char *tail;
	const struct khmap_compressed_run *index;
	__u64 zero_runs;
	struct khmap_codec codec;
	unsigned char *frame;
	unsigned char *image_page;
	struct khmap_image_header image;
	char schema[KHMAP_SCHEMA_MAX + 1];
	struct khmap_compressed_cached cache[KHMAP_COMPRESSED_CACHE];
	__u64 clock;
	__u64 runs_read;
	__u64 bytes_read;
};

/**
 * khmap_compressed_read() - Read and unpack a run, and compare its checksums.
 * @compressed: the file; its header and index are checked
 * @run: below @form.runs
 * @to: receives its pages, of no use on failure
 *
 * Return: 0; -EBADMSG; -EUCLEAN; -ENOMEM; others of the system.
 */
int khmap_compressed_read(struct khmap_compressed *compressed, __u64 run, unsigned char *to);

/**
 * khmap_compressed_open_as() - khmap_compressed_open(), of either byte order.
 * @path: of the file
 * @other: of the other byte order, not of this host's
 * @compressed: receives it, for khmap_compressed_close(); unchanged on failure
 *
 * The bytes of the image come as they are, but for its header in @compressed->image.
 *
 * Return: as khmap_compressed_open().
 */
int khmap_compressed_open_as(const char *path, bool other, struct khmap_compressed **compressed);

/**
 * khmap_compressed_memory() - Unpack into sealed memory.
 * @compressed: the file; may be closed afterwards
 *
 * Return: a descriptor of the image, the caller's; a negative errno.
 */
int khmap_compressed_memory(struct khmap_compressed *compressed);

/**
 * khmap_compressed_header_sum() - The checksum of a compressed file's header.
 * @header: the header
 */
__u64 khmap_compressed_header_sum(const struct khmap_compressed_header *header);

#endif /* KHMAP_LIB_COMPRESSED_H */
