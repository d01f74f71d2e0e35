// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * group.c - subjects that are measured in turn
 */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void bench_die(int err, const char *format, ...)
{
	va_list arguments;

	fputs("bench-guest: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	if (err)
		fprintf(stderr, ": %s", strerror(-err));
	fputc('\n', stderr);
	exit(1);
}

void *bench_alloc(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		bench_die(-ENOMEM, "%zu times %zu bytes", count, size);
	/* Pages that are touched first by what is measured would be part of it. */
	memset(memory, 0, count * size);
	return memory;
}

void bench_pin(uint32_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bench_die(-errno, "processor %u", cpu);
}

static json_t *bench_compares(const struct bench_compare *compare)
{
	json_t *array = json_array();

	for (; compare->of != compare->to; compare++) {
		json_t *one = json_pack("{s:I, s:I}", "of", (json_int_t)compare->of, "to",
					(json_int_t)compare->to);

		if (compare->goal > 0)
			json_object_set_new(one, "goal", json_real(compare->goal));
		json_array_append_new(array, one);
	}
	return array;
}

void bench_group(json_t *groups, const char *title, const char *unit,
		 const struct bench_subject *subjects, const struct bench_compare *compares,
		 uint32_t rounds, void *context)
{
	json_t *rows = json_array();
	const struct bench_subject *s;
	uint32_t round;
	size_t row;

	for (s = subjects; s->name; s++)
		json_array_append_new(rows, json_pack("{s:s, s:s, s:[]}", "name", s->name, "role",
						      s->role, "samples"));
	for (round = 0; round <= rounds; round++) {
		printf("%s: %s %u of %u\n", title, round ? "round" : "warming up, round", round,
		       rounds);
		fflush(stdout);
		for (s = subjects, row = 0; s->name; s++, row++) {
			double sample = s->run(context, s->which);

			if (round)
				json_array_append_new(json_object_get(json_array_get(rows, row),
								      "samples"),
						      json_real(sample));
		}
	}
	json_array_append_new(groups, json_pack("{s:s, s:s, s:o, s:o}", "title", title, "unit",
						unit, "subjects", rows, "compare",
						bench_compares(compares)));
}
