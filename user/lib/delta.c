// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * delta.c - what writing and applying a delta share
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <xxhash.h>

#include "checksum.h"
#include "delta.h"
#include "error.h"

/* The file's layout: no padding, and nothing that would move with a compiler. */
_Static_assert(sizeof(struct khmap_delta_header) == 152, "the header's size is part of the format");
_Static_assert(offsetof(struct khmap_delta_header, base) == 24, "likewise");
_Static_assert(offsetof(struct khmap_delta_header, result) == 72, "likewise");
_Static_assert(offsetof(struct khmap_delta_header, runs) == 120, "likewise");
_Static_assert(sizeof(struct khmap_delta_run) == 24, "likewise, of a run");

__u64 khmap_delta_region_pages(const struct khmap_image_header *header, __u32 region)
{
	switch (region) {
	case KHMAP_DELTA_HEADER:
		return 1;
	case KHMAP_DELTA_PRIMARY:
		return header->primary_pages_max;
	default:
		return header->overflow_pages_max;
	}
}

struct khmap_delta_place khmap_delta_place(const struct khmap_image_header *header, __u64 page)
{
	struct khmap_delta_place place = { .page = page };

	while (place.region < KHMAP_DELTA_OVERFLOW &&
	       place.page >= khmap_delta_region_pages(header, place.region))
		place.page -= khmap_delta_region_pages(header, place.region++);
	return place;
}

bool khmap_delta_page(const struct khmap_image_header *header, struct khmap_delta_place place,
		      __u64 *page)
{
	__u32 region;

	if (place.page >= khmap_delta_region_pages(header, place.region))
		return false;
	*page = place.page;
	for (region = 0; region < place.region; region++)
		*page += khmap_delta_region_pages(header, region);
	return true;
}

const char *khmap_delta_region_name(__u32 region)
{
	static const char *const names[] = { "header", "primary", "overflow" };

	return names[region];
}

int khmap_delta_adjacent(const struct khmap_image_header *header, const char *name)
{
	__u32 shift = header->geometry.page_shift;
	__u64 primary = header->primary_pages_max << shift;
	__u64 overflow = header->overflow_pages_max << shift;

	if (header->kind == KHMAP_IMAGE_SNAPSHOT && header->primary_offset == 1ull << shift &&
	    header->overflow_offset == header->primary_offset + primary &&
	    header->image_size == header->overflow_offset + overflow)
		return 0;
	return khmap_fail(EUCLEAN, "%s: damaged: a snapshot's regions follow each other, these do not",
			  name);
}

static int khmap_delta_note(void *context, const struct khmap_finding *finding)
{
	const struct khmap_object *object = context;

	if (!finding->err)
		return 0;
	khmap_fail(finding->err, "%s: damaged: %s", object->name, finding->text);
	return 1;
}

int khmap_delta_stopped(const struct khmap_delta_options *options)
{
	if (!options || !options->progress || !options->progress(options->context, 0, 0))
		return 0;
	return khmap_fail(ECANCELED, "cancelled before anything was written");
}

static int khmap_delta_checking(void *context, __u64 done, __u64 total)
{
	(void)done;
	(void)total;
	return khmap_delta_stopped(context);
}

int khmap_delta_pages_check(const struct khmap_object *object,
			    const struct khmap_delta_options *options)
{
	struct khmap_report report = {
		.finding = khmap_delta_note,
		.context = (void *)(uintptr_t)object,
	};

	int err = 0;

	if (object->origin == KHMAP_ORIGIN_FILE)
		err = khmap_checksum_verify(object, &report, khmap_delta_checking,
					    (void *)(uintptr_t)options, NULL);
	return report.stopped ? -EBADMSG : err;
}

int khmap_delta_base_check(const struct khmap_object *base,
			   const struct khmap_delta_options *options)
{
	size_t page_size = (size_t)1 << base->header.geometry.page_shift;
	int err;

	if (base->origin != KHMAP_ORIGIN_FILE)
		return khmap_fail(EINVAL, "%s: the base of a delta must be a snapshot file, this is none",
				  base->name);
	if (!base->header.checksum_offset)
		return khmap_fail(EINVAL, "%s: has no checksums, by which a delta knows its base: write it anew with khmapctl snapshot",
				  base->name);
	/* Compared when it was opened, but not if damage was to be forgiven. */
	if (khmap_checksum_header(base->base, page_size) != base->header.header_checksum)
		return khmap_fail(EBADMSG, "%s: damaged: checksum of its header page", base->name);
	err = khmap_delta_adjacent(&base->header, base->name);
	return err ? err : khmap_delta_pages_check(base, options);
}

struct khmap_delta_image khmap_delta_identity(const struct khmap_image_header *header)
{
	return (struct khmap_delta_image){
		.map_id = header->map_id,
		.created_ns = header->created_ns,
		.epoch = header->epoch,
		.snapshot_ns = header->snapshot_ns,
		.checksum_checksum = header->checksum_checksum,
		.header_checksum = header->header_checksum,
	};
}

__u64 khmap_delta_header_sum(const struct khmap_delta_header *header)
{
	return XXH64(header, offsetof(struct khmap_delta_header, header_checksum), 0);
}
