// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * profile.c - what was recorded: its order, hottest first, and what is found in it
 */
#include <stdlib.h>
#include "profile/profile.h"

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
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

uint64_t prof_transfers_sum(const struct prof_transfers *transfers)
{
	return transfers->store_true + transfers->store_false + transfers->load_true +
	       transfers->load_false;
}

uint64_t prof_line_returns(const struct prof_line_row *line)
{
	uint64_t transfers = prof_transfers_sum(&line->count.transfers);
	uint64_t first = line->cpu_count ? line->cpu_count - 1 : 0;

	return transfers > first ? transfers - first : 0;
}

static int line_heat_compare(const void *a, const void *b)
{
	const struct prof_line_row *x = a, *y = b;
	int order = compare(prof_line_returns(y), prof_line_returns(x));

	if (!order)
		order = compare(prof_transfers_sum(&y->count.transfers),
				prof_transfers_sum(&x->count.transfers));
	if (!order)
		order = compare(y->count.stores + y->count.loads, x->count.stores + x->count.loads);
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
		order = compare(x->key.region, y->key.region);
	if (!order)
		order = compare(x->key.page, y->key.page);
	return order ? order : compare(x->key.bucket, y->key.bucket);
}

static int map_compare(const void *a, const void *b)
{
	const struct prof_map_row *x = a, *y = b;

	return compare(x->map_id, y->map_id);
}

static int access_compare(const void *a, const void *b)
{
	const struct prof_access_row *x = a, *y = b;
	int order = line_key_compare(&x->key.line, &y->key.line);

	if (!order)
		order = compare(x->key.offset, y->key.offset);
	if (!order)
		order = compare(x->key.line.cpu, y->key.line.cpu);
	if (!order)
		order = compare(x->key.kind, y->key.kind);
	if (!order)
		order = compare(x->key.length, y->key.length);
	if (!order)
		order = compare(x->key.tgid, y->key.tgid);
	return order ? order : compare(x->key.address, y->key.address);
}

static int stack_compare(const void *a, const void *b)
{
	const struct prof_stack_row *x = a, *y = b;
	int order = line_key_compare(&x->key.line, &y->key.line);

	if (!order)
		order = compare(y->count.transfers, x->count.transfers);
	if (!order)
		order = compare(y->count.accesses, x->count.accesses);
	if (!order)
		order = compare(x->key.tgid, y->key.tgid);
	if (!order)
		order = compare((uint32_t)x->key.kernel, (uint32_t)y->key.kernel);
	return order ? order : compare((uint32_t)x->key.user, (uint32_t)y->key.user);
}

static int symbol_compare(const void *a, const void *b)
{
	const struct prof_symbol *x = a, *y = b;
	int order = compare(x->tgid, y->tgid);

	return order ? order : compare(x->address, y->address);
}

static int frames_compare(const void *a, const void *b)
{
	const struct prof_frames *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int time_compare(const void *a, const void *b)
{
	const struct prof_time_row *x = a, *y = b;
	int order = compare(x->key.bucket.map_id, y->key.bucket.map_id);

	if (!order)
		order = compare(x->key.bucket.region, y->key.bucket.region);
	if (!order)
		order = compare(x->key.bucket.page, y->key.bucket.page);
	if (!order)
		order = compare(x->key.bucket.bucket, y->key.bucket.bucket);
	return order ? order : compare(x->key.slot, y->key.slot);
}

/* The rows from *@at on that are of a line; rows begin with the line's key. */
static size_t line_part(const void *rows, size_t count, size_t size,
			const struct prof_line_key *line, size_t *at, const void **part)
{
	const char *row = rows;
	size_t first;

	while (*at < count && line_key_compare((const void *)(row + *at * size), line) < 0)
		++*at;
	first = *at;
	while (*at < count && !line_key_compare((const void *)(row + *at * size), line))
		++*at;
	*part = first < *at ? row + first * size : NULL;
	return *at - first;
}

/* Give each line its part of the arrays; all are in the order of lines. */
static void lines_join(struct prof_profile *profile)
{
	size_t cpu = 0, access = 0, stack = 0, i;
	const void *part;

	for (i = 0; i < profile->line_count; i++) {
		struct prof_line_row *line = &profile->lines[i];

		line->cpu_count = line_part(profile->cpus, profile->cpu_count,
					    sizeof(*profile->cpus), &line->key, &cpu, &part);
		line->cpus = part;
		line->access_count = line_part(profile->accesses, profile->access_count,
					       sizeof(*profile->accesses), &line->key, &access,
					       &part);
		line->accesses = part;
		line->stack_count = line_part(profile->stacks, profile->stack_count,
					      sizeof(*profile->stacks), &line->key, &stack,
					      &part);
		line->stacks = part;
	}
}

static void sort(void *array, size_t count, size_t size,
		 int (*order)(const void *, const void *))
{
	if (count)
		qsort(array, count, size, order);
}

static int32_t frames_known(const struct prof_profile *profile, int32_t id)
{
	const struct prof_frames *frames = prof_profile_frames(profile, id);

	return frames && frames->count ? id : -1;
}

/* No stack is no stack, for whatever reason: the order shall not depend on it. */
static void stacks_settle(struct prof_profile *profile)
{
	size_t i;

	for (i = 0; i < profile->stack_count; i++) {
		struct prof_stack_row *row = &profile->stacks[i];

		row->key.kernel = frames_known(profile, row->key.kernel);
		row->key.user = frames_known(profile, row->key.user);
	}
}

void prof_profile_sort(struct prof_profile *profile)
{
	sort(profile->frames, profile->frames_count, sizeof(*profile->frames), frames_compare);
	stacks_settle(profile);
	sort(profile->maps, profile->map_count, sizeof(*profile->maps), map_compare);
	sort(profile->lines, profile->line_count, sizeof(*profile->lines), line_compare);
	sort(profile->cpus, profile->cpu_count, sizeof(*profile->cpus), cpu_compare);
	sort(profile->accesses, profile->access_count, sizeof(*profile->accesses),
	     access_compare);
	sort(profile->stacks, profile->stack_count, sizeof(*profile->stacks), stack_compare);
	sort(profile->buckets, profile->bucket_count, sizeof(*profile->buckets),
	     bucket_heat_compare);
	sort(profile->times, profile->time_count, sizeof(*profile->times), time_compare);
	sort(profile->symbols, profile->symbol_count, sizeof(*profile->symbols), symbol_compare);
	lines_join(profile);
	sort(profile->lines, profile->line_count, sizeof(*profile->lines), line_heat_compare);
}

const char *prof_profile_symbol(const struct prof_profile *profile, uint32_t tgid,
				uint64_t address)
{
	const struct prof_symbol wanted = { .tgid = tgid, .address = address }, *symbol;

	if (!profile->symbol_count)
		return NULL;
	symbol = bsearch(&wanted, profile->symbols, profile->symbol_count, sizeof(wanted),
			 symbol_compare);
	return symbol ? symbol->name : NULL;
}

uint64_t prof_profile_dropped(const struct prof_profile *profile)
{
	const struct prof_totals *totals = &profile->totals;

	return profile->missed + totals->lines_dropped + totals->busy_dropped +
	       totals->cpus_dropped + totals->accesses_dropped + totals->stacks_dropped +
	       totals->buckets_dropped + totals->times_dropped + totals->maps_dropped;
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
		[PROF_REGION_RANGE] = "range",
	};

	return region < sizeof(names) / sizeof(names[0]) ? names[region] : "unknown";
}

const char *prof_access_name(uint32_t kind)
{
	static const char * const names[] = {
		[PROF_ACCESS_STORE] = "store",
		[PROF_ACCESS_LOAD] = "load",
		[PROF_ACCESS_HEAD] = "head",
		[PROF_ACCESS_TAG] = "tag",
		[PROF_ACCESS_KEY] = "key",
		[PROF_ACCESS_VALUE] = "value",
		[PROF_ACCESS_CLEAR] = "clear",
	};

	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}

const struct prof_range_row *prof_profile_range(const struct prof_profile *profile,
						uint64_t number)
{
	size_t i;

	for (i = 0; i < profile->range_count; i++)
		if (profile->ranges[i].number == number)
			return &profile->ranges[i];
	return NULL;
}

const struct prof_frames *prof_profile_frames(const struct prof_profile *profile, int32_t id)
{
	const struct prof_frames wanted = { .id = id };

	if (id < 0 || !profile->frames_count)
		return NULL;
	return bsearch(&wanted, profile->frames, profile->frames_count, sizeof(wanted),
		       frames_compare);
}
