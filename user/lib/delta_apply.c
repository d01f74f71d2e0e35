// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * delta_apply.c - bring a snapshot file forward
 *
 * All pages of the result are put together twice: first to compare them with
 * what the delta says that comes of it, and only then to write them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checksum.h"
#include "delta_read.h"
#include "error.h"
#include "image_write.h"

/**
 * struct khmap_delta_applier - A delta being applied.
 * @delta: it, checked
 * @base: the older image, checked
 * @page_size: bytes of a page
 * @pages: of the result
 * @page: a page on its way
 * @table: a checksum for each page of the result
 * @run: the last run that was looked at
 * @stored: stored pages before it
 * @err: why a page could not be had, or 0
 * @reason: in words
 */
struct khmap_delta_applier {
	struct khmap_delta delta;
	const struct khmap_object *base;
	size_t page_size;
	__u64 pages;
	unsigned char *page;
	__u64 *table;
	__u64 run;
	__u64 stored;
	int err;
	char reason[512];
};

static int khmap_place_compare(struct khmap_delta_place a, struct khmap_delta_place b)
{
	if (a.region != b.region)
		return a.region < b.region ? -1 : 1;
	return a.page < b.page ? -1 : a.page > b.page;
}

static struct khmap_delta_place khmap_delta_last(const struct khmap_delta_run *run)
{
	return (struct khmap_delta_place){ run->region, run->first + run->count - 1 };
}

/* The run that a place is in, or NULL.  Places that rise are found at once. */
static const struct khmap_delta_run *khmap_delta_find(struct khmap_delta_applier *applier,
						      struct khmap_delta_place place)
{
	const struct khmap_delta_run *runs = applier->delta.runs, *run;
	struct khmap_delta_place first;

	/* Places between two runs do not begin anew. */
	if (applier->run &&
	    khmap_place_compare(place, khmap_delta_last(&runs[applier->run - 1])) <= 0) {
		applier->run = 0;
		applier->stored = 0;
	}
	while (applier->run < applier->delta.header.runs) {
		run = &runs[applier->run];
		first = (struct khmap_delta_place){ run->region, run->first };
		if (khmap_place_compare(place, first) < 0)
			return NULL;
		if (khmap_place_compare(place, khmap_delta_last(run)) <= 0)
			return run;
		if (applier->run + 1 == applier->delta.header.runs)
			return NULL;
		if (run->kind == KHMAP_DELTA_STORED)
			applier->stored += run->count;
		applier->run++;
	}
	return NULL;
}

/* Page @page of the result, into @applier->page. */
static int khmap_delta_assemble(struct khmap_delta_applier *applier, __u64 page)
{
	const struct khmap_delta *delta = &applier->delta;
	struct khmap_delta_place place = khmap_delta_place(&delta->image, page);
	const struct khmap_delta_run *run = khmap_delta_find(applier, place);
	__u64 old;

	if (run && run->kind == KHMAP_DELTA_STORED)
		return khmap_delta_read_page(delta, applier->stored + place.page - run->first, page,
					     applier->page);
	if (run) {
		memset(applier->page, 0, applier->page_size);
		return 0;
	}
	if (!khmap_delta_page(&applier->base->header, place, &old))
		return khmap_fail(EUCLEAN, "%s: damaged: it lacks %s page %llu, which its base does not have",
				  delta->path, khmap_delta_region_name(place.region),
				  (unsigned long long)place.page);
	memcpy(applier->page, applier->base->base + old * applier->page_size, applier->page_size);
	return 0;
}

/* Is all that will be written what the delta was made for? */
static int khmap_delta_rehearse(struct khmap_delta_applier *applier,
				const struct khmap_delta_options *options)
{
	const struct khmap_image_header *image = &applier->delta.image;
	__u64 page, found;
	int err;

	for (page = 1; page < applier->pages; page++) {
		err = page % KHMAP_DELTA_STEP ? 0 : khmap_delta_stopped(options);
		if (!err)
			err = khmap_delta_assemble(applier, page);
		if (err)
			return err;
		applier->table[page] = khmap_checksum_page(applier->page, applier->page_size, page);
	}
	found = khmap_checksum_table(applier->table, applier->pages);
	if (found == image->checksum_checksum)
		return 0;
	return khmap_fail(EBADMSG, "%s: damaged: checksum of what comes of it and %s: expected %016llx, found %016llx",
			  applier->delta.path, applier->base->name,
			  (unsigned long long)image->checksum_checksum, (unsigned long long)found);
}

static const void *khmap_delta_next(void *context, __u64 page)
{
	struct khmap_delta_applier *applier = context;
	int err;

	if (!page)
		return applier->delta.image_page;
	err = khmap_delta_assemble(applier, page);
	if (!err && khmap_checksum_page(applier->page, applier->page_size, page) !=
	    applier->table[page])
		err = khmap_fail(EBADMSG, "%s: changed while the delta was applied",
				 applier->base->name);
	if (!err)
		return applier->page;
	applier->err = err;
	strncpy(applier->reason, khmap_reason(), sizeof(applier->reason) - 1);
	return NULL;
}

static int khmap_delta_fits(const struct khmap_delta *delta, const struct khmap_object *base)
{
	const struct khmap_delta_image *want = &delta->header.base;
	const struct khmap_delta_image found = khmap_delta_identity(&base->header);
	const struct {
		const char *name;
		__u64 want;
		__u64 found;
	} fields[] = {
		{ "map_id", want->map_id, found.map_id },
		{ "created_ns", want->created_ns, found.created_ns },
		{ "page_shift", delta->header.page_shift, base->header.geometry.page_shift },
		{ "epoch", want->epoch, found.epoch },
		{ "snapshot_ns", want->snapshot_ns, found.snapshot_ns },
		{ "checksum_checksum", want->checksum_checksum, found.checksum_checksum },
		{ "header_checksum", want->header_checksum, found.header_checksum },
	};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].want != fields[i].found)
			return khmap_fail(ESTALE,
					  "%s: is for epoch %llu of map %llu, and %s is not that snapshot: its %s is %llu, not %llu",
					  delta->path, (unsigned long long)want->epoch,
					  (unsigned long long)want->map_id, base->name,
					  fields[i].name, (unsigned long long)fields[i].found,
					  (unsigned long long)fields[i].want);
	return 0;
}

static int khmap_delta_write_result(struct khmap_delta_applier *applier, const char *path,
				    const struct khmap_delta_options *options)
{
	const struct khmap_write_options how = {
		.size = sizeof(how),
		.progress = options ? options->progress : NULL,
		.context = options ? options->context : NULL,
	};
	struct khmap_image_source source = {
		.header = &applier->delta.image,
		.page = khmap_delta_next,
		.context = applier,
	};
	struct stat st;
	int err;

	if (fstat(applier->base->fd, &st))
		return khmap_fail(errno, "%s: %s", applier->base->name, strerror(errno));
	source.mode = st.st_mode;
	err = khmap_image_write(&source, path, &how);
	if (err && applier->err)
		err = khmap_fail(-applier->err, "%s", applier->reason);
	return err;
}

static int khmap_delta_run_all(struct khmap_delta_applier *applier, const char *path,
			       struct khmap_delta_options *options)
{
	const struct khmap_delta *delta = &applier->delta;
	int err = khmap_delta_base_check(applier->base, options);

	if (!err)
		err = khmap_delta_fits(delta, applier->base);
	if (err)
		return err;
	applier->page_size = (size_t)1 << delta->header.page_shift;
	applier->pages = delta->image.image_size >> delta->header.page_shift;
	applier->page = malloc(applier->page_size);
	applier->table = calloc(applier->pages, sizeof(*applier->table));
	if (!applier->page || !applier->table)
		err = khmap_fail(ENOMEM, "%s: no memory to apply it", delta->path);
	if (!err)
		err = khmap_delta_rehearse(applier, options);
	if (!err)
		err = khmap_delta_write_result(applier, path, options);
	if (!err && options) {
		options->pages = applier->pages;
		options->stored = delta->header.pages;
		options->zero = delta->zero;
		options->bytes = delta->file_size;
	}
	free(applier->page);
	free(applier->table);
	return err;
}

int khmap_delta_apply(const struct khmap *base, const char *delta, const char *path,
		      struct khmap_delta_options *options)
{
	struct khmap_delta_applier applier = { .base = khmap_object(base) };
	int err;

	if (options) {
		err = khmap_options_check("khmap_delta_options", options, sizeof(*options), 0);
		if (err)
			return err;
	}
	err = khmap_delta_open(&applier.delta, delta);
	if (!err)
		err = khmap_delta_run_all(&applier, path, options);
	khmap_delta_close(&applier.delta);
	return err;
}
