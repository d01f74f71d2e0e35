// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * report.c - read the benchmark's file
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static int report_compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

double report_median_of(const json_t *array)
{
	size_t count = json_array_size(array), i;
	double median, *sorted;
	const json_t *sample;

	if (!count)
		return NAN;
	sorted = calloc(count, sizeof(*sorted));
	if (!sorted)
		abort();
	json_array_foreach(array, i, sample)
		sorted[i] = json_number_value(sample);
	qsort(sorted, count, sizeof(*sorted), report_compare);
	median = sorted[count / 2];
	free(sorted);
	return median;
}

double report_median(const json_t *object, const char *member)
{
	return report_median_of(json_object_get(object, member));
}

bool report_is(const json_t *subject, const char *role)
{
	const char *is = json_string_value(json_object_get(subject, "role"));

	return is && !strcmp(is, role);
}

double report_best(const json_t *subjects, const char *role, const char *member)
{
	double best = NAN;
	const json_t *subject;
	size_t i;

	json_array_foreach(subjects, i, subject)
		if (report_is(subject, role))
			best = fmin(best, report_median(subject, member));
	return best;
}

const char *report_name(const json_t *subject)
{
	const char *name = json_string_value(json_object_get(subject, "name"));

	return name ? name : "?";
}

double report_number(const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

const json_t *report_subject(const json_t *group, const json_t *compare, const char *member)
{
	double index = report_number(compare, member);

	return json_array_get(json_object_get(group, "subjects"),
			      index >= 0 ? (size_t)index : SIZE_MAX);
}

double report_speed(const json_t *group, const json_t *compare)
{
	const char *unit = json_string_value(json_object_get(group, "unit"));
	double of = report_median(report_subject(group, compare, "of"), "samples");
	double to = report_median(report_subject(group, compare, "to"), "samples");

	return unit && strstr(unit, "/s") ? of / to : to / of;
}

static int report_usage(FILE *out)
{
	fprintf(out,
		"Usage: bench-report [--gnuplot] FILE\n"
		"Prints a file that a benchmark wrote as tables, or as a script of which gnuplot makes\n"
		"charts in SVG.\n");
	return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	bool plot = argc > 1 && !strcmp(argv[1], "--gnuplot");
	const char *path = argv[argc > 1 ? argc - 1 : 0];
	json_t *root, *studies;
	json_error_t error;

	if (argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))
		return report_usage(stdout);
	if (argc != 2 + plot || path[0] == '-')
		return report_usage(stderr);
	root = json_load_file(path, 0, &error);
	if (!root) {
		fprintf(stderr, "bench-report: %s:%d: %s\n", path, error.line, error.text);
		return 1;
	}
	if (json_integer_value(json_object_get(root, "version")) != 1) {
		fprintf(stderr, "bench-report: %s: is no file of this benchmark\n", path);
		json_decref(root);
		return 1;
	}
	studies = json_object_get(root, "studies");
	if (studies && plot) {
		report_study_plot(studies);
	} else if (studies) {
		report_machine(root);
		report_study_text(studies);
	} else if (plot) {
		report_plot(root);
	} else {
		report_machine(root);
		report_text(root);
	}
	json_decref(root);
	return ferror(stdout) || fflush(stdout);
}
