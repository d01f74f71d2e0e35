// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_unpack.c - khmapctl unpack
 */
#include <errno.h>

#include "cli.h"
#include "packed.h"
#include "writing.h"

static const struct option unpack_options[] = {
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

static const char unpack_help[] =
	"Usage: khmapctl unpack IN OUT\n"
	"Makes of a file that \"khmapctl snapshot --compress\" wrote the one that it would have\n"
	"written without, byte for byte.  OUT holds all of it or, after a failure, what it held\n"
	"before.\n"
	"\n"
	"  -q, --quiet  no progress, and do not say what was written\n"
	"\n"
	"Examples:\n"
	"  khmapctl unpack ./today.khz ./today.khmap\n";

static int unpack_write(const char *name, const char *path, bool quiet)
{
	struct writing writing = { .quiet = quiet };
	const struct khmap_write_options options = {
		.size = sizeof(options),
		.progress = writing_progress,
		.context = &writing,
	};
	struct khmap_compressed *packed;
	char amount[32];
	double seconds;
	int err = khmap_compressed_open(name, &packed);

	if (err)
		return err == -EINVAL ? cli_error(CLI_REFUSED, "%s", khmap_reason()) :
		       cli_failed(err);
	cli_interrupt_catch();
	err = khmap_compressed_unpack(packed, path, &options);
	khmap_compressed_close(packed);
	seconds = writing_end(&writing);
	if (err)
		return cli_failed(err);
	if (!quiet)
		printf("%s: %s in %.2f s\n", path,
		       progress_amount(amount, sizeof(amount), (double)writing.total), seconds);
	return CLI_OK;
}

static int unpack_run(int argc, char **argv)
{
	int option, code = CLI_OK;
	bool quiet = false;

	while ((option = cli_option(argc, argv, "q", unpack_options, &code)) > 0)
		quiet = true;
	if (!option)
		return code;
	if (optind + 2 != argc)
		return cli_usage("IN and OUT are needed");
	return unpack_write(argv[optind], argv[optind + 1], quiet);
}

const struct cli_command cli_unpack = {
	.name = "unpack",
	.summary = "make a compressed snapshot file a plain one",
	.help = unpack_help,
	.run = unpack_run,
};
