// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_threads.c - readers of a live image are right while writers write
 *
 * Each key belongs to one writer, who keeps a word beside it: version, present
 * and busy.  A reader who finds the same word before and after a look-up, not
 * busy, knows what the look-up must have said.  Else it must have said one of
 * the values that the writer has written, whole, and none older than was seen
 * before.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "check_image.h"
#include "engine.h"
#include "tap.h"

#if defined(__SANITIZE_THREAD__)
#define SCALE	2
#elif defined(__SANITIZE_ADDRESS__)
#define SCALE	5
#else
#define SCALE	10
#endif

#define WRITERS		2
#define READERS		2
#define KEYS_MAX	512u
#define VALUE_MAX	256u
#define STEPS		(20000u * SCALE)	/* of each writer, at least */
#define COPIES		(12u * SCALE)		/* and as many as these last */
#define ROUNDS		(250u * SCALE)		/* of promotion */

#define BUSY		1u
#define PRESENT		2u
#define VERSION_SHIFT	2

/**
 * struct scene - a map, who works on it, and what they know
 * @engine: the map
 * @seed: of all generators
 * @keys: keys are those of 0..@keys - 1
 * @churn: of 256 operations so many are deletions
 * @clear: keys may vanish at any time, for another thread clears the map
 * @words: of each key: version << VERSION_SHIFT | PRESENT | BUSY
 * @hold: held for reading by a writer during an operation
 * @rounds: copies and clears that are done
 * @writing: writers that are not done
 * @lookups: by all readers
 * @certain: of those, look-ups whose answer was known beforehand
 * @retries: look-ups that had to ask under the lock
 * @torn: values that no writer wrote, or older than one seen before
 * @missed: keys not found that were there
 * @phantoms: keys found that were not there
 * @failed: operations of writers that answered wrongly
 */
struct scene {
	struct engine engine;
	u64 seed;
	u32 keys;
	u32 churn;
	bool clear;
	u32 words[KEYS_MAX];
	pthread_rwlock_t hold;
	u32 rounds;
	u32 writing;
	u64 lookups;
	u64 certain;
	u64 retries;
	u32 torn;
	u32 missed;
	u32 phantoms;
	u32 failed;
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

#define count_up(p)	__atomic_fetch_add(p, 1, __ATOMIC_RELAXED)

static u32 word_load(struct scene *s, u32 number)
{
	return __atomic_load_n(&s->words[number], __ATOMIC_SEQ_CST);
}

static void word_store(struct scene *s, u32 number, u32 word)
{
	__atomic_store_n(&s->words[number], word, __ATOMIC_SEQ_CST);
}

static void make_value(const struct scene *s, void *value, u32 number, u32 version)
{
	const struct khmap_geometry *g = &s->engine.header.geometry;

	value_make(value, g->value_size, number, version);
	/* The version in clear, so that a reader can make the rest. */
	memcpy(value, &version, g->value_size < 4 ? g->value_size : 4);
}

/* The version of a value; 0 if it is torn. */
static u32 version_of(const struct scene *s, const void *value, u32 number)
{
	unsigned char want[VALUE_MAX];
	u32 version;

	memcpy(&version, value, sizeof(version));
	make_value(s, want, number, version);
	return memcmp(want, value, s->engine.header.geometry.value_size) ? 0 : version;
}

static void write_one(struct scene *s, u32 number, struct rng *rng)
{
	const struct khmap_geometry *g = &s->engine.header.geometry;
	u32 before = word_load(s, number), version = (before >> VERSION_SHIFT) + 1;
	unsigned char key[64], value[VALUE_MAX], old[VALUE_MAX];
	bool there = before & PRESENT;
	int err;

	key_make(key, g->key_size, number);
	word_store(s, number, version << VERSION_SHIFT | BUSY);
	if (rng_below(rng, 256) < s->churn) {
		err = khmap_table_delete(s->engine.table, key, old, NULL);
		if (err != (there ? 0 : -ENOENT) && !(s->clear && err == -ENOENT))
			count_up(&s->failed);
		else if (!err && version_of(s, old, number) != before >> VERSION_SHIFT)
			count_up(&s->failed);
		/* What is not there keeps its version for the next value. */
		word_store(s, number, version << VERSION_SHIFT);
		return;
	}
	make_value(s, value, number, version);
	err = khmap_table_put(s->engine.table, key, value,
			      s->clear || rng_below(rng, 2) ? KHMAP_PUT_EITHER :
			      there ? KHMAP_PUT_ONLY_OLD : KHMAP_PUT_ONLY_NEW, NULL);
	if (err)
		count_up(&s->failed);
	word_store(s, number, version << VERSION_SHIFT | PRESENT);
}

static void *writer_run(void *arg)
{
	struct worker *worker = arg;
	struct scene *s = worker->scene;
	struct rng rng = { s->seed + worker->index };
	u32 i, mine = s->keys / WRITERS;

	for (i = 0; i < STEPS || __atomic_load_n(&s->rounds, __ATOMIC_RELAXED) < COPIES; i++) {
		u32 number = (u32)rng_below(&rng, mine) * WRITERS + worker->index;

		pthread_rwlock_rdlock(&s->hold);
		write_one(s, number, &rng);
		pthread_rwlock_unlock(&s->hold);
	}
	__atomic_fetch_sub(&s->writing, 1, __ATOMIC_RELEASE);
	return NULL;
}

enum way {
	BY_COPY,
	IN_PLACE,
	IN_KERNEL,
};

/*
 * Look up as a process would: by plain loads, and under the lock if need be; or
 * as the kernel does itself.
 */
static int look_up(struct scene *s, const void *key, void *value, enum way way)
{
	struct khmap_reader *reader = &s->engine.reader;
	struct khmap_read read;
	int err;

	if (way == IN_KERNEL)
		return khmap_table_read(s->engine.table, key, value);
	if (way == BY_COPY) {
		err = khmap_reader_get(reader, key, value);
	} else {
		do {
			err = khmap_reader_find(reader, key, &read);
			if (err)
				break;
			khmap__copy_out(value, read.value, reader->geometry.value_size);
		} while (!khmap_read_validate(&read));
	}
	if (err == -EAGAIN) {
		count_up(&s->retries);
		err = khmap_table_get(s->engine.table, key, value);
	}
	return err;
}

static void read_one(struct scene *s, u32 number, u32 *seen, enum way way)
{
	unsigned char key[64], value[VALUE_MAX];
	u32 before, after, version;
	int err;

	key_make(key, s->engine.header.geometry.key_size, number);
	before = word_load(s, number);
	err = look_up(s, key, value, way);
	after = word_load(s, number);
	if (err && err != -ENOENT) {
		count_up(&s->missed);
		return;
	}
	version = err ? 0 : version_of(s, value, number);
	if (!err && (!version || version < *seen))
		count_up(&s->torn);
	if (version > *seen)
		*seen = version;
	if (before != after || before & BUSY)
		return;
	count_up(&s->certain);
	if (err && before & PRESENT && !s->clear)
		count_up(&s->missed);
	if (!err && !(before & PRESENT))
		count_up(&s->phantoms);
	if (!err && before & PRESENT && version != before >> VERSION_SHIFT)
		count_up(&s->torn);
}

static void *reader_run(void *arg)
{
	struct worker *worker = arg;
	struct scene *s = worker->scene;
	struct rng rng = { s->seed + 100 + worker->index };
	u32 seen[KEYS_MAX] = { 0 };
	u64 lookups = 0;

	while (__atomic_load_n(&s->writing, __ATOMIC_ACQUIRE)) {
		u32 number = (u32)rng_below(&rng, s->keys);

		read_one(s, number, &seen[number],
			 lookups % 4 == 0 ? IN_PLACE : lookups % 4 == 1 ? IN_KERNEL : BY_COPY);
		lookups++;
	}
	__atomic_fetch_add(&s->lookups, lookups, __ATOMIC_RELAXED);
	return NULL;
}

/**
 * struct tally - entries of a copy against the words
 * @scene: of the map
 * @wrong: entries that are not what their word says
 */
struct tally {
	struct scene *scene;
	u32 wrong;
};

static void tally_entry(void *arg, const void *key, const void *value)
{
	struct tally *tally = arg;
	u32 number = (u32)key_number(key, tally->scene->engine.header.geometry.key_size), word;

	word = word_load(tally->scene, number);
	tally->wrong += !(word & PRESENT) ||
			version_of(tally->scene, value, number) != word >> VERSION_SHIFT;
}

/* A copy, with writers held when this returns, whether it could be had or not. */
static struct khmap_copy *copy_hold(struct scene *s, struct khmap_account *account)
{
	struct khmap_copy *copy;
	int err;

	if (khmap_copy_alloc(account, &copy))
		copy = NULL;
	do {
		err = copy ? khmap_copy_reserve(copy, s->engine.table, NULL) : -ENOMEM;
		pthread_rwlock_wrlock(&s->hold);
		if (!err)
			err = khmap_copy_fill(copy, s->engine.table, 1, 1);
		if (err == -EAGAIN)
			pthread_rwlock_unlock(&s->hold);
	} while (err == -EAGAIN);
	if (!err)
		return copy;
	khmap_copy_destroy(copy);
	return NULL;
}

/* With writers held: a copy has exactly what the words say. */
static void copy_once(struct scene *s, struct khmap_account *account, u32 *wrong)
{
	struct tally tally = { .scene = s };
	struct khmap_copy *copy;
	struct image image;
	u32 i, present = 0;

	copy = copy_hold(s, account);
	if (!copy) {
		++*wrong;
		goto out;
	}
	image = image_of_copy(copy);
	image.entry = tally_entry;
	image.entry_arg = &tally;
	for (i = 0; i < s->keys; i++)
		present += !!(word_load(s, i) & PRESENT);
	*wrong += !image_check(&image) || image.entries != present || tally.wrong;
	if (image.error[0])
		diag("copy: %s", image.error);
	khmap_copy_destroy(copy);
out:
	pthread_rwlock_unlock(&s->hold);
}

/* With writers held and readers reading: clear, as the owner of every key. */
static void clear_held(struct scene *s, u32 *wrong)
{
	u32 i, present = 0;

	pthread_rwlock_wrlock(&s->hold);
	for (i = 0; i < s->keys; i++) {
		u32 word = word_load(s, i);

		present += !!(word & PRESENT);
		word_store(s, i, word | BUSY);
	}
	*wrong += table_clear(s->engine.table) != present;
	for (i = 0; i < s->keys; i++)
		word_store(s, i, word_load(s, i) & ~(PRESENT | BUSY));
	pthread_rwlock_unlock(&s->hold);
}

static void test_scene(const char *name, struct khmap_table_params p, u32 keys, u32 churn,
		       bool clear)
{
	static struct scene s;
	struct khmap_account *account = khmap_account_create(16 << 20, 0, false);
	pthread_t threads[WRITERS + READERS];
	struct worker workers[WRITERS + READERS];
	pthread_rwlockattr_t attribute;
	struct khmap_counts counts;
	const struct timespec pause = { .tv_nsec = 100000 };
	u32 i, wrong = 0;
	u64 present = 0;
	struct image image;

	memset(&s, 0, sizeof(s));
	engine_open(&s.engine, &p);
	s.seed = p.secret[0];
	s.keys = keys;
	s.churn = churn;
	s.clear = clear;
	s.writing = WRITERS;
	/* Else writers, who take turns, would hold a copy off for ever. */
	pthread_rwlockattr_init(&attribute);
	pthread_rwlockattr_setkind_np(&attribute, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&s.hold, &attribute);
	pthread_rwlockattr_destroy(&attribute);
	for (i = 0; i < WRITERS + READERS; i++) {
		workers[i] = (struct worker) { &s, i < WRITERS ? i : i - WRITERS };
		pthread_create(&threads[i], NULL, i < WRITERS ? writer_run : reader_run,
			       &workers[i]);
	}
	while (__atomic_load_n(&s.writing, __ATOMIC_ACQUIRE)) {
		khmap_table_stat(s.engine.table, &counts);
		wrong += counts.entries > keys;
		if (clear)
			table_clear(s.engine.table);
		else if (s.rounds % 8)
			copy_once(&s, account, &wrong);
		else
			clear_held(&s, &wrong);
		count_up(&s.rounds);
		nanosleep(&pause, NULL);
	}
	for (i = 0; i < WRITERS + READERS; i++)
		pthread_join(threads[i], NULL);

	image = image_of_table(s.engine.table);
	for (i = 0; i < keys; i++)
		present += !!(s.words[i] & PRESENT);
	ok(image_check(&image) && (clear || image.entries == present), "%s: image %s", name,
	   image.error);
	is_u64(s.torn, 0, "%s: no torn or old value in %llu look-ups", name,
	       (unsigned long long)s.lookups);
	is_u64(s.missed, 0, "%s: no key missed that was there (%llu certain)", name,
	       (unsigned long long)s.certain);
	is_u64(s.phantoms, 0, "%s: no key found that was not there", name);
	is_u64(s.failed, 0, "%s: writers are answered rightly", name);
	is_u64(wrong, 0, "%s: stat, copies and clear (%u rounds)", name, s.rounds);
	ok(s.lookups > 1000, "%s: readers had their turn (%llu asked under the lock)", name,
	   (unsigned long long)s.retries);
	khmap_account_destroy(account);
	pthread_rwlock_destroy(&s.hold);
	engine_close(&s.engine);
}

/**
 * struct stage - rounds of promotion
 * @engine: the map of this round
 * @start: all wait for a map
 * @end: all are done with it
 * @ready: readers that look already
 * @filled: puts that are done, of both writers
 * @missed: keys not found that were there
 * @failed: puts that failed
 */
struct stage {
	struct engine engine;
	pthread_barrier_t start;
	pthread_barrier_t end;
	u32 ready;
	u32 filled;
	u32 missed;
	u32 failed;
};

#define STAGE_KEYS	20u	/* of each writer, beyond the first 14 */
#define STAGE_FIRST	14u

static void stage_look(struct stage *stage, u32 limit)
{
	u64 value = 0, key;
	int err;

	for (key = 0; key < limit; key++) {
		err = khmap_reader_get(&stage->engine.reader, &key, &value);
		if (err == -EAGAIN)
			err = khmap_table_get(stage->engine.table, &key, &value);
		if (err || value != key + 1)
			count_up(&stage->missed);
	}
}

static void *stage_reader(void *arg)
{
	struct stage *stage = arg;
	u32 round;

	for (round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&stage->start);
		count_up(&stage->ready);
		while (__atomic_load_n(&stage->filled, __ATOMIC_ACQUIRE) < WRITERS) {
			stage_look(stage, STAGE_FIRST);
			sched_yield();
		}
		stage_look(stage, STAGE_FIRST + WRITERS * STAGE_KEYS);
		pthread_barrier_wait(&stage->end);
	}
	return NULL;
}

static void *stage_writer(void *arg)
{
	struct worker *worker = arg;
	/* The scene is not used: a stage begins with the same pointer. */
	struct stage *stage = (void *)worker->scene;
	u32 round, i;

	for (round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&stage->start);
		while (__atomic_load_n(&stage->ready, __ATOMIC_ACQUIRE) < READERS)
			sched_yield();
		for (i = 0; i < STAGE_KEYS; i++) {
			u64 key = STAGE_FIRST + i * WRITERS + worker->index, value = key + 1;

			if (khmap_table_put(stage->engine.table, &key, &value, KHMAP_PUT_ONLY_NEW,
					    NULL))
				count_up(&stage->failed);
		}
		__atomic_fetch_add(&stage->filled, 1, __ATOMIC_RELEASE);
		pthread_barrier_wait(&stage->end);
	}
	return NULL;
}

/* Many maps, each promoted by two writers at once under the eyes of readers. */
static void test_promotion(void)
{
	static struct stage stage;
	struct khmap_table_params p = params_make(8, 8, 1);
	struct rng rng = { 99 };
	struct worker workers[WRITERS];
	pthread_t threads[WRITERS + READERS];
	u32 round, i, unsound = 0;

	p.max_entries = 100;
	pthread_barrier_init(&stage.start, NULL, WRITERS + READERS + 1);
	pthread_barrier_init(&stage.end, NULL, WRITERS + READERS + 1);
	for (i = 0; i < WRITERS + READERS; i++) {
		if (i < WRITERS)
			workers[i] = (struct worker) { (void *)&stage, i };
		pthread_create(&threads[i], NULL, i < WRITERS ? stage_writer : stage_reader,
			       i < WRITERS ? (void *)&workers[i] : &stage);
	}
	for (round = 0; round < ROUNDS; round++) {
		u64 key, value;

		p.secret[0] = rng_next(&rng);
		p.secret[1] = rng_next(&rng);
		engine_open(&stage.engine, &p);
		for (key = 0; key < STAGE_FIRST; key++) {
			value = key + 1;
			khmap_table_put(stage.engine.table, &key, &value, KHMAP_PUT_ONLY_NEW, NULL);
		}
		stage.ready = 0;
		stage.filled = 0;
		pthread_barrier_wait(&stage.start);
		pthread_barrier_wait(&stage.end);
		unsound += !table_is_sound(stage.engine.table,
					   STAGE_FIRST + WRITERS * STAGE_KEYS);
		engine_close(&stage.engine);
	}
	for (i = 0; i < WRITERS + READERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&stage.start);
	pthread_barrier_destroy(&stage.end);
	is_u64(stage.missed, 0, "promotion under readers: no key missed in %u maps", ROUNDS);
	is_u64(stage.failed, 0, "promotion under readers: puts");
	is_u64(unsound, 0, "promotion under readers: images");
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 16, 100);
	struct rng rng = { test_seed() };

	p.secret[0] = rng_next(&rng);
	p.secret[1] = rng_next(&rng);
	p.max_entries = 2 * KEYS_MAX;
	test_scene("replace", p, 64, 0, false);
	test_scene("churn", p, 300, 128, false);
	/* One slot to the bucket: most keys are in chains, which come and go. */
	p.key_size = 4;
	p.value_size = 200;
	p.expected_entries = 8;
	p.load_percent = 95;
	test_scene("churn in long chains", p, 60, 110, false);
	p.stripes = 1;
	p.hash_kind = KHMAP_HASH_SIPHASH13;
	test_scene("churn in one stripe", p, 40, 128, false);
	p.stripes = 2;
	p.expected_entries = 1;
	test_scene("clear meanwhile", p, 40, 64, true);
	p.stripes = KHMAP_STRIPES_MOST;
	p.expected_entries = 300;
	test_scene("churn in as many stripes as there may be", p, 300, 128, false);
	test_promotion();
	return done();
}
