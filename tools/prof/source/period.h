/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * period.h - for how long something is watched: a time, a command, until Ctrl-C
 */
#ifndef PROF_PERIOD_H
#define PROF_PERIOD_H

#include <stdint.h>
#include "prof.h"
#include "source/child.h"
#include "source/tick.h"

/**
 * struct prof_period - for how long
 * @command: while it runs; or NULL
 * @duration_ns: so long; 0 until a signal comes
 * @tick: what is done meanwhile, or NULL
 * @child: the command, once it is started
 * @lasted_ns: filled by prof_period_run()
 */
struct prof_period {
	char **command;
	uint64_t duration_ns;
	struct prof_tick *tick;
	struct prof_child child;
	uint64_t lasted_ns;
};

/**
 * prof_period_option() - take the value of --duration
 * @period: changed
 * @text: seconds; prints what is wrong with it
 *
 * Return: whether all is well.
 */
bool prof_period_option(struct prof_period *period, const char *text);

/**
 * prof_period_command() - take what follows the options as the command
 * @period: changed
 * @words: of the command line, from the first that is no option; NULL at their end
 *
 * Prints what is wrong.
 *
 * Return: whether all is well: a command or a duration, not both.
 */
bool prof_period_command(struct prof_period *period, char **words);

/**
 * prof_period_start() - start the command, if there is one, and hold it
 * @period: its @child is filled; prints what went wrong
 *
 * Return: enum prof_exit.
 */
int prof_period_start(struct prof_period *period);

/**
 * prof_period_run() - let it pass
 * @period: of prof_period_start()
 * @enable: told when it begins, and when it is over
 * @context: for @enable
 *
 * Return: the command's exit status, see prof_child_run(); or 0.
 */
int prof_period_run(struct prof_period *period, void (*enable)(void *context, bool on),
		    void *context);

#endif /* PROF_PERIOD_H */
