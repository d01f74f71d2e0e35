// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * foreign.c - a snapshot file of the other byte order, opened and checked
 *
 * The header is turned into this host's order and then checked as that of any file
 * is; checksums are numbers of bytes, which are the same whoever computes them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum.h"
#include "compressed.h"
#include "error.h"
#include "foreign.h"
#include "header.h"
#include "header_fields.h"
#include "map.h"
#include "refusal.h"
#include "swap.h"

/**
 * struct khmap_foreign_start - With what plain and compressed files begin.
 * @magic: KHMAP_IMAGE_MAGIC or KHMAP_COMPRESSED_MAGIC
 * @byte_order: KHMAP_BYTE_ORDER_OTHER
 */
struct khmap_foreign_start {
	__u8 magic[KHMAP_IMAGE_MAGIC_LEN];
	__u32 byte_order;
};

int khmap_foreign_read(const struct khmap_foreign *foreign, void *to, size_t size, __u64 offset)
{
	size_t done = 0;
	ssize_t got;

	while (done < size) {
		got = pread(foreign->fd, (char *)to + done, size - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return khmap_fail(errno, "%s: read: %s", foreign->path, strerror(errno));
		if (!got)
			return khmap_fail(EUCLEAN, "%s: truncated while it was read, at %llu bytes",
					  foreign->path, (unsigned long long)(offset + done));
		done += (size_t)got;
	}
	return 0;
}

static int khmap_foreign_open_file(struct khmap_foreign *foreign)
{
	struct stat st;

	foreign->fd = open(foreign->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (foreign->fd < 0 || fstat(foreign->fd, &st))
		return khmap_fail(errno, "%s: %s", foreign->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return khmap_fail(EINVAL, "%s: is no snapshot file", foreign->path);
	foreign->file_size = (__u64)st.st_size;
	return 0;
}

/* Instead of the compressed file, the memory into which it is unpacked. */
static int khmap_foreign_unpack(struct khmap_foreign *foreign)
{
	struct khmap_compressed *packed;
	int err = khmap_compressed_open_as(foreign->path, true, &packed), fd;

	if (err)
		return err;
	fd = khmap_compressed_memory(packed);
	if (fd >= 0) {
		close(foreign->fd);
		foreign->fd = fd;
		foreign->file_size = packed->header.image_bytes;
	}
	khmap_compressed_close(packed);
	return fd < 0 ? fd : 0;
}

static int khmap_foreign_identify(struct khmap_foreign *foreign)
{
	struct khmap_foreign_start start = { .byte_order = 0 };
	int err = 0;

	if (foreign->file_size >= sizeof(start))
		err = khmap_foreign_read(foreign, &start, sizeof(start), 0);
	if (err)
		return err;
	if (start.byte_order == KHMAP_BYTE_ORDER_OTHER) {
		if (!memcmp(start.magic, KHMAP_IMAGE_MAGIC, sizeof(start.magic)))
			return 0;
		if (!memcmp(start.magic, KHMAP_COMPRESSED_MAGIC, sizeof(start.magic)))
			return khmap_foreign_unpack(foreign);
	}
	return khmap_fail(EINVAL, "%s: is no snapshot file of the other byte order", foreign->path);
}

/* What the copy in @foreign->page has, as the header of a file. */
static int khmap_foreign_check(struct khmap_foreign *foreign, __u32 shift)
{
	struct khmap_refusal refusal = { .err = 0 };
	struct khmap_report report = { .finding = khmap_refusal_note, .context = &refusal };
	struct khmap_image_header *h = &foreign->header;
	struct khmap_header_view view = {
		.header = h,
		.page = foreign->page,
		.file_size = foreign->file_size,
		.is_file = true,
	};

	memcpy(h, foreign->page, sizeof(*h));
	khmap_header_swap(h);
	if (h->geometry.page_shift != shift)
		return khmap_fail(EUCLEAN, "%s: changed while it was opened", foreign->path);
	if (khmap_header_identify(&view, &report))
		khmap_header_check(&view, &report);
	if (refusal.err)
		return khmap_refusal_result(foreign->path, &refusal);
	/* Whatever was checked before: no bucket is read that the file has not. */
	if (!khmap_header_fits(h, foreign->file_size))
		return khmap_fail(EUCLEAN, "%s: damaged: the image is larger than its %llu bytes",
				  foreign->path, (unsigned long long)foreign->file_size);
	memcpy(foreign->text, foreign->page + h->schema_offset, h->schema_length);
	return 0;
}

static int khmap_foreign_open_header(struct khmap_foreign *foreign)
{
	struct khmap_refusal refusal = { .err = 0 };
	struct khmap_report report = { .finding = khmap_refusal_note, .context = &refusal };
	struct khmap_header_view view = {
		.header = &foreign->header,
		.file_size = foreign->file_size,
		.is_file = true,
	};
	size_t size = sizeof(foreign->header);
	__u32 shift;
	int err;

	if (foreign->file_size < size)
		size = (size_t)foreign->file_size;
	err = khmap_foreign_read(foreign, &foreign->header, size, 0);
	if (err)
		return err;
	khmap_header_swap(&foreign->header);
	if (!khmap_header_identify(&view, &report))
		return khmap_refusal_result(foreign->path, &refusal);
	shift = foreign->header.geometry.page_shift;
	foreign->page = malloc((size_t)1 << shift);
	foreign->overflow = malloc((size_t)1 << shift);
	if (!foreign->page || !foreign->overflow)
		return khmap_fail(ENOMEM, "no memory for a page");
	err = khmap_foreign_read(foreign, foreign->page, (size_t)1 << shift, 0);
	if (!err)
		err = khmap_foreign_check(foreign, shift);
	return err;
}

static int khmap_foreign_open_schema(struct khmap_foreign *foreign, __u32 flags)
{
	int err = khmap_schema_of(&foreign->header, foreign->text, foreign->path,
				  &foreign->schema);

	if (!err || err == -ENOMEM || flags & KHMAP_FOREIGN_OPAQUE)
		return err == -ENOMEM ? err : 0;
	return khmap_fail(ENODATA, "%s; so nothing tells which bytes of its keys and values are numbers, which are in the other byte order",
			  khmap_reason());
}

static int khmap_foreign_open_sums(struct khmap_foreign *foreign)
{
	const struct khmap_image_header *h = &foreign->header;
	/* The file has so many, which was checked. */
	__u64 bytes = h->checksum_count * sizeof(*foreign->sums), found;
	int err;

	if (!h->checksum_offset)
		return 0;
	if (bytes > SIZE_MAX / 2)
		return khmap_fail(EFBIG, "%s: a table of %llu bytes does not fit the address space",
				  foreign->path, (unsigned long long)bytes);
	foreign->sums = malloc((size_t)bytes);
	foreign->seen = calloc(1, (size_t)(h->checksum_count / 8 + 1));
	if (!foreign->sums || !foreign->seen)
		return khmap_fail(ENOMEM, "%s: no memory for its checksums", foreign->path);
	err = khmap_foreign_read(foreign, foreign->sums, (size_t)bytes, h->checksum_offset);
	if (err)
		return err;
	found = khmap_checksum_table(foreign->sums, h->checksum_count);
	if (found != h->checksum_checksum)
		return khmap_fail(EBADMSG, "%s: damaged: checksum of the table of checksums: expected %016llx, found %016llx",
				  foreign->path, (unsigned long long)h->checksum_checksum,
				  (unsigned long long)found);
	return 0;
}

int khmap_foreign_open(const char *path, __u32 flags, struct khmap_foreign **foreign)
{
	struct khmap_foreign *opened;
	int err;

	if (flags & ~KHMAP_FOREIGN_OPAQUE)
		return khmap_fail(EOPNOTSUPP, "unknown flags 0x%x",
				  flags & ~KHMAP_FOREIGN_OPAQUE);
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return khmap_fail(ENOMEM, "no memory to open %s", path);
	opened->fd = -1;
	opened->state = 1;
	opened->path = strdup(path);
	err = opened->path ? khmap_foreign_open_file(opened) :
	      khmap_fail(ENOMEM, "no memory to open %s", path);
	if (!err)
		err = khmap_foreign_identify(opened);
	if (!err)
		err = khmap_foreign_open_header(opened);
	if (!err)
		err = khmap_foreign_open_schema(opened, flags);
	if (!err)
		err = khmap_foreign_open_sums(opened);
	if (err) {
		khmap_foreign_close(opened);
		return err;
	}
	opened->pages = khmap_shape_pages(opened->header.shape);
	*foreign = opened;
	return 0;
}

void khmap_foreign_close(struct khmap_foreign *foreign)
{
	if (!foreign)
		return;
	if (foreign->fd >= 0)
		close(foreign->fd);
	khmap_schema_free(foreign->schema);
	free(foreign->seen);
	free(foreign->sums);
	free(foreign->overflow);
	free(foreign->page);
	free(foreign->path);
	free(foreign);
}

const struct khmap_image_header *khmap_foreign_header(const struct khmap_foreign *foreign)
{
	return &foreign->header;
}

const struct khmap_schema *khmap_foreign_schema(const struct khmap_foreign *foreign)
{
	return foreign->schema;
}
