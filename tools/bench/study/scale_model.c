// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * scale_model.c - threads, locks and lines of cache, event by event
 *
 * Each thread has a processor of its own and begins an operation as soon as the
 * last one has ended.  An operation is a list of steps.  The thread whose clock
 * is earliest does its next step, so whoever asks first gets first.  A line that
 * another processor wrote takes the time of a transfer to come; one that is
 * being moved moves on to one processor after the other.  What the model leaves
 * out makes it optimistic: waiters who spin, memory bandwidth, more than one
 * socket.
 */
#include <stdlib.h>

#include "scale.h"

#define OPERATIONS	60000u
#define STEPS_MAX	32

enum resource_name {
	STRIPE,				/* the first of KHMAP_STRIPES */
	COUNT = KHMAP_STRIPES,		/* the line of table->entries */
	SHAPE,				/* the line of the shape */
	SPLIT_LOCK,
	GROW_LOCK,			/* hands out overflow pages */
	STAGE_LOCK,			/* while primary pages are allocated */
	HEADER_LOCK,
	ONE_LOCK,			/* the mutex, or the rwlock's line */
	RESOURCES,
};

/**
 * struct resource - a lock, or a line of cache, or both
 * @held: a thread holds the lock
 * @owner: who wrote the line last
 * @shared: others have loaded it since
 * @seen: who has loaded it since it was written
 * @free_at: when the line has arrived where it is going to
 * @since: when the lock was taken
 * @busy: how long it was held, or moving
 * @queue: threads that wait for the lock, in order
 * @queued: of them
 */
struct resource {
	bool held;
	u32 owner;
	bool shared;
	u64 seen;
	double free_at;
	double since;
	double busy;
	u32 queue[SCALE_THREADS];
	u32 queued;
};

enum step_kind {
	WORK,		/* for @ns */
	LOCK,
	UNLOCK,
	TRY,		/* LOCK, to split @ns buckets; or skip @skip steps */
	ATOMIC,		/* change a line */
	LOAD,		/* read it */
};

struct step {
	enum step_kind kind;
	u32 resource;
	u32 skip;
	double ns;
};

struct thread {
	double now;
	double waited;
	bool blocked;
	u32 at;
	u32 count;
	struct step steps[STEPS_MAX];
};

struct model {
	const struct scale_times *times;
	const struct scale_mix *mix;
	struct random random;
	double asked;		/* buckets that the load has asked to be split */
	double debt;		/* of them, those that nobody has split yet */
	struct resource resources[RESOURCES];
	struct thread threads[SCALE_THREADS];
};

static const char *resource_title(u32 resource)
{
	static const char * const titles[] = {
		"count of entries", "shape", "split lock", "overflow lock", "growth lock",
		"header lock", "the one lock",
	};

	return resource < KHMAP_STRIPES ? "a stripe's lock" : titles[resource - KHMAP_STRIPES];
}

static void step_add(struct thread *thread, enum step_kind kind, u32 resource, double ns)
{
	if (thread->count == STEPS_MAX)
		study_failed("an operation of the model has too many steps");
	thread->steps[thread->count++] = (struct step){ kind, resource, 0, ns };
}

static double random_share(struct model *model)
{
	return (double)(random_next(&model->random) >> 11) / 9007199254740992.0;
}

/* What a put that has added a key leads to now and then. */
static void plan_growth(struct model *model, struct thread *thread)
{
	const struct scale_times *times = model->times;
	u32 try, stripe, splits;

	if (random_share(model) < times->runs) {
		step_add(thread, LOCK, STAGE_LOCK, 0);
		step_add(thread, WORK, 0, times->run);
		step_add(thread, LOCK, HEADER_LOCK, 0);
		step_add(thread, UNLOCK, HEADER_LOCK, 0);
		step_add(thread, UNLOCK, STAGE_LOCK, 0);
	}
	model->asked += times->splits;
	model->debt += times->splits;
	if (model->debt < 1)
		return;
	/* What somebody else is at is left to a later put; two at most are made up for. */
	splits = model->debt < 2 ? 1 : 2;
	try = thread->count;
	step_add(thread, TRY, SPLIT_LOCK, splits);
	while (splits--) {
		stripe = STRIPE + random_below(&model->random, KHMAP_STRIPES);
		step_add(thread, LOCK, stripe, 0);
		step_add(thread, WORK, 0, times->split);
		step_add(thread, ATOMIC, SHAPE, 0);
		step_add(thread, UNLOCK, stripe, 0);
	}
	step_add(thread, UNLOCK, SPLIT_LOCK, 0);
	thread->steps[try].skip = thread->count - try - 1;
}

static void plan_put(struct model *model, struct thread *thread)
{
	const struct scale_times *times = model->times;
	const struct scale_mix *mix = model->mix;
	u32 stripe = STRIPE;

	if (!mix->one_key)
		stripe += random_below(&model->random, KHMAP_STRIPES);
	step_add(thread, WORK, 0, times->hash);
	step_add(thread, LOAD, SHAPE, 0);
	step_add(thread, LOCK, stripe, 0);
	if (mix->adds && random_share(model) < times->tells)
		step_add(thread, ATOMIC, COUNT, 0);
	step_add(thread, WORK, 0, (mix->adds ? times->insert : times->replace) - times->hash);
	step_add(thread, UNLOCK, stripe, 0);
	if (mix->adds && random_share(model) < times->pages) {
		step_add(thread, LOCK, GROW_LOCK, 0);
		step_add(thread, WORK, 0, times->page);
		step_add(thread, UNLOCK, GROW_LOCK, 0);
	}
	step_add(thread, LOAD, COUNT, 0);
	if (mix->adds)
		plan_growth(model, thread);
}

/* The steps of the thread's next operation. */
static void plan(struct model *model, struct thread *thread)
{
	const struct scale_times *times = model->times;
	const struct scale_mix *mix = model->mix;
	bool read = random_below(&model->random, 100) < mix->reads;

	thread->at = 0;
	thread->count = 0;
	switch (mix->scheme) {
	case SCALE_KHMAP:
		if (!read) {
			plan_put(model, thread);
			break;
		}
		step_add(thread, LOAD, SHAPE, 0);
		step_add(thread, WORK, 0, times->get);
		break;
	case SCALE_MUTEX:
		step_add(thread, LOCK, ONE_LOCK, 0);
		step_add(thread, WORK, 0, read ? times->get : times->replace);
		step_add(thread, UNLOCK, ONE_LOCK, 0);
		break;
	case SCALE_RWLOCK:
		/* Readers count themselves in and out. */
		step_add(thread, ATOMIC, ONE_LOCK, 0);
		step_add(thread, WORK, 0, times->get);
		step_add(thread, ATOMIC, ONE_LOCK, 0);
		break;
	}
}

/* The line comes to a thread who changes it; return when it is there. */
static double line_take(struct model *model, struct resource *resource, u32 thread, double now)
{
	double start = now > resource->free_at ? now : resource->free_at;
	double cost = resource->owner != thread || resource->shared ? model->times->transfer : 0;

	resource->owner = thread;
	resource->shared = false;
	resource->seen = 1ull << thread;
	resource->free_at = start + cost;
	resource->busy += cost;
	return start + cost;
}

static void line_load(struct model *model, struct resource *resource, u32 index,
		      struct thread *thread)
{
	if (resource->owner == index || resource->seen & 1ull << index)
		return;
	resource->seen |= 1ull << index;
	resource->shared = true;
	thread->now += model->times->transfer;
	thread->waited += model->times->transfer;
}

static void lock_take(struct model *model, struct resource *resource, u32 index, double now)
{
	struct thread *thread = &model->threads[index];
	double there = line_take(model, resource, index, now);

	resource->held = true;
	resource->since = there;
	thread->waited += there - thread->now;
	thread->now = there;
	thread->blocked = false;
	thread->at++;
}

static void lock_drop(struct model *model, struct resource *resource, double now)
{
	u32 i, next;

	resource->held = false;
	resource->busy += now - resource->since;
	if (!resource->queued)
		return;
	next = resource->queue[0];
	for (i = 1; i < resource->queued; i++)
		resource->queue[i - 1] = resource->queue[i];
	resource->queued--;
	lock_take(model, resource, next, now);
}

static void step_do(struct model *model, u32 index)
{
	struct thread *thread = &model->threads[index];
	const struct step *step = &thread->steps[thread->at];
	struct resource *resource = &model->resources[step->resource];
	double there;

	switch (step->kind) {
	case WORK:
		thread->now += step->ns;
		break;
	case LOCK:
		if (!resource->held) {
			lock_take(model, resource, index, thread->now);
		} else {
			thread->blocked = true;
			resource->queue[resource->queued++] = index;
		}
		return;
	case TRY:
		if (!resource->held) {
			model->debt -= step->ns;
			lock_take(model, resource, index, thread->now);
			return;
		}
		thread->at += step->skip;
		break;
	case UNLOCK:
		lock_drop(model, resource, thread->now);
		break;
	case ATOMIC:
		there = line_take(model, resource, index, thread->now);
		thread->waited += there - thread->now;
		thread->now = there;
		break;
	case LOAD:
		line_load(model, resource, index, thread);
		break;
	}
	thread->at++;
}

/* The thread that is behind all others and need not wait. */
static u32 earliest(const struct model *model, u32 threads)
{
	u32 best = threads, i;

	for (i = 0; i < threads; i++)
		if (!model->threads[i].blocked &&
		    (best == threads || model->threads[i].now < model->threads[best].now))
			best = i;
	if (best == threads)
		study_failed("all threads of the model wait for each other");
	return best;
}

void scale_simulate(const struct scale_times *times, const struct scale_mix *mix, u32 threads,
		    struct scale_result *result)
{
	struct model *model = study_alloc(1, sizeof(*model));
	double end = 0, waited = 0, all = 0;
	u32 done = 0, i;

	model->times = times;
	model->mix = mix;
	model->random.state = threads;
	/* Everybody has loaded every line before. */
	for (i = 0; i < RESOURCES; i++)
		model->resources[i].seen = ~0ull;
	/* Not all at once. */
	for (i = 0; i < threads; i++) {
		model->threads[i].now = i * times->get / threads;
		plan(model, &model->threads[i]);
	}
	while (done < OPERATIONS) {
		struct thread *thread = &model->threads[i = earliest(model, threads)];

		end = thread->now;
		if (thread->at < thread->count) {
			step_do(model, i);
			continue;
		}
		done++;
		plan(model, thread);
	}
	for (i = 0; i < threads; i++) {
		waited += model->threads[i].waited;
		all += model->threads[i].now;
	}
	*result = (struct scale_result){
		.rate = done / end * 1e3,
		.waiting = waited / all,
		.busiest = "nothing",
		.behind = model->asked ? model->debt / model->asked : 0,
	};
	for (i = 0; i < RESOURCES; i++)
		if (model->resources[i].busy / end > result->busy) {
			result->busy = model->resources[i].busy / end;
			result->busiest = resource_title(i);
		}
	free(model);
}
