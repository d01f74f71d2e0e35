/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * watch_run.h - "khmap-prof watch": from the options to the profile
 */
#ifndef PROF_WATCH_RUN_H
#define PROF_WATCH_RUN_H

#include "profile/view.h"
#include "source/map_lines.h"
#include "source/period.h"
#include "source/ranges.h"
#include "source/target.h"
#include "source/watch.h"

/**
 * struct prof_watch_run - what was asked for: ranges of a process, or a map
 * @target: the map, and one in how many accesses
 * @ranges: of a process
 * @lines: of the map
 * @line_count: of @lines; 0 to find the hottest
 * @hot: how many to find
 * @find_ns: how long to look for them
 * @map_id: filled here
 * @options: how to watch; @pid of it is filled here
 * @view: what to show
 * @period: how long
 * @live_ns: how often to show meanwhile what moves, or 0
 * @stacks: keep call stacks
 */
struct prof_watch_run {
	struct prof_target target;
	struct prof_ranges ranges;
	struct prof_map_line lines[PROF_MAP_LINES_MAX];
	size_t line_count;
	uint64_t hot;
	uint64_t find_ns;
	uint64_t map_id;
	struct prof_watch_options options;
	struct prof_view view;
	struct prof_period period;
	uint64_t live_ns;
	bool stacks;
};

/**
 * prof_watch_run() - watch, and show what was seen
 * @run: of the options
 *
 * Prints what went wrong.
 *
 * Return: enum prof_exit; if the profile was made, what the command returned.
 */
int prof_watch_run(struct prof_watch_run *run);

#endif /* PROF_WATCH_RUN_H */
