// SPDX-License-Identifier: GPL-2.0-only
/*
 * version.c - the versions of a name: publish, and roll back
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "core/retire.h"
#include "account.h"
#include "canary.h"
#include "change.h"
#include "file.h"
#include "ioctl.h"
#include "map.h"
#include "name.h"
#include "version.h"

/* The last generation of any name, under the registry's lock. */
static u64 khmap_generation;

static u64 khmap_generation_next(void)
{
	lockdep_assert_held(&khmap_registry_lock);
	khmap_generation++;
	/* What is stored in the header page tells a change from none. */
	if (!(u32)khmap_generation)
		khmap_generation++;
	return khmap_generation;
}

void khmap_versions_init(struct khmap_versions *versions)
{
	INIT_LIST_HEAD(&versions->others);
}

struct khmap_map *khmap_version_live(const struct khmap_name *name)
{
	return khmap_map_of(name->object);
}

/* The name whose version a map is, or was. */
struct khmap_name *khmap_version_name(const struct khmap_map *map)
{
	lockdep_assert_held(&khmap_registry_lock);
	return map->object.name ?: map->version.name;
}

/* Every map that is open somewhere learns of it, however old it is. */
void khmap_version_tell(struct khmap_name *name)
{
	u64 generation = khmap_generation_next();
	struct khmap_map *map;

	name->versions.generation = generation;
	khmap_table_tell(khmap_version_live(name)->table, (u32)generation);
	list_for_each_entry(map, &name->versions.others, version.link)
		khmap_table_tell(map->table, (u32)generation);
}

void khmap_version_let_go(struct khmap_map *map, struct khmap_freed *freed)
{
	if (map->version.role == KHMAP_ROLE_KEPT ||
	    map->version.role == KHMAP_ROLE_SECOND)
		freed->map[freed->count++] = map;
	map->version.role = KHMAP_ROLE_FORMER;
}

/* Not one of the others any more. */
void khmap_version_leave_others(struct khmap_map *map,
				struct khmap_freed *freed)
{
	if (!map->version.name)
		return;
	if (map->version.name->versions.second == map)
		map->version.name->versions.second = NULL;
	khmap_version_let_go(map, freed);
	list_del(&map->version.link);
	map->version.name = NULL;
	map->version.role = KHMAP_ROLE_NONE;
}

/* One of the others, as the last one that was replaced; a reference but of FORMER. */
void khmap_version_join(struct khmap_name *name, struct khmap_map *map,
			enum khmap_version_role role)
{
	map->version.name = name;
	map->version.role = role;
	list_add_tail(&map->version.link, &name->versions.others);
}

void khmap_versions_free(const struct khmap_freed *freed)
{
	u32 i;

	for (i = 0; i < freed->count; i++)
		khmap_map_put(freed->map[i]);
}

void khmap_versions_end(struct khmap_name *name, struct khmap_freed *freed)
{
	struct khmap_map *map, *next;

	lockdep_assert_held(&khmap_registry_lock);
	if (name->object->ops->kind != KHMAP_IMAGE_LIVE)
		return;
	khmap_version_tell(name);
	list_for_each_entry_safe(map, next, &name->versions.others,
				 version.link)
		khmap_version_leave_others(map, freed);
	kfree(name->versions.ids);
	name->versions.ids = NULL;
}

void khmap_version_leave(struct khmap_map *map)
{
	struct khmap_freed freed = {};

	lockdep_assert_held(&khmap_registry_lock);
	khmap_version_leave_others(map, &freed);
	WARN_ON_ONCE(freed.count);
}

void khmap_version_tells(const struct khmap_map *map, u64 *generation,
			 u32 *retired)
{
	mutex_lock(&khmap_registry_lock);
	*generation = map->version.generation;
	*retired = khmap_table_retired(map->table);
	mutex_unlock(&khmap_registry_lock);
}

/* Keep the last ones, as many as the name is to keep. */
static void khmap_version_trim(struct khmap_name *name, struct khmap_freed *freed)
{
	struct khmap_map *map;
	u32 kept = 0;

	list_for_each_entry_reverse(map, &name->versions.others, version.link)
		if (map->version.role == KHMAP_ROLE_KEPT &&
		    ++kept > name->versions.keep)
			khmap_version_let_go(map, freed);
}

/*
 * The name moves.  The old map is retired first, the new one can be written to
 * last: a store goes to what the name means, or fails.  The maps are held.
 */
static void khmap_version_move(struct khmap_name *name, struct khmap_map *to,
			       enum khmap_version_role role,
			       struct khmap_freed *freed)
{
	struct khmap_map *from = khmap_version_live(name);

	khmap_table_retire(from->table);
	khmap_map_get(to);
	khmap_version_leave_others(to, freed);
	name->object = &to->object;
	to->object.name = name;
	from->object.name = NULL;
	khmap_version_join(name, from, KHMAP_ROLE_KEPT);
	if (role == KHMAP_ROLE_FORMER)
		khmap_version_let_go(from, freed);
	khmap_canary_drop(name, freed);
	khmap_table_revive(to->table);
	khmap_version_tell(name);
	to->version.generation = name->versions.generation;
}

/* What khmap_version_move() retires and revives. */
static void khmap_version_needs(const struct khmap_change *change,
				struct khmap_change_maps *maps)
{
	khmap_change_needs(maps, change->map);
	khmap_change_needs(maps, change->to);
	khmap_change_needs(maps, change->name->versions.second);
}

/* The name that a map is what it means; or an error pointer. */
struct khmap_name *khmap_version_current(const struct khmap_map *map)
{
	lockdep_assert_held(&khmap_registry_lock);
	if (map->object.name && map->object.name->node)
		return map->object.name;
	return ERR_PTR(map->version.name ? -ESTALE : -ENODEV);
}

/* May a map become a version of a name, live or second? */
int khmap_version_fits(const struct khmap_name *name,
		       const struct khmap_map *map, const struct file *file)
{
	const struct khmap_map *live = khmap_version_live(name);
	const struct khmap_table *a = live->table, *b = map->table;

	if (map == live)
		return -EINVAL;
	if (a->geometry.key_size != b->geometry.key_size ||
	    a->geometry.value_size != b->geometry.value_size ||
	    a->header->schema_hash != b->header->schema_hash)
		return -EMEDIUMTYPE;
	if (map->version.name && map->version.name != name)
		return -EBUSY;
	if (map->object.name && !list_empty(&map->object.name->versions.others))
		return -EBUSY;
	if (map->object.name && !khmap_object_owned(&map->object, file))
		return -EPERM;
	return 0;
}

/*
 * The map of a descriptor that is given; its file, or an error pointer.  Who has the
 * name open may read and write the map afterwards, so the caller must.
 */
struct file *khmap_version_file(s32 fd, struct khmap_map **map)
{
	const fmode_t mode = FMODE_READ | FMODE_WRITE;
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op != &khmap_map_fops || (file->f_mode & mode) != mode) {
		fput(file);
		return ERR_PTR(-EBADF);
	}
	*map = file->private_data;
	return file;
}

static int khmap_publish_look(struct khmap_change *change,
			      struct khmap_change_maps *maps)
{
	int err;

	change->name = khmap_version_current(change->map);
	err = PTR_ERR_OR_ZERO(change->name) ?:
	      khmap_version_fits(change->name, change->to, change->file);
	if (!err)
		khmap_version_needs(change, maps);
	return err;
}

static void khmap_publish_make(struct khmap_change *change)
{
	struct khmap_ioc_publish *arg = change->arg;
	struct khmap_name *name = change->name;

	change->gone = khmap_object_unname(&change->to->object);
	name->versions.keep = arg->keep;
	khmap_version_move(name, change->to, KHMAP_ROLE_KEPT, &change->freed);
	khmap_version_trim(name, &change->freed);
	arg->generation = name->versions.generation;
}

int khmap_version_publish(struct khmap_call *call)
{
	struct khmap_ioc_publish *arg = &call->arg.publish;
	struct khmap_change change = {
		.map = call->file->private_data,
		.arg = arg,
		.look = khmap_publish_look,
		.make = khmap_publish_make,
	};
	int err;

	if (arg->keep > KHMAP_KEEP_MAX)
		return -EINVAL;
	/* Nothing moves for one who cannot be told where to. */
	err = khmap_call_probe(call);
	if (err)
		return err;
	change.file = khmap_version_file(arg->fd, &change.to);
	if (IS_ERR(change.file))
		return PTR_ERR(change.file);
	err = khmap_change_do(&change);
	fput(change.file);
	return err ?: khmap_call_reply(call);
}

/* A version that is kept; NULL if it is not. */
static struct khmap_map *
khmap_version_kept(const struct khmap_name *name,
		   const struct khmap_ioc_rollback *arg)
{
	struct khmap_map *map;
	u32 steps = 0;

	list_for_each_entry_reverse(map, &name->versions.others, version.link) {
		if (map->version.role != KHMAP_ROLE_KEPT)
			continue;
		steps++;
		if (arg->flags & KHMAP_ROLLBACK_TO ?
		    map->version.generation == arg->to : steps == arg->steps)
			return map;
	}
	return NULL;
}

/* What was replaced after @map was is not kept any more. */
static void khmap_version_forget_since(struct khmap_name *name,
				       const struct khmap_map *map,
				       struct khmap_freed *freed)
{
	struct khmap_map *later;

	list_for_each_entry_reverse(later, &name->versions.others,
				    version.link) {
		if (later == map)
			break;
		if (later->version.role == KHMAP_ROLE_KEPT)
			khmap_version_let_go(later, freed);
	}
}

static int khmap_rollback_look(struct khmap_change *change,
			       struct khmap_change_maps *maps)
{
	change->name = khmap_version_current(change->map);
	if (IS_ERR(change->name))
		return PTR_ERR(change->name);
	change->to = khmap_version_kept(change->name, change->arg);
	if (!change->to)
		return -ENOENT;
	khmap_version_needs(change, maps);
	return 0;
}

static void khmap_rollback_make(struct khmap_change *change)
{
	struct khmap_ioc_rollback *arg = change->arg;
	struct khmap_name *name = change->name;

	khmap_version_forget_since(name, change->to, &change->freed);
	khmap_version_move(name, change->to, KHMAP_ROLE_FORMER, &change->freed);
	arg->generation = name->versions.generation;
}

int khmap_version_rollback(struct khmap_call *call)
{
	struct khmap_ioc_rollback *arg = &call->arg.rollback;
	struct khmap_change change = {
		.map = call->file->private_data,
		.arg = arg,
		.look = khmap_rollback_look,
		.make = khmap_rollback_make,
	};
	int err;

	if (arg->reserved ||
	    (arg->flags & KHMAP_ROLLBACK_TO ? !!arg->steps :
	     !arg->steps || arg->to))
		return -EINVAL;
	err = khmap_call_probe(call);
	if (err)
		return err;
	return khmap_change_do(&change) ?: khmap_call_reply(call);
}

static void khmap_version_info(struct khmap_map *map, u32 state,
			       struct khmap_version_info *info)
{
	struct khmap_counts counts;

	khmap_table_stat(map->table, &counts);
	info->map_id = map->object.id;
	info->generation = map->version.generation;
	info->entries = counts.entries;
	info->bytes = atomic64_read(&map->account->total);
	info->state = state;
	info->reserved = 0;
}

static u32 khmap_version_state(const struct khmap_map *map)
{
	switch (map->version.role) {
	case KHMAP_ROLE_SECOND:
		return KHMAP_VERSION_SECOND;
	case KHMAP_ROLE_KEPT:
		return KHMAP_VERSION_KEPT;
	default:
		return KHMAP_VERSION_FORMER;
	}
}

/* With the registry's lock held.  Returns how many there are. */
static u32 khmap_version_infos(const struct khmap_name *name,
			       struct khmap_version_info *infos, u32 room)
{
	struct khmap_map *map;
	u32 count = 1;

	khmap_version_info(khmap_version_live(name), KHMAP_VERSION_LIVE, infos);
	list_for_each_entry_reverse(map, &name->versions.others, version.link) {
		if (count < room)
			khmap_version_info(map, khmap_version_state(map),
					   &infos[count]);
		count++;
	}
	return count;
}

int khmap_version_list(struct khmap_call *call)
{
	struct khmap_ioc_versions *arg = &call->arg.versions;
	struct khmap_map *map = call->file->private_data;
	u32 room = arg->count;
	struct khmap_version_info *infos;
	struct khmap_name *name;
	int err = -ENODEV;

	if (!room || room > KHMAP_VERSIONS_MAX)
		return -EINVAL;
	infos = kcalloc(room, sizeof(*infos), KHMAP_GFP_CALL);
	if (!infos)
		return -ENOMEM;
	mutex_lock(&khmap_registry_lock);
	name = khmap_version_name(map);
	if (name && name->node) {
		arg->count = khmap_version_infos(name, infos, room);
		arg->keep = name->versions.keep;
		arg->share = name->versions.share;
		arg->id_count = name->versions.id_count;
		arg->generation = name->versions.generation;
		err = 0;
	}
	mutex_unlock(&khmap_registry_lock);
	if (!err)
		err = khmap_copy_out(arg->infos, infos,
				     min(arg->count, room) * sizeof(*infos));
	kfree(infos);
	return err ?: khmap_call_reply(call);
}
