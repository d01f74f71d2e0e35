// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * duration.c - how long, as people write it
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"

static const struct duration_unit {
	const char *name;
	uint64_t ms;
} duration_units[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 60 * 60 * 1000 },
	{ "d", 24 * 60 * 60 * 1000 },
};

#define DURATION_UNITS (sizeof(duration_units) / sizeof(duration_units[0]))

const char *duration_scan(const char *text, uint64_t *ms)
{
	unsigned long long number;
	char *end;
	size_t i;

	if (!strcmp(text, "never")) {
		*ms = 0;
		return NULL;
	}
	/* strtoull() would take a sign, and blanks. */
	if (!isdigit((unsigned char)*text))
		return "is neither \"never\" nor a whole number and its unit: 500ms, 30s, 10m, 7d";
	errno = 0;
	number = strtoull(text, &end, 10);
	if (!*end)
		return "has no unit: ms, s, m, h or d belongs behind the number";
	for (i = 0; i < DURATION_UNITS && strcmp(end, duration_units[i].name); i++)
		;
	if (i == DURATION_UNITS)
		return "has no unit that is known: ms, s, m, h or d belongs behind a whole number";
	if (errno || number > UINT64_MAX / duration_units[i].ms)
		return "is too long: milliseconds have to fit 64 bits";
	if (!number)
		return "is no time at all: 1ms is the least, and \"never\" is for no limit";
	*ms = number * duration_units[i].ms;
	return NULL;
}

void duration_text(uint64_t ms, char *text, size_t size)
{
	const struct duration_unit *unit = duration_units;
	unsigned long long whole, rest;

	while (unit + 1 < duration_units + DURATION_UNITS && ms >= unit[1].ms)
		unit++;
	whole = ms / unit->ms;
	if (unit < duration_units + 2) {
		snprintf(text, size, "%llu%s", whole, unit->name);
		return;
	}
	rest = ms % unit->ms / unit[-1].ms;
	snprintf(text, size, "%llu%s %llu%s", whole, unit->name, rest, unit[-1].name);
}
