// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * interrupt.c - khmapctl, interrupted at a moment of one's choice
 *
 * Whatever may be interrupted tells how far it is; the Nth time, counted from 0, it gets a SIGINT.
 * N is in the environment, as INTERRUPT.  Linked with --wrap=progress_show.
 */
#include <signal.h>
#include <stdlib.h>

#include "interrupt.h"

void __wrap_progress_show(struct progress *progress, uint64_t done)
{
	static unsigned long calls;
	const char *when = getenv("INTERRUPT");

	if (when && calls++ == strtoul(when, NULL, 10))
		raise(SIGINT);
	__real_progress_show(progress, done);
}
