/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * kcov.h - what of the module a program reached
 */
#ifndef _FUZZ_KCOV_H
#define _FUZZ_KCOV_H

#include "fuzz.h"

/* Before the first process; false if memory is short. */
bool fuzz_kcov_init(void);
/* Where the module's code is now; again whenever it was loaded. */
void fuzz_kcov_locate(void);
/* For the calling thread.  False: the kernel has none of it, or it may not be used. */
bool fuzz_kcov_open(void);
void fuzz_kcov_begin(void);
/* Edges that no program had before. */
uint32_t fuzz_kcov_end(void);
/* Addresses and edges so far, of all processes. */
uint64_t fuzz_kcov_places(void);
uint64_t fuzz_kcov_edges(void);

#endif /* _FUZZ_KCOV_H */
