// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * worker.c - one process
 *
 * It has three threads.  One makes the calls of a program in their order.  A second makes the same
 * calls at the same time in another order, with the same descriptors and mappings, so that what one
 * uses the other closes, unmaps or drops.  The third unmaps and maps the pages that arguments lie
 * in.
 *
 * A program is made from the seed, the round, the process and its number alone, or, where the
 * kernel tells what it reached, from one that reached something new.
 */
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "corpus.h"
#include "execute.h"
#include "kcov.h"
#include "place.h"
#include "slots.h"
#include "worker.h"

#define UNPRIVILEGED	1000
#define DESCRIPTORS	160	/* so that there are none left now and then */
#define SHAKE_US	300

/* What the second thread is given to do. */
struct race {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct fuzz_program program;
	struct rng rng;
	bool busy;
};

static struct race race = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

static struct fuzz_thread threads[2];

static void *racer(void *argument)
{
	struct fuzz_thread *thread = argument;
	uint32_t i;

	fuzz_thread_self = thread;
	for (;;) {
		pthread_mutex_lock(&race.lock);
		while (!race.busy)
			pthread_cond_wait(&race.changed, &race.lock);
		pthread_mutex_unlock(&race.lock);
		for (i = 0; i < race.program.count; i++)
			fuzz_call_run(thread, &race.program.call[rng_below(&race.rng,
									   race.program.count)]);
		pthread_mutex_lock(&race.lock);
		race.busy = false;
		pthread_cond_signal(&race.changed);
		pthread_mutex_unlock(&race.lock);
	}
	return NULL;
}

static void race_begin(const struct fuzz_program *program, struct rng *rng)
{
	pthread_mutex_lock(&race.lock);
	race.program.count = program->count;
	memcpy(race.program.call, program->call, program->count * sizeof(program->call[0]));
	race.rng = rng_of(rng_next(rng), 1);
	race.busy = true;
	pthread_cond_signal(&race.changed);
	pthread_mutex_unlock(&race.lock);
}

static void race_end(void)
{
	pthread_mutex_lock(&race.lock);
	while (race.busy)
		pthread_cond_wait(&race.changed, &race.lock);
	pthread_mutex_unlock(&race.lock);
}

static void *shaker(void *argument)
{
	struct fuzz_memory **memories = argument;
	struct rng rng = rng_of(1, 2);

	for (;;) {
		fuzz_memory_shake(memories[rng_below(&rng, 2)], &rng);
		usleep(SHAKE_US);
	}
	return NULL;
}

static int drop_privileges(void)
{
	return setgroups(0, NULL) ||
	       syscall(SYS_setresgid, UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED) ||
	       syscall(SYS_setresuid, UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED);
}

/* Lower descriptors are not handed out any more. */
static void fill_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd < FUZZ_FD_FIRST);
	close(fd);
}

static bool set_up(struct fuzz_worker *worker)
{
	static struct fuzz_memory *memories[2];
	struct rlimit limit = { DESCRIPTORS, DESCRIPTORS }, none = {};
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		memories[i] = fuzz_memory_create();
		if (!memories[i])
			return false;
		threads[i].worker = worker;
		threads[i].memory = memories[i];
	}
	threads[0].rings = fuzz_rings_create();
	fuzz_thread_self = &threads[0];
	fuzz_faults_init();
	if (!worker->options->blind && !fuzz_kcov_open())
		return false;
	fill_descriptors();
	fuzz_slots_init(worker);
	worker->first_fd = FUZZ_FD_FIRST;
	setrlimit(RLIMIT_CORE, &none);
	/* Each fourth is somebody whom nodes are closed to, but not what he is handed. */
	if (worker->number % 4 == 3 && drop_privileges())
		return false;
	setrlimit(RLIMIT_NOFILE, &limit);
	return !pthread_create(&thread, NULL, racer, &threads[1]) &&
	       !pthread_create(&thread, NULL, shaker, memories);
}

static void make_program(struct rng *rng, uint32_t round, struct fuzz_program *program)
{
	static struct fuzz_program other;

	if (fuzz_round_of_module(round))
		fuzz_generate_module(rng, program);
	else if (rng_percent(rng, 5))
		fuzz_generate_versions(rng, program);
	else if (rng_percent(rng, 75) && fuzz_corpus_pick(rng, program) &&
		 fuzz_corpus_pick(rng, &other))
		fuzz_mutate(rng, program, &other);
	else
		fuzz_generate(rng, program);
}

static void log_program(const struct fuzz_worker *worker, uint32_t round, uint64_t number,
			const struct fuzz_program *program)
{
	char *text = NULL;
	size_t size;
	FILE *memory;

	if (worker->log < 0)
		return;
	memory = open_memstream(&text, &size);
	if (!memory)
		return;
	fprintf(memory, "# round %u process %u program %llu\n", round, worker->number,
		(unsigned long long)number);
	fuzz_print(memory, program);
	fclose(memory);
	/* One write, so that those of several processes do not mix. */
	if (write(worker->log, text, size) < 0)
		perror("the log");
	free(text);
}

static void let_go(struct fuzz_worker *worker)
{
	fuzz_slots_clear(worker);
	/* And those that nobody knows of, as their number came back into memory that was gone. */
	syscall(SYS_close_range, FUZZ_FD_FIRST, ~0u, 0);
}

static void run_program(struct fuzz_worker *worker, const struct fuzz_program *program,
			struct rng *rng, bool alone)
{
	bool both = rng_percent(rng, 60);
	uint32_t i;

	if (both)
		race_begin(program, rng);
	fuzz_kcov_begin();
	for (i = 0; i < program->count; i++)
		fuzz_call_run(&threads[0], &program->call[i]);
	if (fuzz_kcov_end())
		fuzz_corpus_add(program);
	if (both)
		race_end();
	/* What is left open goes into the next one, most of the time. */
	if (alone || rng_percent(rng, 20))
		let_go(worker);
	fuzz_shared->programs++;
}

static int replay(struct fuzz_worker *worker)
{
	FILE *file = fopen(worker->options->replay, "re");
	static struct fuzz_program program;
	struct rng rng = rng_of(worker->options->seed, 0);
	int got;

	if (!file) {
		perror(worker->options->replay);
		return FUZZ_EXIT_SETUP;
	}
	while ((got = fuzz_parse(file, &program)) > 0)
		run_program(worker, &program, &rng, false);
	fclose(file);
	return got ? FUZZ_EXIT_SETUP : 0;
}

void fuzz_worker_run(struct fuzz_worker *worker, uint32_t round)
{
	const struct fuzz_options *options = worker->options;
	static struct fuzz_program program;
	struct rng stream = rng_of(options->seed + round, worker->number);
	uint64_t number;

	if (!set_up(worker))
		_exit(FUZZ_EXIT_SETUP);
	if (options->replay)
		_exit(replay(worker));
	for (number = 0; !fuzz_shared->stop && (!options->programs || number < options->programs);
	     number++) {
		struct rng rng = rng_of(rng_next(&stream), number);

		make_program(&rng, round, &program);
		fuzz_shared->worker[worker->number].program = number;
		log_program(worker, round, number, &program);
		run_program(worker, &program, &rng, fuzz_round_of_module(round));
	}
	_exit(0);
}
