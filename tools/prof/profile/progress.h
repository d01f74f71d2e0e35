/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * progress.h - what is told while it is recorded
 */
#ifndef PROF_PROGRESS_H
#define PROF_PROGRESS_H

#include "profile/live.h"
#include "profile/view.h"
#include "source/session.h"
#include "source/tick.h"

/**
 * struct prof_progress - a recording, and how it is told of
 * @tick: tells of it now and then, by prof_tick_do()
 * @fds: maps of the programs
 * @began_ns: CLOCK_MONOTONIC, when it began
 * @names: maps and ranges that the programs do not know, or NULL; not owned
 * @live: shows what moves; NULL if only counts are told
 * @told: of these a line stands on the terminal
 */
struct prof_progress {
	struct prof_tick tick;
	struct prof_fds fds;
	uint64_t began_ns;
	const struct prof_profile *names;
	struct prof_live *live;
	bool told;
};

/**
 * prof_progress_option() - read "--live[=S]"
 * @text: the seconds, or NULL for one
 * @live_ns: filled on success
 *
 * Prints what is wrong.
 *
 * Return: whether all is well.
 */
bool prof_progress_option(const char *text, uint64_t *live_ns);

/**
 * prof_progress_agrees() - check that standard output is free for what moves
 * @live_ns: of prof_progress_option(), or 0
 * @view: what else is shown
 *
 * Prints what is wrong.
 *
 * Return: whether all is well.
 */
bool prof_progress_agrees(uint64_t live_ns, const struct prof_view *view);

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
