/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * report.h - a profile for people and for programs
 */
#ifndef PROF_REPORT_H
#define PROF_REPORT_H

#include <stdio.h>
#include "profile/profile.h"

/* What prof_table_print() prints before the totals. */
#define PROF_SHOW_LINES		1u	/* the hottest lines */
#define PROF_SHOW_OFFSETS	2u	/* what was accessed in each of them */
#define PROF_SHOW_BUCKETS	4u	/* the hottest chains */
#define PROF_SHOW_ADVICE	8u	/* advice for each of the hottest lines */

/**
 * prof_table_print() - tables, and the totals
 * @profile: the profile
 * @show: PROF_SHOW_*
 * @top: rows of each at most
 * @out: where to
 *
 * Return: 0; -ENOMEM.
 */
int prof_table_print(const struct prof_profile *profile, unsigned int show, size_t top, FILE *out);

/**
 * prof_folded_write() - the call stacks as lines of text, for flame graphs
 * @profile: the profile
 * @out: where to
 *
 * A line has the command, the user's functions from the outermost on, the
 * kernel's, which end in "_[k]", and the modelled transfers that came from there.
 *
 * Return: 0; -ENOMEM.
 */
int prof_folded_write(const struct prof_profile *profile, FILE *out);

/**
 * prof_svg_lines() - a drawing of the hottest lines by CPU
 * @profile: the profile
 * @top: lines at most
 * @alone: it is a file of its own, and not within another
 * @out: where to
 */
void prof_svg_lines(const struct prof_profile *profile, size_t top, bool alone, FILE *out);

/**
 * prof_svg_times() - a drawing of the hottest chains by time
 * @profile: the profile
 * @top: chains at most
 * @alone: it is a file of its own, and not within another
 * @out: where to
 */
void prof_svg_times(const struct prof_profile *profile, size_t top, bool alone, FILE *out);

/**
 * prof_html_write() - tables and drawings as one file for a browser
 * @profile: the profile
 * @top: rows of each at most
 * @out: where to
 */
void prof_html_write(const struct prof_profile *profile, size_t top, FILE *out);

/**
 * prof_json_write() - all of a profile as JSON
 * @profile: the profile
 * @out: where to
 *
 * One object; "format" is PROF_FORMAT and changes when a reader would have to.
 *
 * Return: 0; -ENOMEM; -EIO.
 */
int prof_json_write(const struct prof_profile *profile, FILE *out);

/**
 * prof_watch_print() - what was watched for how long, so that counts can be compared
 * @profile: of watchpoints
 * @out: where to
 */
void prof_watch_print(const struct prof_profile *profile, FILE *out);

#endif /* PROF_REPORT_H */
