// SPDX-License-Identifier: GPL-2.0-only
/*
 * guard.c - operations that come from any context
 */
#include <linux/percpu-rwsem.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcu_sync.h>

#include "guard.h"
#include "map.h"

DEFINE_PER_CPU(unsigned int, khmap_locks_held);

/*
 * While no snapshot is, or was just, taken, the semaphore is idle.  Its writer
 * begins with a grace period of RCU, which waits for whoever found it idle with
 * preemption off: such a caller need not be counted, and so need not wake the
 * writer, for which the scheduler's locks are taken.  A BPF program may be
 * called under those.  They are held with interrupts off, so any other caller
 * may be counted.
 */
int khmap_guard_enter(struct khmap_map *map, bool *counted)
{
	if (khmap_guard_blocked())
		return -EBUSY;
	*counted = false;
	preempt_disable();
	if (likely(rcu_sync_is_idle(&map->writers.rss)))
		return 0;
	preempt_enable();
	*counted = true;
	if (irqs_disabled() || !percpu_down_read_trylock(&map->writers))
		return -EBUSY;
	return 0;
}

void khmap_guard_exit(struct khmap_map *map, bool counted)
{
	if (counted)
		percpu_up_read(&map->writers);
	else
		preempt_enable();
}
