/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shot.h - a snapshot's life
 *
 * A snapshot is an object of the registry, see name.h: referenced by its name,
 * while it has one, and by each open file.  It holds the map: what the map has not
 * written to since is the map's own page.  So a map whose name is gone lives, all
 * of it, until its last snapshot is dropped.
 */
#ifndef _KHMAP_SHOT_H
#define _KHMAP_SHOT_H

#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/workqueue.h>

#include "core/snapshot.h"
#include "mmap.h"
#include "name.h"

struct khmap_account;
struct khmap_map;

/**
 * struct khmap_shot - a snapshot
 * @object: its id, name and references
 * @link: in its map's list while it is published, under the registry's lock
 * @map: a reference
 * @account: of the snapshot, below the map's; a reference
 * @snapshot: its pages
 * @view: what a mapping shows
 * @taken_ns: its instant by the clock of ktime_get_ns(), which is never set
 * @copy_work: copies what is left, in the background
 * @overdue_work: tells when it is overdue
 * @refill_work: fills the pool of a best-effort one
 * @refill_kick: starts @refill_work from any context
 * @dropped: @copy_work is to end
 * @told: @overdue_work has told; under the registry's lock
 */
struct khmap_shot {
	struct khmap_object object;
	struct list_head link;
	struct khmap_map *map;
	struct khmap_account *account;
	struct khmap_snapshot *snapshot;
	struct khmap_view view;
	u64 taken_ns;
	struct work_struct copy_work;
	struct delayed_work overdue_work;
	struct work_struct refill_work;
	struct irq_work refill_kick;
	bool dropped;
	bool told;
};

extern const struct khmap_object_ops khmap_shot_object_ops;

/* The snapshot that an object is, if that is its kind. */
static inline struct khmap_shot *khmap_shot_of(struct khmap_object *object)
{
	return container_of(object, struct khmap_shot, object);
}

/**
 * khmap_shot_create() - take a snapshot that nobody else can find yet
 * @map: of this map
 * @text: its name; empty for none
 * @owner: of its node
 * @pool_pages: 0 to have each page of it in reserve; else it is a best-effort one
 *	that has so many at most
 *
 * Takes the name before anything that is dear.
 *
 * Context: may sleep; takes the registry's lock.
 * Return: the snapshot, one reference for khmap_object_put(), or an error pointer:
 * -EEXIST the name is taken; -ENOMEM, or as khmap_snapshot_create().
 */
struct khmap_shot *khmap_shot_create(struct khmap_map *map, const char *text,
				     const struct khmap_node_owner *owner,
				     u32 pool_pages);

/**
 * khmap_shot_copy() - copy what is left
 * @shot: the snapshot
 *
 * Context: may sleep.
 * Return: 0; -EINTR a signal came; of a best-effort one also -ENOMEM, and -EIO some
 * are lost.
 */
int khmap_shot_copy(struct khmap_shot *shot);

/**
 * khmap_shot_copy_later() - have a worker copy what is left
 * @shot: the snapshot
 *
 * Once more changes nothing.  It ends when the snapshot is dropped.
 *
 * Context: any.
 */
void khmap_shot_copy_later(struct khmap_shot *shot);

/* Pages that have been copied, the header page included. */
static inline u64 khmap_shot_copied(const struct khmap_shot *shot)
{
	return 1 + os_count_read(&shot->snapshot->copied);
}

/* Pages that are still the map's own. */
static inline u64 khmap_shot_left(const struct khmap_shot *shot)
{
	u64 done = khmap_shot_copied(shot) +
		   khmap_snapshot_losses(shot->snapshot);

	/* The two are read one after the other. */
	return shot->snapshot->pages > done ? shot->snapshot->pages - done : 0;
}

/* The bound of its pool, and what is in it; 0 if each page has one in reserve. */
static inline u32 khmap_shot_pool(const struct khmap_shot *shot, u32 *free)
{
	const struct khmap_pool *pool = shot->snapshot->pool;

	*free = pool ? READ_ONCE(pool->free) : 0;
	return pool ? pool->bound : 0;
}

#endif /* _KHMAP_SHOT_H */
