// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_restore.c - khmapctl restore
 */
#include <stdint.h>

#include "create.h"

enum restore_option {
	RESTORE_MAX_ENTRIES = 256,
	RESTORE_MAX_BYTES,
	RESTORE_OWNER,
	RESTORE_MODE,
};

static const struct option restore_options[] = {
	{ "max-entries", required_argument, NULL, RESTORE_MAX_ENTRIES },
	{ "max-bytes", required_argument, NULL, RESTORE_MAX_BYTES },
	{ "owner", required_argument, NULL, RESTORE_OWNER },
	{ "mode", required_argument, NULL, RESTORE_MODE },
	{ NULL, 0, NULL, 0 },
};

static const char restore_help[] =
	"Usage: khmapctl restore FILE NAME [OPTION...]\n"
	"Makes a snapshot file a live map again, the node /dev/khmap/NAME, with the same schema, hash\n"
	"and layout.  The kernel checks every bucket; NAME appears with all entries or not at all.\n"
	"The hash's secret is the file's: who can read the file knows it.\n"
	"\n"
	"  --max-entries N         refuse more than N (the file's ceiling)\n"
	"  --max-bytes SIZE        refuse to take more memory: 64M, 2G (the module's limit)\n"
	"  --owner [USER][:GROUP]  owner and group of the node (yours)\n"
	"  --mode MODE             its permissions, octal (0660)\n"
	"\n"
	"Examples:\n"
	"  khmapctl restore ./today.khmap routes\n"
	"  khmapctl restore ./today.khmap routes --mode 0644 --max-bytes 2G\n";

static int restore_option(int option, struct khmap_create_options *create)
{
	switch (option) {
	case RESTORE_MAX_ENTRIES:
		return create_number("--max-entries", optarg, 1, INT64_MAX,
				     (uint64_t *)&create->max_entries);
	case RESTORE_MAX_BYTES:
		return create_number("--max-bytes", optarg, 1, INT64_MAX,
				     (uint64_t *)&create->max_bytes);
	case RESTORE_OWNER:
		return create_owner(optarg, create);
	default:
		return create_mode(optarg, create);
	}
}

static int restore_run(int argc, char **argv)
{
	struct khmap_create_options create = { .size = sizeof(create) };
	struct khmap_restore_options options = { .size = sizeof(options) };
	struct khmap *map, *restored;
	int option, code = CLI_OK, err;

	while ((option = cli_option(argc, argv, "", restore_options, &code)) > 0) {
		code = restore_option(option, &create);
		if (code)
			return code;
	}
	if (!option)
		return code;
	if (optind + 2 != argc)
		return cli_usage("FILE and NAME are needed");
	code = cli_name(argv[optind + 1]);
	if (code)
		return code;
	err = khmap_open(argv[optind], NULL, &map);
	if (err)
		return cli_failed(err);
	options.name = argv[optind + 1];
	options.flags = create.flags;
	options.max_entries = create.max_entries;
	options.max_bytes = create.max_bytes;
	options.mode = create.mode;
	options.uid = create.uid;
	options.gid = create.gid;
	err = khmap_restore(map, &options, &restored);
	khmap_close(map);
	if (err)
		return cli_failed(err);
	khmap_close(restored);
	return CLI_OK;
}

const struct cli_command cli_restore = {
	.name = "restore",
	.summary = "make a snapshot file a live map again",
	.help = restore_help,
	.run = restore_run,
};
