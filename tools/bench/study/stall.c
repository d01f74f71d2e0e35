// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * stall.c - what a writer at full speed sees of snapshots being taken
 *
 * The longest put of a stretch of time has interrupts and the scheduler in it;
 * so stretches with a snapshot and as long ones without take turns, and the
 * median over many counts.
 */
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "../../../kmod/core/snapshot.h"
#include "../histogram.h"
#include "stall.h"

#define CUTS_MAX	128u

/**
 * struct writer - one who replaces values as fast as he can
 * @map: in this map
 * @entries: of the keys below that
 * @stop: end
 * @puts: that he has made
 * @longest: ticks of his longest put since somebody set it to 0
 */
struct writer {
	struct map *map;
	u32 entries;
	bool stop;
	u64 puts;
	u64 longest;
};

static void *writer_run(void *arg)
{
	struct writer *writer = arg;
	struct random random = { writer->entries };
	u64 key, ticks;

	while (!__atomic_load_n(&writer->stop, __ATOMIC_RELAXED)) {
		key = random_below(&random, writer->entries);
		ticks = clock_ticks();
		map_put(writer->map, &key, &key);
		ticks = clock_ticks() - ticks;
		if (ticks > __atomic_load_n(&writer->longest, __ATOMIC_RELAXED))
			__atomic_store_n(&writer->longest, ticks, __ATOMIC_RELAXED);
		__atomic_store_n(&writer->puts, writer->puts + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Wait for the put that is being made, and one more. */
static void writer_await(const struct writer *writer)
{
	u64 puts = __atomic_load_n(&writer->puts, __ATOMIC_ACQUIRE);

	while (__atomic_load_n(&writer->puts, __ATOMIC_ACQUIRE) - puts < 2)
		sched_yield();
}

/* The longest put while a snapshot is taken; it is dropped afterwards.  Ticks. */
static u64 stretch_cut(struct writer *writer, u64 *lasted)
{
	struct khmap_snapshot *snapshot;
	u64 longest;

	__atomic_store_n(&writer->longest, 0, __ATOMIC_RELAXED);
	*lasted = clock_ticks();
	if (khmap_snapshot_create(writer->map->table, writer->map->account, NULL, &snapshot))
		study_failed("a snapshot cannot be taken");
	*lasted = clock_ticks() - *lasted;
	writer_await(writer);
	longest = __atomic_load_n(&writer->longest, __ATOMIC_RELAXED);
	khmap_snapshot_destroy(snapshot);
	return longest;
}

static u64 stretch_none(struct writer *writer, u64 ticks)
{
	u64 since = clock_ticks();

	__atomic_store_n(&writer->longest, 0, __ATOMIC_RELAXED);
	while (clock_ticks() - since < ticks)
		;
	writer_await(writer);
	return __atomic_load_n(&writer->longest, __ATOMIC_RELAXED);
}

void stall_round(struct map *map, u32 entries, u32 cuts, double *cut_us, double *none_us)
{
	struct writer writer = { .map = map, .entries = entries };
	double tick_us = clock_tick_ns() / 1e3;
	double with[CUTS_MAX], without[CUTS_MAX];
	pthread_t thread;
	u64 lasted;
	u32 i;

	*cut_us = NAN;
	*none_us = NAN;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	if (cuts > CUTS_MAX)
		cuts = CUTS_MAX;
	if (pthread_create(&thread, NULL, writer_run, &writer))
		study_failed("no thread");
	writer_await(&writer);
	for (i = 0; i < cuts; i++) {
		with[i] = (double)stretch_cut(&writer, &lasted) * tick_us;
		without[i] = (double)stretch_none(&writer, lasted) * tick_us;
	}
	__atomic_store_n(&writer.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	*cut_us = study_median(with, (int)cuts);
	*none_us = study_median(without, (int)cuts);
}
