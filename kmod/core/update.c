// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * update.c - changes that depend on what is there
 *
 * What is there is looked at under the lock, before readers have to wait: the
 * sequence is odd for the stores only.
 */
#include "locked.h"
#include "update.h"

/**
 * struct khmap_held - a key, with its lock held
 * @place: where it is, or would be
 * @owner: whose lock is held
 * @lock: that lock
 * @flags: for os_unlock()
 */
struct khmap_held {
	struct khmap_place place;
	struct khmap_owner owner;
	os_lock_t *lock;
	unsigned long flags;
};

static int khmap_held_take(struct khmap_table *table, const void *key,
			   bool writes, struct khmap_held *held)
{
	return khmap_table_find(table, key, writes, &held->place, &held->owner,
				&held->lock, &held->flags);
}

static void khmap_held_drop(struct khmap_held *held)
{
	os_unlock(held->lock, held->flags);
}

static const char *khmap_held_value(const struct khmap_table *table,
				    const struct khmap_held *held)
{
	return (char *)khmap_bucket_slot(table, &held->place.bucket,
					 held->place.slot) +
	       table->geometry.value_offset;
}

static u64 khmap_held_version(const struct khmap_held *held)
{
	const struct khmap_bucket *first = &held->place.first;
	u64 paged = first->region != KHMAP_REGION_HEADER;

	return paged << 32 | first->head->sequence;
}

static void khmap_held_replace(struct khmap_table *table,
			       struct khmap_held *held, const void *value,
			       struct khmap_store *store)
{
	khmap_chain_replace(table, &held->owner, &held->place, value, store);
	held->owner.counts->replaces++;
}

int khmap_table_get_version(struct khmap_table *table, const void *key,
			    void *value, u64 *version)
{
	struct khmap_held held;
	int err = khmap_held_take(table, key, false, &held);

	if (err)
		return err;
	khmap_value_copy(table, &held.place, value);
	*version = khmap_held_version(&held);
	khmap_held_drop(&held);
	return 0;
}

int khmap_table_swap(struct khmap_table *table, const void *key,
		     const void *expected, const void *value,
		     struct khmap_store *store)
{
	struct khmap_held held;
	int err = khmap_held_take(table, key, true, &held);

	if (err)
		return err;
	if (memcmp(khmap_held_value(table, &held), expected,
		   table->geometry.value_size))
		err = -ECANCELED;
	else
		khmap_held_replace(table, &held, value, store);
	khmap_held_drop(&held);
	return err;
}

int khmap_table_swap_version(struct khmap_table *table, const void *key,
			     u64 version, const void *value,
			     struct khmap_store *store)
{
	struct khmap_held held;
	int err = khmap_held_take(table, key, true, &held);

	if (err)
		return err;
	if (khmap_held_version(&held) != version)
		err = -ECANCELED;
	else
		khmap_held_replace(table, &held, value, store);
	khmap_held_drop(&held);
	return err;
}

/* Buckets and their first slots lie at multiples of 8 in every geometry. */
bool khmap_table_has_u64(const struct khmap_table *table, u32 offset)
{
	const struct khmap_geometry *g = &table->geometry;

	return g->value_size >= sizeof(u64) &&
	       offset <= g->value_size - sizeof(u64) &&
	       !((g->slot_stride | (g->value_offset + offset)) %
		 sizeof(u64));
}

int khmap_table_add(struct khmap_table *table, const void *key, u32 offset,
		    u64 delta, u64 *old, struct khmap_store *store)
{
	struct khmap_held held;
	u64 number;
	int err;

	if (!khmap_table_has_u64(table, offset))
		return -EINVAL;
	err = khmap_held_take(table, key, true, &held);
	if (err)
		return err;
	memcpy(&number, khmap_held_value(table, &held) + offset,
	       sizeof(number));
	if (old)
		*old = number;
	number += delta;
	khmap_chain_write(table, &held.owner, &held.place, offset, &number,
			  sizeof(number), store);
	held.owner.counts->replaces++;
	khmap_held_drop(&held);
	return 0;
}
