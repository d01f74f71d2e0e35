/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * delta.h - what writing and applying a delta share
 *
 * A *page of an image* counts from the image's start, a *place* is a region and a
 * page of it.  Between images of one map pages are matched by place: the overflow
 * region's pages move in the file when the primary region grows.
 */
#ifndef KHMAP_LIB_DELTA_H
#define KHMAP_LIB_DELTA_H

#include <khmap/delta.h>

#include "map.h"

/**
 * struct khmap_delta_place - Where a page is, whatever the regions' sizes.
 * @region: enum khmap_delta_region
 * @page: of the region
 */
struct khmap_delta_place {
	__u32 region;
	__u64 page;
};

/**
 * khmap_delta_region_pages() - Pages of a region.
 * @header: of a snapshot that khmap_delta_adjacent() accepts
 * @region: enum khmap_delta_region
 */
__u64 khmap_delta_region_pages(const struct khmap_image_header *header, __u32 region);

/**
 * khmap_delta_place() - The place of a page.
 * @header: of a snapshot that khmap_delta_adjacent() accepts
 * @page: of the image
 */
struct khmap_delta_place khmap_delta_place(const struct khmap_image_header *header, __u64 page);

/**
 * khmap_delta_page() - The page at a place.
 * @header: of a snapshot that khmap_delta_adjacent() accepts
 * @place: a place, of any image
 * @page: receives the page of the image
 *
 * Return: whether the image has the place.
 */
bool khmap_delta_page(const struct khmap_image_header *header, struct khmap_delta_place place,
		      __u64 *page);

/**
 * khmap_delta_region_name() - A region in a word.
 * @region: below KHMAP_DELTA_REGIONS
 */
const char *khmap_delta_region_name(__u32 region);

/**
 * khmap_delta_adjacent() - Do a snapshot's regions follow each other?
 * @header: checked
 * @name: of the image, for the reason
 *
 * Return: 0; -EUCLEAN.
 */
int khmap_delta_adjacent(const struct khmap_image_header *header, const char *name);

/**
 * khmap_delta_stopped() - Does the caller want no more, before anything is written?
 * @options: of the caller, or NULL
 *
 * To be asked once in KHMAP_DELTA_STEP pages.
 *
 * Return: 0; -ECANCELED.
 */
int khmap_delta_stopped(const struct khmap_delta_options *options);

#define KHMAP_DELTA_STEP	1024

/**
 * khmap_delta_base_check() - Can an image be a delta's base?
 * @base: any map
 * @options: of the caller, or NULL
 *
 * Compares all of its pages with their checksums.
 *
 * Return: 0; -EINVAL it is no file, or has no checksums; -EUCLEAN; -EBADMSG;
 * -ECANCELED.
 */
int khmap_delta_base_check(const struct khmap_object *base,
			   const struct khmap_delta_options *options);

/**
 * khmap_delta_pages_check() - Compare a file's pages with their checksums.
 * @object: any map; of those without checksums nothing is known
 * @options: of the caller, or NULL
 *
 * Return: 0; -EBADMSG, the reason says which page; -ECANCELED.
 */
int khmap_delta_pages_check(const struct khmap_object *object,
			    const struct khmap_delta_options *options);

/**
 * khmap_delta_identity() - What tells an image from others.
 * @header: of a file with checksums
 */
struct khmap_delta_image khmap_delta_identity(const struct khmap_image_header *header);

/**
 * khmap_delta_header_sum() - The checksum of a delta's header.
 * @header: the header
 */
__u64 khmap_delta_header_sum(const struct khmap_delta_header *header);

#endif /* KHMAP_LIB_DELTA_H */
