// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_atomic_threads.c - snapshots have all of an atomic batch, or nothing of it
 *
 * Writers who share accounts transfer between them, each time by two operations,
 * and put pairs of keys and delete them.  A third kind of thread lets the map grow,
 * by keys that it never had, some for each snapshot, so that the shape moves from the
 * first to the last.  In each snapshot the accounts' sum is what it was in the
 * beginning, and each pair is there as a whole or not at all.
 *
 * The same without a batch shows that this is no chance: then a snapshot is found
 * where it is not so.
 */
#include <pthread.h>

#include "../../kmod/core/atomic.h"
#include "../../kmod/core/snapshot.h"
#include "../../kmod/core/update.h"
#include "check_image.h"
#include "engine.h"
#include "tap.h"

#if defined(__SANITIZE_THREAD__)
#define SNAPSHOTS	1000
#else
#define SNAPSHOTS	4000
#endif
#define UNTIL_WRONG	1000000	/* snapshots at most */
#define WRITERS		2u
#define ACCOUNTS	40u
#define BALANCE		1000u
#define PAIRS		30u	/* of each writer */
#define PAIR_FIRST	(1ull << 20)
#define PAIR_OTHER	(1ull << 30)
#define GROW_FIRST	(1ull << 40)
#define GROW_KEYS	20u	/* for each snapshot: they split a bucket or more */
#define GROW_MOST	90000u	/* in all */

/**
 * struct bank - a map and those who change it
 * @engine: the map
 * @atomic: they do so by atomic batches
 * @grow: keys that may be added by now
 * @grown: keys that were
 * @stop: they are to end
 * @wrong: something that was not allowed
 */
struct bank {
	struct engine engine;
	bool atomic;
	u64 grow;
	u64 grown;
	bool stop;
	u32 wrong;
};

/**
 * struct writer - one who changes two keys at a time
 * @bank: where
 * @number: its own pairs
 * @batches: that it has made
 * @there: which pairs are in the map
 */
struct writer {
	struct bank *bank;
	u32 number;
	u64 batches;
	bool there[PAIRS];
};

static void account_add(struct bank *bank, u64 account, u64 delta)
{
	if (khmap_table_add(bank->engine.table, &account, 0, delta, NULL, NULL))
		__atomic_store_n(&bank->wrong, 1, __ATOMIC_RELAXED);
}

static void pair_put(struct bank *bank, struct khmap_atomic *atomic, u64 key)
{
	u64 value = key;
	int err;

	if (bank->atomic)
		err = khmap_atomic_put(atomic, &key, &value, KHMAP_PUT_ONLY_NEW, NULL);
	else
		err = khmap_table_put(bank->engine.table, &key, &value, KHMAP_PUT_ONLY_NEW, NULL);
	if (err)
		__atomic_store_n(&bank->wrong, 1, __ATOMIC_RELAXED);
}

static void pair_delete(struct bank *bank, u64 key)
{
	if (khmap_table_delete(bank->engine.table, &key, NULL, NULL))
		__atomic_store_n(&bank->wrong, 1, __ATOMIC_RELAXED);
}

static void *change(void *arg)
{
	struct writer *w = arg;
	struct bank *bank = w->bank;
	struct rng rng = { w->number + 1 };

	while (!__atomic_load_n(&bank->stop, __ATOMIC_RELAXED)) {
		u32 pair = (u32)rng_below(&rng, PAIRS);
		u64 key = PAIR_FIRST + (u64)w->number * PAIRS + pair;
		u64 from = rng_below(&rng, ACCOUNTS), to = rng_below(&rng, ACCOUNTS);
		struct khmap_atomic atomic;

		if (bank->atomic &&
		    khmap_atomic_begin(&atomic, bank->engine.table, w->there[pair] ? 0 : 2)) {
			__atomic_store_n(&bank->wrong, 1, __ATOMIC_RELAXED);
			break;
		}
		account_add(bank, from, -1ull);
		if (w->there[pair])
			pair_delete(bank, key);
		else
			pair_put(bank, &atomic, key);
		sched_yield();
		account_add(bank, to, 1);
		if (w->there[pair])
			pair_delete(bank, key + PAIR_OTHER);
		else
			pair_put(bank, &atomic, key + PAIR_OTHER);
		if (bank->atomic)
			khmap_atomic_end(&atomic);
		w->there[pair] = !w->there[pair];
		w->batches++;
	}
	return NULL;
}

static void *grow(void *arg)
{
	struct bank *bank = arg;
	u64 grown = 0, key, value = 0;

	while (!__atomic_load_n(&bank->stop, __ATOMIC_RELAXED)) {
		if (grown == __atomic_load_n(&bank->grow, __ATOMIC_RELAXED)) {
			sched_yield();
			continue;
		}
		key = GROW_FIRST + grown++;
		if (khmap_table_put(bank->engine.table, &key, &value, KHMAP_PUT_ONLY_NEW, NULL))
			__atomic_store_n(&bank->wrong, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&bank->grown, grown, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Is a snapshot between two batches? */
static bool whole(struct khmap_snapshot *s)
{
	u64 sum = 0, key, value;

	for (key = 0; key < ACCOUNTS; key++) {
		if (khmap_snapshot_get(s, &key, &value))
			return false;
		sum += value;
	}
	for (key = PAIR_FIRST; key < PAIR_FIRST + WRITERS * PAIRS; key++) {
		u64 other = key + PAIR_OTHER;

		if (khmap_snapshot_get(s, &key, &value) != khmap_snapshot_get(s, &other, &value))
			return false;
	}
	return sum == ACCOUNTS * BALANCE;
}

/**
 * struct shapes - what the snapshots met
 * @halves: that are not whole
 * @last: the shape of the newest
 * @other: whose shape is not that of the one before
 * @within: which were taken while a page of buckets was split in part
 */
struct shapes {
	u32 halves;
	u32 last;
	u32 other;
	u32 within;
};

/* Let the map grow on, and wait until it does, if it still can. */
static void grow_on(struct bank *bank, u32 last)
{
	const u32 *shape = &bank->engine.table->header->shape;
	u64 grow = bank->grow;

	if (grow < GROW_MOST)
		grow = __atomic_add_fetch(&bank->grow, GROW_KEYS, __ATOMIC_RELAXED);
	while (os_load(shape) == last && __atomic_load_n(&bank->grown, __ATOMIC_RELAXED) < grow &&
	       !__atomic_load_n(&bank->stop, __ATOMIC_RELAXED))
		sched_yield();
}

/* Take snapshots, so many or until one is not whole. */
static struct shapes snapshots_take(struct bank *bank, u32 count, bool until)
{
	struct shapes shapes = { .last = bank->engine.header.shape };
	u32 i, unsound = 0;

	for (i = 0; i < count && !(until && shapes.halves); i++) {
		struct khmap_snapshot *s;
		struct image image;

		grow_on(bank, shapes.last);
		if (khmap_snapshot_create(bank->engine.table, bank->engine.account, NULL, &s)) {
			unsound++;
			continue;
		}
		shapes.halves += !whole(s);
		shapes.other += s->header->shape != shapes.last;
		shapes.within += s->header->shape % KHMAP_PLACE_UNITS != 0;
		shapes.last = s->header->shape;
		if (!(i % 8)) {
			image = image_of_snapshot(s);
			unsound += !image_check(&image);
		}
		khmap_snapshot_destroy(s);
	}
	is_u64(unsound, 0, "%u snapshots taken, all sound", i);
	return shapes;
}

static void test_bank(u32 stripes, bool atomic)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct writer writer[WRITERS] = { { NULL } };
	struct bank bank = { .atomic = atomic };
	pthread_t thread[WRITERS + 1];
	u64 key, value = BALANCE;
	struct shapes shapes;
	u32 i;

	p.stripes = stripes;
	engine_open(&bank.engine, &p);
	for (key = 0; key < ACCOUNTS; key++)
		khmap_table_put(bank.engine.table, &key, &value, KHMAP_PUT_EITHER, NULL);
	for (i = 0; i < WRITERS; i++) {
		writer[i].bank = &bank;
		writer[i].number = i;
		pthread_create(&thread[i], NULL, change, &writer[i]);
	}
	pthread_create(&thread[WRITERS], NULL, grow, &bank);
	shapes = snapshots_take(&bank, atomic ? SNAPSHOTS : UNTIL_WRONG, !atomic);
	__atomic_store_n(&bank.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i <= WRITERS; i++)
		pthread_join(thread[i], NULL);
	is_u64(bank.wrong, 0, "%u stripes: no operation failed", stripes);
	if (atomic) {
		is_u64(shapes.halves, 0, "%u stripes: no snapshot came between", stripes);
		ok(shapes.other >= SNAPSHOTS / 2, "%u have another shape than the one before",
		   shapes.other);
		ok(shapes.within >= SNAPSHOTS / 2, "%u were taken between two buckets of one page",
		   shapes.within);
		ok(writer[0].batches && writer[1].batches, "writers made %llu and %llu batches",
		   (unsigned long long)writer[0].batches, (unsigned long long)writer[1].batches);
	} else {
		ok(shapes.halves, "%u stripes: without a batch, one did", stripes);
	}
	is_u64(snapshots_take(&bank, 1, false).halves, 0, "the last one is whole");
	engine_close(&bank.engine);
}

int main(void)
{
	test_bank(1, true);
	test_bank(64, true);
	test_bank(64, false);
	return done();
}
