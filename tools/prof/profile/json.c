// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * json.c - a profile for programs
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include "profile/report.h"

static json_t *json_number(uint64_t number)
{
	return json_integer((json_int_t)number);
}

/* 64 bits as text: many readers of JSON keep 53 of a number. */
static json_t *json_bytes(uint64_t bytes)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%016" PRIx64, bytes);
	return json_string(text);
}

static json_t *json_transfers(uint64_t as_true, uint64_t as_false)
{
	return json_pack("{s:o, s:o}", "true", json_number(as_true), "false",
			 json_number(as_false));
}

static json_t *json_map(const struct prof_map_row *row)
{
	const struct prof_map *map = &row->map;

	return json_pack("{s:o, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}",
			 "map_id", json_number(row->map_id), "name", map->name,
			 "page_shift", map->page_shift, "layout", map->layout,
			 "key_size", map->key_size, "value_size", map->value_size,
			 "value_offset", map->value_offset, "slot_stride", map->slot_stride,
			 "bucket_stride", map->bucket_stride, "tags_size", map->tags_size,
			 "overflow_stride", map->overflow_stride,
			 "inline_offset", map->inline_offset);
}

static json_t *json_cpu(const struct prof_cpu_row *row)
{
	const struct prof_line_cpu *count = &row->count;

	return json_pack("{s:i, s:o, s:o, s:o}", "cpu", row->key.cpu,
			 "stores", json_number(count->stores),
			 "modelled_transfers",
			 json_transfers(count->transfers_true, count->transfers_false),
			 "bytes", json_bytes(count->bytes));
}

static json_t *json_cpus(const struct prof_line_row *line)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; array && i < line->cpu_count; i++)
		json_array_append_new(array, json_cpu(&line->cpus[i]));
	return array;
}

static json_t *json_line_buckets(const struct prof_map *map, const struct prof_line_key *key)
{
	uint32_t first, last;

	if (!map)
		return json_null();
	prof_line_buckets(map, key, &first, &last);
	return json_pack("{s:i, s:i}", "first", first, "last", last);
}

static json_t *json_line(const struct prof_profile *profile, const struct prof_line_row *line)
{
	const struct prof_map *map = prof_profile_map(profile, line->key.map_id);
	const struct prof_line *count = &line->count;

	return json_pack("{s:o, s:s, s:i, s:i, s:i, s:o, s:o, s:o, s:i, s:o, s:o}",
			 "map_id", json_number(line->key.map_id),
			 "region", prof_region_name(line->key.region), "page", line->key.page,
			 "line", line->key.line,
			 "offset", line->key.line << PROF_LINE_SHIFT,
			 "buckets", json_line_buckets(map, &line->key),
			 "stores", json_number(count->stores),
			 "slot_stores", json_number(count->slot_stores),
			 "last_cpu", count->owner,
			 "modelled_transfers",
			 json_transfers(count->transfers_true, count->transfers_false),
			 "cpus", json_cpus(line));
}

static json_t *json_bucket(const struct prof_bucket_row *row)
{
	const struct prof_bucket *count = &row->count;

	return json_pack("{s:o, s:s, s:i, s:i, s:o, s:o, s:o, s:o}",
			 "map_id", json_number(row->key.map_id),
			 "region", prof_region_name(row->key.region), "page", row->key.page,
			 "bucket", row->key.bucket, "inserts", json_number(count->inserts),
			 "replaces", json_number(count->replaces),
			 "deletes", json_number(count->deletes),
			 "overflows", json_number(count->overflows));
}

static json_t *json_totals(const struct prof_profile *profile)
{
	const struct prof_totals *totals = &profile->totals;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o, s:o}}",
			 "events", json_number(totals->events),
			 "taken", json_number(totals->taken), "puts", json_number(totals->puts),
			 "deletes", json_number(totals->deletes),
			 "overflows", json_number(totals->overflows),
			 "partial", json_number(totals->partial), "dropped",
			 "lines", json_number(totals->lines_dropped),
			 "line_cpus", json_number(totals->cpus_dropped),
			 "buckets", json_number(totals->buckets_dropped),
			 "maps", json_number(totals->maps_dropped),
			 "events", json_number(profile->missed));
}

static json_t *json_profile(const struct prof_profile *profile)
{
	json_t *maps = json_array(), *lines = json_array(), *buckets = json_array();
	size_t i;

	for (i = 0; i < profile->map_count; i++)
		json_array_append_new(maps, json_map(&profile->maps[i]));
	for (i = 0; i < profile->line_count; i++)
		json_array_append_new(lines, json_line(profile, &profile->lines[i]));
	for (i = 0; i < profile->bucket_count; i++)
		json_array_append_new(buckets, json_bucket(&profile->buckets[i]));
	return json_pack("{s:i, s:s, s:o, s:i, s:i, s:o, s:o, s:o, s:o}", "format", PROF_FORMAT,
			 "source", "tracepoints",
			 "duration_ns", json_number(profile->duration_ns),
			 "sample", profile->settings.sample, "line_size", PROF_LINE_SIZE,
			 "totals", json_totals(profile), "maps", maps, "lines", lines, "buckets",
			 buckets);
}

int prof_json_write(const struct prof_profile *profile, FILE *out)
{
	json_t *json = json_profile(profile);
	int err = 0;

	if (!json)
		return -ENOMEM;
	if (json_dumpf(json, out, JSON_INDENT(1)) || fputc('\n', out) == EOF || fflush(out))
		err = -EIO;
	json_decref(json);
	return err;
}
