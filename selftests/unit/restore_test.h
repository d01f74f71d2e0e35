/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * restore_test.h - images in memory and the maps that they become, for tests
 */
#ifndef KHMAP_TEST_RESTORE_H
#define KHMAP_TEST_RESTORE_H

#include <stdio.h>
#include <stdlib.h>

#include "../../kmod/core/restore.h"
#include "check_image.h"
#include "engine.h"

#define PAGE		KHMAP_OS_PAGE_SIZE
#define RESTORE_ROOM	(64ull << 20)

/**
 * struct picture - a snapshot's image in memory
 * @bytes: owned
 * @size: bytes
 * @fetches: pages that were fetched
 * @fail_after: so many fetches succeed; negative: all do
 */
struct picture {
	unsigned char *bytes;
	u64 size;
	u64 fetches;
	long fail_after;
};

/* Questions of restore_stop() that get a no; negative: all. */
static __attribute__((unused)) long restore_stop_after = -1;

static inline struct khmap_image_header *picture_header(struct picture *picture)
{
	return (void *)picture->bytes;
}

/* A snapshot of a table that nobody writes to. */
static inline struct picture picture_take(struct khmap_table *table)
{
	struct picture picture = { .fail_after = -1 };
	struct khmap_account *account = khmap_account_create(RESTORE_ROOM, 0, false);
	struct khmap_copy *copy;
	u64 page;

	if (!account || khmap_copy_create(table, account, 1, 0, &copy))
		exit(1);
	picture.size = copy->header->image_size;
	picture.bytes = aligned_alloc(PAGE, picture.size);
	if (!picture.bytes)
		exit(1);
	for (page = 0; page < picture.size / PAGE; page++)
		memcpy(picture.bytes + page * PAGE, khmap_copy_page(copy, page), PAGE);
	khmap_copy_destroy(copy);
	khmap_account_destroy(account);
	return picture;
}

static inline int picture_fetch(void *from, u64 page, void *to)
{
	struct picture *picture = from;

	if (picture->fail_after >= 0 && !picture->fail_after--)
		return -EFAULT;
	if ((page + 1) * PAGE > picture->size)
		abort();
	picture->fetches++;
	memcpy(to, picture->bytes + page * PAGE, PAGE);
	return 0;
}

static inline __attribute__((unused)) bool restore_stop(void *owner)
{
	if (owner)
		abort();
	return restore_stop_after >= 0 && !restore_stop_after--;
}

/**
 * picture_restore() - make a map of an image
 * @picture: the image
 * @account: of the map
 * @stripes: of the map; 0 as many as is usual
 * @damage: filled
 * @table: filled on success
 */
static inline int picture_restore(struct picture *picture, struct khmap_account *account,
				  u32 stripes, struct khmap_damage_place *damage,
				  struct khmap_table **table)
{
	struct khmap_table_params params;
	struct khmap_restore restore = {
		.fetch = picture_fetch,
		.stop = restore_stop,
		.from = picture,
		.bytes = picture->size,
		.header = malloc(PAGE),
	};
	int err = khmap_restore_open(&restore, &params);

	if (!err) {
		if (stripes)
			params.stripes = stripes;
		/* The address space of tests is short. */
		params.max_pages = 4096;
		params.name = "restored";
		params.map_id = 77;
		err = khmap_table_restore(&restore, &params, account, table);
	}
	*damage = restore.damage;
	free(restore.header);
	return err;
}

/* Are they the same but for what a map has of its own? */
static inline bool picture_same(struct picture *a, struct picture *b)
{
	struct khmap_image_header *x = picture_header(a), *y = picture_header(b);

	if (a->size != b->size)
		return false;
	y->map_id = x->map_id;
	y->created_ns = x->created_ns;
	y->snapshot_ns = x->snapshot_ns;
	y->epoch = x->epoch;
	memcpy(y->name, x->name, sizeof(y->name));
	return !memcmp(a->bytes, b->bytes, a->size);
}

#endif /* KHMAP_TEST_RESTORE_H */
