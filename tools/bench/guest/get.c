// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * get.c - one look-up by a process: of the mapping, or by a system call
 */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

#define GET_ENTRIES	(1u << 17)

struct get_context {
	const struct bench_options *options;
	struct khmap *map;
	int bpf;
};

enum get_way {
	GET_MAPPING,
	GET_IOCTL,
	GET_BPF,
};

static int get_one(const struct get_context *context, enum get_way way, uint64_t key,
		   uint64_t *value)
{
	switch (way) {
	case GET_MAPPING:
		return khmap_get(context->map, &key, value);
	case GET_IOCTL:
		return khmap_get_locked(context->map, &key, value);
	case GET_BPF:
		return bpf_map_lookup_elem(context->bpf, &key, value);
	}
	return -1;
}

/* Inlined for each way, so that none pays for the choice. */
static inline __attribute__((always_inline)) double get_loop(const struct get_context *context,
							     enum get_way way, uint32_t lookups)
{
	uint64_t sum = 0, expect = 0, value = 0;
	uint32_t i, index = 0;
	double start, end;

	for (i = 0; i < lookups; i++) {
		index = bench_next(index, GET_ENTRIES);
		expect += index;
	}
	start = bench_now();
	for (i = 0, index = 0; i < lookups; i++) {
		index = bench_next(index, GET_ENTRIES);
		if (get_one(context, way, bench_key(index), &value))
			bench_die(0, "key %u is not found", index);
		sum += value;
	}
	end = bench_now();
	if (sum != expect)
		bench_die(0, "look-ups give other values than were put");
	return (end - start) / lookups;
}

static double get_run(void *argument, uint32_t which)
{
	const struct get_context *context = argument;
	uint32_t lookups = context->options->lookups;

	switch (which) {
	case GET_MAPPING:
		return get_loop(context, GET_MAPPING, lookups);
	case GET_IOCTL:
		return get_loop(context, GET_IOCTL, lookups / 10 + 1);
	default:
		return get_loop(context, GET_BPF, lookups / 10 + 1);
	}
}

void bench_get(json_t *groups, const struct bench_options *options)
{
	static const struct bench_subject subjects[] = {
		{ "khmap_get() of the mapping", "khmap", get_run, GET_MAPPING },
		{ "KHMAP_IOC_GET", "khmap", get_run, GET_IOCTL },
		{ "bpf(BPF_MAP_LOOKUP_ELEM)", "peer", get_run, GET_BPF },
		{ }
	};
	static const struct bench_compare compares[] = {
		{ 0, 2, 20 }, { 0, 1, 0 }, { 1, 2, 0 }, { }
	};
	struct bench_records records = bench_records_make(GET_ENTRIES);
	struct get_context context = {
		.options = options,
		.map = bench_map_create(GET_ENTRIES),
		.bpf = bench_bpf_create(GET_ENTRIES),
	};

	bench_pin(0);
	bench_map_fill(context.map, &records, options->batch);
	bench_bpf_fill(context.bpf, &records, options->batch);
	bench_group(groups, "a process looks one key of 131072 up", "ns", subjects, compares,
		    options->rounds, &context);
	khmap_close(context.map);
	close(context.bpf);
	bench_records_free(&records);
}
