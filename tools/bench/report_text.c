// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * report_text.c - the benchmark's file as tables
 *
 * Every figure is the median of its samples; a ratio is one of medians, to the
 * faster of the peers.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

void report_machine(const json_t *root)
{
	const json_t *machine = json_object_get(root, "machine"), *versions;
	const json_t *load = json_object_get(root, "load_average_before"), *version;
	const char *cpu, *kernel, *compiler, *flags, *revision, *date, *name, *host = NULL;
	json_error_t error;
	int virtual;

	if (json_unpack_ex((json_t *)machine, &error, 0,
			   "{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s?s}", "cpu", &cpu, "kernel",
			   &kernel, "compiler", &compiler, "flags", &flags, "revision", &revision,
			   "date", &date, "virtual", &virtual, "versions", &versions, "host",
			   &host)) {
		printf("machine: %s\n", error.text);
		return;
	}
	if (host)
		printf("%s\n", host);
	printf("%s, %.0f processors%s", cpu, report_number(machine, "processors"),
	       virtual ? " of a virtual machine" : "");
	/* An emulated processor has caches in name only. */
	if (!host)
		printf(", %.0f KiB second-level and %.0f MiB third-level cache",
		       report_number(machine, "l2_bytes") / 1024,
		       report_number(machine, "l3_bytes") / 1048576);
	printf("\nLinux %s; %s %s", kernel, compiler, flags);
	json_object_foreach((json_t *)versions, name, version)
		printf("; %s %s", name, json_string_value(version));
	printf("\nrevision %s, %s; load average %.1f before, %.1f after\n", revision, date,
	       json_number_value(json_array_get(load, 0)),
	       json_number_value(json_array_get(json_object_get(root, "load_average_after"), 0)));
}

static void text_cell(double value, int width, int digits)
{
	if (isnan(value))
		printf("%*s", width, "-");
	else
		printf("%*.*f", width, digits, value);
}

static void text_get(const json_t *run)
{
	const json_t *subjects = json_object_get(run, "subjects"), *subject;
	double hit = report_best(subjects, "peer", "hit_ns");
	double miss = report_best(subjects, "peer", "miss_ns");
	double chain = report_best(subjects, "peer", "chain_ns");
	double slow = report_best(subjects, "other", "hit_ns");
	size_t i;

	printf("\n%-27s ------ nanoseconds -------  bytes/entry  -- ratio to faster peer ---     hit\n",
	       "");
	printf("%9.0f %-17s   hit   miss  chain   many   all image   hit  miss chain  many*  to LMDB\n",
	       report_number(run, "entries"), "entries");
	json_array_foreach(subjects, i, subject) {
		double many = report_median(subject, "many_ns");

		printf("  %-25s", report_name(subject));
		text_cell(report_median(subject, "hit_ns"), 6, 1);
		text_cell(report_median(subject, "miss_ns"), 7, 1);
		text_cell(report_median(subject, "chain_ns"), 7, 1);
		text_cell(many, 7, 1);
		text_cell(report_number(subject, "bytes_per_entry"), 6, 1);
		text_cell(report_number(subject, "image_bytes_per_entry"), 6, 1);
		text_cell(report_median(subject, "hit_ns") / hit, 6, 2);
		text_cell(report_median(subject, "miss_ns") / miss, 6, 2);
		text_cell(report_median(subject, "chain_ns") / chain, 6, 2);
		text_cell(many / hit, 6, 2);
		printf("    1/%.1f\n", slow / report_median(subject, "hit_ns"));
	}
}

/* What a subject of khmap's is at the worst of all sizes. */
static void text_worst(const json_t *points, size_t number)
{
	static const char *const members[] = { "hit_ns", "miss_ns", "chain_ns", "many_ns" };
	static const char *const peers[] = { "hit_ns", "miss_ns", "chain_ns", "hit_ns" };
	double worst[4] = { 0 }, bytes = 0, image = 0;
	const json_t *point, *subject = NULL;
	size_t i, m;

	json_array_foreach(points, i, point) {
		const json_t *subjects = json_object_get(point, "subjects");

		subject = json_array_get(subjects, number);
		bytes = fmax(bytes, report_number(subject, "bytes_per_entry"));
		image = fmax(image, report_number(subject, "image_bytes_per_entry"));
		for (m = 0; m < 4; m++)
			worst[m] = fmax(worst[m], report_median(subject, members[m]) /
					report_best(subjects, "peer", peers[m]));
	}
	printf("  %s, at worst: hit %.2f, miss %.2f, chain %.2f, many* %.2f; bytes an entry %.1f, of the image %.1f\n",
	       report_name(subject), worst[0], worst[1], worst[2], worst[3], bytes, image);
}

/* The sizes of a doubling, and the worst of them. */
static void text_doubling(const json_t *run)
{
	const json_t *points = json_object_get(run, "points"), *point, *subject;
	size_t i, j;

	printf("\nFrom %.0f entries to double that: hit ns, and to the faster peer's\n",
	       report_number(run, "from"));
	json_array_foreach(points, i, point) {
		const json_t *subjects = json_object_get(point, "subjects");
		double peer = report_best(subjects, "peer", "hit_ns");

		if (!i) {
			printf("%10s", "entries");
			json_array_foreach(subjects, j, subject)
				printf("  %25s", report_name(subject));
			putchar('\n');
		}
		printf("%10.0f", report_number(point, "entries"));
		json_array_foreach(subjects, j, subject)
			printf("  %18.1f %6.2f", report_median(subject, "hit_ns"),
			       report_median(subject, "hit_ns") / peer);
		putchar('\n');
	}
	json_array_foreach(json_object_get(json_array_get(points, 0), "subjects"), j, subject)
		if (report_is(subject, "khmap"))
			text_worst(points, j);
}

static void text_put(const json_t *put)
{
	static const char *const quantiles[] = { "p50", "p99", "p99.9", "p99.99", "max" };
	const json_t *subjects = json_object_get(put, "subjects"), *subject;
	double best = report_best(subjects, "peer", "put_ns");
	size_t i, q;

	if (!put)
		return;
	printf("\n%9.0f %-17s   all        put     ------- nanoseconds of one put -------  99.99 %%\n",
	       report_number(put, "entries"), "new keys");
	printf("  %-25s seconds   ns ratio    50 %%    99 %%  99.9 %% 99.99 %%  longest  to 50 %%\n",
	       "");
	json_array_foreach(subjects, i, subject) {
		const json_t *latency = json_object_get(subject, "latency_ns");
		double ns = report_median(subject, "put_ns");

		printf("  %-25s%8.2f%5.0f%6.2f", report_name(subject),
		       ns * report_number(put, "entries") / 1e9, ns, ns / best);
		for (q = 0; q < 4; q++)
			text_cell(report_number(latency, quantiles[q]), 8, 0);
		text_cell(report_number(latency, "max"), 10, 0);
		text_cell(report_number(latency, "p99.99") / report_number(latency, "p50"), 8, 0);
		putchar('\n');
	}
	printf("  From a map for %.0f entries, which grows.\n", report_number(put, "from"));
}

/* Subjects that were measured in turn, and how some of them compare. */
static void text_group(const json_t *group)
{
	const char *unit = json_string_value(json_object_get(group, "unit"));
	const json_t *subjects = json_object_get(group, "subjects"), *subject, *compare;
	size_t i;

	printf("\n%-62s %13s\n", json_string_value(json_object_get(group, "title")), unit);
	json_array_foreach(subjects, i, subject) {
		double median = report_median(subject, "samples");

		printf("  %-60s", report_name(subject));
		text_cell(median, 14, median < 1000 ? 1 : 0);
		putchar('\n');
	}
	json_array_foreach(json_object_get(group, "compare"), i, compare) {
		double goal = report_number(compare, "goal");

		printf("  %s: %.2f times as fast as %s",
		       report_name(report_subject(group, compare, "of")),
		       report_speed(group, compare),
		       report_name(report_subject(group, compare, "to")));
		if (!isnan(goal))
			printf(" (goal: %g)", goal);
		putchar('\n');
	}
}

void report_text(const json_t *root)
{
	const json_t *run;
	size_t i;

	json_array_foreach(json_object_get(root, "get"), i, run)
		text_get(run);
	json_array_foreach(json_object_get(root, "doubling"), i, run)
		text_doubling(run);
	text_put(json_object_get(root, "put"));
	json_array_foreach(json_object_get(root, "groups"), i, run)
		text_group(run);
	if (json_object_get(root, "get"))
		printf("\n* a hit of get_many, to the faster peer's hit by single look-ups\n");
}
