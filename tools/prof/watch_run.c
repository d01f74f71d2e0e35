// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * watch_run.c - "khmap-prof watch": from the options to the profile
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "profile/progress.h"
#include "profile/report.h"
#include "profile/resolve.h"
#include "source/machine.h"
#include "source/maps.h"
#include "source/overhead.h"
#include "source/record_names.h"
#include "source/rights.h"
#include "watch_profile.h"
#include "watch_run.h"

#define PAGE_MASK	(~((1ull << PROF_PAGE_SHIFT) - 1))

/*
 * What goes on.  With a map whose lines are not known yet, tracepoints look for
 * them first, and only then is watched.
 */
struct task {
	struct prof_watch_run *run;
	struct prof_watcher *watcher;
	struct prof_hunt *hunt;
	struct prof_profile profile;
	struct prof_profile names;	/* maps and ranges only, for @progress */
	struct prof_progress progress;
	struct prof_tick tick;
	struct prof_symbols *symbols;
	struct prof_map map;	/* that is watched, if @map_fd is not negative */
	int map_fd;
	int status;
};

/* All pieces of all ranges, by where the model has them. */
static void pieces_add(struct prof_watcher *watcher, const struct prof_ranges *ranges)
{
	uint32_t i;

	for (i = 0; i < ranges->piece_count; i++) {
		const struct prof_piece *piece = &ranges->pieces[i];
		uint64_t first = ranges->ranges[piece->range].start & PAGE_MASK;
		struct prof_watch place = {
			.map_id = piece->range,
			.region = PROF_REGION_RANGE,
			.page = (uint32_t)((piece->start - first) >> PROF_PAGE_SHIFT),
			.offset = piece->start & ~PAGE_MASK,
		};

		prof_watch_add(watcher, &place, piece->start, piece->length);
	}
}

static void lines_add(struct prof_watcher *watcher, const struct prof_watch_run *run)
{
	size_t i;

	for (i = 0; i < run->line_count; i++) {
		const struct prof_line_key *key = &run->lines[i].key;
		struct prof_watch place = {
			.map_id = key->map_id,
			.region = key->region,
			.page = key->page,
			.offset = (key->line << PROF_LINE_SHIFT) + run->lines[i].offset,
		};

		prof_watch_add(watcher, &place, run->lines[i].address, run->lines[i].length);
	}
}

/* Set the watchpoints. */
static int task_open(struct task *task)
{
	struct prof_watch_run *run = task->run;

	if (run->line_count) {
		int status = prof_map_lines_find(run->lines, run->line_count, run->options.verbose);

		if (status)
			return status;
	}
	run->options.pid = run->ranges.pid;
	task->watcher = prof_watch_new(&run->options);
	pieces_add(task->watcher, &run->ranges);
	lines_add(task->watcher, run);
	return prof_watch_open(task->watcher);
}

/* The name and geometry of the map whose lines are watched, which may be destroyed. */
static void map_fill(struct prof_profile *profile, const struct task *task)
{
	uint64_t map_id = task->run->map_id;

	profile->maps = prof_alloc(1, sizeof(*profile->maps));
	profile->settings.map_id = map_id;
	profile->maps[0] = (struct prof_map_row){ .map_id = map_id, .map = task->map };
	profile->map_count = task->map_fd >= 0;
}

static void task_begin(struct task *task)
{
	struct prof_profile *profile = &task->profile;
	struct prof_watch_run *run = task->run;
	struct prof_fds fds = prof_watch_fds(task->watcher);

	prof_machine_read(profile);
	prof_overhead_begin(&profile->overhead);
	profile->settings = (struct prof_settings){
		.began_ns = prof_tick_now(),
		.sample = run->target.sample,
		.enabled = 1,
		.flags = run->stacks ? PROF_FLAG_STACKS : 0,
	};
	prof_settings_write(fds.settings, &profile->settings);
	prof_watch_begin(task->watcher);
	map_fill(&task->names, task);
	prof_watch_ranges(&task->names, &run->ranges);
	prof_progress_begin(&task->progress, &fds, profile->settings.began_ns, run->live_ns,
			    run->view.top);
	task->progress.names = &task->names;
}

static void task_end(struct task *task)
{
	struct prof_profile *profile = &task->profile;

	profile->missed = prof_watch_stop(task->watcher);
	profile->settings.enabled = 0;
	prof_settings_write(prof_watch_fds(task->watcher).settings, &profile->settings);
	profile->duration_ns = prof_tick_now() - profile->settings.began_ns;
	prof_progress_end(&task->progress);
	prof_watch_overhead(task->watcher, &profile->overhead);
	prof_overhead_end(&profile->overhead, profile->duration_ns);
}

/* Is it time to watch? */
static void task_hunt(struct task *task)
{
	struct prof_watch_run *run = task->run;

	run->line_count = prof_hunt_lines(task->hunt, run->lines, run->hot);
	if (!run->line_count)
		return;
	prof_hunt_close(task->hunt);
	task->hunt = NULL;
	task->status = task_open(task);
	if (!task->status)
		task_begin(task);
}

static void task_tell(void *context)
{
	struct task *task = context;

	/* There is room for so many that are not taken. */
	prof_symbols_listen(task->symbols);
	if (task->hunt)
		task_hunt(task);
	else if (!task->status && !prof_watch_turn(task->watcher))
		task->tick.over = true;
	else if (!task->status)
		prof_tick_do(&task->progress.tick);
	if (task->status)
		task->tick.over = true;
}

static void task_enable(void *context, bool on)
{
	struct task *task = context;

	if (task->hunt || task->status)
		return;
	if (on)
		task_begin(task);
	else
		task_end(task);
}

static void map_check(const struct task *task)
{
	const struct prof_target target = { .name = task->map.name };

	if (task->map_fd >= 0)
		prof_target_check(&target, task->run->map_id);
}

/* What was seen. */
static int task_report(struct task *task, struct prof_symbols *symbols)
{
	struct prof_fds fds = prof_watch_fds(task->watcher);
	struct prof_watch_run *run = task->run;
	struct prof_profile *profile = &task->profile;
	int err, status;

	profile->source = (struct prof_source){
		.kind = "watchpoints",
		.event = run->options.loads ? "stores, loads" : "stores",
		.counts = "accesses to watched bytes",
		.has_address = true,
	};
	err = prof_profile_read(profile, &fds);
	if (err) {
		prof_error("what was counted cannot be read: %s", strerror(-err));
		return PROF_EXIT_FAILED;
	}
	free(profile->maps);
	map_fill(profile, task);
	prof_watch_profile(profile, task->watcher, &run->options, &run->ranges);
	prof_record_names(profile);
	prof_profile_resolve(profile, symbols);
	status = prof_view_write(&run->view, profile);
	if (!status && !prof_view_alone(&run->view))
		prof_watch_print(profile, stdout);
	map_check(task);
	return status;
}

/* Returns enum prof_exit, or what the command returned. */
static int task_run(struct task *task, struct prof_symbols *symbols)
{
	struct prof_watch_run *run = task->run;
	uint64_t turn_ns = run->options.interval_ns;
	int result, status;

	task->tick = (struct prof_tick){
		.period_ns = run->live_ns && run->live_ns < turn_ns ? run->live_ns : turn_ns,
		.tell = task_tell,
		.context = task,
	};
	run->period.tick = &task->tick;
	result = prof_period_run(&run->period, task_enable, task);
	if (task->hunt) {
		prof_error("no store into the map was seen before the end: give --line, or record for longer than --find says");
		return PROF_EXIT_FAILED;
	}
	status = task->status ? task->status : task_report(task, symbols);
	return status ? status : result;
}

/* Find what is to be watched, or who finds it. */
static int task_prepare(struct task *task)
{
	struct prof_watch_run *run = task->run;
	int status;

	if (!run->ranges.count) {
		run->ranges.pid = 0;
		return run->line_count ? task_open(task) :
					 prof_hunt_open(run->map_id, run->find_ns,
							run->options.lines, run->options.verbose,
							&task->hunt);
	}
	if (run->period.command)
		run->ranges.pid = run->period.child.pid;
	status = prof_ranges_find(&run->ranges);
	return status ? status : task_open(task);
}

static int map_find(struct prof_watch_run *run)
{
	struct prof_settings settings;
	int status = prof_session_check();
	size_t i;

	if (!status)
		status = prof_target_find(&run->target, &settings);
	if (status)
		return status;
	run->map_id = settings.map_id;
	for (i = 0; i < run->line_count; i++)
		run->lines[i].key.map_id = run->map_id;
	return PROF_EXIT_OK;
}

/* Start the command; for its own addresses it is held where they are known. */
static int command_start(struct prof_watch_run *run)
{
	int status = prof_period_start(&run->period), err;

	if (status || !run->period.command || !run->ranges.count)
		return status;
	err = prof_child_hold(&run->period.child);
	if (!err)
		return PROF_EXIT_OK;
	prof_error("%s cannot be held: %s", run->period.command[0], strerror(-err));
	return PROF_EXIT_FAILED;
}

int prof_watch_run(struct prof_watch_run *run)
{
	struct task task = { .run = run, .map_fd = -1 };
	struct prof_symbols *symbols;
	int status = PROF_EXIT_OK;

	run->period.child.ended = true;
	prof_rights_log(run->options.verbose);
	if (!run->ranges.count)
		status = map_find(run);
	if (!status)
		status = prof_view_check(&run->view);
	if (status)
		return status;
	/* Its memory stays where it is, and is nobody else's, while it is watched. */
	if (run->map_id)
		task.map_fd = prof_map_hold(run->map_id, &task.map);
	/* Before the command maps anything. */
	symbols = prof_symbols_open();
	task.symbols = symbols;
	status = command_start(run);
	if (!status && run->period.command && run->period.child.ended) {
		status = prof_child_status(&run->period.child);
	} else {
		if (!status)
			status = task_prepare(&task);
		if (!status)
			status = task_run(&task, symbols);
	}
	prof_profile_free(&task.profile);
	prof_profile_free(&task.names);
	prof_watch_close(task.watcher);
	prof_hunt_close(task.hunt);
	prof_symbols_close(symbols);
	prof_child_kill(&run->period.child);
	prof_ranges_free(&run->ranges);
	if (task.map_fd >= 0)
		close(task.map_fd);
	return status;
}
