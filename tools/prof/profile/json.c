// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * json.c - a profile for programs
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include "profile/advice.h"
#include "profile/json_watch.h"
#include "profile/report.h"
#include "profile/verdict.h"

/* What JSON has no room for is the most that it has room for. */
static json_t *json_number(uint64_t number)
{
	return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

/* 64 bits as text: many readers of JSON keep 53 of a number. */
static json_t *json_bytes(uint64_t bytes)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%016" PRIx64, bytes);
	return json_string(text);
}

static json_t *json_transfers(const struct prof_transfers *transfers)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "true", json_number(transfers->store_true),
			 "false", json_number(transfers->store_false),
			 "load_true", json_number(transfers->load_true),
			 "load_false", json_number(transfers->load_false));
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

	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "cpu", row->key.cpu,
			 "stores", json_number(count->stores),
			 "loads", json_number(count->loads),
			 "modelled_transfers", json_transfers(&count->transfers),
			 "bytes", json_bytes(count->stored_bytes),
			 "loaded_bytes", json_bytes(count->loaded_bytes));
}

static json_t *json_cpus(const struct prof_line_row *line)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; array && i < line->cpu_count; i++)
		json_array_append_new(array, json_cpu(&line->cpus[i]));
	return array;
}

static json_t *json_address(uint64_t address)
{
	return address ? json_bytes(address) : json_null();
}

static json_t *json_access(const struct prof_profile *profile, const struct prof_access_row *row)
{
	const struct prof_access_key *key = &row->key;

	return json_pack("{s:i, s:i, s:s*, s:s, s:i, s:o, s:o, s:s?, s:o}", "offset", key->offset,
			 "length", key->length, "name", row->name,
			 "kind", prof_access_name(key->kind),
			 "cpu", key->line.cpu, "pid", json_number(key->tgid),
			 "address", json_address(key->address),
			 "symbol", prof_profile_symbol(profile, key->tgid, key->address),
			 "count", json_number(row->count));
}

static json_t *json_accesses(const struct prof_profile *profile, const struct prof_line_row *line)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; array && i < line->access_count; i++)
		json_array_append_new(array, json_access(profile, &line->accesses[i]));
	return array;
}

static json_t *json_frames(const struct prof_profile *profile, int32_t id)
{
	const struct prof_frames *frames = prof_profile_frames(profile, id);
	json_t *array = json_array();
	uint32_t i;

	for (i = 0; array && frames && i < frames->count; i++)
		json_array_append_new(array, json_bytes(frames->address[i]));
	return array;
}

static json_t *json_stack(const struct prof_profile *profile, const struct prof_stack_row *row)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o}", "pid", json_number(row->key.tgid),
			 "command", row->count.command,
			 "accesses", json_number(row->count.accesses),
			 "transfers", json_number(row->count.transfers),
			 "kernel", json_frames(profile, row->key.kernel),
			 "user", json_frames(profile, row->key.user));
}

static json_t *json_stacks(const struct prof_profile *profile, const struct prof_line_row *line)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; array && i < line->stack_count; i++)
		json_array_append_new(array, json_stack(profile, &line->stacks[i]));
	return array;
}

static json_t *json_line_buckets(const struct prof_map *map, const struct prof_line_key *key)
{
	uint32_t first, last;

	if (!map || key->region == PROF_REGION_RANGE)
		return json_null();
	prof_line_buckets(map, key, &first, &last);
	return json_pack("{s:i, s:i}", "first", first, "last", last);
}

static json_t *json_advice(const struct prof_profile *profile, const struct prof_line_row *line)
{
	struct prof_advice advice;

	prof_advice(profile, line, &advice);
	if (advice.kind == PROF_ADVICE_NONE)
		return json_null();
	return json_pack("{s:s, s:o, s:s}", "kind", prof_advice_name(advice.kind),
			 "saves", json_number(advice.saves), "text", advice.text);
}

static json_t *json_line(const struct prof_profile *profile, const struct prof_line_row *line)
{
	const struct prof_map *map = prof_profile_map(profile, line->key.map_id);
	const struct prof_line *count = &line->count;

	return json_pack("{s:o, s:s, s:o, s:i, s:i, s:o, s:o, s:o, s:o, s:i, s:o, s:s, s:o*, s:f, s:o, s:o, s:o, s:o}",
			 "map_id", json_number(line->key.map_id),
			 "region", prof_region_name(line->key.region),
			 "page", json_number(line->key.page),
			 "line", line->key.line,
			 "offset", line->key.line << PROF_LINE_SHIFT,
			 "buckets", json_line_buckets(map, &line->key),
			 "stores", json_number(count->stores),
			 "slot_stores", json_number(count->slot_stores),
			 "loads", json_number(count->loads),
			 "last_cpu", (int)count->owner,
			 "modelled_transfers", json_transfers(&count->transfers),
			 "verdict", prof_verdict_name(prof_verdict(line)),
			 "unsure", prof_verdict_unsure(profile, line) ? json_true() : NULL,
			 "rate", prof_line_rate(profile, count),
			 "advice", json_advice(profile, line),
			 "cpus", json_cpus(line), "accesses", json_accesses(profile, line),
			 "stacks", json_stacks(profile, line));
}

static json_t *json_bucket(const struct prof_bucket_row *row)
{
	const struct prof_bucket *count = &row->count;

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "map_id", json_number(row->key.map_id),
			 "region", prof_region_name(row->key.region),
			 "page", json_number(row->key.page),
			 "bucket", json_number(row->key.bucket),
			 "inserts", json_number(count->inserts),
			 "replaces", json_number(count->replaces),
			 "deletes", json_number(count->deletes),
			 "overflows", json_number(count->overflows));
}

static json_t *json_time(const struct prof_time_row *row)
{
	const struct prof_bucket_key *bucket = &row->key.bucket;

	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "slot", json_number(row->key.slot),
			 "map_id", json_number(bucket->map_id),
			 "region", prof_region_name(bucket->region),
			 "page", json_number(bucket->page),
			 "bucket", json_number(bucket->bucket),
			 "operations", json_number(row->count));
}

static json_t *json_symbol(const struct prof_symbol *symbol)
{
	return json_pack("{s:o, s:o, s:s}", "pid", json_number(symbol->tgid),
			 "address", json_bytes(symbol->address), "symbol", symbol->name);
}

static json_t *json_machine(const struct prof_machine *machine)
{
	return json_pack("{s:s, s:i, s:b}", "release", machine->release, "cpus", machine->cpus,
			 "hypervisor", machine->hypervisor);
}

static json_t *json_dropped(const struct prof_profile *profile)
{
	const struct prof_totals *totals = &profile->totals;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "lines", json_number(totals->lines_dropped),
			 "busy", json_number(totals->busy_dropped),
			 "line_cpus", json_number(totals->cpus_dropped),
			 "accesses", json_number(totals->accesses_dropped),
			 "stacks", json_number(totals->stacks_dropped),
			 "buckets", json_number(totals->buckets_dropped),
			 "times", json_number(totals->times_dropped),
			 "maps", json_number(totals->maps_dropped),
			 "events", json_number(profile->missed));
}

static json_t *json_totals(const struct prof_profile *profile)
{
	const struct prof_totals *totals = &profile->totals;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "events", json_number(totals->events),
			 "taken", json_number(totals->taken), "puts", json_number(totals->puts),
			 "deletes", json_number(totals->deletes),
			 "overflows", json_number(totals->overflows),
			 "outside", json_number(totals->outside),
			 "partial", json_number(totals->partial),
			 "dropped", json_dropped(profile));
}

static json_t *json_source(const struct prof_profile *profile)
{
	const struct prof_source *source = &profile->source;

	return json_pack("{s:s, s:s*, s:s, s:s, s:b, s:o, s:o*}", "kind", source->kind,
			 "rung", source->rung, "event", source->event, "counts", source->counts,
			 "address", source->has_address,
			 "sample", json_number(profile->settings.sample),
			 "samples", profile->sampling ? prof_sampling_json(profile->sampling) :
							NULL);
}

static json_t *json_profile(const struct prof_profile *profile)
{
	json_t *maps = json_array(), *lines = json_array(), *buckets = json_array(),
	       *times = json_array(), *symbols = json_array();
	size_t i;

	for (i = 0; i < profile->map_count; i++)
		json_array_append_new(maps, json_map(&profile->maps[i]));
	for (i = 0; i < profile->line_count; i++)
		json_array_append_new(lines, json_line(profile, &profile->lines[i]));
	for (i = 0; i < profile->bucket_count; i++)
		json_array_append_new(buckets, json_bucket(&profile->buckets[i]));
	for (i = 0; i < profile->time_count; i++)
		json_array_append_new(times, json_time(&profile->times[i]));
	for (i = 0; i < profile->symbol_count; i++)
		json_array_append_new(symbols, json_symbol(&profile->symbols[i]));
	return json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o*}",
			 "format", PROF_FORMAT, "tool", profile->tool, "began", profile->began,
			 "machine", json_machine(&profile->machine),
			 "source", json_source(profile),
			 "duration_ns", json_number(profile->duration_ns),
			 "slot_ns", json_number(profile->settings.slot_ns),
			 "line_size", PROF_LINE_SIZE, "totals", json_totals(profile),
			 "overhead", prof_overhead_json(&profile->overhead),
			 "maps", maps, "lines", lines, "buckets", buckets, "times", times,
			 "symbols", symbols, "functions",
			 profile->sampling ? prof_sampling_functions(profile->sampling) : NULL);
}

int prof_json_write(const struct prof_profile *profile, FILE *out)
{
	json_t *json = prof_json_watch_add(json_profile(profile), profile);
	int err = 0;

	if (!json)
		return -ENOMEM;
	if (json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) ||
	    fputc('\n', out) == EOF || fflush(out))
		err = -EIO;
	json_decref(json);
	return err;
}
