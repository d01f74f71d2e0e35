// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * rounds.c - all processes
 *
 * In a round some processes run programs and one keeps a journal.  At its end half of them are
 * killed, wherever they are, and the others stop.  Then what must hold is looked at, and the next
 * one begins with new processes.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

#include "kcov.h"
#include "rounds.h"
#include "worker.h"

#define LOOK_US		100000
#define FOREVER		((time_t)1 << 40)

static uint32_t problems;

struct crew {
	pid_t pid[FUZZ_WORKERS];
	bool killed[FUZZ_WORKERS];
	uint64_t beat[FUZZ_WORKERS];
	time_t since[FUZZ_WORKERS];
	unsigned int count;
};

void fuzz_problem(const char *format, ...)
{
	va_list arguments;

	problems++;
	printf("# ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	fflush(stdout);
}

uint32_t fuzz_problems(void)
{
	return problems;
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static pid_t start(const struct fuzz_options *options, uint32_t round, unsigned int number,
		   const int *sockets, int log)
{
	static struct fuzz_worker worker;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	if (number == options->procs || options->life)
		fuzz_journal_run(options, round);
	worker.number = number;
	worker.options = options;
	worker.socket[0] = sockets[0];
	worker.socket[1] = sockets[1];
	worker.log = log;
	fuzz_worker_run(&worker, round);
	_exit(FUZZ_EXIT_SETUP);
}

static void show_stack(pid_t pid)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "for t in /proc/%d/task/*; do echo \"# $t\"; sed 's/^/#   /' $t/stack; done", pid);
	if (system(command))
		printf("#   its stack cannot be read\n");
	fflush(stdout);
}

/* A process that makes no call for so long is stuck in one. */
static void look(const struct fuzz_options *options, struct crew *crew)
{
	unsigned int i;

	for (i = 0; i < crew->count; i++) {
		uint64_t beat = fuzz_shared->worker[i].beat;

		if (beat != crew->beat[i] || crew->pid[i] <= 0) {
			crew->beat[i] = beat;
			crew->since[i] = now();
		} else if (now() - crew->since[i] > (time_t)options->patience) {
			fuzz_problem("process %u is stuck in %s, program %llu", i,
				     fuzz_ops[fuzz_shared->worker[i].op].name,
				     (unsigned long long)fuzz_shared->worker[i].program);
			show_stack(crew->pid[i]);
			crew->since[i] = now() + 3600;
		}
	}
}

static void ended(struct crew *crew, unsigned int i, int status)
{
	crew->pid[i] = 0;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && crew->killed[i])
		return;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == FUZZ_EXIT_JOURNAL)
		fuzz_problem("process %u: a map does not hold what was stored", i);
	else
		fuzz_problem("process %u ended with status %x in %s, program %llu", i, status,
			     fuzz_ops[fuzz_shared->worker[i].op].name,
			     (unsigned long long)fuzz_shared->worker[i].program);
}

/* How many have not ended. */
static unsigned int collect(struct crew *crew)
{
	unsigned int i, left = 0;
	int status;

	for (i = 0; i < crew->count; i++) {
		if (crew->pid[i] <= 0)
			continue;
		if (waitpid(crew->pid[i], &status, WNOHANG) == crew->pid[i])
			ended(crew, i, status);
		else
			left++;
	}
	return left;
}

static void kill_one(struct crew *crew, unsigned int i)
{
	if (crew->pid[i] <= 0)
		return;
	crew->killed[i] = true;
	kill(crew->pid[i], SIGKILL);
}

/* Where it is not time that ends a round, some do not live to see half of their programs. */
static void kill_some(const struct fuzz_options *options, struct crew *crew)
{
	unsigned int i;

	for (i = 1; options->programs && i + 1 < crew->count; i += 3)
		if (fuzz_shared->worker[i].program >= options->programs / 2)
			kill_one(crew, i);
}

/* The time is up: half of them are killed, the others may end. */
static void stop(struct crew *crew, struct rng *rng)
{
	unsigned int i;

	fuzz_shared->stop = true;
	/* The journal, the last one, is no use if it is killed. */
	for (i = 0; i + 1 < crew->count; i++)
		if (rng_percent(rng, 50))
			kill_one(crew, i);
}

/* Until all have ended, or the time is up and those that are still there cannot be killed. */
static void watch(const struct fuzz_options *options, struct crew *crew, time_t end,
		  struct rng *rng)
{
	time_t patience = (time_t)options->patience;
	unsigned int i;

	while (collect(crew)) {
		usleep(LOOK_US);
		look(options, crew);
		kill_some(options, crew);
		if (now() < end)
			continue;
		if (!fuzz_shared->stop)
			stop(crew, rng);
		if (now() < end + patience)
			continue;
		for (i = 0; i < crew->count; i++)
			kill_one(crew, i);
		if (now() < end + 2 * patience)
			continue;
		fuzz_problem("%u processes cannot be killed", collect(crew));
		return;
	}
}

static void run_round(const struct fuzz_options *options, uint32_t round, time_t end, int log)
{
	struct rng rng = rng_of(options->seed + round, FUZZ_WORKERS + 1);
	struct crew crew = { .count = options->procs + 1 };
	unsigned int i;
	int sockets[2];

	if (options->replay || options->life)
		crew.count = 1;
	else if (fuzz_round_of_module(round))
		/* The journal would keep the module. */
		crew.count = options->procs;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets)) {
		fuzz_problem("no sockets: %s", strerror(errno));
		return;
	}
	fuzz_limits();
	/* In each second one anybody may make maps. */
	if (chmod(KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME, round % 2 ? 0666 : 0600))
		fuzz_problem("the control node: %s", strerror(errno));
	fuzz_kcov_locate();
	fuzz_shared->stop = false;
	for (i = 0; i < crew.count; i++) {
		fuzz_shared->worker[i].program = 0;
		crew.since[i] = now();
		crew.pid[i] = start(options, round, i, sockets, log);
		if (crew.pid[i] < 0)
			fuzz_problem("no process: %s", strerror(errno));
	}
	watch(options, &crew, end, &rng);
	close(sockets[0]);
	close(sockets[1]);
	fuzz_leftovers(options);
}

uint32_t fuzz_rounds(const struct fuzz_options *options)
{
	bool once = options->replay || options->life;
	bool counted = options->programs || once;
	uint32_t round = 0, rounds = once ? 1 : options->rounds;
	time_t end = now() + options->seconds;
	int log = -1;

	if (options->log) {
		log = open(options->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (log < 0)
			fuzz_problem("%s: %s", options->log, strerror(errno));
	}
	do {
		time_t round_end = now() + options->round_seconds;

		if (counted)
			round_end = FOREVER;
		else if (round_end > end)
			round_end = end;
		run_round(options, round, round_end, log);
		round++;
		if (options->verbose)
			printf("# round %u: %llu calls, %llu edges\n", round,
			       (unsigned long long)fuzz_shared->calls,
			       (unsigned long long)fuzz_kcov_edges());
	} while (!problems && (counted ? round < rounds : now() < end));
	if (log >= 0)
		close(log);
	return round;
}
