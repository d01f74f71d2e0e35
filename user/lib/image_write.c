// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * image_write.c - write an image's pages to a file, all or nothing
 *
 * The file has its size from the start, and pages without a bit set are not
 * written: they stay a hole.  The header page goes last, when all others are on
 * the disk, as it holds the checksum of the table of all the others'.  So
 * whatever was interrupted begins with zeros and is no image.  The table's entry
 * of the header page itself is 0: the header has a checksum of its own.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "error.h"
#include "header.h"
#include "image_file.h"
#include "image_write.h"
#include "memory.h"

_Static_assert(KHMAP_FILE_RUN >= 1u << KHMAP_PAGE_SHIFT_MAX, "no room for a page");

/**
 * struct khmap_image_write - An image on its way to a file.
 * @source: where pages come from
 * @options: of the caller, or NULL
 * @file: where they go
 * @buffer: of a source that is not stable, KHMAP_FILE_RUN bytes; else NULL
 * @header_page: a copy, being completed
 * @page_size: bytes of a page
 * @pages: pages of the image
 * @table: a checksum for each
 * @table_bytes: bytes of the table, whole pages
 */
struct khmap_image_write {
	const struct khmap_image_source *source;
	const struct khmap_write_options *options;
	struct khmap_image_file file;
	unsigned char *buffer;
	unsigned char *header_page;
	size_t page_size;
	__u64 pages;
	__u64 *table;
	size_t table_bytes;
};

static int khmap_write_progress(const struct khmap_image_write *write)
{
	__u64 total = write->pages * write->page_size + write->table_bytes;
	const struct khmap_write_options *options = write->options;

	if (!options || !options->progress ||
	    !options->progress(options->context, write->file.done, total))
		return 0;
	return khmap_fail(ECANCELED, "%s: cancelled after %llu of %llu bytes",
			  write->file.whole.path, (unsigned long long)write->file.done,
			  (unsigned long long)total);
}

int khmap_image_missing(const struct khmap_image_source *source, const char *path, __u64 index)
{
	int err;

	if (!source->missing)
		return khmap_fail(EUCLEAN, "%s: page %llu of the image is missing", path,
				  (unsigned long long)index);
	err = source->missing(source->context, index);
	return khmap_fail(-err, "%s: not written: %s", path, khmap_reason());
}

/*
 * Gather pages that lie one behind the other in memory, from @index on, up to a
 * hole.  The sum is of what is written, not of what the source may become.
 */
static int khmap_write_gather(struct khmap_image_write *write, __u64 index,
			      const unsigned char **run, size_t *size)
{
	const unsigned char *page;
	__u64 *sum;

	for (*size = 0; index < write->pages && *size < KHMAP_FILE_RUN; index++) {
		page = write->source->page(write->source->context, index);
		if (!page)
			return khmap_image_missing(write->source, write->file.whole.path, index);
		if (write->buffer)
			page = memcpy(write->buffer + *size, page, write->page_size);
		if (*size && page != *run + *size)
			break;
		if (khmap_checksum_zeros(page, write->page_size))
			break;
		sum = write->table + index;
		*sum = khmap_checksum_page(page, write->page_size, index);
		*run = *size ? *run : page;
		*size += write->page_size;
	}
	return 0;
}

/* A hole: a page of zeros has a checksum like any other. */
static void khmap_write_hole(struct khmap_image_write *write, __u64 index)
{
	static const unsigned char zeros[1u << KHMAP_PAGE_SHIFT_MAX];

	write->table[index] = khmap_checksum_page(zeros, write->page_size, index);
	write->file.done += write->page_size;
}

static int khmap_write_pages(struct khmap_image_write *write)
{
	const unsigned char *run = NULL;
	__u64 index = 1;
	size_t size;
	int err;

	while (index < write->pages) {
		err = khmap_write_gather(write, index, &run, &size);
		if (!err && size)
			err = khmap_file_write(&write->file, run, size, index * write->page_size);
		if (!err && write->buffer)
			err = khmap_file_drain(&write->file);
		if (err)
			return err;
		if (!size)
			khmap_write_hole(write, index);
		index += size ? size / write->page_size : 1;
		if (size || index % (KHMAP_FILE_RUN / write->page_size) == 0) {
			err = khmap_write_progress(write);
			if (err)
				return err;
		}
	}
	return 0;
}

static int khmap_write_finish(struct khmap_image_write *write)
{
	struct khmap_image_file *file = &write->file;
	/* Not the page's own: that may have changed since it was checked. */
	struct khmap_image_header header = *write->source->header;
	int err;

	khmap_checksum_complete(&header, write->header_page, write->page_size, write->table);
	err = khmap_file_write(file, write->table, write->table_bytes, header.checksum_offset);
	if (!err)
		err = khmap_file_drain(file);
	if (!err)
		err = khmap_write_progress(write);
	if (err)
		return err;
	/* Else a header could reach the disk before what it vouches for. */
	if (fdatasync(file->whole.fd))
		return khmap_file_fail(file, errno, "fdatasync");
	err = khmap_file_write(file, write->header_page, write->page_size, 0);
	return err ? err : khmap_file_drain(file);
}

/* Take the header page and make room for what depends on it. */
static int khmap_write_prepare(struct khmap_image_write *write)
{
	const char *path = write->file.whole.path;
	const void *page = write->source->page(write->source->context, 0);
	const struct khmap_image_header *header = write->source->header;

	if (!page)
		return khmap_fail(EUCLEAN, "%s: the image has no header page", path);
	if (header->geometry.page_shift < KHMAP_PAGE_SHIFT_MIN ||
	    header->geometry.page_shift > KHMAP_PAGE_SHIFT_MAX)
		return khmap_fail(EUCLEAN, "%s: pages of 2^%u bytes", path,
				  header->geometry.page_shift);
	write->page_size = (size_t)1 << header->geometry.page_shift;
	write->pages = header->image_size >> header->geometry.page_shift;
	write->table_bytes = (write->pages * sizeof(*write->table) + write->page_size - 1) &
			     ~(write->page_size - 1);
	write->header_page = khmap_memory_get(write->page_size);
	write->table = khmap_memory_get(write->table_bytes);
	if (!write->source->stable)
		write->buffer = khmap_memory_get(KHMAP_FILE_RUN);
	if (!write->header_page || !write->table || (!write->source->stable && !write->buffer))
		return khmap_fail(ENOMEM, "%s: no memory to write it", path);
	memcpy(write->header_page, page, write->page_size);
	return 0;
}

int khmap_image_write(const struct khmap_image_source *source, const char *path,
		      const struct khmap_write_options *options)
{
	struct khmap_image_write write = {
		.source = source,
		.options = options,
		.file = {
			.whole = { .path = path, .fd = -1 },
			.queue = options && options->queue && options->queue->depth ?
				 options->queue : NULL,
		},
	};
	int err = khmap_write_prepare(&write);

	if (!err)
		err = khmap_file_create(&write.file, source->mode,
					write.pages * write.page_size + write.table_bytes);
	if (!err)
		err = khmap_write_pages(&write);
	if (!err)
		err = khmap_write_finish(&write);
	if (!err)
		err = khmap_whole_file_publish(&write.file.whole);
	khmap_file_discard(&write.file);
	khmap_memory_put(write.header_page, write.page_size);
	khmap_memory_put(write.table, write.table_bytes);
	khmap_memory_put(write.buffer, KHMAP_FILE_RUN);
	return err;
}
