// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * program.c - look-ups by a BPF program
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "lookup.skel.h"

struct program_context {
	struct lookup_bpf *bpf;
	uint32_t entries;
	uint32_t lookups;
};

enum program_way {
	PROGRAM_KHMAP,
	PROGRAM_TABLE,
	PROGRAM_NOTHING,
};

static double program_run(void *argument, uint32_t which)
{
	const struct program_context *context = argument;
	struct lookup_bpf *bpf = context->bpf;
	const struct bpf_program *const programs[] = {
		[PROGRAM_KHMAP] = bpf->progs.look_up_khmap,
		[PROGRAM_TABLE] = bpf->progs.look_up_table,
		[PROGRAM_NOTHING] = bpf->progs.look_up_nothing,
	};
	char packet[64] = { 0 };
	struct bpf_test_run_opts options = {
		.sz = sizeof(options),
		.data_in = packet,
		.data_size_in = sizeof(packet),
		.repeat = 1,
	};
	uint32_t index = 0, i;
	uint64_t expect = 0;
	double start, end;
	int err;

	for (i = 0; i < context->lookups; i++) {
		index = bench_next(index, context->entries);
		expect += which == PROGRAM_NOTHING ? bench_key(index) : index;
	}
	bpf->bss->found = 0;
	bpf->bss->sum = 0;
	start = bench_now();
	err = bpf_prog_test_run_opts(bpf_program__fd(programs[which]), &options);
	end = bench_now();
	if (err)
		bench_die(err, "a BPF program does not run");
	if (bpf->bss->found != context->lookups || bpf->bss->sum != expect)
		bench_die(0, "a BPF program found %llu of %u keys",
			  (unsigned long long)bpf->bss->found, context->lookups);
	return (end - start) / context->lookups;
}

static struct lookup_bpf *program_load(uint32_t entries)
{
	struct lookup_bpf *bpf = lookup_bpf__open();
	int err;

	if (!bpf)
		bench_die(0, "the BPF programs cannot be opened");
	bpf_map__set_max_entries(bpf->maps.table, entries);
	err = lookup_bpf__load(bpf);
	if (err)
		bench_die(err, "the BPF programs cannot be loaded");
	return bpf;
}

static void program_measure(json_t *groups, const struct bench_options *options, uint32_t entries)
{
	static const struct bench_subject subjects[] = {
		{ "bpf_khmap_get()", "khmap", program_run, PROGRAM_KHMAP },
		{ "bpf_map_lookup_elem() of a hash", "peer", program_run, PROGRAM_TABLE },
		{ "the loop around them alone", "other", program_run, PROGRAM_NOTHING },
		{ }
	};
	static const struct bench_compare compares[] = { { 0, 1, 1 }, { } };
	struct bench_records records = bench_records_make(entries);
	struct khmap *map = bench_map_create(entries);
	struct program_context context = {
		.bpf = program_load(entries),
		.entries = entries,
		.lookups = options->lookups,
	};
	struct khmap_ioc_stat stat;
	char title[80];
	int err = khmap_stat(map, &stat);

	if (err)
		bench_die(err, "what the map's id is");
	bench_map_fill(map, &records, options->batch);
	bench_bpf_fill(bpf_map__fd(context.bpf->maps.table), &records, options->batch);
	context.bpf->bss->map_id = stat.map_id;
	context.bpf->bss->entries = entries;
	context.bpf->bss->lookups = options->lookups;
	snprintf(title, sizeof(title), "a BPF program looks one key of %u up", entries);
	bench_group(groups, title, "ns", subjects, compares, options->rounds, &context);
	lookup_bpf__destroy(context.bpf);
	khmap_close(map);
	bench_records_free(&records);
}

void bench_program(json_t *groups, const struct bench_options *options)
{
	bench_pin(0);
	program_measure(groups, options, 1 << 10);
	program_measure(groups, options, options->entries);
}
