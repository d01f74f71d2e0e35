// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_restore.c - khmapctl restore
 */
#include "create.h"
#include "portable.h"

static const struct option restore_options[] = {
	{ "portable", no_argument, NULL, 'p' },
	{ "opaque", no_argument, NULL, 'o' },
	{ NULL, 0, NULL, 0 },
};

static const char restore_help[] =
	"Usage: khmapctl restore FILE NAME [OPTION...]\n"
	"Makes a snapshot file a live map again, the node /dev/khmap/NAME, with the same schema, hash\n"
	"and layout.  The kernel checks every bucket; NAME appears with all entries or not at all.\n"
	"The hash's secret is the file's: who can read the file knows it.\n"
	"\n"
	"  --portable                store entry by entry, under a new secret; NAME can be seen while\n"
	"                            it fills, and goes away again if it cannot be filled.  FILE may\n"
	"                            be of the other byte order: numbers are swapped by its schema\n"
	"  --opaque                  of the other byte order and without a schema: take keys and values\n"
	"                            as they are\n"
	"  --max-entries N           refuse more than N (the file's ceiling)\n"
	CREATE_HELP_MAX_BYTES
	CREATE_HELP_NODE
	"With --portable also, else as in the file:\n"
	"  --load-percent N, --hash fold|siphash13, --layout aligned|packed\n"
	"And --stripes N, see create (64, or fewer if it has to be)\n"
	"\n"
	"Examples:\n"
	"  khmapctl restore ./today.khmap routes\n"
	"  khmapctl restore ./today.khmap routes --mode 0644 --max-bytes 2G\n"
	"  khmapctl restore ./today.khmap routes --portable --hash siphash13\n";

static int restore_whole(const char *file, const struct khmap_create_options *create)
{
	const struct khmap_restore_options options = {
		.size = sizeof(options),
		.flags = create->flags,
		.name = create->name,
		.max_entries = create->max_entries,
		.max_bytes = create->max_bytes,
		.mode = create->mode,
		.uid = create->uid,
		.gid = create->gid,
	};
	struct cli_map image = { 0 };
	struct khmap *map;
	int code = cli_open(file, KHMAP_OPEN_VERIFY, &image), err;

	if (code)
		return code;
	err = khmap_restore(image.map, &options, &map);
	if (err)
		code = cli_failed(err);
	else
		khmap_close(map);
	cli_close(&image);
	return code;
}

static int restore_run(int argc, char **argv)
{
	struct khmap_create_options create = { .size = sizeof(create) };
	bool portable = false, opaque = false;
	int option, code = CLI_OK;

	while ((option = create_next(argc, argv, "", restore_options, &create, &code)) > 0) {
		portable |= option == 'p';
		opaque |= option == 'o';
	}
	if (!option)
		return code;
	if (optind + 2 != argc)
		return cli_usage("FILE and NAME are needed");
	if (opaque && !portable)
		return cli_usage("--opaque is for --portable");
	if (!portable && (create.load_percent || create.hash_kind || create.layout))
		return cli_usage("--load-percent, --hash and --layout are the file's without --portable");
	if (!portable && create.stripes)
		return cli_usage("--stripes is for --portable");
	create.name = argv[optind + 1];
	code = cli_name(create.name);
	if (code)
		return code;
	return portable ? portable_restore(argv[optind], &create, opaque) :
			  restore_whole(argv[optind], &create);
}

const struct cli_command cli_restore = {
	.name = "restore",
	.summary = "make a snapshot file a live map again",
	.help = restore_help,
	.run = restore_run,
};
