// SPDX-License-Identifier: GPL-2.0-only
/*
 * kfunc.c - maps for BPF programs
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/khmap.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "compat.h"
#include "core/read.h"
#include "guard.h"
#include "kfunc.h"
#include "map.h"

/* A key that comes and goes between two steps does so not much oftener. */
#define KHMAP_KFUNC_TRIES	4

/* Longer keys are not copied: a processor has no room for one that comes on top. */
#define KHMAP_KFUNC_KEY		64

static struct khmap_map *khmap_kfunc_map(u64 map_id, u32 key_size, int *err)
{
	struct khmap_map *map = khmap_map_find_id(map_id);

	if (!map)
		*err = -ENOENT;
	else if (map->table->geometry.key_size != key_size)
		*err = -EINVAL;
	else
		return map;
	return NULL;
}

__bpf_kfunc int bpf_khmap_get(u64 map_id, const void *key, u32 key__sz,
			      void *value, u32 value__sz)
{
	struct khmap_map *map;
	int err = -EINVAL;

	/* As good as rcu_read_lock(), and no call. */
	preempt_disable();
	map = khmap_kfunc_map(map_id, key__sz, &err);
	if (map && map->table->geometry.value_size == value__sz)
		err = khmap_guard_blocked() ? -EBUSY :
		      khmap_table_read(map->table, key, value);
	preempt_enable();
	return err;
}

/*
 * A key may lie where others write to, such as in a map's value, and what is stored has
 * to be what was hashed.
 */
struct khmap_kfunc_key {
	u8 bytes[KHMAP_KFUNC_KEY];
};

static const void *khmap_kfunc_key(struct khmap_kfunc_key *copy,
				   const void *key, u32 size)
{
	return size <= sizeof(copy->bytes) ? memcpy(copy->bytes, key, size) :
					     key;
}

__bpf_kfunc int bpf_khmap_put(u64 map_id, const void *key, u32 key__sz,
			      const void *value, u32 value__sz)
{
	struct khmap_kfunc_key copy;
	struct khmap_map *map;
	int err = -EINVAL;

	key = khmap_kfunc_key(&copy, key, key__sz);

	rcu_read_lock();
	map = khmap_kfunc_map(map_id, key__sz, &err);
	if (map && map->table->geometry.value_size == value__sz)
		err = khmap_map_update(map, key, value, 0);
	rcu_read_unlock();
	return err;
}

/* Add to a key that is there, or put one that is not. */
static int khmap_kfunc_count(struct khmap_map *map, const void *key, u64 delta)
{
	int tries, err;

	for (tries = 0; tries < KHMAP_KFUNC_TRIES; tries++) {
		err = khmap_map_add(map, key, 0, delta, NULL);
		if (err != -ENOENT)
			return err;
		err = khmap_map_update(map, key, &delta, KHMAP_PUT_INSERT);
		if (err != -EEXIST)
			return err;
	}
	return -EBUSY;
}

__bpf_kfunc int bpf_khmap_add(u64 map_id, const void *key, u32 key__sz,
			      u64 delta)
{
	struct khmap_kfunc_key copy;
	struct khmap_map *map;
	int err = -EINVAL;

	key = khmap_kfunc_key(&copy, key, key__sz);

	rcu_read_lock();
	map = khmap_kfunc_map(map_id, key__sz, &err);
	if (map && map->table->geometry.value_size == sizeof(delta))
		err = khmap_kfunc_count(map, key, delta);
	rcu_read_unlock();
	return err;
}

__bpf_kfunc int bpf_khmap_delete(u64 map_id, const void *key, u32 key__sz)
{
	struct khmap_map *map;
	int err = -EINVAL;

	rcu_read_lock();
	map = khmap_kfunc_map(map_id, key__sz, &err);
	if (map)
		err = khmap_map_remove(map, key, NULL);
	rcu_read_unlock();
	return err;
}

BTF_KFUNCS_START(khmap_kfunc_ids)
BTF_ID_FLAGS(func, bpf_khmap_get)
BTF_ID_FLAGS(func, bpf_khmap_put)
BTF_ID_FLAGS(func, bpf_khmap_add)
BTF_ID_FLAGS(func, bpf_khmap_delete)
BTF_KFUNCS_END(khmap_kfunc_ids)

static const struct btf_kfunc_id_set khmap_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &khmap_kfunc_ids,
};

void khmap_kfunc_init(void)
{
	static const enum bpf_prog_type types[] = {
		BPF_PROG_TYPE_XDP,
		BPF_PROG_TYPE_SCHED_CLS,
		BPF_PROG_TYPE_TRACING,
	};
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		err = register_btf_kfunc_id_set(types[i], &khmap_kfunc_set);
		if (err) {
			pr_info("khmap: not for BPF programs, error %d\n", err);
			return;
		}
	}
}
