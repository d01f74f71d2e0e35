// SPDX-License-Identifier: GPL-2.0-only
/*
 * prof_counters.c - two processors, strictly in turns, on counters of user space
 *
 * No test by itself: prof_watch.sh knows beforehand what the profiler must see.
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] =
	"Usage: prof_counters CASE N [wait | fork]\n"
	"CPU 0 and CPU 1 access the variable \"counters\" in turns, N times each: false, true,\n"
	"padded, mixed, across, reads, reads-other, adds. With \"wait\" they are threads that wait\n"
	"until a line comes from standard input, and a line says that they are there; all ends\n"
	"with a second line.  With \"fork\" a child of the process does it all.\n";

/* Each line for itself; @far begins the second. */
struct counters {
	uint64_t first;
	uint64_t second;
	uint64_t other[6];
	uint64_t far[8];
};

struct counters counters __attribute__((aligned(64)));

/* Whose turn it is, and nothing else, in a line. */
static struct {
	atomic_uint cpu;
	char rest[60];
} turn __attribute__((aligned(64))) = { .cpu = 2 };

/* 8 bytes, of which 4 are in the next line. */
struct unaligned {
	uint64_t value;
} __attribute__((packed));

static void store(volatile uint64_t *counter, uint64_t value)
{
	*counter = value;
}

static uint64_t seen;

static void take_false(unsigned int cpu, uint64_t i)
{
	store(cpu ? &counters.second : &counters.first, i);
}

static void take_true(unsigned int cpu, uint64_t i)
{
	store(&counters.first, i);
}

static void take_padded(unsigned int cpu, uint64_t i)
{
	store(cpu ? &counters.far[0] : &counters.first, i);
}

static void take_mixed(unsigned int cpu, uint64_t i)
{
	store(cpu && i & 1 ? &counters.second : &counters.first, i);
}

static void take_across(unsigned int cpu, uint64_t i)
{
	*(volatile uint64_t *)&((struct unaligned *)((char *)&counters + 60))->value = i;
}

static void take_reads(unsigned int cpu, uint64_t i)
{
	if (cpu)
		seen = *(volatile uint64_t *)&counters.first;
	else
		store(&counters.first, i);
}

static void take_reads_other(unsigned int cpu, uint64_t i)
{
	if (cpu)
		seen = *(volatile uint64_t *)&counters.second;
	else
		store(&counters.first, i);
}

/* An instruction that loads and stores. */
static void take_adds(unsigned int cpu, uint64_t i)
{
	__atomic_fetch_add(cpu ? &counters.second : &counters.first, 1,
			   __ATOMIC_RELAXED);
}

static const struct {
	const char *name;
	void (*take)(unsigned int cpu, uint64_t i);
} cases[] = {
	{ "false", take_false },
	{ "true", take_true },
	{ "padded", take_padded },
	{ "mixed", take_mixed },
	{ "across", take_across },
	{ "reads", take_reads },
	{ "reads-other", take_reads_other },
	{ "adds", take_adds },
};

struct taker {
	unsigned int cpu;
	uint64_t turns;
	void (*take)(unsigned int cpu, uint64_t i);
};

static void *taker_main(void *context)
{
	const struct taker *taker = context;
	cpu_set_t set;
	uint64_t i;

	CPU_ZERO(&set);
	CPU_SET(taker->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "CPU %u", taker->cpu);
	for (i = 0; i < taker->turns; i++) {
		while (atomic_load(&turn.cpu) != taker->cpu)
			sched_yield();
		taker->take(taker->cpu, i);
		atomic_store(&turn.cpu, !taker->cpu);
	}
	return NULL;
}

static void wait_line(void)
{
	char byte;

	while (read(0, &byte, 1) == 1 && byte != '\n')
		;
}

/* Goes on in a child, and ends this process when that has ended. */
static void go_on_in_child(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		return;
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		err(1, "child");
	exit(!WIFEXITED(status) || WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
	struct taker takers[2] = { { .cpu = 0 }, { .cpu = 1 } };
	int waits = argc == 4 && !strcmp(argv[3], "wait");
	int forks = argc == 4 && !strcmp(argv[3], "fork");
	pthread_t threads[2];
	size_t i, chosen;

	for (chosen = 0; chosen < sizeof(cases) / sizeof(cases[0]); chosen++)
		if (argc >= 3 && !strcmp(argv[1], cases[chosen].name))
			break;
	if (chosen == sizeof(cases) / sizeof(cases[0]) || (argc > 3 && !waits && !forks)) {
		fputs(usage, stderr);
		return 2;
	}
	if (forks)
		go_on_in_child();
	for (i = 0; i < 2; i++) {
		takers[i].turns = strtoull(argv[2], NULL, 10);
		takers[i].take = cases[chosen].take;
		errno = pthread_create(&threads[i], NULL, taker_main, &takers[i]);
		if (errno)
			err(1, "thread");
	}
	if (waits) {
		puts("ready");
		fflush(stdout);
		wait_line();
	}
	atomic_store(&turn.cpu, 0);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	if (waits) {
		puts("done");
		fflush(stdout);
		wait_line();
	}
	return 0;
}
