// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_live.c - the live view shows what has moved since the last time, the hottest first
 */
#include <err.h>
#include <stdlib.h>
#include "../tap.h"
#include "profile/live.h"
#include "profiles.h"

#define SECOND	1000000000ull

/* Each line's transfers, of line 0 on. */
static void moved(struct prof_profile *profile, uint64_t seconds, const uint64_t *transfers)
{
	size_t i;

	profile->duration_ns = seconds * SECOND;
	profile->totals.events = seconds * 1000;
	for (i = 0; i < profile->line_count; i++)
		profile->lines[i].count.transfers = (struct prof_transfers){
			.store_false = transfers[profile->lines[i].key.line],
		};
}

static void test_rates(void)
{
	static const uint64_t first[] = { 300, 20, 0 }, second[] = { 300, 220, 1 };
	struct prof_profile profile;
	struct prof_live *live;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		err(1, "a text");
	profile_load("ranges", &profile);
	profile.line_count = 3;
	live = prof_live_new(2, false, out);
	moved(&profile, 1, first);
	ok(!prof_live_show(live, &profile), "it is shown");
	is_str(text,
	       "1.0 s: 1000 events, 1000.0 in a second; 320 modelled transfers, 320.0 in a second; dropped: 0\n\n"
	       "MAP     REGION PAGE LINE BUCKET PER SECOND MODELLED TRANSFERS VERDICT\n"
	       "range 0 range     0    0      -      300.0                300 false sharing\n"
	       "range 0 range     0    1      -       20.0                 20 false sharing\n\n",
	       "at first all is new");
	rewind(out);
	moved(&profile, 3, second);
	ok(!prof_live_show(live, &profile), "it is shown again");
	fclose(out);
	is_str(text,
	       "3.0 s: 3000 events, 1000.0 in a second; 521 modelled transfers, 100.5 in a second; dropped: 0\n\n"
	       "MAP     REGION PAGE LINE BUCKET PER SECOND MODELLED TRANSFERS VERDICT\n"
	       "range 0 range     0    1      -      100.0                220 false sharing\n"
	       "range 0 range     0    2      -        0.5                  1 handed over\n\n",
	       "then what moved since");
	prof_live_free(live);
	prof_profile_free(&profile);
	free(text);
}

static void test_terminal(void)
{
	struct prof_profile profile = { .duration_ns = SECOND };
	struct prof_live *live;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		err(1, "a text");
	live = prof_live_new(2, true, out);
	ok(!prof_live_show(live, &profile), "nothing is shown on a terminal");
	ok(!prof_live_show(live, &profile), "no time has gone by since");
	fclose(out);
	is_str(text,
	       "\033[H\033[J1.0 s: 0 events, 0.0 in a second; 0 modelled transfers, 0.0 in a second; dropped: 0\n\n",
	       "which is cleared first, and once");
	prof_live_free(live);
	free(text);
}

int main(void)
{
	test_rates();
	test_terminal();
	return done();
}
