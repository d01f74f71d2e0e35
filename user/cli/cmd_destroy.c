// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_destroy.c - khmapctl destroy and clear
 */
#include <errno.h>

#include "cli.h"

static const char destroy_help[] =
	"Usage: khmapctl destroy NAME...\n"
	"Takes the names of maps, or of snapshots, away.  Who has one open goes on using it; its\n"
	"memory is freed with the last.  A map's snapshots hold the map's.\n"
	"\n"
	"Example:\n"
	"  khmapctl destroy routes\n";

static int destroy_run(int argc, char **argv)
{
	int code = CLI_OK, option = cli_option(argc, argv, "", NULL, &code);

	if (!option)
		return code;
	if (optind == argc)
		return cli_usage("a NAME is needed");
	for (; optind < argc; optind++) {
		int one = cli_name(argv[optind]), err;

		err = one ? 0 : khmap_destroy(argv[optind]);
		if (err)
			one = cli_failed(err);
		code = one ? one : code;
	}
	return code;
}

const struct cli_command cli_destroy = {
	.name = "destroy",
	.summary = "destroy maps and named snapshots",
	.help = destroy_help,
	.run = destroy_run,
};

static const char clear_help[] =
	"Usage: khmapctl clear NAME\n"
	"Deletes every key of a map and says how many there were.  The map keeps its pages.\n"
	"\n"
	"Example:\n"
	"  khmapctl clear routes\n";

static int clear_run(int argc, char **argv)
{
	int code = CLI_OK, option = cli_option(argc, argv, "", NULL, &code), err;
	struct cli_map map = { .map = NULL };
	__u64 deleted;

	if (!option)
		return code;
	if (optind + 1 != argc)
		return cli_usage("one NAME is needed");
	code = cli_open(argv[optind], KHMAP_OPEN_WRITE, &map);
	if (code)
		return code;
	err = khmap_clear(map.map, &deleted);
	if (err)
		code = cli_failed(err);
	else
		printf("%llu keys deleted\n", (unsigned long long)deleted);
	cli_close(&map);
	return code;
}

const struct cli_command cli_clear = {
	.name = "clear",
	.summary = "delete all keys of a map",
	.help = clear_help,
	.run = clear_run,
};
