// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * corpus.c - programs that reached something new
 *
 * In memory that all processes share, so that one goes on from what another has found.  A place
 * is taken by counting, and filled before it is marked as ready: a process that is killed in
 * between leaves one that nobody looks at.
 */
#include <string.h>
#include <sys/mman.h>

#include "corpus.h"

#define PROGRAMS	2048

struct corpus {
	_Atomic uint32_t count;
	struct fuzz_program program[PROGRAMS];
};

static struct corpus *corpus;

bool fuzz_corpus_init(void)
{
	corpus = mmap(NULL, sizeof(*corpus), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	return corpus != MAP_FAILED;
}

void fuzz_corpus_add(const struct fuzz_program *program)
{
	uint32_t place = corpus->count;
	struct fuzz_program *copy;

	do {
		if (place == PROGRAMS)
			return;
	} while (!atomic_compare_exchange_weak(&corpus->count, &place, place + 1));
	copy = &corpus->program[place];
	copy->count = program->count;
	memcpy(copy->call, program->call, program->count * sizeof(program->call[0]));
	atomic_store(&copy->ready, 1);
}

bool fuzz_corpus_pick(struct rng *rng, struct fuzz_program *program)
{
	uint32_t count = corpus->count;
	const struct fuzz_program *picked;

	if (!count)
		return false;
	/* The last ones are the ones that nobody has gone on from. */
	picked = rng_percent(rng, 50) ? &corpus->program[rng_below(rng, count)] :
		 &corpus->program[count - 1 - rng_below(rng, count < 32 ? count : 32)];
	if (!atomic_load(&picked->ready))
		return false;
	program->count = picked->count;
	memcpy(program->call, picked->call, picked->count * sizeof(picked->call[0]));
	return true;
}

uint32_t fuzz_corpus_count(void)
{
	return corpus->count;
}

void fuzz_corpus_print(FILE *to)
{
	uint32_t i;

	for (i = 0; i < corpus->count; i++)
		if (corpus->program[i].ready)
			fuzz_print(to, &corpus->program[i]);
}
