/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * progress.h - what is told while it is recorded
 */
#ifndef PROF_PROGRESS_H
#define PROF_PROGRESS_H

#include "profile/live.h"
#include "source/session.h"
#include "source/tick.h"

/**
 * struct prof_progress - a recording, and how it is told of
 * @tick: tells of it now and then
 * @fds: maps of the programs
 * @began_ns: CLOCK_MONOTONIC, when it began
 * @live: shows what moves; NULL if only counts are told
 * @told: of these a line stands on the terminal
 */
struct prof_progress {
	struct prof_tick tick;
	struct prof_fds fds;
	uint64_t began_ns;
	struct prof_live *live;
	bool told;
};

/**
 * prof_progress_begin() - begin to tell
 * @progress: filled
 * @fds: maps of the programs
 * @began_ns: CLOCK_MONOTONIC, when it began
 * @live_ns: how often to show what moves; 0: tell of counts, and only if the
 *	standard error output is a terminal
 * @top: lines shown at most
 */
void prof_progress_begin(struct prof_progress *progress, const struct prof_fds *fds,
			 uint64_t began_ns, uint64_t live_ns, size_t top);

/**
 * prof_progress_end() - tell no more
 * @progress: of prof_progress_begin()
 */
void prof_progress_end(struct prof_progress *progress);

#endif /* PROF_PROGRESS_H */
