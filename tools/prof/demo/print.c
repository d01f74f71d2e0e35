// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * print.c - what the experiments showed
 */
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>
#include "demo/demo.h"
#include "timing/output.h"

static const struct {
	const char *name;
	int flags;
} columns[] = {
	{ "TWO CPUS, AND", 0 },
	{ "NS/OP", SCOLS_FL_RIGHT },
	{ "MOPS/S", SCOLS_FL_RIGHT },
	{ "STORE MISSES/OP", SCOLS_FL_RIGHT },
	{ "MODELLED TRANSFERS", SCOLS_FL_RIGHT },
	{ "VERDICT", 0 },
	{ "BY", 0 },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static int row_fill(struct libscols_line *line, const struct demo_case *at)
{
	char ns[32] = "-", rate[32] = "-", misses[32] = "-", transfers[80] = "-";

	if (at->rounds) {
		snprintf(ns, sizeof(ns), "%.1f", at->ns);
		/* Both CPUs do one in that time. */
		snprintf(rate, sizeof(rate), "%.2f", 2000 / at->ns);
	}
	if (at->misses_known)
		snprintf(misses, sizeof(misses), "%.4f", at->misses);
	if (at->modelled)
		snprintf(transfers, sizeof(transfers), "%" PRIu64 " of %" PRIu64 " stores",
			 at->as_true + at->as_false, 2 * at->turns);
	return scols_line_set_data(line, 0, at->name) || scols_line_set_data(line, 1, ns) ||
	       scols_line_set_data(line, 2, rate) || scols_line_set_data(line, 3, misses) ||
	       scols_line_set_data(line, 4, transfers) ||
	       scols_line_set_data(line, 5, at->why_not[0] ? "-" :
				   demo_verdict_words(at->verdict)) ||
	       scols_line_set_data(line, 6, at->why_not[0] ? "-" : at->verdict_by);
}

static int table_fill(struct libscols_table *table, const struct demo *demo, FILE *out)
{
	size_t i;

	if (scols_table_set_stream(table, out))
		return -ENOMEM;
	for (i = 0; i < COLUMNS; i++)
		if (!scols_table_new_column(table, columns[i].name, 0, columns[i].flags))
			return -ENOMEM;
	for (i = 0; i < demo->count; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (!line || row_fill(line, &demo->cases[i]))
			return -ENOMEM;
	}
	return scols_print_table(table) ? -ENOMEM : 0;
}

/* Why something is missing, once for each group. */
static void reasons_print(const struct demo *demo, FILE *out)
{
	const char *group = "";
	size_t i;

	for (i = 0; i < demo->count; i++) {
		const struct demo_case *at = &demo->cases[i];

		if (!strcmp(group, at->group))
			continue;
		group = at->group;
		if (at->why_not[0]) {
			fprintf(out, "%s: not made: %s.\n", group, at->why_not);
			continue;
		}
		if (!at->misses_known)
			fprintf(out, "%s: store misses: not counted: %s.\n", group, at->misses_why);
		else if (at->misses_counts)
			fprintf(out, "%s: store misses: %s.\n", group, at->misses_counts);
		if (!at->modelled)
			fprintf(out, "%s: transfers: not modelled: %s; the verdict is by the %s.\n",
				group, at->modelled_why, at->verdict_by);
		else
			fprintf(out, "%s: transfers are modelled, of stores in turns; they are no misses.\n",
				group);
	}
}

int demo_print(const struct demo *demo, FILE *out)
{
	struct libscols_table *table = scols_new_table();
	int err;

	if (!table)
		return -ENOMEM;
	fprintf(out, "CPU %d and CPU %d%s; medians of %zu rounds, of %" PRIu64
		" increments or %" PRIu64 " puts of each CPU.\n\n",
		demo->pair.cpu[0], demo->pair.cpu[1],
		demo->pair.one_core ? ", threads of one core, so that its lines do not move" : "",
		demo->rounds, demo->increments, demo->puts);
	err = table_fill(table, demo, out);
	scols_unref_table(table);
	if (err)
		return err;
	fprintf(out, "\n");
	reasons_print(demo, out);
	return 0;
}

static json_t *json_text(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static json_t *json_transfers(const struct demo_case *at)
{
	if (!at->modelled)
		return json_null();
	return json_pack("{s:I, s:I, s:I}", "turns", (json_int_t)at->turns, "true",
			 (json_int_t)at->as_true, "false", (json_int_t)at->as_false);
}

static json_t *json_not_modelled(const struct demo_case *at)
{
	if (at->modelled || at->why_not[0])
		return json_null();
	return json_sprintf("%s; the verdict is by the %s", at->modelled_why, at->verdict_by);
}

static json_t *json_case(const struct demo_case *at)
{
	json_t *rounds = json_array();
	size_t i;

	for (i = 0; i < at->rounds; i++)
		json_array_append_new(rounds, json_real(at->round_ns[i]));
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:o, s:s?, s:o, s:o, s:o, s:o}",
			 "group", at->group, "name", at->name, "not_made", json_text(at->why_not),
			 "ns", at->rounds ? json_real(at->ns) : json_null(), "rounds_ns", rounds,
			 "operations", (json_int_t)at->operations,
			 "counted", (json_int_t)at->counted,
			 "store_misses", at->misses_known ? json_real(at->misses) : json_null(),
			 "store_misses_are", at->misses_known ? at->misses_counts : NULL,
			 "not_counted", at->misses_known ? json_null() : json_text(at->misses_why),
			 "modelled_transfers", json_transfers(at),
			 "not_modelled", json_not_modelled(at),
			 "verdict", at->why_not[0] ? json_null() :
				    json_string(demo_verdict_words(at->verdict)));
}

json_t *demo_json(const struct demo *demo)
{
	json_t *cases = json_array();
	size_t i;

	for (i = 0; i < demo->count; i++)
		json_array_append_new(cases, json_case(&demo->cases[i]));
	return json_pack("{s:i, s:s, s:[i, i], s:b, s:I, s:I, s:o}", "format", PROF_TIMING_FORMAT,
			 "command", "demo", "cpus", demo->pair.cpu[0], demo->pair.cpu[1],
			 "one_core", demo->pair.one_core,
			 "increments", (json_int_t)demo->increments,
			 "puts", (json_int_t)demo->puts, "cases", cases);
}
