// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_counted.c - events that took turns on a processor's counters
 */
#include "timing/counters.h"
#include "../tap.h"

static void all(uint64_t count, uint64_t enabled_ns, uint64_t running_ns, uint64_t want,
		const char *what)
{
	const struct prof_counted counted = { count, enabled_ns, running_ns };

	is_u64(prof_counted_all(&counted), want, "%s", what);
}

static void share(uint64_t enabled_ns, uint64_t running_ns, double want, const char *what)
{
	const struct prof_counted counted = { 1000, enabled_ns, running_ns };

	ok(prof_counted_share(&counted) == want, "%s: %g", what, want);
}

int main(void)
{
	all(1000, 500, 500, 1000, "one that counted all the time");
	all(1000, 500, 250, 2000, "half of it");
	all(UINT64_MAX, 7, 7, UINT64_MAX, "is not rounded");
	all(0, 500, 250, 0, "nothing twice");
	all(0, 500, 0, 0, "none of it: nothing is known");
	all(0, 0, 0, 0, "a command that was never run");
	share(500, 500, 1, "the share of all");
	share(500, 250, 0.5, "of half");
	share(500, 0, 0, "of none");
	share(0, 0, 0, "of a command that was never run");
	return done();
}
