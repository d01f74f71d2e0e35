// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * table.c - the hottest lines, for people
 */
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include "profile/report.h"

#define CPUS_SHOWN	4

enum column {
	COLUMN_MAP,
	COLUMN_REGION,
	COLUMN_PAGE,
	COLUMN_LINE,
	COLUMN_BUCKET,
	COLUMN_STORES,
	COLUMN_CPUS,
	COLUMN_TRANSFERS,
	COLUMN_TRUE,
	COLUMN_FALSE,
};

static const struct {
	const char *name;
	int flags;
} columns[] = {
	[COLUMN_MAP] = { "MAP", 0 },
	[COLUMN_REGION] = { "REGION", 0 },
	[COLUMN_PAGE] = { "PAGE", SCOLS_FL_RIGHT },
	[COLUMN_LINE] = { "LINE", SCOLS_FL_RIGHT },
	[COLUMN_BUCKET] = { "BUCKET", SCOLS_FL_RIGHT },
	[COLUMN_STORES] = { "STORES", SCOLS_FL_RIGHT },
	[COLUMN_CPUS] = { "BY CPU", 0 },
	[COLUMN_TRANSFERS] = { "MODELLED TRANSFERS", SCOLS_FL_RIGHT },
	[COLUMN_TRUE] = { "TRUE", SCOLS_FL_RIGHT },
	[COLUMN_FALSE] = { "FALSE", SCOLS_FL_RIGHT },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static int cell_number(struct libscols_line *row, enum column column, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return scols_line_set_data(row, column, text);
}

static int cell_map(struct libscols_line *row, const struct prof_map *map, uint64_t map_id)
{
	char text[24];

	if (map && map->name[0])
		return scols_line_set_data(row, COLUMN_MAP, map->name);
	snprintf(text, sizeof(text), "#%" PRIu64, map_id);
	return scols_line_set_data(row, COLUMN_MAP, text);
}

static int cell_bucket(struct libscols_line *row, const struct prof_map *map,
		       const struct prof_line_key *key)
{
	uint32_t first, last;
	char text[24];

	if (!map)
		return scols_line_set_data(row, COLUMN_BUCKET, "?");
	prof_line_buckets(map, key, &first, &last);
	if (first == last)
		snprintf(text, sizeof(text), "%u", first);
	else
		snprintf(text, sizeof(text), "%u-%u", first, last);
	return scols_line_set_data(row, COLUMN_BUCKET, text);
}

/* "0:1200 1:800", and how many more CPUs there are. */
static int cell_cpus(struct libscols_line *row, const struct prof_line_row *line)
{
	char text[CPUS_SHOWN * 32 + 32] = "";
	size_t i, used = 0;

	for (i = 0; i < line->cpu_count && i < CPUS_SHOWN; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u:%" PRIu64,
					 i ? " " : "", line->cpus[i].key.cpu,
					 (uint64_t)line->cpus[i].count.stores);
	if (i < line->cpu_count)
		snprintf(text + used, sizeof(text) - used, " and %zu more", line->cpu_count - i);
	return scols_line_set_data(row, COLUMN_CPUS, text);
}

static int row_fill(struct libscols_line *row, const struct prof_profile *profile,
		    const struct prof_line_row *line)
{
	const struct prof_map *map = prof_profile_map(profile, line->key.map_id);
	const struct prof_line *count = &line->count;

	if (cell_map(row, map, line->key.map_id) ||
	    scols_line_set_data(row, COLUMN_REGION, prof_region_name(line->key.region)) ||
	    cell_number(row, COLUMN_PAGE, line->key.page) ||
	    cell_number(row, COLUMN_LINE, line->key.line) ||
	    cell_bucket(row, map, &line->key) ||
	    cell_number(row, COLUMN_STORES, count->stores) ||
	    cell_cpus(row, line) ||
	    cell_number(row, COLUMN_TRANSFERS, prof_transfers_sum(&count->transfers)) ||
	    cell_number(row, COLUMN_TRUE,
			count->transfers.store_true + count->transfers.load_true) ||
	    cell_number(row, COLUMN_FALSE,
			count->transfers.store_false + count->transfers.load_false))
		return -ENOMEM;
	return 0;
}

static int table_fill(struct libscols_table *table, const struct prof_profile *profile, size_t top,
		      FILE *out)
{
	size_t i;

	if (scols_table_set_stream(table, out))
		return -ENOMEM;
	for (i = 0; i < COLUMNS; i++)
		if (!scols_table_new_column(table, columns[i].name, 0, columns[i].flags))
			return -ENOMEM;
	for (i = 0; i < profile->line_count && i < top; i++) {
		struct libscols_line *row = scols_table_new_line(table, NULL);

		if (!row || row_fill(row, profile, &profile->lines[i]))
			return -ENOMEM;
	}
	return scols_print_table(table) ? -ENOMEM : 0;
}

static void totals_print(const struct prof_profile *profile, FILE *out)
{
	const struct prof_totals *totals = &profile->totals;
	uint64_t as_true = 0, as_false = 0;
	size_t i;

	for (i = 0; i < profile->line_count; i++) {
		const struct prof_transfers *transfers = &profile->lines[i].count.transfers;

		as_true += transfers->store_true + transfers->load_true;
		as_false += transfers->store_false + transfers->load_false;
	}
	fprintf(out, "%" PRIu64 " events in %.3f s; ", (uint64_t)totals->events,
		(double)profile->duration_ns / 1e9);
	if (profile->settings.sample > 1)
		fprintf(out, "one in %u taken, and counted as it is: ", profile->settings.sample);
	else
		fprintf(out, "all taken: ");
	fprintf(out, "%" PRIu64 " puts, %" PRIu64 " deletes. %" PRIu64 " overflow buckets added.\n",
		(uint64_t)totals->puts, (uint64_t)totals->deletes, (uint64_t)totals->overflows);
	fprintf(out, "%zu lines of %u bytes, %" PRIu64 " modelled transfers: %" PRIu64
		" true sharing, %" PRIu64 " false sharing.\n",
		profile->line_count, PROF_LINE_SIZE, as_true + as_false, as_true, as_false);
	if (totals->partial)
		fprintf(out, "%" PRIu64 " events of maps whose geometry is unknown: only their slots are modelled.\n",
			(uint64_t)totals->partial);
	fprintf(out, "Dropped: %" PRIu64, prof_profile_dropped(profile));
	if (prof_profile_dropped(profile))
		fprintf(out, " (stores into lines %" PRIu64 ", by CPU %" PRIu64 "; buckets %" PRIu64
			"; maps %" PRIu64 "; events missed %" PRIu64 "); --lines makes more room",
			(uint64_t)totals->lines_dropped, (uint64_t)totals->cpus_dropped,
			(uint64_t)totals->buckets_dropped, (uint64_t)totals->maps_dropped,
			profile->missed);
	fprintf(out, ".\n");
}

int prof_table_print(const struct prof_profile *profile, size_t top, FILE *out)
{
	struct libscols_table *table;
	int err;

	if (profile->line_count) {
		fprintf(out, "Hottest cache lines. Transfers between CPUs are modelled from the order of events; they are no misses.\n\n");
		table = scols_new_table();
		if (!table)
			return -ENOMEM;
		err = table_fill(table, profile, top, out);
		scols_unref_table(table);
		if (err)
			return err;
		fprintf(out, "\n");
	}
	totals_print(profile, out);
	return 0;
}
