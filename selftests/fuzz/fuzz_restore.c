// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * fuzz_restore.c - whatever an image holds, to make a map of it ends well
 *
 * An input is an image.  The engine, in its userspace build, copies and checks it
 * as the module does.  It is refused with an errno that is promised and leaves no
 * memory behind; or there is a map, and then that map works: each entry is found,
 * can be deleted and put again, and it grows.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../kmod/core/restore.h"
#include "../../kmod/core/snapshot.h"
#include "../../user/engine/memory.h"
#include "fuzz.h"

#define PAGE		KHMAP_OS_PAGE_SIZE
#define ROOM		(64ull << 20)
#define SIZE_MAX_FUZZ	(1u << 18)
/* New keys, so that buckets are split that came from the image. */
#define PUTS		64

struct image {
	const unsigned char *bytes;
	size_t size;
};

static void need(bool fine)
{
	if (!fine)
		abort();
}

static int image_fetch(void *from, u64 page, void *to)
{
	const struct image *image = from;

	/* It asks for no page that it was not told of. */
	need(page < image->size / PAGE);
	memcpy(to, image->bytes + page * PAGE, PAGE);
	return 0;
}

/* What the map counts; an entry more or less than before is @change. */
static void table_count(struct khmap_table *table, u64 entries, int change)
{
	struct khmap_counts counts;

	khmap_table_stat(table, &counts);
	need(counts.entries == entries + (u64)(s64)change);
}

static void table_use(struct khmap_table *table)
{
	const struct khmap_geometry *g = &table->geometry;
	unsigned char *key = calloc(1, g->key_size), *value = calloc(1, g->value_size);
	struct khmap_counts counts;
	u32 i;
	int err;

	need(key && value);
	for (i = 0; i < PUTS; i++) {
		u64 before;

		memcpy(key, &i, g->key_size < sizeof(i) ? g->key_size : sizeof(i));
		khmap_table_stat(table, &counts);
		before = counts.entries;
		err = khmap_table_get(table, key, value);
		need(!err || err == -ENOENT);
		if (!err) {
			need(!khmap_table_delete(table, key, NULL, NULL));
			table_count(table, before, -1);
			need(khmap_table_get(table, key, value) == -ENOENT);
			continue;
		}
		err = khmap_table_put(table, key, value, KHMAP_PUT_EITHER, NULL);
		need(!err || err == -ENOSPC || err == -EXFULL || err == -ENOMEM);
		table_count(table, before, !err);
		need(khmap_table_get(table, key, value) == (err ? -ENOENT : 0));
	}
	free(key);
	free(value);
}

static void image_restore(struct image *image, struct khmap_account *account)
{
	struct khmap_restore restore = {
		.fetch = image_fetch,
		.from = image,
		.bytes = image->size,
		.header = malloc(PAGE),
	};
	struct khmap_table_params params;
	struct khmap_table *table;
	int err;

	need(restore.header);
	err = khmap_restore_open(&restore, &params);
	if (!err) {
		params.max_pages = ROOM / PAGE / 4;
		params.name = "restored";
		params.map_id = 1;
		err = khmap_table_restore(&restore, &params, account, &table);
	}
	if (!err) {
		need(restore.damage.what == KHMAP_DAMAGE_NONE);
		table_use(table);
		khmap_table_destroy(table);
	} else {
		need(err == -EINVAL || err == -EUCLEAN || err == -EPROTONOSUPPORT ||
		     err == -ENOSPC || err == -ENOMEM || err == -E2BIG ||
		     (err == -EIO && restore.damage.what == KHMAP_DAMAGE_LOST));
		need(err != -EUCLEAN || restore.damage.what != KHMAP_DAMAGE_NONE);
	}
	free(restore.header);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct khmap_account *account;
	struct image image = { data, size };

	if (size > SIZE_MAX_FUZZ)
		return 0;
	account = khmap_account_create(ROOM, 0, false);
	need(account);
	image_restore(&image, account);
	need(!khmap_account_used(account));
	khmap_account_destroy(account);
	return 0;
}
