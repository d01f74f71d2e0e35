// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * lock_schemes.c - one lock, one lock for readers and writers, shards, and none
 *
 * All over the same engine, whose puts take a lock of their own inside; where
 * another lock is held, nobody else wants that one.  Readers read the image by
 * plain loads in every scheme.
 */
#include <pthread.h>
#include <stdlib.h>
#include <linux/khmap.h>

#include "lock.h"
#include "walk.h"

#define SHARD_BITS	5
#define SHARDS		(1u << SHARD_BITS)

struct shard {
	pthread_rwlock_t lock;
	struct map map;
} __attribute__((aligned(128)));

struct store {
	pthread_mutex_t mutex;
	u32 count;
	struct shard *shards;
};

static struct store *store_open(u32 count)
{
	struct store *store = study_alloc(1, sizeof(*store));
	u32 i;

	pthread_mutex_init(&store->mutex, NULL);
	store->count = count;
	store->shards = aligned_alloc(128, count * sizeof(*store->shards));
	if (!store->shards)
		study_failed("there is no memory for %u shards", count);
	for (i = 0; i < count; i++) {
		pthread_rwlock_init(&store->shards[i].lock, NULL);
		map_open(&store->shards[i].map, 8, 8, KHMAP_LOAD_DEFAULT, false);
	}
	return store;
}

static void store_close(struct store *store)
{
	u32 i;

	for (i = 0; i < store->count; i++) {
		map_close(&store->shards[i].map);
		pthread_rwlock_destroy(&store->shards[i].lock);
	}
	pthread_mutex_destroy(&store->mutex);
	free(store->shards);
	free(store);
}

static u64 store_bytes(struct store *store)
{
	u64 bytes = sizeof(*store) + store->count * sizeof(*store->shards);
	u32 i;

	for (i = 0; i < store->count; i++)
		bytes += map_bytes(&store->shards[i].map);
	return bytes;
}

static struct store *one_open(void)
{
	return store_open(1);
}

static struct store *shards_open(void)
{
	return store_open(SHARDS);
}

static bool mutex_get(struct store *store, u32 thread, u64 key, u64 *value)
{
	bool found;

	pthread_mutex_lock(&store->mutex);
	found = map_get(&store->shards->map, &key, value);
	pthread_mutex_unlock(&store->mutex);
	return found;
}

static void mutex_put(struct store *store, u32 thread, u64 key, u64 value)
{
	pthread_mutex_lock(&store->mutex);
	map_put(&store->shards->map, &key, &value);
	pthread_mutex_unlock(&store->mutex);
}

/* Bits of another hash than the map's own, which then spreads what is left. */
static struct shard *shard_of(struct store *store, u64 key)
{
	if (store->count == 1)
		return store->shards;
	return &store->shards[khmap_hash_fold(walk_other_secret, &key, 8) >> (64 - SHARD_BITS)];
}

static bool shard_get(struct store *store, u32 thread, u64 key, u64 *value)
{
	struct shard *shard = shard_of(store, key);
	bool found;

	pthread_rwlock_rdlock(&shard->lock);
	found = map_get(&shard->map, &key, value);
	pthread_rwlock_unlock(&shard->lock);
	return found;
}

static void shard_put(struct store *store, u32 thread, u64 key, u64 value)
{
	struct shard *shard = shard_of(store, key);

	pthread_rwlock_wrlock(&shard->lock);
	map_put(&shard->map, &key, &value);
	pthread_rwlock_unlock(&shard->lock);
}

static bool own_get(struct store *store, u32 thread, u64 key, u64 *value)
{
	return map_get(&store->shards->map, &key, value);
}

static void own_put(struct store *store, u32 thread, u64 key, u64 value)
{
	map_put(&store->shards->map, &key, &value);
}

const struct lock_scheme lock_schemes[LOCK_SCHEMES] = {
	{ "one mutex", one_open, store_close, mutex_get, mutex_put, store_bytes },
	{ "one rwlock", one_open, store_close, shard_get, shard_put, store_bytes },
	{ "32 rwlocks", shards_open, store_close, shard_get, shard_put, store_bytes },
	{ "copy and swap", copy_open, copy_close, copy_get, copy_put, copy_bytes },
	{ "khmap", one_open, store_close, own_get, own_put, store_bytes },
};
