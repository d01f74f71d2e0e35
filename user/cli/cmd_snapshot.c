// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_snapshot.c - khmapctl snapshot
 */
#include "cli.h"
#include "write_ring.h"
#include "writing.h"

static const struct option snapshot_options[] = {
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

static const char snapshot_help[] =
	"Usage: khmapctl snapshot NAME FILE\n"
	"Writes a map, as it is at one instant, to a file with a checksum for each page.  The file\n"
	"is read like a map, here and on other hosts.  FILE holds all of it or, after a failure,\n"
	"what it held before.  NAME may be the path of another snapshot file.\n"
	"\n"
	"  -q, --quiet  do not say what was written\n"
	"\n"
	"Examples:\n"
	"  khmapctl snapshot routes ./today.khmap\n"
	"  khmapctl get ./today.khmap 10.0.0.0\n";

static int snapshot_write(const char *name, const char *path, bool quiet)
{
	struct writing writing = { .started = false };
	struct khmap_write_options options = {
		.size = sizeof(options),
		.progress = writing_progress,
		.context = &writing,
	};
	struct write_ring ring;
	struct khmap *map;
	char amount[32];
	double seconds;
	int err = writing_open(name, KHMAP_OPEN_VERIFY, &map);

	if (err)
		return err;
	cli_interrupt_catch();
	/* Without io_uring one write follows the other. */
	if (!write_ring_open(&ring))
		options.queue = &ring.queue;
	err = khmap_snapshot_write(map, path, &options);
	write_ring_close(&ring);
	khmap_close(map);
	seconds = writing_end(&writing);
	if (err)
		return cli_failed(err);
	if (!quiet)
		printf("%s: %s in %.2f s\n", path,
		       progress_amount(amount, sizeof(amount), (double)writing.total), seconds);
	return CLI_OK;
}

static int snapshot_run(int argc, char **argv)
{
	int option, code = CLI_OK;
	bool quiet = false;

	while ((option = cli_option(argc, argv, "q", snapshot_options, &code)) > 0)
		quiet = true;
	if (!option)
		return code;
	if (optind + 2 != argc)
		return cli_usage("NAME and FILE are needed");
	return snapshot_write(argv[optind], argv[optind + 1], quiet);
}

const struct cli_command cli_snapshot = {
	.name = "snapshot",
	.summary = "write a map to a file, as it is at one instant",
	.help = snapshot_help,
	.run = snapshot_run,
};
