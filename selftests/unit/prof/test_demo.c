// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_demo.c - what two addresses share, and medians
 */
#include "demo/demo.h"
#include "../tap.h"

static void verdict_is(uintptr_t first, uintptr_t second, enum demo_verdict verdict)
{
	ok(demo_verdict_of(first, second, 8) == verdict, "%lu and %lu: %s", (unsigned long)first,
	   (unsigned long)second, demo_verdict_words(verdict));
	ok(demo_verdict_of(second, first, 8) == verdict, "the other way round");
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
	ok(demo_median(odd, 3) == 2, "the middle of three");
	ok(demo_median(even, 4) == 2.5, "between the two middle ones of four");
	ok(demo_median(&one, 1) == 7, "one");
	ok(demo_median(NULL, 0) == 0, "none");
	return done();
}
