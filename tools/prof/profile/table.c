// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * table.c - the hottest lines, and what was done to each of their bytes, for people
 */
#include <errno.h>
#include <inttypes.h>
#include "profile/advice.h"
#include "profile/cells.h"
#include "profile/names.h"
#include "profile/report.h"
#include "profile/stacks.h"
#include "profile/verdict.h"

#define CPUS_SHOWN	4

enum line_column {
	LINE_MAP,
	LINE_REGION,
	LINE_PAGE,
	LINE_LINE,
	LINE_BUCKET,
	LINE_STORES,
	LINE_LOADS,
	LINE_CPUS,
	LINE_TRANSFERS,
	LINE_TRUE,
	LINE_FALSE,
	LINE_RATE,
	LINE_VERDICT,
	LINE_WHAT,
	LINE_CODE,
	LINE_COLUMNS,
};

static const struct prof_column line_columns[LINE_COLUMNS] = {
	[LINE_MAP] = { "MAP", 0 },
	[LINE_REGION] = { "REGION", 0 },
	[LINE_PAGE] = { "PAGE", SCOLS_FL_RIGHT },
	[LINE_LINE] = { "LINE", SCOLS_FL_RIGHT },
	[LINE_BUCKET] = { "BUCKET", SCOLS_FL_RIGHT },
	[LINE_STORES] = { "STORES", SCOLS_FL_RIGHT },
	[LINE_LOADS] = { "LOADS", SCOLS_FL_RIGHT },
	[LINE_CPUS] = { "BY CPU", 0 },
	[LINE_TRANSFERS] = { "MODELLED TRANSFERS", SCOLS_FL_RIGHT },
	[LINE_TRUE] = { "TRUE", SCOLS_FL_RIGHT },
	[LINE_FALSE] = { "FALSE", SCOLS_FL_RIGHT },
	[LINE_RATE] = { "PER SECOND", SCOLS_FL_RIGHT },
	[LINE_VERDICT] = { "VERDICT", 0 },
	[LINE_WHAT] = { "MOST TO", 0 },
	[LINE_CODE] = { "MOST BY", 0 },
};

enum access_column {
	ACCESS_OFFSET,
	ACCESS_LENGTH,
	ACCESS_WHAT,
	ACCESS_KIND,
	ACCESS_CPU,
	ACCESS_PID,
	ACCESS_CODE,
	ACCESS_COUNT,
	ACCESS_COLUMNS,
};

static const struct prof_column access_columns[ACCESS_COLUMNS] = {
	[ACCESS_OFFSET] = { "OFFSET", SCOLS_FL_RIGHT },
	[ACCESS_LENGTH] = { "LENGTH", SCOLS_FL_RIGHT },
	[ACCESS_WHAT] = { "WHAT", 0 },
	[ACCESS_KIND] = { "KIND", 0 },
	[ACCESS_CPU] = { "CPU", SCOLS_FL_RIGHT },
	[ACCESS_PID] = { "PID", SCOLS_FL_RIGHT },
	[ACCESS_CODE] = { "BY", 0 },
	[ACCESS_COUNT] = { "COUNT", SCOLS_FL_RIGHT },
};

enum stack_column {
	STACK_TRANSFERS,
	STACK_ACCESSES,
	STACK_PID,
	STACK_COMMAND,
	STACK_FROM,
	STACK_COLUMNS,
};

static const struct prof_column stack_columns[STACK_COLUMNS] = {
	[STACK_TRANSFERS] = { "MODELLED TRANSFERS", SCOLS_FL_RIGHT },
	[STACK_ACCESSES] = { "ACCESSES", SCOLS_FL_RIGHT },
	[STACK_PID] = { "PID", SCOLS_FL_RIGHT },
	[STACK_COMMAND] = { "COMMAND", 0 },
	[STACK_FROM] = { "FROM", 0 },
};

enum chain_column {
	CHAIN_MAP,
	CHAIN_REGION,
	CHAIN_PAGE,
	CHAIN_BUCKET,
	CHAIN_INSERTS,
	CHAIN_REPLACES,
	CHAIN_DELETES,
	CHAIN_OVERFLOWS,
	CHAIN_COLUMNS,
};

static const struct prof_column chain_columns[CHAIN_COLUMNS] = {
	[CHAIN_MAP] = { "MAP", 0 },
	[CHAIN_REGION] = { "REGION", 0 },
	[CHAIN_PAGE] = { "PAGE", SCOLS_FL_RIGHT },
	[CHAIN_BUCKET] = { "BUCKET", SCOLS_FL_RIGHT },
	[CHAIN_INSERTS] = { "INSERTS", SCOLS_FL_RIGHT },
	[CHAIN_REPLACES] = { "REPLACES", SCOLS_FL_RIGHT },
	[CHAIN_DELETES] = { "DELETES", SCOLS_FL_RIGHT },
	[CHAIN_OVERFLOWS] = { "OVERFLOW BUCKETS", SCOLS_FL_RIGHT },
};

/* "0:1200 1:800", and how many more CPUs there are. */
static int cell_cpus(struct libscols_line *row, const struct prof_line_row *line)
{
	char text[CPUS_SHOWN * 32 + 32] = "";
	size_t i, used = 0;

	for (i = 0; i < line->cpu_count && i < CPUS_SHOWN; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u:%" PRIu64,
					 i ? " " : "", line->cpus[i].key.cpu,
					 (uint64_t)(line->cpus[i].count.stores +
						    line->cpus[i].count.loads));
	if (i < line->cpu_count)
		snprintf(text + used, sizeof(text) - used, " and %zu more", line->cpu_count - i);
	return prof_cell_text(row, LINE_CPUS, text);
}

static int cell_most(struct libscols_line *row, const struct prof_profile *profile,
		     const struct prof_line_row *line)
{
	const struct prof_access_row *most = prof_line_code(line);
	char text[PROF_STACK_ROOM];

	if (most && prof_cell_text(row, LINE_WHAT, prof_access_what(profile, most, text)))
		return -ENOMEM;
	return prof_cell_text(row, LINE_CODE, prof_line_by(profile, line, text));
}

static int line_fill(struct libscols_line *row, const struct prof_profile *profile,
		     const struct prof_line_row *line)
{
	const struct prof_line *count = &line->count;
	const struct prof_transfers *moved = &count->transfers;
	char text[PROF_NAME_ROOM];

	if (prof_cell_text(row, LINE_MAP, prof_map_name(profile, &line->key, text)) ||
	    prof_cell_text(row, LINE_REGION, prof_region_name(line->key.region)) ||
	    prof_cell_number(row, LINE_PAGE, line->key.page) ||
	    prof_cell_number(row, LINE_LINE, line->key.line) ||
	    prof_cell_text(row, LINE_BUCKET, prof_buckets_name(profile, &line->key, text)) ||
	    prof_cell_number(row, LINE_STORES, count->stores) ||
	    prof_cell_number(row, LINE_LOADS, count->loads) ||
	    cell_cpus(row, line) ||
	    prof_cell_number(row, LINE_TRANSFERS, prof_transfers_sum(moved)) ||
	    prof_cell_number(row, LINE_TRUE, moved->store_true + moved->load_true) ||
	    prof_cell_number(row, LINE_FALSE, moved->store_false + moved->load_false) ||
	    prof_cell_rate(row, LINE_RATE, prof_line_rate(profile, count)) ||
	    prof_cell_text(row, LINE_VERDICT, prof_verdict_text(profile, line)) ||
	    cell_most(row, profile, line))
		return -ENOMEM;
	return 0;
}

static int lines_print(const struct prof_profile *profile, size_t top, FILE *out)
{
	struct libscols_table *table = prof_cells_new(line_columns, LINE_COLUMNS, out);
	int err = table ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < profile->line_count && i < top; i++) {
		struct libscols_line *row = scols_table_new_line(table, NULL);

		err = row ? line_fill(row, profile, &profile->lines[i]) : -ENOMEM;
	}
	if (!err) {
		fprintf(out, "Hottest cache lines. Transfers between CPUs are modelled from the order of events; they are no misses.\n\n");
		err = scols_print_table(table) ? -ENOMEM : 0;
		fprintf(out, "\n");
	}
	scols_unref_table(table);
	return err;
}

/* "routes, primary page 0 line 4" */
static void place_print(const struct prof_profile *profile, const struct prof_line_row *line,
			FILE *out)
{
	char text[PROF_NAME_ROOM];

	fprintf(out, "%s, %s page %u line %u", prof_map_name(profile, &line->key, text),
		prof_region_name(line->key.region), line->key.page, line->key.line);
}

static int access_fill(struct libscols_line *row, const struct prof_profile *profile,
		       const struct prof_access_row *access)
{
	const struct prof_access_key *key = &access->key;
	char text[PROF_NAME_ROOM];

	if (prof_cell_number(row, ACCESS_OFFSET, key->offset) ||
	    prof_cell_number(row, ACCESS_LENGTH, key->length) ||
	    prof_cell_text(row, ACCESS_WHAT, prof_access_what(profile, access, text)) ||
	    prof_cell_text(row, ACCESS_KIND, prof_access_name(key->kind)) ||
	    prof_cell_number(row, ACCESS_CPU, key->line.cpu) ||
	    (key->tgid && prof_cell_number(row, ACCESS_PID, key->tgid)) ||
	    prof_cell_text(row, ACCESS_CODE, prof_code_name(profile, key, text)) ||
	    prof_cell_number(row, ACCESS_COUNT, access->count))
		return -ENOMEM;
	return 0;
}

static int accesses_print(const struct prof_profile *profile, const struct prof_line_row *line,
			  FILE *out)
{
	const struct prof_transfers *moved = &line->count.transfers;
	struct libscols_table *table = prof_cells_new(access_columns, ACCESS_COLUMNS, out);
	int err = table ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < line->access_count; i++) {
		struct libscols_line *row = scols_table_new_line(table, NULL);

		err = row ? access_fill(row, profile, &line->accesses[i]) : -ENOMEM;
	}
	if (!err) {
		place_print(profile, line, out);
		fprintf(out, ": %s; modelled transfers for stores: %" PRIu64 " true, %" PRIu64
			" false; for loads: %" PRIu64 " true, %" PRIu64 " false\n\n",
			prof_verdict_text(profile, line), (uint64_t)moved->store_true,
			(uint64_t)moved->store_false, (uint64_t)moved->load_true,
			(uint64_t)moved->load_false);
		err = scols_print_table(table) ? -ENOMEM : 0;
		fprintf(out, "\n");
	}
	scols_unref_table(table);
	return err;
}

static int stack_fill(struct libscols_line *row, const struct prof_profile *profile,
		      const struct prof_stack_row *stack)
{
	char text[PROF_STACK_ROOM];

	if (prof_cell_number(row, STACK_TRANSFERS, stack->count.transfers) ||
	    prof_cell_number(row, STACK_ACCESSES, stack->count.accesses) ||
	    prof_cell_number(row, STACK_PID, stack->key.tgid) ||
	    prof_cell_text(row, STACK_COMMAND, stack->count.command) ||
	    prof_cell_text(row, STACK_FROM, prof_stack_name(profile, stack, text)))
		return -ENOMEM;
	return 0;
}

/* Where a line moved from. */
static int stacks_print(const struct prof_profile *profile, const struct prof_line_row *line,
			FILE *out)
{
	struct libscols_table *table = prof_cells_new(stack_columns, STACK_COLUMNS, out);
	int err = table ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < line->stack_count && i < PROF_STACKS_TOP; i++) {
		struct libscols_line *row = scols_table_new_line(table, NULL);

		err = row ? stack_fill(row, profile, &line->stacks[i]) : -ENOMEM;
	}
	if (!err)
		err = scols_print_table(table) ? -ENOMEM : 0;
	if (!err)
		fprintf(out, "\n");
	scols_unref_table(table);
	return err;
}

static int offsets_print(const struct prof_profile *profile, size_t top, FILE *out)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < profile->line_count && i < top; i++) {
		err = accesses_print(profile, &profile->lines[i], out);
		if (!err && profile->lines[i].stack_count)
			err = stacks_print(profile, &profile->lines[i], out);
	}
	return err;
}

static void advice_print(const struct prof_profile *profile, size_t top, FILE *out)
{
	struct prof_advice advice;
	size_t i, given = 0;

	for (i = 0; i < profile->line_count && i < top; i++) {
		prof_advice(profile, &profile->lines[i], &advice);
		if (advice.kind == PROF_ADVICE_NONE)
			continue;
		if (!given++)
			fprintf(out, "Advice; what it would save is reckoned from who accessed which bytes.\n\n");
		place_print(profile, &profile->lines[i], out);
		fprintf(out, ": %s\n", advice.text);
	}
	if (given)
		fprintf(out, "\n");
}

static int chain_fill(struct libscols_line *row, const struct prof_profile *profile,
		      const struct prof_bucket_row *chain)
{
	const struct prof_line_key key = { .map_id = chain->key.map_id };
	const struct prof_bucket *count = &chain->count;
	char text[PROF_NAME_ROOM];

	if (prof_cell_text(row, CHAIN_MAP, prof_map_name(profile, &key, text)) ||
	    prof_cell_text(row, CHAIN_REGION, prof_region_name(chain->key.region)) ||
	    prof_cell_number(row, CHAIN_PAGE, chain->key.page) ||
	    prof_cell_number(row, CHAIN_BUCKET, chain->key.bucket) ||
	    prof_cell_number(row, CHAIN_INSERTS, count->inserts) ||
	    prof_cell_number(row, CHAIN_REPLACES, count->replaces) ||
	    prof_cell_number(row, CHAIN_DELETES, count->deletes) ||
	    prof_cell_number(row, CHAIN_OVERFLOWS, count->overflows))
		return -ENOMEM;
	return 0;
}

static int chains_print(const struct prof_profile *profile, size_t top, FILE *out)
{
	struct libscols_table *table = prof_cells_new(chain_columns, CHAIN_COLUMNS, out);
	int err = table ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < profile->bucket_count && i < top; i++) {
		struct libscols_line *row = scols_table_new_line(table, NULL);

		err = row ? chain_fill(row, profile, &profile->buckets[i]) : -ENOMEM;
	}
	if (!err) {
		fprintf(out, "Hottest chains, by their first bucket, and operations on them.\n\n");
		err = scols_print_table(table) ? -ENOMEM : 0;
		fprintf(out, "\n");
	}
	scols_unref_table(table);
	return err;
}

/* Of what was dropped, and by a source that has the option. */
static bool lines_would_help(const struct prof_profile *profile)
{
	const struct prof_totals *totals = &profile->totals;

	return !profile->watching.slots &&
	       totals->lines_dropped + totals->cpus_dropped + totals->accesses_dropped +
	       totals->stacks_dropped + totals->buckets_dropped + totals->times_dropped;
}

static void totals_print(const struct prof_profile *profile, FILE *out)
{
	const struct prof_totals *totals = &profile->totals;
	uint64_t as_true = 0, as_false = 0;
	size_t i, unsure = 0;

	for (i = 0; i < profile->line_count; i++) {
		const struct prof_transfers *transfers = &profile->lines[i].count.transfers;

		as_true += transfers->store_true + transfers->load_true;
		as_false += transfers->store_false + transfers->load_false;
		unsure += prof_verdict_unsure(profile, &profile->lines[i]);
	}
	fprintf(out, "%" PRIu64 " events in %.3f s; ", (uint64_t)totals->events,
		(double)profile->duration_ns / 1e9);
	if (profile->settings.sample > 1)
		fprintf(out, "one in %u taken, and counted as it is: ", profile->settings.sample);
	else
		fprintf(out, "all taken: ");
	if (profile->watching.slots)
		fprintf(out, "%" PRIu64 " accesses to watched bytes.\n", (uint64_t)totals->taken);
	else if (profile->sampling)
		fprintf(out, "%" PRIu64 " accesses to maps.\n", (uint64_t)totals->taken);
	else
		fprintf(out, "%" PRIu64 " puts, %" PRIu64 " deletes. %" PRIu64 " overflow buckets added.\n",
			(uint64_t)totals->puts, (uint64_t)totals->deletes,
			(uint64_t)totals->overflows);
	fprintf(out, "%zu lines of %u bytes, %" PRIu64 " modelled transfers: %" PRIu64
		" true sharing, %" PRIu64 " false sharing.\n",
		profile->line_count, PROF_LINE_SIZE, as_true + as_false, as_true, as_false);
	if (unsure)
		fprintf(out, "private?: of %zu lines that several CPUs accessed the bytes were watched in turns, and what is shared between turns is not seen: watch fewer bytes.\n",
			unsure);
	if (totals->partial)
		fprintf(out, "%" PRIu64 " events of maps whose geometry is unknown: only their slots are modelled.\n",
			(uint64_t)totals->partial);
	fprintf(out, "Dropped: %" PRIu64, prof_profile_dropped(profile));
	if (prof_profile_dropped(profile))
		fprintf(out, " (accesses to lines %" PRIu64 ", to busy lines %" PRIu64
			", by CPU %" PRIu64 ", by bytes %" PRIu64 "; stacks %" PRIu64
			"; buckets %" PRIu64 ", by time %" PRIu64 "; maps %" PRIu64
			"; events missed %" PRIu64 ")%s",
			(uint64_t)totals->lines_dropped, (uint64_t)totals->busy_dropped,
			(uint64_t)totals->cpus_dropped, (uint64_t)totals->accesses_dropped,
			(uint64_t)totals->stacks_dropped, (uint64_t)totals->buckets_dropped,
			(uint64_t)totals->times_dropped, (uint64_t)totals->maps_dropped,
			profile->missed, lines_would_help(profile) ? "; --lines makes more room" : "");
	fprintf(out, ".\n");
	prof_overhead_print(&profile->overhead, out);
}

int prof_table_print(const struct prof_profile *profile, unsigned int show, size_t top, FILE *out)
{
	int err = 0;

	if (show & PROF_SHOW_LINES && profile->line_count)
		err = lines_print(profile, top, out);
	if (!err && show & PROF_SHOW_OFFSETS)
		err = offsets_print(profile, top, out);
	if (!err && show & PROF_SHOW_BUCKETS && profile->bucket_count)
		err = chains_print(profile, top, out);
	if (!err && show & PROF_SHOW_ADVICE)
		advice_print(profile, top, out);
	if (!err && profile->sampling)
		err = prof_sampling_print(profile->sampling, profile->source.has_address, top, out);
	if (!err && profile->sampling && !profile->source.has_address)
		prof_overhead_print(&profile->overhead, out);
	else if (!err)
		totals_print(profile, out);
	return err;
}
