/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * checksum.h - the checksums of a file's pages
 */
#ifndef KHMAP_LIB_CHECKSUM_H
#define KHMAP_LIB_CHECKSUM_H

#include <stdbool.h>

#include "report.h"

/**
 * khmap_checksum_page() - The checksum of a page.
 * @page: the page
 * @page_size: its bytes
 * @index: of the page, from the image's start
 *
 * Return: XXH64 of the page, seeded with @index.
 */
__u64 khmap_checksum_page(const void *page, size_t page_size, __u64 index);

/**
 * khmap_checksum_header() - The checksum of a header page.
 * @page: the page
 * @page_size: its bytes
 *
 * Return: XXH64 of the page with @header_checksum and @successor zero.
 */
__u64 khmap_checksum_header(const void *page, size_t page_size);

/**
 * khmap_checksum_table() - The checksum of a table of checksums.
 * @table: the table
 * @count: its entries
 *
 * Return: XXH64 of the entries.
 */
__u64 khmap_checksum_table(const void *table, __u64 count);

/**
 * khmap_checksum_complete() - The header page of an image's file.
 * @header: of the image, checked; the fields of its checksums are set
 * @page: its header page; begins with @header afterwards
 * @page_size: its bytes
 * @table: a checksum for each page, 0 for the header page; lies behind the image
 */
void khmap_checksum_complete(struct khmap_image_header *header, void *page, size_t page_size,
			     const __u64 *table);

/**
 * khmap_checksum_zeros() - Are there only zeros?
 * @bytes: a page
 * @size: of it
 */
bool khmap_checksum_zeros(const unsigned char *bytes, size_t size);

struct khmap_object;

/**
 * khmap_checksum_verify() - Compare every page of a file with its checksum.
 * @object: a file that has checksums; else nothing happens
 * @report: receives the pages that differ
 * @progress: see struct khmap_verify_options; or NULL
 * @context: likewise
 * @pages: receives how many pages were compared; or NULL
 *
 * The header page was checked when the file was opened, and is not again.
 *
 * Return: 0; -ECANCELED.
 */
int khmap_checksum_verify(const struct khmap_object *object, struct khmap_report *report,
			  int (*progress)(void *context, __u64 done, __u64 total),
			  void *context, __u64 *pages);

#endif /* KHMAP_LIB_CHECKSUM_H */
