// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * pair.c - two threads on two CPUs
 */
#include <errno.h>
#include <pthread.h>
#include "demo/demo.h"
#include "source/period.h"

struct worker {
	int cpu;
	int which;
	int (*work)(void *context, int which);
	void *context;
	pthread_barrier_t *start;
	uint64_t began;
	uint64_t ended;
	int result;
};

static void *worker_main(void *argument)
{
	struct worker *worker = argument;

	worker->result = prof_pair_pin(worker->cpu);
	pthread_barrier_wait(worker->start);
	worker->began = prof_tick_now();
	if (!worker->result)
		worker->result = worker->work(worker->context, worker->which);
	worker->ended = prof_tick_now();
	return NULL;
}

int demo_pair_run(const struct prof_pair *pair, int (*work)(void *context, int which),
		  void *context, double *ns)
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
		};
		err = -pthread_create(&threads[i], NULL, worker_main, &workers[i]);
		if (err)
			break;
	}
	/* One alone would wait for ever. */
	if (err && i)
		pthread_barrier_wait(&start);
	while (i--)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
	if (err)
		return err;
	began = workers[0].began < workers[1].began ? workers[0].began : workers[1].began;
	ended = workers[0].ended > workers[1].ended ? workers[0].ended : workers[1].ended;
	*ns = (double)(ended - began);
	return workers[0].result ? workers[0].result : workers[1].result;
}
