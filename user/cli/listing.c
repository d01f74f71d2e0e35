// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * listing.c - maps and snapshots with who holds them, for ls and stat
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "duration.h"
#include "listing.h"
#include "progress.h"
#include "table.h"

static bool listing_stat(const struct khmap_map_info *info, struct stat *st)
{
	char path[sizeof(KHMAP_DEVICE_DIR) + sizeof(info->name) + 1];

	snprintf(path, sizeof(path), KHMAP_DEVICE_DIR "/%s", (const char *)info->name);
	return info->name[0] && !stat(path, st) && S_ISCHR(st->st_mode);
}

bool listing_node(struct khmap_map_info *info)
{
	struct stat st;

	if (!listing_stat(info, &st))
		return !info->name[0];
	info->uid = st.st_uid;
	info->gid = st.st_gid;
	info->mode = st.st_mode & 0777;
	return true;
}

void listing_owner(const struct khmap_map_info *info, char *text, size_t size)
{
	const struct passwd *user = getpwuid(info->uid);
	const struct group *group = getgrgid(info->gid);
	char uid[16], gid[16];

	snprintf(uid, sizeof(uid), "%u", info->uid);
	snprintf(gid, sizeof(gid), "%u", info->gid);
	snprintf(text, size, "%s:%s", user ? user->pw_name : uid, group ? group->gr_name : gid);
}

void listing_note(const struct khmap_map_info *info, bool node, char *text, size_t size)
{
	char overdue[32] = "";

	if (info->overdue && info->kind == KHMAP_IMAGE_SNAPSHOT)
		snprintf(overdue, sizeof(overdue), "overdue");
	else if (info->overdue)
		snprintf(overdue, sizeof(overdue), "%u snapshot%s overdue", info->overdue,
			 info->overdue == 1 ? "" : "s");
	snprintf(text, size, "%s%s%s%s%s", info->retired ? "retired" : "",
		 info->retired && *overdue ? ", " : "", overdue,
		 (info->retired || *overdue) && !node ? ", " : "",
		 node ? "" : "its node is missing");
}

int listing_find(const struct khmap_map_info *infos, size_t count, struct pins *pins)
{
	struct pins_node *nodes = calloc(count ? count : 1, sizeof(*nodes));
	size_t i, found = 0, gone;
	struct stat st;
	int err;

	if (!nodes)
		return cli_error(CLI_FAILED, "%s", strerror(ENOMEM));
	for (i = 0; i < count; i++)
		if (infos[i].map_id && listing_stat(&infos[i], &st))
			nodes[found++] = (struct pins_node){
				.id = infos[i].map_id,
				.device = st.st_dev,
				.inode = st.st_ino,
			};
	err = pins_find("/proc", nodes, found, pins);
	free(nodes);
	if (err)
		return cli_error(CLI_FAILED, "/proc: %s", strerror(-err));
	if (pins->hidden)
		cli_note("%zu processes could not be looked into for want of permission: what they hold is missing",
			 pins->hidden);
	gone = pins_processes(pins, 0);
	if (gone)
		cli_note("%zu processes have something mapped by a name that is gone: it is not known which map that is",
			 gone);
	return CLI_OK;
}

/* What may not be read has its node's name only. */
static json_t *listing_number(const struct khmap_map_info *info, uint64_t number)
{
	return info->map_id ? json_integer((json_int_t)number) : json_null();
}

/* What only snapshots have. */
static json_t *listing_held(const struct khmap_map_info *info, uint64_t number)
{
	return info->kind == KHMAP_IMAGE_SNAPSHOT ? json_integer((json_int_t)number) : json_null();
}

static json_t *listing_json_pins(const struct pins *pins, uint64_t id)
{
	json_t *list = json_array();
	const struct pin *pin;

	for (pin = pins->pin; pin < pins->pin + pins->count; pin++)
		if (pin->id == id)
			json_array_append_new(list, json_pack("{s:i, s:s, s:i, s:i}",
							      "pid", pin->pid,
							      "comm", pin->comm,
							      "descriptors", (int)pin->descriptors,
							      "mappings", (int)pin->mappings));
	return list;
}

static json_t *listing_json_one(struct khmap_map_info *info, const struct pins *pins)
{
	bool node = listing_node(info);
	const char *kind = info->kind == KHMAP_IMAGE_SNAPSHOT ? "snapshot" : "live";
	bool live = info->map_id && info->kind != KHMAP_IMAGE_SNAPSHOT;
	json_t *object;
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", info->mode & 0777);
	object = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:s, s:o, s:b}",
			   "name", (const char *)info->name,
			   "map_id", listing_number(info, info->map_id),
			   "created_ns", listing_number(info, info->created_ns),
			   "entries", listing_number(info, info->entries),
			   "bytes", listing_number(info, info->bytes),
			   "key_size", listing_number(info, info->key_size),
			   "value_size", listing_number(info, info->value_size),
			   "uid", (json_int_t)info->uid,
			   "gid", (json_int_t)info->gid,
			   "mode", mode,
			   "snapshots", listing_number(info, info->snapshots),
			   "node", node && info->name[0]);
	json_object_update_new(object,
			       json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
					 "kind", info->map_id ? json_string(kind) : json_null(),
					 "of_map", listing_held(info, info->of_map),
					 "held_ms", listing_held(info, info->held_ms),
					 "copied_pages", listing_held(info, info->copied_pages),
					 "reserved_pages", listing_held(info, info->reserved_pages),
					 "lost_pages", listing_held(info, info->lost_pages),
					 "pool_pages", listing_held(info, info->pool_pages),
					 "pool_free", listing_held(info, info->pool_free),
					 "warn_after_ms", listing_number(info, info->warn_after_ms),
					 "overdue", listing_number(info, info->overdue)));
	json_object_update_new(object,
			       json_pack("{s:o, s:o}",
					 "generation", live ?
					 listing_number(info, info->generation) : json_null(),
					 "retired", live ?
					 json_boolean(info->retired) : json_null()));
	if (pins)
		json_object_set_new(object, "pins", info->map_id ?
				    listing_json_pins(pins, info->map_id) : json_null());
	return object;
}

json_t *listing_json(struct khmap_map_info *infos, size_t count, const struct pins *pins)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < count && list; i++) {
		if (json_array_append_new(list, listing_json_one(&infos[i], pins))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static void listing_name(const struct khmap_map_info *info, char *text, size_t size)
{
	if (info->name[0])
		snprintf(text, size, "%s", (const char *)info->name);
	else
		snprintf(text, size, "(unnamed %llu)", (unsigned long long)info->map_id);
}

static void listing_amount(struct table *table, bool known, uint64_t bytes)
{
	char amount[32];

	table_cell(table, "%s", known ?
		   progress_amount(amount, sizeof(amount), (double)bytes) : "-");
}

/* @below: its map stands above it. */
static void listing_line(struct table *table, struct khmap_map_info *info, bool below,
			 const struct pins *pins)
{
	bool node = listing_node(info), snapshot = info->kind == KHMAP_IMAGE_SNAPSHOT;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char text[128];

	table_line(table);
	listing_name(info, text, sizeof(text));
	table_cell(table, "%s%s", below ? "  " : "", text);
	if (info->map_id)
		table_cell(table, "%llu", (unsigned long long)info->entries);
	else
		table_cell(table, "-");
	listing_amount(table, info->map_id, info->bytes);
	duration_text(info->held_ms, text, sizeof(text));
	table_cell(table, "%s", snapshot ? text : "-");
	listing_amount(table, snapshot, info->copied_pages * page);
	/* A best-effort one has a pool instead. */
	listing_amount(table, snapshot, (info->pool_pages ? info->pool_free :
					 info->reserved_pages) * page);
	listing_amount(table, snapshot && info->pool_pages, info->lost_pages * page);
	if (pins && info->map_id)
		table_cell(table, "%zu%s", pins_processes(pins, info->map_id),
			   pins->hidden ? "+" : "");
	else
		table_cell(table, "-");
	table_cell(table, "%04o", info->mode);
	listing_owner(info, text, sizeof(text));
	table_cell(table, "%s", text);
	listing_note(info, node, text, sizeof(text));
	table_cell(table, "%s", text);
}

static const char *listing_word(const struct khmap_map_info *infos, size_t count, uint64_t id,
				char *text, size_t size)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (infos[i].map_id == id) {
			listing_name(&infos[i], text, size);
			return text;
		}
	}
	return NULL;
}

static int listing_holders(const struct khmap_map_info *infos, size_t count,
			   const struct pins *pins)
{
	static const struct table_column columns[] = {
		{ "PID", true }, { "COMMAND", false }, { "HOLDS", false },
		{ "DESCRIPTORS", true }, { "MAPPINGS", true },
	};
	struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]), true);
	bool any = false;
	const char *word;
	char text[128];
	size_t i;

	for (i = 0; i < pins->count; i++) {
		word = listing_word(infos, count, pins->pin[i].id, text, sizeof(text));
		/* One that is not listed, or was made meanwhile. */
		if (!word || !pins->pin[i].id)
			continue;
		if (!any)
			printf("\n");
		any = true;
		table_line(table);
		table_cell(table, "%d", pins->pin[i].pid);
		table_cell(table, "%s", pins->pin[i].comm);
		table_cell(table, "%s", word);
		table_cell(table, "%u", pins->pin[i].descriptors);
		table_cell(table, "%u", pins->pin[i].mappings);
	}
	return table_print(table) ? cli_error(CLI_FAILED, "%s", strerror(ENOMEM)) : CLI_OK;
}

/* Is the map of a snapshot listed, too? */
static bool listing_has(const struct khmap_map_info *infos, size_t count, uint64_t id)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (infos[i].map_id == id)
			return true;
	return false;
}

int listing_print(struct khmap_map_info *infos, size_t count, const struct pins *pins)
{
	static const struct table_column columns[] = {
		{ "NAME", false }, { "ENTRIES", true }, { "MEMORY", true }, { "AGE", true },
		{ "COPIED", true }, { "RESERVED", true }, { "LOST", true }, { "PINS", true },
		{ "MODE", false }, { "OWNER", false }, { "NOTE", false },
	};
	struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]), true);
	size_t i, j;

	for (i = 0; i < count; i++) {
		if (infos[i].of_map && listing_has(infos, count, infos[i].of_map))
			continue;
		listing_line(table, &infos[i], false, pins);
		for (j = 0; j < count && !infos[i].of_map && infos[i].map_id; j++)
			if (infos[j].of_map == infos[i].map_id)
				listing_line(table, &infos[j], true, pins);
	}
	if (table_print(table))
		return cli_error(CLI_FAILED, "%s", strerror(ENOMEM));
	return pins ? listing_holders(infos, count, pins) : CLI_OK;
}
