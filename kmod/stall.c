// SPDX-License-Identifier: GPL-2.0-only
/*
 * stall.c - what made operations wait, told when nobody has to wait for that
 *
 * A tracepoint under a lock would make the wait longer that it is about.  So what
 * happens under locks is kept for each processor until it holds none.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>

#include "core/stall.h"
#include "map.h"
#include "stall.h"
#include "trace.h"

/* A split locks two stripes, and may copy two of the longest chains. */
#define KHMAP_STALLS_KEPT	72

/**
 * struct khmap_stall_kept - a stall that is to be told
 * @map_id: of the map
 * @ns: how long
 * @kind: enum khmap_stall
 * @place: see there
 */
struct khmap_stall_kept {
	u64 map_id;
	u64 ns;
	u32 kind;
	u32 place;
};

/**
 * struct khmap_stalls - of a processor; with interrupts off
 * @count: of those kept
 * @lost: that there was no room for
 * @telling: one that listens may use maps, too: its stalls are not told
 * @kept: in their order
 */
struct khmap_stalls {
	u32 count;
	u32 lost;
	bool telling;
	struct khmap_stall_kept kept[KHMAP_STALLS_KEPT];
};

static DEFINE_PER_CPU(struct khmap_stalls, khmap_stalls);

/*
 * A processor may be about to keep one: that will be told, which does no harm.  It
 * loads and stores the counts meanwhile, with no lock against this.
 */
int khmap_stalls_forget(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct khmap_stalls *stalls = per_cpu_ptr(&khmap_stalls, cpu);

		WRITE_ONCE(stalls->count, 0);
		WRITE_ONCE(stalls->lost, 0);
	}
	return 0;
}

void os_stall(const struct khmap_table *table, u32 kind, u32 place, u64 ns)
{
	const struct khmap_map *map = table->owner;
	u64 map_id = map ? map->object.id : 0;
	struct khmap_stalls *stalls;
	u32 count;

	if (!this_cpu_read(khmap_locks_held)) {
		trace_khmap_stall(map_id, kind, place, ns);
		return;
	}
	stalls = this_cpu_ptr(&khmap_stalls);
	if (stalls->telling)
		return;
	/* khmap_stalls_forget() may be at it; an index must be of one load. */
	count = READ_ONCE(stalls->count);
	if (count >= KHMAP_STALLS_KEPT) {
		stalls->lost++;
		return;
	}
	stalls->kept[count] = (struct khmap_stall_kept){
		.map_id = map_id,
		.ns = ns,
		.kind = kind,
		.place = place,
	};
	WRITE_ONCE(stalls->count, count + 1);
}

void os_stalls_flush(void)
{
	struct khmap_stalls *stalls = this_cpu_ptr(&khmap_stalls);
	/* As in os_stall(). */
	u32 count = READ_ONCE(stalls->count), lost = stalls->lost, i;

	if (!(count | lost) || stalls->telling ||
	    __this_cpu_read(khmap_locks_held))
		return;
	stalls->telling = true;
	for (i = 0; i < count; i++) {
		const struct khmap_stall_kept *kept = &stalls->kept[i];

		trace_khmap_stall(kept->map_id, kept->kind, kept->place,
				  kept->ns);
	}
	if (lost)
		trace_khmap_stall(0, KHMAP_STALL_LOST, lost, 0);
	WRITE_ONCE(stalls->count, 0);
	stalls->lost = 0;
	stalls->telling = false;
}

void os_lock_stalling(const struct khmap_table *table, raw_spinlock_t *lock,
		      u32 kind, u32 place)
{
	u64 began;

	if (raw_spin_trylock(lock))
		return;
	began = os_clock_ns();
	raw_spin_lock(lock);
	os_stall(table, kind, place, os_clock_ns() - began);
}
