// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_wait.c - "khmap-prof wait": a stall gets a name
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "prof.h"
#include "source/period.h"
#include "source/rights.h"
#include "source/target.h"
#include "timing/output.h"
#include "timing/waits.h"
#include "wait.skel.h"

struct wait {
	struct prof_target target;
	struct prof_period period;
	struct prof_output output;
	struct prof_wait_settings settings;
	struct wait_bpf *skeleton;
	bool verbose;
};

static void print_help(void)
{
	puts("Usage: khmap-prof wait [OPTION...] [-- COMMAND [ARGUMENT...]]\n"
	     "Shows what made operations on maps wait, for a time, while COMMAND runs, or until Ctrl-C:\n"
	     "how often, for how long, where, and in which second.\n\n"
	     "  stripe         waited for a stripe that somebody else had locked; which stripe\n"
	     "  header         the same, of the header's lock: of a map that has few entries yet\n"
	     "  gate           a writer waited until a snapshot was cut\n"
	     "  split          a bucket was split: its stripes were locked; into which page\n"
	     "  copy           a page was copied out for snapshots, mostly by its first writer; which\n"
	     "  copy_overflow  likewise, an overflow page\n"
	     "  cut            a snapshot was cut: all writers of the map had to wait\n\n"
	     "  --map NAME      watch this map only (default: all)\n"
	     "  --map-id N      the same, by the map's id\n"
	     "  --duration S    watch for S seconds\n"
	     "  --json[=FILE]   print JSON, or write it to FILE and print text all the same\n"
	     "  --verbose       show what libbpf and the kernel say\n"
	     "  -h, --help      print this\n\n"
	     "Nothing is timed while nobody watches.\n"
	     "Exit status: see khmap-prof --help; if all went well, that of COMMAND.");
}

static bool wait_option(struct wait *wait, int option)
{
	switch (option) {
	case 'd':
		return prof_period_option(&wait->period, optarg);
	case 'j':
		prof_output_option(&wait->output, optarg);
		return true;
	case 'v':
		wait->verbose = true;
		return true;
	default:
		return prof_target_option(&wait->target, option, optarg);
	}
}

/* Returns enum prof_exit, or -1 to go on. */
static int wait_options(struct wait *wait, int argc, char **argv)
{
	static const struct option options[] = {
		{ "map", required_argument, NULL, 'm' },
		{ "map-id", required_argument, NULL, 'i' },
		{ "duration", required_argument, NULL, 'd' },
		{ "json", optional_argument, NULL, 'j' },
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
		if (!wait_option(wait, option))
			return PROF_EXIT_USAGE;
	}
	return prof_period_command(&wait->period, argv + optind) ? -1 : PROF_EXIT_USAGE;
}

static int wait_load(struct wait *wait)
{
	int err;

	prof_rights_log(wait->verbose);
	wait->skeleton = wait_bpf__open();
	if (!wait->skeleton)
		return prof_rights_failure("the BPF program cannot be opened", -errno,
					   wait->verbose);
	err = wait_bpf__load(wait->skeleton);
	if (err)
		return prof_rights_failure("the BPF program cannot be loaded", err, wait->verbose);
	err = wait_bpf__attach(wait->skeleton);
	if (err)
		return prof_rights_failure("the BPF program cannot be attached", err,
					   wait->verbose);
	return PROF_EXIT_OK;
}

static void wait_enable(void *context, bool on)
{
	struct wait *wait = context;
	__u32 zero = 0;

	if (on)
		wait->settings.began_ns = prof_tick_now();
	wait->settings.enabled = on;
	bpf_map_update_elem(bpf_map__fd(wait->skeleton->maps.wait_settings), &zero,
			    &wait->settings, BPF_ANY);
}

static int wait_report(struct wait *wait, struct prof_waits *waits)
{
	const struct prof_waits_fds fds = {
		.totals = bpf_map__fd(wait->skeleton->maps.wait_totals),
		.rows = bpf_map__fd(wait->skeleton->maps.wait_rows),
		.places = bpf_map__fd(wait->skeleton->maps.wait_places),
		.slots = bpf_map__fd(wait->skeleton->maps.wait_slots),
	};
	int err = prof_waits_read(waits, &fds), status;

	if (err) {
		prof_error("what was counted cannot be read: %s", strerror(-err));
		return PROF_EXIT_FAILED;
	}
	waits->overhead.lost = waits->totals.dropped + waits->totals.untold;
	prof_names_learn(&waits->names);
	status = prof_output_json(&wait->output, prof_waits_json(waits));
	if (!status && prof_output_text(&wait->output))
		status = prof_output_done(prof_waits_print(waits, stdout));
	return status;
}

static int wait_run(struct wait *wait)
{
	struct prof_waits waits = { .slot_ns = wait->settings.slot_ns };
	int status, result;

	status = prof_period_start(&wait->period);
	if (status)
		return status;
	prof_names_learn(&waits.names);
	prof_overhead_begin(&waits.overhead);
	result = prof_period_run(&wait->period, wait_enable, wait);
	waits.duration_ns = wait->period.lasted_ns;
	prof_overhead_add(&waits.overhead, wait->skeleton->obj);
	prof_overhead_end(&waits.overhead, waits.duration_ns);
	status = wait_report(wait, &waits);
	prof_waits_free(&waits);
	return status ? status : result;
}

int prof_wait_main(int argc, char **argv)
{
	struct wait wait = { .settings.slot_ns = PROF_SECOND_NS };
	int status = wait_options(&wait, argc, argv);

	if (status >= 0)
		return status;
	status = prof_rights_check(PROF_NEED_MODULE | PROF_NEED_TYPES | PROF_NEED_BPF);
	if (!status)
		status = prof_target_id(&wait.target, &wait.settings.map_id);
	if (!status)
		status = prof_output_check(&wait.output);
	if (!status)
		status = wait_load(&wait);
	if (!status)
		status = wait_run(&wait);
	wait_bpf__destroy(wait.skeleton);
	return status;
}
