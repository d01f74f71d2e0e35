// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * waits_advice.c - what would make waits for stripes fewer
 *
 * Who creates a map chooses how many stripes it has; which one a key's page belongs
 * to follows from the key's hash.
 */
#include <inttypes.h>
#include <stdio.h>
#include "timing/waits.h"

/* Who waits for less of the time of a processor needs no advice. */
#define ADVICE_PERCENT	1.0
/* Of the time waited, what one stripe must have for it to be that stripe. */
#define STRIPE_PERCENT	50.0

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

bool prof_waits_advice(const struct prof_waits *waits, const struct prof_waits_row *row,
		       char *text, size_t size)
{
	const struct prof_waits_sum *first = NULL;
	size_t i, places = 0;

	text[0] = '\0';
	if (row->key.kind != PROF_WAIT_STRIPE ||
	    percent(row->row.sum.ns, waits->duration_ns) < ADVICE_PERCENT)
		return false;
	for (i = 0; i < waits->place_count; i++) {
		const struct prof_waits_sum *at = &waits->places[i];

		if (at->key.map_id != row->key.map_id || at->key.kind != row->key.kind)
			continue;
		/* The longest is first. */
		if (!places++)
			first = at;
	}
	if (!first)
		return false;
	if (percent(first->sum.ns, row->row.sum.ns) >= STRIPE_PERCENT)
		snprintf(text, size,
			 "Most of it was for stripe %" PRIu32 ": those who write keys of its pages wait for each other. Of one key, or of keys in one page, more stripes keep nobody apart; what would help is one writer for these keys, or a key for each processor in place of one that all store.",
			 first->key.at);
	else
		snprintf(text, size,
			 "It was for %zu stripes: more processors write at a time than stripes keep apart. What would help is a map with more stripes (khmapctl create --stripes), or to have fewer processors do the same puts, in batches.",
			 places);
	return true;
}
