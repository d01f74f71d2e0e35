// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_compact_threads.c - overflow buckets close up under readers and writers
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "compact_test.h"

#if defined(__SANITIZE_THREAD__)
#define SCALE	1
#elif defined(__SANITIZE_ADDRESS__)
#define SCALE	2
#else
#define SCALE	5
#endif

#define KEYS	8192u
#define ROUNDS	(40u * SCALE)

/**
 * struct scene - a map that is compacted, and what is known of it
 * @engine: the map; keys that are multiples of 4 stay
 * @done: the writer is done
 * @lookups: by all readers
 * @moved: buckets, by all compactions
 * @torn: values that nobody put
 * @missed: keys not found that were there
 * @failed: operations that answered wrongly
 */
struct scene {
	struct engine engine;
	u32 done;
	u64 lookups;
	u64 moved;
	u32 torn;
	u32 missed;
	u32 failed;
};

static void *scene_writer(void *arg)
{
	struct scene *s = arg;
	struct khmap_table *table = s->engine.table;
	struct rng rng = { 7 };
	u32 round, i;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < KEYS; i++) {
			u64 key = rng_below(&rng, KEYS) | 1;
			int err = round & 1 ? khmap_table_delete(table, &key, NULL, NULL) :
					      khmap_table_put(table, &key, &key,
							      KHMAP_PUT_EITHER, NULL);

			if (err && err != -ENOENT)
				__atomic_fetch_add(&s->failed, 1, __ATOMIC_RELAXED);
		}
	}
	__atomic_store_n(&s->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *scene_reader(void *arg)
{
	struct scene *s = arg;
	struct rng rng = { 11 };
	u64 lookups = 0;

	while (!__atomic_load_n(&s->done, __ATOMIC_ACQUIRE)) {
		u64 key = rng_below(&rng, KEYS), got = 0;
		int err = khmap_reader_get(&s->engine.reader, &key, &got);

		if (err == -EAGAIN)
			err = khmap_table_get(s->engine.table, &key, &got);
		if (!err && got != key)
			__atomic_fetch_add(&s->torn, 1, __ATOMIC_RELAXED);
		if (err && !(key & 3))
			__atomic_fetch_add(&s->missed, 1, __ATOMIC_RELAXED);
		lookups++;
	}
	__atomic_fetch_add(&s->lookups, lookups, __ATOMIC_RELAXED);
	return NULL;
}

static void *scene_compact(void *arg)
{
	struct scene *s = arg;
	u64 moved = 0;

	while (!__atomic_load_n(&s->done, __ATOMIC_ACQUIRE))
		moved += compact_all(s->engine.table).moved;
	__atomic_fetch_add(&s->moved, moved, __ATOMIC_RELAXED);
	return NULL;
}

static void test_scene(const char *name, struct khmap_table_params p)
{
	/* Two compact, so that they meet; the map grows meanwhile, so that splits do. */
	static void *(*const run[])(void *) = {
		scene_writer, scene_reader, scene_reader, scene_compact, scene_compact,
	};
	pthread_t threads[5];
	static struct scene s;
	u64 key, entries = 0, got;
	u32 i;

	memset(&s, 0, sizeof(s));
	engine_open(&s.engine, &p);
	for (key = 0; key < KEYS; key += 4)
		khmap_table_put(s.engine.table, &key, &key, KHMAP_PUT_EITHER, NULL);
	for (i = 0; i < 5; i++)
		pthread_create(&threads[i], NULL, run[i], &s);
	for (i = 0; i < 5; i++)
		pthread_join(threads[i], NULL);
	for (key = 0; key < KEYS; key++)
		entries += !khmap_table_get(s.engine.table, &key, &got);
	is_u64(s.torn, 0, "%s: no torn value in %llu look-ups", name,
	       (unsigned long long)s.lookups);
	is_u64(s.missed, 0, "%s: no key missed that was there", name);
	is_u64(s.failed, 0, "%s: the writer is answered rightly", name);
	ok(s.moved > 0, "%s: %llu buckets were moved", name, (unsigned long long)s.moved);
	ok(table_is_sound(s.engine.table, entries), "%s: image", name);
	compact_all(s.engine.table);
	is_u64(pages_of(s.engine.table), needed_of(s.engine.table), "%s: as short as can be", name);
	ok(table_is_sound(s.engine.table, entries), "%s: compacted image", name);
	engine_close(&s.engine);
}

/* --- Under readers who look at nothing but what moves. */

#define CHAINS	16u

/**
 * struct chase - chains that move again and again
 * @engine: the map
 * @key: of the chains that move
 * @round: odd while all of @key are there
 * @done: no more rounds
 * @lookups: by all readers, in odd rounds
 * @missed: of those
 */
struct chase {
	struct engine engine;
	u64 key[CHAINS][LONGEST];
	u32 round;
	u32 done;
	u64 lookups;
	u64 missed;
};

static void *chase_reader(void *arg)
{
	struct chase *c = arg;
	u64 lookups = 0, missed = 0, got = 0;
	struct rng rng = { (u64)(unsigned long)&lookups };

	while (!__atomic_load_n(&c->done, __ATOMIC_ACQUIRE)) {
		u32 round = __atomic_load_n(&c->round, __ATOMIC_ACQUIRE);
		u64 *key = &c->key[rng_below(&rng, CHAINS)][rng_below(&rng, LONGEST)];
		int err = khmap_reader_get(&c->engine.reader, key, &got);

		if (!(round & 1) || err == -EAGAIN ||
		    __atomic_load_n(&c->round, __ATOMIC_ACQUIRE) != round)
			continue;
		lookups++;
		missed += err || got != *key;
	}
	__atomic_fetch_add(&c->lookups, lookups, __ATOMIC_RELAXED);
	__atomic_fetch_add(&c->missed, missed, __ATOMIC_RELAXED);
	return NULL;
}

static void test_chase(void)
{
	static u64 others[CHAINS][LONGEST];
	static struct chase c;
	pthread_t threads[2];
	u32 i, round, moved = 0;

	two_pages(&c.engine, 64);
	for (i = 0; i < CHAINS; i++) {
		collide(c.engine.table, 0, i, others[i]);
		collide(c.engine.table, 0, CHAINS + i, c.key[i]);
	}
	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, chase_reader, &c);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < CHAINS; i++)
			put_keys(c.engine.table, others[i], LONGEST);
		for (i = 0; i < CHAINS; i++)
			put_keys(c.engine.table, c.key[i], LONGEST);
		__atomic_fetch_add(&c.round, 1, __ATOMIC_ACQ_REL);
		for (i = 0; i < CHAINS; i++)
			delete_keys(c.engine.table, others[i], LONGEST);
		moved += compact_all(c.engine.table).moved;
		__atomic_fetch_add(&c.round, 1, __ATOMIC_ACQ_REL);
		for (i = 0; i < CHAINS; i++)
			delete_keys(c.engine.table, c.key[i], LONGEST);
	}
	__atomic_store_n(&c.done, 1, __ATOMIC_RELEASE);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	is_u64(c.missed, 0, "chase: no key missed in %llu look-ups", (unsigned long long)c.lookups);
	ok(moved >= ROUNDS * CHAINS * 30, "chase: %u buckets were moved", moved);
	ok(table_is_sound(c.engine.table, 0), "chase: image");
	engine_close(&c.engine);
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct rng rng = { test_seed() };

	p.load_percent = 95;
	p.stripes = 64;
	p.secret[0] = rng_next(&rng);
	p.secret[1] = rng_next(&rng);
	test_scene("64 stripes", p);
	p.stripes = 1;
	test_scene("one stripe", p);
	p.stripes = 4;
	p.hash_kind = KHMAP_HASH_SIPHASH13;
	test_scene("siphash", p);
	test_chase();
	return done();
}
