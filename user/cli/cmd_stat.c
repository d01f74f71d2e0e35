// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_stat.c - khmapctl stat
 */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "table.h"

static const struct option stat_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static const char stat_help[] =
	"Usage: khmapctl stat NAME [--json]\n"
	"Prints the counters of a map, without walking it; info has more.  NAME may be the path\n"
	"of a snapshot file, which counts no operations.\n"
	"\n"
	"  -j, --json  as a JSON object\n"
	"\n"
	"Example:\n"
	"  watch -n 1 khmapctl stat routes\n";

static const struct {
	const char *name;
	size_t offset;
	bool wide;
} stat_fields[] = {
#define STAT_WIDE(field) { #field, offsetof(struct khmap_ioc_stat, field), true }
#define STAT_WORD(field) { #field, offsetof(struct khmap_ioc_stat, field), false }
	STAT_WIDE(map_id),
	STAT_WIDE(entries),
	STAT_WIDE(max_entries),
	STAT_WIDE(overflow_entries),
	STAT_WIDE(overflow_buckets),
	STAT_WIDE(bytes),
	STAT_WIDE(snapshot_bytes),
	STAT_WIDE(max_bytes),
	STAT_WIDE(inserts),
	STAT_WIDE(replaces),
	STAT_WIDE(deletes),
	STAT_WORD(shape),
	STAT_WORD(primary_pages),
	STAT_WORD(overflow_pages),
	STAT_WORD(stripes),
	STAT_WORD(snapshots),
	STAT_WIDE(splits),
	STAT_WORD(wanted),
	STAT_WIDE(compact_buckets),
	STAT_WIDE(compact_pages),
	STAT_WORD(overflow_needed),
};

#define STAT_FIELDS (sizeof(stat_fields) / sizeof(stat_fields[0]))

static uint64_t stat_value(const struct khmap_ioc_stat *stat, size_t field)
{
	const unsigned char *at = (const unsigned char *)stat + stat_fields[field].offset;

	return stat_fields[field].wide ? khmap_load64(at) : khmap_load32(at);
}

static int stat_print(const struct khmap_ioc_stat *stat, bool json)
{
	static const struct table_column columns[] = { { "FIELD", false }, { "VALUE", true } };
	struct table *table;
	json_t *object;
	size_t i;

	if (json) {
		object = json_object();
		for (i = 0; i < STAT_FIELDS; i++)
			json_object_set_new(object, stat_fields[i].name,
					    json_integer((json_int_t)stat_value(stat, i)));
		json_object_set_new(object, "max_entries", cli_json_limit(stat->max_entries));
		json_object_set_new(object, "growth", json_string(cli_growth(stat->growth)));
		json_object_set_new(object, "kind",
				    json_string(stat->kind == KHMAP_IMAGE_LIVE ? "live" :
						"snapshot"));
		return cli_json(object, 0);
	}
	table = table_create(columns, 2, false);
	for (i = 0; i < STAT_FIELDS; i++)
		if (stat_value(stat, i) == KHMAP_ENTRIES_MAX ||
		    (stat_fields[i].offset == offsetof(struct khmap_ioc_stat, max_bytes) &&
		     !stat->max_bytes))
			table_row(table, stat_fields[i].name, "none");
		else
			table_row(table, stat_fields[i].name, "%llu",
				  (unsigned long long)stat_value(stat, i));
	table_row(table, "growth", "%s", cli_growth(stat->growth));
	return table_print(table) ? cli_error(CLI_FAILED, "%s", strerror(ENOMEM)) : CLI_OK;
}

static int stat_run(int argc, char **argv)
{
	struct cli_map map = { .map = NULL };
	struct khmap_ioc_stat stat;
	int option, code = CLI_OK, err;
	bool json = false;

	while ((option = cli_option(argc, argv, "j", stat_options, &code)) > 0)
		json = true;
	if (!option)
		return code;
	if (optind + 1 != argc)
		return cli_usage("one NAME is needed");
	code = cli_open(argv[optind], 0, &map);
	if (code)
		return code;
	err = khmap_stat(map.map, &stat);
	code = err ? cli_failed(err) : stat_print(&stat, json);
	cli_close(&map);
	return code;
}

const struct cli_command cli_stat = {
	.name = "stat",
	.summary = "print the counters of a map",
	.help = stat_help,
	.run = stat_run,
};
