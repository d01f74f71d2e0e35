// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * waits_print.c - what made operations wait, for people
 */
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include "timing/histogram.h"
#include "timing/waits.h"

#define PLACES_SHOWN	3

/* What a kind is, and what its places are. */
static const struct {
	const char *what;
	const char *place;
} kinds[PROF_WAIT_KINDS] = {
	{ "", "" },
	{ "waited for a stripe", "stripe" },
	{ "waited for the header's lock", NULL },
	{ "waited for the end of a cut", NULL },
	{ "split a bucket", "page" },
	{ "copied a page out", "page" },
	{ "copied an overflow page out", "page" },
	{ "cut a snapshot, the gate closed", NULL },
};

static const struct {
	const char *name;
	int flags;
} columns[] = {
	{ "MAP", 0 },
	{ "WHAT", 0 },
	{ "TIMES", SCOLS_FL_RIGHT },
	{ "TOTAL", SCOLS_FL_RIGHT },
	{ "MEAN", SCOLS_FL_RIGHT },
	{ "99 % BELOW", SCOLS_FL_RIGHT },
	{ "LONGEST", SCOLS_FL_RIGHT },
	{ "MOSTLY AT", 0 },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* "stripe 5 (40 %), 7 (12 %)" */
static void places_text(const struct prof_waits *waits, const struct prof_waits_row *row,
			char *text, size_t size)
{
	double all = (double)(row->row.sum.ns ? row->row.sum.ns : 1);
	const char *place = kinds[row->key.kind].place;
	size_t i, used = 0, shown = 0;

	text[0] = '\0';
	for (i = 0; place && i < waits->place_count && shown < PLACES_SHOWN; i++) {
		const struct prof_waits_sum *at = &waits->places[i];

		if (at->key.map_id != row->key.map_id || at->key.kind != row->key.kind)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s%u (%.0f %%)",
					 shown ? ", " : place, shown ? "" : " ", at->key.at,
					 100 * (double)at->sum.ns / all);
		shown++;
	}
}

static int row_fill(struct libscols_line *line, const struct prof_waits *waits,
		    const struct prof_waits_row *row)
{
	const struct prof_wait_sum *sum = &row->row.sum;
	uint64_t below = prof_histogram_percentile((const uint64_t *)row->row.buckets,
						   PROF_WAIT_BUCKETS, 99);
	char text[128];

	if (scols_line_set_data(line, 0, prof_names_get(&waits->names, row->key.map_id, text,
							sizeof(text))) ||
	    scols_line_set_data(line, 1, kinds[row->key.kind].what))
		return -ENOMEM;
	snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)sum->count);
	if (scols_line_set_data(line, 2, text) ||
	    scols_line_set_data(line, 3, prof_time_text(sum->ns, text, sizeof(text))) ||
	    scols_line_set_data(line, 4, prof_time_text(sum->count ? sum->ns / sum->count : 0, text,
							sizeof(text))) ||
	    scols_line_set_data(line, 5, prof_time_text(below + 1, text, sizeof(text))) ||
	    scols_line_set_data(line, 6, prof_time_text(sum->longest_ns, text, sizeof(text))))
		return -ENOMEM;
	places_text(waits, row, text, sizeof(text));
	return scols_line_set_data(line, 7, text);
}

static int table_fill(struct libscols_table *table, const struct prof_waits *waits, FILE *out)
{
	size_t i;

	if (scols_table_set_stream(table, out))
		return -ENOMEM;
	for (i = 0; i < COLUMNS; i++)
		if (!scols_table_new_column(table, columns[i].name, 0, columns[i].flags))
			return -ENOMEM;
	for (i = 0; i < waits->row_count; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (!line || row_fill(line, waits, &waits->rows[i]))
			return -ENOMEM;
	}
	return scols_print_table(table) ? -ENOMEM : 0;
}

/* One line for each slot of time in which there was something. */
static void slots_print(const struct prof_waits *waits, const struct prof_waits_row *row, FILE *out)
{
	char sum[32], longest[32];
	size_t i;

	for (i = 0; i < waits->slot_count; i++) {
		const struct prof_waits_sum *slot = &waits->slots[i];

		if (slot->key.map_id != row->key.map_id || slot->key.kind != row->key.kind)
			continue;
		fprintf(out, "  at %.1f s: %" PRIu64 " times, %s, the longest %s\n",
			(double)slot->key.at * (double)waits->slot_ns / 1e9,
			(uint64_t)slot->sum.count, prof_time_text(slot->sum.ns, sum, sizeof(sum)),
			prof_time_text(slot->sum.longest_ns, longest, sizeof(longest)));
	}
}

static void totals_print(const struct prof_waits *waits, FILE *out)
{
	const struct prof_wait_totals *totals = &waits->totals;
	uint64_t lost = totals->untold + totals->dropped;

	fprintf(out, "%" PRIu64 " stalls in %.3f s. Dropped: %" PRIu64, (uint64_t)totals->events,
		(double)waits->duration_ns / 1e9, lost);
	if (lost)
		fprintf(out, " (by the module %" PRIu64 ", for want of room %" PRIu64 ")",
			(uint64_t)totals->untold, (uint64_t)totals->dropped);
	fprintf(out, ".\n");
	prof_overhead_print(&waits->overhead, out);
}

int prof_waits_print(const struct prof_waits *waits, FILE *out)
{
	struct libscols_table *table;
	char name[PROF_NAME_SIZE], advice[512];
	size_t i;
	int err;

	if (!waits->row_count)
		fprintf(out, "Nothing waited.\n");
	if (waits->row_count) {
		table = scols_new_table();
		if (!table)
			return -ENOMEM;
		err = table_fill(table, waits, out);
		scols_unref_table(table);
		if (err)
			return err;
	}
	for (i = 0; i < waits->row_count; i++) {
		const struct prof_waits_row *row = &waits->rows[i];

		fprintf(out, "\n%s: %s\n", prof_names_get(&waits->names, row->key.map_id, name,
							  sizeof(name)),
			kinds[row->key.kind].what);
		prof_histogram_print((const uint64_t *)row->row.buckets, PROF_WAIT_BUCKETS, out);
		slots_print(waits, row, out);
		if (prof_waits_advice(waits, row, advice, sizeof(advice)))
			fprintf(out, "  %s\n", advice);
	}
	fprintf(out, "\n");
	totals_print(waits, out);
	return 0;
}
