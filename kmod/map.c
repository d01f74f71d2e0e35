// SPDX-License-Identifier: GPL-2.0-only
/*
 * map.c - a map's life
 */
#include <linux/cred.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>
#include <linux/xarray.h>

#include "account.h"
#include "growth.h"
#include "map.h"
#include "node.h"
#include "trace.h"

/* The registry: every map in the order of ids, and the minors of nodes. */
static DEFINE_MUTEX(khmap_maps_lock);
static LIST_HEAD(khmap_maps);
static DEFINE_IDR(khmap_minors);

static u64 khmap_next_id = 1;

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

/* Give the map an id and enter it, unless its name is taken. */
static int khmap_map_register(struct khmap_map *map)
{
	struct khmap_map *other;
	int err = 0;

	mutex_lock(&khmap_maps_lock);
	if (map->name[0]) {
		list_for_each_entry(other, &khmap_maps, link)
			if (other->named && !strcmp(other->name, map->name))
				err = -EEXIST;
	}
	if (!err) {
		map->id = khmap_next_id++;
		map->named = map->name[0];
		list_add_tail(&map->link, &khmap_maps);
	}
	mutex_unlock(&khmap_maps_lock);
	return err;
}

static void khmap_map_free(struct khmap_map *map)
{
	struct khmap_account *account = map->account;

	khmap_growth_stop(map);
	khmap_table_destroy(map->table);
	os_free(account, map, sizeof(*map));
	khmap_account_put(account);
}

static struct khmap_map *khmap_map_alloc(struct khmap_account *account)
{
	struct khmap_map *map = os_alloc(account, sizeof(*map));

	if (!map)
		return NULL;
	kref_init(&map->refs);
	INIT_LIST_HEAD(&map->link);
	map->account = account;
	return map;
}

int khmap_map_create(struct khmap_table_params *params,
		     const struct khmap_node_owner *owner, u64 max_bytes,
		     struct khmap_map **result)
{
	struct khmap_account *account;
	struct khmap_map *map;
	u64 bytes;
	int err;

	err = khmap_table_bytes(params, &bytes);
	if (err)
		return err;
	account = khmap_account_create(max_bytes);
	if (!account)
		return -ENOMEM;
	map = khmap_map_alloc(account);
	if (!map) {
		khmap_account_put(account);
		return -ENOMEM;
	}
	map->owner = *owner;
	map->created_ns = ktime_get_real_ns();
	strscpy(map->name, params->name, sizeof(map->name));
	err = khmap_map_register(map);
	if (err)
		goto free;

	err = -ENOMEM;
	if (!os_fits(account, bytes))
		goto put;
	/* A mapping need not be longer than the map may become. */
	if (account->max_bytes)
		params->max_pages = min_t(u64, account->max_bytes >> PAGE_SHIFT,
					  KHMAP_PAGES_MAX) + 1;
	get_random_bytes(params->secret, sizeof(params->secret));
	params->map_id = map->id;
	params->created_ns = map->created_ns;
	err = khmap_table_create(params, account, &map->table);
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

static int khmap_map_add_node(struct khmap_map *map)
{
	struct khmap_node *node;
	int minor;

	lockdep_assert_held(&khmap_maps_lock);
	/* Cyclic: a node that somebody kept must not come to mean another map. */
	minor = idr_alloc_cyclic(&khmap_minors, map, 0, KHMAP_NODE_MINORS,
				 GFP_KERNEL_ACCOUNT);
	if (minor < 0)
		return minor;
	node = khmap_node_create(map->name, minor, &map->owner);
	if (IS_ERR(node)) {
		idr_remove(&khmap_minors, minor);
		return PTR_ERR(node);
	}
	map->node = node;
	return 0;
}

int khmap_map_publish(struct khmap_map *map)
{
	int err;

	/* Whom it becomes visible to may not free it while it is traced. */
	kref_get(&map->refs);
	mutex_lock(&khmap_maps_lock);
	/* The last step, the store, then needs no memory. */
	err = xa_reserve(&khmap_ids, map->id, GFP_KERNEL_ACCOUNT);
	if (err)
		goto fail;
	if (map->named) {
		err = khmap_map_add_node(map);
		if (err)
			goto release;
		kref_get(&map->refs);
		__module_get(THIS_MODULE);
	}
	map->published = true;
	xa_store(&khmap_ids, map->id, map, 0);
	rcu_assign_pointer(khmap_id_slots[map->id % KHMAP_ID_SLOTS], map);
	mutex_unlock(&khmap_maps_lock);
	trace_khmap_create(map->id, map->name, &map->table->geometry);
	khmap_map_put(map);
	return 0;

release:
	xa_release(&khmap_ids, map->id);
fail:
	map->named = false;
	mutex_unlock(&khmap_maps_lock);
	khmap_map_put(map);
	return err;
}

int khmap_map_unlink(struct khmap_map *map)
{
	struct khmap_node *node;

	mutex_lock(&khmap_maps_lock);
	node = map->node;
	if (node) {
		/* No open finds the map any more, then the node goes. */
		idr_remove(&khmap_minors, khmap_node_minor(node));
		khmap_node_remove(node);
		map->node = NULL;
		map->named = false;
	}
	mutex_unlock(&khmap_maps_lock);
	if (!node)
		return -ENODEV;
	khmap_node_free(node);
	khmap_map_put(map);
	/* The caller's file holds the module as well. */
	module_put(THIS_MODULE);
	return 0;
}

/* Nobody finds the map by its id any more. */
static void khmap_map_forget(struct khmap_map *map)
{
	struct khmap_map __rcu **slot =
		&khmap_id_slots[map->id % KHMAP_ID_SLOTS];

	lockdep_assert_held(&khmap_maps_lock);
	xa_erase(&khmap_ids, map->id);
	if (rcu_access_pointer(*slot) == map)
		RCU_INIT_POINTER(*slot, NULL);
}

static void khmap_map_release(struct kref *refs)
{
	struct khmap_map *map = container_of(refs, struct khmap_map, refs);
	bool published = map->published;

	list_del(&map->link);
	if (published)
		khmap_map_forget(map);
	mutex_unlock(&khmap_maps_lock);
	if (published) {
		/*
		 * For BPF programs that found it.  Expedited: a process may die
		 * with thousands of maps, one after the other.
		 */
		synchronize_rcu_expedited();
		trace_khmap_destroy(map->id, map->name);
	}
	khmap_map_free(map);
}

void khmap_map_put(struct khmap_map *map)
{
	kref_put_mutex(&map->refs, khmap_map_release, &khmap_maps_lock);
}

struct khmap_map *khmap_map_find(unsigned int minor)
{
	struct khmap_map *map;

	mutex_lock(&khmap_maps_lock);
	map = idr_find(&khmap_minors, minor);
	if (map)
		kref_get(&map->refs);
	mutex_unlock(&khmap_maps_lock);
	return map;
}

struct khmap_map *khmap_map_find_name(const char *name)
{
	struct khmap_map *map;

	mutex_lock(&khmap_maps_lock);
	list_for_each_entry(map, &khmap_maps, link) {
		/* A map that is being created has its name already. */
		if (map->named && map->published && !strcmp(map->name, name)) {
			kref_get(&map->refs);
			goto found;
		}
	}
	map = NULL;
found:
	mutex_unlock(&khmap_maps_lock);
	return map;
}

struct khmap_map *khmap_map_find_id_slowly(u64 id)
{
	unsigned long index = id;

	return index == id ? xa_load(&khmap_ids, index) : NULL;
}

struct khmap_map *khmap_map_next(struct khmap_map *map, u64 after)
{
	struct khmap_map *next;

	mutex_lock(&khmap_maps_lock);
	/* The reference keeps @map in the list, and so its place. */
	next = list_prepare_entry(map, &khmap_maps, link);
	list_for_each_entry_continue(next, &khmap_maps, link) {
		if (next->published && next->id > after) {
			kref_get(&next->refs);
			goto found;
		}
	}
	next = NULL;
found:
	mutex_unlock(&khmap_maps_lock);
	if (map)
		khmap_map_put(map);
	return next;
}

void khmap_map_info(struct khmap_map *map, struct khmap_map_info *info)
{
	struct khmap_counts counts;

	khmap_table_stat(map->table, &counts);
	memset(info, 0, sizeof(*info));
	info->map_id = map->id;
	info->created_ns = map->created_ns;
	info->entries = counts.entries;
	info->bytes = atomic64_read(&map->account->total);
	info->key_size = map->table->geometry.key_size;
	info->value_size = map->table->geometry.value_size;
	info->uid = from_kuid_munged(current_user_ns(), map->owner.uid);
	info->gid = from_kgid_munged(current_user_ns(), map->owner.gid);
	info->mode = map->owner.mode;
	info->snapshots = atomic_read(&map->account->snapshots);
	info->schema_hash = map->table->header->schema_hash;
	mutex_lock(&khmap_maps_lock);
	if (map->named)
		memcpy(info->name, map->name, sizeof(map->name));
	mutex_unlock(&khmap_maps_lock);
}

u32 khmap_map_count(void)
{
	struct khmap_map *map;
	u32 count = 0;

	mutex_lock(&khmap_maps_lock);
	list_for_each_entry(map, &khmap_maps, link)
		count += map->published;
	mutex_unlock(&khmap_maps_lock);
	return count;
}

void khmap_map_exit(void)
{
	idr_destroy(&khmap_minors);
	xa_destroy(&khmap_ids);
}
