/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * watch_profile.h - what a profile of watchpoints has beside the others
 */
#ifndef PROF_WATCH_PROFILE_H
#define PROF_WATCH_PROFILE_H

#include "profile/profile.h"
#include "source/ranges.h"
#include "source/watch.h"

/**
 * prof_watch_ranges() - the ranges of a process, with their names
 * @profile: without ranges
 * @ranges: that are watched
 */
void prof_watch_ranges(struct prof_profile *profile, const struct prof_ranges *ranges);

/**
 * prof_watch_profile() - say in a profile what was watched
 * @profile: changed; read from the programs
 * @watcher: stopped
 * @options: of @watcher
 * @ranges: that were watched; may have none
 */
void prof_watch_profile(struct prof_profile *profile, struct prof_watcher *watcher,
			const struct prof_watch_options *options, const struct prof_ranges *ranges);

#endif /* PROF_WATCH_PROFILE_H */
