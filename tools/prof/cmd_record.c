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
#include <time.h>
#include <unistd.h>
#include "source/child.h"
#include "prof.h"
#include "profile/profile.h"
#include "profile/report.h"
#include "profile/resolve.h"
#include "source/session.h"
#include "source/target.h"

#define SECOND_NS	1000000000ull
#define DURATION_MAX	1e9	/* seconds */
#define LINES_MAX	(1u << 24)
#define TOP_DEFAULT	20
#define SLOTS		100	/* of time, that a known duration is divided into */

struct record {
	struct prof_target target;
	char **command;
	uint64_t duration_ns;
	const char *json;
	uint64_t top;
	uint64_t lines;
	bool stacks;
	bool verbose;
};

static void print_help(void)
{
	printf("Usage: khmap-prof record [OPTION...] [-- COMMAND [ARGUMENT...]]\n"
	       "Records what puts and deletes store, for a time, while COMMAND runs, or until Ctrl-C;\n"
	       "then prints the hottest cache lines.\n\n"
	       "  --map NAME      profile this map only (default: all)\n"
	       "  --map-id N      the same, by the map's id\n"
	       "  --duration S    record for S seconds\n"
	       "  --sample N      take one event in N of each processor (default 1)\n"
	       "  --top N         print N lines at most (default %u)\n"
	       "  --json FILE     write all of the profile as JSON; \"-\" is standard output, and\n"
	       "                  then no table is printed\n"
	       "  --lines N       have room for N cache lines (default %u); what finds no room is\n"
	       "                  counted as dropped\n"
	       "  --stacks        keep the call stacks that stores come from\n"
	       "  --verbose       show what libbpf and the kernel say\n"
	       "  -h, --help      print this\n\n"
	       "A store is an operation that stored into the line, however many bytes. A modelled\n"
	       "transfer is a store by another processor than the last one: true sharing if it stores\n"
	       "a byte that the last one had stored since the line was its own, else false sharing.\n"
	       "The source are tracepoints that fire when an operation is done, so that the order of\n"
	       "events on two processors need not be that of their stores. With --sample, transfers\n"
	       "are those between the events taken.\n\n"
	       "Exit status: see khmap-prof --help; if the profile was made, that of COMMAND.\n",
	       TOP_DEFAULT, PROF_LINES_DEFAULT);
}

static bool duration_option(const char *text, uint64_t *duration_ns)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(text, &end);
	if (!errno && *text && !*end && seconds > 0 && seconds <= DURATION_MAX) {
		*duration_ns = (uint64_t)(seconds * (double)SECOND_NS);
		return true;
	}
	prof_error("--duration needs a number of seconds above 0, not \"%s\"", text);
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
		return duration_option(optarg, &record->duration_ns);
	case 'j':
		record->json = optarg;
		return true;
	case 't':
		return count_option("--top", optarg, LINES_MAX, &record->top);
	case 'l':
		return count_option("--lines", optarg, LINES_MAX, &record->lines);
	case 'S':
		record->stacks = true;
		return true;
	case 'v':
		record->verbose = true;
		return true;
	default:
		return prof_target_option(&record->target, option, optarg);
	}
}

/* Returns enum prof_exit, or -1 to go on. */
static int record_options(struct record *record, int argc, char **argv)
{
	static const struct option options[] = {
		{ "map", required_argument, NULL, 'm' },
		{ "map-id", required_argument, NULL, 'i' },
		{ "duration", required_argument, NULL, 'd' },
		{ "sample", required_argument, NULL, 's' },
		{ "top", required_argument, NULL, 't' },
		{ "json", required_argument, NULL, 'j' },
		{ "lines", required_argument, NULL, 'l' },
		{ "stacks", no_argument, NULL, 'S' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (option == 'h') {
			print_help();
			return PROF_EXIT_OK;
		}
		if (!record_option(record, option))
			return PROF_EXIT_USAGE;
	}
	if (optind < argc)
		record->command = argv + optind;
	if (record->command && record->duration_ns) {
		prof_error("give --duration or a command, not both");
		return PROF_EXIT_USAGE;
	}
	return -1;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* Until the time is over or a signal comes; the signals are blocked. */
static void record_wait(uint64_t duration_ns, const sigset_t *signals)
{
	uint64_t end = now_ns() + duration_ns, now;

	if (!duration_ns) {
		fprintf(stderr, "khmap-prof: recording; Ctrl-C ends it\n");
		sigwaitinfo(signals, NULL);
		return;
	}
	while ((now = now_ns()) < end) {
		struct timespec left = {
			.tv_sec = (time_t)((end - now) / SECOND_NS),
			.tv_nsec = (long)((end - now) % SECOND_NS),
		};

		if (sigtimedwait(signals, NULL, &left) > 0)
			return;
	}
}

/* Returns what the command returned, or 0. */
static int record_run(struct record *record, struct prof_session *session, struct prof_child *child,
		      struct prof_profile *profile)
{
	struct prof_fds fds = prof_session_fds(session);
	uint64_t began;
	int err, result = 0;
	sigset_t signals;

	err = prof_geometries_write(fds.maps);
	if (err)
		prof_error("maps that exist already are known by their id only: %s",
			   strerror(-err));
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	profile->settings.enabled = 1;
	profile->settings.flags = record->stacks ? PROF_FLAG_STACKS : 0;
	profile->settings.slot_ns = record->duration_ns ? record->duration_ns / SLOTS + 1 :
							  SECOND_NS;
	began = now_ns();
	profile->settings.began_ns = began;
	prof_settings_write(fds.settings, &profile->settings);
	if (record->command)
		result = prof_child_run(child, &signals);
	else
		record_wait(record->duration_ns, &signals);
	profile->settings.enabled = 0;
	prof_settings_write(fds.settings, &profile->settings);
	profile->duration_ns = now_ns() - began;
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	return result;
}

static int json_file(const struct prof_profile *profile, const char *path)
{
	FILE *file = fopen(path, "we");
	int err;

	if (!file)
		return -errno;
	err = prof_json_write(profile, file);
	if (fclose(file) && !err)
		err = -errno;
	return err;
}

static int record_report(const struct record *record, const struct prof_profile *profile)
{
	bool only_json = record->json && !strcmp(record->json, "-");
	int err;

	if (only_json)
		err = prof_json_write(profile, stdout);
	else
		err = prof_table_print(profile, record->top, stdout);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = -EIO;
	if (err) {
		prof_error("the profile cannot be printed: %s", strerror(-err));
		return PROF_EXIT_FAILED;
	}
	if (!record->json || only_json)
		return PROF_EXIT_OK;
	err = json_file(profile, record->json);
	if (err) {
		prof_error("%s: %s", record->json, strerror(-err));
		return PROF_EXIT_FAILED;
	}
	return PROF_EXIT_OK;
}

static int record_session(struct record *record, struct prof_profile *profile)
{
	struct prof_session *session;
	struct prof_symbols *symbols;
	struct prof_child child;
	struct prof_fds fds;
	int status, result, err;

	status = prof_session_open((uint32_t)record->lines, record->verbose, &session);
	if (status)
		return status;
	if (record->command) {
		err = prof_child_start(&child, record->command);
		if (err) {
			prof_error("%s cannot be started: %s", record->command[0], strerror(-err));
			prof_session_close(session);
			return PROF_EXIT_FAILED;
		}
	}
	symbols = prof_symbols_open();
	result = record_run(record, session, &child, profile);
	fds = prof_session_fds(session);
	profile->missed = prof_session_missed(session);
	err = prof_profile_read(profile, &fds);
	prof_session_close(session);
	prof_profile_resolve(profile, symbols);
	prof_symbols_close(symbols);
	if (err) {
		prof_error("what was counted cannot be read: %s", strerror(-err));
		return PROF_EXIT_FAILED;
	}
	status = record_report(record, profile);
	return status ? status : result;
}

int prof_record_main(int argc, char **argv)
{
	struct record record = {
		.target = { .sample = 1 },
		.top = TOP_DEFAULT,
		.lines = PROF_LINES_DEFAULT,
	};
	struct prof_profile profile = {
		.source = {
			.kind = "tracepoints",
			.event = "khmap_put, khmap_delete",
			.counts = "operations that stored",
			.has_address = true,
		},
	};
	int status = record_options(&record, argc, argv);

	if (status >= 0)
		return status;
	status = prof_session_check();
	if (!status)
		status = prof_target_find(&record.target, &profile.settings);
	if (!status)
		status = record_session(&record, &profile);
	prof_profile_free(&profile);
	return status;
}
