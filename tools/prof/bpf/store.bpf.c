// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * store.bpf.c - a model of the cache lines that puts and deletes store into
 *
 * The source are the module's tracepoints.  From where an operation wrote and
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
#include "store.h"

#define BPF_NOEXIST		1
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
};

struct khmap_geometry {
	u32 page_shift;
	u32 layout;
	u32 key_size;
	u32 value_size;
	u32 value_offset;
	u32 slot_stride;
	u32 bucket_stride;
	u32 tags_size;
	u32 overflow_stride;
	u32 inline_offset;
};

#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct prof_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct prof_totals);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_MAPS_MAX);
	__type(key, u64);
	__type(value, struct prof_map);
} maps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_LINES_DEFAULT);
	__type(key, struct prof_line_key);
	__type(value, struct prof_line);
} lines SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_LINES_DEFAULT * PROF_CPUS_PER_LINE);
	__type(key, struct prof_line_key);
	__type(value, struct prof_line_cpu);
} line_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_LINES_DEFAULT);
	__type(key, struct prof_bucket_key);
	__type(value, struct prof_bucket);
} buckets SEC(".maps");

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
	struct prof_totals *totals;
	u64 map_id;
	u32 cpu;
	u32 region;
	u32 page;
	u32 head_region;
	u32 head_page;
	u32 first_line;
	struct prof_span key;
	struct prof_span value;
	struct prof_span tag;
	struct prof_span head;
};

/* The part of @span that lies in a line, as a bit for each byte. */
static __always_inline u64 line_bytes(u32 line, const struct prof_span *span)
{
	u32 from = line << PROF_LINE_SHIFT, to = from + PROF_LINE_SIZE;
	u32 start = span->start > from ? span->start : from;
	u32 end = span->end < to ? span->end : to;

	if (start >= end)
		return 0;
	return (~0ull >> ((64 - (end - start)) & 63)) << ((start - from) & 63);
}

static __always_inline bool head_is_near(const struct prof_operation *op)
{
	return op->head_region == op->region && op->head_page == op->page;
}

static __always_inline struct prof_line *
line_get(const struct prof_line_key *key)
{
	struct prof_line fresh = { .owner = PROF_NO_CPU };
	struct prof_line *line = bpf_map_lookup_elem(&lines, key);

	if (line)
		return line;
	bpf_map_update_elem(&lines, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&lines, key);
}

static __always_inline void line_cpu_count(struct prof_operation *op,
					   const struct prof_line_key *key,
					   u64 bytes, u64 as_true, u64 as_false)
{
	struct prof_line_cpu fresh = {}, *part;

	part = bpf_map_lookup_elem(&line_cpus, key);
	if (!part) {
		bpf_map_update_elem(&line_cpus, key, &fresh, BPF_NOEXIST);
		part = bpf_map_lookup_elem(&line_cpus, key);
	}
	if (!part) {
		op->totals->cpus_dropped++;
		return;
	}
	/* Nobody else writes it: the CPU is in the key, preemption is off. */
	part->bytes |= bytes;
	part->stores++;
	part->transfers_true += as_true;
	part->transfers_false += as_false;
}

/* An operation stored @bytes into a line. */
static __always_inline void line_store(struct prof_operation *op, u32 region,
				       u32 page, u32 number, u64 bytes,
				       bool slot)
{
	struct prof_line_key key = {
		.map_id = op->map_id,
		.region = region,
		.page = page,
		.line = number,
	};
	u64 as_true = 0, as_false = 0;
	struct prof_line *line = line_get(&key);

	if (!line) {
		op->totals->lines_dropped++;
		return;
	}
	bpf_spin_lock(&line->lock);
	line->stores++;
	line->slot_stores += slot;
	if (line->owner == op->cpu) {
		line->owner_bytes |= bytes;
	} else {
		if (line->owner != PROF_NO_CPU) {
			if (line->owner_bytes & bytes)
				as_true = 1;
			else
				as_false = 1;
			line->transfers_true += as_true;
			line->transfers_false += as_false;
		}
		line->owner = op->cpu;
		line->owner_bytes = bytes;
	}
	bpf_spin_unlock(&line->lock);

	key.cpu = op->cpu;
	line_cpu_count(op, &key, bytes, as_true, as_false);
}

/* All that an operation stored into a line of the slot's page. */
static __always_inline void slot_line_store(struct prof_operation *op, u32 line)
{
	u64 bytes = line_bytes(line, &op->key) | line_bytes(line, &op->value);
	bool slot = bytes;

	bytes |= line_bytes(line, &op->tag);
	if (head_is_near(op))
		bytes |= line_bytes(line, &op->head);
	if (bytes)
		line_store(op, op->region, op->page, line, bytes, slot);
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
		   line_bytes(head_line, &op->head), false);
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
	const struct prof_map *map = bpf_map_lookup_elem(&maps, &op->map_id);
	u32 offset = store->offset, start;

	if (!map) {
		op->totals->partial++;
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

static __always_inline struct prof_bucket *
bucket_get(u64 map_id, const struct khmap_store *store)
{
	struct prof_bucket_key key = {
		.map_id = map_id,
		.region = head_region(store->region),
		.page = store->head_page,
		.bucket = store->head_bucket,
	};
	struct prof_bucket fresh = {}, *bucket;

	bucket = bpf_map_lookup_elem(&buckets, &key);
	if (bucket)
		return bucket;
	bpf_map_update_elem(&buckets, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&buckets, &key);
}

static __always_inline void bucket_count(struct prof_totals *total, u64 map_id,
					 const struct khmap_store *store,
					 bool deleted)
{
	struct prof_bucket *bucket = bucket_get(map_id, store);

	if (!bucket)
		total->buckets_dropped++;
	else if (deleted)
		__sync_fetch_and_add(&bucket->deletes, 1);
	else if (store->replaced)
		__sync_fetch_and_add(&bucket->replaces, 1);
	else
		__sync_fetch_and_add(&bucket->inserts, 1);
}

static __always_inline bool is_profiled(const struct prof_settings *set,
					u64 map_id)
{
	return set->enabled && (!set->map_id || set->map_id == map_id);
}

/*
 * @store is never NULL, but since Linux 6.12 the verifier wants to see a check
 * of a tracepoint's pointers.
 */
static __always_inline int store_event(u64 map_id,
				       const struct khmap_store *store,
				       bool deleted)
{
	u32 zero = 0;
	struct prof_settings *set = bpf_map_lookup_elem(&settings, &zero);
	struct prof_totals *total = bpf_map_lookup_elem(&totals, &zero);
	struct prof_operation op = {};

	if (!store || !set || !total || !is_profiled(set, map_id))
		return 0;
	total->events++;
	if (total->until > 1) {
		total->until--;
		return 0;
	}
	total->until = set->sample;
	total->taken++;
	if (deleted)
		total->deletes++;
	else
		total->puts++;

	op.totals = total;
	op.map_id = map_id;
	op.cpu = bpf_get_smp_processor_id();
	op.region = store->region;
	op.page = store->page;
	op.head_region = head_region(store->region);
	op.head_page = store->head_page;
	operation_place(&op, store, deleted);
	operation_store(&op);
	bucket_count(total, map_id, store, deleted);
	return 0;
}

SEC("tp_btf/khmap_put")
int BPF_PROG(store_put, u64 map_id, const struct khmap_store *store)
{
	return store_event(map_id, store, false);
}

SEC("tp_btf/khmap_delete")
int BPF_PROG(store_delete, u64 map_id, const struct khmap_store *store)
{
	return store_event(map_id, store, true);
}

SEC("tp_btf/khmap_overflow")
int BPF_PROG(store_overflow, u64 map_id, const struct khmap_store *store)
{
	u32 zero = 0;
	struct prof_settings *set = bpf_map_lookup_elem(&settings, &zero);
	struct prof_totals *total = bpf_map_lookup_elem(&totals, &zero);
	struct prof_bucket *bucket;

	if (!store || !set || !total || !is_profiled(set, map_id))
		return 0;
	total->overflows++;
	bucket = bucket_get(map_id, store);
	if (bucket)
		__sync_fetch_and_add(&bucket->overflows, 1);
	else
		total->buckets_dropped++;
	return 0;
}

/* Maps that are there when a profile begins are made known by its loader. */
SEC("tp_btf/khmap_create")
int BPF_PROG(store_create, u64 map_id, const char *name,
	     const struct khmap_geometry *geometry)
{
	u32 zero = 0;
	struct prof_totals *total = bpf_map_lookup_elem(&totals, &zero);
	struct prof_map map = {};

	if (!geometry)
		return 0;
	map.page_shift = geometry->page_shift;
	map.layout = geometry->layout;
	map.key_size = geometry->key_size;
	map.value_size = geometry->value_size;
	map.value_offset = geometry->value_offset;
	map.slot_stride = geometry->slot_stride;
	map.bucket_stride = geometry->bucket_stride;
	map.tags_size = geometry->tags_size;
	map.overflow_stride = geometry->overflow_stride;
	map.inline_offset = geometry->inline_offset;
	bpf_probe_read_kernel_str(map.name, sizeof(map.name), name);
	if (bpf_map_update_elem(&maps, &map_id, &map, 0) && total)
		total->maps_dropped++;
	return 0;
}
