/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * header.h - is an image's header one that a lookup may trust?
 */
#ifndef KHMAP_LIB_HEADER_H
#define KHMAP_LIB_HEADER_H

#include "report.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define KHMAP_HOST_ORDER	"little-endian"
#define KHMAP_OTHER_ORDER	"big-endian"
#else
#define KHMAP_HOST_ORDER	"big-endian"
#define KHMAP_OTHER_ORDER	"little-endian"
#endif

/* What to do with a file of the other byte order. */
#define KHMAP_PORTABLE	"khmapctl restore --portable makes a map of it"

#define KHMAP_PAGE_SHIFT_MIN	12
#define KHMAP_PAGE_SHIFT_MAX	16

/**
 * struct khmap_header_view - What is checked.
 * @header: a private copy, nobody else's to change
 * @page: the whole header page, likewise; NULL if it could not be read
 * @file_size: bytes of the file
 * @is_file: the image is a file; else the kernel's
 */
struct khmap_header_view {
	const struct khmap_image_header *header;
	const unsigned char *page;
	__u64 file_size;
	bool is_file;
};

/**
 * khmap_header_identify() - Is it an image that this library can read?
 * @view: see there; @page is not used
 * @report: receives at most one finding
 *
 * Checks magic, byte order, version, features and page size: what has to be
 * right before anything else means something.
 *
 * Return: true if it can be read.
 */
bool khmap_header_identify(const struct khmap_header_view *view, struct khmap_report *report);

/**
 * khmap_header_check() - Check every field behind those.
 * @view: see there, identified
 * @report: receives what is wrong, the checksum first
 */
void khmap_header_check(const struct khmap_header_view *view, struct khmap_report *report);

/**
 * khmap_header_fits() - Does a lookup stay in a mapping?
 * @header: a private copy; its geometry has been checked
 * @size: bytes of the mapping
 *
 * Does not depend on what khmap_header_check() reported, or to whom.
 *
 * Return: true if image, regions and shape lie in @size bytes.
 */
bool khmap_header_fits(const struct khmap_image_header *header, __u64 size);

/**
 * khmap_geometry_check() - Check a header's geometry.
 * @geometry: a private copy; its page size is identified
 * @report: receives what is wrong
 */
void khmap_geometry_check(const struct khmap_geometry *geometry, struct khmap_report *report);

/**
 * khmap_header_rule() - Report a field of the header, unless it is right.
 * @report: where to
 * @right: whether it is
 * @name: of the field
 * @offset: of the field
 * @expected: what it should be
 * @found: what it is
 */
void khmap_header_rule(struct khmap_report *report, bool right, const char *name, size_t offset,
		       const char *expected, __u64 found);

#endif /* KHMAP_LIB_HEADER_H */
