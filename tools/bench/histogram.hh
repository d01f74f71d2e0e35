/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * histogram.hh - durations of many operations, by powers of two in 32 steps each
 *
 * A duration is known to one part in 32; the longest is known exactly.
 */
#ifndef KHMAP_BENCH_HISTOGRAM_HH
#define KHMAP_BENCH_HISTOGRAM_HH

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

/* A clock that costs little: ticks of the processor where it has them. */
static inline std::uint64_t clock_ticks()
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned int processor;

	/* Waits until all before it has executed, loads that missed included. */
	return __rdtscp(&processor);
#else
	timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (std::uint64_t)now.tv_sec * 1000000000u +
	       (std::uint64_t)now.tv_nsec;
#endif
}

class histogram {
public:
	static constexpr unsigned int step_bits = 5;
	static constexpr unsigned int steps = 1u << step_bits;

	void add(std::uint64_t ticks)
	{
		counts[place(ticks)]++;
		total++;
		if (ticks > longest)
			longest = ticks;
	}

	/* The least duration of a place. */
	static std::uint64_t least(std::size_t at)
	{
		if (at < 2 * steps)
			return at;
		return (std::uint64_t)(steps + at % steps)
		       << (at / steps - 1);
	}

	/* A duration that no more than 1 - @share of all exceed. */
	std::uint64_t quantile(double share) const
	{
		std::uint64_t want = (std::uint64_t)(share * (double)total), seen = 0;

		for (std::size_t at = 0; at < counts.size(); at++) {
			seen += counts[at];
			if (seen > want)
				return least(at);
		}
		return longest;
	}

	/* 60 powers of two, of which the first two are one straight run. */
	std::array<std::uint64_t, 60 * steps> counts {};
	std::uint64_t total = 0, longest = 0;

private:
	static std::size_t place(std::uint64_t ticks)
	{
		unsigned int power;

		if (ticks < 2 * steps)
			return ticks;
		power = 63u - (unsigned int)__builtin_clzll(ticks) - step_bits;
		return power * steps + (ticks >> power);
	}
};

#endif /* KHMAP_BENCH_HISTOGRAM_HH */
