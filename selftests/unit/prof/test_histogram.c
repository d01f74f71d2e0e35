// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_histogram.c - times by powers of two, and how times are written
 */
#include <errno.h>
#include <errno.h>
#include <stdlib.h>
#include "timing/histogram.h"
#include "../tap.h"

#define BUCKETS 40

static void time_is(uint64_t ns, const char *expected)
{
	char text[32];

	is_str(prof_time_text(ns, text, sizeof(text)), expected, "%s", expected);
}

static void test_times(void)
{
	time_is(0, "0 ns");
	time_is(999, "999 ns");
	time_is(1000, "1.00 us");
	time_is(9994, "9.99 us");
	time_is(9996, "10.0 us");
	time_is(99960, "100 us");
	time_is(999400, "999 us");
	time_is(999600, "1.00 ms");
	time_is(12345678, "12.3 ms");
	time_is(1070000000, "1.07 s");
	time_is(86400000000000ull, "86400 s");
}

static void test_ranges(void)
{
	uint64_t buckets[BUCKETS] = { 0 };
	size_t first = 7, last = 7;

	is_i64(prof_histogram_range(buckets, BUCKETS, &first, &last), -ENOENT, "nothing at all");
	buckets[0] = 1;
	is_i64(prof_histogram_range(buckets, BUCKETS, &first, &last), 0, "the first bucket");
	ok(!first && !last, "is both ends");
	buckets[BUCKETS - 1] = 5;
	prof_histogram_range(buckets, BUCKETS, &first, &last);
	ok(!first && last == BUCKETS - 1, "from the first to the last");
	buckets[0] = 0;
	prof_histogram_range(buckets, BUCKETS, &first, &last);
	ok(first == BUCKETS - 1 && last == BUCKETS - 1, "the last alone");
}

static void test_percentiles(void)
{
	uint64_t buckets[BUCKETS] = { 0 };

	is_u64(prof_histogram_percentile(buckets, BUCKETS, 99), 0, "of nothing");
	buckets[3] = 1;
	is_u64(prof_histogram_percentile(buckets, BUCKETS, 1), 15, "of one time");
	is_u64(prof_histogram_percentile(buckets, BUCKETS, 100), 15, "all of it");
	buckets[3] = 99;
	buckets[10] = 1;
	is_u64(prof_histogram_percentile(buckets, BUCKETS, 99), 15, "99 of a hundred");
	is_u64(prof_histogram_percentile(buckets, BUCKETS, 100), 2047, "a hundred of them");
	buckets[3] = 98;
	is_u64(prof_histogram_percentile(buckets, BUCKETS, 99), 2047, "98 of 99 are too few");
	buckets[3] = UINT64_MAX / 2;
	buckets[10] = UINT64_MAX / 2;
	is_u64(prof_histogram_percentile(buckets, BUCKETS, 50), 15, "half of very many");
	is_u64(prof_histogram_percentile(buckets, BUCKETS, 51), 2047, "more than half");
}

static void test_print(void)
{
	uint64_t buckets[BUCKETS] = { [5] = 4, [7] = 1 };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	prof_histogram_print(buckets, BUCKETS, out);
	fclose(out);
	is_str(text,
	       "  from    32 ns |########################################| 4\n"
	       "  from    64 ns |                                        | 0\n"
	       "  from   128 ns |##########                              | 1\n",
	       "empty buckets between others are there");
	free(text);
}

int main(void)
{
	test_times();
	test_ranges();
	test_percentiles();
	test_print();
	return done();
}
