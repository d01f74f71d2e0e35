// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * kfunc.bpf.c - programs that use a map, see kfunc.c
 */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "kfunc.h"

#define ENOENT		2
#define ETH_P_IP	0x0800
#define TC_ACT_OK	0

char kfunc_license[] SEC("license") = "Dual BSD/GPL";

extern int bpf_khmap_get(u64 map_id, const void *key, u32 key__sz, void *value,
			 u32 value__sz) __ksym;
extern int bpf_khmap_put(u64 map_id, const void *key, u32 key__sz,
			 const void *value, u32 value__sz) __ksym;
extern int bpf_khmap_add(u64 map_id, const void *key, u32 key__sz, u64 delta) __ksym;
extern int bpf_khmap_delete(u64 map_id, const void *key, u32 key__sz) __ksym;

/* Of a map with keys and values of 8 bytes. */
__u64 map_id;

int count_error;
int size_results[KFUNC_SIZE_CALLS];
__u64 tc_key;
struct kfunc_results tc_results;
__u64 insert_count;
struct kfunc_results insert_results;
__u64 snapshot_count;
struct kfunc_results snapshot_results;
__u64 trace_count;
struct kfunc_results trace_results;

/* Puts, gets, adds to and deletes one key. */
static __always_inline void use_key(u64 key, u64 value,
				    struct kfunc_results *results)
{
	u64 got = 0;

	results->put = bpf_khmap_put(map_id, &key, sizeof(key), &value,
				     sizeof(value));
	results->get = bpf_khmap_get(map_id, &key, sizeof(key), &got,
				     sizeof(got));
	results->value = got;
	results->add = bpf_khmap_add(map_id, &key, sizeof(key), 1);
	results->delete = bpf_khmap_delete(map_id, &key, sizeof(key));
}

/* Where a packet comes from; 0 if it has no header that tells. */
static __always_inline u64 source_of(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(ethernet + 1);

	if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return 0;
	return bpf_ntohl(ip->saddr);
}

/* Counts packets for each source address, by steps. */
SEC("xdp")
int count_packet(struct xdp_md *ctx)
{
	u64 source = source_of(ctx), count = 0;
	int err;

	if (!source)
		return XDP_DROP;
	err = bpf_khmap_get(map_id, &source, sizeof(source), &count,
			    sizeof(count));
	if (!err || err == -ENOENT) {
		count++;
		err = bpf_khmap_put(map_id, &source, sizeof(source), &count,
				    sizeof(count));
	}
	if (err)
		count_error = err;
	return XDP_PASS;
}

/* Likewise, at once. */
SEC("xdp")
int add_packet(struct xdp_md *ctx)
{
	u64 source = source_of(ctx);
	int err;

	if (!source)
		return XDP_DROP;
	err = bpf_khmap_add(map_id, &source, sizeof(source), 1);
	if (!err)
		return XDP_PASS;
	count_error = err;
	return XDP_ABORTED;
}

SEC("tc")
int use_in_tc(struct __sk_buff *skb)
{
	use_key(tc_key, 7, &tc_results);
	return TC_ACT_OK;
}

SEC("xdp")
int use_sizes(struct xdp_md *ctx)
{
	int *result = size_results;
	u64 key[2] = { 5 }, value[2] = { 6 };

	result[KFUNC_GET_SHORT_KEY] = bpf_khmap_get(map_id, key, 7, value, 8);
	result[KFUNC_GET_LONG_KEY] = bpf_khmap_get(map_id, key, 9, value, 8);
	result[KFUNC_GET_SHORT_VALUE] = bpf_khmap_get(map_id, key, 8, value, 7);
	result[KFUNC_GET_LONG_VALUE] = bpf_khmap_get(map_id, key, 8, value, 16);
	result[KFUNC_GET_EMPTY_VALUE] = bpf_khmap_get(map_id, key, 8, value, 0);
	result[KFUNC_PUT_SHORT_KEY] = bpf_khmap_put(map_id, key, 7, value, 8);
	result[KFUNC_PUT_LONG_KEY] = bpf_khmap_put(map_id, key, 16, value, 8);
	result[KFUNC_PUT_SHORT_VALUE] = bpf_khmap_put(map_id, key, 8, value, 1);
	result[KFUNC_PUT_LONG_VALUE] = bpf_khmap_put(map_id, key, 8, value, 9);
	result[KFUNC_PUT_EMPTY_KEY] = bpf_khmap_put(map_id, key, 0, value, 8);
	result[KFUNC_ADD_SHORT_KEY] = bpf_khmap_add(map_id, key, 7, 1);
	result[KFUNC_ADD_LONG_KEY] = bpf_khmap_add(map_id, key, 16, 1);
	result[KFUNC_DELETE_SHORT_KEY] = bpf_khmap_delete(map_id, key, 7);
	result[KFUNC_DELETE_LONG_KEY] = bpf_khmap_delete(map_id, key, 9);
	return XDP_PASS;
}

/* These run under a stripe's lock, or the header's. */
static int locked_use(void)
{
	__sync_fetch_and_add(&insert_count, 1);
	use_key(KFUNC_KEY_LOCKED, 1, &insert_results);
	return 0;
}

SEC("fentry/khmap_chain_insert")
int BPF_PROG(use_under_lock)
{
	return locked_use();
}

SEC("fentry/khmap_chain_replace")
int BPF_PROG(use_under_lock_of_replace)
{
	return locked_use();
}

SEC("fentry/khmap_chain_remove")
int BPF_PROG(use_under_lock_of_remove)
{
	return locked_use();
}

/* Runs when a cut is rehearsed, and then in it, while all writers are kept out. */
SEC("fentry/khmap_table_count")
int BPF_PROG(use_in_snapshot)
{
	if (!snapshot_count++)
		return 0;
	use_key(KFUNC_KEY_SNAPSHOT, 1, &snapshot_results);
	return 0;
}

/* Runs after each put, its own included. */
SEC("tp_btf/khmap_put")
int BPF_PROG(use_in_trace)
{
	__sync_fetch_and_add(&trace_count, 1);
	use_key(KFUNC_KEY_TRACED, 3, &trace_results);
	return 0;
}
