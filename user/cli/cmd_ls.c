// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_ls.c - khmapctl ls
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "listing.h"
#include "progress.h"
#include "table.h"

static const struct option ls_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "overdue", no_argument, NULL, 'o' },
	{ "pins", no_argument, NULL, 'p' },
	{ "snapshots", no_argument, NULL, 's' },
	{ NULL, 0, NULL, 0 },
};

static const char ls_help[] =
	"Usage: khmapctl ls [--snapshots] [--pins] [--overdue] [--json]\n"
	"Lists the maps.  Who may not read /dev/khmap/control sees those with a node; numbers of\n"
	"maps that may not be read are \"-\", in JSON null.  Owner and mode are the node's, or as\n"
	"created where there is none.  A map that is \"retired\" cannot be written to: another one has\n"
	"taken its name.\n"
	"\n"
	"  -s, --snapshots  also snapshots, each below its map, with their age, the memory that was\n"
	"                   copied for them and that is reserved\n"
	"  -p, --pins       these, and the processes that hold them, by a descriptor or a mapping\n"
	"  -o, --overdue    only snapshots that are held for longer than warn-after says; exit\n"
	"                   status 6 if there are any\n"
	"  -j, --json       as a JSON array\n"
	"\n"
	"Example:\n"
	"  khmapctl ls --json | jq -r '.[] | select(.entries == 0) | .name'\n";

/* A map that may not be read has its node's name only. */
static bool ls_known(const struct khmap_map_info *info)
{
	return info->map_id;
}

static void ls_cell(struct table *table, const struct khmap_map_info *info, uint64_t number)
{
	if (ls_known(info))
		table_cell(table, "%llu", (unsigned long long)number);
	else
		table_cell(table, "-");
}

static void ls_line(struct table *table, struct khmap_map_info *info)
{
	bool node = listing_node(info);
	char amount[32], text[128];

	table_line(table);
	if (info->name[0])
		table_cell(table, "%s", (const char *)info->name);
	else
		table_cell(table, "(unnamed %llu)", (unsigned long long)info->map_id);
	ls_cell(table, info, info->entries);
	ls_cell(table, info, info->key_size);
	ls_cell(table, info, info->value_size);
	progress_amount(amount, sizeof(amount), (double)info->bytes);
	table_cell(table, "%s", ls_known(info) ? amount : "-");
	ls_cell(table, info, info->snapshots);
	table_cell(table, "%04o", info->mode);
	listing_owner(info, text, sizeof(text));
	table_cell(table, "%s", text);
	listing_note(info, node, text, sizeof(text));
	table_cell(table, "%s", text);
}

static int ls_print(struct khmap_map_info *infos, size_t count)
{
	static const struct table_column columns[] = {
		{ "NAME", false }, { "ENTRIES", true }, { "KEY", true }, { "VALUE", true },
		{ "MEMORY", true }, { "SNAPSHOTS", true }, { "MODE", false }, { "OWNER", false },
		{ "NOTE", false },
	};
	struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]), true);
	size_t i;

	for (i = 0; i < count; i++)
		ls_line(table, &infos[i]);
	return table_print(table) ? cli_error(CLI_FAILED, "%s", strerror(ENOMEM)) : CLI_OK;
}

/* Keep the snapshots that are overdue. */
static size_t ls_overdue(struct khmap_map_info *infos, size_t count)
{
	size_t i, kept = 0;

	for (i = 0; i < count; i++)
		if (infos[i].kind == KHMAP_IMAGE_SNAPSHOT && infos[i].overdue)
			infos[kept++] = infos[i];
	return kept;
}

/**
 * struct ls - What is asked for.
 * @json: as JSON
 * @overdue: only snapshots that are
 * @pins: and who holds them
 * @snapshots: and not maps alone
 */
struct ls {
	bool json;
	bool overdue;
	bool pins;
	bool snapshots;
};

static int ls_show(const struct ls *ls, struct khmap_map_info *infos, size_t count)
{
	struct pins pins = { .pin = NULL };
	int code = ls->pins ? listing_find(infos, count, &pins) : CLI_OK;

	if (code)
		return code;
	if (ls->overdue)
		count = ls_overdue(infos, count);
	if (ls->json)
		code = cli_json(listing_json(infos, count, ls->pins ? &pins : NULL), 0);
	else if (ls->snapshots)
		code = listing_print(infos, count, ls->pins ? &pins : NULL);
	else
		code = ls_print(infos, count);
	pins_free(&pins);
	return code || !ls->overdue || !count ? code : CLI_OVERDUE;
}

static int ls_run(int argc, char **argv)
{
	struct ls ls = { .json = false };
	struct khmap_map_info *infos;
	int option, code = CLI_OK, err;
	size_t count;

	while ((option = cli_option(argc, argv, "jops", ls_options, &code)) > 0) {
		ls.json |= option == 'j';
		ls.overdue |= option == 'o';
		ls.pins |= option == 'p';
		ls.snapshots |= option != 'j';
	}
	if (!option)
		return code;
	if (optind != argc)
		return cli_usage("\"%s\" is too much; see info", argv[optind]);
	err = khmap_list_with(ls.snapshots ? KHMAP_LIST_SNAPSHOTS : 0, &infos, &count);
	if (err)
		return cli_failed(err);
	/* Who cannot see all of them must not say that none is. */
	if (ls.overdue && access(KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME, R_OK))
		code = cli_error(CLI_FAILED, "--overdue: " KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME
				 " has to be read to see all snapshots: %s", strerror(errno));
	else
		code = ls_show(&ls, infos, count);
	free(infos);
	return code;
}

const struct cli_command cli_ls = {
	.name = "ls",
	.summary = "list the maps, their snapshots and who holds them",
	.help = ls_help,
	.run = ls_run,
};
