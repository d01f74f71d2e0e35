// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * scale_measure.c - the times that the model is given, and two real threads
 */
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/khmap.h>

#include "../histogram.h"
#include "map.h"
#include "scale.h"
#include "walk.h"

#define ADDED		200000u
#define LOOKUPS		1000000u
#define HANDOFFS	1000u		/* of a batch; the median of batches counts */
#define BATCHES		21

static void map_fill(struct map *map, u32 entries)
{
	u64 key;

	for (key = 0; key < entries; key++) {
		u64 value = key * 3;

		map_put(map, &key, &value);
	}
}

static void get_checked(struct map *map, u64 key)
{
	u64 value;

	if (!map_get(map, &key, &value) || value != key * 3)
		study_wrong("key %llu has another value than was put", (unsigned long long)key);
}

static void measure_steady(struct scale_times *times)
{
	struct random random = { 13 };
	u64 sum = 0, key, value;
	struct map map;
	double start;
	u32 i;

	map_open(&map, 8, 8, KHMAP_LOAD_DEFAULT, true);
	map_fill(&map, SCALE_ENTRIES);
	start = thread_ns();
	for (i = 0; i < LOOKUPS; i++)
		get_checked(&map, random_below(&random, SCALE_ENTRIES));
	times->get = (thread_ns() - start) / LOOKUPS;
	start = thread_ns();
	for (i = 0; i < LOOKUPS; i++) {
		key = random_below(&random, SCALE_ENTRIES);
		value = key * 3;
		map_put(&map, &key, &value);
	}
	times->replace = (thread_ns() - start) / LOOKUPS;
	start = thread_ns();
	for (i = 0; i < LOOKUPS; i++) {
		key = random_below(&random, SCALE_ENTRIES);
		sum ^= khmap_hash_fold(walk_secret, &key, 8);
	}
	__asm__ volatile("" : : "r"(sum));
	times->hash = (thread_ns() - start) / LOOKUPS;
	map_close(&map);
}

/* What a put has led to. */
struct events {
	u32 splits;
	u32 runs;
};

static void events_note(void *owner, enum khmap_event event, u32 a, u32 b)
{
	struct events *events = owner;

	if (event == KHMAP_EVENT_SPLIT)
		events->splits++;
	else if (event == KHMAP_EVENT_GROW)
		events->runs++;
}

/* Puts that add keys, sorted by what they led to. */
static void measure_adds(struct scale_times *times)
{
	struct histogram *kinds = study_alloc(4, sizeof(*kinds));
	struct histogram *clock = study_alloc(1, sizeof(*clock));
	double tick_ns = clock_tick_ns(), cost, plain;
	struct events events, all = { 0 };
	u64 key, before, pages = 0, told = 0;
	s64 count;
	struct map map;

	map_open(&map, 8, 8, KHMAP_LOAD_DEFAULT, true);
	khmap_table_notify(map.table, events_note, &events);
	for (key = 0; key < ADDED; key++) {
		u64 value = key * 3;
		u32 had = map.table->overflow_next, kind;

		events = (struct events){ 0 };
		count = os_count_read(&map.table->entries);
		before = clock_ticks();
		map_put(&map, &key, &value);
		before = clock_ticks() - before;
		/* In a small map stripes tell it more often. */
		told += key >= ADDED / 2 && os_count_read(&map.table->entries) != count;
		had = map.table->overflow_next - had;
		kind = events.runs ? 3 : had ? 2 : events.splits ? 1 : 0;
		/* The time of one thing, not of two. */
		if ((kind == 1 && events.splits == 1) || (kind > 1 && !events.splits) || !kind)
			histogram_add(&kinds[kind], before);
		all.splits += events.splits;
		all.runs += events.runs;
		pages += had;
		before = clock_ticks();
		histogram_add(clock, clock_ticks() - before);
	}
	if (map_entries(&map) != ADDED)
		study_wrong("a map of %u entries has %llu", ADDED,
			    (unsigned long long)map_entries(&map));
	map_close(&map);
	cost = (double)histogram_quantile(clock, 0.5);
	plain = (double)histogram_quantile(&kinds[0], 0.5);
	times->insert = (plain - cost) * tick_ns;
	times->split = fmax(0, (double)histogram_quantile(&kinds[1], 0.5) - plain) * tick_ns;
	times->page = fmax(0, (double)histogram_quantile(&kinds[2], 0.5) - plain) * tick_ns;
	times->run = fmax(0, (double)histogram_quantile(&kinds[3], 0.5) - plain) * tick_ns;
	times->splits = (double)all.splits / ADDED;
	times->pages = (double)pages / ADDED;
	times->runs = (double)all.runs / ADDED;
	times->tells = (double)told / (ADDED / 2);
	free(kinds);
	free(clock);
}

/* The first two processors that this process may use; fewer if there are. */
static u32 processors(int found[2])
{
	cpu_set_t set;
	u32 count = 0;
	int i;

	sched_getaffinity(0, sizeof(set), &set);
	for (i = 0; i < CPU_SETSIZE && count < 2; i++)
		if (CPU_ISSET(i, &set))
			found[count++] = i;
	return count;
}

static pthread_t thread_start(int processor, void *(*run)(void *arg), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (pthread_create(&thread, &attr, run, arg))
		study_failed("a thread on processor %d does not start", processor);
	pthread_attr_destroy(&attr);
	return thread;
}

/* A ball that two threads throw to each other. */
struct ball {
	u32 count;
} __attribute__((aligned(128)));

static void *ball_return(void *arg)
{
	struct ball *ball = arg;
	u32 seen = 1;

	while (seen < 2 * HANDOFFS * BATCHES) {
		while (__atomic_load_n(&ball->count, __ATOMIC_ACQUIRE) != seen)
			;
		__atomic_fetch_add(&ball->count, 1, __ATOMIC_ACQ_REL);
		seen += 2;
	}
	return NULL;
}

static double measure_transfer(void)
{
	struct ball ball = { 0 };
	double batches[BATCHES], start;
	pthread_t other;
	int found[2];
	cpu_set_t old, here;
	u32 i, batch, seen = 0;

	if (processors(found) < 2)
		return NAN;
	sched_getaffinity(0, sizeof(old), &old);
	CPU_ZERO(&here);
	CPU_SET(found[0], &here);
	sched_setaffinity(0, sizeof(here), &here);
	other = thread_start(found[1], ball_return, &ball);
	for (batch = 0; batch < BATCHES; batch++) {
		start = study_seconds(CLOCK_MONOTONIC);
		for (i = 0; i < HANDOFFS; i++) {
			while (__atomic_load_n(&ball.count, __ATOMIC_ACQUIRE) != seen)
				;
			__atomic_fetch_add(&ball.count, 1, __ATOMIC_ACQ_REL);
			seen += 2;
		}
		batches[batch] = (study_seconds(CLOCK_MONOTONIC) - start) * 1e9 / (2 * HANDOFFS);
	}
	pthread_join(other, NULL);
	sched_setaffinity(0, sizeof(old), &old);
	return study_median(batches, BATCHES);
}

void scale_measure(struct scale_times *times, const struct study *study)
{
	measure_steady(times);
	measure_adds(times);
	times->transfer = measure_transfer();
}

/**
 * struct pair - two threads and what they do
 * @mixes: what; NULL nothing
 * @entries: of @map at first
 * @map: they share
 * @meet: where both begin, and stop
 * @stop: told to both
 * @next: each thread's next number
 * @operations: of each
 */
struct pair {
	const struct scale_mix *mixes[2];
	u32 entries;
	struct map map;
	pthread_barrier_t meet;
	bool stop;
	u32 next;
	u64 operations[2];
};

static void *pair_run(void *arg)
{
	struct pair *pair = arg;
	u32 me = __atomic_fetch_add(&pair->next, 1, __ATOMIC_RELAXED);
	const struct scale_mix *mix = pair->mixes[me];
	struct random random = { me };
	u64 key, value, operations = 0, added = pair->entries + me;

	pthread_barrier_wait(&pair->meet);
	for (; mix && !__atomic_load_n(&pair->stop, __ATOMIC_RELAXED); operations++) {
		key = random_below(&random, pair->entries);
		if (random_below(&random, 100) < mix->reads) {
			get_checked(&pair->map, key);
			continue;
		}
		if (mix->one_key)
			key = 0;
		if (mix->adds) {
			key = added;
			added += 2;
		}
		value = key * 3;
		map_put(&pair->map, &key, &value);
	}
	pair->operations[me] = operations;
	pthread_barrier_wait(&pair->meet);
	for (key = pair->entries + me; key < added; key += 2)
		get_checked(&pair->map, key);
	return NULL;
}

void scale_measure_two(const struct scale_mix *first, const struct scale_mix *second,
		       u32 entries, u32 ms, double rates[2])
{
	struct pair *pair;
	pthread_t threads[2];
	int found[2];
	double start;
	u32 i;

	rates[0] = NAN;
	rates[1] = NAN;
	if (processors(found) < 2)
		return;
	pair = study_alloc(1, sizeof(*pair));
	pair->mixes[0] = first;
	pair->mixes[1] = second;
	pair->entries = entries;
	map_open(&pair->map, 8, 8, KHMAP_LOAD_DEFAULT, true);
	map_fill(&pair->map, entries);
	pthread_barrier_init(&pair->meet, NULL, 3);
	for (i = 0; i < 2; i++)
		threads[i] = thread_start(found[i], pair_run, pair);
	pthread_barrier_wait(&pair->meet);
	start = study_seconds(CLOCK_MONOTONIC);
	usleep(ms * 1000);
	__atomic_store_n(&pair->stop, true, __ATOMIC_RELAXED);
	/* What they check afterwards does not count. */
	pthread_barrier_wait(&pair->meet);
	start = study_seconds(CLOCK_MONOTONIC) - start;
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		rates[i] = (double)pair->operations[i] / start / 1e6;
	}
	pthread_barrier_destroy(&pair->meet);
	map_close(&pair->map);
	free(pair);
}
