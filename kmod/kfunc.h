/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kfunc.h - maps for BPF programs
 *
 * Programs of the types XDP, SCHED_CLS (tc) and TRACING may call these; whoever
 * may load such a program may use any map.  A program that calls one holds the
 * module.
 *
 * A map is named by its id, which CREATE and STAT tell and which means no other
 * map until the next boot.  Keys and values are copied, each from or to a
 * buffer of exactly its size; the verifier knows "mem__sz" as the size of
 * "mem".  The buffer must be initialised, the one for a result as well.  A key of up to
 * 64 bytes is read once; a longer one must stay what it is until the call returns: what
 * is stored under one that changed is found by no look-up, verify calls it damage,
 * RESTORE refuses a snapshot with it and COMPACT does not move it; CLEAR takes it away.
 *
 * Context: any; none of them waits.  What each returns, beside 0:
 *
 *	ENOENT	there is no map of this id (any more), or no such key
 *	EINVAL	a buffer is shorter or longer than the map's keys or values
 *	EBUSY	as in include/linux/khmap.h
 *	ESTALE	of all but get, likewise; the name's new map has another id
 */
#ifndef _KHMAP_KFUNC_H
#define _KHMAP_KFUNC_H

#include <linux/types.h>

/**
 * bpf_khmap_get() - copy a key's value
 * @map_id: the map's
 * @key: the key
 * @key__sz: bytes of it
 * @value: filled on success; may be written on failure, too
 * @value__sz: bytes of it
 *
 * Return: 0; -ENOENT, -EINVAL, -EBUSY.
 */
int bpf_khmap_get(u64 map_id, const void *key, u32 key__sz, void *value,
		  u32 value__sz);

/**
 * bpf_khmap_put() - store a value under a key, which may be there or not
 * @map_id: the map's
 * @key: the key
 * @key__sz: bytes of it
 * @value: the value
 * @value__sz: bytes of it
 *
 * Return: 0; -ENOSPC, -EXFULL or -ENOMEM as khmap_map_update(); -ENOENT, -EINVAL,
 * -EBUSY.
 */
int bpf_khmap_put(u64 map_id, const void *key, u32 key__sz, const void *value,
		  u32 value__sz);

/**
 * bpf_khmap_add() - count, without losing anything
 * @map_id: the map's, of which a value is one u64 in the host's byte order
 * @key: the key
 * @key__sz: bytes of it
 * @delta: added modulo 2^64 to the value; the value of a key that is not there
 *
 * Of additions at the same time, on several processors, none is lost, as some
 * are of those that get and put.
 *
 * Return: 0; -EINVAL also if a value is no such number; -EBUSY also if others
 * add and delete this key all the time; -ENOSPC, -EXFULL or -ENOMEM as
 * khmap_map_update(), of a key that is not there; -ENOENT.
 */
int bpf_khmap_add(u64 map_id, const void *key, u32 key__sz, u64 delta);

/**
 * bpf_khmap_delete() - remove a key
 * @map_id: the map's
 * @key: the key
 * @key__sz: bytes of it
 *
 * Return: 0; -ENOENT, -EINVAL, -EBUSY.
 */
int bpf_khmap_delete(u64 map_id, const void *key, u32 key__sz);

/**
 * khmap_kfunc_init() - offer them
 *
 * A kernel or a module without type information (BTF) has none of them; the
 * module is of use without.  They are withdrawn when the module goes.
 */
void khmap_kfunc_init(void);

#endif /* _KHMAP_KFUNC_H */
