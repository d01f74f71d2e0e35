// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * main.c - khmap beside the kernel's own hash map, in one running kernel
 *
 * bench-report makes tables and charts of the file.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../host.h"
#include "bench.h"

struct bench_part {
	const char *name;
	void (*measure)(json_t *groups, const struct bench_options *options);
	bool always;
};

static const struct bench_part bench_parts[] = {
	{ "get", bench_get, true },
	{ "put", bench_put, true },
	{ "uring", bench_uring, true },
	{ "program", bench_program, true },
	{ "threads", bench_threads, true },
	{ "engine", bench_put_engine, false },
};

#define BENCH_PARTS	(sizeof(bench_parts) / sizeof(bench_parts[0]))

static int usage(FILE *out)
{
	fprintf(out,
		"Usage: bench-guest [OPTION...] [PART...]\n"
		"Measures khmap beside BPF's hash map, with keys and values of 8 bytes, in the\n"
		"kernel that it runs on, which has the module. The samples go to a file in JSON,\n"
		"of which bench-report makes tables.\n\n"
		"  --output FILE    the file (bench-guest.json)\n"
		"  --rounds N       rounds of each (5)\n"
		"  --entries N      entries that batches put, a power of two (1048576)\n"
		"  --lookups N      look-ups of a round (200000)\n"
		"  --batch N        operations of a batch (1024)\n"
		"  --revision TEXT  of the sources, for the file\n"
		"  --flags TEXT     of the compiler, for the file\n"
		"  PART             get, put, uring, program or threads (all of them), or engine:\n"
		"                   only the batches that put\n");
	return out == stdout ? 0 : 2;
}

static uint32_t number(const char *text)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || !n || n > 1u << 30) {
		fprintf(stderr, "bench-guest: not a number above 0: %s\n", text);
		exit(2);
	}
	return (uint32_t)n;
}

static const struct bench_part *part(const char *name)
{
	size_t i;

	for (i = 0; i < BENCH_PARTS; i++)
		if (!strcmp(bench_parts[i].name, name))
			return &bench_parts[i];
	fprintf(stderr, "bench-guest: no such part: %s\n", name);
	exit(usage(stderr));
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "entries", required_argument, NULL, 'e' },
		{ "lookups", required_argument, NULL, 'l' },
		{ "batch", required_argument, NULL, 'b' },
		{ "revision", required_argument, NULL, 'v' },
		{ "flags", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct bench_options options = {
		.rounds = 5,
		.entries = 1 << 20,
		.lookups = 200000,
		.batch = 1024,
	};
	const char *output = "bench-guest.json", *revision = "unknown", *flags = "";
	json_t *root, *groups = json_array();
	size_t i;
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 'o':
			output = optarg;
			break;
		case 'r':
			options.rounds = number(optarg);
			break;
		case 'e':
			options.entries = number(optarg);
			break;
		case 'l':
			options.lookups = number(optarg);
			break;
		case 'b':
			options.batch = number(optarg);
			break;
		case 'v':
			revision = optarg;
			break;
		case 'f':
			flags = optarg;
			break;
		case 'h':
			return usage(stdout);
		default:
			return usage(stderr);
		}
	}
	if ((options.entries & (options.entries - 1)) || options.batch > KHMAP_BATCH_MAX)
		return usage(stderr);
	for (i = (size_t)optind; i < (size_t)argc; i++)
		part(argv[i])->measure(groups, &options);
	for (i = 0; optind == argc && i < BENCH_PARTS; i++)
		if (bench_parts[i].always)
			bench_parts[i].measure(groups, &options);

	root = json_pack("{s:i, s:o, s:{s:I, s:I, s:I, s:I}, s:o}", "version", 1, "machine",
			 host_describe(revision, flags, json_object()), "options",
			 "rounds", (json_int_t)options.rounds, "entries",
			 (json_int_t)options.entries, "lookups", (json_int_t)options.lookups,
			 "batch", (json_int_t)options.batch, "groups", groups);
	c = host_write(root, output);
	json_decref(root);
	return c ? 1 : 0;
}
