// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * khmap-prof.c - the profiler's commands
 */
#include <stdio.h>
#include <string.h>
#include "prof.h"

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "record", prof_record_main, "profile the stores of puts and deletes" },
	{ "report", prof_report_main, "show a profile that was recorded" },
	{ "watch", prof_watch_main, "profile any addresses by hardware watchpoints" },
	{ "attach", prof_attach_main, "attach programs that bpftool has pinned" },
	{ "events", prof_events_main, "say which events this machine has" },
	{ "stat", prof_stat_main, "count what a command's operations take" },
	{ "wait", prof_wait_main, "name what operations wait for, and for how long" },
	{ "demo", prof_demo_main, "show what it costs to share a cache line" },
	{ "selftest", prof_selftest_main, "see what works on this machine" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(void)
{
	size_t i;

	printf("Usage: khmap-prof COMMAND [OPTION...]\n"
	       "Shows which cache lines of khmap's maps are stored to, by which processors, and\n"
	       "which of them pass from one to the other.\n\n");
	for (i = 0; i < COMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].help);
	printf("\n\"khmap-prof COMMAND --help\" tells the rest, --version the version.\n\n"
	       "Exit status: 0 all is well; 1 it failed; 2 wrong usage; 3 no such map; 4 the module\n"
	       "or its type information is missing; 5 not permitted; 6 this kernel or machine cannot do\n"
	       "it; 7 a file is no profile; 8 no such process, or nothing at those addresses.\n");
}

int main(int argc, char **argv)
{
	static char name[64];	/* what getopt_long() begins its messages with */
	size_t i;

	if (argc < 2) {
		prof_error("which command? Try khmap-prof --help");
		return PROF_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return PROF_EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("khmap-prof %s, profile format %d\n", KHMAP_VERSION, PROF_FORMAT);
		return PROF_EXIT_OK;
	}
	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name)) {
			snprintf(name, sizeof(name), "khmap-prof %s", commands[i].name);
			argv[1] = name;
			return commands[i].main(argc - 1, argv + 1);
		}
	prof_error("there is no command \"%s\". Try khmap-prof --help", argv[1]);
	return PROF_EXIT_USAGE;
}
