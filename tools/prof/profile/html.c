// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * html.c - tables and drawings as one file for a browser, which fetches nothing
 *
 * It is well-formed XML too.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "profile/advice.h"
#include "profile/names.h"
#include "profile/report.h"
#include "profile/stacks.h"
#include "profile/svg.h"
#include "profile/verdict.h"

#define TEXT_ROOM	1024

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"UTF-8\"/>\n"
	"<title>khmap profile</title>\n"
	"<style>\n"
	"body { font-family: sans-serif; margin: 2em; color: #222; background: #fff; }\n"
	"table { border-collapse: collapse; margin: 1em 0; }\n"
	"th, td { padding: 0.2em 0.7em; text-align: left; border-bottom: 1px solid #ddd; }\n"
	"td { white-space: nowrap; }\n"
	"td.n { text-align: right; font-variant-numeric: tabular-nums; }\n"
	"details { margin: 0.4em 0; }\n"
	"summary { cursor: pointer; }\n"
	"p.advice { max-width: 60em; }\n"
	"div.wide { overflow-x: auto; }\n"
	"</style>\n"
	"</head>\n"
	"<body>\n";

static void text(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void text(FILE *out, const char *format, ...)
{
	char made[TEXT_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(made, sizeof(made), format, args);
	va_end(args);
	prof_markup_text(made, out);
}

static void cell(FILE *out, const char *content)
{
	fputs("<td>", out);
	prof_markup_text(content, out);
	fputs("</td>", out);
}

static void cell_number(FILE *out, uint64_t number)
{
	fprintf(out, "<td class=\"n\">%" PRIu64 "</td>", number);
}

static void headings(FILE *out, const char * const *names)
{
	fputs("<div class=\"wide\">\n<table>\n<tr>", out);
	for (; *names; names++)
		fprintf(out, "<th>%s</th>", *names);
	fputs("</tr>\n", out);
}

static void lines_write(const struct prof_profile *profile, size_t top, FILE *out)
{
	static const char * const names[] = { "Map", "Region", "Page", "Line", "Bucket", "Stores",
					      "Loads", "Modelled transfers", "True", "False",
					      "Per second", "Verdict", "Most to", "Most by", NULL };
	char room[PROF_STACK_ROOM];
	size_t i;

	headings(out, names);
	for (i = 0; i < profile->line_count && i < top; i++) {
		const struct prof_line_row *line = &profile->lines[i];
		const struct prof_transfers *moved = &line->count.transfers;
		const struct prof_access_row *most = prof_line_code(line);

		fputs("<tr>", out);
		cell(out, prof_map_name(profile, &line->key, room));
		cell(out, prof_region_name(line->key.region));
		cell_number(out, line->key.page);
		cell_number(out, line->key.line);
		cell(out, prof_buckets_name(profile, &line->key, room));
		cell_number(out, line->count.stores);
		cell_number(out, line->count.loads);
		cell_number(out, prof_transfers_sum(moved));
		cell_number(out, moved->store_true + moved->load_true);
		cell_number(out, moved->store_false + moved->load_false);
		fprintf(out, "<td class=\"n\">%.1f</td>", prof_line_rate(profile, &line->count));
		cell(out, prof_verdict_text(profile, line));
		cell(out, most ? prof_access_what(profile, most, room) : "");
		cell(out, prof_line_by(profile, line, room));
		fputs("</tr>\n", out);
	}
	fputs("</table>\n</div>\n", out);
}

static void accesses_write(const struct prof_profile *profile, const struct prof_line_row *line,
			   FILE *out)
{
	static const char * const names[] = { "Offset", "Length", "What", "Kind", "CPU", "PID",
					      "By", "Count", NULL };
	char room[PROF_NAME_ROOM];
	size_t i;

	headings(out, names);
	for (i = 0; i < line->access_count; i++) {
		const struct prof_access_key *key = &line->accesses[i].key;

		fputs("<tr>", out);
		cell_number(out, key->offset);
		cell_number(out, key->length);
		cell(out, prof_access_what(profile, &line->accesses[i], room));
		cell(out, prof_access_name(key->kind));
		cell_number(out, key->line.cpu);
		if (key->tgid)
			cell_number(out, key->tgid);
		else
			cell(out, "");
		cell(out, prof_code_name(profile, key, room));
		cell_number(out, line->accesses[i].count);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n</div>\n", out);
}

/* Where a line moved from. */
static void stacks_write(const struct prof_profile *profile, const struct prof_line_row *line,
			 FILE *out)
{
	static const char * const names[] = { "Modelled transfers", "Accesses", "PID", "Command",
					      "From", NULL };
	char room[PROF_STACK_ROOM];
	size_t i;

	headings(out, names);
	for (i = 0; i < line->stack_count && i < PROF_STACKS_TOP; i++) {
		const struct prof_stack_row *stack = &line->stacks[i];

		fputs("<tr>", out);
		cell_number(out, stack->count.transfers);
		cell_number(out, stack->count.accesses);
		cell_number(out, stack->key.tgid);
		cell(out, stack->count.command);
		cell(out, prof_stack_name(profile, stack, room));
		fputs("</tr>\n", out);
	}
	fputs("</table>\n</div>\n", out);
}

static void line_write(const struct prof_profile *profile, const struct prof_line_row *line,
		       FILE *out)
{
	struct prof_advice advice;
	char room[PROF_NAME_ROOM];

	prof_advice(profile, line, &advice);
	fputs(advice.kind == PROF_ADVICE_NONE ? "<details>\n<summary>" :
						"<details open=\"open\">\n<summary>", out);
	text(out, "%s, %s page %u line %u: %s, %" PRIu64 " modelled transfers",
	     prof_map_name(profile, &line->key, room), prof_region_name(line->key.region),
	     line->key.page, line->key.line, prof_verdict_text(profile, line),
	     prof_transfers_sum(&line->count.transfers));
	fputs("</summary>\n", out);
	if (advice.kind != PROF_ADVICE_NONE) {
		fputs("<p class=\"advice\">", out);
		prof_markup_text(advice.text, out);
		fputs("</p>\n", out);
	}
	accesses_write(profile, line, out);
	if (line->stack_count)
		stacks_write(profile, line, out);
	fputs("</details>\n", out);
}

static void chains_write(const struct prof_profile *profile, size_t top, FILE *out)
{
	static const char * const names[] = { "Map", "Region", "Page", "Bucket", "Inserts",
					      "Replaces", "Deletes", "Overflow buckets", NULL };
	char room[PROF_NAME_ROOM];
	size_t i;

	headings(out, names);
	for (i = 0; i < profile->bucket_count && i < top; i++) {
		const struct prof_bucket_row *chain = &profile->buckets[i];
		const struct prof_line_key key = { .map_id = chain->key.map_id };

		fputs("<tr>", out);
		cell(out, prof_map_name(profile, &key, room));
		cell(out, prof_region_name(chain->key.region));
		cell_number(out, chain->key.page);
		cell_number(out, chain->key.bucket);
		cell_number(out, chain->count.inserts);
		cell_number(out, chain->count.replaces);
		cell_number(out, chain->count.deletes);
		cell_number(out, chain->count.overflows);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n</div>\n", out);
}

/* What the recording cost and lost, and how long which bytes were watched: as tables say it. */
static void costs_write(const struct prof_profile *profile, FILE *out)
{
	size_t size;
	char *said;
	FILE *to = open_memstream(&said, &size);

	if (!to)
		return;
	if (profile->sampling)
		prof_sampling_counts_print(profile->sampling, to);
	if (profile->watching.slots)
		prof_watch_print(profile, to);
	prof_overhead_print(&profile->overhead, to);
	if (!fclose(to)) {
		char *line, *rest = said;

		while ((line = strsep(&rest, "\n")) && *line) {
			fputs("<p>", out);
			prof_markup_text(line, out);
			fputs("</p>\n", out);
		}
	}
	free(said);
}

static void summary_write(const struct prof_profile *profile, FILE *out)
{
	const struct prof_totals *totals = &profile->totals;

	fputs("<p>", out);
	text(out, "%s, Linux %s, %u processors%s; khmap-prof %s. ", profile->began,
	     profile->machine.release, profile->machine.cpus,
	     profile->machine.hypervisor ? ", a virtual machine" : "", profile->tool);
	text(out, "Source: %s (%s); one event in %u taken. ", profile->source.kind,
	     profile->source.event, profile->settings.sample ? profile->settings.sample : 1);
	if (profile->source.has_address || !profile->sampling)
		text(out, "%" PRIu64 " events in %.3f s, %" PRIu64 " taken; dropped: %" PRIu64 ".",
		     (uint64_t)totals->events, (double)profile->duration_ns / 1e9,
		     (uint64_t)totals->taken, prof_profile_dropped(profile));
	fputs("</p>\n", out);
	costs_write(profile, out);
}

static void functions_write(const struct prof_sampling *sampling, size_t top, FILE *out)
{
	static const char * const names[] = { "Samples", "Function", "Operation", "Address", NULL };
	char room[PROF_NAME_ROOM];
	size_t i;

	fputs("<h2>Functions</h2>\n", out);
	headings(out, names);
	for (i = 0; i < sampling->function_count && i < top; i++) {
		const struct prof_function *function = &sampling->functions[i];

		snprintf(room, sizeof(room), "0x%" PRIx64, function->address);
		fputs("<tr>", out);
		cell_number(out, function->samples);
		cell(out, function->name);
		cell(out, function->operation);
		cell(out, room);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n</div>\n", out);
}

static void lines_part_write(const struct prof_profile *profile, size_t top, FILE *out)
{
	size_t i;

	fputs("<h2>Hottest cache lines</h2>\n"
	      "<p>Transfers between processors are modelled from the order of events; they are no misses.</p>\n",
	      out);
	if (profile->line_count)
		lines_write(profile, top, out);
	fputs("<div class=\"wide\">\n", out);
	prof_svg_lines(profile, top, false, out);
	fputs("</div>\n<h2>Line by line</h2>\n", out);
	for (i = 0; i < profile->line_count && i < top; i++)
		line_write(profile, &profile->lines[i], out);
}

static void chains_part_write(const struct prof_profile *profile, size_t top, FILE *out)
{
	fputs("<h2>Hottest chains</h2>\n", out);
	if (profile->bucket_count)
		chains_write(profile, top, out);
	fputs("<div class=\"wide\">\n", out);
	prof_svg_times(profile, top, false, out);
	fputs("</div>\n", out);
}

void prof_html_write(const struct prof_profile *profile, size_t top, FILE *out)
{
	fputs(head, out);
	fputs("<h1>khmap profile</h1>\n", out);
	summary_write(profile, out);
	if (profile->sampling && !profile->source.has_address) {
		functions_write(profile->sampling, top, out);
	} else {
		lines_part_write(profile, top, out);
		chains_part_write(profile, top, out);
	}
	fputs("</body>\n</html>\n", out);
}
