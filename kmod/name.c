// SPDX-License-Identifier: GPL-2.0-only
/*
 * name.c - what there is, and what it is called
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <linux/xarray.h>

#include "account.h"
#include "name.h"
#include "node.h"

/* See name.h. */
DEFINE_MUTEX(khmap_registry_lock);

/* Every object in the order of ids, and every name. */
static LIST_HEAD(khmap_objects);
static LIST_HEAD(khmap_names);

/*
 * What nodes mean, by their minors: stores that need memory, and so may take long,
 * are made without the registry's lock, look-ups under it.
 */
static DEFINE_XARRAY_ALLOC(khmap_minors);
static u32 khmap_minor_next;

static u64 khmap_next_id = 1;

/* Objects of each kind that are published; stored to under the registry's lock. */
static u32 khmap_counts[KHMAP_IMAGE_SNAPSHOT + 1];

static void khmap_object_counted(const struct khmap_object *object, int by)
{
	u32 kind = object->ops->kind;

	lockdep_assert_held(&khmap_registry_lock);
	WRITE_ONCE(khmap_counts[kind], khmap_counts[kind] + by);
}

static const char *khmap_kind_text(u32 kind)
{
	return kind == KHMAP_IMAGE_SNAPSHOT ? "snapshot" : "map";
}

static struct khmap_name *khmap_name_find(const char *text)
{
	struct khmap_name *name;

	lockdep_assert_held(&khmap_registry_lock);
	list_for_each_entry(name, &khmap_names, link)
		if (!strcmp(name->text, text))
			return name;
	return NULL;
}

/* Nothing is called so any more; the memory is the caller's. */
static struct khmap_name *khmap_name_release(struct khmap_object *object)
{
	struct khmap_name *name = object->name;

	lockdep_assert_held(&khmap_registry_lock);
	if (name)
		list_del(&name->link);
	object->name = NULL;
	return name;
}

/*
 * The node of a name that nobody finds yet.  Without the registry's lock: the
 * driver core waits for devtmpfs, and that for everybody who lists the directory,
 * which may be somebody whose memory does not come.
 */
static struct khmap_node *khmap_name_add_node(struct khmap_name *name)
{
	struct khmap_node *node;
	u32 minor;
	int err;

	/* Cyclic: a node that somebody kept must not come to mean another. */
	err = xa_alloc_cyclic(&khmap_minors, &minor, name,
			      XA_LIMIT(0, KHMAP_NODE_MINORS - 1),
			      &khmap_minor_next, KHMAP_GFP_CALL);
	if (err < 0)
		return ERR_PTR(err == -EBUSY ? -ENOSPC : err);
	node = khmap_node_create(name->text, minor, &name->owner);
	if (IS_ERR(node))
		xa_erase(&khmap_minors, minor);
	return node;
}

const char *khmap_object_text(const struct khmap_object *object)
{
	lockdep_assert_held(&khmap_registry_lock);
	return object->name ? object->name->text : "";
}

void khmap_object_init(struct khmap_object *object,
		       const struct khmap_object_ops *ops,
		       const struct khmap_node_owner *owner)
{
	kref_init(&object->refs);
	INIT_LIST_HEAD(&object->link);
	init_completion(&object->settled);
	object->ops = ops;
	object->owner = *owner;
}

int khmap_object_register(struct khmap_object *object, const char *text)
{
	struct khmap_name *name = NULL;

	if (text[0]) {
		name = kzalloc(sizeof(*name), KHMAP_GFP_CALL);
		if (!name)
			return -ENOMEM;
		name->object = object;
		name->owner = object->owner;
		khmap_versions_init(&name->versions);
		strscpy(name->text, text, sizeof(name->text));
	}
	mutex_lock(&khmap_registry_lock);
	if (name && khmap_name_find(text)) {
		mutex_unlock(&khmap_registry_lock);
		kfree(name);
		return -EEXIST;
	}
	if (name)
		list_add_tail(&name->link, &khmap_names);
	object->name = name;
	object->id = khmap_next_id++;
	list_add_tail(&object->link, &khmap_objects);
	mutex_unlock(&khmap_registry_lock);
	return 0;
}

int khmap_object_publish(struct khmap_object *object)
{
	/* Nobody else changes it before. */
	struct khmap_name *name = object->name, *freed = NULL;
	struct khmap_node *node = NULL;

	if (name)
		node = khmap_name_add_node(name);
	mutex_lock(&khmap_registry_lock);
	if (IS_ERR(node)) {
		freed = khmap_name_release(object);
	} else {
		if (name) {
			name->node = node;
			khmap_object_get(object);
			__module_get(THIS_MODULE);
		}
		object->published = true;
		khmap_object_counted(object, 1);
		object->ops->enter(object);
	}
	mutex_unlock(&khmap_registry_lock);
	complete_all(&object->settled);
	kfree(freed);
	return PTR_ERR_OR_ZERO(node);
}

struct khmap_name *khmap_object_unname(struct khmap_object *object)
{
	struct khmap_name *name = object->name;

	lockdep_assert_held(&khmap_registry_lock);
	if (!name || !name->node)
		return NULL;
	/* No open finds the object any more.  The number stays taken, too. */
	xa_store(&khmap_minors, khmap_node_minor(name->node), NULL, 0);
	name->gone = true;
	object->name = NULL;
	return name;
}

void khmap_name_free(struct khmap_name *name)
{
	if (!name)
		return;
	khmap_node_remove(name->node);
	mutex_lock(&khmap_registry_lock);
	list_del(&name->link);
	xa_erase(&khmap_minors, khmap_node_minor(name->node));
	mutex_unlock(&khmap_registry_lock);
	khmap_node_free(name->node);
	khmap_object_put(name->object);
	kfree(name);
	/* The caller's file holds the module as well. */
	module_put(THIS_MODULE);
}

/*
 * The node's owner, as the file shows it if that is the node's; else the one that
 * the node appeared with.  Whose the map was before it got the name says nothing:
 * PUBLISH may have brought it there.
 */
static kuid_t khmap_name_owner(const struct khmap_name *name,
			       const struct file *file)
{
	const struct inode *inode = file_inode(file);

	lockdep_assert_held(&khmap_registry_lock);
	return name->node && S_ISCHR(inode->i_mode) && inode->i_nlink &&
	       iminor(inode) == khmap_node_minor(name->node) ?
	       inode->i_uid : name->owner.uid;
}

bool khmap_object_owned(const struct khmap_object *object,
			const struct file *file)
{
	return uid_eq(current_fsuid(), khmap_name_owner(object->name, file)) ||
	       capable(CAP_SYS_ADMIN);
}

int khmap_object_destroy(struct khmap_object *object, const struct file *file)
{
	struct khmap_freed freed = {};
	struct khmap_name *name = NULL;
	int err = 0;

	mutex_lock(&khmap_registry_lock);
	if (object->name && !khmap_object_owned(object, file))
		err = -EPERM;
	else
		name = khmap_object_unname(object);
	if (name)
		khmap_versions_end(name, &freed);
	mutex_unlock(&khmap_registry_lock);
	if (!name)
		return err ?: -ENODEV;
	khmap_versions_free(&freed);
	khmap_name_free(name);
	return 0;
}

static void khmap_object_release(struct kref *refs)
{
	struct khmap_object *object =
		container_of(refs, struct khmap_object, refs);
	struct khmap_name *name = khmap_name_release(object);

	list_del(&object->link);
	if (object->published) {
		khmap_object_counted(object, -1);
		object->ops->leave(object);
	}
	mutex_unlock(&khmap_registry_lock);
	/* One that was never published: a name with a node holds a reference. */
	kfree(name);
	object->ops->free(object);
}

void khmap_object_put(struct khmap_object *object)
{
	kref_put_mutex(&object->refs, khmap_object_release,
		       &khmap_registry_lock);
}

/* What a name means, with a reference. */
static struct khmap_object *khmap_name_object(const struct khmap_name *name)
{
	lockdep_assert_held(&khmap_registry_lock);
	/* Of an object that is being created or destroyed, it is taken only. */
	if (!name || name->gone || !name->object->published)
		return NULL;
	khmap_object_get(name->object);
	return name->object;
}

struct khmap_object *khmap_object_of_minor(unsigned int minor)
{
	struct khmap_object *object = NULL;
	struct khmap_name *name;
	bool published = false;

	mutex_lock(&khmap_registry_lock);
	name = xa_load(&khmap_minors, minor);
	if (name) {
		object = name->object;
		khmap_object_get(object);
		published = object->published;
	}
	mutex_unlock(&khmap_registry_lock);
	if (!object || published)
		return object;
	if (!wait_for_completion_killable(&object->settled) &&
	    READ_ONCE(object->published))
		return object;
	khmap_object_put(object);
	return NULL;
}

struct khmap_object *khmap_object_of_name(const char *text)
{
	struct khmap_object *object;

	mutex_lock(&khmap_registry_lock);
	object = khmap_name_object(khmap_name_find(text));
	mutex_unlock(&khmap_registry_lock);
	return object;
}

struct khmap_object *khmap_object_next(struct khmap_object *object, u64 after,
				       u32 kinds)
{
	struct khmap_object *next;

	mutex_lock(&khmap_registry_lock);
	/* The reference keeps @object in the list, and so its place. */
	next = list_prepare_entry(object, &khmap_objects, link);
	list_for_each_entry_continue(next, &khmap_objects, link) {
		if (next->published && next->id > after &&
		    kinds & 1u << next->ops->kind) {
			khmap_object_get(next);
			goto found;
		}
	}
	next = NULL;
found:
	mutex_unlock(&khmap_registry_lock);
	if (object)
		khmap_object_put(object);
	return next;
}

/* KHMAP_NAME_MAX + 1 bytes, NUL-padded. */
static void khmap_object_copy_name(const struct khmap_object *object,
				   char *text)
{
	memset(text, 0, KHMAP_NAME_MAX + 1);
	mutex_lock(&khmap_registry_lock);
	strscpy(text, khmap_object_text(object), KHMAP_NAME_MAX + 1);
	mutex_unlock(&khmap_registry_lock);
}

void khmap_object_info(struct khmap_object *object,
		       struct khmap_map_info *info)
{
	memset(info, 0, sizeof(*info));
	info->map_id = object->id;
	info->kind = object->ops->kind;
	info->uid = from_kuid_munged(current_user_ns(), object->owner.uid);
	info->gid = from_kgid_munged(current_user_ns(), object->owner.gid);
	info->mode = object->owner.mode;
	object->ops->info(object, info);
	khmap_object_copy_name(object, (char *)info->name);
}

void khmap_object_show(struct khmap_object *object, struct seq_file *seq)
{
	char text[KHMAP_NAME_MAX + 1];

	khmap_object_copy_name(object, text);
	seq_printf(seq, "khmap-kind:\t%s\nkhmap-id:\t%llu\n",
		   khmap_kind_text(object->ops->kind), object->id);
	if (text[0])
		seq_printf(seq, "khmap-name:\t%s\n", text);
	if (object->ops->show)
		object->ops->show(object, seq);
}

struct file *khmap_object_file(struct khmap_object *object, void *data,
			       int flags)
{
	char path[48];

	snprintf(path, sizeof(path), "[khmap-%s:%llu]",
		 khmap_kind_text(object->ops->kind), object->id);
	return anon_inode_getfile(path, object->ops->fops, data,
				  flags | O_CLOEXEC);
}

u32 khmap_object_count(u32 kind)
{
	return READ_ONCE(khmap_counts[kind]);
}

void khmap_object_exit(void)
{
	xa_destroy(&khmap_minors);
}
