// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_watch.c - "khmap-prof watch": options
 */
#include <stdio.h>
#include <string.h>
#include "options.h"
#include "profile/progress.h"
#include "watch_run.h"

#define PID_MAX_LIMIT	(1u << 22)
#define FIND_MAX	3600u	/* seconds */
#define INTERVAL_MAX	3600000u	/* milliseconds */
#define MS_NS		1000000ull
#define INTERVAL_MS	100u
#define HOT_LINES	4u
#define FIND_SECONDS	1u

static void print_help(void)
{
	printf("Usage: khmap-prof watch [OPTION...] --pid PID\n"
	       "       khmap-prof watch [OPTION...] -- COMMAND [ARGUMENT...]\n"
	       "       khmap-prof watch [OPTION...] --map NAME [-- COMMAND [ARGUMENT...]]\n"
	       "Profiles accesses to addresses of a process, or to lines of a map, by hardware\n"
	       "watchpoints, for a time, until the process ends, or until Ctrl-C. \"record\" does the same\n"
	       "if it gets one of the first five options, or --source watchpoints.\n\n"
	       "  --pid PID       watch this process\n"
	       "  --range START+LENGTH[:NAME]\n"
	       "                  watch these bytes; several of one NAME are parts of one range\n"
	       "  --symbol NAME[:OFFSET+LENGTH]\n"
	       "                  watch this variable of the executable or of a library, or a part of it\n"
	       "  --line REGION:PAGE:LINE[:OFFSET+LENGTH]\n"
	       "                  watch this line of the map, like primary:0:4, or these bytes of it; may be\n"
	       "                  repeated\n"
	       "  --map NAME      watch what the kernel stores into this map\n"
	       "  --map-id N      the same, by the map's id\n"
	       "  --hot N         without --line: watch the N hottest lines (default %u), which\n"
	       "                  tracepoints find before\n"
	       "  --find S        look for them for S seconds (default %u)\n"
	       "  --loads         loads too, with half the bytes at a time\n"
	       "  --width N       bytes that one watchpoint covers: 1, 2, 4 or 8 (default 8)\n"
	       "  --interval MS   how long a turn is, if not all bytes can be watched at a time\n"
	       "                  (default %u)\n"
	       "  --duration S    record for S seconds\n"
	       "  --sample N      take one access in N of each processor (default 1)\n"
	       "%s  -w, --live[=S]  meanwhile show what moves, every S seconds (default 1); a terminal is\n"
	       "                  cleared each time\n"
	       "  --stacks        keep the call stacks that accesses come from\n"
	       "  --verbose       show what libbpf and the kernel say\n"
	       "  -h, --help      print this\n\n"
	       "A processor has four watchpoints. It does not say how many of the watched bytes were\n"
	       "accessed, so that an access counts as one to all bytes of its watchpoint: with fields of\n"
	       "less than 8 bytes, say --width. An access to bytes of several watchpoints is one of each.\n"
	       "How long which bytes were watched is in the JSON. The address of an access is that of the\n"
	       "instruction behind it.\n\n"
	       "Exit status: see khmap-prof --help; if the profile was made, that of COMMAND.\n",
	       HOT_LINES, FIND_SECONDS, INTERVAL_MS, prof_view_help);
}

static bool width_option(struct prof_watch_run *run, const char *value)
{
	uint64_t width;

	if (!prof_number(value, PROF_WATCH_BYTES, &width) && width && !(width & (width - 1))) {
		run->options.width = (uint32_t)width;
		return true;
	}
	prof_error("--width needs 1, 2, 4 or 8, not \"%s\"", value);
	return false;
}

static bool number_option(struct prof_watch_run *run, int option, const char *value)
{
	uint64_t number = 0;
	bool fine;

	if (option == 'p') {
		fine = prof_option_count("--pid", value, PID_MAX_LIMIT, &number);
		run->ranges.pid = (pid_t)number;
	} else {
		fine = prof_option_count("--interval", value, INTERVAL_MAX, &number);
		run->options.interval_ns = number * MS_NS;
	}
	return fine;
}

static bool line_option(struct prof_watch_run *run, const char *value)
{
	if (run->line_count == PROF_MAP_LINES_MAX) {
		prof_error("there are more than %u lines", PROF_MAP_LINES_MAX);
		return false;
	}
	return prof_map_line_parse(value, &run->lines[run->line_count++]);
}

static bool find_option(struct prof_watch_run *run, const char *value)
{
	uint64_t seconds = 0;
	bool fine = prof_option_count("--find", value, FIND_MAX, &seconds);

	run->find_ns = seconds * PROF_SECOND_NS;
	return fine;
}

static bool source_option(const char *value)
{
	if (!strcmp(value, "watchpoints"))
		return true;
	prof_error("there is no source \"%s\": watchpoints is one", value);
	return false;
}

static bool watch_option(struct prof_watch_run *run, int option)
{
	if (option >= PROF_OPTION_SHOW)
		return prof_view_option(&run->view, option, optarg);
	switch (option) {
	case 'p':
	case 'I':
		return number_option(run, option, optarg);
	case 'r':
		return prof_ranges_add(&run->ranges, optarg);
	case 'y':
		return prof_ranges_add_symbol(&run->ranges, optarg);
	case 'l':
		return line_option(run, optarg);
	case 'H':
		return prof_option_count("--hot", optarg, PROF_MAP_LINES_MAX, &run->hot);
	case 'f':
		return find_option(run, optarg);
	case 'o':
		return source_option(optarg);
	case 'L':
		run->options.loads = true;
		return true;
	case 'W':
		return width_option(run, optarg);
	case 'd':
		return prof_period_option(&run->period, optarg);
	case 'w':
		return prof_progress_option(optarg, &run->live_ns);
	case 'S':
		run->stacks = true;
		return true;
	case 'v':
		run->options.verbose = true;
		return true;
	default:
		return prof_target_option(&run->target, option, optarg);
	}
}

/* What cannot be together; prints what is wrong. */
static bool options_agree(const struct prof_watch_run *run)
{
	bool map = run->target.name || run->target.map_id, range = run->ranges.count;
	const char *wrong = NULL;

	if (map && (range || run->ranges.pid))
		wrong = "give a map or addresses of a process, not both";
	else if (!map && !range)
		wrong = "what shall be watched? Give --range, --symbol or --map";
	else if (!map && run->line_count)
		wrong = "--line is of a map: give --map, too";
	else if (run->period.command && run->ranges.pid)
		wrong = "give --pid or a command, not both";
	else if (range && !run->period.command && !run->ranges.pid)
		wrong = "whose addresses? Give --pid or a command";
	if (wrong)
		prof_error("%s", wrong);
	return !wrong;
}

/* Returns enum prof_exit, or -1 to go on. */
static int watch_options(struct prof_watch_run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "range", required_argument, NULL, 'r' },
		{ "symbol", required_argument, NULL, 'y' },
		{ "map", required_argument, NULL, 'm' },
		{ "map-id", required_argument, NULL, 'i' },
		{ "line", required_argument, NULL, 'l' },
		{ "hot", required_argument, NULL, 'H' },
		{ "find", required_argument, NULL, 'f' },
		{ "source", required_argument, NULL, 'o' },
		{ "loads", no_argument, NULL, 'L' },
		{ "width", required_argument, NULL, 'W' },
		{ "interval", required_argument, NULL, 'I' },
		{ "duration", required_argument, NULL, 'd' },
		{ "sample", required_argument, NULL, 's' },
		PROF_VIEW_OPTIONS,
		{ "live", optional_argument, NULL, 'w' },
		{ "stacks", no_argument, NULL, 'S' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "+hw::", options, NULL)) != -1) {
		if (option == 'h') {
			print_help();
			return PROF_EXIT_OK;
		}
		if (!watch_option(run, option))
			return PROF_EXIT_USAGE;
	}
	if (run->view.files[PROF_VIEW_FOLDED])
		run->stacks = true;
	if (!prof_period_command(&run->period, argv + optind))
		return PROF_EXIT_USAGE;
	return options_agree(run) && prof_progress_agrees(run->live_ns, &run->view) ?
	       -1 : PROF_EXIT_USAGE;
}

int prof_watch_main(int argc, char **argv)
{
	static struct prof_watch_run run = {
		.target = { .sample = 1 },
		.hot = HOT_LINES,
		.find_ns = FIND_SECONDS * PROF_SECOND_NS,
		.options = {
			.width = PROF_WATCH_BYTES,
			.interval_ns = INTERVAL_MS * MS_NS,
			.lines = PROF_LINES_DEFAULT,
		},
	};
	int status;

	prof_view_init(&run.view);
	status = watch_options(&run, argc, argv);
	return status >= 0 ? status : prof_watch_run(&run);
}
