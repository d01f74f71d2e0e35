// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * delta_write.c - the pages that changed between two snapshots, as a file
 *
 * All pages are looked at twice: first to know which have changed, and the
 * checksums of the file that the result will be; then to write them.
 */
/* For a state on the stack. */
#define XXH_STATIC_LINKING_ONLY

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "checksum.h"
#include "delta.h"
#include "error.h"
#include "instant.h"
#include "lost.h"
#include "whole_file.h"

#define KHMAP_DELTA_RUNS	64	/* room at first */

/**
 * struct khmap_delta_writer - A delta in the making.
 * @base: the older image
 * @result: the newer one, a snapshot
 * @options: of the caller, or NULL
 * @file: where it goes
 * @stream: to @file
 * @header: its header
 * @page_size: bytes of a page
 * @pages: of the newer image
 * @image_page: the header page that the newer image has in a file
 * @table: a checksum for each of its pages, as in that file
 * @runs: the index
 * @room: of @runs
 * @sums: checksums of stored pages
 */
struct khmap_delta_writer {
	const struct khmap_object *base;
	const struct khmap_object *result;
	struct khmap_delta_options *options;
	struct khmap_whole_file file;
	FILE *stream;
	struct khmap_delta_header header;
	size_t page_size;
	__u64 pages;
	unsigned char *image_page;
	__u64 *table;
	struct khmap_delta_run *runs;
	__u64 room;
	__u64 *sums;
};

static const void *khmap_delta_new_page(const struct khmap_delta_writer *writer, __u64 page)
{
	return page ? writer->result->base + page * writer->page_size : writer->image_page;
}

/* Put a page behind those of the last run, or begin another. */
static int khmap_delta_run_add(struct khmap_delta_writer *writer, struct khmap_delta_place place,
			       enum khmap_delta_kind kind)
{
	struct khmap_delta_header *header = &writer->header;
	struct khmap_delta_run *run, *more;

	if (kind == KHMAP_DELTA_STORED)
		header->pages++;
	if (header->runs) {
		run = &writer->runs[header->runs - 1];
		if (run->region == place.region && run->kind == (__u32)kind &&
		    run->first + run->count == place.page) {
			run->count++;
			return 0;
		}
	}
	if (header->runs == writer->room) {
		__u64 room = writer->room ? 2 * writer->room : KHMAP_DELTA_RUNS;

		more = realloc(writer->runs, room * sizeof(*more));
		if (!more)
			return khmap_fail(ENOMEM, "no memory for the index of a delta");
		writer->runs = more;
		writer->room = room;
	}
	writer->runs[header->runs++] = (struct khmap_delta_run){
		.region = place.region,
		.kind = (__u32)kind,
		.first = place.page,
		.count = 1,
	};
	return 0;
}

/* The checksum of page @page of a snapshot; the table's entry is filled unless it is lost. */
static int khmap_delta_sum(const struct khmap_delta_writer *writer,
			   const struct khmap_object *object, __u64 page, __u64 *table)
{
	size_t page_size = (size_t)1 << object->header.geometry.page_shift;
	const unsigned char *bytes = object->base + page * page_size;
	int err = page % KHMAP_DELTA_STEP ? 0 : khmap_delta_stopped(writer->options);

	if (!err && khmap_lost_page(bytes))
		err = khmap_lost_fail(object, "");
	if (!err)
		table[page] = khmap_checksum_page(bytes, page_size, page);
	return err;
}

/* The header page as khmap_snapshot_write() makes it of a snapshot, and which image that is. */
static struct khmap_delta_image khmap_delta_complete(const struct khmap_object *object,
						     unsigned char *page, __u64 *table)
{
	struct khmap_image_header image = object->header;
	size_t page_size = (size_t)1 << image.geometry.page_shift;

	memcpy(page, object->base, page_size);
	khmap_checksum_complete(&image, page, page_size, table);
	return khmap_delta_identity(&image);
}

static int khmap_delta_compare(struct khmap_delta_writer *writer)
{
	const struct khmap_image_header *base = &writer->base->header;
	const struct khmap_delta_place first = { .region = KHMAP_DELTA_HEADER };
	int err = khmap_delta_run_add(writer, first, KHMAP_DELTA_STORED);
	__u64 page, old;

	for (page = 1; page < writer->pages && !err; page++) {
		struct khmap_delta_place place = khmap_delta_place(&writer->result->header, page);
		const unsigned char *bytes = khmap_delta_new_page(writer, page);

		err = khmap_delta_sum(writer, writer->result, page, writer->table);
		if (err)
			break;
		if (khmap_delta_page(base, place, &old) &&
		    !memcmp(bytes, writer->base->base + old * writer->page_size,
			    writer->page_size))
			continue;
		err = khmap_delta_run_add(writer, place,
					  khmap_checksum_zeros(bytes, writer->page_size) ?
					  KHMAP_DELTA_ZERO : KHMAP_DELTA_STORED);
	}
	return err;
}

/*
 * What the base's file has in its header; of a snapshot of the kernel's, what the
 * file has that khmap_snapshot_write() makes of it.
 */
static int khmap_delta_base_identity(struct khmap_delta_writer *writer)
{
	const struct khmap_object *base = writer->base;
	__u64 pages = base->header.image_size >> base->header.geometry.page_shift, page;
	unsigned char *header;
	__u64 *table;
	int err = 0;

	if (base->origin == KHMAP_ORIGIN_FILE) {
		writer->header.base = khmap_delta_identity(&base->header);
		return 0;
	}
	header = malloc((size_t)1 << base->header.geometry.page_shift);
	table = calloc(pages, sizeof(*table));
	if (!header || !table)
		err = khmap_fail(ENOMEM, "%s: no memory for its checksums", base->name);
	for (page = 1; page < pages && !err; page++)
		err = khmap_delta_sum(writer, base, page, table);
	if (!err)
		writer->header.base = khmap_delta_complete(base, header, table);
	free(header);
	free(table);
	return err;
}

/* All of the delta's header but what khmap_delta_index() has for it. */
static void khmap_delta_header_make(struct khmap_delta_writer *writer)
{
	struct khmap_delta_header *header = &writer->header;

	memcpy(header->magic, KHMAP_DELTA_MAGIC, sizeof(header->magic));
	header->byte_order = KHMAP_BYTE_ORDER;
	header->version = KHMAP_DELTA_VERSION;
	header->page_shift = writer->result->header.geometry.page_shift;
	header->result = khmap_delta_complete(writer->result, writer->image_page, writer->table);
}

/* Page @i of run @run, counted from the newer image's start. */
static __u64 khmap_delta_run_page(const struct khmap_delta_writer *writer,
				  const struct khmap_delta_run *run, __u64 i)
{
	const struct khmap_delta_place place = { .region = run->region, .page = run->first + i };
	__u64 page = 0;

	khmap_delta_page(&writer->result->header, place, &page);
	return page;
}

static int khmap_delta_index(struct khmap_delta_writer *writer)
{
	struct khmap_delta_header *header = &writer->header;
	const struct khmap_delta_run *run;
	XXH64_state_t state;
	__u64 i, count = 0;

	writer->sums = malloc(header->pages * sizeof(*writer->sums));
	if (!writer->sums)
		return khmap_fail(ENOMEM, "no memory for the index of a delta");
	for (run = writer->runs; run < writer->runs + header->runs; run++)
		for (i = 0; i < run->count && run->kind == KHMAP_DELTA_STORED; i++)
			writer->sums[count++] = writer->table[khmap_delta_run_page(writer, run, i)];
	/* In the image's table the header page has none. */
	writer->sums[0] = khmap_checksum_page(writer->image_page, writer->page_size, 0);
	XXH64_reset(&state, 0);
	XXH64_update(&state, writer->runs, header->runs * sizeof(*writer->runs));
	XXH64_update(&state, writer->sums, header->pages * sizeof(*writer->sums));
	header->index_checksum = XXH64_digest(&state);
	header->header_checksum = khmap_delta_header_sum(header);
	return 0;
}

static int khmap_delta_append(struct khmap_delta_writer *writer, const void *bytes, size_t size)
{
	errno = 0;
	if (fwrite(bytes, 1, size, writer->stream) != size)
		return khmap_whole_file_fail(&writer->file, errno ? errno : EIO, "write");
	return 0;
}

/* A stream of its own on the file: what it holds back is written when it is closed. */
static int khmap_delta_create(struct khmap_delta_writer *writer, mode_t mode)
{
	int err = khmap_whole_file_create(&writer->file, mode), fd;

	if (err)
		return err;
	fd = dup(writer->file.fd);
	writer->stream = fd < 0 ? NULL : fdopen(fd, "w");
	if (writer->stream)
		return 0;
	err = khmap_whole_file_fail(&writer->file, errno, "open a stream to it");
	if (fd >= 0)
		close(fd);
	return err;
}

static int khmap_delta_end(struct khmap_delta_writer *writer, int err)
{
	if (writer->stream && fclose(writer->stream) && !err)
		err = khmap_whole_file_fail(&writer->file, errno, "write");
	if (!err)
		err = khmap_whole_file_publish(&writer->file);
	khmap_whole_file_discard(&writer->file);
	return err;
}

static int khmap_delta_pages(struct khmap_delta_writer *writer, __u64 done, __u64 total)
{
	const struct khmap_delta_options *options = writer->options;
	__u64 run, i;
	int err;

	for (run = 0; run < writer->header.runs; run++) {
		if (writer->runs[run].kind != KHMAP_DELTA_STORED)
			continue;
		for (i = 0; i < writer->runs[run].count; i++) {
			__u64 page = khmap_delta_run_page(writer, &writer->runs[run], i);

			err = khmap_delta_append(writer, khmap_delta_new_page(writer, page),
						 writer->page_size);
			if (err)
				return err;
			done += writer->page_size;
			if (options && options->progress &&
			    options->progress(options->context, done, total))
				return khmap_fail(ECANCELED, "%s: cancelled after %llu of %llu bytes",
						  writer->file.path, (unsigned long long)done,
						  (unsigned long long)total);
		}
	}
	return 0;
}

static int khmap_delta_put(struct khmap_delta_writer *writer, mode_t mode)
{
	const struct khmap_delta_header *header = &writer->header;
	__u64 runs = header->runs * sizeof(*writer->runs);
	__u64 sums = header->pages * sizeof(*writer->sums);
	__u64 total = sizeof(*header) + runs + sums + header->pages * writer->page_size;
	struct khmap_delta_options *options = writer->options;
	int err = khmap_delta_create(writer, mode);

	if (!err)
		err = khmap_delta_append(writer, header, sizeof(*header));
	if (!err)
		err = khmap_delta_append(writer, writer->runs, runs);
	if (!err)
		err = khmap_delta_append(writer, writer->sums, sums);
	if (!err)
		err = khmap_delta_pages(writer, total - header->pages * writer->page_size, total);
	err = khmap_delta_end(writer, err);
	if (err || !options)
		return err;
	options->pages = writer->pages;
	options->stored = header->pages;
	options->zero = 0;
	for (runs = 0; runs < header->runs; runs++)
		if (writer->runs[runs].kind == KHMAP_DELTA_ZERO)
			options->zero += writer->runs[runs].count;
	options->bytes = total;
	return 0;
}

/* Are they two instants of one map? */
static int khmap_delta_related(const struct khmap_object *base, const struct khmap_object *map)
{
	const struct khmap_image_header *old = &base->header, *new = &map->header;
	const struct {
		const char *name;
		__u64 old;
		__u64 new;
	} fields[] = {
		{ "page_shift", old->geometry.page_shift, new->geometry.page_shift },
		{ "map_id", old->map_id, new->map_id },
		{ "created_ns", old->created_ns, new->created_ns },
	};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].old != fields[i].new)
			return khmap_fail(ESTALE,
					  "%s: is not of the map that %s is of: its %s is %llu, not %llu",
					  map->name, base->name, fields[i].name,
					  (unsigned long long)fields[i].new,
					  (unsigned long long)fields[i].old);
	return 0;
}

/* A file, or a snapshot of the kernel's, which has no checksums yet. */
static int khmap_delta_older_check(const struct khmap_object *base,
				   const struct khmap_delta_options *options)
{
	if (base->origin == KHMAP_ORIGIN_FILE)
		return khmap_delta_base_check(base, options);
	if (base->header.kind != KHMAP_IMAGE_SNAPSHOT)
		return khmap_fail(EINVAL, "%s: the base of a delta must be a snapshot, this is a live map",
				  base->name);
	return khmap_delta_adjacent(&base->header, base->name);
}

static int khmap_delta_make(struct khmap_delta_writer *writer, const char *path, mode_t mode)
{
	const struct khmap_image_header *header = &writer->result->header;
	int err = khmap_delta_adjacent(header, writer->result->name);

	if (!err)
		err = khmap_delta_pages_check(writer->result, writer->options);
	if (err)
		return err;
	writer->page_size = (size_t)1 << header->geometry.page_shift;
	writer->pages = header->image_size >> header->geometry.page_shift;
	writer->image_page = malloc(writer->page_size);
	writer->table = calloc(writer->pages, sizeof(*writer->table));
	if (!writer->image_page || !writer->table)
		err = khmap_fail(ENOMEM, "%s: no memory to write it", path);
	if (!err)
		err = khmap_delta_base_identity(writer);
	if (!err)
		err = khmap_delta_compare(writer);
	if (!err) {
		khmap_delta_header_make(writer);
		err = khmap_delta_index(writer);
	}
	if (!err)
		err = khmap_delta_put(writer, mode);
	free(writer->image_page);
	free(writer->table);
	free(writer->runs);
	free(writer->sums);
	return err;
}

static bool khmap_delta_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* A delta in the place of what it is of would be all that is left. */
static int khmap_delta_replaces(const struct khmap_object *object, const char *path)
{
	struct stat ours, theirs;
	bool same;

	if (object->origin != KHMAP_ORIGIN_FILE || stat(path, &theirs))
		return 0;
	same = !fstat(object->fd, &ours) && khmap_delta_same(&ours, &theirs);
	/* What was compressed is in memory, and only its name tells where it was. */
	same = same || (!stat(object->name, &ours) && khmap_delta_same(&ours, &theirs));
	if (!same)
		return 0;
	return khmap_fail(EINVAL, "%s: is one of the two snapshots: a delta needs a file of its own",
			  path);
}

int khmap_delta_write(const struct khmap *base, struct khmap *map, const char *path,
		      struct khmap_delta_options *options)
{
	struct khmap_delta_writer writer = {
		.base = khmap_object(base),
		.options = options,
		.file = { .path = path, .fd = -1 },
	};
	struct khmap_instant instant;
	int err;

	if (options) {
		err = khmap_options_check("khmap_delta_options", options, sizeof(*options), 0);
		if (err)
			return err;
	}
	err = khmap_delta_replaces(writer.base, path);
	if (!err)
		err = khmap_delta_replaces(khmap_object(map), path);
	if (!err)
		err = khmap_delta_older_check(writer.base, options);
	if (!err)
		err = khmap_delta_related(writer.base, khmap_object(map));
	if (!err)
		err = khmap_instant_take(map, &instant);
	if (err)
		return err;
	writer.result = instant.object;
	err = khmap_delta_make(&writer, path, instant.mode);
	khmap_instant_drop(&instant);
	return err;
}
