// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_verdict.c - the verdict on a line follows from its counts
 */
#include "../tap.h"
#include "profile/verdict.h"

static const struct {
	const char *what;
	struct prof_line line;
	enum prof_verdict verdict;
} cases[] = {
	{ "nothing moves", { .stores = 10 }, PROF_VERDICT_PRIVATE },
	{ "no access at all", { 0 }, PROF_VERDICT_PRIVATE },
	{ "one transfer in 1000 accesses",
	  { .stores = 600, .loads = 400, .transfers = { .store_false = 1 } }, PROF_VERDICT_MOVED },
	{ "one transfer in 1001 accesses",
	  { .stores = 601, .loads = 400, .transfers = { .store_false = 1 } },
	  PROF_VERDICT_PRIVATE },
	{ "only false", { .stores = 100, .transfers = { .store_false = 99 } },
	  PROF_VERDICT_FALSE },
	{ "only true", { .stores = 100, .transfers = { .store_true = 99 } }, PROF_VERDICT_TRUE },
	{ "90 of 100 false",
	  { .stores = 200, .transfers = { .store_true = 10, .store_false = 90 } },
	  PROF_VERDICT_FALSE },
	{ "89 of 100 false",
	  { .stores = 200, .transfers = { .store_true = 11, .store_false = 89 } },
	  PROF_VERDICT_MIXED },
	{ "90 of 100 true",
	  { .stores = 200, .transfers = { .store_true = 90, .store_false = 10 } },
	  PROF_VERDICT_TRUE },
	{ "89 of 100 true",
	  { .stores = 200, .transfers = { .store_true = 89, .store_false = 11 } },
	  PROF_VERDICT_MIXED },
	{ "loads of what is stored", { .stores = 50, .loads = 50,
				       .transfers = { .load_true = 49 } }, PROF_VERDICT_READERS },
	{ "loads of something else", { .stores = 50, .loads = 50,
				       .transfers = { .load_false = 49 } }, PROF_VERDICT_READERS },
	{ "89 of 100 for loads, all true",
	  { .stores = 200, .loads = 100, .transfers = { .store_true = 11, .load_true = 89 } },
	  PROF_VERDICT_TRUE },
	{ "89 of 100 for loads, those false",
	  { .stores = 200, .loads = 100, .transfers = { .store_true = 11, .load_false = 89 } },
	  PROF_VERDICT_MIXED },
	{ "counts that are as large as can be",
	  { .stores = INT64_MAX, .loads = INT64_MAX,
	    .transfers = { .store_true = INT64_MAX, .store_false = INT64_MAX,
			   .load_true = INT64_MAX, .load_false = INT64_MAX } },
	  PROF_VERDICT_MIXED },
};

/* Bytes that took turns may have been shared between two of them. */
static void unsure(void)
{
	struct prof_watched_row watched[] = {
		{ .key = { .line = 3 }, .length = 8, .watched_ns = 1000 },
		{ .key = { .line = 4 }, .length = 8, .watched_ns = 900 },
		{ .key = { .line = 4 }, .offset = 8, .length = 8, .watched_ns = 1000 },
	};
	struct prof_profile profile = {
		.duration_ns = 1000,
		.watched = watched,
		.watched_count = 3,
		.watching = { .slots = 2 },
	};
	struct prof_line_row line = {
		.key = { .line = 4 },
		.count = { .stores = 2000, .transfers = { .store_true = 1 } },
		.cpu_count = 2,
	};

	is_str(prof_verdict_text(&profile, &line), "private", "watched for 90 of 100 parts");
	watched[1].watched_ns = 899;
	is_str(prof_verdict_text(&profile, &line), "private?", "some bytes for less");
	line.cpu_count = 1;
	is_str(prof_verdict_text(&profile, &line), "private", "but there is one processor only");
	line.cpu_count = 2;
	line.key.line = 3;
	is_str(prof_verdict_text(&profile, &line), "private", "but bytes of another line");
	line.key.line = 4;
	line.count.transfers.store_true = 20;
	is_str(prof_verdict_text(&profile, &line), "true sharing", "what is seen is seen");
	line.count.transfers.store_true = 1;
	profile.watching.slots = 3;
	is_str(prof_verdict_text(&profile, &line), "private", "all were watched at a time");
	profile.watched_count = 0;
	is_str(prof_verdict_text(&profile, &line), "private", "not watched, but traced");
}

static void returns_are(uint64_t transfers, size_t cpus, uint64_t accesses, uint64_t returns,
			const char *verdict)
{
	const struct prof_line_row row = {
		.count = { .stores = accesses, .transfers = { .store_true = transfers } },
		.cpu_count = cpus,
	};

	is_u64(prof_line_returns(&row), returns,
	       "%llu transfers among %zu processors: returns", (unsigned long long)transfers, cpus);
	is_str(prof_verdict_name(prof_verdict(&row)), verdict, "%llu accesses: the verdict",
	       (unsigned long long)accesses);
}

/* What goes from one to the next is not shared; what comes back is. */
static void handed_over(void)
{
	returns_are(0, 1, 100, 0, "private");
	returns_are(1, 2, 10, 0, "handed over");
	returns_are(63, 64, 64, 0, "handed over");
	returns_are(3, 2, 10, 2, "handed over");
	returns_are(4, 2, 10, 3, "true sharing");
	returns_are(66, 64, 128, 3, "true sharing");
	returns_are(4, 2, 3000, 3, "true sharing");
	returns_are(4, 2, 3001, 3, "handed over");
	returns_are(4, 2, 4001, 3, "private");
	/* Their parts were dropped. */
	returns_are(5, 0, 10, 5, "true sharing");
}

int main(void)
{
	const struct prof_line line = { .transfers = { 1, 2, 3, 4 } };
	struct prof_profile profile = { .duration_ns = 4000000000ull };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct prof_line_row row = { .count = cases[i].line, .cpu_count = 2 };

		is_str(prof_verdict_name(prof_verdict(&row)), prof_verdict_name(cases[i].verdict),
		       "%s", cases[i].what);
	}
	handed_over();
	ok(prof_line_rate(&profile, &line) == 2.5, "ten transfers in four seconds");
	profile.duration_ns = 0;
	ok(prof_line_rate(&profile, &line) == 0, "in no time there is no rate");
	unsure();
	return done();
}
