// SPDX-License-Identifier: GPL-2.0-only
/*
 * growth.c - a map's growth: its worker, its tracepoints, RESERVE
 *
 * Puts do the growing.  The worker does what they had to leave: because they
 * could not sleep, because memory was refused, because others were at it.
 */
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "growth.h"
#include "ioctl.h"
#include "map.h"
#include "trace.h"

/* Puts that go on will do it themselves; so long for a map to be idle. */
#define KHMAP_GROWTH_DELAY	(HZ / 50 + 1)

static void khmap_growth_work(struct work_struct *work)
{
	struct khmap_map *map = container_of(to_delayed_work(work),
					     struct khmap_map, growth_work);

	if (khmap_table_work(map->table))
		schedule_delayed_work(&map->growth_work, 0);
}

static void khmap_growth_kick(struct irq_work *kick)
{
	struct khmap_map *map = container_of(kick, struct khmap_map,
					     growth_kick);

	schedule_delayed_work(&map->growth_work, KHMAP_GROWTH_DELAY);
}

static void khmap_growth_notify(void *owner, enum khmap_event event, u32 a,
				u32 b)
{
	struct khmap_map *map = owner;

	switch (event) {
	case KHMAP_EVENT_PROMOTE:
		trace_khmap_promote(map->object.id);
		break;
	case KHMAP_EVENT_GROW:
		trace_khmap_grow(map->object.id, a, b);
		break;
	case KHMAP_EVENT_SPLIT:
		trace_khmap_split(map->object.id, a, b);
		break;
	case KHMAP_EVENT_BEHIND:
		/*
		 * The caller may hold any lock, the scheduler's too.  What is wanted
		 * was stored before; work that starts now sees it, or is not pending.
		 */
		smp_mb();
		if (!delayed_work_pending(&map->growth_work))
			irq_work_queue(&map->growth_kick);
		break;
	}
}

void khmap_growth_init(struct khmap_map *map)
{
	INIT_DELAYED_WORK(&map->growth_work, khmap_growth_work);
	init_irq_work(&map->growth_kick, khmap_growth_kick);
	khmap_table_notify(map->table, khmap_growth_notify, map);
}

void khmap_growth_stop(struct khmap_map *map)
{
	if (!map->table)
		return;
	irq_work_sync(&map->growth_kick);
	cancel_delayed_work_sync(&map->growth_work);
}

static bool khmap_growth_stopped(void *owner)
{
	return fatal_signal_pending(current);
}

int khmap_growth_reserve(struct khmap_call *call)
{
	struct khmap_map *map = call->file->private_data;
	struct khmap_ioc_reserve *reserve = &call->arg.reserve;
	int err;

	if (reserve->reserved)
		return -EINVAL;
	/* Nothing grows for one who cannot be told about it. */
	err = khmap_call_probe(call);
	if (err)
		return err;
	err = khmap_table_reserve(map->table, reserve->entries,
				  khmap_growth_stopped);
	if (err)
		return err;
	reserve->primary_pages = READ_ONCE(map->table->header->primary_pages);
	return khmap_call_reply(call);
}
