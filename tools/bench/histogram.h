/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * histogram.h - durations of many operations, by powers of two in 32 steps each
 *
 * A duration is known to one part in 32; the longest is known exactly.
 */
#ifndef KHMAP_BENCH_HISTOGRAM_H
#define KHMAP_BENCH_HISTOGRAM_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define HISTOGRAM_STEP_BITS	5
#define HISTOGRAM_STEPS		(1u << HISTOGRAM_STEP_BITS)
/* 60 powers of two, of which the first two are one straight run. */
#define HISTOGRAM_PLACES	(60 * HISTOGRAM_STEPS)

/**
 * struct histogram - how many operations took how long; begins as zeros
 * @counts: by place
 * @total: operations
 * @longest: of all durations
 */
struct histogram {
	uint64_t counts[HISTOGRAM_PLACES];
	uint64_t total;
	uint64_t longest;
};

/* A clock that costs little: ticks of the processor where it has them. */
static inline uint64_t clock_ticks(void)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned int processor;

	/* Waits until all before it has executed, loads that missed included. */
	return __rdtscp(&processor);
#else
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

static inline void histogram_add(struct histogram *h, uint64_t ticks)
{
	unsigned int power = 0;
	size_t place = ticks;

	if (ticks >= 2 * HISTOGRAM_STEPS) {
		power = 63u - (unsigned int)__builtin_clzll(ticks) - HISTOGRAM_STEP_BITS;
		place = power * HISTOGRAM_STEPS + (ticks >> power);
	}
	h->counts[place]++;
	h->total++;
	if (ticks > h->longest)
		h->longest = ticks;
}

/**
 * histogram_least() - the least duration of a place
 * @place: of @counts
 *
 * Return: ticks.
 */
uint64_t histogram_least(size_t place);

/**
 * histogram_quantile() - a duration that few operations exceed
 * @h: the histogram
 * @share: no more than 1 - @share of all exceed it
 *
 * Return: ticks.
 */
uint64_t histogram_quantile(const struct histogram *h, double share);

/**
 * histogram_merge() - add a histogram's operations to another's
 * @into: the other
 * @from: the histogram
 */
void histogram_merge(struct histogram *into, const struct histogram *from);

/**
 * histogram_json() - a histogram as the benchmark's file has it
 * @h: the histogram
 * @tick_ns: of clock_tick_ns()
 *
 * Return: object of quantiles, longest and places, in nanoseconds.
 */
json_t *histogram_json(const struct histogram *h, double tick_ns);

/**
 * clock_tick_ns() - how long a tick of clock_ticks() is
 *
 * By the clock of the system, over a tenth of a second.
 *
 * Return: nanoseconds.
 */
double clock_tick_ns(void);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_BENCH_HISTOGRAM_H */
