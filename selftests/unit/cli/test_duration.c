// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_duration.c - durations that are read and written
 */
#include <string.h>

#include "duration.h"
#include "../tap.h"

static void test_scan(void)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {
		{ "never", 0 }, { "1ms", 1 }, { "500ms", 500 }, { "30s", 30000 },
		{ "10m", 600000 }, { "2h", 7200000 }, { "7d", 604800000 }, { "007s", 7000 },
		{ "18446744073709551615ms", UINT64_MAX },
		{ "213503982334d", 213503982334ull * 86400000 },
	};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t ms = 12345;

		ok(!duration_scan(good[i].text, &ms), "%s", good[i].text);
		is_u64(ms, good[i].ms, "in milliseconds");
	}
}

static void test_refuse(void)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "", "neither" }, { "-1s", "neither" }, { " 1s", "neither" }, { "s", "neither" },
		{ "Never", "neither" }, { "nevers", "neither" }, { "10", "no unit:" },
		{ "1 s", "known" }, { "1.5h", "known" }, { "1S", "known" }, { "1h30m", "known" },
		{ "0x10s", "known" }, { "5seconds", "known" }, { "0s", "no time" },
		{ "18446744073709551616ms", "too long" }, { "213503982335d", "too long" },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t ms = 12345;
		const char *why = duration_scan(bad[i].text, &ms);

		ok(why && strstr(why, bad[i].why), "\"%s\"", bad[i].text);
		is_u64(ms, 12345, "nothing was written");
	}
}

static void test_text(void)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "0ms" }, { 999, "999ms" }, { 1000, "1s" }, { 59999, "59s" },
		{ 60000, "1m 0s" }, { 200000, "3m 20s" }, { 3599999, "59m 59s" },
		{ 18000000, "5h 0m" }, { 86400000, "1d 0h" },
		{ UINT64_MAX, "213503982334d 14h" },
	};
	char text[32];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		duration_text(cases[i].ms, text, sizeof(text));
		ok(!strcmp(text, cases[i].text), "%s", cases[i].text);
	}
}

int main(void)
{
	test_scan();
	test_refuse();
	test_text();
	return done();
}
