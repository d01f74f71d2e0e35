// SPDX-License-Identifier: GPL-2.0-only
/*
 * canary.c - a second version beside the live one, and who gets which
 */
#include <linux/bsearch.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "core/retire.h"
#include "account.h"
#include "canary.h"
#include "change.h"
#include "file.h"
#include "ioctl.h"
#include "map.h"
#include "name.h"
#include "version.h"

void khmap_canary_drop(struct khmap_name *name, struct khmap_freed *freed)
{
	struct khmap_versions *versions = &name->versions;

	if (versions->second) {
		khmap_table_retire(versions->second->table);
		khmap_version_let_go(versions->second, freed);
	}
	versions->second = NULL;
	versions->share = 0;
	versions->id_count = 0;
	kfree(versions->ids);
	versions->ids = NULL;
}

static int khmap_id_compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* The ids of an argument in rising order; NULL if there are none. */
static u64 *khmap_canary_ids(const struct khmap_ioc_canary *arg)
{
	size_t size = arg->id_count * sizeof(u64);
	u64 *ids;

	if (!size)
		return NULL;
	ids = kmalloc(size, KHMAP_GFP_CALL);
	if (!ids)
		return ERR_PTR(-ENOMEM);
	if (khmap_copy_in(ids, arg->ids, size)) {
		kfree(ids);
		return ERR_PTR(-EFAULT);
	}
	sort(ids, arg->id_count, sizeof(u64), khmap_id_compare, NULL);
	return ids;
}

static int khmap_canary_check(const struct khmap_ioc_canary *arg)
{
	if (!arg->flags || arg->reserved)
		return -EINVAL;
	if (arg->flags & KHMAP_CANARY_END && arg->flags != KHMAP_CANARY_END)
		return -EINVAL;
	if (arg->flags & KHMAP_CANARY_SHARE ? arg->share > KHMAP_SHARE_ALL :
	    arg->share)
		return -EINVAL;
	if (arg->flags & KHMAP_CANARY_IDS ?
	    arg->id_count > KHMAP_CANARY_IDS_MAX :
	    arg->id_count || arg->ids)
		return -EINVAL;
	return 0;
}

/* All of it is allowed, and the maps held; *@ids becomes what was there before. */
static void khmap_canary_set(struct khmap_name *name, struct khmap_map *second,
			     const struct khmap_ioc_canary *arg, u64 **ids,
			     struct khmap_freed *freed)
{
	struct khmap_versions *versions = &name->versions;

	if (second && second != versions->second) {
		struct khmap_map *old = versions->second;

		khmap_map_get(second);
		khmap_version_leave_others(second, freed);
		if (old) {
			khmap_table_retire(old->table);
			khmap_version_let_go(old, freed);
		}
		khmap_version_join(name, second, KHMAP_ROLE_SECOND);
		versions->second = second;
		khmap_table_revive(second->table);
	}
	if (arg->flags & KHMAP_CANARY_SHARE)
		versions->share = arg->share;
	if (arg->flags & KHMAP_CANARY_IDS) {
		swap(versions->ids, *ids);
		versions->id_count = arg->id_count;
	}
	if (!versions->keyed)
		get_random_bytes(&versions->key, sizeof(versions->key));
	versions->keyed = true;
	khmap_version_tell(name);
	if (second)
		second->version.generation = versions->generation;
}

/**
 * struct khmap_canary_args - of CANARY
 * @arg: the argument
 * @ids: of it, in rising order; those of the name before afterwards
 */
struct khmap_canary_args {
	struct khmap_ioc_canary *arg;
	u64 *ids;
};

static int khmap_canary_look(struct khmap_change *change,
			     struct khmap_change_maps *maps)
{
	const struct khmap_canary_args *args = change->arg;
	struct khmap_map *second;
	int err;

	change->name = khmap_version_current(change->map);
	if (IS_ERR(change->name))
		return PTR_ERR(change->name);
	second = change->name->versions.second;
	if (!change->to && !second)
		return -ENOENT;
	if (change->to) {
		err = khmap_version_fits(change->name, change->to, change->file);
		if (err)
			return err;
	}
	if (change->to || args->arg->flags & KHMAP_CANARY_END) {
		khmap_change_needs(maps, change->to);
		khmap_change_needs(maps, second);
	}
	return 0;
}

static void khmap_canary_make(struct khmap_change *change)
{
	struct khmap_canary_args *args = change->arg;
	struct khmap_name *name = change->name;

	if (args->arg->flags & KHMAP_CANARY_END) {
		khmap_canary_drop(name, &change->freed);
		khmap_version_tell(name);
	} else {
		if (change->to)
			change->gone = khmap_object_unname(&change->to->object);
		khmap_canary_set(name, change->to, args->arg, &args->ids,
				 &change->freed);
	}
	args->arg->generation = name->versions.generation;
}

int khmap_canary(struct khmap_call *call)
{
	struct khmap_canary_args args = { .arg = &call->arg.canary };
	struct khmap_change change = {
		.map = call->file->private_data,
		.arg = &args,
		.look = khmap_canary_look,
		.make = khmap_canary_make,
	};
	int err;

	err = khmap_canary_check(args.arg);
	if (err)
		return err;
	err = khmap_call_probe(call);
	if (err)
		return err;
	args.ids = khmap_canary_ids(args.arg);
	if (IS_ERR(args.ids))
		return PTR_ERR(args.ids);
	if (args.arg->flags & KHMAP_CANARY_MAP) {
		change.file = khmap_version_file(args.arg->fd, &change.to);
		if (IS_ERR(change.file)) {
			kfree(args.ids);
			return PTR_ERR(change.file);
		}
	}
	err = khmap_change_do(&change);
	kfree(args.ids);
	if (change.file)
		fput(change.file);
	return err ?: khmap_call_reply(call);
}

static bool khmap_canary_has(const struct khmap_versions *versions, u64 id)
{
	if (!versions->second)
		return false;
	/* The share cuts a number that is the id's for as long as the name is. */
	if (siphash_1u64(id, &versions->key) % KHMAP_SHARE_ALL <
	    versions->share)
		return true;
	return versions->id_count &&
	       bsearch(&id, versions->ids, versions->id_count, sizeof(id),
		       khmap_id_compare);
}

/* The map for a caller, one reference; or an error pointer. */
static struct khmap_map *khmap_canary_for(struct khmap_map *map,
					  struct khmap_ioc_choose *arg)
{
	struct khmap_map *chosen = ERR_PTR(-ENODEV);
	struct khmap_name *name;

	mutex_lock(&khmap_registry_lock);
	name = khmap_version_name(map);
	if (name && name->node) {
		chosen = khmap_version_live(name);
		if (arg->flags & KHMAP_CHOOSE_ID &&
		    khmap_canary_has(&name->versions, arg->id))
			chosen = name->versions.second;
		khmap_map_get(chosen);
		arg->generation = name->versions.generation;
		arg->map_id = chosen->object.id;
	}
	mutex_unlock(&khmap_registry_lock);
	return chosen;
}

int khmap_canary_choose(struct khmap_call *call)
{
	struct khmap_ioc_choose *arg = &call->arg.choose;
	struct khmap_map *map = call->file->private_data, *chosen;
	struct file *file;
	int err;

	if (arg->reserved || (!(arg->flags & KHMAP_CHOOSE_ID) && arg->id))
		return -EINVAL;
	chosen = khmap_canary_for(map, arg);
	if (IS_ERR(chosen))
		return PTR_ERR(chosen);
	if (chosen == map) {
		khmap_map_put(chosen);
		arg->fd = -1;
		return khmap_call_reply(call);
	}
	file = khmap_object_file(&chosen->object, chosen,
				 call->file->f_flags & O_ACCMODE);
	if (IS_ERR(file)) {
		khmap_map_put(chosen);
		return PTR_ERR(file);
	}
	err = khmap_call_reply_file(call, &arg->fd, file);
	if (!err)
		fd_install(arg->fd, file);
	return err;
}
