// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * admin.c - create, list and destroy maps
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "header.h"
#include "map.h"

#define KHMAP_CONTROL_PATH	KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME
#define KHMAP_LIST_STEP		64

bool khmap_module_loaded(void)
{
	return !access(KHMAP_DEVICE_DIR, F_OK) || !access("/sys/module/khmap", F_OK);
}

int khmap_control_open(int flags)
{
	int fd = open(KHMAP_CONTROL_PATH, flags | O_CLOEXEC), err = errno;

	if (fd >= 0)
		return fd;
	if (err == ENOENT && !khmap_module_loaded())
		return khmap_fail(err, KHMAP_NOT_LOADED);
	return khmap_fail(err, KHMAP_CONTROL_PATH ": %s%s", strerror(err),
			  err == EACCES && flags == O_RDWR ?
			  ": only who may write it (root) creates maps" : "");
}

int khmap_name_check(const char *name)
{
	size_t length = strlen(name);
	size_t good = strspn(name,
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	if (length > KHMAP_NAME_MAX)
		return khmap_fail(ENAMETOOLONG, "a map's name has at most %d bytes, not %zu",
				  KHMAP_NAME_MAX, length);
	if (!strcmp(name, KHMAP_CONTROL_NAME))
		return khmap_fail(EINVAL, KHMAP_IS_CONTROL);
	if (!length || good < length)
		return khmap_fail(EINVAL,
				  "\"%s\" is no name for a map: [A-Za-z0-9_-]{1,63}, not \"control\"",
				  name);
	return 0;
}

/* Sizes from the schema, or the ones given; both if they agree. */
static int khmap_create_sizes(const struct khmap_create_options *options,
			      const struct khmap_schema *schema, struct khmap_ioc_create *create)
{
	size_t key = schema ? khmap_schema_key_size(schema) : options->key_size;
	size_t value = schema ? khmap_schema_value_size(schema) : options->value_size;

	if ((options->key_size && options->key_size != key) ||
	    (options->value_size && options->value_size != value))
		return khmap_fail(EINVAL,
				  "sizes %u and %u are not the schema's, which are %zu and %zu",
				  options->key_size, options->value_size, key, value);
	if (!key || key > KHMAP_RECORD_MAX)
		return khmap_fail(EINVAL, "a key has 1..%d bytes, not %zu", KHMAP_RECORD_MAX, key);
	if (!value || value > KHMAP_RECORD_MAX)
		return khmap_fail(EINVAL, "a value has 1..%d bytes, not %zu", KHMAP_RECORD_MAX,
				  value);
	create->key_size = (__u32)key;
	create->value_size = (__u32)value;
	if (!schema)
		return 0;
	create->schema = (__u64)(uintptr_t)khmap_schema_text(schema);
	create->schema_length = (__u32)strlen(khmap_schema_text(schema));
	return 0;
}

int khmap_name_taken(const char *name)
{
	struct khmap_map_info *infos = NULL;
	const char *kind = "map";
	size_t count = 0, i;

	if (!khmap_list_with(KHMAP_LIST_SNAPSHOTS, &infos, &count))
		for (i = 0; i < count; i++)
			if (!strcmp((const char *)infos[i].name, name) &&
			    infos[i].kind == KHMAP_IMAGE_SNAPSHOT)
				kind = "snapshot";
	free(infos);
	return khmap_fail(EEXIST, "a %s \"%s\" exists", kind, name);
}

static int khmap_create_failed(const struct khmap_ioc_create *create, const char *name, int err)
{
	switch (err) {
	case EEXIST:
		return khmap_name_taken(name);
	case E2BIG:
		/* One that fits a page fits a map. */
		if (create->expected_entries == 1)
			return khmap_fail(err, "a key of %u and a value of %u bytes do not fit a page",
					  create->key_size, create->value_size);
		/* These fit, whatever the layout. */
		if (create->key_size + create->value_size <= 1u << (KHMAP_PAGE_SHIFT_MIN - 1))
			return khmap_fail(err, "so many do not fit: no map holds %llu entries",
					  (unsigned long long)create->expected_entries);
		return khmap_fail(err,
				  "a key of %u and a value of %u bytes do not fit a page, or %llu of them no map",
				  create->key_size, create->value_size,
				  (unsigned long long)create->expected_entries);
	case ENOMEM:
		/* What the records alone take. */
		return khmap_fail(err,
				  "no memory, or above a limit; the limits are --max-bytes and /sys/module/khmap/parameters/max_bytes");
	case EINVAL:
		return khmap_fail(err, "the kernel refuses an option as out of its range");
	case EPERM:
		return khmap_fail(err, "the map may not be given to this owner or group");
	default:
		return khmap_fail(err, "create: %s", strerror(err));
	}
}

static int khmap_create_call(const struct khmap_create_options *options,
			     const struct khmap_schema *schema, struct khmap **map)
{
	const char *name = options->name ? options->name : "";
	struct khmap_ioc_create create = {
		.size = sizeof(create),
		.flags = options->flags,
		.expected_entries = options->expected_entries ? options->expected_entries : 1,
		.max_entries = options->max_entries,
		.max_bytes = options->max_bytes,
		.hash_kind = options->hash_kind,
		.layout = options->layout,
		.load_percent = options->load_percent,
		.stripes = options->stripes,
		.mode = options->mode,
		.uid = options->uid,
		.gid = options->gid,
		.name_length = (__u32)strlen(name),
		.name = (__u64)(uintptr_t)name,
	};
	const struct khmap_open_options write = {
		.size = sizeof(write),
		.flags = KHMAP_OPEN_WRITE,
	};
	int control, err;

	err = khmap_create_sizes(options, schema, &create);
	if (err)
		return err;
	control = khmap_control_open(O_RDWR);
	if (control < 0)
		return control;
	if (ioctl(control, KHMAP_IOC_CREATE, &create))
		err = khmap_create_failed(&create, name, errno);
	close(control);
	if (err)
		return err;
	err = khmap_map_open(create.fd, *name ? name : "unnamed map", &write, map);
	if (err)
		close(create.fd);
	return err;
}

int khmap_create(const struct khmap_create_options *options, struct khmap **map)
{
	struct khmap_schema *schema = NULL;
	int err;

	err = khmap_options_check("khmap_create_options", options, sizeof(*options),
				  KHMAP_CREATE_FLAGS);
	if (!err && options->reserved)
		err = khmap_fail(EINVAL, "struct khmap_create_options: reserved is not 0");
	if (!err && options->name)
		err = khmap_name_check(options->name);
	if (!err && options->schema)
		err = khmap_schema_parse(options->schema, strlen(options->schema), &schema);
	if (!err)
		err = khmap_create_call(options, schema, map);
	khmap_schema_free(schema);
	return err;
}

/* Why a map's node could not be opened to destroy it. */
static int khmap_destroy_failed(const char *name, int err)
{
	if (err != ENOENT)
		return khmap_fail(err, "%s: %s", name, strerror(err));
	if (!khmap_module_loaded())
		return khmap_fail(err, KHMAP_NOT_LOADED);
	return khmap_fail(err, "%s: %s", name, khmap_node_missing(name) ?
			  KHMAP_NODE_MISSING : "there is no such map");
}

int khmap_destroy(const char *name)
{
	struct khmap_ioc_destroy destroy = { .size = sizeof(destroy) };
	char path[sizeof(KHMAP_DEVICE_DIR) + KHMAP_NAME_MAX + 2];
	int err = khmap_name_check(name), fd;

	if (err)
		return err;
	snprintf(path, sizeof(path), KHMAP_DEVICE_DIR "/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	/* A snapshot's node is never open for writing, and root alone is told so. */
	if (fd < 0 && (errno == EROFS || errno == EACCES))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return khmap_destroy_failed(name, errno);
	if (ioctl(fd, KHMAP_IOC_DESTROY, &destroy))
		/* EBADF: a map, which would have to be. */
		err = khmap_fail(errno == EBADF ? EACCES : errno, "%s: %s", name,
				 errno == EPERM ? "only its owner may destroy it" :
				 strerror(errno == EBADF ? EACCES : errno));
	close(fd);
	return err;
}

/* Room for @more entries behind @count. */
static int khmap_list_grow(struct khmap_map_info **infos, size_t count, size_t more)
{
	struct khmap_map_info *grown = realloc(*infos, (count + more) * sizeof(*grown));

	if (!grown)
		return khmap_fail(ENOMEM, "no memory for a list of maps");
	memset(grown + count, 0, more * sizeof(*grown));
	*infos = grown;
	return 0;
}

static int khmap_list_control(int control, __u32 flags, struct khmap_map_info **infos,
			      size_t *count)
{
	struct khmap_ioc_list list = {
		.size = sizeof(list),
		.flags = flags,
		.info_size = sizeof(**infos),
	};
	int err;

	do {
		err = khmap_list_grow(infos, *count, KHMAP_LIST_STEP);
		if (err)
			return err;
		list.infos = (__u64)(uintptr_t)(*infos + *count);
		list.count = KHMAP_LIST_STEP;
		if (ioctl(control, KHMAP_IOC_LIST, &list))
			return khmap_fail(errno, "list: %s", strerror(errno));
		*count += list.count;
		if (list.count)
			list.after = (*infos)[*count - 1].map_id;
	} while (list.count == KHMAP_LIST_STEP);
	return 0;
}

/* What the counters of a map or snapshot tell. */
static void khmap_list_stat(const struct khmap_ioc_stat *stat, struct khmap_map_info *info)
{
	info->kind = stat->kind;
	info->entries = stat->entries;
	info->bytes = stat->bytes + stat->snapshot_bytes;
	info->snapshots = stat->snapshots;
	info->warn_after_ms = stat->warn_after_ms;
	info->overdue = stat->overdue;
	info->generation = stat->generation;
	info->retired = stat->retired;
	if (stat->kind != KHMAP_IMAGE_SNAPSHOT)
		return;
	info->of_map = info->map_id;
	info->map_id = stat->snapshot_id;
	info->created_ns = stat->snapshot_ns;
	info->snapshots = 0;
	info->held_ms = stat->held_ms;
	info->copied_pages = stat->copied_pages;
	info->reserved_pages = stat->reserved_pages;
	info->lost_pages = stat->lost_pages;
	info->pool_pages = stat->pool_pages;
	info->pool_free = stat->pool_free;
}

/* What a node tells, and its map or snapshot if it may be read. */
static bool khmap_list_node(const char *name, __u32 flags, struct khmap_map_info *info)
{
	char path[sizeof(KHMAP_DEVICE_DIR) + KHMAP_NAME_MAX + 2];
	const struct khmap_image_header *header;
	struct khmap_ioc_stat stat;
	struct khmap *map;
	struct stat st;

	if (strlen(name) > KHMAP_NAME_MAX || !strcmp(name, KHMAP_CONTROL_NAME))
		return false;
	snprintf(path, sizeof(path), KHMAP_DEVICE_DIR "/%s", name);
	if (lstat(path, &st) || !S_ISCHR(st.st_mode))
		return false;
	memcpy(info->name, name, strlen(name));
	info->uid = st.st_uid;
	info->gid = st.st_gid;
	info->mode = st.st_mode & 0777;
	if (khmap_open(name, NULL, &map))
		return true;
	header = khmap_header(map);
	info->map_id = header->map_id;
	info->created_ns = header->created_ns;
	info->key_size = header->geometry.key_size;
	info->value_size = header->geometry.value_size;
	info->schema_hash = header->schema_hash;
	if (!khmap_stat(map, &stat))
		khmap_list_stat(&stat, info);
	khmap_close(map);
	if (info->kind != KHMAP_IMAGE_SNAPSHOT || flags & KHMAP_LIST_SNAPSHOTS)
		return true;
	memset(info, 0, sizeof(*info));
	return false;
}

static int khmap_list_compare(const void *left, const void *right)
{
	const struct khmap_map_info *a = left, *b = right;

	return (a->map_id > b->map_id) - (a->map_id < b->map_id);
}

static int khmap_list_nodes(__u32 flags, struct khmap_map_info **infos, size_t *count)
{
	DIR *dir = opendir(KHMAP_DEVICE_DIR);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return khmap_fail(errno, KHMAP_DEVICE_DIR ": %s", strerror(errno));
	while (!err && (entry = readdir(dir))) {
		err = khmap_list_grow(infos, *count, 1);
		if (!err && khmap_list_node(entry->d_name, flags, *infos + *count))
			++*count;
	}
	closedir(dir);
	if (!err)
		qsort(*infos, *count, sizeof(**infos), khmap_list_compare);
	return err;
}

int khmap_list_with(__u32 flags, struct khmap_map_info **infos, size_t *count)
{
	int control, err;

	*infos = NULL;
	*count = 0;
	if (flags & ~KHMAP_LIST_FLAGS)
		return khmap_fail(EINVAL, "flags 0x%x are not known",
				  flags & ~KHMAP_LIST_FLAGS);
	control = khmap_control_open(O_RDONLY);
	if (control >= 0) {
		err = khmap_list_control(control, flags, infos, count);
		close(control);
	} else if (control == -EACCES) {
		err = khmap_list_nodes(flags, infos, count);
	} else {
		return control;
	}
	if (err) {
		free(*infos);
		*infos = NULL;
		*count = 0;
	}
	return err;
}

int khmap_list(struct khmap_map_info **infos, size_t *count)
{
	return khmap_list_with(0, infos, count);
}

bool khmap_node_missing(const char *name)
{
	int control = open(KHMAP_CONTROL_PATH, O_RDONLY | O_CLOEXEC);
	struct khmap_map_info *infos = NULL;
	size_t count = 0, i;
	bool found = false;

	if (control < 0)
		return false;
	if (!khmap_list_control(control, KHMAP_LIST_SNAPSHOTS, &infos, &count))
		for (i = 0; i < count && !found; i++)
			found = !strcmp((const char *)infos[i].name, name);
	free(infos);
	close(control);
	return found;
}
