// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * verify.c - check every invariant of an image
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "error.h"
#include "header.h"
#include "map.h"
#include "verify.h"

#define KHMAP_VERIFY_TRIES	1000

/* A file may have been given another header since: @page is of the size that was opened. */
static bool khmap_verify_same_size(struct khmap_verifier *verifier,
				   const struct khmap_image_header *header)
{
	__u32 shift = khmap_object(verifier->map)->header.geometry.page_shift;
	char words[48];

	snprintf(words, sizeof(words), "%u, as when it was opened", shift);
	khmap_header_rule(&verifier->report, header->geometry.page_shift == shift,
			  "geometry.page_shift",
			  offsetof(struct khmap_image_header, geometry.page_shift), words,
			  header->geometry.page_shift);
	return header->geometry.page_shift == shift;
}

/* The header as it is in the image, not as it was mended when it was opened. */
static int khmap_verify_header(struct khmap_verifier *verifier)
{
	const struct khmap_object *object = khmap_object(verifier->map);
	size_t size = (size_t)1 << object->header.geometry.page_shift;
	unsigned char *page = malloc(size);
	struct khmap_image_header header;
	struct khmap_header_view view = {
		.header = &header,
		.page = page,
		.file_size = object->file_size,
		.is_file = object->origin == KHMAP_ORIGIN_FILE,
	};
	struct khmap_schema *schema;
	int err;

	if (!page)
		return khmap_fail(ENOMEM, "no memory for a page");
	khmap__copy_out(page, object->base, size);
	memcpy(&header, page, sizeof(header));
	if (khmap_header_identify(&view, &verifier->report) &&
	    khmap_verify_same_size(verifier, &header))
		khmap_header_check(&view, &verifier->report);
	free(page);

	err = khmap_schema_get(verifier->map, &schema);
	if (!err) {
		khmap_schema_free(schema);
	} else if (err != -ENODATA) {
		struct khmap_spot spot = khmap_spot(KHMAP_PART_HEADER, "schema", KHMAP_NOWHERE, 0);

		spot.offset = object->header.schema_offset;
		khmap_report_add(&verifier->report, &spot, "the schema of the map's records",
				 "%s", khmap_reason());
	}
	return err == -ENOMEM ? err : 0;
}

/* Copy a chain and the shape that was right for it. */
static int khmap_verify_copy(struct khmap_verifier *verifier, bool small, __u32 page,
			     __u32 bucket)
{
	int tries, err;
	__u32 shape;

	for (tries = 0; tries < KHMAP_VERIFY_TRIES; tries++) {
		shape = khmap_map_shape(verifier->map);			/* R1 */
		err = khmap_chain_copy(&verifier->chain, small ? 0 : shape, page, bucket);
		if (err)
			return err;
		if (khmap_map_shape(verifier->map) == shape)		/* R1 */
			return 0;
	}
	return -EAGAIN;
}

static int khmap_verify_one(struct khmap_verifier *verifier, bool small, __u32 page,
			    __u32 bucket)
{
	int err = khmap_verify_copy(verifier, small, page, bucket);

	if (err == -EAGAIN) {
		verifier->options->unsettled++;
		return 0;
	}
	if (err)
		return err;
	khmap_verify_chain(verifier);
	khmap_verify_owners(verifier);
	return 0;
}

static int khmap_verify_small(struct khmap_verifier *verifier)
{
	struct khmap_spot spot = khmap_spot(KHMAP_PART_HEADER, "inline", KHMAP_NOWHERE, 0);
	int err = khmap_verify_one(verifier, true, 0, 0);
	__u64 entries = verifier->entries;

	if (err || !khmap_map_shape(verifier->map))
		return err;
	/* It was promoted meanwhile, or long ago: then nothing is left there. */
	verifier->entries = 0;
	if (!verifier->live && entries) {
		spot.part = KHMAP_PART_INLINE;
		spot.offset = verifier->map->reader.geometry.inline_offset;
		khmap_report_add(&verifier->report, &spot, "no key, as the map has pages", "%llu",
				 (unsigned long long)entries);
	}
	return 0;
}

static int khmap_verify_chains(struct khmap_verifier *verifier)
{
	struct khmap_verify_options *options = verifier->options;
	__u32 buckets = verifier->map->reader.geometry.buckets_per_page;
	__u32 page = 0, bucket, pages;
	int err = khmap_verify_small(verifier);

	/* The shape is read again for each page: the map may be growing. */
	while (!err && page < (pages = khmap_shape_pages(khmap_map_shape(verifier->map)))) {
		for (bucket = 0; bucket < buckets && !err; bucket++) {
			if (verifier->report.stopped)
				return 0;
			err = khmap_verify_one(verifier, false, page, bucket);
		}
		if (++page % KHMAP_VERIFY_PROGRESS == 0 && options->progress &&
		    options->progress(options->context, page, pages))
			return khmap_fail(ECANCELED, "cancelled at page %u of %u", page, pages);
	}
	return err;
}

static void khmap_verify_count(struct khmap_verifier *verifier, const char *rule, size_t offset,
			       __u64 said, __u64 seen)
{
	struct khmap_spot spot = khmap_spot(KHMAP_PART_HEADER, rule, KHMAP_NOWHERE, 0);
	char expected[48];

	if (said == seen)
		return;
	spot.offset = offset;
	snprintf(expected, sizeof(expected), "%llu, which were seen", (unsigned long long)seen);
	khmap_report_add(&verifier->report, &spot, expected, "%llu", (unsigned long long)said);
}

static void khmap_verify_counts(struct khmap_verifier *verifier, const struct khmap_ioc_stat *stat)
{
	struct khmap_spot spot = khmap_spot(KHMAP_PART_HEADER, "max_entries", KHMAP_NOWHERE, 0);
	char expected[48];

	verifier->options->counts_compared = 1;
	khmap_verify_count(verifier, "entries", offsetof(struct khmap_image_header, entries),
			   stat->entries, verifier->entries);
	khmap_verify_count(verifier, "overflow_entries",
			   offsetof(struct khmap_image_header, overflow_entries),
			   stat->overflow_entries, verifier->overflow_entries);
	khmap_verify_count(verifier, "overflow_buckets",
			   offsetof(struct khmap_image_header, overflow_buckets),
			   stat->overflow_buckets, verifier->overflow_buckets);
	if (stat->entries <= stat->max_entries)
		return;
	spot.offset = offsetof(struct khmap_image_header, max_entries);
	snprintf(expected, sizeof(expected), "%llu entries at most",
		 (unsigned long long)stat->max_entries);
	khmap_report_add(&verifier->report, &spot, expected, "%llu",
			 (unsigned long long)stat->entries);
}

bool khmap_verify_quiet(const struct khmap_verifier *verifier,
			const struct khmap_ioc_stat *before, const struct khmap_ioc_stat *after)
{
	return !verifier->live ||
	       (before->inserts == after->inserts && before->replaces == after->replaces &&
		before->deletes == after->deletes && before->shape == after->shape &&
		before->compact_buckets == after->compact_buckets &&
		!verifier->options->unsettled);
}

static int khmap_verify_run(struct khmap_verifier *verifier)
{
	struct khmap_verify_options *options = verifier->options;
	const struct khmap_object *object = khmap_object(verifier->map);
	struct khmap_ioc_stat before, after;
	bool quiet;
	int err = khmap_stat(verifier->map, &before);

	if (!err)
		err = khmap_verify_header(verifier);
	if (!err)
		err = khmap_verify_chains(verifier);
	if (!err)
		err = khmap_stat(verifier->map, &after);
	if (err || verifier->report.stopped)
		return err;
	/* Of a chain that is cut off it is not known what it has. */
	quiet = !verifier->lost && khmap_verify_quiet(verifier, &before, &after);
	if (quiet)
		khmap_verify_counts(verifier, &after);
	err = khmap_verify_slack(verifier, &after, quiet);
	if (!err && object->origin == KHMAP_ORIGIN_FILE)
		err = khmap_checksum_verify(object, &verifier->report, options->progress,
					    options->context, &options->pages);
	return err;
}

int khmap_verify(const struct khmap *map, struct khmap_verify_options *options)
{
	struct khmap_verifier verifier = {
		.map = map,
		.live = khmap_is_live(map),
		.options = options,
		.report = { .finding = options->finding, .context = options->context },
	};
	int err;

	err = khmap_options_check("khmap_verify_options", options, sizeof(*options), 0);
	if (err)
		return err;
	options->findings = 0;
	options->entries = 0;
	options->chains = 0;
	options->pages = 0;
	options->unsettled = 0;
	options->skipped = 0;
	options->counts_compared = 0;
	err = khmap_chain_init(&verifier.chain, map);
	if (!err)
		err = khmap_chain_init(&verifier.other, map);
	if (!err)
		err = khmap_verify_owners_init(&verifier);
	if (!err)
		err = khmap_verify_run(&verifier);
	khmap_chain_free(&verifier.chain);
	khmap_chain_free(&verifier.other);
	khmap_verify_owners_free(&verifier);
	options->findings = verifier.report.count;
	options->entries = verifier.entries;
	return err ? err : verifier.report.count > 0;
}
