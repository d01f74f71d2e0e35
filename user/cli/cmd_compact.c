// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_compact.c - khmapctl compact
 */
#include "cli.h"

enum compact_option {
	COMPACT_DRY_RUN = 256,
};

static const struct option compact_options[] = {
	{ "dry-run", no_argument, NULL, COMPACT_DRY_RUN },
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static const char compact_help[] =
	"Usage: khmapctl compact NAME [--dry-run] [--json]\n"
	"Has overflow buckets close up, after many deletes: those of the last pages move into\n"
	"free ones of the first, and snapshots of the map become as much smaller.  The map keeps\n"
	"its memory, and uses it before it takes more.  Others may read and write meanwhile.\n"
	"\n"
	"      --dry-run  say how many pages it would leave, and do nothing\n"
	"  -j, --json     as a JSON object\n"
	"\n"
	"Examples:\n"
	"  khmapctl compact sessions\n"
	"  khmapctl compact sessions --dry-run --json | jq .released\n";

static int compact_print(const struct khmap_ioc_compact *result, bool json, bool done)
{
	unsigned long long before = (unsigned long long)result->overflow_pages + result->released;

	if (json)
		return cli_json(json_pack("{s:o, s:I, s:I, s:b}",
					  "moved", done ? json_integer((json_int_t)result->moved) :
						json_null(),
					  "released", (json_int_t)result->released,
					  "overflow_pages", (json_int_t)result->overflow_pages,
					  "done", done), 0);
	if (done)
		printf("%llu overflow buckets moved, ", (unsigned long long)result->moved);
	printf("%u of %llu overflow pages %s the image\n", result->released, before,
	       done ? "left" : "would leave");
	return CLI_OK;
}

/* What it would come to, if nobody wrote. */
static int compact_foresee(struct khmap *map, struct khmap_ioc_compact *result)
{
	struct khmap_ioc_stat stat;
	int err = khmap_stat(map, &stat);

	if (err)
		return err;
	/* The two are of different moments. */
	if (stat.overflow_needed > stat.overflow_pages)
		stat.overflow_needed = stat.overflow_pages;
	*result = (struct khmap_ioc_compact){
		.released = stat.overflow_pages - stat.overflow_needed,
		.overflow_pages = stat.overflow_needed,
	};
	return 0;
}

static int compact_do(const char *name, bool json, bool dry)
{
	struct khmap_ioc_compact result;
	struct cli_map map = { .map = NULL };
	int code = cli_open(name, dry ? 0 : KHMAP_OPEN_WRITE, &map), err;

	if (code)
		return code;
	if (khmap_header(map.map)->kind != KHMAP_IMAGE_LIVE)
		code = cli_error(CLI_FAILED, "%s: is a snapshot and cannot be changed", name);
	if (!code) {
		err = dry ? compact_foresee(map.map, &result) : khmap_compact(map.map, &result);
		code = err ? cli_failed(err) : compact_print(&result, json, !dry);
	}
	cli_close(&map);
	return code;
}

static int compact_run(int argc, char **argv)
{
	bool json = false, dry = false;
	int option, code = CLI_OK;

	while ((option = cli_option(argc, argv, "j", compact_options, &code)) > 0) {
		if (option == COMPACT_DRY_RUN)
			dry = true;
		else
			json = true;
	}
	if (!option)
		return code;
	if (optind + 1 != argc)
		return cli_usage("one NAME is needed");
	return compact_do(argv[optind], json, dry);
}

const struct cli_command cli_compact = {
	.name = "compact",
	.summary = "close the gaps that deletes have left",
	.help = compact_help,
	.run = compact_run,
};
