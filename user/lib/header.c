// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * header.c - is an image's header one that a lookup may trust?
 *
 * After these checks no lookup leaves the mapping, whatever the other pages
 * hold: a shape leads to a page of the primary region, a bucket ends in its
 * page, and references are checked as they are followed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <khmap/compress.h>
#include <khmap/delta.h>

#include "checksum.h"
#include "header.h"

#define HEADER_OFFSET(field) offsetof(struct khmap_image_header, field)
#define HEADER_RULE(right, field, expected) \
	khmap_header_rule(report, right, #field, HEADER_OFFSET(field), expected, h->field)
#define HEADER_WANT(right, field, expected) \
	khmap_header_want(report, right, #field, HEADER_OFFSET(field), expected, h->field)

/**
 * struct khmap_header_version - How a version of the format is checked.
 * @version: its number
 * @check: of all fields behind those that identify it; NULL ends the table
 *
 * What magic, byte order, version, features and page size mean is the same in
 * every version.
 */
struct khmap_header_version {
	__u32 version;
	void (*check)(const struct khmap_header_view *view, struct khmap_report *report);
};

static void khmap_header_check_1(const struct khmap_header_view *view,
				 struct khmap_report *report);

static const struct khmap_header_version khmap_header_versions[] = {
	{ KHMAP_IMAGE_VERSION, khmap_header_check_1 },
	{ 0, NULL },
};

static struct khmap_spot khmap_header_spot(const char *name, size_t offset, int err, bool fatal)
{
	struct khmap_spot spot = khmap_spot(KHMAP_PART_HEADER, name, KHMAP_NOWHERE, offset);

	spot.err = err;
	spot.fatal = fatal;
	return spot;
}

static struct khmap_spot khmap_file_spot(const char *rule, int err, bool fatal)
{
	struct khmap_spot spot = khmap_header_spot(rule, 0, err, fatal);

	spot.part = KHMAP_PART_FILE;
	return spot;
}

void khmap_header_rule(struct khmap_report *report, bool right, const char *name, size_t offset,
		       const char *expected, __u64 found)
{
	struct khmap_spot spot = khmap_header_spot(name, offset, EUCLEAN, true);

	if (!right)
		khmap_report_add(report, &spot, expected, "%" PRIu64, (uint64_t)found);
}

/* A field that no lookup needs. */
static void khmap_header_want(struct khmap_report *report, bool right, const char *name,
			      size_t offset, const char *expected, __u64 found)
{
	struct khmap_spot spot = khmap_header_spot(name, offset, EUCLEAN, false);

	if (!right)
		khmap_report_add(report, &spot, expected, "%" PRIu64, (uint64_t)found);
}

static bool khmap_zero(const unsigned char *bytes, size_t size)
{
	while (size--)
		if (bytes[size])
			return false;
	return true;
}

static bool khmap_identify_magic(const struct khmap_header_view *view,
				 struct khmap_report *report)
{
	const struct khmap_image_header *h = view->header;
	struct khmap_spot spot = khmap_file_spot("magic", EINVAL, true);

	if (view->is_file && view->file_size < KHMAP_IMAGE_MAGIC_LEN) {
		khmap_report_add(report, &spot, "a khmap image", "a file of %llu bytes",
				 (unsigned long long)view->file_size);
		return false;
	}
	/* The header is written last. */
	if (view->is_file && khmap_zero(h->magic, KHMAP_IMAGE_MAGIC_LEN)) {
		khmap_report_add(report, &spot, "a khmap image, which begins with KHMAPIMG",
				 "zeros, as in a file whose writing was interrupted");
		return false;
	}
	if (!memcmp(h->magic, KHMAP_DELTA_MAGIC, KHMAP_IMAGE_MAGIC_LEN)) {
		khmap_report_add(report, &spot, "a khmap image, which begins with KHMAPIMG",
				 "a delta, which khmapctl apply makes an image of");
		return false;
	}
	if (!memcmp(h->magic, KHMAP_COMPRESSED_MAGIC, KHMAP_IMAGE_MAGIC_LEN)) {
		khmap_report_add(report, &spot, "a khmap image, which begins with KHMAPIMG",
				 "a compressed snapshot, which <khmap/compress.h> reads");
		return false;
	}
	if (memcmp(h->magic, KHMAP_IMAGE_MAGIC, KHMAP_IMAGE_MAGIC_LEN)) {
		khmap_report_add(report, &spot, "a khmap image, which begins with KHMAPIMG",
				 "%02x %02x %02x %02x %02x %02x %02x %02x", h->magic[0],
				 h->magic[1], h->magic[2], h->magic[3], h->magic[4], h->magic[5],
				 h->magic[6], h->magic[7]);
		return false;
	}
	if (view->is_file && view->file_size < sizeof(*h)) {
		spot = khmap_file_spot("truncated", EUCLEAN, true);
		khmap_report_add(report, &spot, "a header of 640 bytes", "%llu bytes",
				 (unsigned long long)view->file_size);
		return false;
	}
	return true;
}

static bool khmap_identify_order(const struct khmap_image_header *h, struct khmap_report *report)
{
	struct khmap_spot spot = khmap_header_spot("byte_order", HEADER_OFFSET(byte_order),
						   EPROTONOSUPPORT, true);

	if (h->byte_order == KHMAP_BYTE_ORDER)
		return true;
	if (h->byte_order == KHMAP_BYTE_ORDER_OTHER) {
		khmap_report_add(report, &spot, KHMAP_HOST_ORDER, KHMAP_OTHER_ORDER
				 ", as the host that made the image; " KHMAP_PORTABLE);
	} else {
		spot.err = EUCLEAN;
		khmap_report_add(report, &spot, "1020304", "%x", h->byte_order);
	}
	return false;
}

/* The versions that this library knows, in words. */
static void khmap_known_versions(char *words, size_t size)
{
	const struct khmap_header_version *known;
	size_t used = 0;

	for (known = khmap_header_versions; known->check && used < size; known++)
		used += (size_t)snprintf(words + used, size - used, "%s%u",
					 used ? ", " : "format version ", known->version);
	if (used < size)
		snprintf(words + used, size - used, ", which this library reads");
}

static const struct khmap_header_version *khmap_known_version(__u32 version)
{
	const struct khmap_header_version *known;

	for (known = khmap_header_versions; known->check; known++)
		if (known->version == version)
			return known;
	return NULL;
}

static bool khmap_identify_version(const struct khmap_image_header *h,
				   struct khmap_report *report)
{
	struct khmap_spot spot = khmap_header_spot("version", HEADER_OFFSET(version),
						   EPROTONOSUPPORT, true);
	__u32 unknown = h->features_read & ~KHMAP_FEATURES_READ;
	char words[96];

	if (!khmap_known_version(h->version)) {
		if (!h->version)
			spot.err = EUCLEAN;
		khmap_known_versions(words, sizeof(words));
		khmap_report_add(report, &spot, words, "version %u", h->version);
		return false;
	}
	if (unknown) {
		spot = khmap_header_spot("features_read", HEADER_OFFSET(features_read),
					 EPROTONOSUPPORT, true);
		khmap_report_add(report, &spot, "features that this library knows",
				 "unknown bits 0x%x", unknown);
		return false;
	}
	return true;
}

bool khmap_header_identify(const struct khmap_header_view *view, struct khmap_report *report)
{
	const struct khmap_image_header *h = view->header;
	struct khmap_spot spot = khmap_file_spot("truncated", EUCLEAN, true);
	char words[48];
	__u32 shift;

	if (!khmap_identify_magic(view, report) || !khmap_identify_order(h, report) ||
	    !khmap_identify_version(h, report))
		return false;
	shift = h->geometry.page_shift;
	if (shift < KHMAP_PAGE_SHIFT_MIN || shift > KHMAP_PAGE_SHIFT_MAX) {
		HEADER_RULE(false, geometry.page_shift, "12..16");
		return false;
	}
	if (!view->is_file || view->file_size >= 1u << shift)
		return true;
	snprintf(words, sizeof(words), "a header page of %u bytes", 1u << shift);
	khmap_report_add(report, &spot, words, "%llu bytes", (unsigned long long)view->file_size);
	return false;
}

/* Of a file only; a flipped bit in any field is told as such first. */
static void khmap_check_checksum(const struct khmap_header_view *view,
				 struct khmap_report *report)
{
	const struct khmap_image_header *h = view->header;
	struct khmap_spot spot = khmap_header_spot("header_checksum",
						   HEADER_OFFSET(header_checksum), EBADMSG,
						   false);
	char words[32];
	__u64 found;

	if (!h->header_checksum || !view->page)
		return;
	found = khmap_checksum_header(view->page, (size_t)1 << h->geometry.page_shift);
	if (found == h->header_checksum)
		return;
	snprintf(words, sizeof(words), "%016llx", (unsigned long long)h->header_checksum);
	khmap_report_add(report, &spot, words, "%016llx, the header page was changed",
			 (unsigned long long)found);
}

static void khmap_check_kinds(const struct khmap_header_view *view, struct khmap_report *report)
{
	const struct khmap_image_header *h = view->header;
	struct khmap_spot spot = khmap_header_spot("hash_kind", HEADER_OFFSET(hash_kind),
						   EPROTONOSUPPORT, true);

	if (view->is_file)
		HEADER_RULE(h->kind == KHMAP_IMAGE_SNAPSHOT, kind, "2 (snapshot) in a file");
	else
		HEADER_RULE(h->kind == KHMAP_IMAGE_LIVE || h->kind == KHMAP_IMAGE_SNAPSHOT, kind,
			    "1 (live) or 2 (snapshot)");
	if (h->hash_kind != KHMAP_HASH_FOLD && h->hash_kind != KHMAP_HASH_SIPHASH13)
		khmap_report_add(report, &spot, "1 (fold) or 2 (siphash13)", "%u", h->hash_kind);
	HEADER_WANT(h->load_percent >= 10 && h->load_percent <= 95, load_percent, "10..95");
}

/* Whether @pages pages at @offset are whole pages of the image, behind the first. */
static bool khmap_region_fits(const struct khmap_image_header *h, __u64 offset, __u64 pages)
{
	__u64 page = 1ull << h->geometry.page_shift;

	return offset >= page && offset % page == 0 && offset <= h->image_size &&
	       pages <= (h->image_size - offset) >> h->geometry.page_shift;
}

bool khmap_header_fits(const struct khmap_image_header *h, __u64 size)
{
	return h->image_size <= size && h->image_size >= 1ull << h->geometry.page_shift &&
	       khmap_region_fits(h, h->primary_offset, h->primary_pages_max) &&
	       khmap_region_fits(h, h->overflow_offset, h->overflow_pages_max) &&
	       khmap_shape_pages(h->shape) <= h->primary_pages_max;
}

static void khmap_check_regions(const struct khmap_image_header *h, struct khmap_report *report)
{
	__u64 page = 1ull << h->geometry.page_shift, primary_end, overflow_end;

	HEADER_RULE(h->primary_pages_max <= KHMAP_PAGES_MAX, primary_pages_max, "2^22 - 1 at most");
	HEADER_RULE(h->overflow_pages_max <= UINT32_MAX, overflow_pages_max, "2^32 - 1 at most");
	HEADER_RULE(h->image_size >= page && h->image_size % page == 0, image_size,
		    "whole pages, 1 at least");
	HEADER_RULE(khmap_region_fits(h, h->primary_offset, h->primary_pages_max), primary_offset,
		    "a region of whole pages in the image");
	HEADER_RULE(khmap_region_fits(h, h->overflow_offset, h->overflow_pages_max),
		    overflow_offset, "a region of whole pages in the image");
	if (!khmap_region_fits(h, h->primary_offset, h->primary_pages_max) ||
	    !khmap_region_fits(h, h->overflow_offset, h->overflow_pages_max))
		return;
	primary_end = h->primary_offset + (h->primary_pages_max << h->geometry.page_shift);
	overflow_end = h->overflow_offset + (h->overflow_pages_max << h->geometry.page_shift);
	HEADER_RULE(primary_end <= h->overflow_offset || overflow_end <= h->primary_offset,
		    overflow_offset, "regions that do not overlap");
	HEADER_WANT(h->primary_pages <= h->primary_pages_max, primary_pages,
		    "at most primary_pages_max");
	HEADER_WANT(h->overflow_pages <= h->overflow_pages_max, overflow_pages,
		    "at most overflow_pages_max");
}

static void khmap_check_shape(const struct khmap_image_header *h, struct khmap_report *report)
{
	/* A live map's changes; it was copied in more than one load. */
	if (h->kind == KHMAP_IMAGE_SNAPSHOT)
		HEADER_WANT(h->mask == khmap_shape_mask(h->shape), mask, "the shape's mask");
	if (!h->shape)
		return;
	HEADER_RULE(h->shape >> KHMAP_PLACE_BITS, shape, "0, or one page at least");
	HEADER_RULE(khmap_shape_pages(h->shape) <= h->primary_pages_max, shape,
		    "pages of the primary region");
}

/* Of a table that lies in the file: bytes of its pages. */
static __u64 khmap_table_size(const struct khmap_image_header *h)
{
	__u64 page = 1ull << h->geometry.page_shift;

	return (h->checksum_count * sizeof(__u64) + page - 1) & ~(page - 1);
}

/* Is there a table of checksums that begins in the file? */
static bool khmap_check_table(const struct khmap_header_view *view, struct khmap_report *report)
{
	const struct khmap_image_header *h = view->header;
	bool right = h->checksum_offset % (1ull << h->geometry.page_shift) == 0 &&
		     h->checksum_offset >= h->image_size &&
		     h->checksum_offset <= view->file_size &&
		     h->checksum_count == h->checksum_offset >> h->geometry.page_shift;

	HEADER_WANT(!h->checksum_offset == !h->header_checksum, header_checksum,
		    h->checksum_offset ? "a checksum" : "0 without a table");
	if (h->checksum_offset) {
		HEADER_WANT(right, checksum_offset,
			    "a table behind the image, with an entry for each page before it");
		return right;
	}
	HEADER_WANT(!h->checksum_count, checksum_count, "0 without a table");
	HEADER_WANT(!h->checksum_checksum, checksum_checksum, "0 without a table");
	return false;
}

static void khmap_check_file_size(const struct khmap_header_view *view,
				  struct khmap_report *report)
{
	const struct khmap_image_header *h = view->header;
	__u64 begin = h->image_size, table = 0;
	struct khmap_spot spot;
	char words[48];

	/* On its own and first: nothing else that is wrong may hide it. */
	if (view->file_size < h->image_size) {
		spot = khmap_file_spot("truncated", EUCLEAN, true);
	} else {
		if (khmap_check_table(view, report)) {
			begin = h->checksum_offset;
			table = khmap_table_size(h);
		}
		/* Both begin in the file, so that the difference cannot wrap. */
		if (table == view->file_size - begin)
			return;
		if (table > view->file_size - begin)
			spot = khmap_file_spot("truncated", EUCLEAN, false);
		else
			spot = khmap_file_spot("size", 0, false);
	}
	snprintf(words, sizeof(words), "%llu bytes", (unsigned long long)(begin + table));
	khmap_report_add(report, &spot, words, "%llu bytes",
			 (unsigned long long)view->file_size);
}

static bool khmap_printable(const unsigned char *text, __u32 length)
{
	while (length--)
		if (text[length] < ' ' || text[length] > '~')
			return false;
	return true;
}

static void khmap_check_schema(const struct khmap_header_view *view, struct khmap_report *report)
{
	const struct khmap_image_header *h = view->header;
	__u32 end = h->geometry.inline_offset;
	bool fits = h->schema_length <= KHMAP_SCHEMA_MAX && end >= h->schema_length &&
		    h->schema_offset >= KHMAP_HEADER_SIZE &&
		    h->schema_offset <= end - h->schema_length;

	HEADER_WANT(h->schema_length <= KHMAP_SCHEMA_MAX, schema_length, "0..1024");
	if (!h->schema_length) {
		HEADER_WANT(!h->schema_hash, schema_hash, "0 without a schema");
		return;
	}
	HEADER_WANT(fits, schema_offset, "between header and inline bucket");
	if (!fits || end > 1u << h->geometry.page_shift || !view->page)
		return;
	HEADER_WANT(khmap_printable(view->page + h->schema_offset, h->schema_length),
		    schema_offset, "printable ASCII there");
	HEADER_WANT(h->schema_hash == khmap_schema_text_hash(view->page + h->schema_offset,
							     h->schema_length),
		    schema_hash, "the hash of the schema's text");
}

static void khmap_check_rest(const struct khmap_header_view *view, struct khmap_report *report)
{
	const struct khmap_image_header *h = view->header;
	size_t length = strnlen((const char *)h->name, sizeof(h->name));

	HEADER_WANT(length <= KHMAP_NAME_MAX && khmap_zero(h->name + length,
							   sizeof(h->name) - length), name[0],
		    "a name padded with zeros");
	HEADER_WANT(!h->generation_offset, generation_offset, "0");
	if (view->is_file)
		HEADER_WANT(!h->successor, successor, "0 in a file");
	/* What a later version puts there, it announces in features_compat. */
	if (h->features_compat & ~KHMAP_FEATURES_COMPAT)
		return;
	HEADER_WANT(khmap_zero(h->reserved, sizeof(h->reserved)), reserved[0], "zeros");
	HEADER_WANT(khmap_zero(h->reserved_shape, sizeof(h->reserved_shape)), reserved_shape[0],
		    "zeros");
}

static void khmap_header_check_1(const struct khmap_header_view *view,
				 struct khmap_report *report)
{
	khmap_check_checksum(view, report);
	khmap_check_kinds(view, report);
	khmap_geometry_check(&view->header->geometry, report);
	khmap_check_regions(view->header, report);
	khmap_check_shape(view->header, report);
	if (view->is_file)
		khmap_check_file_size(view, report);
	khmap_check_schema(view, report);
	khmap_check_rest(view, report);
}

void khmap_header_check(const struct khmap_header_view *view, struct khmap_report *report)
{
	khmap_known_version(view->header->version)->check(view, report);
}
