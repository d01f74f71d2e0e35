// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_atomic_threads.c - snapshots have all of an atomic batch, or nothing of it
 *
 * Writers who share accounts transfer between them, each time by two operations,
 * and put pairs of keys and delete them.  A third kind of thread grows the map and
 * empties it again.  In each snapshot the accounts' sum is what it was in the
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
#define SNAPSHOTS	150
#else
#define SNAPSHOTS	2000
#endif
#define UNTIL_WRONG	1000000	/* snapshots at most */
#define WRITERS		2u
#define ACCOUNTS	40u
#define BALANCE		1000u
#define PAIRS		30u	/* of each writer */
#define PAIR_FIRST	(1ull << 20)
#define PAIR_OTHER	(1ull << 30)
#define GROW_FIRST	(1ull << 40)
#define GROW_KEYS	30000u

/**
 * struct bank - a map and those who change it
 * @engine: the map
 * @atomic: they do so by atomic batches
 * @stop: they are to end
 * @wrong: something that was not allowed
 */
struct bank {
	struct engine engine;
	bool atomic;
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
	u64 key, value = 0;

	while (!__atomic_load_n(&bank->stop, __ATOMIC_RELAXED)) {
		for (key = GROW_FIRST; key < GROW_FIRST + GROW_KEYS; key++) {
			if (khmap_table_put(bank->engine.table, &key, &value, KHMAP_PUT_EITHER,
					    NULL))
				__atomic_store_n(&bank->wrong, 1, __ATOMIC_RELAXED);
			if (!(key % 1024))
				sched_yield();
		}
		for (key = GROW_FIRST; key < GROW_FIRST + GROW_KEYS; key++)
			khmap_table_delete(bank->engine.table, &key, NULL, NULL);
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

/* Take snapshots, so many or until one is not whole; how many are not. */
static u32 snapshots_take(struct bank *bank, u32 count, bool until)
{
	u32 i, halves = 0, unsound = 0;

	for (i = 0; i < count && !(until && halves); i++) {
		struct khmap_snapshot *s;
		struct image image;

		if (khmap_snapshot_create(bank->engine.table, bank->engine.account, NULL, &s)) {
			unsound++;
			continue;
		}
		halves += !whole(s);
		if (!(i % 8)) {
			image = image_of_snapshot(s);
			unsound += !image_check(&image);
		}
		khmap_snapshot_destroy(s);
	}
	is_u64(unsound, 0, "%u snapshots taken, all sound", i);
	return halves;
}

static void test_bank(u32 stripes, bool atomic)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct writer writer[WRITERS] = { { NULL } };
	struct bank bank = { .atomic = atomic };
	pthread_t thread[WRITERS + 1];
	u64 key, value = BALANCE;
	u32 i, halves;

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
	halves = snapshots_take(&bank, atomic ? SNAPSHOTS : UNTIL_WRONG, !atomic);
	__atomic_store_n(&bank.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i <= WRITERS; i++)
		pthread_join(thread[i], NULL);
	is_u64(bank.wrong, 0, "%u stripes: no operation failed", stripes);
	if (atomic) {
		is_u64(halves, 0, "%u stripes: no snapshot came between", stripes);
		ok(writer[0].batches && writer[1].batches, "writers made %llu and %llu batches",
		   (unsigned long long)writer[0].batches, (unsigned long long)writer[1].batches);
	} else {
		ok(halves, "%u stripes: without a batch, one did", stripes);
	}
	is_u64(snapshots_take(&bank, 1, false), 0, "the last one is whole");
	engine_close(&bank.engine);
}

int main(void)
{
	test_bank(1, true);
	test_bank(64, true);
	test_bank(64, false);
	return done();
}
