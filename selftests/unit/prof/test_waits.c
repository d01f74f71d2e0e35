// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_waits.c - advice on waits for stripes: when there is some, and which
 */
#include "timing/waits.h"
#include "../tap.h"

#define MAP		7u
#define OTHER		8u

static struct prof_waits_sum places[] = {
	/* As they are sorted: by map and kind, the longest first. */
	{ { .map_id = MAP, .kind = PROF_WAIT_STRIPE, .at = 5 }, { .count = 3, .ns = 60 } },
	{ { .map_id = MAP, .kind = PROF_WAIT_STRIPE, .at = 9 }, { .count = 3, .ns = 40 } },
	{ { .map_id = OTHER, .kind = PROF_WAIT_STRIPE, .at = 63 }, { .count = 1, .ns = 40 } },
	{ { .map_id = OTHER, .kind = PROF_WAIT_STRIPE, .at = 2 }, { .count = 1, .ns = 35 } },
	{ { .map_id = OTHER, .kind = PROF_WAIT_STRIPE, .at = 3 }, { .count = 1, .ns = 25 } },
};

static struct prof_waits waits = {
	.duration_ns = 100 * 100,
	.places = places,
	.place_count = sizeof(places) / sizeof(places[0]),
};

static const char *advice(uint64_t map_id, uint32_t kind, uint64_t ns)
{
	static char text[512];
	const struct prof_waits_row row = {
		.key = { .map_id = map_id, .kind = kind },
		.row.sum = { .count = 6, .ns = ns },
	};
	bool given = prof_waits_advice(&waits, &row, text, sizeof(text));

	ok(given == (text[0] != '\0'), "it says whether there is a text");
	ok(strlen(text) + 1 < sizeof(text), "the text is whole");
	return text;
}

int main(void)
{
	is_str(advice(MAP, PROF_WAIT_STRIPE, 100),
	       "Most of it was for stripe 5: those who write keys of its pages wait for each other. Of one key, or of keys in one page, more stripes keep nobody apart; what would help is one writer for these keys, or a key for each processor in place of one that all store.",
	       "one stripe has most of it");
	is_str(advice(OTHER, PROF_WAIT_STRIPE, 100),
	       "It was for 3 stripes: more processors write at a time than stripes keep apart. What would help is a map with more stripes (khmapctl create --stripes), or to have fewer processors do the same puts, in batches.",
	       "no stripe has most of it");
	is_str(advice(MAP, PROF_WAIT_STRIPE, 99), "", "less than a hundredth of the time");
	is_str(advice(MAP, PROF_WAIT_STRIPE + 1, 100), "", "a wait of another kind");
	is_str(advice(MAP + 2, PROF_WAIT_STRIPE, 100), "", "no place was kept");
	waits.duration_ns = 0;
	is_str(advice(MAP, PROF_WAIT_STRIPE, 100), "", "no time at all");
	waits.duration_ns = UINT64_MAX;
	ok(advice(MAP, PROF_WAIT_STRIPE, UINT64_MAX)[0], "all of the longest time");
	return done();
}
