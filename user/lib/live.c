// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * live.c - what only the kernel can do, by its ioctls
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "error.h"
#include "lost.h"
#include "map.h"

/* What an errno of a map's ioctl means to the caller. */
static const char *khmap_live_words(int err)
{
	switch (err) {
	case ENOENT:
		return "there is no such key";
	case EEXIST:
		return "the key is there already";
	case EXFULL:
		return "the key's chain is full";
	case ENOMEM:
		return "no memory, or a limit is reached: the map's max_bytes or the module's";
	case EINVAL:
		return "an argument is out of range, or not for this operation";
	case ESTALE:
		return "another map has taken its name: open it anew";
	case EOVERFLOW:
		return "the map has as many snapshots as it may: close or destroy one of them";
	case EOPNOTSUPP:
		return "the kernel does not know the operation, or a flag of it";
	case EFAULT:
		return "a pointer leads nowhere";
	default:
		return strerror(err);
	}
}

/* Closed by others, or opened for the other direction. */
static int khmap_live_bad(const struct khmap_object *object, unsigned long command)
{
	const char *words = command == KHMAP_IOC_STAT ? "the map was not opened for reading" :
			    "the map was not opened for writing";

	if (fcntl(object->fd, F_GETFL) < 0)
		return khmap_fail(EBADF, "%s: descriptor %d was closed, not by khmap_close()",
				  object->name, object->fd);
	return khmap_fail(EBADF, "%s: %s", object->name, words);
}

static int khmap_live_full(const struct khmap_object *object)
{
	__u64 most = object->header.max_entries;

	if (most == KHMAP_ENTRIES_MAX)
		return khmap_fail(ENOSPC, "%s: the map is at its ceiling: its regions have no room",
				  object->name);
	return khmap_fail(ENOSPC, "%s: the map is at its ceiling of %llu entries", object->name,
			  (unsigned long long)most);
}

int khmap_live_call(const struct khmap *map, unsigned long command, void *argument)
{
	const struct khmap_object *object = khmap_object(map);
	int err;

	if (object->origin == KHMAP_ORIGIN_FILE)
		return khmap_fail(EROFS, "%s: is a file and cannot be changed", object->name);
	if (!ioctl(object->fd, command, argument))
		return 0;
	err = errno;
	/* A snapshot's descriptor does not know the commands that change. */
	if (err == ENOTTY && object->header.kind == KHMAP_IMAGE_SNAPSHOT)
		return khmap_fail(EROFS, "%s: is a snapshot and cannot be changed", object->name);
	if (err == ENOSPC)
		return khmap_live_full(object);
	if (err == EBADF)
		return khmap_live_bad(object, command);
	return khmap_fail(err, "%s: %s", object->name, khmap_live_words(err));
}

static __u64 khmap_address(const void *pointer)
{
	return (__u64)(uintptr_t)pointer;
}

/* Of use in signal handlers, as khmap_get() is: no reason is written, errno is kept. */
int khmap_get_locked(const struct khmap *map, const void *key, void *value)
{
	const struct khmap_object *object = khmap_object(map);
	struct khmap_ioc_record record = {
		.size = sizeof(record),
		.key = khmap_address(key),
		.value = khmap_address(value),
		.key_size = object->header.geometry.key_size,
		.value_size = object->header.geometry.value_size,
	};
	int saved = errno, err = 0;

	if (object->origin == KHMAP_ORIGIN_FILE)
		return -EUCLEAN;
	if (ioctl(object->fd, KHMAP_IOC_GET, &record))
		err = -errno;
	errno = saved;
	return err;
}

int khmap_put(struct khmap *map, const void *key, const void *value, __u32 flags)
{
	struct khmap_ioc_record record = {
		.size = sizeof(record),
		.flags = flags,
		.key = khmap_address(key),
		.value = khmap_address(value),
		.key_size = map->reader.geometry.key_size,
		.value_size = map->reader.geometry.value_size,
	};

	return khmap_live_call(map, KHMAP_IOC_PUT, &record);
}

int khmap_delete(struct khmap *map, const void *key, void *value)
{
	struct khmap_ioc_record record = {
		.size = sizeof(record),
		.key = khmap_address(key),
		.value = khmap_address(value),
		.key_size = map->reader.geometry.key_size,
		.value_size = value ? map->reader.geometry.value_size : 0,
	};

	return khmap_live_call(map, KHMAP_IOC_DELETE, &record);
}

int khmap_clear(struct khmap *map, __u64 *deleted)
{
	struct khmap_ioc_clear clear = { .size = sizeof(clear) };
	int err = khmap_live_call(map, KHMAP_IOC_CLEAR, &clear);

	if (!err && deleted)
		*deleted = clear.deleted;
	return err;
}

int khmap_reserve(struct khmap *map, __u64 entries)
{
	struct khmap_ioc_reserve reserve = {
		.size = sizeof(reserve),
		.entries = entries,
	};

	return khmap_live_call(map, KHMAP_IOC_RESERVE, &reserve);
}

int khmap_compact(struct khmap *map, struct khmap_ioc_compact *result)
{
	struct khmap_ioc_compact compact = { .size = sizeof(compact) };
	int err = khmap_live_call(map, KHMAP_IOC_COMPACT, &compact);

	if (!err && result)
		*result = compact;
	return err;
}

int khmap_warn_after(struct khmap *map, __u64 milliseconds)
{
	struct khmap_ioc_warn_after warn = {
		.size = sizeof(warn),
		.warn_after_ms = milliseconds,
	};

	return khmap_live_call(map, KHMAP_IOC_WARN_AFTER, &warn);
}

static void khmap_stat_file(const struct khmap_object *object, struct khmap_ioc_stat *stat)
{
	const struct khmap_image_header *h = &object->header;

	*stat = (struct khmap_ioc_stat){
		.size = sizeof(*stat),
		.map_id = h->map_id,
		.entries = h->entries,
		.max_entries = h->max_entries,
		.overflow_entries = h->overflow_entries,
		.overflow_buckets = h->overflow_buckets,
		.bytes = h->image_size,
		.shape = h->shape,
		.primary_pages = h->primary_pages,
		.overflow_pages = h->overflow_pages,
		.kind = h->kind,
	};
}

int khmap_stat(const struct khmap *map, struct khmap_ioc_stat *stat)
{
	const struct khmap_object *object = khmap_object(map);

	if (object->origin == KHMAP_ORIGIN_FILE) {
		khmap_stat_file(object, stat);
		return 0;
	}
	memset(stat, 0, sizeof(*stat));
	stat->size = sizeof(*stat);
	return khmap_live_call(map, KHMAP_IOC_STAT, stat);
}

static int khmap_snapshot_pool(const struct khmap_snapshot_options *options)
{
	if (options->pool_pages && !(options->flags & KHMAP_SNAPSHOT_BEST_EFFORT))
		return khmap_fail(EINVAL,
				  "khmap_snapshot_options: pool_pages is %u, and KHMAP_SNAPSHOT_BEST_EFFORT is not set",
				  options->pool_pages);
	if (options->pool_pages > KHMAP_POOL_PAGES_MAX)
		return khmap_fail(EINVAL,
				  "khmap_snapshot_options: a pool has at most %u pages, not %u",
				  KHMAP_POOL_PAGES_MAX, options->pool_pages);
	return 0;
}

int khmap_snapshot_take(struct khmap *map, const struct khmap_snapshot_options *options,
			struct khmap **snapshot)
{
	struct khmap_ioc_snapshot cut = { .size = sizeof(cut) };
	const char *name = khmap_object(map)->name;
	int err;

	if (options) {
		err = khmap_options_check("khmap_snapshot_options", options, sizeof(*options),
					  KHMAP_SNAPSHOT_FLAGS);
		if (!err && options->name)
			err = khmap_name_check(options->name);
		if (!err)
			err = khmap_snapshot_pool(options);
		if (err)
			return err;
		cut.flags = options->flags;
		cut.mode = options->mode;
		cut.uid = options->uid;
		cut.gid = options->gid;
		cut.pool_pages = options->pool_pages;
	}
	if (options && options->name) {
		name = options->name;
		cut.name = (uintptr_t)name;
		cut.name_length = (__u32)strlen(name);
	}
	err = khmap_live_call(map, KHMAP_IOC_SNAPSHOT, &cut);
	if (err == -EEXIST)
		return khmap_fail(EEXIST, "%s: there is a map or snapshot of this name", name);
	/* One that does not know the flag may first complain of the field behind it. */
	if ((err == -EOPNOTSUPP || err == -E2BIG) && cut.flags & KHMAP_SNAPSHOT_BEST_EFFORT)
		return khmap_fail(EOPNOTSUPP,
				  "the loaded module knows no best-effort snapshots; load a newer one");
	if (err)
		return err;
	err = khmap_map_open(cut.fd, name, NULL, snapshot);
	if (err)
		close(cut.fd);
	return err;
}

int khmap_snapshot(struct khmap *map, struct khmap **snapshot)
{
	return khmap_snapshot_take(map, NULL, snapshot);
}

int khmap_materialize_start(struct khmap *snapshot)
{
	struct khmap_ioc_materialize all = {
		.size = sizeof(all),
		.flags = KHMAP_MATERIALIZE_BACKGROUND,
	};

	return khmap_live_call(snapshot, KHMAP_IOC_MATERIALIZE, &all);
}

int khmap_materialize(struct khmap *snapshot)
{
	struct khmap_ioc_materialize all = { .size = sizeof(all) };
	int err = khmap_live_call(snapshot, KHMAP_IOC_MATERIALIZE, &all);

	return err == -EIO ? khmap_lost_fail(khmap_object(snapshot), "") : err;
}
