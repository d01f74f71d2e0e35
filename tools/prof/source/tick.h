/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * tick.h - wait for a signal, and do something now and then meanwhile
 */
#ifndef PROF_TICK_H
#define PROF_TICK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define PROF_SECOND_NS	1000000000ull

/**
 * struct prof_tick - something that is done now and then
 * @period_ns: how often; 0 never
 * @tell: does it
 * @context: for @tell
 * @next_ns: CLOCK_MONOTONIC, when it is time; 0 before the first
 * @over: set by @tell to wait no longer, but for the end of a command
 */
struct prof_tick {
	uint64_t period_ns;
	void (*tell)(void *context);
	void *context;
	uint64_t next_ns;
	bool over;
};

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t prof_tick_now(void);

/**
 * prof_tick_do() - do it, if it is time
 * @tick: whose @next_ns is set
 *
 * However long it takes, the next time is a whole number of periods later.
 *
 * Return: whether it was time.
 */
bool prof_tick_do(struct prof_tick *tick);

/**
 * prof_tick_wait() - wait for a signal
 * @tick: done whenever it is time; or NULL
 * @signals: blocked
 * @end_ns: CLOCK_MONOTONIC, when to wait no longer; 0 never
 * @info: filled if a signal came
 *
 * Return: the signal; 0 none has come before @end_ns, or @tick is over.
 */
int prof_tick_wait(struct prof_tick *tick, const sigset_t *signals, uint64_t end_ns,
		   siginfo_t *info);

#endif /* PROF_TICK_H */
