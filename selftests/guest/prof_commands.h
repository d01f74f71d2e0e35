/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prof_commands.h - a program of several commands, for scripts that test the profiler
 */
#ifndef _PROF_COMMANDS_H
#define _PROF_COMMANDS_H

#include <err.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a word says; ends the program if that is no number. */
static inline uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (!*text || *end)
		errx(2, "not a number: %s", text);
	return value;
}

/* Ends the program if an answer is -errno. */
static inline void check(const char *what, int error)
{
	if (error)
		errx(1, "%s: %s", what, strerror(-error));
}

/* Keeps this thread on one CPU. */
static inline void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "CPU %d", cpu);
}

struct command {
	const char *name;
	int words;	/* that it needs, at least */
	int (*run)(char **words);
};

/* The exit status of the command that the first argument names; 2 if there is none. */
static inline int command_run(const struct command *commands, size_t count, const char *usage,
			      int argc, char **argv)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (argc - 2 >= commands[i].words && !strcmp(argv[1], commands[i].name))
			return commands[i].run(argv + 2);
	fputs(usage, stderr);
	return 2;
}

#endif /* _PROF_COMMANDS_H */
