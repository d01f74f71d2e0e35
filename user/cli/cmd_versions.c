// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_versions.c - khmapctl versions and rollback
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <khmap/version.h>

#include "cli.h"
#include "progress.h"
#include "table.h"

static const struct option versions_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static const char versions_help[] =
	"Usage: khmapctl versions NAME [--json]\n"
	"Lists the versions of a map's name: the live one first, then those that were replaced,\n"
	"the last one first.  \"kept\" ones can be rolled back to; \"former\" ones are there because\n"
	"somebody has them open; a \"canary\" is what some ids get.\n"
	"\n"
	"  -j, --json  as a JSON object\n"
	"\n"
	"Example:\n"
	"  khmapctl versions routes --json | jq '.versions[] | select(.state == \"kept\")'\n";

static const char *versions_state(__u32 state)
{
	static const char *const words[] = {
		[KHMAP_VERSION_LIVE] = "live",
		[KHMAP_VERSION_SECOND] = "canary",
		[KHMAP_VERSION_KEPT] = "kept",
		[KHMAP_VERSION_FORMER] = "former",
	};

	return state < sizeof(words) / sizeof(words[0]) ? words[state] : "unknown";
}

static int versions_json(const char *name, const struct khmap_ioc_versions *summary,
			 const struct khmap_version_info *infos, size_t count)
{
	json_t *list = json_array();
	json_t *one;
	size_t i;

	for (i = 0; i < count; i++) {
		one = json_pack("{s:I, s:I, s:s, s:I, s:I}",
				"generation", (json_int_t)infos[i].generation,
				"map_id", (json_int_t)infos[i].map_id,
				"state", versions_state(infos[i].state),
				"entries", (json_int_t)infos[i].entries,
				"bytes", (json_int_t)infos[i].bytes);
		json_array_append_new(list, one);
	}
	return cli_json(json_pack("{s:s, s:I, s:i, s:f, s:i, s:o}",
				  "name", name,
				  "generation", (json_int_t)summary->generation,
				  "keep", (int)summary->keep,
				  "canary_percent", summary->share / 100.0,
				  "canary_ids", (int)summary->id_count,
				  "versions", list), 0);
}

static int versions_table(const struct khmap_ioc_versions *summary,
			  const struct khmap_version_info *infos, size_t count)
{
	static const struct table_column columns[] = {
		{ "GENERATION", true }, { "STATE", false }, { "MAP", true },
		{ "ENTRIES", true }, { "MEMORY", true },
	};
	struct table *table = table_create(columns, 5, true);
	char amount[32];
	size_t i;

	for (i = 0; i < count; i++) {
		table_line(table);
		table_cell(table, "%llu", (unsigned long long)infos[i].generation);
		table_cell(table, "%s", versions_state(infos[i].state));
		table_cell(table, "%llu", (unsigned long long)infos[i].map_id);
		table_cell(table, "%llu", (unsigned long long)infos[i].entries);
		table_cell(table, "%s", progress_amount(amount, sizeof(amount),
							(double)infos[i].bytes));
	}
	if (table_print(table))
		return cli_error(CLI_FAILED, "no memory for a table");
	if (summary->share || summary->id_count)
		printf("canary: %.2f %% of ids, and %u listed\n", summary->share / 100.0,
		       summary->id_count);
	if (summary->count > count)
		printf("and %zu more\n", summary->count - count);
	return CLI_OK;
}

static int versions_run(int argc, char **argv)
{
	struct cli_map map = { .map = NULL };
	struct khmap_ioc_versions summary;
	struct khmap_version_info *infos;
	int option, code = CLI_OK, err;
	bool json = false;
	size_t count;

	while ((option = cli_option(argc, argv, "j", versions_options, &code)) > 0)
		json = true;
	if (!option)
		return code;
	if (optind + 1 != argc)
		return cli_usage("one NAME is needed");
	code = cli_open(argv[optind], 0, &map);
	if (code)
		return code;
	err = khmap_versions(map.map, &summary, &infos, &count);
	if (err) {
		code = cli_error(CLI_FAILED, "%s", khmap_reason());
	} else {
		code = json ? versions_json(argv[optind], &summary, infos, count) :
			      versions_table(&summary, infos, count);
		free(infos);
	}
	cli_close(&map);
	return code;
}

const struct cli_command cli_versions = {
	.name = "versions",
	.summary = "list what a name means, and what it meant",
	.help = versions_help,
	.run = versions_run,
};

static const struct option rollback_options[] = {
	{ "to", required_argument, NULL, 't' },
	{ "steps", required_argument, NULL, 's' },
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

static const char rollback_help[] =
	"Usage: khmapctl rollback NAME [--steps N | --to GENERATION]\n"
	"Makes an earlier version of a map live again, one that \"khmapctl versions\" shows as\n"
	"kept.  What was live, and what was between the two, is retired and not kept.\n"
	"\n"
	"  -s, --steps N        so many versions back; 1 if not given\n"
	"  -t, --to GENERATION  to the version of this generation; 0 is the first map\n"
	"  -q, --quiet          do not say what was done\n"
	"\n"
	"Example:\n"
	"  khmapctl rollback routes\n";

static int rollback_run(int argc, char **argv)
{
	uint64_t to = 0, steps = 1;
	struct cli_map map = { .map = NULL };
	bool by_number = false, by_steps = false, quiet = false;
	int option, code = CLI_OK, err;
	__u64 generation;

	while ((option = cli_option(argc, argv, "t:s:q", rollback_options, &code)) > 0) {
		if (option == 'q') {
			quiet = true;
		} else if (option == 't') {
			if (!cli_number(optarg, INT64_MAX, &to))
				return cli_usage("--to: \"%s\" is no generation", optarg);
			by_number = true;
		} else {
			if (!cli_number(optarg, KHMAP_KEEP_MAX, &steps) || !steps)
				return cli_usage("--steps: \"%s\" is no number of 1 to %d", optarg,
						 KHMAP_KEEP_MAX);
			by_steps = true;
		}
	}
	if (!option)
		return code;
	if (by_number && by_steps)
		return cli_usage("--to and --steps exclude each other");
	if (optind + 1 != argc)
		return cli_usage("one NAME is needed");
	code = cli_open(argv[optind], KHMAP_OPEN_WRITE, &map);
	if (code)
		return code;
	err = by_number ? khmap_rollback_to(map.map, to, &generation) :
			  khmap_rollback(map.map, (__u32)steps, &generation);
	if (err)
		code = cli_error(CLI_FAILED, "%s", khmap_reason());
	else if (!quiet)
		printf("%s: generation %llu\n", argv[optind], (unsigned long long)generation);
	cli_close(&map);
	return code;
}

const struct cli_command cli_rollback = {
	.name = "rollback",
	.summary = "make an earlier version of a map live again",
	.help = rollback_help,
	.run = rollback_run,
};
