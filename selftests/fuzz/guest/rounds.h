/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * rounds.h - all processes, and what must hold when they have ended
 */
#ifndef _FUZZ_ROUNDS_H
#define _FUZZ_ROUNDS_H

#include "fuzz.h"

/* What was not as it must be, in words, on standard output. */
__attribute__((format(printf, 1, 2)))
void fuzz_problem(const char *format, ...);
uint32_t fuzz_problems(void);

/* Rounds until the time is up; how many there were. */
uint32_t fuzz_rounds(const struct fuzz_options *options);

/* leftovers.c: what the processes have left is verified and taken away; nothing else is there. */
void fuzz_leftovers(const struct fuzz_options *options);
/* Limits of memory as they are for a round, and as they were before the first one. */
void fuzz_limits(void);
void fuzz_limits_end(void);

#endif /* _FUZZ_ROUNDS_H */
