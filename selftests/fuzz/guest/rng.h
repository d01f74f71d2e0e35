/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * rng.h - numbers that are the same whenever the seed is
 *
 * SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014): its
 * whole state is one word, so that a stream can be begun for each process, program and call.
 */
#ifndef _FUZZ_RNG_H
#define _FUZZ_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* The stream that belongs to two numbers. */
static inline struct rng rng_of(uint64_t a, uint64_t b)
{
	struct rng rng = { .state = a };

	rng.state = rng_next(&rng) ^ b;
	rng.state = rng_next(&rng);
	return rng;
}

/* 0 .. @below - 1; the slight bias does no harm here. */
static inline uint64_t rng_below(struct rng *rng, uint64_t below)
{
	return below ? rng_next(rng) % below : 0;
}

static inline bool rng_percent(struct rng *rng, unsigned int percent)
{
	return rng_below(rng, 100) < percent;
}

#endif /* _FUZZ_RNG_H */
