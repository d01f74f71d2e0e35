// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * watch.c - hardware watchpoints, in turns over all bytes that are asked for
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "source/overhead.h"
#include "source/period.h"
#include "source/pid_space.h"
#include "source/points.h"
#include "source/rights.h"
#include "source/turns.h"
#include "source/watch.h"
#include "watch.skel.h"

#define WHOLE_CYCLES	8	/* one cycle in so many is of all bytes */

struct prof_watcher {
	struct prof_watch_options options;
	struct watch_bpf *skeleton;
	struct prof_points *points;
	struct prof_watch_row *rows;
	size_t row_count;
	uint32_t slots;
	struct prof_turns turns;
	size_t turn;
	uint64_t cycle;
	uint64_t since_ns;
	uint64_t *hits_before;	/* of each row, when the last whole cycle began */
	uint64_t events;
	uint64_t others;
	uint64_t unset;
	int process;	/* a pidfd, or -1 */
};

struct prof_watcher *prof_watch_new(const struct prof_watch_options *options)
{
	struct prof_watcher *watcher = prof_alloc(1, sizeof(*watcher));

	watcher->options = *options;
	watcher->process = -1;
	return watcher;
}

static struct prof_watch_row *row_add(struct prof_watcher *watcher)
{
	if (!(watcher->row_count & (watcher->row_count - 1))) {
		size_t room = watcher->row_count ? watcher->row_count * 2 : 1;
		struct prof_watch_row *grown = prof_alloc(room, sizeof(*grown));

		if (watcher->row_count)
			memcpy(grown, watcher->rows, watcher->row_count * sizeof(*grown));
		free(watcher->rows);
		watcher->rows = grown;
	}
	return &watcher->rows[watcher->row_count++];
}

void prof_watch_add(struct prof_watcher *watcher, const struct prof_watch *place,
		    uint64_t address, uint64_t length)
{
	uint32_t page = place->page, offset = place->offset;

	while (length) {
		uint32_t width = watcher->options.width;
		struct prof_watch_row *row = row_add(watcher);

		/* A watchpoint is aligned to its length. */
		while (width > length || address & (width - 1))
			width /= 2;
		*row = (struct prof_watch_row){ .watch = *place, .address = address };
		row->watch.page = page + (offset >> PROF_PAGE_SHIFT);
		row->watch.offset = offset & ((1u << PROF_PAGE_SHIFT) - 1);
		row->watch.length = width;
		row->watch.tgid = (uint32_t)watcher->options.pid;
		address += width;
		offset += width;
		length -= width;
	}
}

static int row_compare(const void *a, const void *b)
{
	const struct prof_watch *x = &((const struct prof_watch_row *)a)->watch;
	const struct prof_watch *y = &((const struct prof_watch_row *)b)->watch;

	if (x->map_id != y->map_id)
		return x->map_id < y->map_id ? -1 : 1;
	if (x->region != y->region)
		return x->region < y->region ? -1 : 1;
	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* In their order, none twice. */
static void rows_sort(struct prof_watcher *watcher)
{
	size_t i, kept = 0;

	qsort(watcher->rows, watcher->row_count, sizeof(*watcher->rows), row_compare);
	for (i = 0; i < watcher->row_count; i++)
		if (!i || row_compare(&watcher->rows[kept - 1], &watcher->rows[i]))
			watcher->rows[kept++] = watcher->rows[i];
	watcher->row_count = kept;
}

static int programs_load(struct prof_watcher *watcher)
{
	struct watch_bpf *skeleton = watch_bpf__open();
	uint32_t lines = watcher->options.lines, i;
	int err;

	if (!skeleton)
		return -errno;
	watcher->skeleton = skeleton;
	skeleton->rodata->pid_space = prof_pid_space();
	err = bpf_map__set_max_entries(skeleton->maps.lines, lines);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.line_cpus,
					       lines * PROF_CPUS_PER_LINE);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.accesses,
					       lines * PROF_ACCESSES_PER_LINE);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.watches,
					       (uint32_t)watcher->row_count);
	if (!err)
		err = watch_bpf__load(skeleton);
	for (i = 0; !err && i < watcher->row_count; i++)
		err = bpf_map_update_elem(bpf_map__fd(skeleton->maps.watches),
					  &watcher->rows[i].address, &watcher->rows[i].watch,
					  BPF_ANY);
	return err;
}

/* @needs: as of prof_rights_refused() */
static int failure(const char *what, unsigned int needs, int err, bool verbose)
{
	struct prof_rights rights;
	char why[512];
	int status;

	prof_rights_read(&rights);
	status = prof_rights_refused(&rights, needs, err, why, sizeof(why));
	if (status) {
		prof_error("%s: %s", what, why);
		return status;
	}
	if (err == -ESRCH) {
		prof_error("%s: the process has ended", what);
		return PROF_EXIT_NO_RANGE;
	}
	if (err == -ENOENT || err == -EOPNOTSUPP || err == -ENODEV) {
		prof_error("%s: this processor, or its virtual machine, has none", what);
		return PROF_EXIT_UNSUPPORTED;
	}
	if (err == -ENOSPC)
		prof_error("%s: others use all of them, a debugger or another profiler", what);
	else
		prof_error("%s: %s%s", what, strerror(-err),
			   verbose ? "" : " (--verbose shows what the kernel says)");
	return PROF_EXIT_FAILED;
}

/* What the programs have counted for a row. */
static void row_read(const struct prof_watcher *watcher, struct prof_watch_row *row)
{
	bpf_map_lookup_elem(bpf_map__fd(watcher->skeleton->maps.watches), &row->address,
			    &row->watch);
}

/* The next cycle: of all rows, or of those that had accesses in the last whole one. */
static void cycle_begin(struct prof_watcher *watcher)
{
	bool whole = watcher->cycle++ % WHOLE_CYCLES == 0, any = false;
	bool *hot = prof_alloc(watcher->row_count, sizeof(*hot));
	uint32_t i;

	for (i = 0; i < watcher->row_count; i++) {
		uint64_t hits;

		row_read(watcher, &watcher->rows[i]);
		hits = watcher->rows[i].watch.hits;
		hot[i] = hits != watcher->hits_before[i];
		any |= hot[i];
		if (whole)
			watcher->hits_before[i] = hits;
	}
	prof_turns_make(&watcher->turns, watcher->rows, watcher->row_count,
			whole || !any ? NULL : hot, watcher->slots);
	watcher->turn = 0;
	free(hot);
}

/* Returns 0, or why some of the bytes are not watched. */
static int turn_begin(struct prof_watcher *watcher)
{
	const struct prof_turn *turn = &watcher->turns.turns[watcher->turn];
	int first_err = 0;
	uint32_t i;

	for (i = 0; i < turn->count; i++) {
		struct prof_watch_row *row = &watcher->rows[turn->rows[i]];
		int err = prof_points_set(watcher->points, row->address, row->watch.length);

		row->set = !err;
		watcher->unset += !row->set;
		if (!first_err)
			first_err = err;
	}
	watcher->since_ns = prof_tick_now();
	return first_err;
}

static void turn_end(struct prof_watcher *watcher)
{
	const struct prof_turn *turn = &watcher->turns.turns[watcher->turn];
	uint64_t watched = prof_tick_now() - watcher->since_ns;
	uint32_t i;

	watcher->events += prof_points_clear(watcher->points);
	for (i = 0; i < turn->count; i++)
		if (watcher->rows[turn->rows[i]].set)
			watcher->rows[turn->rows[i]].watched_ns += watched;
}

int prof_watch_open(struct prof_watcher *watcher)
{
	const struct prof_watch_options *options = &watcher->options;
	struct prof_points_options points = {
		.loads = options->loads,
	};
	int err;

	rows_sort(watcher);
	if (options->pid) {
		watcher->process = (int)syscall(SYS_pidfd_open, options->pid, 0);
		if (watcher->process < 0)
			return failure("the process cannot be watched", 0, -errno,
				       options->verbose);
	}
	err = programs_load(watcher);
	if (err)
		return failure("the BPF programs cannot be loaded",
			       PROF_NEED_BPF | PROF_NEED_EVENTS, err, options->verbose);
	points.store = watcher->skeleton->progs.watch_store;
	points.load = watcher->skeleton->progs.watch_load;
	watcher->points = prof_points_new(&points);
	err = prof_points_try(watcher->points, watcher->rows[0].address,
			      watcher->rows[0].watch.length, &watcher->slots);
	if (err)
		return failure("watchpoints cannot be set", PROF_NEED_EVENTS, err,
			       options->verbose);
	watcher->hits_before = prof_alloc(watcher->row_count, sizeof(*watcher->hits_before));
	cycle_begin(watcher);
	err = turn_begin(watcher);
	if (err)
		return failure("watchpoints cannot be set", PROF_NEED_EVENTS, err,
			       options->verbose);
	return PROF_EXIT_OK;
}

void prof_watch_begin(struct prof_watcher *watcher)
{
	watcher->since_ns = prof_tick_now();
}

struct prof_fds prof_watch_fds(const struct prof_watcher *watcher)
{
	return prof_object_fds(watcher->skeleton->obj);
}

bool prof_watch_turn(struct prof_watcher *watcher)
{
	struct pollfd process = { .fd = watcher->process, .events = POLLIN };

	/* It becomes readable as the process ends. */
	if (poll(&process, 1, 0) > 0)
		return false;
	if (prof_tick_now() - watcher->since_ns < watcher->options.interval_ns)
		return true;
	if (watcher->cycle == 1 && watcher->turns.count == 1)
		return true;	/* all is watched all the time */
	turn_end(watcher);
	if (++watcher->turn == watcher->turns.count)
		cycle_begin(watcher);
	turn_begin(watcher);
	return true;
}

uint64_t prof_watch_stop(struct prof_watcher *watcher)
{
	uint64_t seen = 0;
	size_t i;

	turn_end(watcher);
	for (i = 0; i < watcher->row_count; i++) {
		row_read(watcher, &watcher->rows[i]);
		watcher->others += watcher->rows[i].watch.others;
		seen += watcher->rows[i].watch.hits + watcher->rows[i].watch.others;
	}
	return watcher->events > seen ? watcher->events - seen : 0;
}

void prof_watch_overhead(const struct prof_watcher *watcher, struct prof_overhead *overhead)
{
	prof_overhead_add(overhead, watcher->skeleton->obj);
}

uint32_t prof_watch_slots(const struct prof_watcher *watcher)
{
	return watcher->slots;
}

uint64_t prof_watch_others(const struct prof_watcher *watcher)
{
	return watcher->others;
}

uint64_t prof_watch_unset(const struct prof_watcher *watcher)
{
	return watcher->unset;
}

const struct prof_watch_row *prof_watch_rows(struct prof_watcher *watcher, size_t *count)
{
	*count = watcher->row_count;
	return watcher->rows;
}

void prof_watch_close(struct prof_watcher *watcher)
{
	if (!watcher)
		return;
	prof_points_close(watcher->points);
	if (watcher->process >= 0)
		close(watcher->process);
	watch_bpf__destroy(watcher->skeleton);
	prof_turns_free(&watcher->turns);
	free(watcher->hits_before);
	free(watcher->rows);
	free(watcher);
}
