// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * share.c - two counters, in one line or in two; and one counter for two
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "demo/demo.h"
#include "demo/watched.h"
#include "timing/counters.h"

/* Some way into a line: packed counters begin where others of their struct end. */
#define PACKED_OFFSET	24

struct packed {
	char others[PACKED_OFFSET];
	uint64_t counters[2];
} __attribute__((aligned(PROF_LINE_SIZE)));

struct aligned {
	uint64_t counter;
} __attribute__((aligned(PROF_LINE_SIZE)));

static struct packed packed;
static struct aligned aligned[2];
/* The array is aligned, its elements are not: they still share a line. */
static uint64_t array[2] __attribute__((aligned(PROF_LINE_SIZE)));
static struct aligned single;

static const struct {
	const char *name;
	uint64_t *counters[2];
} cases[] = {
	{ "two counters packed in one line", { &packed.counters[0], &packed.counters[1] } },
	{ "two counters, each aligned to a line", { &aligned[0].counter, &aligned[1].counter } },
	{ "an array that is aligned as a whole", { &array[0], &array[1] } },
	{ "one counter for both", { &single.counter, &single.counter } },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

struct round {
	uint64_t *const *counters;
	uint64_t increments;
	struct prof_counter misses[2];
	int fds[2];	/* of @misses; negative if they are not counted */
	uint64_t missed[2];
	bool known[2];
};

static int counter_open(void *context, int which)
{
	struct round *round = context;

	round->fds[which] = prof_counters_thread(&round->misses[which]);
	return 0;
}

static int increment(void *context, int which)
{
	struct round *round = context;
	uint64_t *counter = round->counters[which];
	uint64_t i;

	for (i = 0; i < round->increments; i++)
		__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
	return 0;
}

static void counter_read(void *context, int which)
{
	struct round *round = context;
	int fd = round->fds[which];

	if (fd < 0)
		return;
	round->known[which] = read(fd, &round->missed[which], sizeof(round->missed[which])) ==
			      sizeof(round->missed[which]);
	close(fd);
}

static const struct demo_work increments = {
	.prepare = counter_open,
	.run = increment,
	.finish = counter_read,
};

static int case_round(struct demo *demo, struct demo_case *at, uint64_t *const *counters)
{
	struct round round = { .counters = counters, .increments = demo->increments };
	struct prof_counters chosen = { 0 };
	double ns;
	int err, i;

	prof_counters_choose(&chosen, "store-misses");
	for (i = 0; i < 2; i++) {
		round.misses[i] = chosen.counters[0];
		__atomic_store_n(counters[i], 0, __ATOMIC_RELAXED);
	}
	err = demo_pair_run(&demo->pair, &increments, &round, &ns);
	if (err)
		return err;
	at->round_ns[at->rounds++] = ns / (double)demo->increments;
	at->operations = 2 * demo->increments;
	at->counted = __atomic_load_n(counters[0], __ATOMIC_RELAXED);
	if (counters[0] != counters[1])
		at->counted += __atomic_load_n(counters[1], __ATOMIC_RELAXED);
	at->misses_known = round.known[0] && round.known[1];
	at->misses_counts = round.misses[0].counts;
	at->misses = (double)(round.missed[0] + round.missed[1]) / (double)at->operations;
	snprintf(at->misses_why, sizeof(at->misses_why), "%s",
		 round.misses[0].why[0] ? round.misses[0].why : round.misses[1].why);
	return 0;
}

static int case_model(const struct demo *demo, struct demo_case *at, uint64_t *const *counters)
{
	struct demo_transfers transfers;
	int err = demo_watched(&demo->pair, counters, &transfers);

	if (!err)
		demo_case_model(at, &transfers);
	return err;
}

int demo_counters(struct demo *demo)
{
	struct demo_case *at = &demo->cases[demo->count];
	size_t i, round;
	int err;

	for (i = 0; i < CASES; i++) {
		at[i].group = "counters";
		at[i].name = cases[i].name;
		at[i].verdict = demo_verdict_of((uintptr_t)cases[i].counters[0],
						(uintptr_t)cases[i].counters[1],
						sizeof(uint64_t));
		at[i].verdict_by = "addresses";
		snprintf(at[i].modelled_why, sizeof(at[i].modelled_why),
			 "--watchpoints does, as root");
	}
	demo->count += CASES;
	/* Cases in turns: what else the machine does meets all of them. */
	for (round = 0; round < demo->rounds; round++)
		for (i = 0; i < CASES; i++) {
			err = case_round(demo, &at[i], cases[i].counters);
			if (err)
				return err;
		}
	for (i = 0; i < CASES; i++) {
		at[i].ns = demo_median(at[i].round_ns, at[i].rounds);
		if (!demo->watchpoints)
			continue;
		err = case_model(demo, &at[i], cases[i].counters);
		if (err)
			return err;
	}
	return 0;
}
