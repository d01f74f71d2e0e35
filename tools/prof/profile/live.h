/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * live.h - what moves at this time, while it is recorded
 */
#ifndef PROF_LIVE_H
#define PROF_LIVE_H

#include <stdio.h>
#include "profile/profile.h"

struct prof_live;

/**
 * prof_live_new() - begin to show
 * @top: lines at most
 * @terminal: clear it first each time, and show no more than it has room for
 * @out: where to
 *
 * Return: for prof_live_free(); never NULL.
 */
struct prof_live *prof_live_new(size_t top, bool terminal, FILE *out);

/**
 * prof_live_show() - show what has moved since the last time
 * @live: of prof_live_new()
 * @profile: as it is now, its duration included
 *
 * Lines that moved most since then come first.
 *
 * Return: 0; -ENOMEM.
 */
int prof_live_show(struct prof_live *live, const struct prof_profile *profile);

/**
 * prof_live_free() - free it
 * @live: or NULL
 */
void prof_live_free(struct prof_live *live);

#endif /* PROF_LIVE_H */
