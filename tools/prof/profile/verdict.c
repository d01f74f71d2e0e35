// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * verdict.c - how the processors share a line, in a word
 */
#include <string.h>
#include "profile/verdict.h"

/* Counts of a file may be so large that products and sums of them are not exact. */
static bool nearly_all(double part, double whole)
{
	return part * 100 >= whole * PROF_VERDICT_PERCENT;
}

/* Fewer than one in so many accesses that it does not count. */
static bool seldom(double moves, const struct prof_line *line)
{
	return moves == 0 ||
	       moves * PROF_PRIVATE_ACCESSES < (double)line->stores + (double)line->loads;
}

enum prof_verdict prof_verdict(const struct prof_line_row *line)
{
	const struct prof_transfers *moved = &line->count.transfers;
	double returns = (double)prof_line_returns(line);
	double as_true = (double)moved->store_true + (double)moved->load_true;
	double as_false = (double)moved->store_false + (double)moved->load_false;
	double loads = (double)moved->load_true + (double)moved->load_false;
	double all = as_true + as_false;

	if (seldom(all, &line->count))
		return PROF_VERDICT_PRIVATE;
	if (returns < PROF_SHARED_RETURNS || seldom(returns, &line->count))
		return PROF_VERDICT_MOVED;
	if (nearly_all(loads, all))
		return PROF_VERDICT_READERS;
	if (nearly_all(as_false, all))
		return PROF_VERDICT_FALSE;
	if (nearly_all(as_true, all))
		return PROF_VERDICT_TRUE;
	return PROF_VERDICT_MIXED;
}

static bool watched_in_turns(const struct prof_profile *profile, const struct prof_line_key *line)
{
	size_t i;

	/* All of them at a time. */
	if (profile->watched_count <= profile->watching.slots)
		return false;
	for (i = 0; i < profile->watched_count; i++) {
		const struct prof_watched_row *row = &profile->watched[i];

		if (!memcmp(&row->key, line, sizeof(*line)) &&
		    (double)row->watched_ns * 100 <
			    (double)profile->duration_ns * PROF_WATCHED_PERCENT)
			return true;
	}
	return false;
}

bool prof_verdict_unsure(const struct prof_profile *profile, const struct prof_line_row *line)
{
	return prof_verdict(line) <= PROF_VERDICT_MOVED && line->cpu_count > 1 &&
	       watched_in_turns(profile, &line->key);
}

const char *prof_verdict_text(const struct prof_profile *profile,
			      const struct prof_line_row *line)
{
	if (prof_verdict_unsure(profile, line))
		return "private?";
	return prof_verdict_name(prof_verdict(line));
}

const char *prof_verdict_name(enum prof_verdict verdict)
{
	static const char * const names[] = {
		[PROF_VERDICT_PRIVATE] = "private",
		[PROF_VERDICT_MOVED] = "handed over",
		[PROF_VERDICT_FALSE] = "false sharing",
		[PROF_VERDICT_TRUE] = "true sharing",
		[PROF_VERDICT_MIXED] = "mixed sharing",
		[PROF_VERDICT_READERS] = "reader-writer sharing",
	};

	return names[verdict];
}

double prof_line_rate(const struct prof_profile *profile, const struct prof_line *line)
{
	if (!profile->duration_ns)
		return 0;
	return (double)prof_transfers_sum(&line->transfers) * 1e9 / (double)profile->duration_ns;
}
