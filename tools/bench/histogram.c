// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * histogram.c - durations of many operations
 */
#include "histogram.h"

uint64_t histogram_least(size_t place)
{
	if (place < 2 * HISTOGRAM_STEPS)
		return place;
	return (uint64_t)(HISTOGRAM_STEPS + place % HISTOGRAM_STEPS)
	       << (place / HISTOGRAM_STEPS - 1);
}

uint64_t histogram_quantile(const struct histogram *h, double share)
{
	uint64_t want = (uint64_t)(share * (double)h->total), seen = 0;
	size_t place;

	for (place = 0; place < HISTOGRAM_PLACES; place++) {
		seen += h->counts[place];
		if (seen > want)
			return histogram_least(place);
	}
	return h->longest;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	size_t place;

	for (place = 0; place < HISTOGRAM_PLACES; place++)
		into->counts[place] += from->counts[place];
	into->total += from->total;
	if (from->longest > into->longest)
		into->longest = from->longest;
}

json_t *histogram_json(const struct histogram *h, double tick_ns)
{
	static const char * const names[] = { "p50", "p99", "p99.9", "p99.99" };
	static const double shares[] = { 0.5, 0.99, 0.999, 0.9999 };
	json_t *buckets = json_array(), *out = json_object();
	size_t i, place;

	for (i = 0; i < 4; i++)
		json_object_set_new(out, names[i],
				    json_real((double)histogram_quantile(h, shares[i]) * tick_ns));
	json_object_set_new(out, "max", json_real((double)h->longest * tick_ns));
	for (place = 0; place < HISTOGRAM_PLACES; place++) {
		if (!h->counts[place])
			continue;
		json_array_append_new(buckets,
				      json_pack("[f, I]", (double)histogram_least(place) * tick_ns,
						(json_int_t)h->counts[place]));
	}
	json_object_set_new(out, "buckets", buckets);
	return out;
}

double clock_tick_ns(void)
{
	struct timespec start, now;
	uint64_t ticks;
	double spent;

	clock_gettime(CLOCK_MONOTONIC, &start);
	ticks = clock_ticks();
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		spent = (double)(now.tv_sec - start.tv_sec) * 1e9 +
			(double)(now.tv_nsec - start.tv_nsec);
	} while (spent < 1e8);
	return spent / (double)(clock_ticks() - ticks);
}
