/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slower.h - a kernel that looks for faults takes its time
 *
 * The time limit of each test case is the harness's; it is multiplied by what
 * run.sh says of the kernel.  Included before everything else.
 */
#ifndef _SLOWER_H
#define _SLOWER_H

#include <stdlib.h>
#include <unistd.h>

/* So many times as much time as Debian's kernel takes. */
static inline unsigned int slower_factor(void)
{
	const char *factor = getenv("KHMAP_SLOWER");

	return factor ? (unsigned int)atoi(factor) : 1;
}

static inline unsigned int slower_alarm(unsigned int seconds)
{
	return alarm(seconds * slower_factor());
}

#define alarm(seconds)	slower_alarm(seconds)

#endif /* _SLOWER_H */
