// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * lock_copy.c - each put copies the map and swaps a pointer
 *
 * Readers say in which epoch they began (after Fraser, "Practical lock-freedom",
 * 2004), so that a copy that they may still read is not used again.  All loads
 * and stores of epochs and of the pointer are sequentially consistent: who finds
 * a reader idle after the swap knows that it will load the new pointer.
 */
#include <pthread.h>
#include <stdlib.h>
#include <linux/khmap.h>

#include "../../../user/engine/copy.h"
#include "../../../user/engine/memory.h"
#include "lock.h"

#define COPY_ADDRESSES	(64ull << 20)

/**
 * struct copy - the map as it was after some put
 * @next: in the list of those that were swapped out
 * @account: its memory
 * @copy: its pages
 * @reader: of these
 * @retired: readers who began in this epoch or later do not see it
 */
struct copy {
	struct copy *next;
	struct khmap_account *account;
	struct khmap_copy *copy;
	struct khmap_reader reader;
	u64 retired;
};

struct copy_reader {
	u64 epoch;	/* 0: idle */
} __attribute__((aligned(128)));

struct store {
	pthread_mutex_t mutex;
	struct map map;
	struct copy *current;
	struct copy *retired;
	u64 copies_bytes;
	u64 epoch;
	struct copy_reader readers[LOCK_THREADS];
};

static bool copy_is_free(struct store *store, const struct copy *copy)
{
	u32 i;

	for (i = 0; i < LOCK_THREADS; i++) {
		u64 epoch = __atomic_load_n(&store->readers[i].epoch, __ATOMIC_SEQ_CST);

		if (epoch && epoch < copy->retired)
			return false;
	}
	return true;
}

/* One that nobody reads. */
static struct copy *copy_take(struct store *store)
{
	struct copy **link, *copy;

	for (link = &store->retired; *link; link = &(*link)->next)
		if (copy_is_free(store, *link)) {
			copy = *link;
			*link = copy->next;
			return copy;
		}
	copy = study_alloc(1, sizeof(*copy));
	copy->account = khmap_account_create(COPY_ADDRESSES, 0, false);
	if (!copy->account || khmap_copy_alloc(copy->account, &copy->copy))
		study_failed("there is no memory for a copy");
	return copy;
}

/* The mutex is held, or nobody else uses the store. */
static void copy_publish(struct store *store)
{
	struct copy *copy = copy_take(store), *old = store->current;
	u64 before = khmap_account_used(copy->account);

	if (khmap_copy_reserve(copy->copy, store->map.table, NULL) ||
	    khmap_copy_fill(copy->copy, store->map.table, 0, 0))
		study_failed("a map cannot be copied");
	store->copies_bytes += khmap_account_used(copy->account) - before;
	khmap_reader_init(&copy->reader, copy->copy->header, khmap_account_image(copy->account));
	__atomic_store_n(&store->current, copy, __ATOMIC_SEQ_CST);
	if (!old)
		return;
	old->retired = __atomic_add_fetch(&store->epoch, 1, __ATOMIC_SEQ_CST);
	old->next = store->retired;
	store->retired = old;
}

struct store *copy_open(void)
{
	struct store *store = aligned_alloc(128, sizeof(*store));

	if (!store)
		study_failed("there is no memory for a store");
	memset(store, 0, sizeof(*store));
	pthread_mutex_init(&store->mutex, NULL);
	store->epoch = 1;
	map_open(&store->map, 8, 8, KHMAP_LOAD_DEFAULT, false);
	copy_publish(store);
	return store;
}

void copy_close(struct store *store)
{
	struct copy *copy;

	store->current->next = store->retired;
	for (copy = store->current; copy; copy = store->retired) {
		store->retired = copy->next;
		khmap_copy_destroy(copy->copy);
		khmap_account_destroy(copy->account);
		free(copy);
	}
	map_close(&store->map);
	pthread_mutex_destroy(&store->mutex);
	free(store);
}

bool copy_get(struct store *store, u32 thread, u64 key, u64 *value)
{
	u64 *mine = &store->readers[thread].epoch;
	struct copy *copy;
	int err;

	__atomic_store_n(mine, __atomic_load_n(&store->epoch, __ATOMIC_SEQ_CST),
			 __ATOMIC_SEQ_CST);
	copy = __atomic_load_n(&store->current, __ATOMIC_SEQ_CST);
	err = khmap_reader_get(&copy->reader, &key, value);
	__atomic_store_n(mine, 0, __ATOMIC_RELEASE);
	if (err && err != -ENOENT)
		study_wrong("a look-up in a copy ends with error %d", err);
	return !err;
}

void copy_put(struct store *store, u32 thread, u64 key, u64 value)
{
	pthread_mutex_lock(&store->mutex);
	map_put(&store->map, &key, &value);
	copy_publish(store);
	pthread_mutex_unlock(&store->mutex);
}

u64 copy_bytes(struct store *store)
{
	u64 bytes;

	pthread_mutex_lock(&store->mutex);
	bytes = sizeof(*store) + map_bytes(&store->map) + store->copies_bytes;
	pthread_mutex_unlock(&store->mutex);
	return bytes;
}
