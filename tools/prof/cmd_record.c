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
#include "options.h"
#include "prof.h"
#include "profile/profile.h"
#include "profile/progress.h"
#include "profile/view.h"
#include "profile/resolve.h"
#include "source/machine.h"
#include "source/overhead.h"
#include "source/period.h"
#include "source/recorder.h"
#include "source/record_names.h"
#include "source/target.h"

#define LINES_MAX	(1u << 24)
#define EVERY_MAX	1000000000000ull	/* events, of --period */

struct record {
	struct prof_target target;
	struct prof_period period;
	uint64_t lines;
	uint64_t live_ns;
	const char *event;
	uint64_t every;	/* so many events are one sample */
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
	       "%s  --lines N       have room for N cache lines (default %u); others replace lines\n"
	       "                  that have not moved, and what finds no room is counted as dropped\n"
	       "  -w, --live[=S]  meanwhile show what moves, every S seconds (default 1); a terminal is\n"
	       "                  cleared each time\n"
	       "  --stacks        keep the call stacks of stores that moved a line\n"
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

static bool record_option(struct record *record, int option)
{
	switch (option) {
	case 'd':
		return prof_period_option(&record->period, optarg);
	case 'w':
		return prof_progress_option(optarg, &record->live_ns);
	case 'l':
		return prof_option_count("--lines", optarg, LINES_MAX, &record->lines);
	case 'e':
		record->event = optarg;
		return true;
	case 'p':
		return prof_option_count("--period", optarg, EVERY_MAX, &record->every);
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
	if (record->every && !record->event) {
		prof_error("--period is of an event that is sampled: give --event, too");
		return PROF_EXIT_USAGE;
	}
	if (record->view.files[PROF_VIEW_FOLDED])
		record->stacks = true;
	if (!prof_period_command(&record->period, argv + optind))
		return PROF_EXIT_USAGE;
	return prof_progress_agrees(record->live_ns, &record->view) ? -1 : PROF_EXIT_USAGE;
}

/* A recording, from its begin to its end. */
struct recording {
	const struct record *record;
	const struct prof_recorder *recorder;
	struct prof_profile *profile;
	struct prof_symbols *symbols;
	struct prof_progress progress;
	struct prof_tick tick;
};

static void recording_tick(void *context)
{
	struct recording *recording = context;

	prof_symbols_listen(recording->symbols);
	prof_tick_do(&recording->progress.tick);
}

static void recording_begin(struct recording *recording)
{
	const struct record *record = recording->record;
	struct prof_profile *profile = recording->profile;
	struct prof_fds fds = prof_recorder_fds(recording->recorder);

	profile->settings.flags = record->stacks ? PROF_FLAG_STACKS : 0;
	profile->settings.slot_ns = PROF_TIME_SLOT_NS;
	prof_machine_read(profile);
	prof_overhead_begin(&profile->overhead);
	profile->settings.began_ns = prof_tick_now();
	prof_recorder_begin(recording->recorder, &profile->settings);
	prof_progress_begin(&recording->progress, &fds, profile->settings.began_ns,
			    record->live_ns, record->view.top);
	recording->tick = (struct prof_tick){
		.period_ns = record->live_ns ? record->live_ns : PROF_SECOND_NS,
		.tell = recording_tick,
		.context = recording,
	};
}

static void recording_end(struct recording *recording)
{
	struct prof_profile *profile = recording->profile;

	prof_recorder_end(recording->recorder, &profile->settings);
	profile->duration_ns = prof_tick_now() - profile->settings.began_ns;
	prof_progress_end(&recording->progress);
	prof_recorder_overhead(recording->recorder, &profile->overhead);
	prof_overhead_end(&profile->overhead, profile->duration_ns);
}

static void recording_enable(void *context, bool on)
{
	if (on)
		recording_begin(context);
	else
		recording_end(context);
}

/* Returns what the command returned, or 0. */
static int record_run(struct record *record, const struct prof_recorder *recorder,
		      struct prof_symbols *symbols, struct prof_profile *profile)
{
	struct recording recording = {
		.record = record,
		.symbols = symbols,
		.recorder = recorder,
		.profile = profile,
	};
	int err = prof_geometries_write(prof_recorder_fds(recorder).maps);

	if (err)
		prof_error("maps that exist already are known by their id only: %s",
			   strerror(-err));
	record->period.tick = &recording.tick;
	return prof_period_run(&record->period, recording_enable, &recording);
}

/* Copy what was counted. */
static int record_read(const struct prof_recorder *recorder, struct prof_profile *profile)
{
	struct prof_fds fds = prof_recorder_fds(recorder);
	int err;

	if (recorder->session)
		profile->missed = prof_session_missed(recorder->session);
	if (recorder->samples) {
		struct prof_sampling *sampling = prof_alloc(1, sizeof(*sampling));
		struct prof_function_row *rows;
		size_t count;

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
	err = prof_profile_read(profile, &fds);
	if (recorder->session)
		prof_session_events(recorder->session, &profile->totals.events);
	return err;
}

static int record_session(struct record *record, const struct prof_rung *rung,
			  struct prof_profile *profile)
{
	const struct prof_samples_options options = {
		.rung = rung,
		.period = record->every,
		.map_id = profile->settings.map_id,
		.sample = profile->settings.sample,
		.lines = (uint32_t)record->lines,
		.verbose = record->verbose,
	};
	struct prof_recorder recorder;
	struct prof_symbols *symbols;
	int status, result, err;

	status = prof_recorder_open(&recorder, &options);
	if (status)
		return status;
	status = prof_period_start(&record->period);
	if (status) {
		prof_recorder_close(&recorder);
		return status;
	}
	symbols = prof_symbols_open();
	result = record_run(record, &recorder, symbols, profile);
	err = record_read(&recorder, profile);
	prof_recorder_close(&recorder);
	prof_target_check(&record->target, profile->settings.map_id);
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
	if (!status)
		status = prof_view_check(&record.view);
	if (!status) {
		profile.source = record_source(rung);
		status = record_session(&record, rung, &profile);
	}
	prof_profile_free(&profile);
	return status;
}
