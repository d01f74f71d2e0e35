// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * pair.c - two threads on two CPUs
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include "demo/demo.h"
#include "source/period.h"

#define TURNS_OVER	2u

struct worker {
	int cpu;
	int which;
	const struct demo_work *work;
	void *context;
	pthread_barrier_t *start;
	const struct worker *other;
	uint64_t began;
	uint64_t ended;
	int ready;	/* 0, or why it cannot begin */
	int result;
};

static void *worker_main(void *argument)
{
	struct worker *worker = argument;

	const struct demo_work *work = worker->work;
	bool prepared = false;

	worker->ready = prof_pair_pin(worker->cpu);
	if (!worker->ready && work->prepare) {
		prepared = true;
		worker->ready = work->prepare(worker->context, worker->which);
	}
	pthread_barrier_wait(worker->start);
	worker->began = prof_tick_now();
	/* One that takes turns with nobody would wait for ever. */
	if (!worker->ready && !worker->other->ready)
		worker->result = work->run(worker->context, worker->which);
	worker->ended = prof_tick_now();
	if (prepared && work->finish)
		work->finish(worker->context, worker->which);
	return NULL;
}

bool demo_turns_wait(struct demo_turns *turns, int which)
{
	unsigned int now;

	for (;;) {
		now = atomic_load(&turns->now);
		if (now == (unsigned int)which || now == TURNS_OVER)
			return now != TURNS_OVER;
		sched_yield();
	}
}

void demo_turns_pass(struct demo_turns *turns, int which, int err)
{
	atomic_store(&turns->now, err ? TURNS_OVER : (unsigned int)!which);
}

/* Of both, the first thing that went wrong. */
static int workers_result(const struct worker *workers)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (workers[i].ready)
			return workers[i].ready;
		if (workers[i].result)
			return workers[i].result;
	}
	return 0;
}

int demo_pair_run(const struct prof_pair *pair, const struct demo_work *work, void *context,
		  double *ns)
{
	pthread_barrier_t start;
	struct worker workers[2];
	pthread_t threads[2];
	uint64_t began, ended;
	int i, err = 0;

	pthread_barrier_init(&start, NULL, 2);
	for (i = 0; i < 2; i++) {
		workers[i] = (struct worker){
			.cpu = pair->cpu[i],
			.which = i,
			.work = work,
			.context = context,
			.start = &start,
			.other = &workers[!i],
		};
		err = -pthread_create(&threads[i], NULL, worker_main, &workers[i]);
		if (err)
			break;
	}
	/* One alone would wait for ever. */
	if (err && i) {
		workers[1].ready = err;
		pthread_barrier_wait(&start);
	}
	while (i--)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
	if (err)
		return err;
	began = workers[0].began < workers[1].began ? workers[0].began : workers[1].began;
	ended = workers[0].ended > workers[1].ended ? workers[0].ended : workers[1].ended;
	*ns = (double)(ended - began);
	return workers_result(workers);
}
