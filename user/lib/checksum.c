// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * checksum.c - the checksums of a file's pages
 *
 * XXH64 finds what happens to files by accident.  It is no protection against
 * somebody who wants to deceive: whoever can write the file can write the table.
 */
/* For a state on the stack. */
#define XXH_STATIC_LINKING_ONLY

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "checksum.h"
#include "error.h"
#include "map.h"

#define KHMAP_PROGRESS_PAGES	1024

__u64 khmap_checksum_page(const void *page, size_t page_size, __u64 index)
{
	return XXH64(page, page_size, index);
}

__u64 khmap_checksum_header(const void *page, size_t page_size)
{
	struct khmap_image_header header;
	XXH64_state_t state;

	memcpy(&header, page, sizeof(header));
	header.header_checksum = 0;
	header.successor = 0;
	XXH64_reset(&state, 0);
	XXH64_update(&state, &header, sizeof(header));
	XXH64_update(&state, (const char *)page + sizeof(header), page_size - sizeof(header));
	return XXH64_digest(&state);
}

__u64 khmap_checksum_table(const void *table, __u64 count)
{
	return XXH64(table, count * sizeof(__u64), 0);
}

void khmap_checksum_complete(struct khmap_image_header *header, void *page, size_t page_size,
			     const __u64 *table)
{
	header->checksum_offset = header->image_size;
	header->checksum_count = header->image_size >> header->geometry.page_shift;
	header->checksum_checksum = khmap_checksum_table(table, header->checksum_count);
	header->header_checksum = 0;
	header->successor = 0;
	memcpy(page, header, sizeof(*header));
	header->header_checksum = khmap_checksum_header(page, page_size);
	memcpy(page, header, sizeof(*header));
}

/* They begin with a word, and each of the others is compared with the one before. */
bool khmap_checksum_zeros(const unsigned char *bytes, size_t size)
{
	__u64 word;

	memcpy(&word, bytes, sizeof(word));
	return !word && !memcmp(bytes, bytes + sizeof(word), size - sizeof(word));
}

static enum khmap_part khmap_page_part(const struct khmap_image_header *header, __u64 page,
				       __u32 *in_part)
{
	__u64 primary = header->primary_offset >> header->geometry.page_shift;
	__u64 overflow = header->overflow_offset >> header->geometry.page_shift;

	if (page >= primary && page - primary < header->primary_pages_max) {
		*in_part = (__u32)(page - primary);
		return KHMAP_PART_PRIMARY;
	}
	if (page >= overflow && page - overflow < header->overflow_pages_max) {
		*in_part = (__u32)(page - overflow);
		return KHMAP_PART_OVERFLOW;
	}
	*in_part = (__u32)page;
	return KHMAP_PART_FILE;
}

static void khmap_checksum_differs(const struct khmap_object *object, __u64 page, __u64 expected,
				   __u64 found, struct khmap_report *report)
{
	char words[32];
	struct khmap_spot spot = {
		.rule = "checksum",
		.bucket = KHMAP_NOWHERE,
		.slot = KHMAP_NOWHERE,
		.err = EBADMSG,
		.offset = page << object->header.geometry.page_shift,
	};

	spot.part = khmap_page_part(&object->header, page, &spot.page);
	snprintf(words, sizeof(words), "%016llx", (unsigned long long)expected);
	khmap_report_add(report, &spot, words, "%016llx", (unsigned long long)found);
}

/* The table is padded to a whole page. */
static void khmap_checksum_padding(const struct khmap_object *object, struct khmap_report *report)
{
	const struct khmap_image_header *header = &object->header;
	size_t page_size = (size_t)1 << header->geometry.page_shift;
	__u64 at = header->checksum_offset + header->checksum_count * sizeof(__u64);
	struct khmap_spot spot = {
		.rule = "slack",
		.part = KHMAP_PART_CHECKSUMS,
		.page = KHMAP_NOWHERE,
		.bucket = KHMAP_NOWHERE,
		.slot = KHMAP_NOWHERE,
	};

	for (; at % page_size && at < object->file_size; at++) {
		if (!object->base[at])
			continue;
		spot.offset = at;
		khmap_report_add(report, &spot, "zeros", "0x%02x", object->base[at]);
		return;
	}
}

static bool khmap_checksum_table_right(const struct khmap_object *object,
				       struct khmap_report *report)
{
	const struct khmap_image_header *header = &object->header;
	const struct khmap_spot spot = {
		.rule = "checksum",
		.part = KHMAP_PART_CHECKSUMS,
		.page = KHMAP_NOWHERE,
		.bucket = KHMAP_NOWHERE,
		.slot = KHMAP_NOWHERE,
		.err = EBADMSG,
		.offset = header->checksum_offset,
	};
	__u64 found = khmap_checksum_table(object->base + header->checksum_offset,
					   header->checksum_count);
	char words[32];

	if (found == header->checksum_checksum)
		return true;
	snprintf(words, sizeof(words), "%016llx", (unsigned long long)header->checksum_checksum);
	khmap_report_add(report, &spot, words, "%016llx", (unsigned long long)found);
	return false;
}

int khmap_checksum_verify(const struct khmap_object *object, struct khmap_report *report,
			  int (*progress)(void *context, __u64 done, __u64 total),
			  void *context, __u64 *pages)
{
	const struct khmap_image_header *header = &object->header;
	size_t page_size = (size_t)1 << header->geometry.page_shift;
	const unsigned char *table = object->base + header->checksum_offset;
	__u64 page;

	if (!header->checksum_offset)
		return 0;
	khmap_checksum_padding(object, report);
	if (!khmap_checksum_table_right(object, report))
		return 0;
	if (pages)
		*pages = 1;
	for (page = 1; page < header->checksum_count && !report->stopped; page++) {
		__u64 found = khmap_checksum_page(object->base + page * page_size, page_size,
						  page);
		__u64 expected;

		memcpy(&expected, table + page * sizeof(expected), sizeof(expected));
		if (found != expected)
			khmap_checksum_differs(object, page, expected, found, report);
		if (pages)
			*pages = page + 1;
		if (progress && page % KHMAP_PROGRESS_PAGES == 0 &&
		    progress(context, page, header->checksum_count))
			return khmap_fail(ECANCELED, "cancelled at page %llu of %llu",
					  (unsigned long long)page,
					  (unsigned long long)header->checksum_count);
	}
	return 0;
}
