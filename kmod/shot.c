// SPDX-License-Identifier: GPL-2.0-only
/*
 * shot.c - a snapshot's life
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>

#include "account.h"
#include "compat.h"
#include "map.h"
#include "overdue.h"
#include "refill.h"
#include "shot.h"
#include "snapshot.h"
#include "trace.h"

/* Pages that are copied between two questions whether to stop. */
#define KHMAP_SHOT_STEP	64

/* Only what somebody wants is copied, and not the pages around it. */
static void *khmap_shot_view_page(const struct khmap_view *view, u64 page,
				  bool wanted)
{
	struct khmap_shot *shot = container_of(view, struct khmap_shot, view);

	void *bytes;

	if (!wanted)
		return khmap_snapshot_peek(shot->snapshot, page);
	bytes = khmap_snapshot_fetch(shot->snapshot, page);
	/* No memory is no reason to kill a reader, who will ask by GET. */
	return bytes ? bytes : khmap_snapshot_absent(shot->snapshot, page);
}

/* Needs no memory where each page has one in reserve. */
static int khmap_shot_copy_until(struct khmap_shot *shot,
				 bool (*stop)(struct khmap_shot *shot))
{
	struct khmap_snapshot *snapshot = shot->snapshot;
	u64 page;

	for (page = 0; page < snapshot->pages; page++) {
		if (!khmap_snapshot_fetch(snapshot, page))
			return -ENOMEM;
		if (page % KHMAP_SHOT_STEP)
			continue;
		if (stop(shot))
			return -EINTR;
		cond_resched();
	}
	return khmap_snapshot_losses(snapshot) ? -EIO : 0;
}

static bool khmap_shot_interrupted(struct khmap_shot *shot)
{
	return signal_pending(current);
}

int khmap_shot_copy(struct khmap_shot *shot)
{
	return khmap_shot_copy_until(shot, khmap_shot_interrupted);
}

static bool khmap_shot_dropped(struct khmap_shot *shot)
{
	return READ_ONCE(shot->dropped);
}

static void khmap_shot_copy_work(struct work_struct *work)
{
	khmap_shot_copy_until(container_of(work, struct khmap_shot, copy_work),
			      khmap_shot_dropped);
}

void khmap_shot_copy_later(struct khmap_shot *shot)
{
	if (khmap_shot_left(shot))
		queue_work(khmap_unbound_wq, &shot->copy_work);
}

static void khmap_shot_free(struct khmap_shot *shot)
{
	struct khmap_account *account = shot->account;
	struct khmap_map *map = shot->map;

	WRITE_ONCE(shot->dropped, true);
	cancel_work_sync(&shot->copy_work);
	cancel_delayed_work_sync(&shot->overdue_work);
	khmap_refill_stop(shot);
	khmap_snapshot_destroy(shot->snapshot);
	os_free(account, shot, sizeof(*shot));
	khmap_account_put(account);
	khmap_map_put(map);
}

static int khmap_shot_open(struct khmap_object *object, struct file *file)
{
	if (file->f_mode & FMODE_WRITE)
		return -EROFS;
	file->private_data = khmap_shot_of(object);
	return 0;
}

static void khmap_shot_enter(struct khmap_object *object)
{
	struct khmap_shot *shot = khmap_shot_of(object);

	list_add_tail(&shot->link, &shot->map->shots);
	khmap_overdue_arm(shot);
	trace_khmap_snapshot_take(shot->map->object.id, object->id,
				  khmap_object_text(object),
				  shot->snapshot->pages,
				  shot->snapshot->header->entries);
}

static void khmap_shot_leave(struct khmap_object *object)
{
	struct khmap_shot *shot = khmap_shot_of(object);

	list_del(&shot->link);
}

static void khmap_shot_release(struct khmap_object *object)
{
	struct khmap_shot *shot = khmap_shot_of(object);

	if (object->published)
		trace_khmap_snapshot_drop(shot->map->object.id, object->id,
					  khmap_shot_copied(shot),
					  khmap_overdue_held(shot));
	khmap_shot_free(shot);
}

static void khmap_shot_info(struct khmap_object *object,
			    struct khmap_map_info *info)
{
	struct khmap_shot *shot = khmap_shot_of(object);
	const struct khmap_image_header *header = shot->snapshot->header;

	info->created_ns = header->snapshot_ns;
	info->entries = header->entries;
	info->bytes = atomic64_read(&shot->account->bytes);
	info->key_size = header->geometry.key_size;
	info->value_size = header->geometry.value_size;
	info->schema_hash = header->schema_hash;
	info->of_map = shot->map->object.id;
	info->warn_after_ms = READ_ONCE(shot->map->warn_after_ms);
	info->held_ms = khmap_overdue_held(shot);
	info->copied_pages = khmap_shot_copied(shot);
	info->reserved_pages = khmap_shot_left(shot);
	info->overdue = khmap_overdue(shot);
	info->lost_pages = khmap_snapshot_losses(shot->snapshot);
	info->pool_pages = khmap_shot_pool(shot, &info->pool_free);
}

static void khmap_shot_show(struct khmap_object *object, struct seq_file *seq)
{
	struct khmap_shot *shot = khmap_shot_of(object);

	seq_printf(seq, "khmap-map:\t%llu\n", shot->map->object.id);
}

const struct khmap_object_ops khmap_shot_object_ops = {
	.kind = KHMAP_IMAGE_SNAPSHOT,
	.fops = &khmap_snapshot_fops,
	.open = khmap_shot_open,
	.enter = khmap_shot_enter,
	.leave = khmap_shot_leave,
	.free = khmap_shot_release,
	.info = khmap_shot_info,
	.show = khmap_shot_show,
};

static struct khmap_shot *khmap_shot_alloc(struct khmap_map *map,
					   const struct khmap_node_owner *owner)
{
	struct khmap_account *account;
	struct khmap_shot *shot;

	account = khmap_account_create_snapshot(map->account);
	if (!account)
		return NULL;
	shot = os_alloc(account, sizeof(*shot));
	if (!shot) {
		khmap_account_put(account);
		return NULL;
	}
	khmap_object_init(&shot->object, &khmap_shot_object_ops, owner);
	INIT_WORK(&shot->copy_work, khmap_shot_copy_work);
	khmap_overdue_init(shot);
	khmap_refill_init(shot);
	shot->account = account;
	khmap_map_get(map);
	shot->map = map;
	return shot;
}

static bool khmap_shot_killed(void)
{
	return fatal_signal_pending(current);
}

static int khmap_shot_take(struct khmap_shot *shot, u32 pool_pages)
{
	struct khmap_table *table = shot->map->table;

	if (!pool_pages)
		return khmap_snapshot_create(table, shot->account,
					     khmap_shot_killed,
					     &shot->snapshot);
	return khmap_snapshot_create_loose(table, shot->account,
					   khmap_shot_killed, pool_pages,
					   &shot->snapshot);
}

struct khmap_shot *khmap_shot_create(struct khmap_map *map, const char *text,
				     const struct khmap_node_owner *owner,
				     u32 pool_pages)
{
	struct khmap_shot *shot = khmap_shot_alloc(map, owner);
	int err;

	if (!shot)
		return ERR_PTR(-ENOMEM);
	err = khmap_object_register(&shot->object, text);
	if (err) {
		khmap_shot_free(shot);
		return ERR_PTR(err);
	}
	err = khmap_shot_take(shot, pool_pages);
	if (err) {
		khmap_object_put(&shot->object);
		return ERR_PTR(err);
	}
	khmap_refill_start(shot, khmap_shot_killed);
	shot->taken_ns = ktime_get_ns();
	shot->view.page = khmap_shot_view_page;
	shot->view.pages = shot->snapshot->pages;
	return shot;
}
