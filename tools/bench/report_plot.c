// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * report_plot.c - the benchmark's file as a script for gnuplot
 *
 * The data stand in the script, so that it can be kept and changed by itself.
 */
#include <math.h>
#include <stdio.h>

#include "report.h"

/* One block of data: a line for each size, a column for each subject. */
static void plot_sizes(const char *name, const json_t *runs, const char *member)
{
	const json_t *run, *subject;
	size_t i, j;

	printf("$%s << EOD\n", name);
	json_array_foreach(runs, i, run) {
		if (!i) {
			printf("entries");
			json_array_foreach(json_object_get(run, "subjects"), j, subject)
				printf(" \"%s\"", report_name(subject));
			putchar('\n');
		}
		printf("%.0f", report_number(run, "entries"));
		json_array_foreach(json_object_get(run, "subjects"), j, subject)
			printf(" %g", report_median(subject, member));
		putchar('\n');
	}
	printf("EOD\n");
}

static size_t plot_subjects(const json_t *run)
{
	return json_array_size(json_object_get(run, "subjects"));
}

/* Look-ups of each kind; LMDB, the last, is far above and left out. */
static void plot_get(const json_t *runs)
{
	static const char *const titles[] = { "hits, by entries", "misses, by entries",
					      "dependent hits, by entries" };
	static const char *const members[] = { "hit_ns", "miss_ns", "chain_ns" };
	size_t subjects = plot_subjects(json_array_get(runs, 0)), m;

	for (m = 0; m < 3; m++) {
		char name[32];

		snprintf(name, sizeof(name), "get%zu", m);
		plot_sizes(name, runs, members[m]);
		printf("set title '%s'\n", titles[m]);
		printf("set style data histogram\nset style fill solid\nunset logscale\n");
		printf("set ylabel 'ns'\nset yrange [0:*]\nset xrange [*:*]\n");
		printf("plot for [i=2:%zu] $%s using i:xtic(1) title columnheader(i)\n", subjects,
		       name);
	}
}

static void plot_doubling(const json_t *runs)
{
	const json_t *run;
	size_t i;

	json_array_foreach(runs, i, run) {
		const json_t *points = json_object_get(run, "points");
		char name[32];

		snprintf(name, sizeof(name), "doubling%zu", i);
		plot_sizes(name, points, "hit_ns");
		printf("set title 'hits, by entries across a doubling'\nset style data linespoints\n");
		printf("set ylabel 'ns'\nset yrange [0:*]\n");
		printf("plot for [i=2:%zu] $%s using 1:i title columnheader(i)\n",
		       plot_subjects(json_array_get(points, 0)) + 1, name);
	}
}

/* The share of puts that took longer than so much. */
static void plot_put(const json_t *put)
{
	const json_t *subjects = json_object_get(put, "subjects"), *subject, *bucket;
	const char *between = "";
	size_t i, j;

	json_array_foreach(subjects, i, subject) {
		const json_t *latency = json_object_get(subject, "latency_ns");
		const json_t *buckets = json_object_get(latency, "buckets");
		double all = 0, above;

		if (!latency)
			continue;
		json_array_foreach(buckets, j, bucket)
			all += json_number_value(json_array_get(bucket, 1));
		above = all;
		printf("$put%zu << EOD\n", i);
		json_array_foreach(buckets, j, bucket) {
			printf("%g %g\n", json_number_value(json_array_get(bucket, 0)),
			       above / all);
			above -= json_number_value(json_array_get(bucket, 1));
		}
		printf("EOD\n");
	}
	printf("set title 'puts that took longer, by ns'\nset style data steps\n");
	printf("set ylabel 'share of all puts'\n");
	printf("set logscale xy\nset format y '%%g'\nset format x '%%.0s%%c'\nset yrange [*:1]\nset xrange [10:*]\n");
	printf("plot ");
	json_array_foreach(subjects, i, subject) {
		if (!json_object_get(subject, "latency_ns"))
			continue;
		printf("%s$put%zu using 1:2 title '%s'", between, i, report_name(subject));
		between = ", ";
	}
	putchar('\n');
}

/* A bar for each subject. */
static void plot_group(const json_t *group, size_t number)
{
	const json_t *subjects = json_object_get(group, "subjects"), *subject;
	size_t i;

	printf("$group%zu << EOD\n", number);
	json_array_foreach(subjects, i, subject)
		printf("%zu %g \"%s\"\n", i, report_median(subject, "samples"),
		       report_name(subject));
	printf("EOD\n");
	printf("set title '%s'\n", json_string_value(json_object_get(group, "title")));
	printf("set style fill solid\nset boxwidth 0.6\nunset logscale\nunset key\n");
	printf("set ylabel '%s'\nset format y '%%.1s%%c'\nset yrange [0:*]\n",
	       json_string_value(json_object_get(group, "unit")));
	printf("set xrange [-0.5:%zu.5]\nset xtics rotate by -20 font ',8'\n",
	       json_array_size(subjects) - 1);
	printf("plot $group%zu using 1:2:xtic(3) with boxes\n", number);
}

void report_plot(const json_t *root)
{
	const json_t *groups = json_object_get(root, "groups"), *group;
	const json_t *get = json_object_get(root, "get");
	const json_t *doubling = json_object_get(root, "doubling");
	const json_t *put = json_object_get(root, "put");
	size_t charts = (json_array_size(get) ? 3 : 0) + json_array_size(doubling) + !!put +
			json_array_size(groups);
	size_t i;

	printf("set terminal svg size 1200,%zu dynamic noenhanced font 'sans,11'\n",
	       (charts + 1) / 2 * 380);
	printf("set multiplot layout %zu,2\n", (charts + 1) / 2);
	printf("set key below maxrows 3 font ',9'\nset grid y\nset format x '%%.1s%%c'\n");
	if (json_array_size(get))
		plot_get(get);
	plot_doubling(doubling);
	if (put)
		plot_put(put);
	json_array_foreach(groups, i, group)
		plot_group(group, i);
	printf("unset multiplot\n");
}
