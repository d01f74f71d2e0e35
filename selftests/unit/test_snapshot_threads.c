// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_snapshot_threads.c - every snapshot is one instant of a map under writers
 *
 * Each writer has accounts of its own and, one transfer after the other, takes from
 * one of them and gives to the next, so that at any instant an odd transfer is
 * missing at most one unit of the writer's total and an even one none.  Which of
 * the two it is, and how many there were, its first account's number says: it is
 * raised with each step.  So a snapshot is exact if each writer's sum is the one
 * that its own count asks for.
 *
 * A third kind of thread lets the map grow meanwhile, by keys that it never had, some
 * for each snapshot, so that the shape moves from the first snapshot to the last: a
 * primary region does not shrink, and keys that come again would split nothing.  They
 * come in order, so each snapshot has the first ones of them and no other, though in
 * most pages there is no account whose change would have the page copied.  In the end
 * it empties the map and fills it again.
 */
#include <pthread.h>
#include <stdlib.h>

#include "check_image.h"
#include "engine.h"
#include "tap.h"

#if defined(__SANITIZE_THREAD__)
#define SNAPSHOTS	250
#elif defined(__SANITIZE_ADDRESS__)
#define SNAPSHOTS	400
#else
#define SNAPSHOTS	1200
#endif
#define CHURNED		(SNAPSHOTS / 10)	/* snapshots while the map is emptied and filled */
#define WRITERS		2u
#define ACCOUNTS	60u
#define BALANCE		1000u
#define GROW_KEYS	20u	/* for each snapshot: they split two buckets or more */
#define GROW_FIRST	(1ull << 32)

/*
 * The value of an account: its balance, and the writer's steps by then.  So short that
 * a bucket's tags are one word, as the short way of puts asks for.
 */
struct balance {
	int units;
	u32 steps;
};

/**
 * struct bank - a map and those who change it
 * @engine: the map
 * @grow: keys that may be added by now
 * @grown: keys that were
 * @churn: enough were added: they are to go and come again
 * @stop: they are to end
 * @wrong: something that was not allowed
 */
struct bank {
	struct engine engine;
	u64 grow;
	u64 grown;
	bool churn;
	bool stop;
	u32 wrong;
};

/**
 * struct writer - one who transfers
 * @bank: where
 * @number: which accounts
 * @balance: as they are
 * @steps: that were made
 */
struct writer {
	struct bank *bank;
	u32 number;
	struct balance balance[ACCOUNTS];
	u32 steps;
};

static u64 account_key(u32 writer, u32 account)
{
	return (u64)writer * 1000 + account;
}

static void account_store(struct writer *w, u32 account)
{
	u64 key = account_key(w->number, account);

	w->balance[account].steps = w->steps;
	if (khmap_table_put(w->bank->engine.table, &key, &w->balance[account],
			    KHMAP_PUT_EITHER, NULL))
		__atomic_store_n(&w->bank->wrong, 1, __ATOMIC_RELAXED);
}

static void *transfer(void *arg)
{
	struct writer *w = arg;
	struct rng rng = { w->number + 1 };
	u32 from, to;

	while (!__atomic_load_n(&w->bank->stop, __ATOMIC_RELAXED)) {
		from = (u32)rng_below(&rng, ACCOUNTS);
		to = (u32)rng_below(&rng, ACCOUNTS);
		w->steps++;
		w->balance[from].units--;
		account_store(w, from);
		w->steps++;
		w->balance[to].units++;
		account_store(w, to);
	}
	return NULL;
}

static void grow_put(struct bank *bank, u64 number)
{
	u64 key = GROW_FIRST + number, value = 0;

	if (khmap_table_put(bank->engine.table, &key, &value, KHMAP_PUT_EITHER, NULL))
		__atomic_store_n(&bank->wrong, 1, __ATOMIC_RELAXED);
}

static void *grow(void *arg)
{
	struct bank *bank = arg;
	u64 grown = 0, i, key;

	while (!__atomic_load_n(&bank->churn, __ATOMIC_RELAXED)) {
		if (grown < __atomic_load_n(&bank->grow, __ATOMIC_RELAXED)) {
			grow_put(bank, grown++);
			__atomic_store_n(&bank->grown, grown, __ATOMIC_RELAXED);
		} else {
			sched_yield();
		}
	}
	while (!__atomic_load_n(&bank->stop, __ATOMIC_RELAXED)) {
		for (i = 0; i < grown; i++) {
			key = GROW_FIRST + i;
			khmap_table_delete(bank->engine.table, &key, NULL, NULL);
		}
		for (i = 0; i < grown; i++) {
			grow_put(bank, i);
			if (!(i % 1024))
				sched_yield();
		}
	}
	return NULL;
}

/* Does a snapshot hold what each writer had after some step? */
static bool exact(struct khmap_snapshot *s)
{
	u32 i, k;

	for (i = 0; i < WRITERS; i++) {
		u64 sum = 0, steps = 0;

		for (k = 0; k < ACCOUNTS; k++) {
			u64 key = account_key(i, k);
			struct balance balance;

			if (khmap_snapshot_get(s, &key, &balance))
				return false;
			sum += (u64)(s64)balance.units;
			if (balance.steps > steps)
				steps = balance.steps;
		}
		if (sum != ACCOUNTS * BALANCE - steps % 2) {
			diag("writer %u: %llu units after %llu steps", i,
			     (unsigned long long)sum, (unsigned long long)steps);
			return false;
		}
	}
	return true;
}

/* Are the keys of a snapshot that were added the first ones, without a gap? */
static bool in_order(struct khmap_snapshot *s)
{
	u64 first = s->header->entries - WRITERS * ACCOUNTS, i, value;

	for (i = 0; i < first; i++) {
		u64 key = GROW_FIRST + i;

		if (khmap_snapshot_get(s, &key, &value)) {
			diag("key %llu of %llu is missing", (unsigned long long)i,
			     (unsigned long long)first);
			return false;
		}
	}
	for (; i < first + GROW_KEYS; i++) {
		u64 key = GROW_FIRST + i;

		if (!khmap_snapshot_get(s, &key, &value)) {
			diag("key %llu is there, after %llu", (unsigned long long)i,
			     (unsigned long long)first);
			return false;
		}
	}
	return true;
}

/**
 * struct shapes - what the snapshots met
 * @last: the shape of the newest
 * @other: whose shape is not that of the one before
 * @within: which were taken while a page of buckets was split in part
 * @moving: during the taking of which a bucket was split
 */
struct shapes {
	u32 last;
	u32 other;
	u32 within;
	u32 moving;
};

static u32 shape_now(const struct bank *bank)
{
	return os_load(&bank->engine.table->header->shape);
}

/* Let the map grow on, and wait until it does, if it still can. */
static void grow_on(struct bank *bank, u32 last)
{
	u64 grow = __atomic_add_fetch(&bank->grow, GROW_KEYS, __ATOMIC_RELAXED);

	while (shape_now(bank) == last && __atomic_load_n(&bank->grown, __ATOMIC_RELAXED) < grow &&
	       !__atomic_load_n(&bank->churn, __ATOMIC_RELAXED))
		sched_yield();
}

static int snapshot_take(struct bank *bank, struct shapes *shapes, struct khmap_snapshot **s)
{
	u32 before = shape_now(bank), shape;
	int err = khmap_snapshot_create(bank->engine.table, bank->engine.account, NULL, s);

	if (err)
		return err;
	shape = (*s)->header->shape;
	shapes->moving += shape_now(bank) != before;
	shapes->other += shape != shapes->last;
	shapes->within += shape % KHMAP_PLACE_UNITS != 0;
	shapes->last = shape;
	return 0;
}

/* Snapshots, some at a time, each looked at when it is new and when it is old. */
static struct shapes snapshots_take(struct bank *bank, u32 count)
{
	struct khmap_snapshot *held[5] = { NULL };
	struct shapes shapes = { .last = shape_now(bank) };
	u32 i, bad = 0, unsound = 0, failed = 0;
	bool growing = !bank->churn;
	u64 epoch = 0;

	for (i = 0; i < count; i++) {
		struct khmap_snapshot **s = &held[i % 5];

		if (*s) {
			struct image image = image_of_snapshot(*s);

			bad += !exact(*s);
			/* Not each time: it looks for all keys. */
			bad += growing && i % 4 == 0 && !in_order(*s);
			if (!image_check(&image)) {
				diag("image: %s", image.error);
				unsound++;
			}
			khmap_snapshot_destroy(*s);
			*s = NULL;
		}
		grow_on(bank, shapes.last);
		if (snapshot_take(bank, &shapes, s)) {
			*s = NULL;
			failed++;
			continue;
		}
		bad += (*s)->header->epoch < epoch;
		epoch = (*s)->header->epoch;
		if (i % 2)
			bad += !exact(*s);
	}
	for (i = 0; i < 5; i++) {
		if (held[i])
			bad += !exact(held[i]);
		khmap_snapshot_destroy(held[i]);
	}
	is_u64(failed, 0, "%u snapshots taken", count);
	is_u64(bad, 0, "each is of one instant");
	is_u64(unsound, 0, "each is a sound image with exact counts");
	return shapes;
}

/* The map grew from the first to the last, and not between two of them alone. */
static void shapes_check(const struct shapes *shapes, u32 count)
{
	ok(shapes->other >= count / 2, "%u of %u have another shape than the one before",
	   shapes->other, count);
	ok(shapes->within >= count / 2, "%u of %u were taken between two buckets of one page",
	   shapes->within, count);
	ok(shapes->moving, "during the taking of %u, a bucket was split", shapes->moving);
}

/* Two who take snapshots at the same time. */
static void *take_beside(void *arg)
{
	struct bank *bank = arg;
	struct khmap_snapshot *s;

	while (!__atomic_load_n(&bank->stop, __ATOMIC_RELAXED)) {
		if (khmap_snapshot_create(bank->engine.table, bank->engine.account, NULL, &s)) {
			__atomic_store_n(&bank->wrong, 1, __ATOMIC_RELAXED);
			break;
		}
		if (!exact(s))
			__atomic_store_n(&bank->wrong, 1, __ATOMIC_RELAXED);
		khmap_snapshot_destroy(s);
	}
	return NULL;
}

static void test_bank(u32 stripes, u32 count)
{
	struct khmap_table_params p = params_make(8, sizeof(struct balance), 1);
	struct writer writer[WRITERS] = { { NULL } };
	pthread_t thread[WRITERS + 2];
	struct bank bank = { .stop = false };
	struct shapes shapes;
	u64 used;
	u32 i, k;

	p.stripes = stripes;
	engine_open(&bank.engine, &p);
	is_u64(bank.engine.table->geometry.tags_size, sizeof(u64), "a bucket's tags are one word");
	for (i = 0; i < WRITERS; i++) {
		writer[i].bank = &bank;
		writer[i].number = i;
		for (k = 0; k < ACCOUNTS; k++) {
			writer[i].balance[k].units = BALANCE;
			account_store(&writer[i], k);
		}
	}
	for (i = 0; i < WRITERS; i++)
		pthread_create(&thread[i], NULL, transfer, &writer[i]);
	pthread_create(&thread[WRITERS], NULL, grow, &bank);
	pthread_create(&thread[WRITERS + 1], NULL, take_beside, &bank);
	shapes = snapshots_take(&bank, count);
	shapes_check(&shapes, count);
	__atomic_store_n(&bank.churn, true, __ATOMIC_RELAXED);
	snapshots_take(&bank, CHURNED);
	__atomic_store_n(&bank.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < WRITERS + 2; i++)
		pthread_join(thread[i], NULL);
	is_u64(bank.wrong, 0, "%u stripes: no put failed, nor a snapshot beside", stripes);
	ok(writer[0].steps && writer[1].steps, "writers made %llu and %llu steps",
	   (unsigned long long)writer[0].steps, (unsigned long long)writer[1].steps);
	used = khmap_account_used(bank.engine.account);
	snapshots_take(&bank, 1);
	is_u64(khmap_account_used(bank.engine.account), used, "no memory is left");
	ok(!bank.engine.table->saves.first, "nor a snapshot");
	engine_close(&bank.engine);
}

int main(void)
{
	test_bank(1, SNAPSHOTS);
	test_bank(64, SNAPSHOTS);
	return done();
}
