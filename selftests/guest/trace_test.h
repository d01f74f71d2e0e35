/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_test.h - what the tracepoints said, for those who test them
 */
#ifndef _KHMAP_TRACE_TEST_H
#define _KHMAP_TRACE_TEST_H

#include "khmap_test.h"
#include "system_file.h"

#define TRACING		"/sys/kernel/tracing"
#define EVENTS		TRACING "/events/khmap"
#define INSTANCE	TRACING "/instances/khmap-test"

/* Some hundred keys for each 4 KiB that a page has, of the largest. */
#define TRACE_LINES	8192

/* The number behind "name=" in a line; ~0 if there is none. */
static inline unsigned long long field(const char *line, const char *name)
{
	char pattern[64];
	const char *at;

	snprintf(pattern, sizeof(pattern), " %s=", name);
	at = strstr(line, pattern);
	return at ? strtoull(at + strlen(pattern), NULL, 10) : ~0ull;
}

struct trace_lines {
	char lines[TRACE_LINES][400];
	int count;
	uint64_t map_id;
};

/* Growth, compaction and stalls are not of the operations that a test does. */
static inline bool is_of_operations(const char *event)
{
	return strncmp(event, ": khmap_grow:", 13) &&
	       strncmp(event, ": khmap_split:", 14) &&
	       strncmp(event, ": khmap_stall:", 14) &&
	       strncmp(event, ": khmap_promote:", 16) &&
	       strncmp(event, ": khmap_compact:", 16);
}

/* The lines of this test's map, from the event's name on. */
static inline void read_lines(struct trace_lines *trace)
{
	FILE *file = fopen(INSTANCE "/trace", "r");
	char line[400];

	trace->count = 0;
	while (file && fgets(line, sizeof(line), file)) {
		const char *event = strstr(line, ": khmap_");

		if (event && trace->count < TRACE_LINES && is_of_operations(event) &&
		    field(line, "map_id") == trace->map_id)
			strcpy(trace->lines[trace->count++], event + 2);
	}
	if (file)
		fclose(file);
}

#endif /* _KHMAP_TRACE_TEST_H */
