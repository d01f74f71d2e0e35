/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * header_fields.h - the fields of an image's header, by name and by place
 *
 * The one table of them: what shows a header, what names a field that the kernel
 * refused and what reads a header of the other byte order go by it.
 */
#ifndef KHMAP_LIB_HEADER_FIELDS_H
#define KHMAP_LIB_HEADER_FIELDS_H

#include <stddef.h>
#include <linux/khmap_image.h>

/**
 * struct khmap_header_field - A field of struct khmap_image_header.
 * @name: as in C: "geometry.key_size"
 * @offset: bytes from the header's start
 * @size: bytes
 * @word: bytes of each integer in it; 1 if it is bytes or text
 * @restore: what KHMAP_IOC_RESTORE asks of it, to be read behind "must be"; NULL if
 *	     it does not look at it
 */
struct khmap_header_field {
	const char *name;
	__u32 offset;
	__u32 size;
	__u32 word;
	const char *restore;
};

/* By rising offset, without gaps. */
extern const struct khmap_header_field khmap_header_fields[];
extern const size_t khmap_header_field_count;

/**
 * khmap_header_field_at() - The field in which a byte is.
 * @offset: of the byte, from the header's start
 *
 * Return: the field; NULL if the byte is behind the header.
 */
const struct khmap_header_field *khmap_header_field_at(__u32 offset);

/**
 * khmap_header_swap() - Turn the integers of a header from one byte order to the other.
 * @header: any bytes
 */
void khmap_header_swap(struct khmap_image_header *header);

#endif /* KHMAP_LIB_HEADER_FIELDS_H */
