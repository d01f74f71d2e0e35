// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * collect.c - what was recorded, out of the kernel
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bpf/spans.h"
#include "profile/profile.h"

static void totals_add(struct prof_totals *sum, const struct prof_totals *part)
{
	sum->events += part->events;
	sum->taken += part->taken;
	sum->puts += part->puts;
	sum->deletes += part->deletes;
	sum->overflows += part->overflows;
	sum->outside += part->outside;
	sum->partial += part->partial;
	sum->lines_dropped += part->lines_dropped;
	sum->busy_dropped += part->busy_dropped;
	sum->cpus_dropped += part->cpus_dropped;
	sum->accesses_dropped += part->accesses_dropped;
	sum->stacks_dropped += part->stacks_dropped;
	sum->buckets_dropped += part->buckets_dropped;
	sum->times_dropped += part->times_dropped;
	sum->maps_dropped += part->maps_dropped;
}

int prof_totals_read(struct prof_totals *sum, int fd)
{
	int cpus = libbpf_num_possible_cpus(), cpu, err;
	struct prof_totals *each;
	__u32 zero = 0;

	if (cpus < 0)
		return cpus;
	each = prof_alloc((size_t)cpus, sizeof(*each));
	err = bpf_map_lookup_elem(fd, &zero, each);
	for (cpu = 0; !err && cpu < cpus; cpu++)
		totals_add(sum, &each[cpu]);
	free(each);
	return err;
}

/* Entries of a map; their number is known only when they have been read. */
struct rows {
	void *rows;
	size_t row_size;
	size_t count;
	size_t room;
};

static void *rows_add(struct rows *rows)
{
	if (rows->count == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 256;
		void *grown = prof_alloc(room, rows->row_size);

		if (rows->count)
			memcpy(grown, rows->rows, rows->count * rows->row_size);
		free(rows->rows);
		rows->rows = grown;
		rows->room = room;
	}
	return (char *)rows->rows + rows->row_size * rows->count++;
}

/*
 * Read the entries of a hash map into rows that begin with the key, @value_at
 * from which the value follows.
 */
static int rows_read(struct rows *rows, int fd, size_t value_at)
{
	const void *previous = NULL;
	union {
		struct prof_access_key access;
		struct prof_store_key store;
		struct prof_stack_key stack;
		struct prof_time_key time;
	} key;

	if (fd < 0)
		return 0;	/* the source has none */
	while (!bpf_map_get_next_key(fd, previous, &key)) {
		char *row = rows_add(rows);

		/* Programs are done, so that nothing is deleted meanwhile. */
		if (bpf_map_lookup_elem(fd, &key, row + value_at))
			return -errno;
		memcpy(row, &key, value_at < sizeof(key) ? value_at : sizeof(key));
		previous = &key;
	}
	return errno == ENOENT ? 0 : -errno;
}

static int frames_read(struct rows *rows, int fd)
{
	const __u32 *previous = NULL;
	__u32 id;

	while (!bpf_map_get_next_key(fd, previous, &id)) {
		struct prof_frames *frames = rows_add(rows);

		frames->id = (int32_t)id;
		if (bpf_map_lookup_elem(fd, &id, frames->address))
			return -errno;
		while (frames->count < PROF_STACK_DEPTH && frames->address[frames->count])
			frames->count++;
		previous = &id;
	}
	return errno == ENOENT ? 0 : -errno;
}

/* An element of the map "operations". */
struct store_row {
	struct prof_store_key key;
	uint64_t count;
};

/* What the lines themselves have of CPUs, to be followed by what "line_cpus" has. */
static void parts_take(const struct rows *lines, struct rows *cpus)
{
	const struct prof_line_row *line = lines->rows;
	size_t i, part;

	for (i = 0; i < lines->count; i++) {
		for (part = 0; part < PROF_LINE_PARTS; part++) {
			const struct prof_line_part *known = &line[i].count.parts[part];
			struct prof_cpu_row *row;

			/* Copied while it was changed, a later one may be there already. */
			if (known->cpu == PROF_NO_CPU)
				continue;
			row = rows_add(cpus);
			row->key = line[i].key;
			row->key.cpu = known->cpu;
			row->count = known->count;
		}
	}
}

static int line_find_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct prof_line_key));
}

/*
 * Operations stored to bytes of a page: an access to each line that these lie in, but
 * for lines that there was no room for.
 */
static void span_take(const struct store_row *row, const struct prof_span *span,
		      const struct prof_line_key *page, uint32_t kind,
		      const struct rows *lines, struct rows *accesses)
{
	uint32_t start = span->start, end;

	for (; start < span->end; start = end) {
		struct prof_line_key line = *page;
		struct prof_access_row *access;

		end = (start | (PROF_LINE_SIZE - 1)) + 1;
		if (end > span->end)
			end = span->end;
		line.line = start >> PROF_LINE_SHIFT;
		if (!bsearch(&line, lines->rows, lines->count, lines->row_size,
			     line_find_compare))
			continue;
		access = rows_add(accesses);
		access->key.line = line;
		access->key.line.cpu = row->key.cpu;
		access->key.offset = start & (PROF_LINE_SIZE - 1);
		access->key.length = end - start;
		access->key.kind = kind;
		access->count = row->count;
	}
}

static void accesses_take(const struct store_row *row, const struct prof_spans *spans,
			  const struct rows *lines, struct rows *accesses)
{
	struct prof_line_key page = {
		.map_id = row->key.map_id,
		.region = row->key.region,
		.page = row->key.page,
	};
	bool deleted = (row->key.kind & ~PROF_STORE_PARTIAL) == PROF_STORE_DELETE;

	span_take(row, &spans->key, &page, deleted ? PROF_ACCESS_CLEAR : PROF_ACCESS_KEY,
		  lines, accesses);
	if (!deleted)
		span_take(row, &spans->value, &page, PROF_ACCESS_VALUE, lines, accesses);
	span_take(row, &spans->tag, &page, PROF_ACCESS_TAG, lines, accesses);
	page.region = prof_head_region(row->key.region);
	page.page = row->key.head_page;
	span_take(row, &spans->head, &page, PROF_ACCESS_HEAD, lines, accesses);
}

static void bucket_take(const struct store_row *row, struct rows *buckets)
{
	struct prof_bucket_row *bucket = rows_add(buckets);

	bucket->key.map_id = row->key.map_id;
	bucket->key.region = prof_head_region(row->key.region);
	bucket->key.page = row->key.head_page;
	bucket->key.bucket = row->key.head_bucket;
	switch (row->key.kind & ~PROF_STORE_PARTIAL) {
	case PROF_STORE_INSERT:
		bucket->count.inserts = row->count;
		break;
	case PROF_STORE_REPLACE:
		bucket->count.replaces = row->count;
		break;
	case PROF_STORE_DELETE:
		bucket->count.deletes = row->count;
		break;
	}
}

/* What operations tell of bytes and of chains; @profile has its maps. */
static void operations_take(const struct rows *operations, const struct prof_profile *profile,
			    const struct rows *lines, struct rows *accesses,
			    struct rows *buckets)
{
	const struct store_row *row = operations->rows, *end = row + operations->count;

	for (; row < end; row++) {
		const struct prof_map *map = prof_profile_map(profile, row->key.map_id);
		struct prof_spans spans = prof_spans_partial(&row->key);

		/* Geometries are never forgotten, so what was known still is. */
		if (map && !(row->key.kind & PROF_STORE_PARTIAL))
			spans = prof_spans_get(map, &row->key);
		accesses_take(row, &spans, lines, accesses);
		bucket_take(row, buckets);
	}
}

static int key_compare(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(size_t *)size);
}

/* Make one of rows with the same key, behind which @counts numbers are added up. */
static void merge(struct rows *rows, size_t key_size, size_t counts)
{
	char *row = rows->rows, *last = row;
	size_t i, n;

	if (!rows->count)
		return;
	qsort_r(rows->rows, rows->count, rows->row_size, key_compare, &key_size);
	for (i = 1; i < rows->count; i++) {
		row += rows->row_size;
		if (memcmp(row, last, key_size)) {
			last += rows->row_size;
			if (last != row)
				memcpy(last, row, rows->row_size);
			continue;
		}
		for (n = 0; n < counts; n++)
			((uint64_t *)(last + key_size))[n] += ((uint64_t *)(row + key_size))[n];
	}
	rows->count = (size_t)(last - (char *)rows->rows) / rows->row_size + 1;
}

static void take(const struct rows *rows, void *array, size_t *count)
{
	memcpy(array, &rows->rows, sizeof(rows->rows));
	*count = rows->count;
}

/* A command may have any bytes in its name. */
static void commands_clean(struct prof_profile *profile)
{
	size_t i;
	char *at;

	for (i = 0; i < profile->stack_count; i++) {
		at = profile->stacks[i].count.command;
		at[sizeof(profile->stacks[i].count.command) - 1] = '\0';
		for (; *at; at++)
			if (*at < ' ' || *at > '~')
				*at = '?';
	}
}

int prof_profile_read(struct prof_profile *profile, const struct prof_fds *fds)
{
	struct rows maps = { .row_size = sizeof(*profile->maps) };
	struct rows lines = { .row_size = sizeof(*profile->lines) };
	struct rows cpus = { .row_size = sizeof(*profile->cpus) };
	struct rows accesses = { .row_size = sizeof(*profile->accesses) };
	struct rows stacks = { .row_size = sizeof(*profile->stacks) };
	struct rows frames = { .row_size = sizeof(*profile->frames) };
	struct rows buckets = { .row_size = sizeof(*profile->buckets) };
	struct rows operations = { .row_size = sizeof(struct store_row) };
	struct rows times = { .row_size = sizeof(*profile->times) };
	int err;

	err = prof_totals_read(&profile->totals, fds->totals);
	if (!err)
		err = rows_read(&lines, fds->lines, offsetof(struct prof_line_row, count));
	if (!err)
		parts_take(&lines, &cpus);
	if (!err)
		err = rows_read(&cpus, fds->line_cpus, offsetof(struct prof_cpu_row, count));
	if (!err)
		err = rows_read(&accesses, fds->accesses, offsetof(struct prof_access_row, count));
	if (!err)
		err = rows_read(&stacks, fds->line_stacks, offsetof(struct prof_stack_row, count));
	if (!err)
		err = frames_read(&frames, fds->stacks);
	if (!err)
		err = rows_read(&buckets, fds->chains, offsetof(struct prof_bucket_row, count));
	if (!err)
		err = rows_read(&operations, fds->operations, offsetof(struct store_row, count));
	if (!err)
		err = rows_read(&times, fds->times, offsetof(struct prof_time_row, count));
	/* Last, so that each map that an operation knew is among them. */
	if (!err)
		err = rows_read(&maps, fds->maps, offsetof(struct prof_map_row, map));

	take(&maps, &profile->maps, &profile->map_count);
	/* A map is found by its place among them. */
	prof_profile_sort(profile);
	if (lines.count)
		qsort(lines.rows, lines.count, lines.row_size, line_find_compare);
	operations_take(&operations, profile, &lines, &accesses, &buckets);
	free(operations.rows);
	merge(&accesses, sizeof(struct prof_access_key), 1);
	merge(&buckets, sizeof(struct prof_bucket_key),
	      sizeof(struct prof_bucket) / sizeof(uint64_t));
	take(&lines, &profile->lines, &profile->line_count);
	take(&cpus, &profile->cpus, &profile->cpu_count);
	take(&accesses, &profile->accesses, &profile->access_count);
	take(&stacks, &profile->stacks, &profile->stack_count);
	take(&frames, &profile->frames, &profile->frames_count);
	take(&buckets, &profile->buckets, &profile->bucket_count);
	take(&times, &profile->times, &profile->time_count);
	commands_clean(profile);
	prof_profile_sort(profile);
	return err;
}
