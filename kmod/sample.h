/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample.h - one operation in so many told
 *
 * A tracepoint costs those who put, whether its listener wants the event or not.
 * So a sampler counts here, and khmap_sample fires for what it takes.
 */
#ifndef _KHMAP_SAMPLE_H
#define _KHMAP_SAMPLE_H

#include <linux/compiler.h>
#include <linux/khmap.h>
#include <linux/types.h>

struct khmap_call;
struct khmap_map;
struct khmap_store;

/* Those that there are, a bit each.  Only for khmap_sampling(). */
extern unsigned long khmap_samplers_used;

/*
 * Is there a sampler?  No static key: samplers may come and go at any rate, and each
 * change of one interrupts all processors.
 */
static inline bool khmap_sampling(void)
{
	/* A hint: one that comes or goes now may be missed. */
	return unlikely(READ_ONCE(khmap_samplers_used));
}

/**
 * khmap_sample_open() - KHMAP_IOC_SAMPLE
 * @call: the call
 *
 * Context: may sleep.
 * Return: 0; -EINVAL, -EPERM, -EBUSY, -ENOMEM, -EMFILE, -EFAULT.
 */
int khmap_sample_open(struct khmap_call *call);

/**
 * khmap_sample_pass() - how many operations will go by before one is taken?
 * @map_id: of the map
 *
 * A hint: others on this processor count, too.
 *
 * Context: any.
 * Return: operations on the map, on this processor.
 */
u32 khmap_sample_pass(u64 map_id);

/**
 * khmap_sample_count() - operations that changed a map
 * @map_id: of the map
 * @count: how many, at most one more than khmap_sample_pass() had said
 * @told: it is known where the last of them stored; else none is taken, but the
 *	next that can be
 *
 * Context: any.
 * Return: a bit for each sampler that takes the last.
 */
u32 khmap_sample_count(u64 map_id, u32 count, bool told);

/**
 * khmap_sample_tell() - tell those who listen of an operation that was taken
 * @map: the map
 * @deleted: it deleted a key; else it stored a value
 * @store: where
 * @samplers: of khmap_sample_count(), not 0
 *
 * Context: any; the caller holds no lock of a map.
 */
void khmap_sample_tell(const struct khmap_map *map, bool deleted,
		       const struct khmap_store *store, u32 samplers);

/* Count an operation that changed a map, and tell of it if it is taken. */
void khmap_sample_one(const struct khmap_map *map, bool deleted,
		      const struct khmap_store *store);

#endif /* _KHMAP_SAMPLE_H */
