// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_pool_threads.c - a best-effort snapshot under writers: right, or an error
 *
 * Each writer has keys of its own and gives all of them, one after the other, the
 * number of its round.  So at any instant those up to some key have one number,
 * those behind it the one before, whichever of them cannot be read.  Somebody fills
 * the pools when told to, but is not always in time.
 */
#include <pthread.h>
#include <stdlib.h>

#include "engine.h"
#include "../../kmod/core/snapshot.h"
#include "tap.h"

#if defined(__SANITIZE_THREAD__)
#define SNAPSHOTS	200u
#else
#define SNAPSHOTS	2000u
#endif
#define WRITERS		2u
#define KEYS		1500u
#define HELD		4u

/**
 * struct scene - a map, those who write to it, and who fills pools
 * @engine: the map
 * @stop: they are to end
 * @wrong: a put failed
 * @wanted: a pool wants pages
 * @rounds: that writers have made
 * @lock: guards @loose
 * @loose: the snapshot whose pool is filled, or NULL
 */
struct scene {
	struct engine engine;
	bool stop;
	u32 wrong;
	u32 wanted;
	u32 rounds;
	pthread_mutex_t lock;
	struct khmap_snapshot *loose;
};

struct writer {
	struct scene *scene;
	u32 number;
};

static void *writer_run(void *arg)
{
	const struct writer *w = arg;
	struct scene *scene = w->scene;
	u64 key, value;

	for (value = 1; !__atomic_load_n(&scene->stop, __ATOMIC_RELAXED); value++) {
		for (key = 0; key < KEYS; key++) {
			u64 own = (u64)w->number << 32 | key;

			if (khmap_table_put(scene->engine.table, &own, &value,
					    KHMAP_PUT_EITHER, NULL))
				__atomic_store_n(&scene->wrong, 1, __ATOMIC_RELAXED);
		}
		__atomic_fetch_add(&scene->rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void want(void *owner)
{
	struct scene *scene = owner;

	__atomic_store_n(&scene->wanted, 1, __ATOMIC_RELAXED);
}

static void *filler_run(void *arg)
{
	struct scene *scene = arg;

	while (!__atomic_load_n(&scene->stop, __ATOMIC_RELAXED)) {
		if (__atomic_exchange_n(&scene->wanted, 0, __ATOMIC_RELAXED)) {
			pthread_mutex_lock(&scene->lock);
			if (scene->loose && khmap_snapshot_refill(scene->loose, NULL))
				__atomic_store_n(&scene->wrong, 1, __ATOMIC_RELAXED);
			pthread_mutex_unlock(&scene->lock);
		}
		sched_yield();
	}
	return NULL;
}

static void fill(struct scene *scene, struct khmap_snapshot *loose)
{
	pthread_mutex_lock(&scene->lock);
	scene->loose = loose;
	pthread_mutex_unlock(&scene->lock);
}

/* Is what can be read of one instant?  Counts what cannot. */
static bool exact(struct khmap_snapshot *s, u64 *lost)
{
	u32 i;

	for (i = 0; i < WRITERS; i++) {
		u64 key, first = 0, now = 0;

		for (key = 0; key < KEYS; key++) {
			u64 own = (u64)i << 32 | key, value = 0;
			int err = khmap_snapshot_get(s, &own, &value);

			if (err == -EIO) {
				++*lost;
				continue;
			}
			/* Before the first round there are none. */
			if (err && err != -ENOENT)
				return false;
			if (!now && !first) {
				first = value;
				now = value;
			}
			if (value != now && (now != first || value + 1 != first))
				return false;
			now = value;
		}
	}
	return true;
}

/**
 * struct tally - what came of all snapshots
 * @bad: some that were of no instant
 * @failed: some that were refused
 * @lost: keys that could not be read, of best-effort ones
 * @sure: likewise, of the others
 * @read: best-effort ones that have lost nothing
 */
struct tally {
	u64 bad;
	u64 failed;
	u64 lost;
	u64 sure;
	u64 read;
};

static void snapshot_end(struct scene *scene, struct khmap_snapshot *s, struct tally *tally)
{
	u64 before = tally->lost;

	if (!s)
		return;
	tally->bad += !exact(s, s->pool ? &tally->lost : &tally->sure);
	tally->read += s->pool && tally->lost == before;
	if (s->pool) {
		fill(scene, NULL);
		khmap_pool_notify(s->pool, NULL, NULL);
	}
	khmap_snapshot_destroy(s);
}

static void snapshots_take(struct scene *scene, struct tally *tally)
{
	struct khmap_snapshot *held[HELD] = { NULL };
	struct khmap_table *table = scene->engine.table;
	struct khmap_account *account = scene->engine.account;
	struct rng rng = { 1 };
	u32 i;

	for (i = 0; i < SNAPSHOTS; i++) {
		struct khmap_snapshot **s = &held[rng_below(&rng, HELD)];
		u32 pool = 1u << rng_below(&rng, 7);

		snapshot_end(scene, *s, tally);
		*s = NULL;
		/* Beside one that has pages in reserve none is lost. */
		if (i % 8 ? khmap_snapshot_create_loose(table, account, NULL, pool, s) :
			     khmap_snapshot_create(table, account, NULL, s)) {
			*s = NULL;
			tally->failed++;
			continue;
		}
		if ((*s)->pool) {
			khmap_pool_notify((*s)->pool, want, scene);
			fill(scene, *s);
		}
		if (rng_below(&rng, 2))
			tally->bad += !exact(*s, (*s)->pool ? &tally->lost : &tally->sure);
	}
	for (i = 0; i < HELD; i++)
		snapshot_end(scene, held[i], tally);
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct writer writer[WRITERS] = { { NULL } };
	pthread_t thread[WRITERS + 1];
	struct scene scene = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct tally tally = { 0 };
	u32 i;

	p.stripes = 64;
	engine_open(&scene.engine, &p);
	for (i = 0; i < WRITERS; i++) {
		writer[i] = (struct writer){ &scene, i };
		pthread_create(&thread[i], NULL, writer_run, &writer[i]);
	}
	pthread_create(&thread[WRITERS], NULL, filler_run, &scene);
	/* The first round makes the map grow, and all that comes after is of one size. */
	while (__atomic_load_n(&scene.rounds, __ATOMIC_RELAXED) < 2 * WRITERS)
		sched_yield();
	snapshots_take(&scene, &tally);
	__atomic_store_n(&scene.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < WRITERS + 1; i++)
		pthread_join(thread[i], NULL);
	is_u64(scene.wrong + tally.failed, 0, "no put failed, nor %u snapshots", SNAPSHOTS);
	is_u64(tally.bad, 0, "what can be read is of one instant");
	is_u64(tally.sure, 0, "nothing is lost of a page in reserve");
	ok(tally.lost, "%llu look-ups met a lost page", (unsigned long long)tally.lost);
	ok(tally.read, "%llu best-effort snapshots had all of it", (unsigned long long)tally.read);
	ok(!scene.engine.table->saves.first, "no snapshot is left");
	engine_close(&scene.engine);
	return done();
}
