/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * inspect.h - an image's bytes, and the fields that they are
 */
#ifndef KHMAP_CLI_INSPECT_H
#define KHMAP_CLI_INSPECT_H

#include <khmap/verify.h>

#include "cli.h"

/**
 * struct inspect - An image under inspection.
 * @map: the map; its @map is NULL if it could not be opened
 * @bytes: a file's bytes, if it could not
 * @size: bytes that can be read
 * @header: the header that was checked when the map was opened; not set if it
 *	    could not be
 * @raw: what the header page says, to be shown and for nothing else
 * @page_size: bytes of a page
 * @rows: JSON array of what is shown, or NULL for text
 */
struct inspect {
	struct cli_map map;
	const unsigned char *bytes;
	size_t size;
	struct khmap_image_header header;
	struct khmap_image_header raw;
	size_t page_size;
	json_t *rows;
};

/**
 * inspect_read() - Copy bytes of the image.
 * @inspect: the image
 * @offset: from its start
 * @to: receives them
 * @size: how many
 *
 * Return: true if they are there.  If not, errno is EFAULT if there is no page, as a live
 * map may have none at a place, or says why it cannot be read.
 */
bool inspect_read(const struct inspect *inspect, uint64_t offset, void *to, size_t size);

/**
 * inspect_title() - Say what the next rows are.
 * @inspect: the image
 * @fmt: printf format
 */
void inspect_title(struct inspect *inspect, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * inspect_row() - Show bytes beside a field.
 * @inspect: the image
 * @offset: of the bytes in the image
 * @bytes: the bytes
 * @size: how many
 * @field: what they are
 * @fmt: printf format of what they mean
 */
void inspect_row(struct inspect *inspect, uint64_t offset, const void *bytes, size_t size,
		 const char *field, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/**
 * inspect_header() - Show the header page.
 * @inspect: the image
 *
 * Return: exit status.
 */
int inspect_header(struct inspect *inspect);

/**
 * inspect_page() - Show a page.
 * @inspect: the image
 * @number: 0 is the header page, then come all primary pages, all overflow
 *	    pages and what follows in a file; pages of a file that is not open
 *	    are counted from its start
 *
 * Return: exit status.
 */
int inspect_page(struct inspect *inspect, uint64_t number);

/**
 * inspect_bucket() - Show a bucket.
 * @inspect: the image; its map is open
 * @part: KHMAP_PART_INLINE, KHMAP_PART_PRIMARY or KHMAP_PART_OVERFLOW
 * @page: of the part
 * @bucket: of the page
 *
 * Return: exit status.
 */
int inspect_bucket(struct inspect *inspect, enum khmap_part part, uint32_t page, uint32_t bucket);

/**
 * inspect_key() - Show how a key is found, and its chain.
 * @inspect: the image; its map is open
 * @text: the key
 *
 * Return: exit status; CLI_NO if the key is not there.
 */
int inspect_key(struct inspect *inspect, const char *text);

#endif /* KHMAP_CLI_INSPECT_H */
