/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * khmap.h - maps for other modules of the kernel
 *
 * A module opens a map by its name and holds it, and khmap.ko, until it closes
 * it.  Taking the map's name away (KHMAP_IOC_DESTROY) takes nothing from those
 * who hold it: they go on as with a descriptor.
 *
 * Look-up, update, addition and removal are for any context: process, softirq, hard
 * interrupt, with spinlocks held, and from tracing programs at functions of
 * khmap itself.  They never sleep.  Those that change the map spin for a lock that
 * another processor holds, and while a snapshot is cut, about a microsecond.  Where
 * they would have to wait for themselves, they return
 *
 *	EBUSY	in NMI; or on top of a call that holds one of khmap's locks on
 *		this processor.  Try again later
 *	ENOMEM	the key can only be added with more memory.  Replacing a value
 *		never needs any.  khmap_map_update_sleepable() gets it
 *
 * and, whatever stores to the map, khmap_map_update_sleepable() too,
 *
 *	ESTALE	another map has taken its name (KHMAP_IOC_PUBLISH), for good or
 *		until KHMAP_IOC_ROLLBACK.  khmap_map_open() finds the new one;
 *		look-ups in the old one go on
 *
 * An operation that fails changes nothing.  Several may run at once on one map.
 */
#ifndef _LINUX_KHMAP_H
#define _LINUX_KHMAP_H

#include <uapi/linux/khmap.h>

struct khmap_map;

/**
 * khmap_map_open() - hold a map
 * @name: of a node below /dev/khmap, without the folder
 * @key_size: bytes of its keys, as the caller knows them
 * @value_size: bytes of its values, likewise
 *
 * The node's owner and mode are for user space and are not asked.
 *
 * Context: may sleep.
 * Return: the map, for khmap_map_close(); or an error pointer: -ENOENT no map
 * has this name; -EINVAL its keys or values have another size.
 */
struct khmap_map *khmap_map_open(const char *name, u32 key_size,
				 u32 value_size);

/**
 * khmap_map_close() - let go of a map
 * @map: of khmap_map_open(); no other call for it may be under way; or NULL
 *
 * Frees the map if nobody else holds it.
 *
 * Context: may sleep.
 */
void khmap_map_close(struct khmap_map *map);

/**
 * khmap_map_lookup() - copy a key's value
 * @map: of khmap_map_open()
 * @key: @key_size bytes
 * @value: @value_size bytes, filled on success; may be written on failure, too
 *
 * Context: any, see above.
 * Return: 0; -ENOENT there is no such key; -EBUSY.
 */
int khmap_map_lookup(struct khmap_map *map, const void *key, void *value);

/**
 * khmap_map_update() - store a value under a key, without memory
 * @map: of khmap_map_open()
 * @key: @key_size bytes, which nobody changes meanwhile
 * @value: @value_size bytes
 * @flags: 0, KHMAP_PUT_INSERT or KHMAP_PUT_REPLACE
 *
 * Context: any, see above.
 * Return: 0; -EEXIST the key is there, with KHMAP_PUT_INSERT; -ENOENT it is
 * not, with KHMAP_PUT_REPLACE; -ENOSPC the map is full; -EXFULL too many keys
 * collide with this one; -ENOMEM; -EBUSY, also if this key's chain waits for
 * growth that was held up; -EINVAL other @flags.
 */
int khmap_map_update(struct khmap_map *map, const void *key, const void *value,
		     u32 flags);

/**
 * khmap_map_update_sleepable() - store a value under a key
 * @map: of khmap_map_open()
 * @key: @key_size bytes, which nobody changes meanwhile
 * @value: @value_size bytes
 * @flags: as of khmap_map_update()
 *
 * Waits while a snapshot is taken.  Memory is charged to whoever created the
 * map.
 *
 * Context: may sleep.
 * Return: as khmap_map_update(), but not -EBUSY; -ENOMEM there is no memory, or
 * the map's or the module's limit is reached.
 */
int khmap_map_update_sleepable(struct khmap_map *map, const void *key,
			       const void *value, u32 flags);

/**
 * khmap_map_add() - add to a number in a value
 * @map: of khmap_map_open()
 * @key: @key_size bytes
 * @offset: of the number in the value, a u64 in the host's byte order, as for
 *	KHMAP_OP_FETCH_ADD
 * @delta: added modulo 2^64
 * @old: filled on success with what it was; or NULL
 *
 * Of additions at the same time, none is lost.
 *
 * Context: any, see above.
 * Return: 0; -ENOENT there is no such key; -EINVAL there is no such number at
 * @offset; -EBUSY.
 */
int khmap_map_add(struct khmap_map *map, const void *key, u32 offset,
		  u64 delta, u64 *old);

/**
 * khmap_map_remove() - remove a key
 * @map: of khmap_map_open()
 * @key: @key_size bytes
 * @value: @value_size bytes, filled on success with what was removed; or NULL
 *
 * Context: any, see above.
 * Return: 0; -ENOENT there is no such key; -EBUSY.
 */
int khmap_map_remove(struct khmap_map *map, const void *key, void *value);

#endif /* _LINUX_KHMAP_H */
