// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * tick.c - wait for a signal, and do something now and then meanwhile
 */
#include <time.h>
#include "source/tick.h"

#define SECOND_NS	1000000000ull

uint64_t prof_tick_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* Returns the signal, or 0 when it is @until or another signal was handled. */
static int wait_until(const sigset_t *signals, uint64_t until, siginfo_t *info)
{
	uint64_t now = prof_tick_now(), left = until > now ? until - now : 0;
	const struct timespec timeout = {
		.tv_sec = (time_t)(left / SECOND_NS),
		.tv_nsec = (long)(left % SECOND_NS),
	};
	int got = until ? sigtimedwait(signals, info, &timeout) : sigwaitinfo(signals, info);

	return got > 0 ? got : 0;
}

bool prof_tick_do(struct prof_tick *tick)
{
	uint64_t now = prof_tick_now();

	if (!tick->period_ns || now < tick->next_ns)
		return false;
	tick->tell(tick->context);
	/* Not more often than it can be done. */
	now = prof_tick_now();
	while (tick->period_ns && tick->next_ns <= now)
		tick->next_ns += tick->period_ns;
	return true;
}

int prof_tick_wait(struct prof_tick *tick, const sigset_t *signals, uint64_t end_ns,
		   siginfo_t *info)
{
	bool ticks = tick && tick->period_ns;
	uint64_t now = prof_tick_now(), until;
	int got;

	if (ticks && !tick->next_ns)
		tick->next_ns = now + tick->period_ns;
	for (; !end_ns || now < end_ns; now = prof_tick_now()) {
		until = ticks && (!end_ns || tick->next_ns < end_ns) ? tick->next_ns : end_ns;
		got = wait_until(signals, until, info);
		if (got)
			return got;
		if (ticks && prof_tick_do(tick) && tick->over)
			return 0;
	}
	return 0;
}
