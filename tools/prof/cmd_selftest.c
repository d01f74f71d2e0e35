// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_selftest.c - "khmap-prof selftest": does it work on this machine?
 */
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include "prof.h"
#include "selftest/selftest.h"
#include "source/rights.h"
#include "timing/output.h"

#define COST_ROUNDS	99
#define COST_SAMPLE	64
#define COST_BATCH	64
#define COST_NEVER	1000000000	/* so few that none is */
#define COSTS		3

static const struct {
	const char *name;
	unsigned int need;	/* it is there, and that is all */
	unsigned int after;	/* what it makes no sense without */
	bool pair;		/* it is about two processors */
	void (*run)(struct selftest_check *check, const struct prof_pair *pair);
} checks[] = {
	{ "module", PROF_NEED_MODULE, 0, false, NULL },
	{ "types", PROF_NEED_TYPES, PROF_NEED_MODULE, false, NULL },
	{ "rights", PROF_NEED_BPF, 0, false, NULL },
	{ "perf events", PROF_NEED_EVENTS, 0, false, NULL },
	{ "tracepoints", 0, PROF_NEED_MODULE | PROF_NEED_TYPES | PROF_NEED_BPF, true,
	  selftest_tracepoints },
	{ "operations", 0, PROF_NEED_MODULE | PROF_NEED_TYPES | PROF_NEED_BPF, true,
	  selftest_operations },
	{ "stalls", 0, PROF_NEED_MODULE | PROF_NEED_TYPES | PROF_NEED_BPF, false,
	  selftest_stalls },
	{ "samples", 0,
	  PROF_NEED_MODULE | PROF_NEED_TYPES | PROF_NEED_BPF | PROF_NEED_EVENTS, false,
	  selftest_samples },
	{ "counters", 0, PROF_NEED_EVENTS, false, selftest_counters },
	{ "watchpoint", 0, 0, false, selftest_watchpoint },
	{ "watch", 0, PROF_NEED_BPF | PROF_NEED_EVENTS, true, selftest_watch },
};

#define CHECKS (sizeof(checks) / sizeof(checks[0]))

struct selftest {
	struct prof_output output;
	bool measure;
	bool verbose;
	struct selftest_check results[CHECKS];
	struct selftest_cost costs[COSTS];
	size_t cost_count;
};

static void print_help(void)
{
	printf("Usage: khmap-prof selftest [OPTION...]\n"
	       "Sees what of the profiler works on this machine: what must be there and allowed, and each\n"
	       "source once with something whose result is known, in maps of its own. Of the machine's\n"
	       "counters it only sees which can be had.\n\n"
	       "  --overhead     measure what a profile costs those who put: throughput with a profile\n"
	       "                 that takes one event in %d, by that without; medians of 64 puts each,\n"
	       "                 and of %d rounds in turns; then with one that takes none\n"
	       "  --json[=FILE]  print JSON, or write it to FILE and print text all the same\n"
	       "  --verbose      show what libbpf and the kernel say\n"
	       "  -h, --help     print this\n\n"
	       "\"absent\" is what a machine may lack: the profiler does without. The exit status is\n"
	       "that of the first check that failed, see khmap-prof --help.\n",
	       COST_SAMPLE, COST_ROUNDS);
}

/* Returns enum prof_exit, or -1 to go on. */
static int selftest_options(struct selftest *selftest, int argc, char **argv)
{
	static const struct option options[] = {
		{ "overhead", no_argument, NULL, 'o' },
		{ "json", optional_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			print_help();
			return PROF_EXIT_OK;
		case 'o':
			selftest->measure = true;
			break;
		case 'j':
			prof_output_option(&selftest->output, optarg);
			break;
		case 'v':
			selftest->verbose = true;
			break;
		default:
			return PROF_EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	prof_error("selftest takes no arguments, but \"%s\". Try khmap-prof selftest --help",
		   argv[optind]);
	return PROF_EXIT_USAGE;
}

/* What is needed, and not there. */
static unsigned int needs_missing(void)
{
	struct prof_rights rights;
	unsigned int need, missing = 0;
	char text[512];

	prof_rights_read(&rights);
	for (need = PROF_NEED_MODULE; need <= PROF_NEED_EVENTS; need <<= 1)
		if (prof_rights_why(&rights, need, text, sizeof(text)))
			missing |= need;
	return missing;
}

static void check_need(struct selftest_check *check, unsigned int need)
{
	struct prof_rights rights;

	prof_rights_read(&rights);
	check->status = prof_rights_why(&rights, need, check->text, sizeof(check->text));
	check->verdict = check->status ? SELFTEST_FAILED : SELFTEST_OK;
	if (check->status)
		return;
	if (need == PROF_NEED_EVENTS)
		snprintf(check->text, sizeof(check->text),
			 "kernel.perf_event_paranoid is %d; kernel.kptr_restrict is %d%s",
			 rights.paranoid, rights.kptr_restrict,
			 rights.kptr_restrict > 1 ? ", which hides the names of functions" : "");
	else
		snprintf(check->text, sizeof(check->text), "nothing is missing");
}

static void checks_run(struct selftest *selftest)
{
	unsigned int missing = needs_missing();
	struct prof_pair pair;
	cpu_set_t allowed;
	bool two;
	size_t i;

	CPU_ZERO(&allowed);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	two = !prof_pair_choose(&allowed, PROF_CPU_FOLDER, &pair);
	for (i = 0; i < CHECKS; i++) {
		struct selftest_check *check = &selftest->results[i];

		check->name = checks[i].name;
		if (checks[i].after & missing) {
			check->verdict = SELFTEST_ABSENT;
			snprintf(check->text, sizeof(check->text),
				 "not tried, for want of what is above");
		} else if (checks[i].need) {
			check_need(check, checks[i].need);
		} else if (checks[i].pair && !two) {
			check->verdict = SELFTEST_ABSENT;
			snprintf(check->text, sizeof(check->text),
				 "not tried: it needs two processors");
		} else {
			checks[i].run(check, &pair);
		}
	}
}

static int costs_run(struct selftest *selftest)
{
	static const struct {
		uint32_t batch;
		uint32_t sample;
	} costs[COSTS] = {
		{ 1, COST_SAMPLE }, { COST_BATCH, COST_SAMPLE }, { COST_BATCH, COST_NEVER },
	};
	int status;
	size_t i;

	for (i = 0; i < COSTS; i++) {
		selftest->costs[i] = (struct selftest_cost){
			.rounds = COST_ROUNDS,
			.batch = costs[i].batch,
			.sample = costs[i].sample,
		};
		status = selftest_cost(&selftest->costs[i]);
		if (status)
			return status;
		selftest->cost_count++;
	}
	return PROF_EXIT_OK;
}

static const char *verdict_name(enum selftest_verdict verdict)
{
	static const char * const names[] = {
		[SELFTEST_OK] = "ok",
		[SELFTEST_ABSENT] = "absent",
		[SELFTEST_FAILED] = "failed",
	};

	return names[verdict];
}

static void selftest_print(const struct selftest *selftest)
{
	size_t i;

	for (i = 0; i < CHECKS; i++)
		printf("%-12s %-7s %s\n", selftest->results[i].name,
		       verdict_name(selftest->results[i].verdict), selftest->results[i].text);
	for (i = 0; i < selftest->cost_count; i++) {
		const struct selftest_cost *cost = &selftest->costs[i];
		char taken[32] = "no event";

		if (cost->sample != COST_NEVER)
			snprintf(taken, sizeof(taken), "one event in %u", cost->sample);
		printf("overhead     %.3f   of the throughput is left with %s taken: %.0f of %.0f puts a second, %s\n",
		       cost->ratio, taken, cost->sampled[cost->rounds / 2],
		       cost->plain[cost->rounds / 2],
		       cost->batch > 1 ? "by batches" : "one by one");
	}
}

static json_t *selftest_json(const struct selftest *selftest)
{
	json_t *results = json_array(), *costs = json_array();
	size_t i;

	for (i = 0; i < CHECKS; i++)
		json_array_append_new(results, json_pack("{s:s, s:s, s:s}", "name",
							 selftest->results[i].name, "verdict",
							 verdict_name(selftest->results[i].verdict),
							 "text", selftest->results[i].text));
	for (i = 0; i < selftest->cost_count; i++) {
		const struct selftest_cost *cost = &selftest->costs[i];

		json_array_append_new(costs, json_pack("{s:i, s:i, s:f, s:f, s:f}", "batch",
						       cost->batch, "sample", cost->sample, "plain",
						       cost->plain[cost->rounds / 2], "sampled",
						       cost->sampled[cost->rounds / 2], "ratio",
						       cost->ratio));
	}
	return json_pack("{s:i, s:s, s:o, s:o}", "format", PROF_TIMING_FORMAT, "command",
			 "selftest", "checks", results, "overhead", costs);
}

int prof_selftest_main(int argc, char **argv)
{
	struct selftest selftest = { 0 };
	int status = selftest_options(&selftest, argc, argv), result = PROF_EXIT_OK;
	size_t i;

	if (status >= 0)
		return status;
	status = prof_output_check(&selftest.output);
	if (status)
		return status;
	prof_rights_log(selftest.verbose);
	checks_run(&selftest);
	for (i = 0; i < CHECKS && !result; i++)
		if (selftest.results[i].verdict == SELFTEST_FAILED)
			result = selftest.results[i].status;
	if (selftest.measure && !result)
		result = costs_run(&selftest);
	status = prof_output_json(&selftest.output, selftest_json(&selftest));
	if (!status && prof_output_text(&selftest.output)) {
		selftest_print(&selftest);
		status = prof_output_done(0);
	}
	return status ? status : result;
}
