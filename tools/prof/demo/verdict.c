// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * verdict.c - what two addresses share, and the middle of what was measured
 */
#include <stdlib.h>
#include "demo/demo.h"

enum demo_verdict demo_verdict_of(uintptr_t first, uintptr_t second, size_t size)
{
	uintptr_t low = first < second ? first : second;
	uintptr_t high = first < second ? second : first;

	if (high - low < size)
		return DEMO_TRUE;
	if ((low + size - 1) >> PROF_LINE_SHIFT == high >> PROF_LINE_SHIFT)
		return DEMO_FALSE;
	return DEMO_NOTHING;
}

void demo_case_model(struct demo_case *at, const struct demo_transfers *transfers)
{
	at->modelled = true;
	at->turns = DEMO_TURNS;
	at->as_true = transfers->as_true;
	at->as_false = transfers->as_false;
	at->verdict = at->as_true > at->as_false ? DEMO_TRUE :
		      at->as_false ? DEMO_FALSE : DEMO_NOTHING;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double demo_median(double *numbers, size_t count)
{
	if (!count)
		return 0;
	qsort(numbers, count, sizeof(*numbers), compare);
	return (numbers[(count - 1) / 2] + numbers[count / 2]) / 2;
}

const char *demo_verdict_words(enum demo_verdict verdict)
{
	static const char * const words[] = {
		[DEMO_NOTHING] = "nothing is shared",
		[DEMO_FALSE] = "false sharing",
		[DEMO_TRUE] = "true sharing",
	};

	return words[verdict];
}
