// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_advice.c - advice fits the facts, and says what it would save
 */
#include <stdlib.h>
#include "../tap.h"
#include "profile/advice.h"
#include "profile/units.h"
#include "profile/verdict.h"
#include "profiles.h"

static const struct {
	const char *profile;
	uint32_t line;
	const char *verdict;
	enum prof_advice_kind kind;
	uint64_t saves;
} cases[] = {
	{ "packed", 4, "false sharing", PROF_ADVICE_ALIGNED, 599 },
	{ "packed", 0, "private", PROF_ADVICE_NONE, 0 },
	{ "not_packed", 4, "false sharing", PROF_ADVICE_BATCH, 562 },
	{ "slots", 10, "true sharing", PROF_ADVICE_BATCH, 374 },
	{ "slots", 11, "false sharing", PROF_ADVICE_BATCH, 374 },
	{ "same_key", 10, "true sharing", PROF_ADVICE_BATCH, 187 },
	{ "same_key", 11, "true sharing", PROF_ADVICE_SPLIT, 199 },
	{ "ranges", 0, "false sharing", PROF_ADVICE_PAD, 999 },
	{ "ranges", 1, "true sharing", PROF_ADVICE_PER_CPU, 900 },
	/* Half of all accesses are to the field of both, in which half of them meet. */
	{ "ranges", 2, "mixed sharing", PROF_ADVICE_PAD, 400 },
	{ "ranges", 3, "reader-writer sharing", PROF_ADVICE_MOVE, 499 },
	{ "ranges", 4, "reader-writer sharing", PROF_ADVICE_SELDOM, 450 },
	{ "ranges", 5, "private", PROF_ADVICE_NONE, 0 },
};

static const struct prof_line_row *line_find(const struct prof_profile *profile, uint32_t line)
{
	size_t i;

	for (i = 0; i < profile->line_count; i++)
		if (profile->lines[i].key.line == line)
			return &profile->lines[i];
	return NULL;
}

static void test_case(size_t number)
{
	const struct prof_line_row *line;
	struct prof_profile profile;
	struct prof_advice advice;

	profile_load(cases[number].profile, &profile);
	line = line_find(&profile, cases[number].line);
	if (ok(line, "%s has line %u", cases[number].profile, cases[number].line)) {
		is_str(prof_verdict_name(prof_verdict(line)), cases[number].verdict,
		       "its verdict");
		prof_advice(&profile, line, &advice);
		is_str(prof_advice_name(advice.kind), prof_advice_name(cases[number].kind),
		       "its advice");
		is_u64(advice.saves, cases[number].saves, "what that saves");
		ok(!advice.text[0] == (advice.kind == PROF_ADVICE_NONE),
		   "a text comes with advice only");
	}
	prof_profile_free(&profile);
}

static uint64_t unit_none(const void *context, const struct prof_access_row *access)
{
	return 0;
}

static uint64_t unit_offset(const void *context, const struct prof_access_row *access)
{
	return access->key.offset;
}

/* Stores of two CPUs to two places, as many as is said. */
static double left(uint64_t a0, uint64_t a1, uint64_t b0, uint64_t b1,
		   uint64_t (*unit)(const void *context, const struct prof_access_row *access))
{
	struct prof_access_row rows[] = {
		{ .key = { .line = { .cpu = 0 }, .offset = 0, .length = 8 }, .count = a0 },
		{ .key = { .line = { .cpu = 1 }, .offset = 0, .length = 8 }, .count = a1 },
		{ .key = { .line = { .cpu = 0 }, .offset = 8, .length = 8 }, .count = b0 },
		{ .key = { .line = { .cpu = 1 }, .offset = 8, .length = 8 }, .count = b1 },
	};
	struct prof_line_row line = { .accesses = rows, .access_count = 4 };

	return prof_units_left(&line, unit, NULL);
}

static void test_units(void)
{
	struct prof_access_row rows[] = {
		{ .key = { .offset = 0, .length = 8 } },
		{ .key = { .offset = 4, .length = 8 } },
		{ .key = { .offset = 12, .length = 4 } },
		{ .key = { .offset = 60, .length = 4 } },
	};
	struct prof_line_row line = { .accesses = rows, .access_count = 4 };
	struct prof_fields fields;

	ok(left(10, 10, 10, 10, unit_none) == 1, "what is not taken apart is all left");
	ok(left(10, 0, 0, 10, unit_offset) == 0, "nothing is left of what meets nowhere");
	ok(left(10, 10, 0, 0, unit_offset) == 1, "all is left of what meets in one place");
	ok(left(10, 10, 10, 10, unit_offset) == 1, "or in each of two");
	ok(left(10, 0, 10, 0, unit_offset) == 1, "one processor has nothing to lose");
	ok(left(0, 0, 0, 0, unit_offset) == 1, "no accesses, neither");
	prof_fields_find(&line, &fields);
	is_u64(fields.first[11], 0, "accesses that overlap are to one field");
	is_u64(fields.first[12], 12, "the next is another");
	is_u64(fields.first[15], 12, "up to its end");
	is_u64(fields.first[63], 60, "and the last");
	is_u64(fields.first[40], 40, "a byte that nobody touched is one too");
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		test_case(i);
	test_units();
	return done();
}
