// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_record.c - "khmap-prof record": from the options to the report
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "prof.h"
#include "profile/profile.h"
#include "profile/progress.h"
#include "profile/view.h"
#include "profile/resolve.h"
#include "source/child.h"
#include "source/machine.h"
#include "source/overhead.h"
#include "source/recorder.h"
#include "source/record_names.h"
#include "source/target.h"

#define SECOND_NS	1000000000ull
#define DURATION_MAX	1e9	/* seconds */
#define LINES_MAX	(1u << 24)
#define PERIOD_MAX	1000000000000ull
#define LIVE_DEFAULT	1	/* seconds */
#define SLOTS		100	/* of time, that a known duration is divided into */

struct record {
	struct prof_target target;
	char **command;
	uint64_t duration_ns;
	uint64_t lines;
	uint64_t live_ns;
	const char *event;
	uint64_t period;
	bool stacks;
	bool verbose;
	bool watch;
	struct prof_view view;
};

static void print_help(void)
{
	printf("Usage: khmap-prof record [OPTION...] [-- COMMAND [ARGUMENT...]]\n"
	       "Records what puts and deletes store, for a time, while COMMAND runs, or until Ctrl-C;\n"
	       "then prints the hottest cache lines, and what would mend them.\n\n"
	       "  --map NAME      profile this map only (default: all)\n"
	       "  --map-id N      the same, by the map's id\n"
	       "  --duration S    record for S seconds\n"
	       "  --sample N      take one event in N of each processor (default 1)\n"
	       "  --event NAME    sample this event of \"khmap-prof events\", or \"auto\" for the best\n"
	       "                  that works here (default: tracepoints, which see every operation)\n"
	       "  --period N      take a sample whenever the event has been counted N times\n"
	       "%s  --lines N       have room for N cache lines (default %u); what finds no room is\n"
	       "                  counted as dropped\n"
	       "  -w, --live[=S]  meanwhile show what moves, every S seconds (default 1); a terminal is\n"
	       "                  cleared each time\n"
	       "  --stacks        keep the call stacks that stores come from\n"
	       "  --pid, --range, --symbol, --line, --source watchpoints\n"
	       "                  record by watchpoints: see khmap-prof watch --help\n"
	       "  --verbose       show what libbpf and the kernel say\n"
	       "  -h, --help      print this\n\n"
	       "A store is an operation that stored into the line, however many bytes. A modelled\n"
	       "transfer is a store by another processor than the last one: true sharing if it stores\n"
	       "a byte that the last one had stored since the line was its own, else false sharing.\n"
	       "The source are tracepoints that fire when an operation is done, so that the order of\n"
	       "events on two processors need not be that of their stores. With --sample, transfers\n"
	       "are those between the events taken.\n\n"
	       "Exit status: see khmap-prof --help; if the profile was made, that of COMMAND.\n",
	       prof_view_help, PROF_LINES_DEFAULT);
}

static bool seconds_option(const char *name, const char *text, uint64_t *duration_ns)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(text, &end);
	if (!errno && *text && !*end && seconds > 0 && seconds <= DURATION_MAX) {
		*duration_ns = (uint64_t)(seconds * (double)SECOND_NS);
		return true;
	}
	prof_error("%s needs a number of seconds above 0, not \"%s\"", name, text);
	return false;
}

static bool count_option(const char *name, const char *text, uint64_t max, uint64_t *count)
{
	if (!prof_number(text, max, count) && *count)
		return true;
	prof_error("%s needs a number from 1 to %llu, not \"%s\"", name, (unsigned long long)max,
		   text);
	return false;
}

static bool record_option(struct record *record, int option)
{
	switch (option) {
	case 'd':
		return seconds_option("--duration", optarg, &record->duration_ns);
	case 'w':
		record->live_ns = LIVE_DEFAULT * SECOND_NS;
		return !optarg || seconds_option("--live", optarg, &record->live_ns);
	case 'l':
		return count_option("--lines", optarg, LINES_MAX, &record->lines);
	case 'e':
		record->event = optarg;
		return true;
	case 'p':
		return count_option("--period", optarg, PERIOD_MAX, &record->period);
	case 'S':
		record->stacks = true;
		return true;
	case 'v':
		record->verbose = true;
		return true;
	case 'W':
		record->watch = true;
		return true;
	default:
		if (option >= PROF_OPTION_SHOW)
			return prof_view_option(&record->view, option, optarg);
		return prof_target_option(&record->target, option, optarg);
	}
}

/* Returns enum prof_exit, or -1 to go on. */
static int record_options(struct record *record, int argc, char **argv)
{
	static const struct option options[] = {
		PROF_VIEW_OPTIONS,
		{ "map", required_argument, NULL, 'm' },
		{ "map-id", required_argument, NULL, 'i' },
		{ "duration", required_argument, NULL, 'd' },
		{ "sample", required_argument, NULL, 's' },
		{ "event", required_argument, NULL, 'e' },
		{ "period", required_argument, NULL, 'p' },
		{ "lines", required_argument, NULL, 'l' },
		{ "live", optional_argument, NULL, 'w' },
		{ "stacks", no_argument, NULL, 'S' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		/* Of watch, which reads them. */
		{ "source", required_argument, NULL, 'W' },
		{ "pid", required_argument, NULL, 'W' },
		{ "range", required_argument, NULL, 'W' },
		{ "symbol", required_argument, NULL, 'W' },
		{ "line", required_argument, NULL, 'W' },
		{ "hot", required_argument, NULL, 'W' },
		{ "find", required_argument, NULL, 'W' },
		{ "loads", no_argument, NULL, 'W' },
		{ "width", required_argument, NULL, 'W' },
		{ "interval", required_argument, NULL, 'W' },
		{ 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "+hw::", options, NULL)) != -1) {
		if (option == 'h') {
			print_help();
			return PROF_EXIT_OK;
		}
		if (!record_option(record, option))
			return PROF_EXIT_USAGE;
	}
	if (optind < argc)
		record->command = argv + optind;
	if (record->period && !record->event) {
		prof_error("--period is of an event that is sampled: give --event, too");
		return PROF_EXIT_USAGE;
	}
	if (record->command && record->duration_ns) {
		prof_error("give --duration or a command, not both");
		return PROF_EXIT_USAGE;
	}
	if (record->live_ns && prof_view_alone(&record->view)) {
		prof_error("--live needs standard output for itself: give a FILE that is not \"-\"");
		return PROF_EXIT_USAGE;
	}
	return -1;
}

/* Returns what the command returned, or 0. */
static int record_run(struct record *record, const struct prof_recorder *recorder,
		      struct prof_child *child, struct prof_profile *profile)
{
	struct prof_fds fds = prof_recorder_fds(recorder);
	struct prof_progress progress;
	int err, result = 0;
	sigset_t signals;
	siginfo_t info;
	uint64_t began;

	err = prof_geometries_write(fds.maps);
	if (err)
		prof_error("maps that exist already are known by their id only: %s",
			   strerror(-err));
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	profile->settings.flags = record->stacks ? PROF_FLAG_STACKS : 0;
	profile->settings.slot_ns = record->duration_ns ? record->duration_ns / SLOTS + 1 :
							  SECOND_NS;
	prof_machine_read(profile);
	prof_overhead_begin(&profile->overhead);
	began = prof_tick_now();
	profile->settings.began_ns = began;
	prof_recorder_begin(recorder, &profile->settings);
	prof_progress_begin(&progress, &fds, began, record->live_ns, record->view.top);
	if (record->command) {
		child->tick = &progress.tick;
		result = prof_child_run(child, &signals);
	} else {
		if (!record->duration_ns)
			fprintf(stderr, "khmap-prof: recording; Ctrl-C ends it\n");
		prof_tick_wait(&progress.tick, &signals,
			       record->duration_ns ? began + record->duration_ns : 0, &info);
	}
	prof_recorder_end(recorder, &profile->settings);
	profile->duration_ns = prof_tick_now() - began;
	prof_progress_end(&progress);
	prof_recorder_overhead(recorder, &profile->overhead);
	prof_overhead_end(&profile->overhead, profile->duration_ns);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	return result;
}

/* Copy what was counted. */
static int record_read(const struct prof_recorder *recorder, struct prof_profile *profile)
{
	struct prof_fds fds = prof_recorder_fds(recorder);

	if (recorder->session)
		profile->missed = prof_session_missed(recorder->session);
	if (recorder->samples) {
		struct prof_sampling *sampling = prof_alloc(1, sizeof(*sampling));
		struct prof_function_row *rows;
		size_t count;
		int err;

		profile->sampling = sampling;
		err = prof_samples_count(recorder->samples, &sampling->counts);
		if (!err)
			err = prof_samples_functions(recorder->samples, &rows, &count);
		if (err)
			return err;
		prof_sampling_name(profile, rows, count);
		free(rows);
		profile->totals.outside = sampling->counts.totals.outside;
	}
	return prof_profile_read(profile, &fds);
}

static int record_session(struct record *record, const struct prof_rung *rung,
			  struct prof_profile *profile)
{
	const struct prof_samples_options options = {
		.rung = rung,
		.period = record->period,
		.map_id = profile->settings.map_id,
		.lines = (uint32_t)record->lines,
		.verbose = record->verbose,
	};
	struct prof_recorder recorder;
	struct prof_symbols *symbols;
	struct prof_child child;
	int status, result, err;

	status = prof_recorder_open(&recorder, &options);
	if (status)
		return status;
	if (record->command) {
		err = prof_child_start(&child, record->command);
		if (err) {
			prof_error("%s cannot be started: %s", record->command[0], strerror(-err));
			prof_recorder_close(&recorder);
			return PROF_EXIT_FAILED;
		}
	}
	symbols = prof_symbols_open();
	result = record_run(record, &recorder, &child, profile);
	err = record_read(&recorder, profile);
	prof_recorder_close(&recorder);
	prof_record_names(profile);
	prof_profile_resolve(profile, symbols);
	prof_symbols_close(symbols);
	if (err) {
		prof_error("what was counted cannot be read: %s", strerror(-err));
		return PROF_EXIT_FAILED;
	}
	status = prof_view_write(&record->view, profile);
	return status ? status : result;
}

/* What a profile says of its source. */
static struct prof_source record_source(const struct prof_rung *rung)
{
	bool tracepoints = rung->kind == PROF_RUNG_TRACEPOINTS;

	return (struct prof_source){
		.kind = tracepoints ? "tracepoints" : "pmu",
		.rung = rung->name,
		.event = tracepoints ? "khmap_put, khmap_delete" : rung->event,
		.counts = tracepoints ? "operations that stored" : rung->counts,
		.has_address = rung->has_address,
	};
}

int prof_record_main(int argc, char **argv)
{
	struct record record = {
		.target = { .sample = 1 },
		.lines = PROF_LINES_DEFAULT,
	};
	struct prof_profile profile = { 0 };
	const struct prof_rung *rung;
	int status;

	prof_view_init(&record.view);
	status = record_options(&record, argc, argv);
	if (status >= 0)
		return status;
	if (record.watch) {
		optind = 0;	/* begins anew */
		return prof_watch_main(argc, argv);
	}
	status = prof_session_check();
	if (!status)
		status = prof_recorder_choose(record.event, &rung);
	if (!status)
		status = prof_target_find(&record.target, &profile.settings);
	if (!status) {
		profile.source = record_source(rung);
		status = record_session(&record, rung, &profile);
	}
	prof_profile_free(&profile);
	return status;
}
