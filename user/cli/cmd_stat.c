// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_stat.c - khmapctl stat
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "listing.h"
#include "table.h"

static const struct option stat_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static const char stat_help[] =
	"Usage: khmapctl stat NAME [--json]\n"
	"Prints the counters of a map, without walking it; info has more.  NAME may be the path\n"
	"of a snapshot file, which counts no operations.  Below, a map's snapshots that are in memory,\n"
	"with their age, what was copied for them, what is reserved, what best-effort ones have lost,\n"
	"and the processes that hold them.\n"
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
	STAT_WIDE(warn_after_ms),
	STAT_WORD(overdue),
	STAT_WIDE(generation),
	STAT_WORD(retired),
	STAT_WIDE(snapshot_id),
	STAT_WIDE(snapshot_ns),
	STAT_WIDE(held_ms),
	STAT_WIDE(copied_pages),
	STAT_WIDE(reserved_pages),
	STAT_WIDE(lost_pages),
	STAT_WORD(pool_pages),
	STAT_WORD(pool_free),
};

/* The last ones are of snapshots that are kept in memory. */
#define STAT_FIELDS	 (sizeof(stat_fields) / sizeof(stat_fields[0]))
#define STAT_OF_SNAPSHOT 8

static size_t stat_count(const struct khmap_ioc_stat *stat)
{
	return stat->snapshot_id ? STAT_FIELDS : STAT_FIELDS - STAT_OF_SNAPSHOT;
}

static uint64_t stat_value(const struct khmap_ioc_stat *stat, size_t field)
{
	const unsigned char *at = (const unsigned char *)stat + stat_fields[field].offset;

	return stat_fields[field].wide ? khmap_load64(at) : khmap_load32(at);
}

/**
 * struct stat_list - A map's snapshots, or a snapshot, with who holds them.
 * @infos: they
 * @count: how many
 * @pins: who
 */
struct stat_list {
	struct khmap_map_info *infos;
	size_t count;
	struct pins pins;
};

static int stat_find(const struct khmap_ioc_stat *stat, struct stat_list *list)
{
	uint64_t id = stat->snapshot_id;
	size_t i, all = 0;
	int err;

	/* A file has neither, and may come from another host. */
	if (!stat->snapshots && !id)
		return CLI_OK;
	err = khmap_list_with(KHMAP_LIST_SNAPSHOTS, &list->infos, &all);
	if (err)
		return cli_failed(err);
	for (i = 0; i < all; i++)
		if (id ? list->infos[i].map_id == id : list->infos[i].of_map == stat->map_id)
			list->infos[list->count++] = list->infos[i];
	return listing_find(list->infos, list->count, &list->pins);
}

static int stat_print(const struct khmap_ioc_stat *stat, struct stat_list *list, bool json)
{
	static const struct table_column columns[] = { { "FIELD", false }, { "VALUE", true } };
	struct table *table;
	json_t *object;
	size_t i;

	if (json) {
		object = json_object();
		for (i = 0; i < stat_count(stat); i++)
			json_object_set_new(object, stat_fields[i].name,
					    json_integer((json_int_t)stat_value(stat, i)));
		json_object_set_new(object, "max_entries", cli_json_limit(stat->max_entries));
		json_object_set_new(object, "growth", json_string(cli_growth(stat->growth)));
		json_object_set_new(object, "kind",
				    json_string(stat->kind == KHMAP_IMAGE_LIVE ? "live" :
						"snapshot"));
		json_object_set_new(object, "held",
				    listing_json(list->infos, list->count, &list->pins));
		return cli_json(object, 0);
	}
	table = table_create(columns, 2, false);
	for (i = 0; i < stat_count(stat); i++)
		if (stat_value(stat, i) == KHMAP_ENTRIES_MAX ||
		    (stat_fields[i].offset == offsetof(struct khmap_ioc_stat, max_bytes) &&
		     !stat->max_bytes) ||
		    (stat_fields[i].offset == offsetof(struct khmap_ioc_stat, warn_after_ms) &&
		     !stat->warn_after_ms))
			table_row(table, stat_fields[i].name, "none");
		else
			table_row(table, stat_fields[i].name, "%llu",
				  (unsigned long long)stat_value(stat, i));
	table_row(table, "growth", "%s", cli_growth(stat->growth));
	if (table_print(table))
		return cli_error(CLI_FAILED, "%s", strerror(ENOMEM));
	if (!list->count)
		return CLI_OK;
	printf("\n");
	return listing_print(list->infos, list->count, &list->pins);
}

static int stat_run(int argc, char **argv)
{
	struct cli_map map = { .map = NULL };
	struct stat_list list = { .infos = NULL };
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
	cli_close(&map);
	code = err ? cli_failed(err) : stat_find(&stat, &list);
	if (!code)
		code = stat_print(&stat, &list, json);
	pins_free(&list.pins);
	free(list.infos);
	return code;
}

const struct cli_command cli_stat = {
	.name = "stat",
	.summary = "print the counters of a map",
	.help = stat_help,
	.run = stat_run,
};
