/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * name.h - what there is, and what it is called
 *
 * Maps and snapshots are objects: each has an id, references, and perhaps a name
 * with a node /dev/khmap/NAME.  What a name means is one pointer, the name's
 * @object; who opens the node gets what it points to at that moment.
 *
 * An object is referenced by its name, while it has one, by each open file and
 * by whom else its kind has; a mapping holds its file.  With the last reference
 * it is freed.  All objects are in one registry, from the moment that their id
 * is given and their name taken.
 */
#ifndef _KHMAP_NAME_H
#define _KHMAP_NAME_H

#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/khmap.h>

#include "version.h"

struct khmap_node;
struct khmap_object;
struct seq_file;

/**
 * struct khmap_node_owner - whom an object's node belongs to
 * @uid: user
 * @gid: group
 * @mode: permission bits
 */
struct khmap_node_owner {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
};

/**
 * struct khmap_name - a name, and what it means
 * @link: among all names
 * @object: what it means; a reference once the node is there
 * @node: NULL until @object is published
 * @owner: of the node when it appears
 * @versions: of the name, if it means a map
 * @gone: nobody finds it any more; it is only taken still, as its node is
 * @text: NUL-padded, unique; constant
 *
 * All of it is under khmap_registry_lock.
 */
struct khmap_name {
	struct list_head link;
	struct khmap_object *object;
	struct khmap_node *node;
	struct khmap_node_owner owner;
	struct khmap_versions versions;
	bool gone;
	char text[KHMAP_NAME_MAX + 1];
};

/**
 * struct khmap_object_ops - what the kinds of objects do in their own ways
 * @kind: enum khmap_image_kind
 * @fops: of its files
 * @open: a node that means the object is opened; the file has a reference if it
 *	returns 0.  May sleep
 * @enter: it is being published.  Under khmap_registry_lock
 * @leave: it was published, and its last reference is gone.  Likewise
 * @free: the last reference is gone, and nobody finds it any more.  May sleep
 * @info: fills what KHMAP_IOC_LIST shows of it, but for its name.  May sleep
 * @show: says more of a descriptor in /proc/PID/fdinfo; or NULL.  May sleep
 */
struct khmap_object_ops {
	u32 kind;
	const struct file_operations *fops;
	int (*open)(struct khmap_object *object, struct file *file);
	void (*enter)(struct khmap_object *object);
	void (*leave)(struct khmap_object *object);
	void (*free)(struct khmap_object *object);
	void (*info)(struct khmap_object *object, struct khmap_map_info *info);
	void (*show)(struct khmap_object *object, struct seq_file *seq);
};

/**
 * struct khmap_object - a map or a snapshot, as the registry knows it
 * @refs: see above
 * @ops: of its kind; constant
 * @link: in the registry, in the order of ids, under its lock
 * @name: that means it, NULL if none does; under the registry's lock
 * @published: others may find it; likewise
 * @settled: it is published, or will never be
 * @id: unique among all of this boot, constant
 * @owner: as created, constant
 */
struct khmap_object {
	struct kref refs;
	const struct khmap_object_ops *ops;
	struct list_head link;
	struct khmap_name *name;
	bool published;
	struct completion settled;
	u64 id;
	struct khmap_node_owner owner;
};

/* The lock of the registry: of the list of objects, of names, of minors. */
extern struct mutex khmap_registry_lock;

/**
 * khmap_object_init() - a new object, one reference
 * @object: zeros
 * @ops: of its kind
 * @owner: of its node
 */
void khmap_object_init(struct khmap_object *object,
		       const struct khmap_object_ops *ops,
		       const struct khmap_node_owner *owner);

/**
 * khmap_object_register() - give an object an id, and take a name for it
 * @object: new
 * @text: the name; empty for none
 *
 * From here on khmap_object_put() is what frees it.
 *
 * Context: may sleep; takes the registry's lock.
 * Return: 0; -EEXIST the name is taken; -ENOMEM.  Then it is not registered, and
 * its memory the caller's.
 */
int khmap_object_register(struct khmap_object *object, const char *text);

/**
 * khmap_object_publish() - let others find an object; make the node of its name
 * @object: registered
 *
 * The name holds a reference, and the module, from here on.
 *
 * Context: may sleep; takes the registry's lock, but not while the node is made,
 * for which anybody may wait who lists the nodes' directory.
 * Return: 0; -ENOSPC there are no minor numbers left; -ENOMEM or another errno
 * of device_add().  Then the name is free again, and the caller still has its
 * reference.
 */
int khmap_object_publish(struct khmap_object *object);

/**
 * khmap_object_unname() - take an object's name away
 * @object: published
 *
 * Context: the registry's lock is held.
 * Return: the name that nobody finds any more, for khmap_name_free(); NULL if the
 * object has none.
 */
struct khmap_name *khmap_object_unname(struct khmap_object *object);

/**
 * khmap_name_free() - the second half: take the node away and free the name
 * @name: of khmap_object_unname(), or NULL
 *
 * Then the name can be taken anew.
 *
 * Context: may sleep; takes the registry's lock, but not while the node goes.
 */
void khmap_name_free(struct khmap_name *name);

/**
 * khmap_object_owned() - may the caller take an object's name away?
 * @object: has a name
 * @file: of it, that the caller has
 *
 * Context: the registry's lock is held.
 * Return: whether it is the owner of the name's node, or has CAP_SYS_ADMIN.
 */
bool khmap_object_owned(const struct khmap_object *object,
			const struct file *file);

/**
 * khmap_object_destroy() - KHMAP_IOC_DESTROY: take name and node away
 * @object: of @file, published
 * @file: that the ioctl was called on
 *
 * Context: may sleep; takes the registry's lock.
 * Return: 0; -ENODEV it has no name (any more); -EPERM it is not the caller's.
 */
int khmap_object_destroy(struct khmap_object *object, const struct file *file);

/**
 * khmap_object_text() - an object's name
 * @object: the object
 *
 * Context: the registry's lock is held.
 * Return: the name, as long as the lock is held; empty if it has none.
 */
const char *khmap_object_text(const struct khmap_object *object);

/* One reference more, of one that is held. */
static inline void khmap_object_get(struct khmap_object *object)
{
	kref_get(&object->refs);
}

/**
 * khmap_object_put() - drop a reference
 * @object: registered; freed with the last one
 *
 * Context: may sleep; takes the registry's lock with the last reference.
 */
void khmap_object_put(struct khmap_object *object);

/**
 * khmap_object_of_minor() - what a device node means
 * @minor: of the node
 *
 * Waits for one that is about to be published, as its node comes first.
 *
 * Context: may sleep; takes the registry's lock.
 * Return: the object, one reference; NULL if there is none, or the caller was
 * killed.
 */
struct khmap_object *khmap_object_of_minor(unsigned int minor);

/**
 * khmap_object_of_name() - what a name means
 * @text: NUL-terminated
 *
 * Context: may sleep; takes the registry's lock.
 * Return: the object, one reference; NULL if there is none.
 */
struct khmap_object *khmap_object_of_name(const char *text);

/**
 * khmap_object_next() - walk through the registry
 * @object: where the walk stands, its reference is dropped; NULL to start
 * @after: at the start, only objects with a higher id are walked through
 * @kinds: 1u << kind for each that is wanted
 *
 * In the order of ids.
 *
 * Context: may sleep; takes the registry's lock.
 * Return: the next published object, one reference; NULL at the end.
 */
struct khmap_object *khmap_object_next(struct khmap_object *object, u64 after,
				       u32 kinds);

/**
 * khmap_object_info() - an object as KHMAP_IOC_LIST shows it
 * @object: published
 * @info: filled, ids as the calling process sees them
 *
 * Context: may sleep; takes the registry's lock.
 */
void khmap_object_info(struct khmap_object *object,
		       struct khmap_map_info *info);

/**
 * khmap_object_show() - what /proc/PID/fdinfo/FD says of an object
 * @object: of the descriptor
 * @seq: where to
 *
 * Context: may sleep; takes the registry's lock.
 */
void khmap_object_show(struct khmap_object *object, struct seq_file *seq);

/**
 * khmap_object_file() - a file of an object, without a node
 * @object: registered; its reference becomes the file's if there is no error
 * @data: private_data
 * @flags: O_RDWR or O_RDONLY
 *
 * The file's path in /proc tells the kind and the id, also of mappings.
 *
 * Context: may sleep.
 * Return: the file or an error pointer.
 */
struct file *khmap_object_file(struct khmap_object *object, void *data,
			       int flags);

/* Published objects of a kind.  Context: any. */
u32 khmap_object_count(u32 kind);

/* Free what the registry holds.  No object exists any more. */
void khmap_object_exit(void);

#endif /* _KHMAP_NAME_H */
