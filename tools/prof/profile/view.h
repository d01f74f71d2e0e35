/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * view.h - what shall be shown of a profile, and where: options that commands share
 */
#ifndef PROF_VIEW_H
#define PROF_VIEW_H

#include <getopt.h>
#include "profile/profile.h"

/**
 * enum prof_view_kind - files that a profile is written to
 * @PROF_VIEW_JSON: all of it
 * @PROF_VIEW_HTML: tables and drawings
 * @PROF_VIEW_SVG_LINES: see prof_svg_lines()
 * @PROF_VIEW_SVG_TIMES: see prof_svg_times()
 * @PROF_VIEW_FOLDED: see prof_folded_write()
 * @PROF_VIEW_FILES: how many kinds there are
 */
enum prof_view_kind {
	PROF_VIEW_JSON,
	PROF_VIEW_HTML,
	PROF_VIEW_SVG_LINES,
	PROF_VIEW_SVG_TIMES,
	PROF_VIEW_FOLDED,
	PROF_VIEW_FILES,
};

/**
 * struct prof_view - what shall be shown, and where
 * @show: PROF_SHOW_* of the tables
 * @top: rows of each table at most
 * @files: for each kind its name; "-" is standard output; NULL: not asked for
 */
struct prof_view {
	unsigned int show;
	uint64_t top;
	const char *files[PROF_VIEW_FILES];
};

/* What getopt_long() returns for these options; above all characters. */
#define PROF_OPTION_SHOW	0x100
#define PROF_OPTION_TOP		0x101
#define PROF_OPTION_FILE	0x110	/* and enum prof_view_kind */

#define PROF_VIEW_OPTIONS							\
	{ "show", required_argument, NULL, PROF_OPTION_SHOW },			\
	{ "top", required_argument, NULL, PROF_OPTION_TOP },			\
	{ "json", required_argument, NULL, PROF_OPTION_FILE + PROF_VIEW_JSON }, \
	{ "html", required_argument, NULL, PROF_OPTION_FILE + PROF_VIEW_HTML }, \
	{ "svg-lines", required_argument, NULL,					\
	  PROF_OPTION_FILE + PROF_VIEW_SVG_LINES },				\
	{ "svg-times", required_argument, NULL,					\
	  PROF_OPTION_FILE + PROF_VIEW_SVG_TIMES },				\
	{ "folded", required_argument, NULL, PROF_OPTION_FILE + PROF_VIEW_FOLDED }

/* Lines of help on them. */
extern const char prof_view_help[];

/**
 * prof_view_init() - what is shown if nothing is asked for
 * @view: filled
 */
void prof_view_init(struct prof_view *view);

/**
 * prof_view_option() - take an option
 * @view: changed
 * @option: PROF_OPTION_*
 * @value: of the option
 *
 * Prints what is wrong.
 *
 * Return: whether all is well.
 */
bool prof_view_option(struct prof_view *view, int option, const char *value);

/**
 * prof_view_check() - can all files be written?
 * @view: what shall be shown
 *
 * Prints what cannot.
 *
 * Return: enum prof_exit.
 */
int prof_view_check(const struct prof_view *view);

/**
 * prof_view_alone() - does something take all of standard output?
 * @view: what shall be shown
 *
 * Return: if so, no table is printed.
 */
bool prof_view_alone(const struct prof_view *view);

/**
 * prof_view_write() - show a profile
 * @view: what shall be shown
 * @profile: the profile
 *
 * Prints what went wrong.
 *
 * Return: enum prof_exit.
 */
int prof_view_write(const struct prof_view *view, const struct prof_profile *profile);

#endif /* PROF_VIEW_H */
