// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_ls.c - khmapctl ls
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "progress.h"
#include "table.h"

static const struct option ls_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static const char ls_help[] =
	"Usage: khmapctl ls [--json]\n"
	"Lists the maps.  Who may not read /dev/khmap/control sees those with a node; numbers of\n"
	"maps that may not be read are \"-\", in JSON null.  Owner and mode are the node's, or as\n"
	"created where there is none.\n"
	"\n"
	"  -j, --json  as a JSON array\n"
	"\n"
	"Example:\n"
	"  khmapctl ls --json | jq -r '.[] | select(.entries == 0) | .name'\n";

/* Bring owner and mode up to date; false if a map that has a name has no node. */
static bool ls_node(struct khmap_map_info *info)
{
	char path[sizeof(KHMAP_DEVICE_DIR) + sizeof(info->name) + 1];
	struct stat st;

	if (!info->name[0])
		return true;
	snprintf(path, sizeof(path), KHMAP_DEVICE_DIR "/%s", (const char *)info->name);
	if (stat(path, &st) || !S_ISCHR(st.st_mode))
		return false;
	info->uid = st.st_uid;
	info->gid = st.st_gid;
	info->mode = st.st_mode & 0777;
	return true;
}

/* A map that may not be read has its node's name only. */
static bool ls_known(const struct khmap_map_info *info)
{
	return info->map_id;
}

static json_t *ls_number(const struct khmap_map_info *info, uint64_t number)
{
	return ls_known(info) ? json_integer((json_int_t)number) : json_null();
}

static json_t *ls_json(struct khmap_map_info *info)
{
	bool node = ls_node(info);
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", info->mode & 0777);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:s, s:o, s:b}",
			 "name", (const char *)info->name,
			 "map_id", ls_number(info, info->map_id),
			 "created_ns", ls_number(info, info->created_ns),
			 "entries", ls_number(info, info->entries),
			 "bytes", ls_number(info, info->bytes),
			 "key_size", ls_number(info, info->key_size),
			 "value_size", ls_number(info, info->value_size),
			 "uid", (json_int_t)info->uid,
			 "gid", (json_int_t)info->gid,
			 "mode", mode,
			 "snapshots", ls_number(info, info->snapshots),
			 "node", node && info->name[0]);
}

static int ls_print_json(struct khmap_map_info *infos, size_t count)
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

static void ls_cell(struct table *table, const struct khmap_map_info *info, uint64_t number)
{
	if (ls_known(info))
		table_cell(table, "%llu", (unsigned long long)number);
	else
		table_cell(table, "-");
}

static void ls_line(struct table *table, struct khmap_map_info *info)
{
	bool node = ls_node(info);
	char amount[32], owner[128];

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
	ls_owner(info, owner, sizeof(owner));
	table_cell(table, "%s", owner);
	table_cell(table, "%s", node ? "" : "its node is missing");
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
