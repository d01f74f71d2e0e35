// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * operations_print.c - what operations on maps took, for people
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>
#include "timing/histogram.h"
#include "timing/operations.h"

#define FIXED	6	/* columns before those of counters */

static const char * const fixed[FIXED] = {
	"MAP", "OPERATION", "TIMES", "FAILED", "TIME/OP", "LONGEST",
};

static bool cpi_known(const struct prof_operations *operations)
{
	return prof_counters_find(&operations->counters, "cycles") &&
	       prof_counters_find(&operations->counters, "instructions");
}

/* The number of a counter among those that count; they are read in that order. */
static size_t counter_index(const struct prof_counters *counters, const char *name)
{
	size_t i, index = 0;

	for (i = 0; i < counters->count && strcmp(counters->counters[i].name, name); i++)
		index += !!counters->counters[i].fds;
	return index;
}

static int columns_make(struct libscols_table *table, const struct prof_operations *operations)
{
	char title[40];
	size_t i, at;

	for (i = 0; i < FIXED; i++)
		if (!scols_table_new_column(table, fixed[i], 0, i < 2 ? 0 : SCOLS_FL_RIGHT))
			return -ENOMEM;
	for (i = 0; i < operations->counters.count; i++) {
		snprintf(title, sizeof(title), "%s/OP", operations->counters.counters[i].name);
		for (at = 0; title[at]; at++)
			title[at] = (char)toupper((unsigned char)title[at]);
		if (!scols_table_new_column(table, title, 0, SCOLS_FL_RIGHT))
			return -ENOMEM;
	}
	if (cpi_known(operations) && !scols_table_new_column(table, "CPI", 0, SCOLS_FL_RIGHT))
		return -ENOMEM;
	return 0;
}

static int counters_fill(struct libscols_line *line, const struct prof_operations *operations,
			 const struct prof_op_row *row)
{
	const struct prof_counters *counters = &operations->counters;
	double cycles, instructions;
	size_t i, index = 0;
	char text[32];

	for (i = 0; i < counters->count; i++) {
		snprintf(text, sizeof(text), "-");
		if (counters->counters[i].fds && row->counted)
			snprintf(text, sizeof(text), "%.1f",
				 (double)row->counters[index] / (double)row->counted);
		index += !!counters->counters[i].fds;
		if (scols_line_set_data(line, FIXED + i, text))
			return -ENOMEM;
	}
	if (!cpi_known(operations))
		return 0;
	cycles = (double)row->counters[counter_index(counters, "cycles")];
	instructions = (double)row->counters[counter_index(counters, "instructions")];
	snprintf(text, sizeof(text), "-");
	if (instructions > 0)
		snprintf(text, sizeof(text), "%.2f", cycles / instructions);
	return scols_line_set_data(line, FIXED + i, text);
}

static int row_fill(struct libscols_line *line, const struct prof_operations *operations,
		    const struct prof_operation_row *at)
{
	const struct prof_op_row *row = &at->row;
	char text[PROF_NAME_SIZE];

	if (scols_line_set_data(line, 0, prof_names_get(&operations->names, at->key.map_id, text,
							sizeof(text))) ||
	    scols_line_set_data(line, 1, prof_operation_name(at->key.kind)))
		return -ENOMEM;
	snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)row->count);
	if (scols_line_set_data(line, 2, text))
		return -ENOMEM;
	snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)row->failed);
	if (scols_line_set_data(line, 3, text) ||
	    scols_line_set_data(line, 4, prof_time_text(row->count ? row->ns / row->count : 0, text,
							sizeof(text))) ||
	    scols_line_set_data(line, 5, prof_time_text(row->longest_ns, text, sizeof(text))))
		return -ENOMEM;
	return counters_fill(line, operations, row);
}

static int table_fill(struct libscols_table *table, const struct prof_operations *operations,
		      FILE *out)
{
	size_t i;

	if (scols_table_set_stream(table, out) || columns_make(table, operations))
		return -ENOMEM;
	for (i = 0; i < operations->row_count; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (!line || row_fill(line, operations, &operations->rows[i]))
			return -ENOMEM;
	}
	return scols_print_table(table) ? -ENOMEM : 0;
}

static void transfers_print(const struct prof_operations *operations, FILE *out)
{
	char name[PROF_NAME_SIZE];
	size_t i;

	if (!operations->transfers) {
		fprintf(out, "Modelled transfers: none are made, %s.\n", operations->transfers_why);
		return;
	}
	if (!operations->transfer_count)
		return;
	for (i = 0; i < operations->transfer_count; i++) {
		const struct prof_map_transfers *at = &operations->transfers[i];

		fprintf(out, "%s: %" PRIu64 " modelled transfers: %" PRIu64 " true sharing, %"
			PRIu64 " false sharing.\n",
			prof_names_get(&operations->names, at->map_id, name, sizeof(name)),
			at->as_true + at->as_false, at->as_true, at->as_false);
	}
	fprintf(out, "Transfers are of all who used the maps, and no misses.\n");
	if (operations->transfers_partial)
		fprintf(out, "Of %" PRIu64
			" operations the model knows the slot only, as the map has no name: transfers are too few.\n",
			operations->transfers_partial);
}

/* What a counter counted of the command. */
static void counter_total_print(const struct prof_counter *counter, FILE *out)
{
	if (counter->share <= 0)
		fprintf(out,
			"%s: not counted for the whole command: no counter of the processor was left for it, or it was not run.\n",
			counter->name);
	else if (counter->share < 1)
		fprintf(out,
			"%s: about %" PRIu64 " of the whole command: counted for %.0f %% of its time, and scaled.\n",
			counter->name, counter->total, 100 * counter->share);
	else
		fprintf(out, "%s: %" PRIu64 " of the whole command.\n", counter->name,
			counter->total);
}

/* That the figures of counters are not of all operations, where they are not. */
static void uncounted_print(const struct prof_operations *operations, FILE *out)
{
	uint64_t count = 0, counted = 0;
	size_t i;

	for (i = 0; i < operations->row_count; i++) {
		count += operations->rows[i].row.count;
		counted += operations->rows[i].row.counted;
	}
	for (i = 0; i < operations->counters.count; i++)
		if (operations->counters.counters[i].fds)
			break;
	if (i < operations->counters.count && counted < count)
		fprintf(out, "Counters are those of %" PRIu64 " of %" PRIu64
			" operations: meanwhile the others moved to another processor, or a counter did not count.\n",
			counted, count);
}

static void counters_print(const struct prof_operations *operations, FILE *out)
{
	const struct prof_counters *counters = &operations->counters;
	const struct prof_counter *cycles, *instructions;
	size_t i;

	for (i = 0; i < counters->count; i++) {
		const struct prof_counter *counter = &counters->counters[i];

		if (!counter->fds)
			fprintf(out, "%s: not counted: %s.\n", counter->name, counter->why);
		else if (counter->total_fd >= 0)
			counter_total_print(counter, out);
		if (counter->fds && counter->counts)
			fprintf(out, "%s: %s.\n", counter->name, counter->counts);
	}
	cycles = prof_counters_find(counters, "cycles");
	instructions = prof_counters_find(counters, "instructions");
	if (cycles && instructions && cycles->share > 0 && instructions->total)
		fprintf(out, "CPI: %.2f of the whole command.\n",
			(double)cycles->total / (double)instructions->total);
}

int prof_operations_print(const struct prof_operations *operations, FILE *out)
{
	struct libscols_table *table;
	int err;

	if (!operations->row_count) {
		fprintf(out, "No operation on a map.\n\n");
	} else {
		fprintf(out, "Operations of %s; each time has the cost of measuring in it.\n\n",
			operations->command ? operations->command : "all processes");
		table = scols_new_table();
		if (!table)
			return -ENOMEM;
		err = table_fill(table, operations, out);
		scols_unref_table(table);
		if (err)
			return err;
		fprintf(out, "\n");
	}
	counters_print(operations, out);
	uncounted_print(operations, out);
	transfers_print(operations, out);
	fprintf(out, "%.3f s. Dropped: operations %" PRIu64 ", processes %" PRIu64,
		(double)operations->duration_ns / 1e9, (uint64_t)operations->totals.dropped,
		(uint64_t)operations->totals.tasks_dropped);
	if (operations->transfers)
		fprintf(out, ", stores that were to be modelled %" PRIu64,
			operations->transfers_dropped);
	fprintf(out, ".\n");
	prof_overhead_print(&operations->overhead, out);
	return 0;
}
