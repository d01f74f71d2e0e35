// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * wait.bpf.c - what made operations wait, summed by map, place and time
 *
 * The source is one tracepoint, khmap_stall.  It fires when no lock of a map is
 * held, so that the sums cost those nothing who wait.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "wait.h"

#define BPF_NOEXIST	1
#define MAX_TRIES	8

char wait_license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct prof_wait_settings);
} wait_settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct prof_wait_totals);
} wait_totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_WAIT_ROWS);
	__type(key, struct prof_wait_key);
	__type(value, struct prof_wait_row);
} wait_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_WAIT_PLACES);
	__type(key, struct prof_wait_key);
	__type(value, struct prof_wait_sum);
} wait_places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_WAIT_SLOTS);
	__type(key, struct prof_wait_key);
	__type(value, struct prof_wait_sum);
} wait_slots SEC(".maps");

static const struct prof_wait_row nothing;

static __always_inline void longest_store(u64 *longest, u64 ns)
{
	u64 old = *longest, seen;
	int i;

	for (i = 0; i < MAX_TRIES && old < ns; i++) {
		seen = __sync_val_compare_and_swap(longest, old, ns);
		if (seen == old)
			return;
		old = seen;
	}
}

static __always_inline void sum_add(struct prof_wait_sum *sum, u64 ns)
{
	__sync_fetch_and_add(&sum->count, 1);
	__sync_fetch_and_add(&sum->ns, ns);
	longest_store(&sum->longest_ns, ns);
}

static __always_inline u32 bucket_of(u64 ns)
{
	u32 bucket = 0;

	if (ns >> 32) {
		bucket += 32;
		ns >>= 32;
	}
	if (ns >> 16) {
		bucket += 16;
		ns >>= 16;
	}
	if (ns >> 8) {
		bucket += 8;
		ns >>= 8;
	}
	if (ns >> 4) {
		bucket += 4;
		ns >>= 4;
	}
	if (ns >> 2) {
		bucket += 2;
		ns >>= 2;
	}
	bucket += ns >> 1;
	return bucket < PROF_WAIT_BUCKETS ? bucket : PROF_WAIT_BUCKETS - 1;
}

/* What a key has in a map; it is made if it is not there. */
static __always_inline void *entry(void *map, const struct prof_wait_key *key)
{
	void *value = bpf_map_lookup_elem(map, key);

	if (value)
		return value;
	bpf_map_update_elem(map, key, &nothing, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

SEC("tp_btf/khmap_stall")
int BPF_PROG(wait_stall, u64 map_id, u32 kind, u32 place, u64 ns)
{
	struct prof_wait_key key = { .map_id = map_id, .kind = kind };
	struct prof_wait_settings *set;
	struct prof_wait_totals *total;
	struct prof_wait_row *row;
	struct prof_wait_sum *sum;
	u32 zero = 0;

	set = bpf_map_lookup_elem(&wait_settings, &zero);
	total = bpf_map_lookup_elem(&wait_totals, &zero);
	if (!set || !total || !set->enabled)
		return 0;
	if (kind == PROF_WAIT_LOST) {
		total->untold += place;
		return 0;
	}
	if (set->map_id && set->map_id != map_id)
		return 0;
	total->events++;

	row = entry(&wait_rows, &key);
	if (row) {
		sum_add(&row->sum, ns);
		__sync_fetch_and_add(&row->buckets[bucket_of(ns)], 1);
	} else {
		total->dropped++;
	}
	key.at = place;
	sum = entry(&wait_places, &key);
	if (sum)
		sum_add(sum, ns);
	else
		total->dropped++;
	if (!set->slot_ns)
		return 0;
	key.at = (bpf_ktime_get_ns() - set->began_ns) / set->slot_ns;
	sum = entry(&wait_slots, &key);
	if (sum)
		sum_add(sum, ns);
	else
		total->dropped++;
	return 0;
}
