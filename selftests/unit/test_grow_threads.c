// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_grow_threads.c - a map grows under readers who never pause, and writers
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "check_image.h"
#include "engine.h"
#include "tap.h"

#if defined(__SANITIZE_THREAD__)
#define SCALE	1
#elif defined(__SANITIZE_ADDRESS__)
#define SCALE	2
#else
#define SCALE	5
#endif

/* Without a sanitizer, and with an address space for it, one scene is large. */
#if SCALE == 5 && __SIZEOF_POINTER__ == 8
#define LARGE_KEYS	2300000u	/* of which a tenth is deleted */
#define LARGE_LOOKUPS	5000000u	/* of each reader, at least */
#else
#define LARGE_KEYS	KEYS
#define LARGE_LOOKUPS	(50000u * SCALE)
#endif

#define KEYS	(60000u * SCALE)
#define LOOKUPS	(5000u * SCALE)	/* likewise, in the other scenes */
#define IMAGE_BYTES	(512ull << 20)	/* address space of an image */
#define IMAGE_PAGES	65536	/* of its primary region */
#define STILL	2000u
#define SPREAD	12000u	/* more pages than stripes */
#define ROUNDS	(20u * SCALE)
#define WRITERS	2
#define READERS	2

/**
 * struct scene - a map that grows, and what is known of it
 * @engine: the map
 * @keys: that are put, of all writers
 * @wanted: look-ups of each reader, at least
 * @readers: how many there are
 * @put: keys 0..@put[w] - 1 of writer w are there, but for those that it deletes
 * @done: writers that are done
 * @lookups: by all readers
 * @meanwhile: those of them before the writers were done
 * @torn: values that no writer wrote
 * @missed: keys not found that were there
 * @phantoms: keys found that were never put
 * @failed: operations that answered wrongly
 */
struct scene {
	struct engine engine;
	u32 keys;
	u32 wanted;
	u32 readers;
	u32 put[WRITERS];
	u32 done;
	u64 lookups;
	u64 meanwhile;
	u32 torn;
	u32 missed;
	u32 phantoms;
	u32 failed;
	int error;
};

/**
 * struct worker - one thread of a scene
 * @scene: its scene
 * @index: among its kind
 */
struct worker {
	struct scene *scene;
	u32 index;
};

/* A call that must not fail did; the first one's errno is kept. */
static void scene_failed(struct scene *s, int err)
{
	int none = 0;

	__atomic_fetch_add(&s->failed, 1, __ATOMIC_RELAXED);
	__atomic_compare_exchange_n(&s->error, &none, err, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

/* What readers and writers of a scene have seen. */
static void scene_check(const struct scene *s, const char *name)
{
	is_u64(s->torn, 0, "%s: no torn value in %llu look-ups", name,
	       (unsigned long long)s->lookups);
	is_u64(s->missed, 0, "%s: no key missed that was there", name);
	is_u64(s->phantoms, 0, "%s: no key found that was never put", name);
	is_u64(s->failed, 0, "%s: writers are answered rightly", name);
	is_i64(s->error, 0, "%s: none of them by an error", name);
	ok(s->lookups >= (u64)s->readers * s->wanted, "%s: at least %u look-ups by each reader",
	   name, s->wanted);
	ok(s->meanwhile > 1000, "%s: readers had their turn while the map grew (%llu)", name,
	   (unsigned long long)s->meanwhile);
}

static u64 scene_value(u64 key)
{
	return key * 0x9e3779b97f4a7c15ull ^ 0x5a5a;
}

static u64 scene_key(u32 writer, u32 number)
{
	return (u64)number * WRITERS + writer;
}

/* Every fifth key comes and goes; the others stay. */
static void *scene_writer(void *arg)
{
	struct worker *worker = arg;
	struct scene *s = worker->scene;
	struct khmap_table *table = s->engine.table;
	u32 i;

	for (i = 0; i < s->keys / WRITERS; i++) {
		u64 key = scene_key(worker->index, i), value = scene_value(key);
		int err = khmap_table_put(table, &key, &value, KHMAP_PUT_ONLY_NEW, NULL);

		if (!err && i % 5 == 4) {
			err = khmap_table_delete(table, &key, NULL, NULL);
			if (!err && i % 10 == 9)
				err = khmap_table_put(table, &key, &value, KHMAP_PUT_ONLY_NEW,
						      NULL);
		}
		if (err)
			scene_failed(s, err);
		__atomic_store_n(&s->put[worker->index], i + 1, __ATOMIC_RELEASE);
	}
	__atomic_fetch_add(&s->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void scene_look(struct scene *s, u32 writer, u32 number, bool there)
{
	u64 key = scene_key(writer, number), value = 0;
	int err = khmap_reader_get(&s->engine.reader, &key, &value);

	if (err == -EAGAIN)
		err = khmap_table_get(s->engine.table, &key, &value);
	if (!err && value != scene_value(key))
		__atomic_fetch_add(&s->torn, 1, __ATOMIC_RELAXED);
	if (err && there && number % 5 != 4)
		__atomic_fetch_add(&s->missed, 1, __ATOMIC_RELAXED);
	if (!err && number >= s->keys)
		__atomic_fetch_add(&s->phantoms, 1, __ATOMIC_RELAXED);
}

static void *scene_reader(void *arg)
{
	struct worker *worker = arg;
	struct scene *s = worker->scene;
	struct rng rng = { 1000 + worker->index };
	u64 lookups = 0, meanwhile = 0;
	bool growing = true;

	while (growing || lookups < s->wanted) {
		u32 writer = (u32)rng_below(&rng, WRITERS);
		u32 put = __atomic_load_n(&s->put[writer], __ATOMIC_ACQUIRE);

		if (put)
			scene_look(s, writer, (u32)rng_below(&rng, put), true);
		scene_look(s, writer, s->keys + (u32)rng_below(&rng, s->keys), false);
		lookups += put ? 2 : 1;
		growing = __atomic_load_n(&s->done, __ATOMIC_ACQUIRE) < WRITERS;
		if (growing)
			meanwhile = lookups;
	}
	__atomic_fetch_add(&s->lookups, lookups, __ATOMIC_RELAXED);
	__atomic_fetch_add(&s->meanwhile, meanwhile, __ATOMIC_RELAXED);
	return NULL;
}

/* engine_open() for a map that may become larger than those of other tests. */
static void open_wide(struct engine *engine, struct khmap_table_params *p)
{
	p->max_pages = IMAGE_PAGES;
	engine->account = khmap_account_create(IMAGE_BYTES, 0, false);
	if (!engine->account || khmap_table_create(p, engine->account, &engine->table))
		abort();
	memcpy(&engine->header, engine->table->header, sizeof(engine->header));
	khmap_reader_init(&engine->reader, &engine->header, khmap_account_image(engine->account));
}

static void test_scene(const char *name, struct khmap_table_params p, u32 keys, u32 lookups)
{
	static struct scene s;
	pthread_t threads[WRITERS + READERS];
	struct worker workers[WRITERS + READERS];
	struct khmap_growth_state growth;
	u32 i, w, gone = 0;

	memset(&s, 0, sizeof(s));
	s.keys = keys;
	s.wanted = lookups;
	s.readers = READERS;
	open_wide(&s.engine, &p);
	for (i = 0; i < WRITERS + READERS; i++) {
		workers[i] = (struct worker){ &s, i < WRITERS ? i : i - WRITERS };
		pthread_create(&threads[i], NULL, i < WRITERS ? scene_writer : scene_reader,
			       &workers[i]);
	}
	for (i = 0; i < WRITERS + READERS; i++)
		pthread_join(threads[i], NULL);
	for (w = 0; w < WRITERS; w++)
		for (i = 0; i < keys / WRITERS; i++) {
			gone += i % 10 == 4;
			scene_look(&s, w, i, true);
		}
	while (khmap_table_work(s.engine.table))
		;
	khmap_table_growth(s.engine.table, &growth);
	scene_check(&s, name);
	ok(s.engine.table->header->shape >= growth.wanted, "%s: the shape has followed", name);
	ok(table_is_sound(s.engine.table, keys - gone), "%s: image", name);
	engine_close(&s.engine);
}

/* Reserving and working, while others put. */
static void *reserve_run(void *arg)
{
	struct scene *s = arg;
	u32 entries;

	for (entries = 100; __atomic_load_n(&s->done, __ATOMIC_ACQUIRE) < WRITERS;
	     entries += entries / 8) {
		int err = entries < KEYS ?
			  khmap_table_reserve(s->engine.table, entries, NULL) : 0;

		if (err)
			scene_failed(s, err);
		khmap_table_work(s->engine.table);
		if (entries >= KEYS)
			entries = KEYS;
	}
	return NULL;
}

static void test_reserve_meanwhile(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	pthread_t threads[WRITERS + 2];
	struct worker workers[WRITERS + 1];
	static struct scene s;
	u32 i, gone = WRITERS * (KEYS / WRITERS / 10);

	p.stripes = 64;
	s.keys = KEYS;
	s.wanted = LOOKUPS;
	s.readers = 1;
	engine_open(&s.engine, &p);
	for (i = 0; i <= WRITERS; i++) {
		workers[i] = (struct worker){ &s, i < WRITERS ? i : 0 };
		pthread_create(&threads[i], NULL, i < WRITERS ? scene_writer : scene_reader,
			       &workers[i]);
	}
	pthread_create(&threads[i], NULL, reserve_run, &s);
	for (i = 0; i < WRITERS + 2; i++)
		pthread_join(threads[i], NULL);
	scene_check(&s, "reserve meanwhile");
	ok(table_is_sound(s.engine.table, KEYS - gone), "reserve meanwhile: image");
	engine_close(&s.engine);
}

/* Growing, which changes no entry. */
static void *reserve_all(void *arg)
{
	struct scene *s = arg;

	if (khmap_table_reserve(s->engine.table, SPREAD, NULL))
		s->failed = 1;
	__atomic_store_n(&s->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Who counts the entries meets each once, though splits take them on. */
static void test_stat_meanwhile(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_counts counts;
	static struct scene s;
	u32 wrong = 0, looks = 0, round;
	struct khmap_growth_state growth;
	u64 splits = 0;
	pthread_t thread;
	u64 key;

	p.stripes = 64;
	s.failed = 0;
	for (round = 0; round < ROUNDS; round++) {
		engine_open(&s.engine, &p);
		for (key = 0; key < STILL; key++)
			khmap_table_put(s.engine.table, &key, &key, KHMAP_PUT_ONLY_NEW, NULL);
		s.done = 0;
		splits = 0;
		pthread_create(&thread, NULL, reserve_all, &s);
		do {
			khmap_table_stat(s.engine.table, &counts);
			wrong += counts.entries != STILL;
			khmap_table_growth(s.engine.table, &growth);
			wrong += growth.splits < splits;
			splits = growth.splits;
			looks++;
		} while (!__atomic_load_n(&s.done, __ATOMIC_ACQUIRE));
		pthread_join(thread, NULL);
		engine_close(&s.engine);
	}
	is_u64(wrong, 0, "stat meanwhile: entries and splits, %u times", looks);
	is_u64(s.failed, 0, "stat meanwhile: the map has grown");
}

/* Many keys into a map whose splits do not come. */
static void *held_up_run(void *arg)
{
	struct scene *s = arg;
	u64 key;

	for (key = 0; key < 20000; key++) {
		int err = khmap_table_put(s->engine.table, &key, &key, KHMAP_PUT_ONLY_NEW, NULL);

		if (err)
			scene_failed(s, err);
		__atomic_store_n(&s->put[0], (u32)key + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/*
 * Who moves the shape may lose its processor meanwhile.  Puts go on, and chains
 * get to their limit; that is no adversary's doing, and no put may fail for it.
 */
static void test_held_up(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct timespec pause = { .tv_nsec = 50000000 };
	u32 before = 0, now = 1;
	unsigned long flags;
	static struct scene s;
	pthread_t thread;
	u64 key;

	engine_open(&s.engine, &p);
	for (key = 1u << 20; key < (1u << 20) + 16; key++)
		if (khmap_table_put(s.engine.table, &key, &key, KHMAP_PUT_ONLY_NEW, NULL))
			abort();
	os_lock(&s.engine.table->growth.split_lock, flags);
	pthread_create(&thread, NULL, held_up_run, &s);
	while (now != before || !now) {
		before = now;
		nanosleep(&pause, NULL);
		now = __atomic_load_n(&s.put[0], __ATOMIC_ACQUIRE);
	}
	ok(now < 20000, "held up: a put waits for the splits, after %u", now);
	key = now;
	is_i64(khmap_table_try_put(s.engine.table, &key, &key, KHMAP_PUT_ONLY_NEW, NULL), -EBUSY,
	       "held up: who may not wait is told to come again");
	os_unlock(&s.engine.table->growth.split_lock, flags);
	pthread_join(thread, NULL);
	is_i64(s.error, 0, "held up: no put fails");
	ok(table_is_sound(s.engine.table, 20016), "held up: image");
	engine_close(&s.engine);
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct rng rng = { test_seed() };

	p.secret[0] = rng_next(&rng);
	p.secret[1] = rng_next(&rng);
	p.stripes = 64;
	test_scene("growth", p, LARGE_KEYS, LARGE_LOOKUPS);
	p.stripes = 1;
	p.load_percent = 95;
	test_scene("growth, one stripe", p, KEYS, LOOKUPS);
	p.stripes = 4;
	p.load_percent = 30;
	p.hash_kind = KHMAP_HASH_SIPHASH13;
	test_scene("growth, siphash", p, KEYS, LOOKUPS);
	test_reserve_meanwhile();
	test_held_up();
	test_stat_meanwhile();
	return done();
}
