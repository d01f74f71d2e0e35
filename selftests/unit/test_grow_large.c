// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_grow_large.c - a map that was made for 16 entries takes 20 million
 */
#include <stdlib.h>
#include <unistd.h>

#include "check_image.h"
#include "engine.h"
#include "tap.h"

#define ENTRIES		20000000u
#define ENTRY_BYTES	36u			/* at most, as test_grow.c has it */
#define IMAGE_BYTES	(4ull << 30)		/* address space */
#define MEMORY_BYTES	(1ull << 30)		/* that must be free */
#define SMALL_BYTES	(64u << 10)

static u64 value_of(u64 key)
{
	return key * 0x9e3779b97f4a7c15ull ^ 0x5a5a;
}

static u64 memory_free(void)
{
	return (u64)sysconf(_SC_AVPHYS_PAGES) * (u64)sysconf(_SC_PAGESIZE);
}

static void large_open(struct engine *e)
{
	struct khmap_table_params p = params_make(8, 8, 16);

	p.stripes = 64;
	p.max_pages = 1u << 18;
	e->account = khmap_account_create(IMAGE_BYTES, 0, false);
	if (!e->account || khmap_table_create(&p, e->account, &e->table))
		abort();
	memcpy(&e->header, e->table->header, sizeof(e->header));
	khmap_reader_init(&e->reader, &e->header, khmap_account_image(e->account));
}

int main(void)
{
	u64 key, got, wrong = 0, used;
	struct engine e;

	if (memory_free() < MEMORY_BYTES) {
		skip("%llu MiB are free, 1024 are needed",
		     (unsigned long long)memory_free() >> 20);
		return done();
	}
	large_open(&e);
	used = khmap_account_used(e.account);
	ok(used <= SMALL_BYTES, "a map for 16 entries has %llu bytes", (unsigned long long)used);
	for (key = 0; key < ENTRIES; key++) {
		u64 value = value_of(key);

		wrong += khmap_table_put(e.table, &key, &value, KHMAP_PUT_ONLY_NEW, NULL) != 0;
	}
	is_u64(wrong, 0, "%u keys go in", ENTRIES);
	for (key = 0; key < ENTRIES; key += 7)
		wrong += khmap_reader_get(&e.reader, &key, &got) || got != value_of(key);
	is_u64(wrong, 0, "every seventh is read");
	for (key = ENTRIES; key < 2 * ENTRIES; key += 7)
		wrong += khmap_reader_get(&e.reader, &key, &got) != -ENOENT;
	is_u64(wrong, 0, "others are not there");
	used = khmap_account_used(e.account) / ENTRIES;
	ok(used <= ENTRY_BYTES, "%llu bytes an entry", (unsigned long long)used);
	ok(table_is_sound(e.table, ENTRIES), "image");
	engine_close(&e);
	return done();
}
