// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_times.c - slots of time of all chains get one length, and no operation is lost by it
 */
#include <stdlib.h>
#include "../tap.h"
#include "profile/profile.h"
#include "profile/times.h"

#define MS	1000000ull

static struct prof_rows chains = { .row_size = sizeof(struct prof_chain_row) };
static struct prof_rows times = { .row_size = sizeof(struct prof_time_row) };

static struct prof_chain_row *chain(uint32_t bucket, uint32_t shift)
{
	struct prof_chain_row *row = prof_rows_add(&chains);

	row->key.bucket = bucket;
	row->times.shift = shift;
	return row;
}

/* "1:0=5" for each row: the chain's bucket, the slot, operations. */
static void is_told(uint64_t duration_ns, uint64_t slot_ns, uint64_t want_ns, const char *want,
		    const char *what)
{
	const struct prof_time_row *row;
	char text[256] = "";
	__u64 told_ns = slot_ns;
	size_t i, used = 0;

	prof_times_tell(&chains, duration_ns, &told_ns, &times);
	row = times.rows;
	for (i = 0; i < times.count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u:%u=%llu",
					 i ? " " : "", row[i].key.bucket.bucket, row[i].key.slot,
					 (unsigned long long)row[i].count);
	is_str(text, want, "%s", what);
	is_u64(told_ns, want_ns, "%s: the slot's length", what);
	free(times.rows);
	free(chains.rows);
	times = (struct prof_rows){ .row_size = times.row_size };
	chains = (struct prof_rows){ .row_size = chains.row_size };
}

int main(void)
{
	struct prof_chain_row *row;

	is_told(1000 * MS, MS, 16 * MS, "", "nothing");
	is_told(0, MS, MS, "", "no time at all");

	row = chain(1, 0);
	row->times.slots[0] = 1;
	row->times.slots[63] = 2;
	is_told(64 * MS, MS, MS, "1:0=1 1:63=2", "as many slots as there are");

	row = chain(1, 0);
	row->times.slots[62] = 1;
	row->times.slots[63] = 2;
	is_told(64 * MS + 1, MS, 2 * MS, "1:31=3", "one more is half as many");

	row = chain(1, 0);
	row->times.slots[9] = 1;
	row = chain(2, 3);
	row->times.slots[1] = 5;
	row->times.slots[60] = 7;
	is_told(1000 * MS, MS, 16 * MS, "1:0=1 2:0=5 2:30=7", "chains with slots of two lengths");

	row = chain(1, 0);
	row->times.slots[63] = 1;
	row = chain(2, 40);
	row->times.slots[2] = 5;
	is_told(MS, MS, MS << 40, "1:0=1 2:2=5", "a slot that is as long as all before");

	row = chain(1, 0);
	row->times.slots[0] = 1;
	is_told(1000 * MS, 0, 0, "", "no times were asked for");
	return done();
}
