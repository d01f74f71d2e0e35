// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * mkimage.c - make a snapshot file without a kernel, for tests
 *
 * Reads records as CSV from standard input, puts them into a map of the engine's
 * userspace build, deletes some again if asked to, and writes a snapshot of it
 * with the library's own writer.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../kmod/core/table.h"
#include "../../../user/engine/copy.h"
#include "../../../user/engine/memory.h"
#include "image_write.h"
#include "record_source.h"

#define IMAGE_BYTES	(1ull << 32)
#define IMAGE_PAGES	(1u << 18)	/* of the primary region */
#define SNAPSHOT_NS	1700000001000000000ull

static const void *copy_page(void *context, __u64 index)
{
	return khmap_copy_page(context, index);
}

static struct khmap_schema *schema_make(const char *key, const char *value)
{
	struct khmap_schema *schema;

	if (khmap_schema_make(key, value, &schema))
		errx(1, "%s", khmap_reason());
	return schema;
}

/* Put every record; delete the first @deletes again. */
static void table_fill(struct khmap_table *table, const struct khmap_schema *schema,
		       unsigned long deletes)
{
	const struct record_options options = { .format = RECORD_CSV };
	size_t key_size = khmap_schema_key_size(schema);
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX], *keys;
	struct record_source *source;
	unsigned long count = 0, i;
	int got;

	keys = malloc(deletes * key_size + 1);
	if (!keys || record_source_open(0, "input", schema, &options, &source))
		errx(1, "%s", khmap_reason());
	while ((got = record_next(source, key, value)) > 0) {
		int err = khmap_table_put(table, key, value, KHMAP_PUT_EITHER, NULL);

		if (err)
			errx(1, "put: %s", strerror(-err));
		if (count < deletes)
			memcpy(keys + count * key_size, key, key_size);
		count++;
	}
	if (got < 0)
		errx(1, "%s", khmap_reason());
	record_source_close(source);
	for (i = 0; i < deletes && i < count; i++)
		khmap_table_delete(table, keys + i * key_size, NULL, NULL);
	free(keys);
}

/* Primary pages for what is expected at the target load. */
static u32 pages_for(const struct khmap_table_params *p)
{
	struct khmap_geometry g = {
		.page_shift = KHMAP_OS_PAGE_SHIFT,
		.layout = p->layout,
		.key_size = p->key_size,
		.value_size = p->value_size,
	};
	u64 slots;

	if (khmap_geometry_solve(&g, p->schema_length))
		errx(1, "geometry");
	slots = (u64)g.buckets_per_page * g.bucket_slots * p->load_percent;
	return (u32)((p->expected_entries * 100 + slots - 1) / slots);
}

int main(int argc, char **argv)
{
	struct khmap_table_params params = {
		.layout = KHMAP_LAYOUT_ALIGNED,
		.hash_kind = KHMAP_HASH_FOLD,
		.load_percent = KHMAP_LOAD_DEFAULT,
		.stripes = 4,
		.expected_entries = 1000,
		.max_pages = IMAGE_PAGES,
		.secret = { 0x243f6a8885a308d3ull, 0x13198a2e03707344ull },
		.map_id = 7,
		.created_ns = 1700000000000000000ull,
		.name = "test",
	};
	const char *key = "u64", *value = "u64";
	struct khmap_image_source source = { .page = copy_page, .stable = true, .mode = 0644 };
	struct khmap_account *account, *copy_account;
	struct khmap_image_header header;
	struct khmap_schema *schema;
	struct khmap_table *table;
	struct khmap_copy *copy;
	unsigned long deletes = 0;
	bool crowded = false;
	int option, error;

	while ((option = getopt(argc, argv, "k:v:n:d:l:r:psx")) != -1) {
		switch (option) {
		case 'k':
			key = optarg;
			break;
		case 'v':
			value = optarg;
			break;
		case 'n':
			params.expected_entries = strtoull(optarg, NULL, 0);
			break;
		case 'd':
			deletes = strtoul(optarg, NULL, 0);
			break;
		case 'l':
			params.load_percent = (u32)strtoul(optarg, NULL, 0);
			break;
		case 'r':
			params.secret[0] ^= strtoull(optarg, NULL, 0);
			break;
		case 'p':
			params.layout = KHMAP_LAYOUT_PACKED;
			break;
		case 's':
			params.hash_kind = KHMAP_HASH_SIPHASH13;
			break;
		case 'x':
			crowded = true;
			break;
		default:
			errx(2, "usage: mkimage [-k TYPE] [-v TYPE] [-n ENTRIES] [-d DELETES] [-l LOAD] [-r SECRET] [-psx] FILE");
		}
	}
	if (optind + 1 != argc)
		errx(2, "no FILE");
	schema = schema_make(key, value);
	params.key_size = (u32)khmap_schema_key_size(schema);
	params.value_size = (u32)khmap_schema_value_size(schema);
	params.schema = khmap_schema_text(schema);
	params.schema_length = (u32)strlen(khmap_schema_text(schema));

	/* Each image has its own address space. */
	account = khmap_account_create(IMAGE_BYTES, 0, false);
	copy_account = khmap_account_create(IMAGE_BYTES, 0, false);
	if (!account || !copy_account)
		err(1, "account");
	/* A ceiling that a test can lower; a crowded one keeps its chains. */
	params.max_entries = 2 * params.expected_entries;
	if (crowded) {
		params.max_entries = 0;
		params.max_pages = pages_for(&params);
	}
	error = khmap_table_create(&params, account, &table);
	if (!error)
		error = khmap_table_reserve(table, params.expected_entries, NULL);
	if (error)
		errx(1, "create: %s", strerror(-error));
	table_fill(table, schema, deletes);
	error = khmap_copy_create(table, copy_account, SNAPSHOT_NS, 1, &copy);
	if (error)
		errx(1, "copy: %s", strerror(-error));
	memcpy(&header, copy_page(copy, 0), sizeof(header));
	source.header = &header;
	source.context = copy;
	if (khmap_image_write(&source, argv[optind], NULL))
		errx(1, "%s", khmap_reason());
	khmap_copy_destroy(copy);
	khmap_table_destroy(table);
	khmap_account_destroy(account);
	khmap_account_destroy(copy_account);
	khmap_schema_free(schema);
	return 0;
}
