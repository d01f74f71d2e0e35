// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * profile.c - what was recorded: out of the kernel, sums, hottest first
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "profile/profile.h"

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int totals_read(struct prof_totals *sum, int fd)
{
	int cpus = libbpf_num_possible_cpus(), cpu, err;
	struct prof_totals *each;
	__u32 zero = 0;

	if (cpus < 0)
		return cpus;
	each = prof_alloc((size_t)cpus, sizeof(*each));
	err = bpf_map_lookup_elem(fd, &zero, each);
	for (cpu = 0; !err && cpu < cpus; cpu++) {
		sum->events += each[cpu].events;
		sum->taken += each[cpu].taken;
		sum->puts += each[cpu].puts;
		sum->deletes += each[cpu].deletes;
		sum->overflows += each[cpu].overflows;
		sum->partial += each[cpu].partial;
		sum->lines_dropped += each[cpu].lines_dropped;
		sum->cpus_dropped += each[cpu].cpus_dropped;
		sum->buckets_dropped += each[cpu].buckets_dropped;
		sum->maps_dropped += each[cpu].maps_dropped;
	}
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
	struct prof_line_key key;	/* has room for each kind of key */

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

static int line_key_compare(const struct prof_line_key *a, const struct prof_line_key *b)
{
	int order = compare(a->map_id, b->map_id);

	if (!order)
		order = compare(a->region, b->region);
	if (!order)
		order = compare(a->page, b->page);
	if (!order)
		order = compare(a->line, b->line);
	return order;
}

static int cpu_compare(const void *a, const void *b)
{
	const struct prof_cpu_row *x = a, *y = b;
	int order = line_key_compare(&x->key, &y->key);

	return order ? order : compare(x->key.cpu, y->key.cpu);
}

static int line_compare(const void *a, const void *b)
{
	const struct prof_line_row *x = a, *y = b;

	return line_key_compare(&x->key, &y->key);
}

static uint64_t line_transfers(const struct prof_line_row *line)
{
	return line->count.transfers_true + line->count.transfers_false;
}

static int line_heat_compare(const void *a, const void *b)
{
	const struct prof_line_row *x = a, *y = b;
	int order = compare(line_transfers(y), line_transfers(x));

	if (!order)
		order = compare(y->count.stores, x->count.stores);
	return order ? order : line_key_compare(&x->key, &y->key);
}

static uint64_t bucket_operations(const struct prof_bucket_row *bucket)
{
	return bucket->count.inserts + bucket->count.replaces + bucket->count.deletes;
}

static int bucket_heat_compare(const void *a, const void *b)
{
	const struct prof_bucket_row *x = a, *y = b;
	int order = compare(bucket_operations(y), bucket_operations(x));

	if (!order)
		order = compare(x->key.map_id, y->key.map_id);
	if (!order)
		order = compare(x->key.page, y->key.page);
	return order ? order : compare(x->key.bucket, y->key.bucket);
}

static int map_compare(const void *a, const void *b)
{
	const struct prof_map_row *x = a, *y = b;

	return compare(x->map_id, y->map_id);
}

static void sort(void *rows, size_t count, size_t size, int (*order)(const void *, const void *))
{
	if (count)
		qsort(rows, count, size, order);
}

/* Give each line its part of the sorted array of CPUs. */
static void cpus_join(struct prof_profile *profile)
{
	struct prof_line_row *line = profile->lines, *end = line + profile->line_count;
	size_t i = 0;

	for (; line < end; line++) {
		while (i < profile->cpu_count &&
		       line_key_compare(&profile->cpus[i].key, &line->key) < 0)
			i++;
		line->cpus = &profile->cpus[i];
		while (i < profile->cpu_count &&
		       !line_key_compare(&profile->cpus[i].key, &line->key))
			i++;
		line->cpu_count = (size_t)(&profile->cpus[i] - line->cpus);
	}
}

int prof_profile_read(struct prof_profile *profile, const struct prof_fds *fds)
{
	struct rows maps = { .row_size = sizeof(*profile->maps) };
	struct rows lines = { .row_size = sizeof(*profile->lines) };
	struct rows cpus = { .row_size = sizeof(*profile->cpus) };
	struct rows buckets = { .row_size = sizeof(*profile->buckets) };
	int err;

	err = totals_read(&profile->totals, fds->totals);
	if (!err)
		err = rows_read(&maps, fds->maps, offsetof(struct prof_map_row, map));
	if (!err)
		err = rows_read(&lines, fds->lines, offsetof(struct prof_line_row, count));
	if (!err)
		err = rows_read(&cpus, fds->line_cpus, offsetof(struct prof_cpu_row, count));
	if (!err)
		err = rows_read(&buckets, fds->buckets, offsetof(struct prof_bucket_row, count));

	profile->maps = maps.rows;
	profile->map_count = maps.count;
	profile->lines = lines.rows;
	profile->line_count = lines.count;
	profile->cpus = cpus.rows;
	profile->cpu_count = cpus.count;
	profile->buckets = buckets.rows;
	profile->bucket_count = buckets.count;
	if (err)
		return err;

	sort(profile->maps, profile->map_count, maps.row_size, map_compare);
	sort(profile->cpus, profile->cpu_count, cpus.row_size, cpu_compare);
	sort(profile->lines, profile->line_count, lines.row_size, line_compare);
	cpus_join(profile);
	sort(profile->lines, profile->line_count, lines.row_size, line_heat_compare);
	sort(profile->buckets, profile->bucket_count, buckets.row_size, bucket_heat_compare);
	return 0;
}

void prof_profile_free(struct prof_profile *profile)
{
	free(profile->maps);
	free(profile->lines);
	free(profile->buckets);
	free(profile->cpus);
}

uint64_t prof_profile_dropped(const struct prof_profile *profile)
{
	const struct prof_totals *totals = &profile->totals;

	return profile->missed + totals->lines_dropped + totals->cpus_dropped +
	       totals->buckets_dropped + totals->maps_dropped;
}

const struct prof_map *prof_profile_map(const struct prof_profile *profile, uint64_t map_id)
{
	const struct prof_map_row wanted = { .map_id = map_id }, *row;

	if (!profile->map_count)
		return NULL;
	row = bsearch(&wanted, profile->maps, profile->map_count, sizeof(wanted), map_compare);
	return row ? &row->map : NULL;
}

void prof_line_buckets(const struct prof_map *map, const struct prof_line_key *key,
		       uint32_t *first, uint32_t *last)
{
	uint32_t start = key->line << PROF_LINE_SHIFT, stride = 0;

	if (key->region == PROF_REGION_PRIMARY)
		stride = map->bucket_stride;
	else if (key->region == PROF_REGION_OVERFLOW)
		stride = map->overflow_stride;
	/* The header page has one bucket only. */
	*first = stride ? start / stride : 0;
	*last = stride ? (start + PROF_LINE_SIZE - 1) / stride : 0;
}

const char *prof_region_name(uint32_t region)
{
	static const char * const names[] = {
		[PROF_REGION_HEADER] = "header",
		[PROF_REGION_PRIMARY] = "primary",
		[PROF_REGION_OVERFLOW] = "overflow",
	};

	return region < sizeof(names) / sizeof(names[0]) ? names[region] : "unknown";
}
