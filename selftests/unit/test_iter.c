// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_iter.c - an iteration over a map that grows and is changed meanwhile
 *
 * The library's iterator on the engine's pages.  What else happens is put
 * between any two calls of it by a random schedule, and around each copy that it
 * makes of a chain (--wrap), where a thread of its own could strike too.
 *
 * A key that is there throughout must be returned exactly once, every other key
 * at most once, and none with a value that it never had.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "engine.h"
#include "lost.h"
#include "map.h"
#include "tap.h"
#include "test_iter.h"

/* The library asks the kernel.  These are live maps, of which no page is lost. */
int khmap_lost_fail(const struct khmap_object *object, const char *where)
{
	return -EIO;
}

/* Iterations of a schedule, of one that grows a thousandfold, beside a thread. */
#if defined(__SANITIZE_THREAD__)
#define ROUNDS		2
#define HUGE_ROUNDS	1
#define RACE_ROUNDS	5
#define RACE_KEYS	20000u
#elif defined(__SANITIZE_ADDRESS__)
#define ROUNDS		25
#define HUGE_ROUNDS	3
#define RACE_ROUNDS	10
#define RACE_KEYS	20000u
#else
#define ROUNDS		100
#define HUGE_ROUNDS	12
#define RACE_ROUNDS	40
#define RACE_KEYS	80000u
#endif

#define KEYS	120000u

/**
 * struct plan - a schedule
 * @name: of the test
 * @before: keys when the iteration begins
 * @after: keys to which it grows, in all
 * @burst: most that are put at a time
 * @quiet: nothing happens in so many of 100 places where something could
 * @eaten: so many of 100 keys that are returned are deleted at once
 * @again: so many of 100 deleted keys are put again
 * @clear: all keys are deleted once
 */
struct plan {
	const char *name;
	u32 before;
	u32 after;
	u32 burst;
	u32 quiet;
	u32 eaten;
	u32 again;
	bool clear;
};

/**
 * struct walk - an iteration and what is known of the map
 * @engine: the map
 * @object: the same, as the library sees it
 * @plan: what happens
 * @rng: decides when
 * @there: keys that are in the map
 * @due: keys that were there from the start until they were returned, or still are
 * @returned: how often each key was
 * @put: keys 0..@put - 1 were put at some time
 * @meddling: something may happen while a chain is copied
 * @wrong: values that were not the key's, calls that failed
 */
struct walk {
	struct engine engine;
	struct khmap_object object;
	const struct plan *plan;
	struct rng rng;
	bool there[KEYS];
	bool due[KEYS];
	unsigned char returned[KEYS];
	u32 put;
	bool meddling;
	u32 wrong;
};

static struct walk walk;

static u64 value_of(u64 key)
{
	return key * 0x9e3779b97f4a7c15ull ^ 0x5a5a;
}

static void walk_put(struct walk *w, u64 key)
{
	u64 value = value_of(key);

	w->wrong += khmap_table_put(w->engine.table, &key, &value, KHMAP_PUT_ONLY_NEW, NULL) != 0;
	w->there[key] = true;
}

/* @key is not there any more. */
static void walk_gone(struct walk *w, u64 key)
{
	w->there[key] = false;
	w->due[key] = w->due[key] && w->returned[key];
}

static void walk_delete(struct walk *w, u64 key)
{
	w->wrong += khmap_table_delete(w->engine.table, &key, NULL, NULL) != 0;
	walk_gone(w, key);
}

static bool walk_chance(struct walk *w, u32 percent)
{
	return rng_below(&w->rng, 100) < percent;
}

static void walk_clear(struct walk *w)
{
	u32 key;

	table_clear(w->engine.table);
	for (key = 0; key < w->put; key++)
		walk_gone(w, key);
}

/* Something happens to the map. */
static void walk_meddle(struct walk *w)
{
	const struct plan *plan = w->plan;
	u64 key, count;

	if (walk_chance(w, plan->quiet))
		return;
	for (count = rng_below(&w->rng, plan->burst + 1); count && w->put < plan->after; count--)
		walk_put(w, w->put++);
	key = rng_below(&w->rng, w->put);
	if (!w->there[key] && walk_chance(w, plan->again))
		walk_put(w, key);
	else if (w->there[key] && walk_chance(w, w->due[key] ? 1 : 50))
		walk_delete(w, key);
	if (plan->clear && w->put > plan->after / 2 && walk_chance(w, 1))
		walk_clear(w);
}

/* The iterator copies a chain: before, between its loads of the shape, and after. */
int __wrap_khmap_chain_copy(struct khmap_chain *chain, __u32 shape, __u32 page, __u32 bucket)
{
	int err;

	if (walk.meddling)
		walk_meddle(&walk);
	err = __real_khmap_chain_copy(chain, shape, page, bucket);
	if (walk.meddling)
		walk_meddle(&walk);
	return err;
}

static void walk_open(struct walk *w, const struct plan *plan, u64 seed)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	u32 key;

	memset(w, 0, sizeof(*w));
	w->plan = plan;
	w->rng.state = seed;
	p.stripes = 1u << rng_below(&w->rng, 7);
	p.load_percent = 50 + (u32)rng_below(&w->rng, 46);
	p.secret[0] = rng_next(&w->rng);
	p.secret[1] = rng_next(&w->rng);
	engine_open(&w->engine, &p);
	w->object.map.reader = w->engine.reader;
	w->object.header = w->engine.header;
	w->object.name = (char *)plan->name;
	for (key = 0; key < plan->before; key++) {
		walk_put(w, key);
		w->due[key] = true;
	}
	w->put = plan->before;
}

/* What the iterator returned. */
static void walk_take(struct walk *w, u64 key, u64 value)
{
	if (key >= w->put || value != value_of(key)) {
		w->wrong++;
		return;
	}
	w->returned[key] += w->returned[key] < 255;
	if (w->there[key] && walk_chance(w, w->plan->eaten))
		walk_delete(w, key);
}

/**
 * struct tally - results of many iterations
 * @lost: of @due, those that were not returned
 * @twice: keys that were returned more than once
 * @wrong: see struct walk
 * @due: keys that had to be returned
 * @grown: iterations in which the map reached its size before the last call
 * @unsound: images
 */
struct tally {
	u64 lost;
	u64 twice;
	u64 wrong;
	u64 due;
	u64 grown;
	u64 unsound;
};

static void walk_count(struct walk *w, struct tally *tally)
{
	u32 key;

	for (key = 0; key < w->put; key++) {
		tally->twice += w->returned[key] > 1;
		tally->lost += w->due[key] && !w->returned[key];
		tally->due += w->due[key];
	}
	tally->grown += w->put == w->plan->after;
	tally->wrong += w->wrong;
}

static void walk_run(const struct plan *plan, u64 seed, struct tally *tally)
{
	struct walk *w = &walk;
	struct khmap_iter *iter;
	u64 key, value;
	int got;

	walk_open(w, plan, seed);
	if (khmap_iter_create(&w->object.map, &iter))
		exit(1);
	w->meddling = true;
	while ((got = khmap_iter_next(iter, &key, &value)) == 1) {
		walk_take(w, key, value);
		walk_meddle(w);
	}
	w->meddling = false;
	w->wrong += got != 0;
	/* The end stays the end, also of a map that has grown since. */
	for (; w->put < plan->after && w->put < plan->before + 100; w->put++)
		walk_put(w, w->put);
	w->wrong += khmap_iter_next(iter, &key, &value) != 0;
	khmap_iter_free(iter);
	walk_count(w, tally);
	engine_close(&w->engine);
}

static void test_plan(const struct plan *plan, u32 rounds)
{
	struct tally tally = { .lost = 0 };
	u32 seed;

	for (seed = 0; seed < rounds; seed++)
		walk_run(plan, 1000 + seed, &tally);
	is_u64(tally.lost, 0, "%s: of %llu keys that stayed until then none is lost in %u iterations",
	       plan->name, (unsigned long long)tally.due, rounds);
	is_u64(tally.twice, 0, "%s: no key is returned twice", plan->name);
	is_u64(tally.wrong, 0, "%s: every value is its key's, every call succeeds", plan->name);
	if (!plan->clear && plan->after > plan->before)
		ok(tally.grown >= rounds / 2, "%s: the map grew from %u to %u keys in %llu of them",
		   plan->name, plan->before, plan->after, (unsigned long long)tally.grown);
}

/* --- A thread that writes, in a map that grows a thousandfold. */

#define STEADY	100u

/**
 * struct race - an iteration beside a thread that writes
 * @engine: the map
 * @object: the same, as the library sees it
 * @returned: how often each key was
 * @put: keys 0..@put - 1 were put
 * @wrong: calls that failed, values that were not the key's
 */
struct race {
	struct engine engine;
	struct khmap_object object;
	unsigned char returned[RACE_KEYS];
	u32 put;
	u32 wrong;
};

static struct race race;

static void race_wrong(struct race *r, bool wrong)
{
	if (wrong)
		__atomic_fetch_add(&r->wrong, 1, __ATOMIC_RELAXED);
}

/* Every third key that comes goes again, and half of those come back. */
static void *race_write(void *arg)
{
	struct race *r = arg;
	struct khmap_table *table = r->engine.table;
	u64 key;

	for (key = STEADY; key < RACE_KEYS; key++) {
		u64 value = value_of(key);
		int err = khmap_table_put(table, &key, &value, KHMAP_PUT_ONLY_NEW, NULL);

		if (!err && key % 3 == 0)
			err = khmap_table_delete(table, &key, NULL, NULL);
		if (!err && key % 6 == 0)
			err = khmap_table_put(table, &key, &value, KHMAP_PUT_ONLY_NEW, NULL);
		race_wrong(r, err);
		__atomic_store_n(&r->put, (u32)key + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static u32 race_put(const struct race *r)
{
	return __atomic_load_n(&r->put, __ATOMIC_ACQUIRE);
}

/* Iterate at a pace that lets the map grow; delete every other key that was steady. */
static void race_iterate(struct race *r, struct rng *rng)
{
	struct khmap_iter *iter;
	u64 key, value;
	int got;

	race_wrong(r, khmap_iter_create(&r->object.map, &iter));
	while ((got = khmap_iter_next(iter, &key, &value)) == 1) {
		u32 until = race_put(r) + (u32)rng_below(rng, RACE_KEYS / STEADY);

		race_wrong(r, key >= RACE_KEYS || value != value_of(key));
		if (key >= RACE_KEYS)
			break;
		r->returned[key] += r->returned[key] < 255;
		if (key < STEADY && key % 2)
			race_wrong(r, khmap_table_delete(r->engine.table, &key, NULL, NULL));
		while (race_put(r) < until && race_put(r) < RACE_KEYS)
			sched_yield();
	}
	race_wrong(r, got);
	khmap_iter_free(iter);
}

static void test_race(u32 rounds)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	u32 round, i, lost = 0, twice = 0, grown = 0, wrong = 0;
	struct race *r = &race;
	pthread_t writer;

	p.stripes = 64;
	for (round = 0; round < rounds; round++) {
		struct rng rng = { round };
		u64 key;

		memset(r, 0, sizeof(*r));
		p.secret[0] = rng_next(&rng);
		engine_open(&r->engine, &p);
		r->object.map.reader = r->engine.reader;
		r->object.header = r->engine.header;
		r->object.name = (char *)"race";
		for (key = 0; key < STEADY; key++) {
			u64 value = value_of(key);

			race_wrong(r, khmap_table_put(r->engine.table, &key, &value,
						      KHMAP_PUT_ONLY_NEW, NULL));
		}
		r->put = STEADY;
		pthread_create(&writer, NULL, race_write, r);
		race_iterate(r, &rng);
		grown += race_put(r) > RACE_KEYS / 2;
		pthread_join(writer, NULL);
		for (i = 0; i < RACE_KEYS; i++) {
			lost += i < STEADY && !r->returned[i];
			twice += r->returned[i] > 1;
		}
		wrong += r->wrong;
		engine_close(&r->engine);
	}
	is_u64(lost, 0, "a thread writes: no key is lost in %u iterations", rounds);
	is_u64(twice, 0, "a thread writes: no key is returned twice");
	is_u64(wrong, 0, "a thread writes: every value is its key's, every call succeeds");
	ok(grown > rounds / 2, "a thread writes: the map grew from %u keys to %u and more in %u",
	   STEADY, RACE_KEYS / 2, grown);
}

int main(void)
{
	static const struct plan plans[] = {
		{ "at rest", 20000, 20000, 0, 100, 0, 0, false },
		{ "inline", 12, 14, 1, 50, 30, 50, false },
		{ "promoted", 15, 400, 40, 50, 20, 50, false },
		{ "slowly", 1000, 2000, 2, 20, 20, 50, false },
		{ "at the cursor's pace", 3000, 6000, 8, 50, 10, 50, false },
		{ "tenfold", 3000, 30000, 60, 50, 30, 50, false },
		{ "in bursts", 500, 20000, 6000, 98, 30, 50, false },
		{ "cleared", 2000, 20000, 100, 30, 30, 90, true },
	};
	/* Of 16 keys, or 100, to 120,000. */
	static const struct plan huge[] = {
		{ "16 to 120000", 16, KEYS, 12000, 50, 50, 50, false },
		{ "100 to 120000", 100, KEYS, 6000, 60, 100, 50, false },
	};
	u32 i;

	for (i = 0; i < sizeof(plans) / sizeof(*plans); i++)
		test_plan(&plans[i], ROUNDS);
	for (i = 0; i < sizeof(huge) / sizeof(*huge); i++)
		test_plan(&huge[i], HUGE_ROUNDS);
	test_race(RACE_ROUNDS);
	return done();
}
