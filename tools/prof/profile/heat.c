// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * heat.c - drawings: the hottest lines by CPU, the hottest chains by time
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "profile/names.h"
#include "profile/report.h"
#include "profile/svg.h"
#include "profile/verdict.h"

#define ROW		18	/* height of a row */
#define TOP		60	/* above the rows: title, scale, headings */
#define LABEL		390	/* left of the cells: what the row is */
#define MARGIN		20
#define CPU_WIDTH_MAX	56
#define CELLS_WIDTH	900	/* all columns, if there are many */
#define SCALE_WIDTH	650	/* what stands above them needs so much */
#define NAME_SHOWN	28	/* of a map's name, beside its row */
#define COLUMNS_MAX	200	/* of time */

static int cpu_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The CPUs that touched one of the lines, in their order. */
static uint32_t *lines_cpus(const struct prof_profile *profile, size_t lines, size_t *count)
{
	uint32_t *cpus = prof_alloc(profile->cpu_count, sizeof(*cpus));
	size_t i, j, found = 0, kept = 0;

	for (i = 0; i < lines; i++)
		for (j = 0; j < profile->lines[i].cpu_count; j++)
			cpus[found++] = profile->lines[i].cpus[j].key.cpu;
	if (found)
		qsort(cpus, found, sizeof(*cpus), cpu_compare);
	for (i = 0; i < found; i++)
		if (!kept || cpus[kept - 1] != cpus[i])
			cpus[kept++] = cpus[i];
	*count = kept;
	return cpus;
}

static uint64_t lines_most(const struct prof_profile *profile, size_t lines)
{
	uint64_t most = 0, number;
	size_t i, j;

	for (i = 0; i < lines; i++)
		for (j = 0; j < profile->lines[i].cpu_count; j++) {
			number = prof_transfers_sum(&profile->lines[i].cpus[j].count.transfers);
			if (number > most)
				most = number;
		}
	return most;
}

static uint32_t column_width(size_t columns)
{
	uint32_t width = columns ? CELLS_WIDTH / (uint32_t)columns : CPU_WIDTH_MAX;

	return width > CPU_WIDTH_MAX ? CPU_WIDTH_MAX : width < 3 ? 3 : width;
}

static void line_row(const struct prof_profile *profile, const struct prof_line_row *line,
		     const uint32_t *cpus, struct prof_svg_cell cell, FILE *out)
{
	uint32_t column = 0;
	char text[PROF_NAME_ROOM];
	size_t i;

	prof_svg_text(LABEL - 8, cell.y + PROF_SVG_FONT, true, out, "%.*s %s %u/%u: %s",
		      NAME_SHOWN, prof_map_name(profile, &line->key, text),
		      prof_region_name(line->key.region), line->key.page, line->key.line,
		      prof_verdict_text(profile, line));
	for (i = 0; i < line->cpu_count; i++) {
		const struct prof_cpu_row *cpu = &line->cpus[i];

		while (cpus[column] != cpu->key.cpu)
			column++;
		cell.x = LABEL + column * (cell.width + 1);
		cell.number = prof_transfers_sum(&cpu->count.transfers);
		prof_svg_cell(&cell, out,
			      "CPU %u: %" PRIu64 " stores, %" PRIu64 " loads; %" PRIu64
			      " modelled transfers brought it the line",
			      cpu->key.cpu, (uint64_t)cpu->count.stores,
			      (uint64_t)cpu->count.loads, cell.number);
	}
}

void prof_svg_lines(const struct prof_profile *profile, size_t top, bool alone, FILE *out)
{
	size_t lines = profile->line_count < top ? profile->line_count : top, columns, i;
	uint32_t *cpus = lines_cpus(profile, lines, &columns);
	struct prof_svg_cell cell = {
		.width = column_width(columns),
		.height = ROW - 1,
		.most = lines_most(profile, lines),
	};
	uint32_t width;

	width = (uint32_t)columns * (cell.width + 1);
	prof_svg_begin(LABEL + MARGIN + (width > SCALE_WIDTH ? width : SCALE_WIDTH),
		       TOP + MARGIN + (uint32_t)lines * ROW, "Cache lines by processor", alone,
		       out);
	prof_svg_text(MARGIN, 20, false, out, "Cache lines by processor");
	if (lines)
		prof_svg_scale(LABEL, 8, cell.most, "modelled transfers to it", out);
	else
		prof_svg_text(LABEL, 20, false, out, "%s", PROF_NO_LINES);
	for (i = 0; i < columns; i++)
		if (cell.width >= 20 || !(i % (20 / cell.width + 1)))
			prof_svg_text(LABEL + (uint32_t)i * (cell.width + 1), TOP - 8, false, out,
				      cell.width >= 44 ? "CPU %u" : "%u", cpus[i]);
	for (i = 0; i < lines; i++) {
		cell.y = TOP + (uint32_t)i * ROW;
		line_row(profile, &profile->lines[i], cpus, cell, out);
	}
	prof_svg_end(out);
	free(cpus);
}

/* A chain and its times, which follow each other in the profile. */
struct chain {
	const struct prof_time_row *times;
	size_t count;
	uint64_t operations;
};

static int chain_compare(const void *a, const void *b)
{
	const struct chain *x = a, *y = b;

	if (x->operations != y->operations)
		return x->operations < y->operations ? 1 : -1;
	return (x->times > y->times) - (x->times < y->times);
}

/* Chains, those with most operations first. */
static struct chain *chains_find(const struct prof_profile *profile, size_t *count)
{
	struct chain *chains = prof_alloc(profile->time_count, sizeof(*chains)), *chain = NULL;
	size_t i, found = 0;

	for (i = 0; i < profile->time_count; i++) {
		const struct prof_time_row *time = &profile->times[i];

		if (!chain || memcmp(&chain->times->key.bucket, &time->key.bucket,
				     sizeof(time->key.bucket))) {
			chain = &chains[found++];
			chain->times = time;
		}
		chain->count++;
		chain->operations += time->count;
	}
	if (found)
		qsort(chains, found, sizeof(*chains), chain_compare);
	*count = found;
	return chains;
}

/* Slots of time from the begin to the end, even where nothing was done in the last ones. */
static uint64_t slots_all(const struct prof_profile *profile)
{
	uint64_t slot_ns = profile->settings.slot_ns, all = 1;
	size_t i;

	if (slot_ns && profile->duration_ns)
		all = (profile->duration_ns - 1) / slot_ns + 1;
	for (i = 0; i < profile->time_count; i++)
		if (profile->times[i].key.slot >= all)
			all = (uint64_t)profile->times[i].key.slot + 1;
	return all;
}

/* Operations by column; a column has @slots slots of time. */
static void chain_columns(const struct chain *chain, uint64_t slots, uint64_t *operations)
{
	size_t i;

	memset(operations, 0, COLUMNS_MAX * sizeof(*operations));
	for (i = 0; i < chain->count; i++)
		operations[chain->times[i].key.slot / slots] += chain->times[i].count;
}

static uint64_t chains_most(const struct chain *chains, size_t count, uint64_t slots)
{
	uint64_t operations[COLUMNS_MAX], most = 0;
	size_t i, j;

	for (i = 0; i < count; i++) {
		chain_columns(&chains[i], slots, operations);
		for (j = 0; j < COLUMNS_MAX; j++)
			if (operations[j] > most)
				most = operations[j];
	}
	return most;
}

static void chain_row(const struct prof_profile *profile, const struct chain *chain,
		      uint64_t slots, struct prof_svg_cell cell, FILE *out)
{
	const struct prof_bucket_key *bucket = &chain->times->key.bucket;
	const struct prof_line_key key = { .map_id = bucket->map_id };
	double seconds = (double)profile->settings.slot_ns / 1e9 * (double)slots;
	uint64_t operations[COLUMNS_MAX];
	char text[PROF_NAME_ROOM];
	uint32_t i;

	prof_svg_text(LABEL - 8, cell.y + PROF_SVG_FONT, true, out, "%.*s %s %u/%u",
		      NAME_SHOWN, prof_map_name(profile, &key, text),
		      prof_region_name(bucket->region),
		      bucket->page, bucket->bucket);
	chain_columns(chain, slots, operations);
	for (i = 0; i < COLUMNS_MAX; i++) {
		if (!operations[i])
			continue;
		cell.x = LABEL + i * cell.width;
		cell.number = operations[i];
		prof_svg_cell(&cell, out, "from %.3f s to %.3f s: %" PRIu64 " operations",
			      seconds * i, seconds * (i + 1), cell.number);
	}
}

void prof_svg_times(const struct prof_profile *profile, size_t top, bool alone, FILE *out)
{
	uint64_t all = slots_all(profile), slots = (all - 1) / COLUMNS_MAX + 1;
	uint32_t columns = (uint32_t)((all - 1) / slots) + 1, i;
	double seconds = (double)profile->settings.slot_ns / 1e9 * (double)slots;
	struct prof_svg_cell cell = { .height = ROW - 1 };
	struct chain *chains;
	size_t count, row;
	uint32_t width;

	chains = chains_find(profile, &count);
	if (count > top)
		count = top;
	cell.width = CELLS_WIDTH / columns < 40 ? CELLS_WIDTH / columns : 40;
	cell.most = chains_most(chains, count, slots);
	width = columns * cell.width;
	prof_svg_begin(LABEL + MARGIN + (width > SCALE_WIDTH ? width : SCALE_WIDTH),
		       TOP + MARGIN + (uint32_t)count * ROW, "Chains by time", alone, out);
	prof_svg_text(MARGIN, 20, false, out, "Chains by time");
	if (profile->totals.times_dropped)
		prof_svg_text(MARGIN, 38, false, out, "%" PRIu64 " operations not drawn",
			      (uint64_t)profile->totals.times_dropped);
	if (count)
		prof_svg_scale(LABEL, 8, cell.most, "operations", out);
	else
		prof_svg_text(LABEL, 20, false, out, "%s", PROF_NO_CHAINS);
	for (i = 0; count && i < columns; i += (columns + 9) / 10)
		prof_svg_text(LABEL + i * cell.width, TOP - 8, false, out, "%.3g s", seconds * i);
	for (row = 0; row < count; row++) {
		cell.y = TOP + (uint32_t)row * ROW;
		chain_row(profile, &chains[row], slots, cell, out);
	}
	prof_svg_end(out);
	free(chains);
}
