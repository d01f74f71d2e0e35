// SPDX-License-Identifier: GPL-2.0-only
/*
 * refill.c - a best-effort snapshot's pool, filled in the background
 *
 * A page is taken under locks of the engine, by a writer in whatever context it is.
 * So an interrupt work, which takes no lock, starts the worker, who may sleep.
 */
#include <linux/irq_work.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "refill.h"
#include "shot.h"

static void khmap_refill_work(struct work_struct *work)
{
	struct khmap_shot *shot = container_of(work, struct khmap_shot,
					       refill_work);

	/* Without memory pages are lost; the next that is wanted asks again. */
	khmap_snapshot_refill(shot->snapshot, NULL);
}

static void khmap_refill_kick(struct irq_work *kick)
{
	struct khmap_shot *shot = container_of(kick, struct khmap_shot,
					       refill_kick);

	queue_work(khmap_unbound_wq, &shot->refill_work);
}

static void khmap_refill_want(void *owner)
{
	struct khmap_shot *shot = owner;

	/* What was taken is stored: work that starts now sees it, or is not pending. */
	smp_mb();
	if (!work_pending(&shot->refill_work))
		irq_work_queue(&shot->refill_kick);
}

void khmap_refill_init(struct khmap_shot *shot)
{
	INIT_WORK(&shot->refill_work, khmap_refill_work);
	init_irq_work(&shot->refill_kick, khmap_refill_kick);
}

void khmap_refill_start(struct khmap_shot *shot, bool (*stop)(void))
{
	if (!shot->snapshot->pool)
		return;
	khmap_pool_notify(shot->snapshot->pool, khmap_refill_want, shot);
	/* What was taken since the cut. */
	khmap_snapshot_refill(shot->snapshot, stop);
}

void khmap_refill_stop(struct khmap_shot *shot)
{
	if (!shot->snapshot || !shot->snapshot->pool)
		return;
	khmap_pool_notify(shot->snapshot->pool, NULL, NULL);
	irq_work_sync(&shot->refill_kick);
	cancel_work_sync(&shot->refill_work);
}
