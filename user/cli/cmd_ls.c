// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_ls.c - khmapctl ls
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "progress.h"
#include "table.h"

static const struct option ls_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static const char ls_help[] =
	"Usage: khmapctl ls [--json]\n"
	"Lists the maps.  Who may not read /dev/khmap/control sees those with a name; numbers of\n"
	"maps that may not be read are 0.\n"
	"\n"
	"  -j, --json  as a JSON array\n"
	"\n"
	"Example:\n"
	"  khmapctl ls --json | jq -r '.[] | select(.entries == 0) | .name'\n";

static json_t *ls_json(const struct khmap_map_info *info)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "name", (const char *)info->name,
			 "map_id", (json_int_t)info->map_id,
			 "created_ns", (json_int_t)info->created_ns,
			 "entries", (json_int_t)info->entries,
			 "bytes", (json_int_t)info->bytes,
			 "key_size", (json_int_t)info->key_size,
			 "value_size", (json_int_t)info->value_size,
			 "uid", (json_int_t)info->uid,
			 "gid", (json_int_t)info->gid,
			 "mode", (json_int_t)info->mode,
			 "snapshots", (json_int_t)info->snapshots);
}

static int ls_print_json(const struct khmap_map_info *infos, size_t count)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < count && list; i++) {
		if (json_array_append_new(list, ls_json(&infos[i]))) {
			json_decref(list);
			list = NULL;
		}
	}
	return cli_json(list, 0);
}

/* "alice:users", or numbers where there are no names. */
static void ls_owner(const struct khmap_map_info *info, char *text, size_t size)
{
	const struct passwd *user = getpwuid(info->uid);
	const struct group *group = getgrgid(info->gid);
	char uid[16], gid[16];

	snprintf(uid, sizeof(uid), "%u", info->uid);
	snprintf(gid, sizeof(gid), "%u", info->gid);
	snprintf(text, size, "%s:%s", user ? user->pw_name : uid, group ? group->gr_name : gid);
}

static int ls_print(const struct khmap_map_info *infos, size_t count)
{
	static const struct table_column columns[] = {
		{ "NAME", false }, { "ENTRIES", true }, { "KEY", true }, { "VALUE", true },
		{ "MEMORY", true }, { "SNAPSHOTS", true }, { "MODE", false }, { "OWNER", false },
	};
	struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]), true);
	char amount[32], owner[128];
	size_t i;

	for (i = 0; i < count; i++) {
		table_line(table);
		if (infos[i].name[0])
			table_cell(table, "%s", (const char *)infos[i].name);
		else
			table_cell(table, "(unnamed %llu)", (unsigned long long)infos[i].map_id);
		table_cell(table, "%llu", (unsigned long long)infos[i].entries);
		table_cell(table, "%u", infos[i].key_size);
		table_cell(table, "%u", infos[i].value_size);
		table_cell(table, "%s", progress_amount(amount, sizeof(amount),
							(double)infos[i].bytes));
		table_cell(table, "%u", infos[i].snapshots);
		table_cell(table, "%04o", infos[i].mode);
		ls_owner(&infos[i], owner, sizeof(owner));
		table_cell(table, "%s", owner);
	}
	return table_print(table) ? cli_error(CLI_FAILED, "%s", strerror(ENOMEM)) : CLI_OK;
}

static int ls_run(int argc, char **argv)
{
	struct khmap_map_info *infos;
	bool json = false;
	int option, code = CLI_OK, err;
	size_t count;

	while ((option = cli_option(argc, argv, "j", ls_options, &code)) > 0)
		json = true;
	if (!option)
		return code;
	if (optind != argc)
		return cli_usage("\"%s\" is too much; see info", argv[optind]);
	err = khmap_list(&infos, &count);
	if (err)
		return cli_failed(err);
	code = json ? ls_print_json(infos, count) : ls_print(infos, count);
	free(infos);
	return code;
}

const struct cli_command cli_ls = {
	.name = "ls",
	.summary = "list the maps",
	.help = ls_help,
	.run = ls_run,
};
