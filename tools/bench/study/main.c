// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * main.c - which studies run, and the file that they go into
 *
 * bench-report makes tables and charts of the file.
 */
#include <errno.h>
#include <getopt.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "../host.h"
#include "encode.h"
#include "load.h"
#include "scratch.h"
#include "study.h"

#define SHORT_ENTRIES	100000u

static const struct {
	const char *name;
	const char *title;
	void (*run)(struct study *study);
} parts[] = {
	{ "hash", "Hash kinds", study_hash },
	{ "probe", "Collision strategies", study_probe },
	{ "lock", "Lock schemes over the same engine", study_lock },
	{ "slot", "Slots of exact size and size classes", study_slot },
	{ "align", "Alignment of fields", study_align },
	{ "ends", "Both ends: a small map and a large one", study_ends },
	{ "churn", "Churn: mixed small values, a minute long", study_churn },
	{ "scale", "What limits 64 threads: a model", study_scale },
	{ "snapshot", "Snapshots: the cut, the copies, all pages", study_snapshot },
	{ "serialize", "A snapshot beside serializers and LMDB's copy", study_serialize },
	{ "open", "A file that is opened beside one that is loaded", study_open },
};

#define PARTS	(sizeof(parts) / sizeof(parts[0]))

static void usage(FILE *out)
{
	size_t i;

	fprintf(out,
		"Usage: bench-study [OPTION...] [PART...]\n"
		"Studies the choices that khmap's design made, natively. The samples go to a file\n"
		"in JSON, of which bench-report makes tables and charts.\n\n"
		"  --output FILE      the file (bench-study.json)\n"
		"  --rounds N         rounds of whatever is timed, 1 to %d (5)\n"
		"  --churn SECONDS    that the part churn lasts (60)\n"
		"  --lock MS          that each round of a lock scheme lasts (200)\n"
		"  --short            --rounds 1 --churn 2 --lock 20, and nothing above %u entries: to try\n"
		"                     it, not for figures\n"
		"  --walk PROGRAM     hash-walk, to be run under valgrind\n"
		"  --revision TEXT    of the sources, for the file\n\n"
		"Parts (default: all)\n",
		STUDY_ROUNDS_MAX, SHORT_ENTRIES);
	for (i = 0; i < PARTS; i++)
		fprintf(out, "  %-18s %s\n", parts[i].name, parts[i].title);
}

static void wrong_usage(void)
{
	usage(stderr);
	exit(2);
}

static u32 number(const char *text, u32 least, u32 most)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n < least || n > most)
		wrong_usage();
	return (u32)n;
}

/* The bits of the parts that the command line names. */
static u32 wanted_parts(char **names)
{
	u32 wanted = 0;
	size_t i;

	if (!*names)
		return ~0u;
	for (; *names; names++) {
		for (i = 0; i < PARTS && strcmp(*names, parts[i].name); i++)
			;
		if (i == PARTS)
			wrong_usage();
		wanted |= 1u << i;
	}
	return wanted;
}

static json_t *versions(void)
{
	json_t *versions = json_pack("{s:s, s:s, s:s}", "xxhash",
				     ENCODE_VERSION(XXH_VERSION_MAJOR, XXH_VERSION_MINOR,
						    XXH_VERSION_RELEASE),
				     "LMDB", ENCODE_VERSION(MDB_VERSION_MAJOR, MDB_VERSION_MINOR,
							    MDB_VERSION_PATCH),
				     "boost", load_version);
	u32 i;

	for (i = 0; i < ENCODERS; i++)
		json_object_set_new(versions, encoders[i]->name, json_string(encoders[i]->version));
	return versions;
}

static json_t *run_parts(const struct study_options *options, u32 wanted)
{
	json_t *studies = json_array();
	size_t i;

	for (i = 0; i < PARTS; i++) {
		struct study study;
		double start;

		if (!(wanted & 1u << i))
			continue;
		fprintf(stderr, "  %-9s %s", parts[i].name, parts[i].title);
		start = study_seconds(CLOCK_MONOTONIC);
		study = study_create(options, parts[i].name, parts[i].title);
		parts[i].run(&study);
		start = study_seconds(CLOCK_MONOTONIC) - start;
		study_progress(NULL);
		json_object_set_new(study.root, "seconds", json_real(start));
		json_array_append_new(studies, study.root);
		fprintf(stderr, ": %.1f s\n", start);
	}
	return studies;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "churn", required_argument, NULL, 'c' },
		{ "lock", required_argument, NULL, 'l' },
		{ "short", no_argument, NULL, 's' },
		{ "walk", required_argument, NULL, 'w' },
		{ "revision", required_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct study_options options = { .rounds = 5, .churn_seconds = 60, .lock_ms = 200,
					 .entries_most = UINT32_MAX };
	const char *output = "bench-study.json", *revision = "unknown";
	json_t *root, *load;
	u32 wanted;
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 'o':
			output = optarg;
			break;
		case 'r':
			options.rounds = (int)number(optarg, 1, STUDY_ROUNDS_MAX);
			break;
		case 'c':
			options.churn_seconds = number(optarg, 1, 3600);
			break;
		case 'l':
			options.lock_ms = number(optarg, 1, 10000);
			break;
		case 's':
			options.rounds = 1;
			options.churn_seconds = 2;
			options.lock_ms = 20;
			options.entries_most = SHORT_ENTRIES;
			break;
		case 'w':
			options.walk = optarg;
			break;
		case 'v':
			revision = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			wrong_usage();
		}
	}
	wanted = wanted_parts(argv + optind);
	scratch_run();
	load = host_load();
	root = json_pack("{s:I, s:o, s:o, s:{s:i, s:i, s:i}, s:o}", "version", (json_int_t)1,
			 "machine", host_describe(revision, BENCH_FLAGS, versions()),
			 "load_average_before", load, "options", "rounds", options.rounds,
			 "churn_seconds", (int)options.churn_seconds, "lock_ms",
			 (int)options.lock_ms, "studies", run_parts(&options, wanted));
	json_object_set_new(root, "load_average_after", host_load());
	if (host_write(root, output))
		return 1;
	json_decref(root);
	return 0;
}
