// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_demo.c - what two addresses share, what the model says, and medians
 */
#include "demo/demo.h"
#include "../tap.h"

static void verdict_is(uintptr_t first, uintptr_t second, enum demo_verdict verdict)
{
	ok(demo_verdict_of(first, second, 8) == verdict, "%lu and %lu: %s", (unsigned long)first,
	   (unsigned long)second, demo_verdict_words(verdict));
	ok(demo_verdict_of(second, first, 8) == verdict, "the other way round");
}

static void model_is(uint64_t as_true, uint64_t as_false, enum demo_verdict verdict)
{
	const struct prof_line_row line = {
		.count = {
			.stores = 1000,
			.transfers = { .store_true = as_true, .store_false = as_false },
		},
		.cpu_count = 2,
	};
	/* It moves less, and so is not asked. */
	const struct prof_line_row other = {
		.count = { .stores = 1000, .transfers = { .store_true = 1 } },
		.cpu_count = 2,
	};
	struct demo_transfers transfers = { 0 };
	struct demo_case at = { .verdict_by = "addresses" };

	demo_transfers_add(&transfers, &line);
	if (as_true + as_false > 1)
		demo_transfers_add(&transfers, &other);
	demo_case_model(&at, &transfers);
	ok(at.verdict == verdict, "%lu true and %lu false: %s", (unsigned long)as_true,
	   (unsigned long)as_false, demo_verdict_words(at.verdict));
	is_str(at.verdict_by, "model", "it is the model's");
	is_u64(at.as_true + at.as_false, as_true + as_false + (as_true + as_false > 1),
	       "transfers of all lines");
}

int main(void)
{
	double odd[] = { 3, 1, 2 }, even[] = { 10, 1, 3, 2 }, one = 7;

	verdict_is(64, 64, DEMO_TRUE);
	verdict_is(64, 71, DEMO_TRUE);
	verdict_is(64, 72, DEMO_FALSE);
	verdict_is(64, 120, DEMO_FALSE);
	verdict_is(64, 128, DEMO_NOTHING);
	/* One that crosses into the line of the other. */
	verdict_is(60, 120, DEMO_FALSE);
	verdict_is(56, 64, DEMO_NOTHING);
	model_is(0, 999, DEMO_FALSE);
	model_is(999, 0, DEMO_TRUE);
	model_is(0, 0, DEMO_NOTHING);
	model_is(1, 0, DEMO_MOVED);
	model_is(90, 810, DEMO_FALSE);
	model_is(91, 809, DEMO_MIXED);
	model_is(809, 91, DEMO_MIXED);
	ok(demo_median(odd, 3) == 2, "the middle of three");
	ok(demo_median(even, 4) == 2.5, "between the two middle ones of four");
	ok(demo_median(&one, 1) == 7, "one");
	ok(demo_median(NULL, 0) == 0, "none");
	return done();
}
