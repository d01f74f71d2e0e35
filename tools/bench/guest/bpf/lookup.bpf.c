// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * lookup.bpf.c - programs that look many keys up, see program.c
 *
 * All walk the same way; one looks nothing up, for what the walk itself costs.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define TC_ACT_OK	0

char lookup_license[] SEC("license") = "Dual BSD/GPL";

extern int bpf_khmap_get(u64 map_id, const void *key, u32 key__sz, void *value,
			 u32 value__sz) __ksym;

/* program.c sets how many entries it has. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, u64);
	__type(value, u64);
	__uint(max_entries, 1);
} table SEC(".maps");

__u64 map_id;
__u32 entries;
__u32 lookups;
__u64 found;
__u64 sum;

struct walk {
	u32 index;
	u32 found;
	u64 sum;
};

/* As bench_next() and bench_key() of ../bench.h. */
static __always_inline u64 walk_key(struct walk *walk)
{
	walk->index = (walk->index * 1664525u + 1013904223u) & (entries - 1);
	return walk->index * 0x9e3779b97f4a7c15ull;
}

static long walk_khmap(u32 step, struct walk *walk)
{
	u64 key = walk_key(walk), value = 0;

	if (!bpf_khmap_get(map_id, &key, sizeof(key), &value, sizeof(value))) {
		walk->found++;
		walk->sum += value;
	}
	return 0;
}

static long walk_table(u32 step, struct walk *walk)
{
	u64 key = walk_key(walk), *value;

	value = bpf_map_lookup_elem(&table, &key);
	if (value) {
		walk->found++;
		walk->sum += *value;
	}
	return 0;
}

static long walk_nothing(u32 step, struct walk *walk)
{
	u64 key = walk_key(walk);

	walk->found++;
	walk->sum += key;
	return 0;
}

static __always_inline int walk_all(void *step)
{
	struct walk walk = {};

	bpf_loop(lookups, step, &walk, 0);
	found = walk.found;
	sum = walk.sum;
	return TC_ACT_OK;
}

SEC("tc")
int look_up_khmap(struct __sk_buff *skb)
{
	return walk_all(walk_khmap);
}

SEC("tc")
int look_up_table(struct __sk_buff *skb)
{
	return walk_all(walk_table);
}

SEC("tc")
int look_up_nothing(struct __sk_buff *skb)
{
	return walk_all(walk_nothing);
}
