// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c - one key and its value, to and from user space
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "account.h"
#include "ioctl.h"
#include "map.h"
#include "record.h"
#include "tell.h"

/* Room for most records, so that most operations allocate nothing. */
#define KHMAP_RECORD_SMALL	256

/**
 * struct khmap_record - a copy of a record
 * @key: key_size bytes
 * @value: value_size bytes
 * @heap: where both are if @small is too short, else NULL
 * @small: where both are, else
 */
struct khmap_record {
	void *key;
	void *value;
	void *heap;
	u8 small[KHMAP_RECORD_SMALL] __aligned(8);
};

/* Find room for a record and copy its key in. */
static int khmap_record_init(struct khmap_record *copy,
			     const struct khmap_geometry *geometry,
			     const struct khmap_ioc_record *record)
{
	size_t value_at = ALIGN(geometry->key_size, 8);
	size_t size = value_at + geometry->value_size;
	void *memory = copy->small;

	copy->heap = NULL;
	if (size > sizeof(copy->small)) {
		memory = khmap_call_alloc(size);
		if (!memory)
			return -ENOMEM;
		copy->heap = memory;
	}
	copy->key = memory;
	copy->value = memory + value_at;
	if (khmap_copy_in(copy->key, record->key, geometry->key_size)) {
		kvfree(copy->heap);
		return -EFAULT;
	}
	return 0;
}

static void khmap_record_free(struct khmap_record *copy)
{
	kvfree(copy->heap);
}

static bool khmap_record_fits(const struct khmap_geometry *geometry,
			      const struct khmap_ioc_record *record)
{
	return record->key_size == geometry->key_size &&
	       record->value_size == geometry->value_size;
}

int khmap_record_put(struct khmap_map *map,
		     const struct khmap_ioc_record *record)
{
	const struct khmap_geometry *geometry = &map->table->geometry;
	struct khmap_record copy;
	struct khmap_store store;
	int err;

	if (!khmap_record_fits(geometry, record))
		return -EINVAL;
	if (record->flags == KHMAP_PUT_FLAGS)
		return -EINVAL;

	err = khmap_record_init(&copy, geometry, record);
	if (err)
		return err;
	err = khmap_copy_in(copy.value, record->value, geometry->value_size);
	if (err)
		goto free;
	err = khmap_table_put(map->table, copy.key, copy.value,
			      khmap_put_mode(record->flags), &store);
	if (!err)
		khmap_tell_put(map, &store);
free:
	khmap_record_free(&copy);
	return err;
}

int khmap_record_from_map(void *from, const void *key, void *value)
{
	struct khmap_map *map = from;

	return khmap_table_get(map->table, key, value);
}

int khmap_record_get(const struct khmap_geometry *geometry,
		     const struct khmap_ioc_record *record,
		     khmap_record_lookup_t lookup, void *from)
{
	struct khmap_record copy;
	int err;

	if (!khmap_record_fits(geometry, record))
		return -EINVAL;
	err = khmap_record_init(&copy, geometry, record);
	if (err)
		return err;
	err = lookup(from, copy.key, copy.value);
	if (!err)
		err = khmap_copy_out(record->value, copy.value,
				     geometry->value_size);
	khmap_record_free(&copy);
	return err;
}

int khmap_record_delete(struct khmap_map *map,
			const struct khmap_ioc_record *record)
{
	const struct khmap_geometry *geometry = &map->table->geometry;
	struct khmap_record copy;
	struct khmap_store store;
	int err;

	if (record->value) {
		if (!khmap_record_fits(geometry, record))
			return -EINVAL;
		/* Nothing is deleted for one who cannot be given its value. */
		err = khmap_probe_out(record->value, geometry->value_size);
		if (err)
			return err;
	} else if (record->key_size != geometry->key_size ||
		   record->value_size) {
		return -EINVAL;
	}
	err = khmap_record_init(&copy, geometry, record);
	if (err)
		return err;
	err = khmap_table_delete(map->table, copy.key, copy.value, &store);
	if (err)
		goto free;
	khmap_tell_delete(map, &store);
	if (record->value)
		err = khmap_copy_out(record->value, copy.value,
				     geometry->value_size);
free:
	khmap_record_free(&copy);
	return err;
}

int khmap_record_clear(struct khmap_map *map, u64 *deleted)
{
	u32 page = 0;
	int err;

	*deleted = 0;
	do {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = khmap_table_clear(map->table, &page, deleted);
	} while (err == -EAGAIN);
	return err;
}
