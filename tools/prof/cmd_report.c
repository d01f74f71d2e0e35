// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_report.c - "khmap-prof report": a profile that was recorded, shown again
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "prof.h"
#include "profile/view.h"
#include "profile/read.h"
#include "profile/report.h"

struct report {
	struct prof_view view;
	const char *map;
	const char *file;
	bool show;
};

static void print_help(void)
{
	printf("Usage: khmap-prof report [OPTION...] FILE\n"
	       "Shows a profile that \"khmap-prof record --json FILE\" wrote; \"-\" is standard input.\n"
	       "What it prints without options is what record printed. If only files are asked for,\n"
	       "no table is printed.\n\n"
	       "  --map NAME      show this map's lines and chains only\n"
	       "%s  -h, --help      print this\n\n"
	       "Exit status: see khmap-prof --help.\n",
	       prof_view_help);
}

/* Returns enum prof_exit, or -1 to go on. */
static int report_options(struct report *report, int argc, char **argv)
{
	static const struct option options[] = {
		PROF_VIEW_OPTIONS,
		{ "map", required_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int option, kind;
	bool files = false;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			print_help();
			return PROF_EXIT_OK;
		}
		if (option == '?')
			return PROF_EXIT_USAGE;
		if (option == 'm')
			report->map = optarg;
		else if (!prof_view_option(&report->view, option, optarg))
			return PROF_EXIT_USAGE;
		report->show |= option == PROF_OPTION_SHOW;
	}
	if (optind + 1 != argc) {
		prof_error("report needs one file, that record --json wrote");
		return PROF_EXIT_USAGE;
	}
	report->file = argv[optind];
	for (kind = 0; kind < PROF_VIEW_FILES; kind++)
		files |= !!report->view.files[kind];
	if (files && !report->show)
		report->view.show = 0;
	return -1;
}

static int file_read(const char *path, struct prof_profile *profile)
{
	bool from_file = strcmp(path, "-");
	FILE *in = from_file ? fopen(path, "re") : stdin;
	char mistake[PROF_MISTAKE_ROOM];
	int err;

	if (!in) {
		prof_error("%s: %s", path, strerror(errno));
		return PROF_EXIT_FAILED;
	}
	err = prof_json_read(in, profile, mistake);
	if (from_file)
		fclose(in);
	if (!err)
		return PROF_EXIT_OK;
	prof_error("%s: %s", from_file ? path : "standard input", mistake);
	return err == -EINVAL ? PROF_EXIT_NO_PROFILE : PROF_EXIT_FAILED;
}

static int map_filter(const struct report *report, struct prof_profile *profile)
{
	size_t i;

	for (i = 0; i < profile->map_count; i++)
		if (!strcmp(profile->maps[i].map.name, report->map)) {
			prof_profile_filter(profile, profile->maps[i].map_id);
			return PROF_EXIT_OK;
		}
	prof_error("%s: no map \"%s\" is in this profile", report->file, report->map);
	return PROF_EXIT_NO_MAP;
}

int prof_report_main(int argc, char **argv)
{
	struct prof_profile profile = { 0 };
	struct report report = { 0 };
	int status;

	prof_view_init(&report.view);
	status = report_options(&report, argc, argv);
	if (status >= 0)
		return status;
	status = file_read(report.file, &profile);
	if (!status && report.map)
		status = map_filter(&report, &profile);
	if (!status)
		status = prof_view_write(&report.view, &profile);
	prof_profile_free(&profile);
	return status;
}
