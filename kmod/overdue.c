// SPDX-License-Identifier: GPL-2.0-only
/*
 * overdue.c - snapshots that are held for longer than somebody thought
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "ioctl.h"
#include "map.h"
#include "overdue.h"
#include "shot.h"
#include "trace.h"

/* Jiffies do not reach as far as milliseconds: look again after a day. */
#define KHMAP_OVERDUE_LOOK	(24u * 60 * 60 * 1000)

static unsigned long long snapshot_warn_after;
module_param(snapshot_warn_after, ullong, 0644);
MODULE_PARM_DESC(snapshot_warn_after, "Milliseconds after which a snapshot of a map that is created from now on is overdue, 0 for never (0)");

u64 khmap_overdue_default(void)
{
	/* Whoever writes the parameter takes no lock of ours. */
	return READ_ONCE(snapshot_warn_after);
}

u64 khmap_overdue_held(const struct khmap_shot *shot)
{
	return div_u64(ktime_get_ns() - shot->taken_ns, NSEC_PER_MSEC);
}

bool khmap_overdue(const struct khmap_shot *shot)
{
	/* Asked without khmap_registry_lock, too; both uses are to be of one value. */
	u64 limit = READ_ONCE(shot->map->warn_after_ms);

	return limit && khmap_overdue_held(shot) >= limit;
}

void khmap_overdue_arm(struct khmap_shot *shot)
{
	u64 limit = shot->map->warn_after_ms;
	u64 held = khmap_overdue_held(shot), left;

	lockdep_assert_held(&khmap_registry_lock);
	if (!limit || shot->told)
		return;
	left = limit > held ? limit - held : 0;
	mod_delayed_work(khmap_percpu_wq, &shot->overdue_work,
			 msecs_to_jiffies(min_t(u64, left, KHMAP_OVERDUE_LOOK)));
}

/* A console may be slow: with no lock held. */
static void khmap_overdue_tell(const struct khmap_shot *shot, const char *name)
{
	u64 held = khmap_overdue_held(shot);

	trace_khmap_snapshot_overdue(shot->map->object.id, shot->object.id,
				     held);
	pr_warn_ratelimited("khmap: snapshot %llu%s%s of map %llu has been held for %llu ms, longer than %llu ms\n",
			    shot->object.id, name[0] ? " " : "", name,
			    shot->map->object.id, held,
			    READ_ONCE(shot->map->warn_after_ms));
}

static void khmap_overdue_work(struct work_struct *work)
{
	struct khmap_shot *shot = container_of(to_delayed_work(work),
					       struct khmap_shot, overdue_work);
	char name[KHMAP_NAME_MAX + 1];
	bool tell = false;

	mutex_lock(&khmap_registry_lock);
	if (!khmap_overdue(shot)) {
		/* The limit has been changed, or is more than a day. */
		khmap_overdue_arm(shot);
	} else if (!shot->told) {
		shot->told = true;
		tell = true;
		strscpy(name, khmap_object_text(&shot->object), sizeof(name));
	}
	mutex_unlock(&khmap_registry_lock);
	if (tell)
		khmap_overdue_tell(shot, name);
}

void khmap_overdue_init(struct khmap_shot *shot)
{
	INIT_DELAYED_WORK(&shot->overdue_work, khmap_overdue_work);
}

u32 khmap_overdue_count(struct khmap_map *map)
{
	struct khmap_shot *shot;
	u32 count = 0;

	mutex_lock(&khmap_registry_lock);
	list_for_each_entry(shot, &map->shots, link)
		count += khmap_overdue(shot);
	mutex_unlock(&khmap_registry_lock);
	return count;
}

int khmap_overdue_set(struct khmap_call *call)
{
	struct khmap_map *map = call->file->private_data;
	struct khmap_shot *shot;

	mutex_lock(&khmap_registry_lock);
	/* STAT and khmap_overdue() read it without the lock. */
	WRITE_ONCE(map->warn_after_ms, call->arg.warn_after.warn_after_ms);
	list_for_each_entry(shot, &map->shots, link)
		khmap_overdue_arm(shot);
	mutex_unlock(&khmap_registry_lock);
	return 0;
}
