/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * maps.bpf.h - the names and geometries of maps
 */
#ifndef PROF_MAPS_BPF_H
#define PROF_MAPS_BPF_H

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "model.bpf.h"
#include "store.h"

/* What is used of the module's types; libbpf finds the offsets in its BTF. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

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
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_MAPS_MAX);
	__type(key, u64);
	__type(value, struct prof_map);
} maps SEC(".maps");

/* Maps that are there when a profile begins are made known by its loader. */
SEC("tp_btf/khmap_create")
int BPF_PROG(maps_create, u64 map_id, const char *name,
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

#endif /* PROF_MAPS_BPF_H */
