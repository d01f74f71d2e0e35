// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_events.c - "khmap-prof events": which events this machine has, and why not
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "perf/open.h"
#include "prof.h"

#define EVENTS_FORMAT	1	/* of the JSON */

static void print_help(void)
{
	printf("Usage: khmap-prof events [OPTION...]\n"
	       "Tries every event that tells of stores or of misses, best first, and says which one\n"
	       "a profile stands on, what it counts, and why each other one is not taken. Events are\n"
	       "opened and closed, none is started.\n\n"
	       "  --json          print it as JSON\n"
	       "  --cpuinfo FILE  take the processor from FILE, which has the form of\n"
	       "                  %s; what the kernel answers is still this machine's\n"
	       "  -h, --help      print this\n", PROF_CPUINFO);
}

static const char *standing_name(enum prof_standing standing)
{
	static const char * const names[] = {
		[PROF_STANDING_TAKEN] = "taken",
		[PROF_STANDING_FREE] = "works",
		[PROF_STANDING_FOREIGN] = "foreign",
		[PROF_STANDING_REFUSED] = "refused",
	};

	return names[standing];
}

static json_t *json_rung(const struct prof_trial *verdict)
{
	const struct prof_rung *rung = verdict->rung;
	char config[24], config1[24];

	snprintf(config, sizeof(config), "0x%" PRIx64, rung->config);
	snprintf(config1, sizeof(config1), "0x%" PRIx64, rung->config1);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:s?, s:i, s:s, s:s, s:i, s:b}",
			 "name", rung->name, "event", rung->event, "standing",
			 standing_name(verdict->standing), "why", verdict->why, "remedy",
			 verdict->remedy, "counts", rung->counts, "machines", rung->machines,
			 "has_address", rung->has_address, "errno", -verdict->err,
			 "pmu", rung->pmu, "type", (int)rung->type, "config", config, "config1",
			 config1, "precise_ip", (int)rung->precise,
			 "automatic", rung->choice == PROF_CHOICE_AUTO);
}

static int json_print(const struct prof_cpu *cpu, const struct prof_trial *verdicts,
		      const struct prof_trial *taken)
{
	json_t *rungs = json_array(), *json;
	size_t i;
	int err = 0;

	for (i = 0; i < prof_ladder_length; i++)
		json_array_append_new(rungs, json_rung(&verdicts[i]));
	json = json_pack("{s:i, s:{s:s, s:i, s:i, s:b}, s:s?, s:o}", "format", EVENTS_FORMAT,
			 "processor", "vendor", cpu->name, "family", (int)cpu->family,
			 "model", (int)cpu->model, "virtual", cpu->virtual,
			 "taken", taken ? taken->rung->name : NULL, "rungs", rungs);
	if (!json)
		return -ENOMEM;
	if (json_dumpf(json, stdout, JSON_INDENT(1)) || putchar('\n') == EOF)
		err = -EIO;
	json_decref(json);
	return err;
}

static void rung_print(const struct prof_trial *verdict)
{
	const struct prof_rung *rung = verdict->rung;
	const char *standing = verdict->standing == PROF_STANDING_TAKEN ? "taken" : "not taken";

	printf("\n%s %-19s %s, %s\n", verdict->standing == PROF_STANDING_TAKEN ? "*" : " ",
	       rung->name, rung->event, rung->has_address ? "with address" : "without address");
	printf("    counts      %s\n", rung->counts);
	printf("    found on    %s\n", rung->machines);
	printf("    %-11s %s\n", standing, verdict->why);
	if (verdict->remedy[0])
		printf("    remedy      %s\n", verdict->remedy);
}

static void text_print(const struct prof_cpu *cpu, const struct prof_trial *verdicts,
		       const struct prof_trial *taken)
{
	char words[96];
	size_t i;

	prof_cpu_words(cpu, words, sizeof(words));
	printf("Processor: %s\n", words);
	if (taken)
		printf("Taken: %s: %s\n", taken->rung->name, taken->rung->counts);
	else
		printf("Taken: none, no event works here\n");
	for (i = 0; i < prof_ladder_length; i++)
		rung_print(&verdicts[i]);
}

static int events_print(const struct prof_cpu *cpu, bool json)
{
	struct prof_trial *verdicts = prof_alloc(prof_ladder_length, sizeof(*verdicts));
	const struct prof_trial *taken = prof_ladder_try(&prof_kernel_own, cpu, verdicts);
	int err = 0;

	if (json)
		err = json_print(cpu, verdicts, taken);
	else
		text_print(cpu, verdicts, taken);
	free(verdicts);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = -EIO;
	if (!err)
		return PROF_EXIT_OK;
	prof_error("the events cannot be printed: %s", strerror(-err));
	return PROF_EXIT_FAILED;
}

int prof_events_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "cpuinfo", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	const char *cpuinfo = NULL;
	struct prof_cpu cpu = { 0 };
	bool json = false;
	int option, err;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			print_help();
			return PROF_EXIT_OK;
		case 'j':
			json = true;
			break;
		case 'c':
			cpuinfo = optarg;
			break;
		default:
			return PROF_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		prof_error("events takes no argument. Try khmap-prof events --help");
		return PROF_EXIT_USAGE;
	}
	err = prof_cpu_read(cpuinfo ? cpuinfo : PROF_CPUINFO, &cpu);
	/* A processor that is not known of has the events that any may have. */
	if (err && cpuinfo) {
		prof_error("%s: %s", cpuinfo, err == -EINVAL ?
			   "it names no processor, by vendor_id or CPU implementer" :
			   strerror(-err));
		return PROF_EXIT_FAILED;
	}
	return events_print(&cpu, json);
}
