// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_sort.c - records in the order of their keys, in bounded memory
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "record_sort.h"

#define RECORD_SORT_ROOM 1024

/**
 * struct record_run - Sorted records in the file.
 * @offset: where in the file the next ones are
 * @left: how many are there
 * @records: those that were read
 * @count: how many
 * @at: the next of them
 */
struct record_run {
	uint64_t offset;
	uint64_t left;
	unsigned char *records;
	size_t count;
	size_t at;
};

/**
 * struct record_sort - A sort.
 * @schema: the map's schema
 * @size: bytes of a record
 * @most: records that may be kept
 * @records: those that are kept; when runs are merged, what was read of them
 * @count: how many are kept
 * @room: how many there is memory for
 * @at: the next to give back, if there are no runs
 * @fd: the file, or -1
 * @written: bytes in it
 * @runs: what has been written
 * @runs_count: how many runs it is
 * @heap: those that are not at their end; none comes before its parent
 * @heap_count: how many
 * @merging: all records have been added
 * @given: the first of the heap was given back
 */
struct record_sort {
	const struct khmap_schema *schema;
	size_t size;
	size_t most;
	unsigned char *records;
	size_t count;
	size_t room;
	size_t at;
	int fd;
	uint64_t written;
	struct record_run *runs;
	size_t runs_count;
	struct record_run **heap;
	size_t heap_count;
	bool merging;
	bool given;
};

int record_sort_open(const struct khmap_schema *schema, size_t memory, struct record_sort **sort)
{
	struct record_sort *made = calloc(1, sizeof(*made));

	if (!made)
		return khmap_fail(ENOMEM, "out of memory to sort");
	made->schema = schema;
	made->size = khmap_schema_key_size(schema) + khmap_schema_value_size(schema);
	made->most = memory / made->size ? memory / made->size : 1;
	made->fd = -1;
	*sort = made;
	return 0;
}

void record_sort_close(struct record_sort *sort)
{
	if (!sort)
		return;
	if (sort->fd >= 0)
		close(sort->fd);
	free(sort->records);
	free(sort->runs);
	free(sort->heap);
	free(sort);
}

static int record_sort_compare(const void *a, const void *b, void *context)
{
	return record_order(context, a, b);
}

static void record_sort_kept(struct record_sort *sort)
{
	if (sort->count)
		qsort_r(sort->records, sort->count, sort->size, record_sort_compare,
			(void *)khmap_schema_key(sort->schema));
}

static int record_sort_file(struct record_sort *sort)
{
	const char *folder = getenv("TMPDIR");
	char *path;

	if (!folder || !*folder)
		folder = "/tmp";
	if (asprintf(&path, "%s/khmapctl.XXXXXX", folder) < 0)
		return khmap_fail(ENOMEM, "out of memory to sort");
	sort->fd = mkostemp(path, O_CLOEXEC);
	if (sort->fd >= 0)
		unlink(path);
	free(path);
	if (sort->fd >= 0)
		return 0;
	return khmap_fail(EIO,
			  "to sort, a temporary file is needed, and %s takes none: %s (TMPDIR names another folder)",
			  folder, strerror(errno));
}

static int record_sort_write(struct record_sort *sort, const unsigned char *bytes, size_t length)
{
	while (length) {
		ssize_t done = pwrite(sort->fd, bytes, length, (off_t)sort->written);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return khmap_fail(EIO,
					  "to sort, a temporary file has %llu bytes and must have more: %s (TMPDIR names another folder)",
					  (unsigned long long)sort->written,
					  strerror(done ? errno : ENOSPC));
		bytes += done;
		length -= (size_t)done;
		sort->written += (uint64_t)done;
	}
	return 0;
}

/* Make a run of what is kept. */
static int record_sort_spill(struct record_sort *sort)
{
	struct record_run *runs;
	int ret;

	if (sort->fd < 0) {
		ret = record_sort_file(sort);
		if (ret)
			return ret;
	}
	runs = reallocarray(sort->runs, sort->runs_count + 1, sizeof(*runs));
	if (!runs)
		return khmap_fail(ENOMEM, "out of memory to sort");
	sort->runs = runs;
	runs[sort->runs_count++] = (struct record_run){
		.offset = sort->written,
		.left = sort->count,
	};
	record_sort_kept(sort);
	ret = record_sort_write(sort, sort->records, sort->count * sort->size);
	sort->count = 0;
	return ret;
}

int record_sort_add(struct record_sort *sort, const void *key, const void *value)
{
	size_t key_size = khmap_schema_key_size(sort->schema);
	unsigned char *record;
	int ret;

	if (sort->count == sort->most) {
		ret = record_sort_spill(sort);
		if (ret)
			return ret;
	}
	if (sort->count == sort->room) {
		size_t room = sort->room ? sort->room * 2 : RECORD_SORT_ROOM;

		if (room > sort->most)
			room = sort->most;
		record = reallocarray(sort->records, room, sort->size);
		if (!record)
			return khmap_fail(ENOMEM, "out of memory to sort");
		sort->records = record;
		sort->room = room;
	}
	record = sort->records + sort->count++ * sort->size;
	memcpy(record, key, key_size);
	memcpy(record + key_size, value, sort->size - key_size);
	return 0;
}

/* Read the next records of a run, of which there are some. */
static int record_run_fill(struct record_sort *sort, struct record_run *run)
{
	size_t length, have = 0;

	run->at = 0;
	run->count = run->left < sort->room ? (size_t)run->left : sort->room;
	length = run->count * sort->size;
	while (have < length) {
		ssize_t got = pread(sort->fd, run->records + have, length - have,
				    (off_t)(run->offset + have));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return khmap_fail(EIO, "to sort, a temporary file cannot be read: %s",
					  got ? strerror(errno) : "it is cut short");
		have += (size_t)got;
	}
	run->left -= run->count;
	run->offset += length;
	return 0;
}

static const unsigned char *record_run_first(const struct record_sort *sort,
					     const struct record_run *run)
{
	return run->records + run->at * sort->size;
}

/* The run at @at may come behind its children. */
static void record_heap_sift(struct record_sort *sort, size_t at)
{
	const struct khmap_type *type = khmap_schema_key(sort->schema);
	struct record_run **heap = sort->heap, *run;

	for (;;) {
		size_t least = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
			if (child < sort->heap_count &&
			    record_order(type, record_run_first(sort, heap[child]),
					 record_run_first(sort, heap[least])) < 0)
				least = child;
		}
		if (least == at)
			return;
		run = heap[at];
		heap[at] = heap[least];
		heap[least] = run;
		at = least;
	}
}

static int record_sort_merge(struct record_sort *sort)
{
	size_t count;
	int ret = sort->count ? record_sort_spill(sort) : 0;

	if (ret)
		return ret;
	count = sort->runs_count;
	free(sort->records);
	sort->room = sort->most / count ? sort->most / count : 1;
	sort->records = calloc(count * sort->room, sort->size);
	sort->heap = calloc(count, sizeof(struct record_run *));
	if (!sort->records || !sort->heap)
		return khmap_fail(ENOMEM, "out of memory to sort");
	for (size_t i = 0; i < count; i++) {
		struct record_run *run = &sort->runs[i];

		run->records = sort->records + i * sort->room * sort->size;
		ret = record_run_fill(sort, run);
		if (ret)
			return ret;
		sort->heap[sort->heap_count++] = run;
	}
	for (size_t i = count / 2; i--;)
		record_heap_sift(sort, i);
	return 0;
}

/* Behind the record that was given back. */
static int record_sort_step(struct record_sort *sort)
{
	struct record_run *run = sort->heap[0];
	int ret = 0;

	if (++run->at == run->count) {
		if (run->left)
			ret = record_run_fill(sort, run);
		else
			sort->heap[0] = sort->heap[--sort->heap_count];
	}
	if (!ret && sort->heap_count)
		record_heap_sift(sort, 0);
	return ret;
}

int record_sort_next(struct record_sort *sort, const unsigned char **record)
{
	int ret = 0;

	if (!sort->merging) {
		sort->merging = true;
		if (sort->runs_count)
			ret = record_sort_merge(sort);
		else
			record_sort_kept(sort);
	} else if (sort->given) {
		ret = record_sort_step(sort);
	}
	if (ret)
		return ret;
	if (!sort->runs_count) {
		if (sort->at == sort->count)
			return 0;
		*record = sort->records + sort->at++ * sort->size;
		return 1;
	}
	sort->given = sort->heap_count;
	if (!sort->heap_count)
		return 0;
	*record = record_run_first(sort, sort->heap[0]);
	return 1;
}
