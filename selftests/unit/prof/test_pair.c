// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_pair.c - two threads, and how they end if one of them cannot go on
 */
#include <errno.h>
#include <sched.h>
#include <unistd.h>
#include "demo/demo.h"
#include "source/tick.h"
#include "../tap.h"

#define SECONDS		60	/* of all; whoever waits for ever is killed */
#define PREPARE_NS	50000000ull
#define TURNS		100

static struct prof_pair pair;

struct job {
	struct demo_turns turns;
	int refuses;	/* which one cannot be prepared; -1 for none */
	int fails_at[2];	/* the turn at which one fails; -1 for none */
	unsigned int done[2];
	unsigned int finished[2];
	unsigned int order_wrong;
	unsigned int total;
};

static int prepare(void *context, int which)
{
	struct job *job = context;
	uint64_t end = prof_tick_now() + PREPARE_NS;

	while (prof_tick_now() < end)
		sched_yield();
	return job->refuses == which ? -EACCES : 0;
}

static int run(void *context, int which)
{
	struct job *job = context;
	int i, err = 0;

	for (i = 0; i < TURNS && !err; i++) {
		if (!demo_turns_wait(&job->turns, which))
			break;
		job->order_wrong += job->total++ % 2 != (unsigned int)which;
		err = i == job->fails_at[which] ? -ENOSPC : 0;
		job->done[which] += !err;
		demo_turns_pass(&job->turns, which, err);
	}
	return err;
}

static void finish(void *context, int which)
{
	struct job *job = context;

	job->finished[which]++;
}

static const struct demo_work work = { .prepare = prepare, .run = run, .finish = finish };
static const struct demo_work plain = { .run = run };

static void turns_all(void)
{
	struct job job = { .refuses = -1, .fails_at = { -1, -1 } };
	double ns = 0;

	is_i64(demo_pair_run(&pair, &work, &job, &ns), 0, "both take their turns");
	is_u64((job.done[0] + job.done[1]), 2 * TURNS, "all of them");
	is_u64(job.order_wrong, 0, "one after the other");
	is_u64(job.finished[0] + job.finished[1], 2, "both are finished");
	ok(ns > 0, "there is a time");
}

static int nothing(void *context, int which)
{
	return 0;
}

/* The shortest of some: others may have the processor meanwhile. */
static void time_is_without_preparation(void)
{
	const struct demo_work empty = { .prepare = prepare, .run = nothing };
	struct job job = { .refuses = -1 };
	double ns = 0, shortest = 1e18;
	int i;

	for (i = 0; i < 10; i++) {
		demo_pair_run(&pair, &empty, &job, &ns);
		if (ns < shortest)
			shortest = ns;
	}
	ok(shortest < (double)PREPARE_NS, "what is prepared is not in the time: %.0f ns", shortest);
}

static void one_fails(int which, int at)
{
	struct job job = { .refuses = -1, .fails_at = { -1, -1 } };
	double ns;

	job.fails_at[which] = at;
	is_i64(demo_pair_run(&pair, &plain, &job, &ns), -ENOSPC, "%d fails at turn %d", which, at);
	is_u64(job.done[which], (uint64_t)at, "it had done what was before");
	is_u64(job.done[!which], (uint64_t)(which ? at + 1 : at), "the other one waits no longer");
}

static void one_refuses(int which)
{
	struct job job = { .refuses = which, .fails_at = { -1, -1 } };
	double ns;

	is_i64(demo_pair_run(&pair, &work, &job, &ns), -EACCES, "%d cannot begin", which);
	is_u64(job.total, 0, "so neither does");
	is_u64(job.finished[0] + job.finished[1], 2, "both are finished all the same");
}

static void one_has_no_cpu(int which)
{
	struct job job = { .refuses = -1, .fails_at = { -1, -1 } };
	struct prof_pair bad = pair;
	double ns;

	bad.cpu[which] = CPU_SETSIZE - 1;
	ok(demo_pair_run(&bad, &plain, &job, &ns) < 0, "%d has no processor", which);
	is_u64(job.total, 0, "so neither begins");
}

int main(void)
{
	cpu_set_t allowed;

	alarm(SECONDS);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	/* One processor will do: they yield to each other. */
	if (prof_pair_choose(&allowed, PROF_CPU_FOLDER, &pair)) {
		while (!CPU_ISSET(pair.cpu[0], &allowed))
			pair.cpu[0]++;
		pair.cpu[1] = pair.cpu[0];
	}
	turns_all();
	time_is_without_preparation();
	one_fails(0, 0);
	one_fails(0, 7);
	one_fails(1, 7);
	one_refuses(0);
	one_refuses(1);
	one_has_no_cpu(0);
	one_has_no_cpu(1);
	return done();
}
