// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * walk_simulate.c - hash-walk under cachegrind, and what it counted
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "walk.h"

/* The same caches on every machine: 32 KiB and 1 MiB. */
#define FIRST_LEVEL	"32768,8,64"
#define LAST_LEVEL	"1048576,16,64"

static void walk_failed(const char *what, const char *output)
{
	study_failed("%s (Debian's package valgrind), see %s.log", what, output);
}

static void walk_run(const char *program, u32 set, const char *output)
{
	char number[16], option[256], log[256];
	pid_t child;
	int status;

	snprintf(number, sizeof(number), "%u", set);
	snprintf(option, sizeof(option), "--cachegrind-out-file=%s", output);
	snprintf(log, sizeof(log), "--log-file=%s.log", output);
	child = fork();
	if (!child) {
		execlp("valgrind", "valgrind", "-q", "--tool=cachegrind", "--cache-sim=yes",
		       "--I1=" FIRST_LEVEL, "--D1=" FIRST_LEVEL, "--LL=" LAST_LEVEL, option,
		       log, program, number, NULL);
		perror("valgrind");
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
	    WEXITSTATUS(status))
		walk_failed("hash-walk did not run under valgrind", output);
}

/* The kind that a function of the file walks; HASH_KINDS if it is no walk. */
static u32 walk_kind_of(const char *function)
{
	char name[64];
	u32 i, size;

	for (i = 0; i < HASH_KINDS; i++)
		for (size = 8; size <= 64; size += 56) {
			snprintf(name, sizeof(name), "walk_%s_%u\n", hash_kinds[i].symbol, size);
			if (!strcmp(function, name))
				return i;
		}
	return HASH_KINDS;
}

void walk_simulate(const char *program, u32 set, struct walk_counts *counts)
{
	u64 c[9];	/* Ir I1mr ILmr Dr D1mr DLmr Dw D1mw DLmw */
	char path[64] = "/tmp/khmap-walk-XXXXXX", line[4096];
	int fd = mkstemp(path);
	u32 kind = HASH_KINDS, i;
	FILE *file;

	if (fd < 0)
		walk_failed("there is no temporary file", path);
	close(fd);
	walk_run(program, set, path);
	memset(counts, 0, HASH_KINDS * sizeof(*counts));
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "fn=", 3)) {
			kind = walk_kind_of(line + 3);
			continue;
		}
		if (kind == HASH_KINDS ||
		    sscanf(line, "%*u %llu %llu %llu %llu %llu %llu %llu %llu %llu", &c[0], &c[1],
			   &c[2], &c[3], &c[4], &c[5], &c[6], &c[7], &c[8]) != 9)
			continue;
		counts[kind].instructions += (double)c[0];
		counts[kind].first += (double)(c[4] + c[7]);
		counts[kind].last += (double)(c[5] + c[8]);
	}
	if (file)
		fclose(file);
	for (i = 0; i < HASH_KINDS; i++)
		if (!counts[i].instructions)
			walk_failed("cachegrind counted nothing", path);
	unlink(path);
	strcat(path, ".log");
	unlink(path);
}
