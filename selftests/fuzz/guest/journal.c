// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * journal.c - lives of maps whose contents are known
 *
 * A life is a map of its own, from CREATE on, and some hundreds of steps; each step follows from
 * the life's seed and its number alone.  So steps can be left out: when something was wrong, the
 * life is lived again without one half of them, a quarter and so on, as long as something is still
 * wrong.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "execute.h"
#include "journal.h"
#include "place.h"
#include "slots.h"
#include "worker.h"

#define STEPS			300
#define PROGRAMS_PER_LIFE	20	/* take about as long */

static struct fuzz_thread self;
static struct journal journal;

/* Returns the step in which something was wrong, or -1. */
static int live(uint64_t seed, const bool *left_out, uint32_t steps, bool tell)
{
	int wrong = -1;
	uint32_t i;

	if (!journal_open(&journal, seed))
		return journal.wrong[0] ? 0 : -1;
	if (tell)
		printf("#   keys of %u, values of %u, at most %u entries\n", journal.key_size,
		       journal.value_size, journal.max_entries);
	for (i = 0; i < steps && wrong < 0; i++) {
		if (left_out && left_out[i])
			continue;
		fuzz_shared->worker[self.worker->number].beat++;
		if (!journal_step(&journal, seed + i))
			wrong = (int)i;
		if (tell)
			printf("#   step %u: %s\n", i, journal.step);
	}
	if (wrong < 0) {
		strcpy(journal.step, "the end");
		journal_compare(&journal, journal.fd, &journal.now);
		journal_verify(&journal, journal.fd);
		for (i = 0; i < JOURNAL_SHOTS; i++)
			if (journal.shot[i].fd >= 0)
				journal_compare(&journal, journal.shot[i].fd,
						&journal.shot[i].then);
		if (journal.wrong[0])
			wrong = (int)steps;
	}
	journal_close(&journal);
	fuzz_slots_clear(self.worker);
	return wrong;
}

/* Leave out what something is wrong without. */
static void shrink(uint64_t seed, uint32_t steps)
{
	static bool left_out[STEPS];
	uint32_t chunk, i, k, left = 0;

	for (chunk = steps / 2; chunk; chunk /= 2) {
		for (i = 0; i < steps; i += chunk) {
			bool before[STEPS];

			memcpy(before, left_out, sizeof(before));
			for (k = i; k < i + chunk && k < steps; k++)
				left_out[k] = true;
			if (live(seed, left_out, steps, false) < 0)
				memcpy(left_out, before, sizeof(before));
		}
	}
	for (i = 0; i < steps; i++)
		left += !left_out[i];
	printf("# %u of %u steps are enough:\n", left, steps);
	live(seed, left_out, steps, true);
	printf("#   %s\n", journal.wrong[0] ? journal.wrong : "but this time all was right");
}

static void set_up(const struct fuzz_options *options)
{
	static struct fuzz_worker worker;
	struct rlimit none = {};

	worker.number = options->procs;
	worker.options = options;
	worker.log = -1;
	worker.first_fd = 3;
	journal.thread = &self;
	self.worker = &worker;
	self.memory = fuzz_memory_create();
	if (!self.memory)
		_exit(FUZZ_EXIT_SETUP);
	fuzz_thread_self = &self;
	fuzz_faults_init();
	fuzz_slots_init(&worker);
	setrlimit(RLIMIT_CORE, &none);
}

void fuzz_journal_run(const struct fuzz_options *options, uint32_t round)
{
	struct rng lives = rng_of(options->seed + round, FUZZ_WORKERS);
	uint64_t seed = options->life, number;
	int wrong;

	set_up(options);
	if (seed) {
		wrong = live(seed, NULL, STEPS, true);
		printf("# life %llu: %s\n", (unsigned long long)seed,
		       wrong < 0 ? "all was right" : journal.wrong);
		fflush(stdout);
		_exit(wrong < 0 ? 0 : FUZZ_EXIT_JOURNAL);
	}
	for (number = 0; !fuzz_shared->stop &&
	     (!options->programs || number < options->programs / PROGRAMS_PER_LIFE + 1);
	     number++) {
		seed = rng_next(&lives) >> 1 | 1;
		wrong = live(seed, NULL, STEPS, false);
		if (wrong < 0)
			continue;
		printf("# the journal: --life %llu, step %d (%s): %s\n",
		       (unsigned long long)seed, wrong, journal.step, journal.wrong);
		shrink(seed, (uint32_t)wrong < STEPS ? (uint32_t)wrong + 1 : STEPS);
		fflush(stdout);
		_exit(FUZZ_EXIT_JOURNAL);
	}
	_exit(0);
}
