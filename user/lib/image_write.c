// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * image_write.c - write an image's pages to a file, all or nothing
 *
 * The header page goes last, into the place that was left for it, as it holds
 * the checksum of the table of all the others'.  The table's entry of the header
 * page itself is 0: the header has a checksum of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum.h"
#include "error.h"
#include "header.h"
#include "image_write.h"
#include "map.h"

#define KHMAP_WRITE_BUFFER	(1u << 20)
/* Names of temporary files that are tried. */
#define KHMAP_WRITE_NAMES	16

_Static_assert(KHMAP_WRITE_BUFFER >= 1u << KHMAP_PAGE_SHIFT_MAX, "no room for a page");

/**
 * struct khmap_image_file - A file in the making.
 * @source: where pages come from
 * @options: of the caller, or NULL
 * @path: where it will be
 * @temporary: where it is
 * @fd: its descriptor
 * @buffer: KHMAP_WRITE_BUFFER bytes on their way
 * @fill: bytes in it
 * @done: bytes written
 * @header_page: a copy, being completed
 * @page_size: bytes of a page
 * @pages: pages of the image
 * @table: a checksum for each
 * @table_bytes: bytes of the table, whole pages
 */
struct khmap_image_file {
	const struct khmap_image_source *source;
	const struct khmap_write_options *options;
	const char *path;
	char temporary[KHMAP_PATH_SIZE];
	int fd;
	unsigned char *buffer;
	size_t fill;
	__u64 done;
	unsigned char *header_page;
	size_t page_size;
	__u64 pages;
	__u64 *table;
	size_t table_bytes;
};

static int khmap_file_fail(const struct khmap_image_file *file, int err, const char *what)
{
	return khmap_fail(err, "%s: %s: %s", file->path, what, strerror(err));
}

static int khmap_file_pwrite(struct khmap_image_file *file, const void *bytes, size_t size,
			     __u64 offset)
{
	const char *at = bytes;
	ssize_t put;

	while (size) {
		put = pwrite(file->fd, at, size, (off_t)offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return khmap_file_fail(file, errno, "write");
		at += put;
		offset += (__u64)put;
		size -= (size_t)put;
	}
	return 0;
}

static int khmap_file_flush(struct khmap_image_file *file)
{
	__u64 total = file->pages * file->page_size + file->table_bytes;
	int err = khmap_file_pwrite(file, file->buffer, file->fill, file->done);

	if (err)
		return err;
	file->done += file->fill;
	file->fill = 0;
	if (file->options && file->options->progress &&
	    file->options->progress(file->options->context, file->done, total))
		return khmap_fail(ECANCELED, "%s: cancelled after %llu of %llu bytes", file->path,
				  (unsigned long long)file->done, (unsigned long long)total);
	return 0;
}

static int khmap_file_pages(struct khmap_image_file *file)
{
	const void *page;
	__u64 i;
	int err;

	for (i = 0; i < file->pages; i++) {
		page = i ? file->source->page(file->source->context, i) : file->header_page;
		if (!page)
			return khmap_fail(EUCLEAN, "%s: page %llu of the image is missing",
					  file->path, (unsigned long long)i);
		if (file->fill + file->page_size > KHMAP_WRITE_BUFFER) {
			err = khmap_file_flush(file);
			if (err)
				return err;
		}
		/* The sum is of what is written, not of what the source may become. */
		memcpy(file->buffer + file->fill, page, file->page_size);
		if (i)
			file->table[i] = khmap_checksum_page(file->buffer + file->fill,
							     file->page_size, i);
		file->fill += file->page_size;
	}
	return khmap_file_flush(file);
}

static int khmap_file_finish(struct khmap_image_file *file)
{
	struct khmap_image_header header;
	int err;

	err = khmap_file_pwrite(file, file->table, file->table_bytes, file->done);
	if (err)
		return err;
	memcpy(&header, file->header_page, sizeof(header));
	header.checksum_offset = file->done;
	header.checksum_count = file->pages;
	header.checksum_checksum = khmap_checksum_table(file->table, file->pages);
	memcpy(file->header_page, &header, sizeof(header));
	header.header_checksum = khmap_checksum_header(file->header_page, file->page_size);
	memcpy(file->header_page, &header, sizeof(header));
	err = khmap_file_pwrite(file, file->header_page, file->page_size, 0);
	if (err)
		return err;
	if (fsync(file->fd))
		return khmap_file_fail(file, errno, "fsync");
	return 0;
}

/* Take the header page and make room for what depends on it. */
static int khmap_file_prepare(struct khmap_image_file *file)
{
	const void *page = file->source->page(file->source->context, 0);
	/* Not the page's own: that may have changed since it was checked. */
	struct khmap_image_header header = *file->source->header;

	if (!page)
		return khmap_fail(EUCLEAN, "%s: the image has no header page", file->path);
	header.checksum_offset = 0;
	header.checksum_count = 0;
	header.checksum_checksum = 0;
	header.header_checksum = 0;
	header.successor = 0;
	if (header.geometry.page_shift > KHMAP_PAGE_SHIFT_MAX)
		return khmap_fail(EUCLEAN, "%s: pages of 2^%u bytes", file->path,
				  header.geometry.page_shift);
	file->page_size = (size_t)1 << header.geometry.page_shift;
	file->pages = header.image_size >> header.geometry.page_shift;
	file->table_bytes = (file->pages * sizeof(*file->table) + file->page_size - 1) &
			    ~(file->page_size - 1);
	file->header_page = malloc(file->page_size);
	file->table = calloc(1, file->table_bytes);
	file->buffer = malloc(KHMAP_WRITE_BUFFER);
	if (!file->header_page || !file->table || !file->buffer)
		return khmap_fail(ENOMEM, "%s: no memory to write it", file->path);
	memcpy(file->header_page, page, file->page_size);
	memcpy(file->header_page, &header, sizeof(header));
	return 0;
}

static int khmap_file_create(struct khmap_image_file *file)
{
	struct stat st;
	__u32 tag;
	int tries;

	if (!lstat(file->path, &st) && !S_ISREG(st.st_mode))
		return khmap_fail(EINVAL, "%s: exists and is not a plain file", file->path);
	for (tries = 0; tries < KHMAP_WRITE_NAMES; tries++) {
		if (getrandom(&tag, sizeof(tag), 0) != sizeof(tag))
			return khmap_file_fail(file, errno, "getrandom");
		if (snprintf(file->temporary, sizeof(file->temporary), "%s.tmp-%08x", file->path,
			     tag) >= (int)sizeof(file->temporary))
			return khmap_fail(ENAMETOOLONG, "%s: too long", file->path);
		file->fd = open(file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
				file->source->mode & 0666);
		if (file->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return khmap_file_fail(file, errno, "create a temporary file beside it");
}

static int khmap_file_sync_folder(const struct khmap_image_file *file)
{
	char path[KHMAP_PATH_SIZE];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s", file->path);
	fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return khmap_file_fail(file, errno, "open its folder");
	/* Not every file system can. */
	if (fsync(fd) && errno != EINVAL)
		err = khmap_file_fail(file, errno, "fsync of its folder");
	close(fd);
	return err;
}

static int khmap_file_publish(struct khmap_image_file *file)
{
	if (rename(file->temporary, file->path))
		return khmap_file_fail(file, errno, "rename");
	file->temporary[0] = '\0';
	return khmap_file_sync_folder(file);
}

int khmap_image_write(const struct khmap_image_source *source, const char *path,
		      const struct khmap_write_options *options)
{
	struct khmap_image_file file = {
		.source = source,
		.options = options,
		.path = path,
		.fd = -1,
	};
	int err = khmap_file_prepare(&file);

	if (!err)
		err = khmap_file_create(&file);
	if (!err)
		err = khmap_file_pages(&file);
	if (!err)
		err = khmap_file_finish(&file);
	/* Some file systems report a failed write only here. */
	if (file.fd >= 0 && close(file.fd) && !err)
		err = khmap_file_fail(&file, errno, "close");
	if (!err)
		err = khmap_file_publish(&file);
	if (file.fd >= 0 && file.temporary[0])
		unlink(file.temporary);
	free(file.header_page);
	free(file.table);
	free(file.buffer);
	return err;
}
