/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * corpus.h - programs that reached something new
 */
#ifndef _FUZZ_CORPUS_H
#define _FUZZ_CORPUS_H

#include "fuzz.h"

/* Before the first process; false if memory is short. */
bool fuzz_corpus_init(void);
void fuzz_corpus_add(const struct fuzz_program *program);
/* One of them; false if there is none yet. */
bool fuzz_corpus_pick(struct rng *rng, struct fuzz_program *program);
uint32_t fuzz_corpus_count(void);
void fuzz_corpus_print(FILE *to);

#endif /* _FUZZ_CORPUS_H */
