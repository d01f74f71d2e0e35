// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * map.c - the maps that are compared
 */
#include <bpf/bpf.h>
#include <errno.h>

#include "bench.h"

struct khmap *bench_map_create(uint32_t expected)
{
	const struct khmap_create_options options = {
		.size = sizeof(options),
		.key_size = 8,
		.value_size = 8,
		.expected_entries = expected,
		.max_bytes = 1ull << 29,
	};
	struct khmap *map;
	int err = khmap_create(&options, &map);

	if (err)
		bench_die(err, "no map can be made");
	return map;
}

void bench_map_fill(struct khmap *map, const struct bench_records *records, uint32_t batch)
{
	uint32_t first;

	for (first = 0; first < records->count; first += batch) {
		struct khmap_arrays arrays = {
			.size = sizeof(arrays),
			.opcode = KHMAP_OP_PUT,
			.keys = records->keys + first,
			.values = records->values + first,
			.count = records->count - first,
		};
		int err;

		if (arrays.count > batch)
			arrays.count = batch;
		err = khmap_batch_arrays(map, &arrays);
		if (err || arrays.failed)
			bench_die(err, "a batch of puts, %zu of which failed", arrays.failed);
	}
}

int bench_bpf_create(uint32_t entries)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "bench", 8, 8, entries, NULL);

	if (fd < 0)
		bench_die(fd, "no BPF map of %u entries can be made", entries);
	return fd;
}

void bench_bpf_fill(int fd, const struct bench_records *records, uint32_t batch)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	uint32_t first;

	for (first = 0; first < records->count; first += batch) {
		uint32_t count = records->count - first;
		int err;

		if (count > batch)
			count = batch;
		err = bpf_map_update_batch(fd, records->keys + first, records->values + first,
					   &count, &options);
		if (err)
			bench_die(err, "a batch of BPF updates");
	}
}
