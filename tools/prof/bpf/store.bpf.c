// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * store.bpf.c - the module's tracepoints as a source of stores for the model
 *
 * From where an operation wrote and the map's geometry follow the bytes that it
 * stored, see spans.h.  All that one operation stores into one line counts as one
 * store.
 *
 * Which bytes they were, and in which chain, is counted once for an operation, in
 * "operations", and made of that by who reads it.  Where that has no room, the chain
 * is counted at least.
 *
 * What a tracepoint does not name is not modelled: references to overflow
 * buckets, filter bytes, the chain's last entry when a delete moves it, clears.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.bpf.h"
#include "model.bpf.h"
#include "spans.h"

#define SLOT_LINES_MAX		130	/* a slot holds two fields of 4096 bytes */

char store_license[] SEC("license") = "Dual BSD/GPL";

/* What is used of the module's types; libbpf finds the offsets in its BTF. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct khmap_store {
	u32 region;
	u32 page;
	u32 bucket;
	u32 slot;
	u32 offset;
	u32 length;
	u32 head_page;
	u32 head_bucket;
	bool replaced;
	bool overflowed;
};

#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_LINES_DEFAULT * PROF_STORES_PER_LINE);
	__type(key, struct prof_store_key);
	__type(value, u64);
} operations SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_LINES_DEFAULT);
	__type(key, struct prof_bucket_key);
	__type(value, struct prof_bucket);
} chains SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_LINES_DEFAULT);
	__type(key, struct prof_bucket_key);
	__type(value, struct prof_times);
} times SEC(".maps");

/*
 * One operation.  @spans.head lies in page @key.head_page of the head's region, the
 * others in page @key.page of @key.region.
 */
struct prof_operation {
	struct model_event event;
	struct prof_store_key key;
	struct prof_spans spans;
	u32 first_line;
};

static __always_inline u64 span_bytes(u32 line, const struct prof_span *span)
{
	return model_bytes(line, span->start, span->end);
}

static __always_inline bool head_is_near(const struct prof_store_key *key)
{
	return prof_head_region(key->region) == key->region && key->head_page == key->page;
}

/* All that an operation stored into one line; @slot: it stored there into a slot. */
static __always_inline void line_store(struct prof_operation *op, u32 region,
				       u32 page, u32 line, u64 bytes, bool slot)
{
	struct model_event *event = &op->event;
	struct prof_transfers moved;

	event->key.region = region;
	event->key.page = page;
	event->key.line = line;
	moved = model_line_access(event, bytes, false, slot);
	model_stack_count(event, &moved);
}

/* All that an operation stored into a line of the slot's page. */
static __always_inline void slot_line_store(struct prof_operation *op, u32 line)
{
	const struct prof_spans *spans = &op->spans;
	u64 bytes = span_bytes(line, &spans->key) | span_bytes(line, &spans->value);
	bool slot = bytes;

	bytes |= span_bytes(line, &spans->tag);
	if (head_is_near(&op->key))
		bytes |= span_bytes(line, &spans->head);
	if (bytes)
		line_store(op, op->key.region, op->key.page, line, bytes, slot);
}

static long slot_line_next(u32 index, struct prof_operation *op)
{
	slot_line_store(op, op->first_line + index);
	return 0;
}

static __always_inline void operation_store(struct prof_operation *op)
{
	const struct prof_spans *spans = &op->spans;
	u32 start = spans->key.start, end = spans->value.end;
	u32 tag_line = spans->tag.start >> PROF_LINE_SHIFT;
	u32 head_line = spans->head.start >> PROF_LINE_SHIFT;
	u32 last_line, count;

	/* A replaced value leaves the key alone. */
	if (spans->key.start == spans->key.end)
		start = spans->value.start;
	if (end < spans->key.end)
		end = spans->key.end;
	if (start >= end)
		return;
	op->first_line = start >> PROF_LINE_SHIFT;
	last_line = (end - 1) >> PROF_LINE_SHIFT;

	count = last_line - op->first_line + 1;
	if (count > SLOT_LINES_MAX)
		count = SLOT_LINES_MAX;
	bpf_loop(count, slot_line_next, op, 0);

	/* The tag and the head, where no line of the slot has had them. */
	if (spans->tag.end && (tag_line < op->first_line || tag_line > last_line))
		slot_line_store(op, tag_line);
	else
		tag_line = op->first_line;
	if (!spans->head.end)
		return;
	if (head_is_near(&op->key) && (head_line == tag_line ||
				       (head_line >= op->first_line &&
					head_line <= last_line)))
		return;
	line_store(op, prof_head_region(op->key.region), op->key.head_page, head_line,
		   span_bytes(head_line, &spans->head), false);
}

static __always_inline struct prof_bucket_key
bucket_key(u64 map_id, const struct khmap_store *store)
{
	return (struct prof_bucket_key){
		.map_id = map_id,
		.region = prof_head_region(store->region),
		.page = store->head_page,
		.bucket = store->head_bucket,
	};
}

static __always_inline struct prof_bucket *chain_get(const struct model_event *event,
						     const struct prof_bucket_key *key)
{
	struct prof_bucket fresh = {}, *chain = bpf_map_lookup_elem(&chains, key);

	if (!chain) {
		bpf_map_update_elem(&chains, key, &fresh, BPF_NOEXIST);
		chain = bpf_map_lookup_elem(&chains, key);
	}
	if (!chain)
		event->totals->buckets_dropped++;
	return chain;
}

/* A bucket was added to a chain. */
static __always_inline void overflow_count(const struct model_event *event,
					   const struct prof_bucket_key *key)
{
	struct prof_bucket *chain = chain_get(event, key);

	event->totals->overflows++;
	if (chain)
		__sync_fetch_and_add(&chain->overflows, 1);
}

static __always_inline void operation_count(const struct prof_operation *op,
					    const struct prof_bucket_key *key)
{
	u32 kind = op->key.kind & ~PROF_STORE_PARTIAL;
	struct prof_bucket *chain;

	if (model_count(&operations, &op->key))
		return;
	op->event.totals->accesses_dropped++;
	chain = chain_get(&op->event, key);
	if (!chain)
		return;
	if (kind == PROF_STORE_DELETE)
		__sync_fetch_and_add(&chain->deletes, 1);
	else if (kind == PROF_STORE_REPLACE)
		__sync_fetch_and_add(&chain->replaces, 1);
	else
		__sync_fetch_and_add(&chain->inserts, 1);
}

/* It is too large for a program's stack. */
const struct prof_times times_fresh = {};

static __always_inline struct prof_times *times_get(const struct prof_bucket_key *bucket)
{
	struct prof_times *chain = bpf_map_lookup_elem(&times, bucket);

	if (chain)
		return chain;
	bpf_map_update_elem(&times, bucket, &times_fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&times, bucket);
}

/* A chain whose slots shall reach to one of @slot_ns. */
struct times_fold {
	struct prof_times *chain;
	u64 slot;
};

static __always_inline bool times_reach(const struct prof_times *chain, u64 slot)
{
	return slot >> (chain->shift & 63) < PROF_TIME_SLOTS;
}

/* Each two slots become one. Where a sum is put has been looked at before. */
static long times_fold_next(u32 index, struct times_fold *fold)
{
	struct prof_times *chain = fold->chain;
	u32 i;

	if (times_reach(chain, fold->slot))
		return 1;
	for (i = 0; i < PROF_TIME_SLOTS; i++) {
		u64 count = chain->slots[i];

		chain->slots[i] = 0;
		chain->slots[i / 2] += count;
	}
	chain->shift++;
	return 0;
}

static __always_inline void times_fit(struct prof_times *chain, u64 slot)
{
	struct times_fold fold = { .chain = chain, .slot = slot };

	if (!times_reach(chain, slot))
		bpf_loop(64, times_fold_next, &fold, 0);
}

static __always_inline void time_count(const struct model_event *event,
				       const struct prof_bucket_key *bucket)
{
	u64 now = bpf_ktime_get_ns(), slot;
	struct prof_times *chain;

	if (now < event->settings->began_ns)
		return;
	slot = (now - event->settings->began_ns) / event->settings->slot_ns;
	chain = times_get(bucket);
	if (!chain || !model_lock(&chain->lock)) {
		event->totals->times_dropped++;
		return;
	}
	times_fit(chain, slot);
	slot >>= chain->shift & 63;
	chain->slots[slot & (PROF_TIME_SLOTS - 1)]++;
	model_unlock(&chain->lock);
}

static __always_inline void operation_model(struct prof_operation *op, u64 map_id,
					    const struct khmap_store *store,
					    bool deleted, bool sampled)
{
	const struct prof_map *map = bpf_map_lookup_elem(&maps, &map_id);
	struct prof_bucket_key bucket;
	u32 replaced = store->replaced;

	op->event.key = (struct prof_line_key){ .map_id = map_id };
	op->key = (struct prof_store_key){
		.map_id = map_id,
		.cpu = op->event.cpu,
		.page = store->page,
		.bucket = store->bucket,
		.head_page = store->head_page,
		.head_bucket = store->head_bucket,
		.offset = store->offset,
		.length = store->length,
		.slot = store->slot,
		.region = store->region,
	};
	if (deleted) {
		op->event.totals->deletes++;
		op->key.kind = PROF_STORE_DELETE;
	} else {
		op->event.totals->puts++;
		if (replaced)
			op->key.kind = PROF_STORE_REPLACE;
	}
	if (map) {
		op->spans = prof_spans_get(map, &op->key);
	} else {
		op->event.totals->partial++;
		op->spans = prof_spans_partial(&op->key);
		op->key.kind |= PROF_STORE_PARTIAL;
	}
	operation_store(op);

	bucket = bucket_key(map_id, store);
	operation_count(op, &bucket);
	/* Else store_overflow is told of a bucket that was added. */
	if (sampled && !deleted && store->overflowed)
		overflow_count(&op->event, &bucket);
	if (op->event.settings->slot_ns)
		time_count(&op->event, &bucket);
}

/*
 * @store is never NULL, but since Linux 6.12 the verifier wants to see a check
 * of a tracepoint's pointers.
 */
static __always_inline int store_event(void *context, u64 map_id,
				       const struct khmap_store *store,
				       bool deleted)
{
	struct prof_operation op;

	/* What is not taken costs no more than the counting: @op is filled later. */
	if (store && model_event_begin(&op.event, context, map_id))
		operation_model(&op, map_id, store, deleted, false);
	return 0;
}

SEC("tp_btf/khmap_put")
int BPF_PROG(store_put, u64 map_id, const struct khmap_store *store)
{
	return store_event(ctx, map_id, store, false);
}

SEC("tp_btf/khmap_delete")
int BPF_PROG(store_delete, u64 map_id, const struct khmap_store *store)
{
	return store_event(ctx, map_id, store, true);
}

SEC("tp_btf/khmap_overflow")
int BPF_PROG(store_overflow, u64 map_id, const struct khmap_store *store)
{
	struct prof_bucket_key key;
	struct model_event event;

	if (!store || !model_event_wanted(&event, map_id))
		return 0;
	key = bucket_key(map_id, store);
	overflow_count(&event, &key);
	return 0;
}

/* In place of the others: the module took one event in so many of each CPU. */
SEC("tp_btf/khmap_sample")
int BPF_PROG(store_sample, u64 map_id, const struct khmap_store *store, bool deleted,
	     u32 samplers)
{
	struct prof_operation op;

	if (!store || !model_event_wanted(&op.event, map_id) ||
	    !(op.event.settings->samplers & samplers))
		return 0;
	/* For who looks meanwhile; at the end the module says how many there were. */
	op.event.totals->events += op.event.totals->until ? op.event.settings->sample : 1;
	op.event.totals->until = 1;
	model_event_take(&op.event, ctx);
	operation_model(&op, map_id, store, deleted, true);
	return 0;
}
