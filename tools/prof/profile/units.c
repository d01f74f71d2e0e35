// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * units.c - how much of a line's sharing would be left if parts of it were apart
 */
#include <stdlib.h>
#include "profile/units.h"

/* What one CPU did to a unit. */
struct part {
	uint64_t unit;
	uint32_t cpu;
	double stores;
	double loads;
};

static int part_compare(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

/* Parts of one unit and CPU become one. */
static size_t parts_merge(struct part *parts, size_t count)
{
	size_t i, kept = 0;

	for (i = 0; i < count; i++) {
		if (kept && !part_compare(&parts[kept - 1], &parts[i])) {
			parts[kept - 1].stores += parts[i].stores;
			parts[kept - 1].loads += parts[i].loads;
			continue;
		}
		parts[kept++] = parts[i];
	}
	return kept;
}

/* Transfers of one unit, as many as chance gives. */
static double unit_expected(const struct part *part, const struct part *end)
{
	double all = 0, loads = 0, all_squares = 0, load_squares = 0;

	for (; part < end; part++) {
		double both = part->stores + part->loads;

		all += both;
		loads += part->loads;
		all_squares += both * both;
		load_squares += part->loads * part->loads;
	}
	/* Pairs of two CPUs, without those of two loads. */
	return all > 0 ? (all * all - all_squares - loads * loads + load_squares) / all : 0;
}

static double parts_expected(struct part *parts, size_t count)
{
	double sum = 0;
	size_t i, first;

	qsort(parts, count, sizeof(*parts), part_compare);
	count = parts_merge(parts, count);
	for (i = 0; i < count; i = first) {
		for (first = i; first < count && parts[first].unit == parts[i].unit; first++)
			;
		sum += unit_expected(&parts[i], &parts[first]);
	}
	return sum;
}

/* @unit may be NULL: all is one. */
static double line_expected(const struct prof_line_row *line,
			    uint64_t (*unit)(const void *context,
					     const struct prof_access_row *access),
			    const void *context)
{
	struct part *parts = prof_alloc(line->access_count, sizeof(*parts));
	double expected;
	size_t i;

	for (i = 0; i < line->access_count; i++) {
		const struct prof_access_row *access = &line->accesses[i];

		parts[i].unit = unit ? unit(context, access) : 0;
		parts[i].cpu = access->key.line.cpu;
		if (access->key.kind == PROF_ACCESS_LOAD)
			parts[i].loads = (double)access->count;
		else
			parts[i].stores = (double)access->count;
	}
	expected = parts_expected(parts, line->access_count);
	free(parts);
	return expected;
}

double prof_units_left(const struct prof_line_row *line,
		       uint64_t (*unit)(const void *context, const struct prof_access_row *access),
		       const void *context)
{
	double whole = line_expected(line, NULL, NULL), left;

	if (whole <= 0)
		return 1;
	left = line_expected(line, unit, context) / whole;
	return left > 1 ? 1 : left;
}

void prof_fields_find(const struct prof_line_row *line, struct prof_fields *fields)
{
	bool joined[PROF_LINE_SIZE] = { false };	/* to the byte before */
	uint32_t byte;
	size_t i;

	for (i = 0; i < line->access_count; i++) {
		const struct prof_access_key *key = &line->accesses[i].key;

		for (byte = key->offset + 1u;
		     byte < (uint32_t)key->offset + key->length && byte < PROF_LINE_SIZE; byte++)
			joined[byte] = true;
	}
	for (byte = 0; byte < PROF_LINE_SIZE; byte++)
		fields->first[byte] = joined[byte] ? fields->first[byte - 1] : (uint8_t)byte;
}
