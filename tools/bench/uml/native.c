// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * native.c - the engine's userspace build puts what the module puts elsewhere
 *
 * The records, the map's beginning and the file are those of bench-guest's part
 * "engine".
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <linux/khmap.h>

#include "../../../kmod/core/table.h"
#include "../../../user/engine/memory.h"
#include "../guest/bench.h"
#include "../host.h"
#include "../image.h"

#define NATIVE_BYTES	(1ull << 32)
#define BATCH		1024u	/* as the module gets them */

struct native_context {
	struct bench_records records;
};

/* In pages of the size that user-mode Linux has too, or in huge ones. */
static double native_put(void *argument, uint32_t huge)
{
	const struct native_context *context = argument;
	const struct khmap_table_params params = {
		.key_size = 8,
		.value_size = 8,
		.layout = KHMAP_LAYOUT_ALIGNED,
		.hash_kind = KHMAP_HASH_FOLD,
		.load_percent = KHMAP_LOAD_DEFAULT,
		.stripes = KHMAP_STRIPES,
		.expected_entries = 16,
		.max_pages = NATIVE_BYTES >> 13,
		.secret = { 0x243f6a8885a308d3ull, 0x13198a2e03707344ull },
	};
	struct khmap_account *account = khmap_account_create(NATIVE_BYTES, 0, huge);
	struct khmap_table *table;
	double start, end;
	uint32_t i, count;
	int err;

	if (!account)
		bench_die(0, "no memory for an image");
	if (huge) {
		void *image = khmap_account_image(account);

		if (mprotect(image, NATIVE_BYTES, PROT_READ | PROT_WRITE))
			bench_die(0, "an image cannot be made writable");
		madvise(image, NATIVE_BYTES, MADV_HUGEPAGE);
	}
	err = khmap_table_create(&params, account, &table);
	if (err)
		bench_die(err, "no map can be made");
	start = bench_now();
	for (i = 0; i < context->records.count; i += count) {
		count = context->records.count - i < BATCH ? context->records.count - i : BATCH;
		err = bench_table_put_many(table, (const void *)&context->records.keys[i],
					   (const void *)&context->records.values[i], count);
		if (err)
			bench_die(err, "a put");
	}
	end = bench_now();
	khmap_table_destroy(table);
	khmap_account_destroy(account);
	return (end - start) / context->records.count;
}

int main(int argc, char **argv)
{
	static const struct bench_subject subjects[] = {
		{ "the engine in a process", "other", native_put, 0 },
		{ "the engine in a process, huge pages", "other", native_put, 1 },
		{ }
	};
	static const struct bench_compare compares[] = { { } };
	struct native_context context;
	json_t *groups = json_array(), *root;
	unsigned long entries;
	int err;

	entries = argc == 5 ? strtoul(argv[2], NULL, 0) : 0;
	if (!entries || entries > 1u << 28) {
		fprintf(stderr, "Usage: bench-native FILE ENTRIES REVISION FLAGS\n"
				"Puts so many new keys into a map of the engine; a sample of each way\n"
				"goes to the file.\n");
		return 2;
	}
	context.records = bench_records_make((uint32_t)entries);
	bench_group(groups, "new keys, natively", "ns", subjects, compares, 1, &context);
	bench_records_free(&context.records);
	root = json_pack("{s:i, s:o, s:o}", "version", 1, "machine",
			 host_describe(argv[3], argv[4], json_object()), "groups", groups);
	err = host_write(root, argv[1]);
	json_decref(root);
	return err ? 1 : 0;
}
