// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * watched.c - increments in turns, seen by hardware watchpoints
 */
#include <errno.h>
#include <unistd.h>
#include "demo/demo.h"
#include "demo/watched.h"
#include "profile/profile.h"
#include "source/period.h"
#include "source/watch.h"

#define PAGE_BYTES	(1ull << PROF_PAGE_SHIFT)
#define LINES		64
#define TRIES		5

/* Two CPUs that increment in turns; whose it is, is on no line of theirs. */
struct increments {
	uint64_t *const *counters;
	struct demo_turns turns;
} __attribute__((aligned(PROF_LINE_SIZE)));

static int increment_in_turns(void *context, int which)
{
	struct increments *increments = context;
	uint64_t i;

	for (i = 0; i < DEMO_TURNS && demo_turns_wait(&increments->turns, which); i++) {
		__atomic_fetch_add(increments->counters[which], 1, __ATOMIC_RELAXED);
		demo_turns_pass(&increments->turns, which, 0);
	}
	return 0;
}

static void counters_add(struct prof_watcher *watcher, uint64_t *const *counters)
{
	uintptr_t first = (uintptr_t)counters[0], second = (uintptr_t)counters[1];
	uintptr_t base = (first < second ? first : second) & ~(PAGE_BYTES - 1);
	int i;

	for (i = 0; i < (first == second ? 1 : 2); i++) {
		uintptr_t address = (uintptr_t)counters[i];
		struct prof_watch place = {
			.region = PROF_REGION_RANGE,
			.page = (uint32_t)((address - base) >> PROF_PAGE_SHIFT),
			.offset = address & (PAGE_BYTES - 1),
		};

		prof_watch_add(watcher, &place, address, sizeof(uint64_t));
	}
}

static int transfers_read(struct prof_watcher *watcher, uint64_t missed,
			  struct demo_transfers *transfers)
{
	struct prof_fds fds = prof_watch_fds(watcher);
	struct prof_profile profile = { .missed = missed };
	uint64_t stores = 0;
	size_t i;
	int err;

	err = prof_profile_read(&profile, &fds);
	for (i = 0; !err && i < profile.line_count; i++) {
		stores += profile.lines[i].count.stores;
		demo_transfers_add(transfers, &profile.lines[i]);
	}
	/* A model of a part would be no experiment. */
	if (!err && stores != 2 * DEMO_TURNS)
		err = -ENODATA;
	prof_profile_free(&profile);
	return err;
}

static int watch_once(const struct prof_pair *pair, uint64_t *const *counters,
		      struct demo_transfers *transfers)
{
	const struct prof_watch_options options = {
		.pid = getpid(),
		.width = sizeof(uint64_t),
		.interval_ns = PROF_SECOND_NS,
		.lines = LINES,
	};
	struct prof_settings settings = { .sample = 1, .enabled = 1 };
	struct prof_watcher *watcher = prof_watch_new(&options);
	struct increments increments = { .counters = counters };
	const struct demo_work work = { .run = increment_in_turns };
	uint64_t missed;
	double ns;
	int err;

	*transfers = (struct demo_transfers){ 0 };
	counters_add(watcher, counters);
	if (prof_watch_open(watcher)) {
		prof_watch_close(watcher);
		return -EIO;
	}
	err = prof_settings_write(prof_watch_fds(watcher).settings, &settings);
	if (!err)
		err = demo_pair_run(pair, &work, &increments, &ns);
	missed = prof_watch_stop(watcher);
	settings.enabled = 0;
	prof_settings_write(prof_watch_fds(watcher).settings, &settings);
	if (!err)
		err = transfers_read(watcher, missed, transfers);
	prof_watch_close(watcher);
	return err;
}

/* Once in some hundred thousand stores an emulated processor does not tell of one. */
int demo_watched(const struct prof_pair *pair, uint64_t *const *counters,
		 struct demo_transfers *transfers)
{
	int tries = TRIES, err;

	do
		err = watch_once(pair, counters, transfers);
	while (err == -ENODATA && --tries);
	if (err == -ENODATA)
		prof_error("watchpoints did not tell of all %u stores, %d times in a row",
			   2 * DEMO_TURNS, TRIES);
	return err;
}
