// SPDX-License-Identifier: GPL-2.0-only
/*
 * prof_foreground.c - runs a command that Ctrl-C ends, from a script
 *
 * No test by itself: prof_ends.sh runs the profiler by it.  A shell without job
 * control has what it runs in the background ignore SIGINT and SIGQUIT.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const char usage[] =
	"Usage: prof_foreground COMMAND [ARGUMENT...]\n"
	"Runs it with SIGINT and SIGQUIT as they are in the foreground.\n";

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	execvp(argv[1], argv + 1);
	err(127, "%s", argv[1]);
}
