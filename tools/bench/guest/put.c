// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * put.c - new keys by batches, into a map that grows and into one that need not
 *
 * Making a map is no part of the time.
 */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define PUT_FIRST_SIZE	16

struct put_context {
	const struct bench_options *options;
	struct bench_records records;
	struct khmap_op *ops;
};

static void put_check(struct khmap *map, const struct put_context *context)
{
	struct khmap_ioc_stat stat;
	int err = khmap_stat(map, &stat);

	if (err || stat.entries != context->records.count)
		bench_die(err, "a map holds other than %u entries", context->records.count);
}

static void put_ops(struct khmap *map, const struct put_context *context)
{
	uint32_t first, step = context->options->batch, count = context->records.count;

	for (first = 0; first < count; first += step) {
		size_t done, size = count - first < step ? count - first : step;
		int err = khmap_batch(map, context->ops + first, size, 0, &done);

		if (err)
			bench_die(err, "a batch of operations");
	}
}

enum put_way {
	PUT_ARRAYS,
	PUT_RESERVED,
	PUT_OPS,
};

static double put_khmap(void *argument, uint32_t which)
{
	const struct put_context *context = argument;
	struct khmap *map = bench_map_create(PUT_FIRST_SIZE);
	double start, end;
	int err;

	if (which == PUT_RESERVED) {
		err = khmap_reserve(map, context->records.count);
		if (err)
			bench_die(err, "room for %u entries", context->records.count);
	}
	start = bench_now();
	if (which == PUT_OPS)
		put_ops(map, context);
	else
		bench_map_fill(map, &context->records, context->options->batch);
	end = bench_now();
	put_check(map, context);
	khmap_close(map);
	return (end - start) / context->records.count;
}

static double put_bpf(void *argument, uint32_t which)
{
	const struct put_context *context = argument;
	int map = bench_bpf_create(context->records.count);
	double start = bench_now(), end;

	bench_bpf_fill(map, &context->records, context->options->batch);
	end = bench_now();
	close(map);
	return (end - start) / context->records.count;
}

static void put_ops_make(struct put_context *context)
{
	const struct bench_records *records = &context->records;
	uint32_t i;

	context->ops = bench_alloc(records->count, sizeof(*context->ops));
	for (i = 0; i < records->count; i++)
		context->ops[i] = (struct khmap_op){
			.opcode = KHMAP_OP_PUT,
			.key = (uintptr_t)&records->keys[i],
			.value = (uintptr_t)&records->values[i],
		};
}

void bench_put(json_t *groups, const struct bench_options *options)
{
	static const struct bench_subject subjects[] = {
		{ "khmap_batch_arrays(), grows from 16", "khmap", put_khmap, PUT_ARRAYS },
		{ "khmap_batch_arrays(), reserved", "khmap", put_khmap, PUT_RESERVED },
		{ "khmap_batch(), grows from 16", "khmap", put_khmap, PUT_OPS },
		{ "BPF_MAP_UPDATE_BATCH, preallocated", "peer", put_bpf, 0 },
		{ }
	};
	static const struct bench_compare compares[] = {
		{ 0, 3, 1.5 }, { 1, 3, 0 }, { 2, 3, 0 }, { }
	};
	struct put_context context = {
		.options = options,
		.records = bench_records_make(options->entries),
	};
	char title[80];

	put_ops_make(&context);
	snprintf(title, sizeof(title), "one of %u new keys by batches of %u", options->entries,
		 options->batch);
	bench_group(groups, title, "ns", subjects, compares, options->rounds, &context);
	free(context.ops);
	bench_records_free(&context.records);
}

void bench_put_engine(json_t *groups, const struct bench_options *options)
{
	static const struct bench_subject subjects[] = {
		{ "KHMAP_IOC_BATCH in user-mode Linux", "khmap", put_khmap, PUT_ARRAYS },
		{ }
	};
	static const struct bench_compare compares[] = { { } };
	struct put_context context = {
		.options = options,
		.records = bench_records_make(options->entries),
	};
	char title[80];

	snprintf(title, sizeof(title), "one of %u new keys", options->entries);
	bench_group(groups, title, "ns", subjects, compares, options->rounds, &context);
	bench_records_free(&context.records);
}
