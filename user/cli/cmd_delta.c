// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_delta.c - khmapctl delta and khmapctl apply
 */
#include <errno.h>
#include <string.h>

#include <khmap/delta.h>

#include "cli.h"
#include "packed.h"
#include "writing.h"

static const struct option delta_options[] = {
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

static const char delta_help[] =
	"Usage: khmapctl delta BASE NEW FILE\n"
	"Writes the pages that changed between two snapshots of a map.  Who has BASE makes NEW of\n"
	"it with \"khmapctl apply\".  BASE is the path of a snapshot file, or the name of a snapshot:\n"
	"then the delta is for the file that \"khmapctl snapshot\" makes of that.  NEW is another, or\n"
	"a map, of which a snapshot is taken.  FILE is neither of them; it holds all of the delta or, after\n"
	"a failure, what it held before.\n"
	"\n"
	"  -q, --quiet  no progress, and do not say what was written\n"
	"\n"
	"Examples:\n"
	"  khmapctl delta ./monday.khmap ./tuesday.khmap ./tuesday.delta\n"
	"  khmapctl delta ./monday.khmap routes ./now.delta\n"
	"  khmapctl delta routes-monday routes-tuesday ./tuesday.delta\n";

static const char apply_help[] =
	"Usage: khmapctl apply BASE DELTA OUT\n"
	"Brings a snapshot file forward by what \"khmapctl delta\" wrote: OUT becomes the newer\n"
	"snapshot's file, byte for byte.  A delta that is damaged, or for another file than BASE,\n"
	"is refused before anything is written.  OUT holds all of it or, after a failure, what it\n"
	"held before; it may be BASE.\n"
	"\n"
	"  -q, --quiet  no progress, and do not say what was written\n"
	"\n"
	"Examples:\n"
	"  khmapctl apply ./monday.khmap ./tuesday.delta ./tuesday.khmap\n"
	"  khmapctl apply ./mirror.khmap ./now.delta ./mirror.khmap\n";

/* A file by its path, or, if there may be one, a snapshot of the kernel's by its name. */
static int delta_open_base(const char *name, bool named, struct khmap **base)
{
	int err;

	if (!named && !strpbrk(name, "/."))
		return cli_usage("BASE must be the path of a snapshot file: for the file %s here, write ./%s",
				 name, name);
	if (!strpbrk(name, "/.") && cli_name(name))
		return CLI_USAGE;
	err = packed_map(name, NULL, base, NULL);
	if (err == -EINVAL)
		return cli_error(CLI_REFUSED, "%s", khmap_reason());
	return err ? cli_failed(err) : CLI_OK;
}

static void delta_say(const char *path, const struct writing *writing,
		      const struct khmap_delta_options *done, double seconds)
{
	char amount[32];

	printf("%s: %s in %.2f s; %llu of %llu pages changed, %llu of them to zeros\n", path,
	       progress_amount(amount, sizeof(amount), (double)writing->total), seconds,
	       (unsigned long long)(done->stored + done->zero),
	       (unsigned long long)done->pages, (unsigned long long)done->zero);
}

static int delta_write(char **names, bool quiet)
{
	struct writing writing = { .quiet = quiet };
	struct khmap_delta_options options = {
		.size = sizeof(options),
		.progress = writing_progress,
		.context = &writing,
	};
	struct khmap *base, *map;
	double seconds;
	int err = delta_open_base(names[0], true, &base);

	if (err)
		return err;
	err = writing_open(names[1], 0, &map);
	if (err) {
		khmap_close(base);
		return err;
	}
	cli_interrupt_catch();
	err = khmap_delta_write(base, map, names[2], &options);
	khmap_close(map);
	khmap_close(base);
	seconds = writing_end(&writing);
	if (err)
		return cli_failed(err);
	if (!quiet)
		delta_say(names[2], &writing, &options, seconds);
	return CLI_OK;
}

static int apply_write(char **names, bool quiet)
{
	struct writing writing = { .quiet = quiet };
	struct khmap_delta_options options = {
		.size = sizeof(options),
		.progress = writing_progress,
		.context = &writing,
	};
	struct khmap *base;
	double seconds;
	int err = delta_open_base(names[0], false, &base);

	if (err)
		return err;
	cli_interrupt_catch();
	err = khmap_delta_apply(base, names[1], names[2], &options);
	khmap_close(base);
	seconds = writing_end(&writing);
	if (err)
		return cli_failed(err);
	if (!quiet)
		delta_say(names[2], &writing, &options, seconds);
	return CLI_OK;
}

static int delta_command(int argc, char **argv, const char *missing,
			 int (*run)(char **names, bool quiet))
{
	int option, code = CLI_OK;
	bool quiet = false;

	while ((option = cli_option(argc, argv, "q", delta_options, &code)) > 0)
		quiet = true;
	if (!option)
		return code;
	if (optind + 3 != argc)
		return cli_usage("%s", missing);
	return run(argv + optind, quiet);
}

static int delta_run(int argc, char **argv)
{
	return delta_command(argc, argv, "BASE, NEW and FILE are needed", delta_write);
}

static int apply_run(int argc, char **argv)
{
	return delta_command(argc, argv, "BASE, DELTA and OUT are needed", apply_write);
}

const struct cli_command cli_delta = {
	.name = "delta",
	.summary = "write what changed between two snapshots to a file",
	.help = delta_help,
	.run = delta_run,
};

const struct cli_command cli_apply = {
	.name = "apply",
	.summary = "bring a snapshot file forward by a delta",
	.help = apply_help,
	.run = apply_run,
};
