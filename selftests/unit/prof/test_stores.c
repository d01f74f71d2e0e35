// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_stores.c - from operations follow the bytes and chains that they stored to
 */
#include <stdlib.h>
#include <string.h>
#include "../tap.h"
#include "profile/profile.h"
#include "profile/stores.h"

#define MAP	7

/* Slots of a key of 8 bytes and a value of 150: more than two lines. */
static const struct prof_map geometry = {
	.key_size = 8,
	.value_size = 150,
	.value_offset = 8,
	.slot_stride = 160,
	.bucket_stride = 1024,
	.overflow_stride = 512,
	.inline_offset = 640,
};

static struct prof_rows operations, maps, lines, accesses, buckets;

static void clear(struct prof_rows *rows, size_t row_size)
{
	free(rows->rows);
	*rows = (struct prof_rows){ .row_size = row_size };
}

static void begin(void)
{
	struct prof_map_row *map;

	clear(&operations, sizeof(struct prof_store_row));
	clear(&maps, sizeof(struct prof_map_row));
	clear(&lines, sizeof(struct prof_line_row));
	clear(&accesses, sizeof(struct prof_access_row));
	clear(&buckets, sizeof(struct prof_bucket_row));
	map = prof_rows_add(&maps);
	map->map_id = MAP;
	map->map = geometry;
}

static void know_lines(uint32_t region, uint32_t page)
{
	uint32_t line;

	for (line = 0; line < 64; line++) {
		struct prof_line_row *row = prof_rows_add(&lines);

		row->key = (struct prof_line_key){
			.map_id = MAP, .region = region, .page = page, .line = line,
		};
	}
}

static void operation(uint32_t region, uint32_t kind, uint32_t cpu, uint64_t count)
{
	struct prof_store_row *row = prof_rows_add(&operations);

	row->key = (struct prof_store_key){
		.map_id = MAP,
		.cpu = cpu,
		.page = region == PROF_REGION_OVERFLOW ? 3 : 0,
		.bucket = region == PROF_REGION_HEADER ? 0 : 1,
		.head_page = 0,
		.head_bucket = region == PROF_REGION_HEADER ? 0 : 2,
		.offset = region == PROF_REGION_HEADER ? 704 : 1088,
		.length = 160,
		.slot = 1,
		.region = (uint8_t)region,
		.kind = (uint8_t)kind,
	};
	row->count = count;
}

/* "1/0/17+0:8 key 2" for each access: region, page, line, bytes, kind, count; CPU 0's alone. */
static const char *told(void)
{
	static char text[4096];
	size_t used = 0, i;

	prof_stores_tell(&operations, &maps, &lines, &accesses, &buckets);
	text[0] = '\0';
	for (i = 0; i < accesses.count; i++) {
		const struct prof_access_row *row = (struct prof_access_row *)accesses.rows + i;

		if (!row->key.line.cpu)
			used += (size_t)snprintf(text + used, sizeof(text) - used,
						 "%u/%u/%u+%u:%u %s %llu\n", row->key.line.region,
						 row->key.line.page, row->key.line.line,
						 row->key.offset, row->key.length,
						 prof_access_name(row->key.kind),
						 (unsigned long long)row->count);
	}
	return text;
}

static const struct prof_bucket *only_bucket(void)
{
	static const struct prof_bucket none;

	return buckets.count == 1 ? &((struct prof_bucket_row *)buckets.rows)->count : &none;
}

static void kinds(void)
{
	begin();
	know_lines(PROF_REGION_PRIMARY, 0);
	operation(PROF_REGION_PRIMARY, PROF_STORE_INSERT, 0, 2);
	is_str(told(),
	       "1/0/16+9:1 tag 2\n"
	       "1/0/17+0:8 key 2\n"
	       "1/0/17+8:56 value 2\n"
	       "1/0/18+0:64 value 2\n"
	       "1/0/19+0:30 value 2\n"
	       "1/0/32+0:4 head 2\n",
	       "a key is inserted: all of it, in four lines, and the chain's head");
	is_u64(only_bucket()->inserts, 2, "in one chain");

	begin();
	know_lines(PROF_REGION_PRIMARY, 0);
	operation(PROF_REGION_PRIMARY, PROF_STORE_REPLACE, 0, 3);
	is_str(told(),
	       "1/0/17+8:56 value 3\n"
	       "1/0/18+0:64 value 3\n"
	       "1/0/19+0:30 value 3\n"
	       "1/0/32+0:4 head 3\n",
	       "a value is replaced: not the key, nor its tag");
	is_u64(only_bucket()->replaces, 3, "likewise");

	begin();
	know_lines(PROF_REGION_PRIMARY, 0);
	operation(PROF_REGION_PRIMARY, PROF_STORE_DELETE, 0, 1);
	is_str(told(),
	       "1/0/16+9:1 tag 1\n"
	       "1/0/17+0:64 clear 1\n"
	       "1/0/18+0:64 clear 1\n"
	       "1/0/19+0:32 clear 1\n"
	       "1/0/32+0:4 head 1\n",
	       "a key is deleted: the slot");
	is_u64(only_bucket()->deletes, 1, "likewise");
}

static void regions(void)
{
	begin();
	know_lines(PROF_REGION_OVERFLOW, 3);
	know_lines(PROF_REGION_PRIMARY, 0);
	operation(PROF_REGION_OVERFLOW, PROF_STORE_REPLACE, 0, 1);
	is_str(told(),
	       "1/0/32+0:4 head 1\n"
	       "2/3/17+8:56 value 1\n"
	       "2/3/18+0:64 value 1\n"
	       "2/3/19+0:30 value 1\n",
	       "an overflow bucket: its chain's head is elsewhere");
	is_u64(((struct prof_bucket_row *)buckets.rows)->key.region, PROF_REGION_PRIMARY,
	       "and is what the chain is named by");

	begin();
	know_lines(PROF_REGION_HEADER, 0);
	operation(PROF_REGION_HEADER, PROF_STORE_INSERT, 0, 1);
	is_str(told(),
	       "0/0/10+0:4 head 1\n"
	       "0/0/10+9:1 tag 1\n"
	       "0/0/11+0:8 key 1\n"
	       "0/0/11+8:56 value 1\n"
	       "0/0/12+0:64 value 1\n"
	       "0/0/13+0:30 value 1\n",
	       "an inline bucket");
}

static void unknown(void)
{
	begin();
	know_lines(PROF_REGION_PRIMARY, 0);
	operation(PROF_REGION_PRIMARY, PROF_STORE_REPLACE | PROF_STORE_PARTIAL, 0, 1);
	is_str(told(),
	       "1/0/17+0:64 key 1\n"
	       "1/0/17+0:64 value 1\n"
	       "1/0/18+0:64 key 1\n"
	       "1/0/18+0:64 value 1\n"
	       "1/0/19+0:32 key 1\n"
	       "1/0/19+0:32 value 1\n",
	       "an unknown geometry: the slot as a whole, and no head");
	is_u64(only_bucket()->replaces, 1, "but the chain");

	begin();
	operation(PROF_REGION_PRIMARY, PROF_STORE_INSERT, 0, 1);
	is_str(told(), "", "lines that there was no room for");
	is_u64(only_bucket()->inserts, 1, "but the chain");
}

static void sums(void)
{
	struct prof_bucket_row *chain;

	begin();
	know_lines(PROF_REGION_PRIMARY, 0);
	operation(PROF_REGION_PRIMARY, PROF_STORE_INSERT, 0, 2);
	operation(PROF_REGION_PRIMARY, PROF_STORE_REPLACE, 0, 3);
	operation(PROF_REGION_PRIMARY, PROF_STORE_REPLACE, 1, 50);
	/* What found no room among the operations. */
	chain = prof_rows_add(&buckets);
	chain->key = (struct prof_bucket_key){
		.map_id = MAP, .region = PROF_REGION_PRIMARY, .bucket = 2,
	};
	chain->count = (struct prof_bucket){ .inserts = 100, .overflows = 4 };
	is_str(told(),
	       "1/0/16+9:1 tag 2\n"
	       "1/0/17+0:8 key 2\n"
	       "1/0/17+8:56 value 5\n"
	       "1/0/18+0:64 value 5\n"
	       "1/0/19+0:30 value 5\n"
	       "1/0/32+0:4 head 5\n",
	       "the same bytes of several kinds are added up, by processor");
	is_u64(buckets.count, 1, "and so are chains");
	is_u64(only_bucket()->inserts, 102, "with those that found no room");
	is_u64(only_bucket()->replaces, 53, "of all processors");
	is_u64(only_bucket()->overflows, 4, "and buckets added");
}

int main(void)
{
	kinds();
	regions();
	unknown();
	sums();
	clear(&operations, 0);
	clear(&maps, 0);
	clear(&lines, 0);
	clear(&accesses, 0);
	clear(&buckets, 0);
	return done();
}
