/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * times.h - from the slots of each chain, as long as it needed them, to slots of one length
 */
#ifndef PROF_TIMES_H
#define PROF_TIMES_H

#include "prof.h"
#include "profile/rows.h"

/**
 * struct prof_chain_row - an element of the BPF map "times"
 * @key: the chain
 * @times: when there were operations on it
 */
struct prof_chain_row {
	struct prof_bucket_key key;
	struct prof_times times;
};

/**
 * prof_times_tell() - when there were operations on which chain
 * @chains: of struct prof_chain_row
 * @duration_ns: how long it was recorded
 * @slot_ns: of a slot at first, as of struct prof_settings; made so long that PROF_TIME_SLOTS
 *	of them, but no half of that, are enough for @duration_ns and for each chain
 * @times: of struct prof_time_row; a row is added for each chain and slot with operations
 */
void prof_times_tell(const struct prof_rows *chains, uint64_t duration_ns, __u64 *slot_ns,
		     struct prof_rows *times);

#endif /* PROF_TIMES_H */
