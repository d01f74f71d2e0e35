// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * sources.c - each source once, with something whose result is known
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/hw_breakpoint.h>
#include <linux/khmap.h>
#include <linux/perf_event.h>
#include "demo/demo.h"
#include "demo/neighbours.h"
#include "selftest/selftest.h"
#include "source/period.h"
#include "source/rights.h"
#include "timing/operations.h"
#include "timing/waits.h"
#include "operation.skel.h"
#include "wait.skel.h"

#define TURNS		50
#define CUTS		3
#define STORES		100

void selftest_failed(struct selftest_check *check, int status, const char *what)
{
	check->verdict = SELFTEST_FAILED;
	check->status = status;
	snprintf(check->text, sizeof(check->text), "%s", what);
}

void selftest_error(struct selftest_check *check, const char *what, int err)
{
	check->verdict = SELFTEST_FAILED;
	check->status = err == -EPERM || err == -EACCES ? PROF_EXIT_NOT_PERMITTED :
							  PROF_EXIT_FAILED;
	snprintf(check->text, sizeof(check->text), "%s: %s", what, strerror(-err));
}

void selftest_count(struct selftest_check *check, const char *what, uint64_t got, uint64_t wanted)
{
	check->verdict = got == wanted ? SELFTEST_OK : SELFTEST_FAILED;
	check->status = got == wanted ? PROF_EXIT_OK : PROF_EXIT_FAILED;
	snprintf(check->text, sizeof(check->text), "%" PRIu64 " %s, as it must be", got, what);
	if (got != wanted)
		snprintf(check->text, sizeof(check->text), "%" PRIu64 " %s, and not %" PRIu64, got,
			 what, wanted);
}

void selftest_tracepoints(struct selftest_check *check, const struct prof_pair *pair)
{
	struct demo_transfers transfers;
	int err = demo_map_model(pair, KHMAP_LAYOUT_PACKED, TURNS, &transfers);

	if (err) {
		selftest_error(check, "the model was not told of all puts", err);
		return;
	}
	selftest_count(check, "modelled transfers of puts in turns", transfers.as_false,
		       2 * TURNS - 1);
	if (transfers.as_true)
		selftest_count(check, "of them true sharing", transfers.as_true, 0);
}

static int operations_run(struct operation_bpf *skeleton, const struct prof_pair *pair,
			  struct prof_operations *operations)
{
	struct prof_op_settings settings = { .enabled = 1 };
	struct demo_map map = { .in_turns = true, .puts = TURNS };
	int fd = bpf_map__fd(skeleton->maps.op_settings), err;
	__u32 zero = 0;
	double ns;

	err = demo_map_make(&map, KHMAP_LAYOUT_ALIGNED);
	if (err)
		return err;
	settings.map_id = map.map_id;
	err = bpf_map_update_elem(fd, &zero, &settings, BPF_ANY);
	if (!err)
		err = demo_pair_run(pair, &demo_map_work, &map, &ns);
	close(map.fd);
	return err ? err : prof_operations_read(operations, bpf_map__fd(skeleton->maps.op_rows),
						bpf_map__fd(skeleton->maps.op_totals));
}

void selftest_operations(struct selftest_check *check, const struct prof_pair *pair)
{
	struct operation_bpf *skeleton = operation_bpf__open_and_load();
	struct prof_operations operations = { 0 };
	int err;

	if (!skeleton) {
		selftest_error(check, "the BPF programs cannot be loaded", -errno);
		return;
	}
	err = operation_bpf__attach(skeleton);
	if (!err)
		err = operations_run(skeleton, pair, &operations);
	if (err)
		selftest_error(check, "the BPF programs cannot be attached, or read", err);
	else
		selftest_count(check, "puts at the module's functions",
			       operations.row_count ? operations.rows[0].row.count : 0, 2 * TURNS);
	prof_operations_free(&operations);
	operation_bpf__destroy(skeleton);
}

static int snapshot_take(int fd)
{
	struct khmap_ioc_snapshot snapshot = { .size = sizeof(snapshot) };

	if (ioctl(fd, KHMAP_IOC_SNAPSHOT, &snapshot) < 0)
		return -errno;
	close(snapshot.fd);
	return 0;
}

static int stalls_run(struct wait_bpf *skeleton, struct prof_waits *waits)
{
	const struct prof_waits_fds fds = {
		.totals = bpf_map__fd(skeleton->maps.wait_totals),
		.rows = bpf_map__fd(skeleton->maps.wait_rows),
		.places = bpf_map__fd(skeleton->maps.wait_places),
		.slots = bpf_map__fd(skeleton->maps.wait_slots),
	};
	struct prof_wait_settings settings = { .enabled = 1 };
	struct demo_map map = { 0 };
	__u32 zero = 0;
	int err, i;

	err = demo_map_make(&map, KHMAP_LAYOUT_ALIGNED);
	if (err)
		return err;
	settings.map_id = map.map_id;
	err = bpf_map_update_elem(bpf_map__fd(skeleton->maps.wait_settings), &zero, &settings,
				  BPF_ANY);
	for (i = 0; i < CUTS && !err; i++)
		err = snapshot_take(map.fd);
	close(map.fd);
	return err ? err : prof_waits_read(waits, &fds);
}

void selftest_stalls(struct selftest_check *check, const struct prof_pair *pair)
{
	struct wait_bpf *skeleton = wait_bpf__open_and_load();
	struct prof_waits waits = { 0 };
	uint64_t cuts = 0;
	size_t i;
	int err;

	if (!skeleton) {
		selftest_error(check, "the BPF program cannot be loaded", -errno);
		return;
	}
	err = wait_bpf__attach(skeleton);
	if (!err)
		err = stalls_run(skeleton, &waits);
	if (err) {
		selftest_error(check, "the BPF program cannot be attached, or read", err);
	} else {
		for (i = 0; i < waits.row_count; i++)
			if (!strcmp(prof_wait_name(waits.rows[i].key.kind), "cut"))
				cuts += waits.rows[i].row.sum.count;
		selftest_count(check, "cuts of snapshots were told", cuts, CUTS);
	}
	prof_waits_free(&waits);
	wait_bpf__destroy(skeleton);
}

/* The names of those counters that count, or of those that do not. */
static size_t counters_list(const struct prof_counters *counters, bool count, char *text,
			    size_t size)
{
	size_t i, used = 0, listed = 0;

	text[0] = '\0';
	for (i = 0; i < counters->count && used < size; i++) {
		const struct prof_counter *counter = &counters->counters[i];

		if (count == !!counter->fds)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
						 listed++ ? ", " : "", counter->name);
	}
	return listed;
}

void selftest_counters(struct selftest_check *check, const struct prof_pair *pair)
{
	struct prof_counters counters = { 0 };
	char some[128], others[128];
	const char *why = "";
	size_t i;

	prof_counters_choose(&counters, PROF_COUNTERS_DEFAULT);
	prof_counters_open(&counters, 0);
	for (i = 0; i < counters.count; i++)
		if (!counters.counters[i].fds)
			why = counters.counters[i].why;
	check->verdict = counters_list(&counters, true, some, sizeof(some)) ? SELFTEST_OK :
									      SELFTEST_ABSENT;
	if (counters_list(&counters, false, others, sizeof(others)))
		snprintf(check->text, sizeof(check->text), "counted: %s; not counted: %s: %s",
			 some[0] ? some : "nothing", others, why);
	else
		snprintf(check->text, sizeof(check->text), "counted: %s", some);
	prof_counters_close(&counters);
}

void selftest_watchpoint(struct selftest_check *check, const struct prof_pair *pair)
{
	static volatile uint64_t watched;
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_BREAKPOINT,
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = (uintptr_t)&watched,
		.bp_len = sizeof(watched),
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC), i;
	uint64_t count = 0;

	if (fd < 0) {
		check->verdict = SELFTEST_ABSENT;
		snprintf(check->text, sizeof(check->text), "no debug register is to be had: %s",
			 strerror(errno));
		return;
	}
	for (i = 0; i < STORES; i++)
		watched = (uint64_t)i;
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		count = 0;
	close(fd);
	selftest_count(check, "stores under a watchpoint", count, STORES);
}
