// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * operations_json.c - what operations on maps took, for programs
 */
#include <stdlib.h>
#include <string.h>
#include "timing/operations.h"
#include "timing/output.h"

static json_t *json_number(uint64_t number)
{
	return json_integer((json_int_t)number);
}

/* What was counted around operations; a counter that does not count is null. */
static json_t *json_counters(const struct prof_counters *counters, const struct prof_op_row *row)
{
	json_t *object = json_object();
	size_t i, index = 0;

	for (i = 0; i < counters->count; i++) {
		const struct prof_counter *counter = &counters->counters[i];

		json_object_set_new(object, counter->name,
				    counter->fds ? json_number(row->counters[index++]) :
						   json_null());
	}
	return object;
}

static json_t *json_row(const struct prof_operations *operations,
			const struct prof_operation_row *at)
{
	const struct prof_op_row *row = &at->row;
	char name[PROF_NAME_SIZE];

	return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "map_id", json_number(at->key.map_id), "map",
			 prof_names_get(&operations->names, at->key.map_id, name, sizeof(name)),
			 "operation", prof_operation_name(at->key.kind),
			 "count", json_number(row->count), "failed", json_number(row->failed),
			 "ns", json_number(row->ns), "longest_ns", json_number(row->longest_ns),
			 "counted", json_number(row->counted),
			 "counters", json_counters(&operations->counters, row));
}

static json_t *json_events(const struct prof_counters *counters)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < counters->count; i++) {
		const struct prof_counter *counter = &counters->counters[i];
		bool total = counter->total_fd >= 0 && counter->share > 0;

		json_array_append_new(array, json_pack("{s:s, s:s?, s:b, s:o, s:o, s:o}",
						       "name", counter->name,
						       "counts", counter->counts,
						       "counted", !!counter->fds,
						       "why", counter->fds ?
							json_null() : json_string(counter->why),
						       "command", total ?
							json_number(counter->total) : json_null(),
						       "command_share", total ?
							json_real(counter->share) : json_null()));
	}
	return array;
}

static json_t *json_transfers(const struct prof_operations *operations)
{
	json_t *array;
	size_t i;

	if (!operations->transfers)
		return json_null();
	array = json_array();
	for (i = 0; i < operations->transfer_count; i++) {
		const struct prof_map_transfers *at = &operations->transfers[i];

		json_array_append_new(array, json_pack("{s:o, s:o, s:o}", "map_id",
						       json_number(at->map_id), "true",
						       json_number(at->as_true), "false",
						       json_number(at->as_false)));
	}
	return array;
}

/* JSON has no bytes that are no text. */
static json_t *json_command(const char *command)
{
	char *text = command ? strdup(command) : NULL, *at;
	json_t *json;

	for (at = text; at && *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	json = text ? json_string(text) : json_null();
	free(text);
	return json;
}

json_t *prof_operations_json(const struct prof_operations *operations)
{
	json_t *rows = json_array();
	size_t i;

	for (i = 0; i < operations->row_count; i++)
		json_array_append_new(rows, json_row(operations, &operations->rows[i]));
	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:o}",
			 "format", PROF_TIMING_FORMAT, "command", "stat",
			 "watched", json_command(operations->command),
			 "duration_ns", json_number(operations->duration_ns),
			 "events", json_events(&operations->counters),
			 "dropped", "operations", json_number(operations->totals.dropped),
			 "processes", json_number(operations->totals.tasks_dropped),
			 "modelled_stores", json_number(operations->transfers_dropped),
			 "modelled_partly", json_number(operations->transfers_partial),
			 "overhead", prof_overhead_json(&operations->overhead),
			 "modelled_transfers", json_transfers(operations), "operations", rows);
}
