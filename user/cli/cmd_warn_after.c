// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_warn_after.c - khmapctl warn-after
 */
#include "cli.h"
#include "duration.h"

static const char warn_after_help[] =
	"Usage: khmapctl warn-after NAME DURATION\n"
	"Says how long a snapshot of a map may be held before it is overdue: never, or a whole\n"
	"number with ms, s, m, h or d behind it.  The kernel's log then has a line about it, once,\n"
	"and ls and stat mark it; nothing else happens to it.  Holds for snapshots that exist\n"
	"already, too.\n"
	"\n"
	"Examples:\n"
	"  khmapctl warn-after routes 10m\n"
	"  khmapctl warn-after routes never\n";

static int warn_after_run(int argc, char **argv)
{
	int code = CLI_OK, option = cli_option(argc, argv, "", NULL, &code), err;
	struct cli_map map = { .map = NULL };
	const char *wrong;
	uint64_t ms;

	if (!option)
		return code;
	if (optind + 2 != argc)
		return cli_usage("NAME and DURATION are needed");
	wrong = duration_scan(argv[optind + 1], &ms);
	if (wrong)
		return cli_usage("\"%s\" %s", argv[optind + 1], wrong);
	code = cli_open(argv[optind], KHMAP_OPEN_WRITE, &map);
	if (code)
		return code;
	err = khmap_warn_after(map.map, ms);
	if (err)
		code = cli_failed(err);
	cli_close(&map);
	return code;
}

const struct cli_command cli_warn_after = {
	.name = "warn-after",
	.summary = "say when a snapshot of a map is overdue",
	.help = warn_after_help,
	.run = warn_after_run,
};
