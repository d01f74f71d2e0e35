// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_snapshot.c - khmapctl snapshot
 */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "progress.h"

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

/**
 * struct snapshot_watch - A write under way.
 * @progress: its bar
 * @started: the bar has begun
 * @total: bytes
 */
struct snapshot_watch {
	struct progress progress;
	bool started;
	uint64_t total;
};

static int snapshot_progress(void *context, __u64 done, __u64 total)
{
	struct snapshot_watch *watch = context;

	if (!watch->started)
		progress_start(&watch->progress, PROGRESS_BYTES, total);
	watch->started = true;
	watch->total = total;
	progress_show(&watch->progress, done);
	return cli_interrupted();
}

static int snapshot_write(const char *name, const char *path, bool quiet)
{
	struct snapshot_watch watch = { .started = false };
	const struct khmap_write_options options = {
		.size = sizeof(options),
		.progress = snapshot_progress,
		.context = &watch,
	};
	struct khmap *map;
	char amount[32];
	double seconds = 0;
	int err;
	/* Only a live map has to be opened for writing. */
	struct khmap_open_options how = { .size = sizeof(how), .flags = KHMAP_OPEN_WRITE };

	if (!strpbrk(name, "/.") && cli_name(name))
		return CLI_USAGE;
	err = khmap_open(name, &how, &map);
	if (err == -EACCES)
		return cli_error(CLI_FAILED,
				 "%s: a snapshot needs write permission, as the map's memory pays for it",
				 khmap_reason());
	if (err == -EROFS) {
		how.flags = KHMAP_OPEN_VERIFY;
		err = khmap_open(name, &how, &map);
	}
	if (err)
		return err == -EINVAL ? cli_error(CLI_REFUSED, "%s", khmap_reason()) :
		       cli_failed(err);
	cli_interrupt_catch();
	err = khmap_snapshot_write(map, path, &options);
	khmap_close(map);
	if (watch.started)
		seconds = progress_end(&watch.progress);
	if (err)
		return cli_failed(err);
	if (!quiet)
		printf("%s: %s in %.2f s\n", path,
		       progress_amount(amount, sizeof(amount), (double)watch.total), seconds);
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
