// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * records.c - what is put
 */
#include <stdlib.h>

#include "bench.h"

struct bench_records bench_records_make(uint32_t count)
{
	struct bench_records records = {
		.keys = bench_alloc(count, sizeof(*records.keys)),
		.values = bench_alloc(count, sizeof(*records.values)),
		.count = count,
	};
	uint32_t i;

	for (i = 0; i < count; i++) {
		records.keys[i] = bench_key(i);
		records.values[i] = i;
	}
	return records;
}

void bench_records_free(struct bench_records *records)
{
	free(records->keys);
	free(records->values);
}
