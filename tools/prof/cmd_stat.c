// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_stat.c - "khmap-prof stat": what a command's operations on maps take
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "prof.h"
#include "profile/profile.h"
#include "source/period.h"
#include "source/pid_space.h"
#include "source/rights.h"
#include "source/session.h"
#include "source/target.h"
#include "timing/operations.h"
#include "timing/output.h"
#include "operation.skel.h"

struct stat_command {
	struct prof_target target;
	struct prof_period period;
	struct prof_output output;
	struct prof_op_settings settings;
	struct operation_bpf *skeleton;
	struct prof_session *session;
	struct prof_operations operations;
	bool all;
	bool verbose;
};

static void print_help(void)
{
	char names[256];

	printf("Usage: khmap-prof stat [OPTION...] [-- COMMAND [ARGUMENT...]]\n"
	       "Counts the operations of COMMAND and its children on maps, and what each took: time, and\n"
	       "cycles, instructions and misses where the machine counts them. Without a command, of all\n"
	       "processes, for a time or until Ctrl-C.\n\n"
	       "  --map NAME      of this map only (default: all)\n"
	       "  --map-id N      the same, by the map's id\n"
	       "  --all           of all processes, while COMMAND runs\n"
	       "  --duration S    for S seconds\n"
	       "  --events LIST   what to count (default %s);\n"
	       "                  there are %s\n"
	       "  --json[=FILE]   print JSON, or write it to FILE and print text all the same\n"
	       "  --verbose       show what libbpf and the kernel say\n"
	       "  -h, --help      print this\n\n"
	       "put, delete, update (CAS, FETCH_ADD) and get are the operations of the module, each\n"
	       "one of a batch by itself; read is that of BPF programs and other modules without a\n"
	       "lock; split is a part of the put that does it. Where stores that miss are not counted,\n"
	       "transfers of cache lines between processors are modelled, see khmap-prof record.\n"
	       "Exit status: see khmap-prof --help; if all went well, that of COMMAND.\n",
	       PROF_COUNTERS_DEFAULT, prof_counters_names(names, sizeof(names)));
}

static bool stat_option(struct stat_command *stat, int option)
{
	switch (option) {
	case 'a':
		stat->all = true;
		return true;
	case 'd':
		return prof_period_option(&stat->period, optarg);
	case 'e':
		stat->operations.counters.count = 0;
		return prof_counters_choose(&stat->operations.counters, optarg);
	case 'j':
		prof_output_option(&stat->output, optarg);
		return true;
	case 'v':
		stat->verbose = true;
		return true;
	default:
		return prof_target_option(&stat->target, option, optarg);
	}
}

/* Returns enum prof_exit, or -1 to go on. */
static int stat_options(struct stat_command *stat, int argc, char **argv)
{
	static const struct option options[] = {
		{ "map", required_argument, NULL, 'm' },
		{ "map-id", required_argument, NULL, 'i' },
		{ "all", no_argument, NULL, 'a' },
		{ "duration", required_argument, NULL, 'd' },
		{ "events", required_argument, NULL, 'e' },
		{ "json", optional_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int option;

	prof_counters_choose(&stat->operations.counters, PROF_COUNTERS_DEFAULT);
	while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (option == 'h') {
			print_help();
			return PROF_EXIT_OK;
		}
		if (!stat_option(stat, option))
			return PROF_EXIT_USAGE;
	}
	return prof_period_command(&stat->period, argv + optind) ? -1 : PROF_EXIT_USAGE;
}

/* Give the programs those counters that count, in their order. */
static int counters_write(struct stat_command *stat)
{
	const struct prof_counters *counters = &stat->operations.counters;
	int fd = bpf_map__fd(stat->skeleton->maps.op_counters), cpu;
	size_t i;

	for (i = 0; i < counters->count; i++) {
		const struct prof_counter *counter = &counters->counters[i];

		if (!counter->fds)
			continue;
		for (cpu = 0; cpu < counters->cpus; cpu++) {
			__u32 at = stat->settings.counters * (__u32)counters->cpus + (__u32)cpu;

			if (counter->fds[cpu] >= 0 &&
			    bpf_map_update_elem(fd, &at, &counter->fds[cpu], BPF_ANY))
				return -errno;
		}
		stat->settings.counters++;
	}
	stat->settings.cpus = (__u32)counters->cpus;
	return 0;
}

static int stat_load(struct stat_command *stat)
{
	const struct prof_counters *counters = &stat->operations.counters;
	int err;

	prof_rights_log(stat->verbose);
	stat->skeleton = operation_bpf__open();
	if (!stat->skeleton)
		return prof_rights_failure("the BPF programs cannot be opened", -errno,
					   stat->verbose);
	stat->skeleton->rodata->pid_space = prof_pid_space();
	err = bpf_map__set_max_entries(stat->skeleton->maps.op_counters,
				       (__u32)counters->cpus * PROF_OP_COUNTERS);
	if (!err)
		err = operation_bpf__load(stat->skeleton);
	if (!err)
		err = counters_write(stat);
	if (err)
		return prof_rights_failure("the BPF programs cannot be loaded", err, stat->verbose);
	err = operation_bpf__attach(stat->skeleton);
	if (err)
		return prof_rights_failure("the BPF programs cannot be attached", err,
					   stat->verbose);
	return PROF_EXIT_OK;
}

/* Model transfers if stores that miss are not counted. */
static int stat_model(struct stat_command *stat)
{
	struct prof_fds fds;
	int status;

	if (prof_counters_store_misses(&stat->operations.counters)) {
		stat->operations.transfers_why = "as stores that miss are counted";
		return PROF_EXIT_OK;
	}
	status = prof_session_open(&(struct prof_session_options){
		.map_id = stat->settings.map_id,
		.verbose = stat->verbose,
	}, &stat->session);
	if (status)
		return status;
	fds = prof_session_fds(stat->session);
	prof_geometries_write(fds.maps);
	return PROF_EXIT_OK;
}

static void stat_enable(void *context, bool on)
{
	struct stat_command *stat = context;
	const struct prof_settings settings = {
		.map_id = stat->settings.map_id,
		.sample = 1,
		.enabled = on,
	};
	__u32 zero = 0, pid = (__u32)stat->period.child.pid;
	__u8 one = 1;

	if (stat->settings.chosen)
		bpf_map_update_elem(bpf_map__fd(stat->skeleton->maps.op_tasks), &pid, &one,
				    BPF_ANY);
	if (stat->session)
		prof_session_write(stat->session, &settings);
	stat->settings.enabled = on;
	bpf_map_update_elem(bpf_map__fd(stat->skeleton->maps.op_settings), &zero, &stat->settings,
			    BPF_ANY);
}

/* What the model says of each map that has rows. */
static int transfers_read(struct stat_command *stat)
{
	struct prof_operations *operations = &stat->operations;
	struct prof_profile profile = { 0 };
	struct prof_fds fds;
	size_t i, line;
	int err;

	if (!stat->session)
		return 0;
	fds = prof_session_fds(stat->session);
	operations->transfers = prof_alloc(operations->row_count, sizeof(*operations->transfers));
	err = prof_profile_read(&profile, &fds);
	operations->transfers_dropped = profile.totals.lines_dropped +
					profile.totals.busy_dropped +
					prof_session_missed(stat->session);
	operations->transfers_partial = profile.totals.partial;
	for (i = 0; !err && i < operations->row_count; i++) {
		struct prof_map_transfers *at = &operations->transfers[operations->transfer_count];

		if (i && operations->rows[i].key.map_id == at[-1].map_id)
			continue;
		at->map_id = operations->rows[i].key.map_id;
		for (line = 0; line < profile.line_count; line++) {
			const struct prof_transfers *moved = &profile.lines[line].count.transfers;

			if (profile.lines[line].key.map_id != at->map_id)
				continue;
			at->as_true += moved->store_true;
			at->as_false += moved->store_false;
		}
		operations->transfer_count++;
	}
	prof_profile_free(&profile);
	return err;
}

static int stat_report(struct stat_command *stat)
{
	struct prof_operations *operations = &stat->operations;
	int err, status;

	err = prof_operations_read(operations, bpf_map__fd(stat->skeleton->maps.op_rows),
				   bpf_map__fd(stat->skeleton->maps.op_totals));
	if (!err)
		err = transfers_read(stat);
	if (err) {
		prof_error("what was counted cannot be read: %s", strerror(-err));
		return PROF_EXIT_FAILED;
	}
	operations->overhead.lost = operations->totals.dropped;
	prof_names_learn(&operations->names);
	status = prof_output_json(&stat->output, prof_operations_json(operations));
	if (!status && prof_output_text(&stat->output))
		status = prof_output_done(prof_operations_print(operations, stdout));
	return status;
}

static int stat_run(struct stat_command *stat)
{
	struct prof_operations *operations = &stat->operations;
	int result, status;

	prof_names_learn(&operations->names);
	prof_overhead_begin(&operations->overhead);
	result = prof_period_run(&stat->period, stat_enable, stat);
	operations->duration_ns = stat->period.lasted_ns;
	prof_counters_read(&operations->counters);
	prof_overhead_add(&operations->overhead, stat->skeleton->obj);
	if (stat->session)
		prof_session_overhead(stat->session, &operations->overhead);
	prof_overhead_end(&operations->overhead, operations->duration_ns);
	status = stat_report(stat);
	return status ? status : result;
}

int prof_stat_main(int argc, char **argv)
{
	struct stat_command stat = { 0 };
	int status = stat_options(&stat, argc, argv);

	if (status >= 0)
		return status;
	status = prof_rights_check(PROF_NEED_MODULE | PROF_NEED_TYPES | PROF_NEED_BPF);
	if (!status)
		status = prof_target_id(&stat.target, &stat.settings.map_id);
	if (!status)
		status = prof_output_check(&stat.output);
	if (!status)
		status = prof_period_start(&stat.period);
	if (status)
		return status;
	if (stat.period.command && !stat.all) {
		stat.settings.chosen = true;
		stat.operations.command = stat.period.command[0];
	}
	prof_counters_open(&stat.operations.counters, stat.period.command ? stat.period.child.pid :
									    0);
	status = stat_load(&stat);
	if (!status)
		status = stat_model(&stat);
	if (!status)
		status = stat_run(&stat);
	operation_bpf__destroy(stat.skeleton);
	prof_session_close(stat.session);
	prof_counters_close(&stat.operations.counters);
	prof_operations_free(&stat.operations);
	return status;
}
