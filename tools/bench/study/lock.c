// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * lock.c - threads that read and write one store, by each lock scheme
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../histogram.h"
#include "lock.h"

#define STORED		20000u	/* keys that are there from the beginning */
#define UNIVERSE	25000u	/* keys that may be put */
#define VALUE_FACTOR	0x9e3779b97f4a7c15ull

static const u32 thread_counts[] = { 2, 4, 16 };
static const u32 read_shares[] = { 50, 95 };

#define COLUMNS	"|2: M/s|4: M/s|16: M/s|2: 99 % us|4: 99 % us|16: 99 % us"	\
		"|2: longest ms|4: longest ms|16: longest ms|16: MiB"

#define COUNTS	(sizeof(thread_counts) / sizeof(thread_counts[0]))
#define SHARES	(sizeof(read_shares) / sizeof(read_shares[0]))

/**
 * struct scene - one run
 * @scheme: the scheme
 * @store: shared
 * @reads: of 100 operations
 * @start: where all begin
 * @stop: told to all
 */
struct scene {
	const struct lock_scheme *scheme;
	struct store *store;
	u32 reads;
	pthread_barrier_t start;
	bool stop;
};

/**
 * struct worker - one thread of it
 * @scene: the run
 * @index: among the threads
 * @thread: its handle
 * @latency: of each operation
 */
struct worker {
	struct scene *scene;
	u32 index;
	pthread_t thread;
	struct histogram latency;
};

/* A value says which key it is of; the low bits differ from put to put. */
static u64 value_of(u64 key, u64 version)
{
	return key * VALUE_FACTOR ^ (version & 0xffff);
}

static void get_one(struct scene *scene, u32 thread, u64 key)
{
	u64 value;
	bool found = scene->scheme->get(scene->store, thread, key, &value);

	if (found ? (value ^ key * VALUE_FACTOR) > 0xffff : key < STORED)
		study_wrong("%s: key %llu has another key's value, or none", scene->scheme->title,
			    (unsigned long long)key);
}

static void *worker_run(void *arg)
{
	struct worker *worker = arg;
	struct scene *scene = worker->scene;
	struct random random = { worker->index };
	u64 before, key;

	pthread_barrier_wait(&scene->start);
	while (!__atomic_load_n(&scene->stop, __ATOMIC_RELAXED)) {
		key = random_below(&random, UNIVERSE);
		if (random_below(&random, 100) < scene->reads) {
			before = clock_ticks();
			get_one(scene, worker->index, key);
		} else {
			before = clock_ticks();
			scene->scheme->put(scene->store, worker->index, key,
					   value_of(key, before));
		}
		histogram_add(&worker->latency, clock_ticks() - before);
	}
	return NULL;
}

struct lock_cells {
	json_t *rate[COUNTS];
	json_t *p99[COUNTS];
	json_t *longest[COUNTS];
	json_t *memory;
};

static void lock_round(const struct lock_scheme *scheme, u32 reads, u32 at, u32 ms,
		       struct lock_cells *cells)
{
	struct worker *workers = study_alloc(LOCK_THREADS, sizeof(*workers));
	struct scene scene = { .scheme = scheme, .store = scheme->open(), .reads = reads };
	static double tick_ns;
	u32 i, threads = thread_counts[at];
	double start;
	u64 key;

	if (!tick_ns)
		tick_ns = clock_tick_ns();
	for (key = 0; key < STORED; key++)
		scheme->put(scene.store, 0, key, value_of(key, 0));
	pthread_barrier_init(&scene.start, NULL, threads + 1);
	for (i = 0; i < threads; i++) {
		workers[i].scene = &scene;
		workers[i].index = i;
		if (pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]))
			study_failed("thread %u of %u does not start", i, threads);
	}
	pthread_barrier_wait(&scene.start);
	start = study_seconds(CLOCK_MONOTONIC);
	usleep(ms * 1000);
	__atomic_store_n(&scene.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	start = study_seconds(CLOCK_MONOTONIC) - start;
	pthread_barrier_destroy(&scene.start);
	for (i = 1; i < threads; i++)
		histogram_merge(&workers[0].latency, &workers[i].latency);
	study_sample(cells->rate[at], (double)workers[0].latency.total / start / 1e6);
	study_sample(cells->p99[at],
		     (double)histogram_quantile(&workers[0].latency, 0.99) * tick_ns / 1e3);
	study_sample(cells->longest[at], (double)workers[0].latency.longest * tick_ns / 1e6);
	if (threads == LOCK_THREADS)
		study_sample(cells->memory, (double)scheme->bytes(scene.store) / 1048576);
	for (key = 0; key < UNIVERSE; key++)
		get_one(&scene, 0, key);
	scheme->close(scene.store);
	free(workers);
}

static void lock_mix(struct study *study, u32 reads)
{
	struct lock_cells cells[LOCK_SCHEMES];
	char title[96];
	json_t *table;
	u32 i, at;
	int round;

	snprintf(title, sizeof(title), "%u %% reads, the rest puts: by threads", reads);
	table = study_table(study, title, COLUMNS);
	for (i = 0; i < LOCK_SCHEMES; i++) {
		json_t *row = study_row(table, lock_schemes[i].title);

		for (at = 0; at < COUNTS; at++)
			cells[i].rate[at] = study_cell_samples(row);
		for (at = 0; at < COUNTS; at++)
			cells[i].p99[at] = study_cell_samples(row);
		for (at = 0; at < COUNTS; at++)
			cells[i].longest[at] = study_cell_samples(row);
		cells[i].memory = study_cell_samples(row);
	}
	for (at = 0; at < COUNTS; at++)
		for (round = 0; round < study->options->rounds; round++)
			for (i = 0; i < LOCK_SCHEMES; i++)
				lock_round(&lock_schemes[i], reads, at, study->options->lock_ms,
					   &cells[i]);
	snprintf(title, sizeof(title), "throughput by scheme, %u %% reads", reads);
	study_chart(study, title, "million operations a second", "1,2,3", "logbars");
	snprintf(title, sizeof(title), "longest stall by scheme, %u %% reads", reads);
	study_chart(study, title, "ms", "7,8,9", "logbars");
}

void study_lock(struct study *study)
{
	u32 i;

	study_note(study, "%ld processors: 4 and 16 threads wait for a processor as well as for a lock.",
		   sysconf(_SC_NPROCESSORS_ONLN));
	study_note(study, "%u of %u keys are there from the beginning; each operation is timed.",
		   STORED, UNIVERSE);
	for (i = 0; i < SHARES; i++)
		lock_mix(study, read_shares[i]);
}
