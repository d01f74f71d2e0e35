// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * verdict.c - what two addresses share, and the middle of what was measured
 */
#include <stdlib.h>
#include "demo/demo.h"
#include "profile/verdict.h"

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

/* Nobody loads here but who stores. */
static enum demo_verdict line_verdict(const struct prof_line_row *line)
{
	switch (prof_verdict(line)) {
	case PROF_VERDICT_PRIVATE:
		return DEMO_NOTHING;
	case PROF_VERDICT_MOVED:
		return DEMO_MOVED;
	case PROF_VERDICT_FALSE:
		return DEMO_FALSE;
	case PROF_VERDICT_TRUE:
		return DEMO_TRUE;
	default:
		return DEMO_MIXED;
	}
}

void demo_transfers_add(struct demo_transfers *transfers, const struct prof_line_row *line)
{
	const struct prof_transfers *moved = &line->count.transfers;
	uint64_t all = moved->store_true + moved->store_false;

	transfers->as_true += moved->store_true;
	transfers->as_false += moved->store_false;
	if (all <= transfers->most)
		return;
	transfers->most = all;
	transfers->verdict = line_verdict(line);
}

void demo_case_model(struct demo_case *at, const struct demo_transfers *transfers)
{
	at->modelled = true;
	at->turns = DEMO_TURNS;
	at->as_true = transfers->as_true;
	at->as_false = transfers->as_false;
	at->verdict = transfers->verdict;
	at->verdict_by = "model";
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
		[DEMO_MIXED] = "mixed sharing",
		[DEMO_MOVED] = "handed over",
	};

	return words[verdict];
}
