// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * histogram.c - times by powers of two, and how times are written
 */
#include <errno.h>
#include <inttypes.h>
#include "timing/histogram.h"

const char *prof_time_text(uint64_t ns, char *text, size_t size)
{
	static const char * const units[] = { "us", "ms", "s" };
	double value = (double)ns / 1000;
	size_t unit = 0;

	if (ns < 1000) {
		snprintf(text, size, "%" PRIu64 " ns", ns);
		return text;
	}
	/* What would be printed as 1000 is one of the next unit. */
	while (value >= 999.5 && unit < 2) {
		value /= 1000;
		unit++;
	}
	snprintf(text, size, "%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value,
		 units[unit]);
	return text;
}

int prof_histogram_range(const uint64_t *buckets, size_t count, size_t *first, size_t *last)
{
	size_t i;

	for (i = 0; i < count && !buckets[i]; i++)
		;
	if (i == count)
		return -ENOENT;
	*first = i;
	for (i = count; !buckets[i - 1]; i--)
		;
	*last = i - 1;
	return 0;
}

uint64_t prof_histogram_percentile(const uint64_t *buckets, size_t count, unsigned int percent)
{
	uint64_t all = 0, wanted, seen = 0;
	size_t i;

	for (i = 0; i < count; i++)
		all += buckets[i];
	if (!all)
		return 0;
	/* Rounded up, without a product that could overflow. */
	wanted = all / 100 * percent + (all % 100 * percent + 99) / 100;
	for (i = 0; seen + buckets[i] < wanted; i++)
		seen += buckets[i];
	return i < 63 ? (2ull << i) - 1 : UINT64_MAX;
}

void prof_histogram_print(const uint64_t *buckets, size_t count, FILE *out)
{
	static const char bar[PROF_BAR_WIDTH + 1] = "########################################";
	uint64_t most = 0;
	size_t first, last, i;
	char text[32];

	if (prof_histogram_range(buckets, count, &first, &last))
		return;
	for (i = first; i <= last; i++)
		if (buckets[i] > most)
			most = buckets[i];
	for (i = first; i <= last; i++) {
		double part = (double)buckets[i] / (double)most;
		int width = (int)(part * PROF_BAR_WIDTH + 0.5);

		fprintf(out, "  from %8s |%-*.*s| %" PRIu64 "\n",
			prof_time_text(i ? 1ull << i : 0, text, sizeof(text)), PROF_BAR_WIDTH,
			width, bar, buckets[i]);
	}
}
