// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * options.c - options that commands share
 */
#include <errno.h>
#include <stdlib.h>
#include "options.h"

#define SECONDS_MIN	0.000000001	/* less would be none, which means something else */
#define SECONDS_MAX	1e9

bool prof_option_count(const char *name, const char *text, uint64_t max, uint64_t *count)
{
	if (!prof_number(text, max, count) && *count)
		return true;
	prof_error("%s needs a number from 1 to %llu, not \"%s\"", name, (unsigned long long)max,
		   text);
	return false;
}

bool prof_option_seconds(const char *name, const char *text, uint64_t *ns)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(text, &end);
	if (!errno && *text && !*end && seconds >= SECONDS_MIN && seconds <= SECONDS_MAX) {
		*ns = (uint64_t)(seconds * (double)PROF_SECOND_NS);
		return true;
	}
	prof_error("%s needs a number of seconds, from a billionth to a billion, not \"%s\"", name,
		   text);
	return false;
}
