// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * times.c - from the slots of each chain, as long as it needed them, to slots of one length
 */
#include <string.h>
#include "profile/profile.h"
#include "profile/times.h"

#define SHIFT_MAX	63

/* How often the length of a slot is doubled, for all. */
static uint32_t shift_find(const struct prof_rows *chains, uint64_t duration_ns, uint64_t slot_ns)
{
	const struct prof_chain_row *chain = chains->rows;
	uint64_t slots = duration_ns ? (duration_ns - 1) / slot_ns : 0;
	uint32_t shift = 0;
	size_t i;

	while (slots >> shift >= PROF_TIME_SLOTS)
		shift++;
	for (i = 0; i < chains->count; i++)
		if (chain[i].times.shift > shift && chain[i].times.shift <= SHIFT_MAX)
			shift = chain[i].times.shift;
	return shift;
}

static void chain_tell(const struct prof_chain_row *chain, uint32_t shift, struct prof_rows *times)
{
	uint64_t slots[PROF_TIME_SLOTS] = { 0 };
	uint32_t more = shift - chain->times.shift, i;

	for (i = 0; i < PROF_TIME_SLOTS; i++)
		if (chain->times.slots[i])
			slots[more < 32 ? i >> more : 0] += chain->times.slots[i];
	for (i = 0; i < PROF_TIME_SLOTS; i++) {
		struct prof_time_row *row;

		if (!slots[i])
			continue;
		row = prof_rows_add(times);
		row->key.bucket = chain->key;
		row->key.slot = i;
		row->count = slots[i];
	}
}

void prof_times_tell(const struct prof_rows *chains, uint64_t duration_ns, __u64 *slot_ns,
		     struct prof_rows *times)
{
	const struct prof_chain_row *chain = chains->rows;
	uint32_t shift;
	size_t i;

	if (!*slot_ns)
		return;
	shift = shift_find(chains, duration_ns, *slot_ns);
	for (i = 0; i < chains->count; i++)
		chain_tell(&chain[i], shift, times);
	*slot_ns <<= shift;
}
