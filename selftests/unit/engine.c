// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * engine.c - a table, its account and a reader, for tests
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../kmod/core/retire.h"
#include "engine.h"

/* Address space of a test's image; what it needs beyond is a mistake. */
#define IMAGE_BYTES	(64ull << 20)
#define IMAGE_PAGES	4096	/* of its primary region */

u64 rng_next(struct rng *rng)
{
	u64 z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

u64 rng_below(struct rng *rng, u64 limit)
{
	return rng_next(rng) % limit;
}

u64 test_seed(void)
{
	const char *given = getenv("KHMAP_SEED");
	struct timespec now;
	u64 seed;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = given ? strtoull(given, NULL, 0) :
		       ((u64)now.tv_sec << 20 ^ (u64)now.tv_nsec) & 0xffffffff;
	printf("# KHMAP_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

struct khmap_table_params params_make(u32 key_size, u32 value_size, u64 expected)
{
	return (struct khmap_table_params) {
		.key_size = key_size,
		.value_size = value_size,
		.layout = KHMAP_LAYOUT_ALIGNED,
		.hash_kind = KHMAP_HASH_FOLD,
		.load_percent = 75,
		.stripes = 2,
		.expected_entries = expected,
		.max_pages = IMAGE_PAGES,
		.secret = { 0x243f6a8885a308d3ull, 0x13198a2e03707344ull },
	};
}

void engine_open(struct engine *engine, const struct khmap_table_params *params)
{
	u64 room;
	int err;

	engine->account = khmap_account_create(IMAGE_BYTES, 0, false);
	if (!engine->account) {
		perror("account");
		exit(1);
	}
	err = khmap_table_create(params, engine->account, &engine->table);
	if (err) {
		printf("# create: %s\n", strerror(-err));
		exit(1);
	}
	room = params->expected_entries;
	if (params->max_entries && room > params->max_entries)
		room = params->max_entries;
	err = room > 1 ? khmap_table_reserve(engine->table, room, NULL) : 0;
	if (err) {
		printf("# reserve: %s\n", strerror(-err));
		exit(1);
	}
	memcpy(&engine->header, engine->table->header, sizeof(engine->header));
	khmap_reader_init(&engine->reader, &engine->header, khmap_account_image(engine->account));
}

void engine_close(struct engine *engine)
{
	u64 used;

	khmap_table_destroy(engine->table);
	used = khmap_account_used(engine->account);
	if (used) {
		printf("# %llu bytes leaked\n", (unsigned long long)used);
		exit(1);
	}
	khmap_account_destroy(engine->account);
}

u64 table_clear(struct khmap_table *table)
{
	u64 deleted = 0;
	u32 page = 0;

	while (khmap_table_clear(table, &page, &deleted) == -EAGAIN)
		;
	return deleted;
}

static u64 sum_bytes(u64 sum, const void *bytes, size_t size)
{
	const unsigned char *p = bytes;
	size_t i;

	for (i = 0; i < size; i += 8)
		sum = (sum ^ khmap_load64(p + i)) * 0x100000001b3ull + (sum >> 47);
	return sum;
}

void table_retire(struct khmap_table *table)
{
	khmap_table_hold(table, 0);
	khmap_table_retire(table);
	khmap_table_release(table);
}

void table_revive(struct khmap_table *table)
{
	khmap_table_hold(table, 0);
	khmap_table_revive(table);
	khmap_table_release(table);
}

u64 engine_sum(struct engine *engine)
{
	struct khmap_table *table = engine->table;
	unsigned char page[KHMAP_OS_PAGE_SIZE];
	struct khmap_image_header *header = (void *)page;
	u32 i, max = (u32)table->header->overflow_pages_max;
	unsigned long flags;
	u64 sum;

	/* An allocation of a put that is done may still be counted. */
	os_lock(&table->header_lock, flags);
	memcpy(page, table->header, sizeof(page));
	os_unlock(&table->header_lock, flags);
	header->successor = 0;
	header->entries = 0;
	header->overflow_entries = 0;
	header->overflow_buckets = 0;
	header->overflow_pages = 0;
	header->primary_pages = 0;
	sum = sum_bytes(1, page, sizeof(page));
	for (i = 0; i < khmap_shape_pages(table->header->shape); i++)
		sum = sum_bytes(sum, khmap_extents_get(&table->primary, i), sizeof(page));
	for (i = 0; i < max; i++) {
		const void *overflow = khmap_extents_get(&table->overflow, i);

		/* A page that was only staged holds nothing. */
		memset(page, 0, sizeof(page));
		if (overflow && memcmp(overflow, page, sizeof(page)))
			sum = sum_bytes(sum + i, overflow, sizeof(page));
	}
	return sum;
}

void key_make(void *key, u32 size, u64 id)
{
	unsigned char *p = key;
	u32 i;

	for (i = 0; i < size; i++)
		p[i] = i < 8 ? (unsigned char)(id >> 8 * i) : (unsigned char)(id * 37 + i);
}

u64 key_number(const void *key, u32 size)
{
	const unsigned char *p = key;
	u64 id = 0;
	u32 i;

	for (i = 0; i < size && i < 8; i++)
		id |= (u64)p[i] << 8 * i;
	return id;
}

void value_make(void *value, u32 size, u64 id, u32 version)
{
	struct rng rng = { id << 32 ^ version };
	unsigned char *p = value;
	u64 word = 0;
	u32 i;

	for (i = 0; i < size; i++, word >>= 8) {
		if (!(i & 7))
			word = rng_next(&rng);
		p[i] = (unsigned char)word;
	}
}
