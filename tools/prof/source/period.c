// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * period.c - for how long something is watched
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "options.h"
#include "source/period.h"

bool prof_period_option(struct prof_period *period, const char *text)
{
	return prof_option_seconds("--duration", text, &period->duration_ns);
}

bool prof_period_command(struct prof_period *period, char **words)
{
	if (*words)
		period->command = words;
	if (!period->command || !period->duration_ns)
		return true;
	prof_error("give --duration or a command, not both");
	return false;
}

int prof_period_start(struct prof_period *period)
{
	int err;

	if (!period->command)
		return PROF_EXIT_OK;
	err = prof_child_start(&period->child, period->command);
	if (!err)
		return PROF_EXIT_OK;
	prof_error("%s cannot be started: %s", period->command[0], strerror(-err));
	return PROF_EXIT_FAILED;
}

/* Until the time is over, a signal comes or the tick ends it; the signals are blocked. */
static void period_wait(const struct prof_period *period, const sigset_t *signals)
{
	uint64_t end = period->duration_ns ? prof_tick_now() + period->duration_ns : 0;
	siginfo_t info;

	if (!end)
		fprintf(stderr, "khmap-prof: recording; Ctrl-C ends it\n");
	prof_tick_wait(period->tick, signals, end, &info);
}

int prof_period_run(struct prof_period *period, void (*enable)(void *context, bool on),
		    void *context)
{
	uint64_t began;
	sigset_t signals;
	int result = 0;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	began = prof_tick_now();
	enable(context, true);
	if (period->command) {
		period->child.tick = period->tick;
		result = prof_child_run(&period->child, &signals);
	} else {
		period_wait(period, &signals);
	}
	enable(context, false);
	period->lasted_ns = prof_tick_now() - began;
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	return result;
}
