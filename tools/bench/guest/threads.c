// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * threads.c - readers and writers of one map, each on a processor of its own
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

#define THREADS_MAX	2
#define THREADS_ENTRIES	(1u << 17)
#define THREADS_BATCH	1024

enum thread_work {
	WORK_NONE,
	WORK_GET,	/* of the mapping */
	WORK_PUT,	/* a system call for each */
	WORK_BATCH,	/* one for THREADS_BATCH of them */
};

struct threads_context {
	const struct bench_options *options;
	struct khmap *map;
	struct bench_records records;
};

/**
 * struct thread - one of several at work
 * @work: what it does
 * @cpu: where
 * @count: operations; 0 for as many as it can until @stop
 * @map: the map
 * @records: that are in it
 * @barrier: where all meet before they begin
 * @stop: it is enough
 * @done: operations, while and after it works
 */
struct thread {
	enum thread_work work;
	uint32_t cpu;
	uint32_t count;
	struct khmap *map;
	const struct bench_records *records;
	pthread_barrier_t *barrier;
	const atomic_bool *stop;
	atomic_ulong done;
};

static void thread_get(const struct thread *thread, uint32_t *index)
{
	uint64_t key, value;
	uint32_t i;

	for (i = 0; i < THREADS_BATCH; i++) {
		*index = bench_next(*index, THREADS_ENTRIES);
		key = bench_key(*index);
		if (khmap_get(thread->map, &key, &value) || value != *index)
			bench_die(0, "key %u is not found as it was put", *index);
	}
}

static void thread_put(const struct thread *thread, uint32_t *index)
{
	uint64_t key, value;
	uint32_t i;
	int err;

	for (i = 0; i < THREADS_BATCH; i++) {
		*index = bench_next(*index, THREADS_ENTRIES);
		key = bench_key(*index);
		value = *index;
		err = khmap_put(thread->map, &key, &value, 0);
		if (err)
			bench_die(err, "a put");
	}
}

/* A batch of records that lie together; their keys do not, in the map. */
static void thread_batch(const struct thread *thread, uint32_t *index)
{
	const struct bench_records records = {
		.keys = thread->records->keys + *index,
		.values = thread->records->values + *index,
		.count = THREADS_BATCH,
	};

	bench_map_fill(thread->map, &records, THREADS_BATCH);
	*index = (*index + THREADS_BATCH) & (THREADS_ENTRIES - 1);
}

static void *thread_main(void *argument)
{
	struct thread *thread = argument;
	uint32_t index = thread->cpu * (THREADS_ENTRIES / THREADS_MAX);
	unsigned long done = 0;

	bench_pin(thread->cpu);
	pthread_barrier_wait(thread->barrier);
	while (thread->count ? done < thread->count : !atomic_load(thread->stop)) {
		switch (thread->work) {
		case WORK_GET:
			thread_get(thread, &index);
			break;
		case WORK_PUT:
			thread_put(thread, &index);
			break;
		case WORK_BATCH:
			thread_batch(thread, &index);
			break;
		case WORK_NONE:
			return NULL;
		}
		done += THREADS_BATCH;
		atomic_store(&thread->done, done);
	}
	return NULL;
}

static void threads_start(struct thread *threads, pthread_t *ids, uint32_t count)
{
	uint32_t i;
	int err;

	for (i = 0; i < count; i++) {
		err = pthread_create(&ids[i], NULL, thread_main, &threads[i]);
		if (err)
			bench_die(-err, "a thread");
	}
}

/* So many threads do the same; operations of all of them in a second. */
static double threads_same(const struct threads_context *context, enum thread_work work,
			   uint32_t count, uint32_t operations)
{
	struct thread threads[THREADS_MAX] = { 0 };
	pthread_t ids[THREADS_MAX];
	pthread_barrier_t barrier;
	unsigned long done = 0;
	double start, end;
	uint32_t i;

	pthread_barrier_init(&barrier, NULL, count + 1);
	for (i = 0; i < count; i++)
		threads[i] = (struct thread){
			.work = work,
			.cpu = i,
			.count = operations,
			.map = context->map,
			.records = &context->records,
			.barrier = &barrier,
		};
	threads_start(threads, ids, count);
	start = bench_now();
	pthread_barrier_wait(&barrier);
	for (i = 0; i < count; i++)
		pthread_join(ids[i], NULL);
	end = bench_now();
	pthread_barrier_destroy(&barrier);
	for (i = 0; i < count; i++)
		done += atomic_load(&threads[i].done);
	return (double)done * 1e9 / (end - start);
}

/* Look-ups in a second of one reader, beside a writer that does what it can. */
static double threads_beside(void *argument, uint32_t work)
{
	const struct threads_context *context = argument;
	struct thread writer = {
		.work = work,
		.cpu = 1,
		.map = context->map,
		.records = &context->records,
	};
	uint32_t index = 0, i, runs = context->options->lookups / THREADS_BATCH + 1;
	const struct thread reader = { .work = WORK_GET, .map = context->map };
	pthread_barrier_t barrier;
	atomic_bool stop = false;
	double start, end;
	pthread_t id;

	pthread_barrier_init(&barrier, NULL, 2);
	writer.barrier = &barrier;
	writer.stop = &stop;
	bench_pin(0);
	threads_start(&writer, &id, 1);
	pthread_barrier_wait(&barrier);
	while (work != WORK_NONE && !atomic_load(&writer.done))
		usleep(1000);
	start = bench_now();
	for (i = 0; i < runs; i++)
		thread_get(&reader, &index);
	end = bench_now();
	atomic_store(&stop, true);
	pthread_join(id, NULL);
	pthread_barrier_destroy(&barrier);
	return (double)runs * THREADS_BATCH * 1e9 / (end - start);
}

static double threads_get(void *argument, uint32_t count)
{
	const struct threads_context *context = argument;

	return threads_same(context, WORK_GET, count, context->options->lookups);
}

static double threads_put(void *argument, uint32_t count)
{
	const struct threads_context *context = argument;

	return threads_same(context, WORK_PUT, count, context->options->lookups / 10);
}

static double threads_batch(void *argument, uint32_t count)
{
	const struct threads_context *context = argument;

	return threads_same(context, WORK_BATCH, count, context->options->lookups);
}

void bench_threads(json_t *groups, const struct bench_options *options)
{
	static const struct bench_subject beside[] = {
		{ "a reader alone", "khmap", threads_beside, WORK_NONE },
		{ "a reader beside KHMAP_IOC_PUT", "khmap", threads_beside, WORK_PUT },
		{ "a reader beside batches of 1024", "khmap", threads_beside, WORK_BATCH },
		{ }
	};
	static const struct bench_compare beside_compares[] = {
		{ 1, 0, 0.7 }, { 2, 0, 0.7 }, { }
	};
	static const struct bench_subject together[] = {
		{ "khmap_get(), 1 thread", "khmap", threads_get, 1 },
		{ "khmap_get(), 2 threads", "khmap", threads_get, 2 },
		{ "khmap_put(), 1 thread", "khmap", threads_put, 1 },
		{ "khmap_put(), 2 threads", "khmap", threads_put, 2 },
		{ "puts of khmap_batch_arrays(), 1 thread", "khmap", threads_batch, 1 },
		{ "puts of khmap_batch_arrays(), 2 threads", "khmap", threads_batch, 2 },
		{ }
	};
	static const struct bench_compare together_compares[] = {
		{ 1, 0, 0 }, { 3, 2, 0 }, { 5, 4, 0 }, { }
	};
	struct threads_context context = {
		.options = options,
		.map = bench_map_create(THREADS_ENTRIES),
		.records = bench_records_make(THREADS_ENTRIES),
	};

	if (sysconf(_SC_NPROCESSORS_ONLN) < THREADS_MAX)
		bench_die(0, "this needs %d processors", THREADS_MAX);
	bench_map_fill(context.map, &context.records, THREADS_BATCH);
	bench_group(groups, "look-ups beside one writer of 131072 keys", "look-ups/s", beside,
		    beside_compares, options->rounds, &context);
	bench_group(groups, "all threads of one map of 131072 keys", "operations/s", together,
		    together_compares, options->rounds, &context);
	khmap_close(context.map);
	bench_records_free(&context.records);
}
