// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * store.bpf.c - the module's tracepoints as a source of stores for the model
 *
 * From where an operation wrote and
 * the map's geometry follow the bytes that it stored, as kmod/core/chain.c does
 * it: the sequence of the chain's first bucket; the slot's key, value and tag;
 * only the value when one is replaced; the whole slot when a key is deleted.
 * All that one operation stores into one line counts as one store.
 *
 * What a tracepoint does not name is not modelled: references to overflow
 * buckets, filter bytes, the chain's last entry when a delete moves it, clears.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.bpf.h"
#include "model.bpf.h"

#define HEAD_TAGS		8	/* KHMAP_BUCKET_TAGS */
#define INLINE_TAGS		16	/* KHMAP_INLINE_TAGS */
#define OVERFLOW_TAGS		8	/* KHMAP_OVERFLOW_TAGS */
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
	__uint(max_entries, PROF_LINES_DEFAULT);
	__type(key, struct prof_bucket_key);
	__type(value, struct prof_bucket);
} buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_LINES_DEFAULT);
	__type(key, struct prof_time_key);
	__type(value, u64);
} times SEC(".maps");

/* Bytes of a page, from @start to before @end; none if the two are equal. */
struct prof_span {
	u32 start;
	u32 end;
};

/*
 * One operation: where it stored.  @key, @value and @tag lie in page @page of
 * @region, @head in page @head_page of @head_region.
 */
struct prof_operation {
	struct model_event event;
	u32 region;
	u32 page;
	u32 head_region;
	u32 head_page;
	u32 first_line;
	bool deleted;
	struct prof_span key;
	struct prof_span value;
	struct prof_span tag;
	struct prof_span head;
};

static __always_inline u64 span_bytes(u32 line, const struct prof_span *span)
{
	return model_bytes(line, span->start, span->end);
}

static __always_inline bool head_is_near(const struct prof_operation *op)
{
	return op->head_region == op->region && op->head_page == op->page;
}

static __always_inline void span_count(struct prof_operation *op,
				       const struct prof_span *span, u32 kind)
{
	model_access_count(&op->event, span->start, span->end, kind, 0, 0);
}

/* All that an operation stored into one line; @slot: it stored there into a slot. */
static __always_inline void line_store(struct prof_operation *op, u32 region,
				       u32 page, u32 line, u64 bytes, bool slot,
				       bool head)
{
	struct model_event *event = &op->event;
	struct prof_transfers moved;

	event->key.region = region;
	event->key.page = page;
	event->key.line = line;
	moved = model_line_access(event, bytes, false, slot);
	if (region == op->region && page == op->page) {
		span_count(op, &op->key,
			   op->deleted ? PROF_ACCESS_CLEAR : PROF_ACCESS_KEY);
		if (!op->deleted)
			span_count(op, &op->value, PROF_ACCESS_VALUE);
		span_count(op, &op->tag, PROF_ACCESS_TAG);
	}
	if (head)
		span_count(op, &op->head, PROF_ACCESS_HEAD);
	model_stack_count(event, &moved);
}

/* All that an operation stored into a line of the slot's page. */
static __always_inline void slot_line_store(struct prof_operation *op, u32 line)
{
	u64 bytes = span_bytes(line, &op->key) | span_bytes(line, &op->value);
	bool slot = bytes, head = head_is_near(op);

	bytes |= span_bytes(line, &op->tag);
	if (head)
		bytes |= span_bytes(line, &op->head);
	if (bytes)
		line_store(op, op->region, op->page, line, bytes, slot, head);
}

static long slot_line_next(u32 index, struct prof_operation *op)
{
	slot_line_store(op, op->first_line + index);
	return 0;
}

static __always_inline void operation_store(struct prof_operation *op)
{
	u32 start = op->key.start, end = op->value.end;
	u32 tag_line = op->tag.start >> PROF_LINE_SHIFT;
	u32 head_line = op->head.start >> PROF_LINE_SHIFT;
	u32 last_line, count;

	/* A replaced value leaves the key alone. */
	if (op->key.start == op->key.end)
		start = op->value.start;
	if (end < op->key.end)
		end = op->key.end;
	if (start >= end)
		return;
	op->first_line = start >> PROF_LINE_SHIFT;
	last_line = (end - 1) >> PROF_LINE_SHIFT;

	count = last_line - op->first_line + 1;
	if (count > SLOT_LINES_MAX)
		count = SLOT_LINES_MAX;
	bpf_loop(count, slot_line_next, op, 0);

	/* The tag and the head, where no line of the slot has had them. */
	if (op->tag.end && (tag_line < op->first_line || tag_line > last_line))
		slot_line_store(op, tag_line);
	else
		tag_line = op->first_line;
	if (!op->head.end)
		return;
	if (head_is_near(op) && (head_line == tag_line ||
				 (head_line >= op->first_line &&
				  head_line <= last_line)))
		return;
	line_store(op, op->head_region, op->head_page, head_line,
		   span_bytes(head_line, &op->head), false, true);
}

static __always_inline struct prof_span span(u32 start, u32 length)
{
	return (struct prof_span){ .start = start, .end = start + length };
}

static __always_inline u32 bucket_start(const struct prof_map *map, u32 region,
					u32 bucket)
{
	if (region == PROF_REGION_PRIMARY)
		return bucket * map->bucket_stride;
	if (region == PROF_REGION_OVERFLOW)
		return bucket * map->overflow_stride;
	return map->inline_offset;
}

/* The chain's first bucket: an inline one has no other behind it. */
static __always_inline u32 head_region(u32 region)
{
	return region == PROF_REGION_HEADER ? region : PROF_REGION_PRIMARY;
}

static __always_inline void operation_place(struct prof_operation *op,
					    const struct khmap_store *store,
					    bool deleted)
{
	const struct prof_map *map = bpf_map_lookup_elem(&maps,
							 &op->event.key.map_id);
	u32 offset = store->offset, start;

	op->deleted = deleted;
	if (!map) {
		op->event.totals->partial++;
		op->key = span(offset, store->length);
		op->value = op->key;
		return;
	}
	start = bucket_start(map, op->head_region, store->head_bucket);
	op->head = span(start, sizeof(u32));
	start = bucket_start(map, op->region, store->bucket);
	op->value = span(offset + map->value_offset, map->value_size);
	if (deleted)
		op->key = span(offset, store->length);
	else if (!store->replaced)
		op->key = span(offset, map->key_size);
	if (deleted || !store->replaced)
		op->tag = span(start + HEAD_TAGS + store->slot, 1);
}

static __always_inline struct prof_bucket_key
bucket_key(u64 map_id, const struct khmap_store *store)
{
	return (struct prof_bucket_key){
		.map_id = map_id,
		.region = head_region(store->region),
		.page = store->head_page,
		.bucket = store->head_bucket,
	};
}

static __always_inline struct prof_bucket *
bucket_get(const struct prof_bucket_key *key)
{
	struct prof_bucket fresh = {}, *bucket;

	bucket = bpf_map_lookup_elem(&buckets, key);
	if (bucket)
		return bucket;
	bpf_map_update_elem(&buckets, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&buckets, key);
}

static __always_inline void bucket_time_count(const struct model_event *event,
					      const struct prof_bucket_key *bucket)
{
	struct prof_time_key key = { .bucket = *bucket };
	u64 now, fresh = 0, *count;

	if (!event->settings->slot_ns)
		return;
	now = bpf_ktime_get_ns();
	if (now < event->settings->began_ns)
		return;
	key.slot = (now - event->settings->began_ns) / event->settings->slot_ns;
	count = bpf_map_lookup_elem(&times, &key);
	if (!count) {
		bpf_map_update_elem(&times, &key, &fresh, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&times, &key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		event->totals->times_dropped++;
}

/* @sampled: nobody else tells of a bucket that was added. */
static __always_inline void bucket_count(const struct model_event *event,
					 const struct khmap_store *store,
					 bool deleted, bool sampled)
{
	struct prof_bucket_key key = bucket_key(event->key.map_id, store);
	struct prof_bucket *bucket = bucket_get(&key);
	u32 replaced = store->replaced;

	/* Or it is multiplied, to find the count: the verifier thinks of 255, too. */
	barrier_var(replaced);
	if (!bucket)
		event->totals->buckets_dropped++;
	else if (deleted)
		__sync_fetch_and_add(&bucket->deletes, 1);
	else if (replaced)
		__sync_fetch_and_add(&bucket->replaces, 1);
	else
		__sync_fetch_and_add(&bucket->inserts, 1);
	if (sampled && !deleted && store->overflowed) {
		event->totals->overflows++;
		if (bucket)
			__sync_fetch_and_add(&bucket->overflows, 1);
	}
	bucket_time_count(event, &key);
}

static __always_inline void operation_model(struct prof_operation *op, u64 map_id,
					    const struct khmap_store *store,
					    bool deleted, bool sampled)
{
	if (deleted)
		op->event.totals->deletes++;
	else
		op->event.totals->puts++;

	op->event.key = (struct prof_line_key){ .map_id = map_id };
	op->key = span(0, 0);
	op->value = op->key;
	op->tag = op->key;
	op->head = op->key;
	op->first_line = 0;
	op->region = store->region;
	op->page = store->page;
	op->head_region = head_region(store->region);
	op->head_page = store->head_page;
	operation_place(op, store, deleted);
	operation_store(op);
	bucket_count(&op->event, store, deleted, sampled);
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
	struct prof_bucket *bucket;
	struct model_event event;

	if (!store || !model_event_wanted(&event, map_id))
		return 0;
	event.totals->overflows++;
	key = bucket_key(map_id, store);
	bucket = bucket_get(&key);
	if (bucket)
		__sync_fetch_and_add(&bucket->overflows, 1);
	else
		event.totals->buckets_dropped++;
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
