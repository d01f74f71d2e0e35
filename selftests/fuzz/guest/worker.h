/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * worker.h - one process
 */
#ifndef _FUZZ_WORKER_H
#define _FUZZ_WORKER_H

#include "fuzz.h"

/* Exit statuses of processes, beside 0. */
#define FUZZ_EXIT_JOURNAL	3	/* the contents of a map are wrong */
#define FUZZ_EXIT_SETUP		4
#define FUZZ_EXIT_FAULT		99	/* a fault where none was expected */

/* Each third round is of programs that unload the module and load it, and none keeps it. */
static inline bool fuzz_round_of_module(uint32_t round)
{
	return round % 3 == 2;
}

/* These do not return. */
void fuzz_worker_run(struct fuzz_worker *worker, uint32_t round);
void fuzz_journal_run(const struct fuzz_options *options, uint32_t round);

#endif /* _FUZZ_WORKER_H */
