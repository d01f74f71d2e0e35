// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * options.c - options that commands share
 */
#include "options.h"

bool prof_option_count(const char *name, const char *text, uint64_t max, uint64_t *count)
{
	if (!prof_number(text, max, count) && *count)
		return true;
	prof_error("%s needs a number from 1 to %llu, not \"%s\"", name, (unsigned long long)max,
		   text);
	return false;
}
