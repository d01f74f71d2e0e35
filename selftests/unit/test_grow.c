// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_grow.c - a map grows from nothing, under readers and writers
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

#define IMAGE_PAGES	4096	/* of the primary region */

/* Every record, load and form: one key more at a time, and each look-up right. */
static void test_steps(u32 key_size, u32 value_size, u32 layout, u32 load, u32 keys)
{
	struct khmap_table_params p = params_make(key_size, value_size, 1);
	unsigned char key[TEST_RECORD_MAX], value[TEST_RECORD_MAX], got[TEST_RECORD_MAX];
	u32 i, wrong = 0, unsound = 0, low = 0, steps = 0;
	struct khmap_growth_state growth;
	struct engine e;

	p.layout = layout;
	p.load_percent = load;
	p.stripes = 64;
	engine_open(&e, &p);
	for (i = 0; i < keys; i++) {
		u32 shape = e.table->header->shape, before, after;

		key_make(key, key_size, i);
		value_make(value, value_size, i, 1);
		khmap_table_growth(e.table, &growth);
		before = (u32)growth.splits;
		wrong += khmap_table_put(e.table, key, value, KHMAP_PUT_ONLY_NEW, NULL) != 0;
		khmap_table_growth(e.table, &growth);
		after = (u32)growth.splits;
		steps = after - before > steps ? after - before : steps;
		/* Never below the target load by more than a bucket, never above it. */
		low += e.table->header->shape && e.table->header->shape < growth.wanted;
		if (e.table->header->shape != shape || i % 64 == 0)
			unsound += i < 3000 && !table_is_sound(e.table, i + 1);
	}
	for (i = 0; i < keys; i++) {
		key_make(key, key_size, i);
		value_make(value, value_size, i, 1);
		wrong += khmap_reader_get(&e.reader, key, got) || memcmp(got, value, value_size);
	}
	is_u64(wrong, 0, "%u/%u layout %u load %u: %u keys are put and read", key_size, value_size,
	       layout, load, keys);
	is_u64(unsound, 0, "%u/%u layout %u load %u: the image is sound after each split",
	       key_size, value_size, layout, load);
	is_u64(low, 0, "%u/%u layout %u load %u: the shape follows the load", key_size, value_size,
	       layout, load);
	ok(steps >= 1 && steps <= 2, "%u/%u layout %u load %u: a put splits %u buckets at most",
	   key_size, value_size, layout, load, steps);
	ok(table_is_sound(e.table, keys), "%u/%u layout %u load %u: image", key_size, value_size,
	   layout, load);
	engine_close(&e);
}

/* Hints change nothing, whatever they are about: in a map of a few keys, and of many. */
static void test_hints(u32 keys, const char *what)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	unsigned char *before;
	struct engine e;
	size_t bytes;
	u64 key;

	engine_open(&e, &p);
	ok(!khmap_table_large(e.table), "hints, %s: small when new", what);
	for (key = 0; key < keys; key++)
		if (khmap_table_put(e.table, &key, &key, KHMAP_PUT_ONLY_NEW, NULL))
			abort();
	is_u64(khmap_table_large(e.table), keys > 100000, "hints, %s: large if it is", what);
	bytes = (size_t)e.table->header->primary_pages << KHMAP_OS_PAGE_SHIFT;
	before = malloc(bytes + 1);
	if (!before)
		abort();
	memcpy(before, e.reader.primary, bytes);
	for (key = 0; key < 2 * keys; key++) {
		khmap_table_prefetch(e.table, &key);
		khmap_table_peek(e.table, &key);
	}
	ok(!memcmp(before, e.reader.primary, bytes), "hints, %s: no byte is changed", what);
	ok(table_is_sound(e.table, keys), "hints, %s: image", what);
	free(before);
	engine_close(&e);
}

/* Memory follows what is stored. */
static void test_memory(void)
{
	struct khmap_table_params p = params_make(8, 8, 16);
	u64 i, used, worst = 0;
	struct engine e;

	p.stripes = 64;
	engine_open(&e, &p);
	for (i = 0; i < 400000; i++) {
		khmap_table_put(e.table, &i, &i, KHMAP_PUT_EITHER, NULL);
		if (i < 100000 || i % 1000)
			continue;
		used = (1ull + khmap_shape_pages(e.table->header->shape) +
			e.table->overflow_next) * 4096 * 100 / i;
		worst = used > worst ? used : worst;
	}
	ok(worst <= 3200, "memory: at most %llu.%02llu bytes of image an entry",
	   (unsigned long long)worst / 100, (unsigned long long)worst % 100);
	used = khmap_account_used(e.account) * 100 / i;
	ok(used <= 3600, "memory: %llu.%02llu bytes an entry with all that is ready",
	   (unsigned long long)used / 100, (unsigned long long)used % 100);
	ok(table_is_sound(e.table, 400000), "memory: image");
	engine_close(&e);
}

/* Keys whose hashes agree in their low @bits: they stay together as the map grows. */
static void adversary(const struct khmap_table *table, u64 *keys, u32 count, u32 bits)
{
	u32 mask = (1u << bits) - 1, found = 0;
	u64 key;

	for (key = 1; found < count; key++)
		if (!((u32)khmap_hash(table->hash_kind, table->secret, &key, 8) & mask))
			keys[found++] = key;
}

/* Who knows the secret fills one chain; it ends, and all else goes on. */
static void test_adversary(void)
{
	enum { LONGEST = 7 + 31 * 3, KEYS = 200 };
	struct khmap_table_params p = params_make(8, 8, 1);
	u64 keys[KEYS], i, refused = 0, others = 0, wrong = 0, got, splits;
	struct khmap_growth_state growth;
	struct image image;
	struct engine e;

	engine_open(&e, &p);
	adversary(e.table, keys, KEYS, 18);
	for (i = 0; i < KEYS; i++) {
		int err = khmap_table_put(e.table, &keys[i], &i, KHMAP_PUT_ONLY_NEW, NULL);

		refused += err == -EXFULL;
		wrong += err && err != -EXFULL;
	}
	is_u64(wrong, 0, "adversary: the only error is EXFULL");
	ok(refused > 0 && refused <= KEYS - LONGEST, "adversary: %llu keys of %u are refused",
	   (unsigned long long)refused, KEYS);
	image = image_of_table(e.table);
	ok(image_check(&image) && image.chains[KHMAP_CHAIN_MAX], "adversary: image %s",
	   image.error);
	khmap_table_growth(e.table, &growth);
	splits = growth.splits;
	for (i = 0; i < 1000; i++)
		khmap_table_put(e.table, &keys[KEYS - 1], &i, KHMAP_PUT_ONLY_NEW, NULL);
	khmap_table_growth(e.table, &growth);
	/* Below half the target load nothing is split for one chain's sake. */
	ok(growth.splits - splits < 1000, "adversary: refusals split %llu buckets",
	   (unsigned long long)(growth.splits - splits));
	for (i = 1000000; i < 1010000; i++) {
		int err = khmap_table_put(e.table, &i, &i, KHMAP_PUT_ONLY_NEW, NULL);

		/* Of the same bucket, until the map has grown. */
		others += err == -EXFULL;
		if (err ? err != -EXFULL : khmap_reader_get(&e.reader, &i, &got) || got != i)
			wrong++;
	}
	ok(others < 100, "adversary: %llu of 10000 other keys met the same chain",
	   (unsigned long long)others);
	is_u64(wrong, 0, "adversary: other keys are stored and read");
	engine_close(&e);
}

/* Keys that collide under one secret do not under another: SipHash keeps it. */
static void test_siphash(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	u64 keys[100], i, wrong = 0;
	struct image image;
	struct engine e;
	u32 longest;

	p.hash_kind = KHMAP_HASH_SIPHASH13;
	engine_open(&e, &p);
	adversary(e.table, keys, 100, 16);
	engine_close(&e);
	p.secret[0] ^= 1;
	engine_open(&e, &p);
	for (i = 0; i < 100; i++)
		wrong += khmap_table_put(e.table, &keys[i], &i, KHMAP_PUT_ONLY_NEW, NULL) != 0;
	image = image_of_table(e.table);
	ok(image_check(&image), "siphash: image %s", image.error);
	for (longest = KHMAP_CHAIN_MAX; !image.chains[longest]; longest--)
		;
	is_u64(wrong, 0, "siphash: colliding keys of another secret are stored");
	ok(longest <= 3, "siphash: the longest chain has %u buckets", longest);
	engine_close(&e);
}

/* --- Growth under readers who never pause. */

#define KEYS	(60000u * SCALE)
#define STILL	2000u
#define SPREAD	12000u	/* more pages than stripes */
#define ROUNDS	(20u * SCALE)
#define WRITERS	2
#define READERS	2

/**
 * struct scene - a map that grows, and what is known of it
 * @engine: the map
 * @put: keys 0..@put[w] - 1 of writer w are there, but for those that it deletes
 * @done: writers that are done
 * @lookups: by all readers
 * @torn: values that no writer wrote
 * @missed: keys not found that were there
 * @phantoms: keys found that were never put
 * @failed: operations that answered wrongly
 */
struct scene {
	struct engine engine;
	u32 put[WRITERS];
	u32 done;
	u64 lookups;
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

	for (i = 0; i < KEYS / WRITERS; i++) {
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
	if (!err && number >= KEYS)
		__atomic_fetch_add(&s->phantoms, 1, __ATOMIC_RELAXED);
}

static void *scene_reader(void *arg)
{
	struct worker *worker = arg;
	struct scene *s = worker->scene;
	struct rng rng = { 1000 + worker->index };
	u64 lookups = 0;

	while (__atomic_load_n(&s->done, __ATOMIC_ACQUIRE) < WRITERS) {
		u32 writer = (u32)rng_below(&rng, WRITERS);
		u32 put = __atomic_load_n(&s->put[writer], __ATOMIC_ACQUIRE);

		if (put)
			scene_look(s, writer, (u32)rng_below(&rng, put), true);
		scene_look(s, writer, KEYS + (u32)rng_below(&rng, KEYS), false);
		lookups += 2;
	}
	__atomic_fetch_add(&s->lookups, lookups, __ATOMIC_RELAXED);
	return NULL;
}

static void test_scene(const char *name, struct khmap_table_params p)
{
	static struct scene s;
	pthread_t threads[WRITERS + READERS];
	struct worker workers[WRITERS + READERS];
	struct khmap_growth_state growth;
	u32 i, w, gone = 0;

	memset(&s, 0, sizeof(s));
	engine_open(&s.engine, &p);
	for (i = 0; i < WRITERS + READERS; i++) {
		workers[i] = (struct worker){ &s, i < WRITERS ? i : i - WRITERS };
		pthread_create(&threads[i], NULL, i < WRITERS ? scene_writer : scene_reader,
			       &workers[i]);
	}
	for (i = 0; i < WRITERS + READERS; i++)
		pthread_join(threads[i], NULL);
	for (w = 0; w < WRITERS; w++)
		for (i = 0; i < KEYS / WRITERS; i++) {
			gone += i % 10 == 4;
			scene_look(&s, w, i, true);
		}
	while (khmap_table_work(s.engine.table))
		;
	khmap_table_growth(s.engine.table, &growth);
	scene_check(&s, name);
	ok(s.engine.table->header->shape >= growth.wanted, "%s: the shape has followed", name);
	ok(table_is_sound(s.engine.table, KEYS - gone), "%s: image", name);
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

static u32 steps_left;

static bool stop_soon(void *owner)
{
	(void)owner;
	if (!steps_left)
		return true;
	steps_left--;
	return false;
}

/* Also one that the inline bucket would hold. */
static void test_reserve_ceiling(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct engine e;

	p.max_entries = 3;
	engine_open(&e, &p);
	ok(e.table->geometry.inline_slots > 3, "reserve, ceiling: below the inline slots");
	is_i64(khmap_table_reserve(e.table, 3, NULL), 0, "reserve, ceiling: up to it");
	is_i64(khmap_table_reserve(e.table, 4, NULL), -ENOSPC, "reserve, ceiling: beyond it");
	is_u64(e.table->header->shape, 0, "reserve, ceiling: nothing was done");
	engine_close(&e);
}

/* Whoever asks for much can be stopped in the middle of allocating it, and of splitting. */
static void test_reserve_stopped(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	u32 allocating = 0, splitting = 0, wrong = 0, rounds = 0;
	struct engine e;
	u64 key;
	int err;

	engine_open(&e, &p);
	for (key = 0; key < 15; key++)
		khmap_table_put(e.table, &key, &key, KHMAP_PUT_ONLY_NEW, NULL);
	do {
		steps_left = 5;
		err = khmap_table_reserve(e.table, 20000, stop_soon);
		allocating += !e.table->header->shape && e.table->growth.ready;
		splitting += e.table->header->shape > khmap_shape(1, 0);
		wrong += !table_is_sound(e.table, 15);
	} while (err == -EINTR && ++rounds < 2000);
	is_i64(err, 0, "reserve, stopped: in the end it is done");
	ok(allocating, "reserve, stopped: %u times while allocating", allocating);
	ok(splitting > 500, "reserve, stopped: %u times while splitting", splitting);
	is_u64(wrong, 0, "reserve, stopped: images");
	engine_close(&e);
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

	test_steps(8, 8, KHMAP_LAYOUT_ALIGNED, 75, 5000 * SCALE);
	test_steps(8, 8, KHMAP_LAYOUT_ALIGNED, 95, 5000 * SCALE);
	test_steps(8, 8, KHMAP_LAYOUT_PACKED, 60, 3000 * SCALE);
	test_steps(4, 4, KHMAP_LAYOUT_ALIGNED, 75, 3000 * SCALE);
	test_steps(3, 61, KHMAP_LAYOUT_ALIGNED, 75, 3000);
	test_steps(17, 333, KHMAP_LAYOUT_PACKED, 85, 1500);
	test_steps(8, 1300, KHMAP_LAYOUT_ALIGNED, 75, 500);
	test_steps(8, 4072, KHMAP_LAYOUT_ALIGNED, 75, 200);
	test_hints(15, "inline");
	test_hints(16, "promoted");
	test_hints(150000, "many pages");
	test_memory();
	test_reserve_ceiling();
	test_reserve_stopped();
	test_adversary();
	test_siphash();
	p.secret[0] = rng_next(&rng);
	p.secret[1] = rng_next(&rng);
	p.stripes = 64;
	test_scene("growth", p);
	p.stripes = 1;
	p.load_percent = 95;
	test_scene("growth, one stripe", p);
	p.stripes = 4;
	p.load_percent = 30;
	p.hash_kind = KHMAP_HASH_SIPHASH13;
	test_scene("growth, siphash", p);
	test_reserve_meanwhile();
	test_held_up();
	test_stat_meanwhile();
	return done();
}
