// SPDX-License-Identifier: GPL-2.0-only
/*
 * map.c - a map's life
 */
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "core/restore.h"
#include "account.h"
#include "file.h"
#include "growth.h"
#include "map.h"
#include "overdue.h"
#include "trace.h"

/*
 * Published maps by their ids, for those who can take no mutex: RCU.  Of the maps
 * that share a slot, it has the one that was published last, if that one lives.
 */
static DEFINE_XARRAY(khmap_ids);
struct khmap_map __rcu *khmap_id_slots[KHMAP_ID_SLOTS];

static void *khmap_map_view_page(const struct khmap_view *view, u64 page,
				 bool wanted)
{
	struct khmap_map *map = container_of(view, struct khmap_map, view);

	return khmap_table_page(map->table, page);
}

static void khmap_map_free(struct khmap_map *map)
{
	struct khmap_account *account = map->account;

	khmap_growth_stop(map);
	khmap_table_destroy(map->table);
	os_free(account, map, sizeof(*map));
	khmap_account_put(account);
}

/* Everybody finds the map by its id.  Needs no memory: it was reserved. */
static void khmap_map_enter(struct khmap_object *object)
{
	struct khmap_map *map = khmap_map_of(object);

	lockdep_assert_held(&khmap_registry_lock);
	xa_store(&khmap_ids, object->id, map, 0);
	rcu_assign_pointer(khmap_id_slots[object->id % KHMAP_ID_SLOTS], map);
	trace_khmap_create(object->id, map->name, &map->table->geometry);
}

/* Nobody does any more. */
static void khmap_map_leave(struct khmap_object *object)
{
	struct khmap_map __rcu **slot =
		&khmap_id_slots[object->id % KHMAP_ID_SLOTS];

	lockdep_assert_held(&khmap_registry_lock);
	khmap_version_leave(khmap_map_of(object));
	xa_erase(&khmap_ids, object->id);
	if (rcu_access_pointer(*slot) == khmap_map_of(object))
		RCU_INIT_POINTER(*slot, NULL);
}

static void khmap_map_release(struct khmap_object *object)
{
	struct khmap_map *map = khmap_map_of(object);

	if (object->published) {
		/*
		 * For BPF programs that found it.  Expedited: a process may die
		 * with thousands of maps, one after the other.
		 */
		synchronize_rcu_expedited();
		trace_khmap_destroy(object->id, map->name);
	} else {
		xa_release(&khmap_ids, object->id);
	}
	khmap_map_free(map);
}

static int khmap_map_open_file(struct khmap_object *object, struct file *file)
{
	file->private_data = khmap_map_of(object);
	return 0;
}

static void khmap_map_info(struct khmap_object *object,
			   struct khmap_map_info *info)
{
	struct khmap_map *map = khmap_map_of(object);
	struct khmap_counts counts;

	khmap_table_stat(map->table, &counts);
	info->created_ns = map->created_ns;
	info->entries = counts.entries;
	info->bytes = atomic64_read(&map->account->total);
	info->key_size = map->table->geometry.key_size;
	info->value_size = map->table->geometry.value_size;
	info->snapshots = atomic_read(&map->account->snapshots);
	info->schema_hash = map->table->header->schema_hash;
	info->warn_after_ms = READ_ONCE(map->warn_after_ms);
	info->overdue = khmap_overdue_count(map);
	khmap_version_tells(map, &info->generation, &info->retired);
}

const struct khmap_object_ops khmap_map_object_ops = {
	.kind = KHMAP_IMAGE_LIVE,
	.fops = &khmap_map_fops,
	.open = khmap_map_open_file,
	.enter = khmap_map_enter,
	.leave = khmap_map_leave,
	.free = khmap_map_release,
	.info = khmap_map_info,
};

static struct khmap_map *
khmap_map_alloc(struct khmap_account *account,
		const struct khmap_node_owner *owner)
{
	struct khmap_map *map = os_alloc(account, sizeof(*map));

	if (!map)
		return NULL;
	khmap_object_init(&map->object, &khmap_map_object_ops, owner);
	INIT_LIST_HEAD(&map->shots);
	map->warn_after_ms = khmap_overdue_default();
	map->account = account;
	return map;
}

/* The table of a new map, empty or of an image. */
static int khmap_map_table(struct khmap_map *map,
			   struct khmap_table_params *params,
			   struct khmap_restore *restore)
{
	params->map_id = map->object.id;
	params->created_ns = map->created_ns;
	if (restore)
		return khmap_table_restore(restore, params, map->account,
					   &map->table);
	get_random_bytes(params->secret, sizeof(params->secret));
	return khmap_table_create(params, map->account, &map->table);
}

int khmap_map_create(struct khmap_table_params *params,
		     struct khmap_restore *restore,
		     const struct khmap_node_owner *owner, u64 max_bytes,
		     struct khmap_map **result)
{
	struct khmap_account *account;
	struct khmap_map *map;
	u64 bytes;
	int err;

	err = restore ? khmap_restore_bytes(restore, params, &bytes) :
			khmap_table_bytes(params, &bytes);
	if (err)
		return err;
	account = khmap_account_create(max_bytes);
	if (!account)
		return -ENOMEM;
	map = khmap_map_alloc(account, owner);
	if (!map) {
		khmap_account_put(account);
		return -ENOMEM;
	}
	map->created_ns = ktime_get_real_ns();
	strscpy(map->name, params->name, sizeof(map->name));
	err = khmap_object_register(&map->object, params->name);
	if (err)
		goto free;

	err = xa_reserve(&khmap_ids, map->object.id, KHMAP_GFP_CALL);
	if (err)
		goto put;
	err = -ENOMEM;
	if (!os_fits(account, bytes))
		goto put;
	/* A mapping need not be longer than the map may become. */
	if (account->max_bytes)
		params->max_pages = min_t(u64, account->max_bytes >> PAGE_SHIFT,
					  KHMAP_PAGES_MAX) + 1;
	err = khmap_map_table(map, params, restore);
	if (err)
		goto put;
	khmap_growth_init(map);
	map->view.page = khmap_map_view_page;
	map->view.pages = map->table->header->image_size >> PAGE_SHIFT;
	*result = map;
	return 0;

put:
	khmap_map_put(map);
	return err;
free:
	khmap_map_free(map);
	return err;
}

struct khmap_map *khmap_map_find_name(const char *name)
{
	struct khmap_object *object = khmap_object_of_name(name);

	if (object && object->ops != &khmap_map_object_ops) {
		khmap_object_put(object);
		object = NULL;
	}
	return object ? khmap_map_of(object) : NULL;
}

struct khmap_map *khmap_map_find_id_slowly(u64 id)
{
	unsigned long index = id;

	return index == id ? xa_load(&khmap_ids, index) : NULL;
}

void khmap_map_exit(void)
{
	xa_destroy(&khmap_ids);
}
