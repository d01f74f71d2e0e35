// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * waits_json.c - what made operations wait, for programs
 */
#include "timing/histogram.h"
#include "timing/output.h"
#include "timing/waits.h"

static json_t *json_number(uint64_t number)
{
	return json_integer((json_int_t)number);
}

static json_t *json_buckets(const struct prof_wait_row *row)
{
	json_t *array = json_array();
	size_t first, last, i;

	if (prof_histogram_range((const uint64_t *)row->buckets, PROF_WAIT_BUCKETS, &first, &last))
		return array;
	for (i = first; i <= last; i++)
		json_array_append_new(array, json_pack("{s:o, s:o}", "from_ns",
						       json_number(i ? 1ull << i : 0), "count",
						       json_number(row->buckets[i])));
	return array;
}

/* The places, or the slots of time, of one row. */
static json_t *json_sums(const struct prof_waits_sum *sums, size_t count,
			 const struct prof_waits_row *row, const char *name)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++) {
		const struct prof_waits_sum *at = &sums[i];

		if (at->key.map_id != row->key.map_id || at->key.kind != row->key.kind)
			continue;
		json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o}", name,
						       json_number(at->key.at), "count",
						       json_number(at->sum.count), "ns",
						       json_number(at->sum.ns), "longest_ns",
						       json_number(at->sum.longest_ns)));
	}
	return array;
}

static json_t *json_row(const struct prof_waits *waits, const struct prof_waits_row *row)
{
	const struct prof_wait_sum *sum = &row->row.sum;
	char name[PROF_NAME_SIZE], advice[512];
	bool advised = prof_waits_advice(waits, row, advice, sizeof(advice));

	return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s?}",
			 "map_id", json_number(row->key.map_id),
			 "map", prof_names_get(&waits->names, row->key.map_id, name, sizeof(name)),
			 "kind", prof_wait_name(row->key.kind),
			 "count", json_number(sum->count), "ns", json_number(sum->ns),
			 "longest_ns", json_number(sum->longest_ns),
			 "histogram", json_buckets(&row->row),
			 "places", json_sums(waits->places, waits->place_count, row, "place"),
			 "slots", json_sums(waits->slots, waits->slot_count, row, "slot"),
			 "advice", advised ? advice : NULL);
}

json_t *prof_waits_json(const struct prof_waits *waits)
{
	json_t *rows = json_array();
	size_t i;

	for (i = 0; i < waits->row_count; i++)
		json_array_append_new(rows, json_row(waits, &waits->rows[i]));
	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o}",
			 "format", PROF_TIMING_FORMAT, "command", "wait",
			 "duration_ns", json_number(waits->duration_ns),
			 "slot_ns", json_number(waits->slot_ns),
			 "events", json_number(waits->totals.events),
			 "dropped", "module", json_number(waits->totals.untold),
			 "room", json_number(waits->totals.dropped),
			 "overhead", prof_overhead_json(&waits->overhead), "waits", rows);
}
