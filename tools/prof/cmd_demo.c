// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_demo.c - "khmap-prof demo": false and true sharing, to be seen
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include "demo/demo.h"
#include "options.h"
#include "prof.h"
#include "source/rights.h"
#include "timing/output.h"

#define INCREMENTS_DEFAULT	10000000u
#define PUTS_DEFAULT		20000u
#define ROUNDS_DEFAULT		5u
#define COUNT_MAX		1000000000000ull

static void print_help(void)
{
	printf("Usage: khmap-prof demo [OPTION...]\n"
	       "Shows what it costs when two CPUs share a cache line, by experiments: two counters in one\n"
	       "line, two that are each aligned to a line, an array that is aligned only as a whole, one\n"
	       "counter for both; and puts into neighbouring buckets of a packed and of an aligned map.\n"
	       "Counters need neither the module nor root.\n\n"
	       "  --increments N  of each CPU, in a round (default %u)\n"
	       "  --puts N        likewise (default %u)\n"
	       "  --rounds N      how often, 1 to %u (default %u); what is shown is the median\n"
	       "  --watchpoints   model transfers of counters too, by hardware watchpoints: as root\n"
	       "  --json[=FILE]   print JSON, or write it to FILE and print text all the same\n"
	       "  -h, --help      print this\n\n"
	       "A time is from when both CPUs begin until both are done, by the operations of one. The\n"
	       "verdict is that of the model of cache lines on the line that moves most, see khmap-prof\n"
	       "record; or, where it is not asked, by the addresses, or by the layout of the map: the\n"
	       "table says which.\n",
	       INCREMENTS_DEFAULT, PUTS_DEFAULT, DEMO_ROUNDS_MAX, ROUNDS_DEFAULT);
}

/* Returns enum prof_exit, or -1 to go on. */
static int demo_options(struct demo *demo, struct prof_output *output, int argc, char **argv)
{
	static const struct option options[] = {
		{ "increments", required_argument, NULL, 'i' },
		{ "puts", required_argument, NULL, 'p' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "watchpoints", no_argument, NULL, 'w' },
		{ "json", optional_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	uint64_t rounds = ROUNDS_DEFAULT;
	bool right = true;
	int option;

	while (right && (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			print_help();
			return PROF_EXIT_OK;
		case 'i':
			right = prof_option_count("--increments", optarg, COUNT_MAX,
						  &demo->increments);
			break;
		case 'p':
			right = prof_option_count("--puts", optarg, COUNT_MAX, &demo->puts);
			break;
		case 'r':
			right = prof_option_count("--rounds", optarg, DEMO_ROUNDS_MAX, &rounds);
			break;
		case 'w':
			demo->watchpoints = true;
			break;
		case 'j':
			prof_output_option(output, optarg);
			break;
		default:
			right = false;
		}
	}
	if (right && optind < argc) {
		prof_error("demo takes no arguments, but \"%s\". Try khmap-prof demo --help",
			   argv[optind]);
		right = false;
	}
	demo->rounds = (size_t)rounds;
	return right ? -1 : PROF_EXIT_USAGE;
}

static int demo_cpus(struct demo *demo)
{
	cpu_set_t allowed;

	CPU_ZERO(&allowed);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	if (!prof_pair_choose(&allowed, PROF_CPU_FOLDER, &demo->pair))
		return PROF_EXIT_OK;
	prof_error("the experiments need two processors, and this process may use %d",
		   CPU_COUNT(&allowed));
	return PROF_EXIT_UNSUPPORTED;
}

int prof_demo_main(int argc, char **argv)
{
	struct demo demo = { .increments = INCREMENTS_DEFAULT, .puts = PUTS_DEFAULT };
	struct prof_output output = { 0 };
	int status = demo_options(&demo, &output, argc, argv), err;

	if (status >= 0)
		return status;
	status = demo_cpus(&demo);
	if (!status)
		status = prof_output_check(&output);
	if (!status && demo.watchpoints)
		status = prof_rights_check(PROF_NEED_BPF | PROF_NEED_EVENTS);
	if (status)
		return status;
	prof_rights_log(false);
	err = demo_counters(&demo);
	if (!err)
		err = demo_maps(&demo);
	if (err) {
		prof_error("an experiment failed: %s", strerror(-err));
		return PROF_EXIT_FAILED;
	}
	status = prof_output_json(&output, demo_json(&demo));
	if (!status && prof_output_text(&output))
		status = prof_output_done(demo_print(&demo, stdout));
	return status;
}
