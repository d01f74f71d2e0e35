// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * iter.c - all keys of a map, each once, while it may be growing
 *
 * Buckets are copied one after the other, by ascending place.  A bucket has the
 * keys of one class: those whose hash, under a mask, is the bucket's place.  It
 * has all of them that the map has, and while it is only written they stay.  A
 * split lengthens the mask by a bit, and makes another bucket, higher up, of the
 * keys that have that bit.  So keys move upwards only, and what growth can do
 * to an iteration is to make buckets of keys that were returned already.
 *
 * These are known by their place alone.  A bucket that is made descends from
 * those that its place gives when its highest bits are taken away.  If one of
 * them was copied when its mask still had it stand for this bucket too, then
 * every key here, wherever the splits since have put it, was either in that
 * copy or was not in the map at the time; the bucket is passed by, unread.  If
 * none was, the keys that have been here throughout were never in a bucket when
 * it was copied.  So a key that is in the map throughout is met exactly once.
 * And no key is met twice: of two buckets that it was in, the lower one was
 * copied first, under a mask that let it stand for the other.
 *
 * What must be remembered is the mask of each bucket when it was copied.  It
 * changes little from bucket to bucket: runs are kept, not masks.
 *
 * The mask is known if it is the same before and after the copy: only a split of
 * this very bucket changes it, and if that came between, the copy is made again.
 * A shape never shrinks, so that is at most once for each bit of it.  A map in
 * its header page is one bucket of its own kind, whose mask is 0; if it is
 * promoted before that has been copied, iteration begins with the pages.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "error.h"
#include "lost.h"
#include "map.h"
#include "memory.h"

#define KHMAP_ITER_RUNS 16	/* more only in a map that grows meanwhile */

/**
 * struct khmap_iter_run - Buckets that were copied under masks of one length.
 * @place: of the first; the next run's ends it
 * @mask: of their classes
 */
struct khmap_iter_run {
	__u32 place;
	__u32 mask;
};

/**
 * struct khmap_iter - An iteration.
 * @map: the map
 * @chain: a copy of the bucket's chain
 * @runs: by ascending place: @first, or from the heap
 * @first: room for as many as there mostly are
 * @run_count: how many there are
 * @run_room: how many have memory
 * @start: the shape when the first bucket was copied; buckets below it are as
 *	   old as the iteration.  0 until then, and in the header page
 * @page: of the bucket
 * @bucket: within the page
 * @loaded: @chain is that bucket's
 * @ended: there is nothing more
 * @link: where in @chain we are
 * @slot: likewise
 */
struct khmap_iter {
	const struct khmap *map;
	struct khmap_chain chain;
	struct khmap_iter_run *runs;
	struct khmap_iter_run first[KHMAP_ITER_RUNS];
	size_t run_count;
	size_t run_room;
	__u32 start;
	__u32 page;
	__u32 bucket;
	bool loaded;
	bool ended;
	__u32 link;
	__u32 slot;
};

int khmap_iter_create(const struct khmap *map, struct khmap_iter **result)
{
	struct khmap_iter *iter = khmap_memory_get(sizeof(*iter));
	int err;

	if (!iter)
		return khmap_fail(ENOMEM, "no memory for an iterator");
	iter->map = map;
	iter->runs = iter->first;
	iter->run_room = KHMAP_ITER_RUNS;
	err = khmap_chain_init(&iter->chain, map);
	if (err) {
		khmap_memory_put(iter, sizeof(*iter));
		return err;
	}
	*result = iter;
	return 0;
}

void khmap_iter_free(struct khmap_iter *iter)
{
	if (!iter)
		return;
	khmap_chain_free(&iter->chain);
	if (iter->runs != iter->first)
		free(iter->runs);
	khmap_memory_put(iter, sizeof(*iter));
}

/* The first place of the bucket. */
static __u32 khmap_iter_place(const struct khmap_iter *iter)
{
	__u32 buckets = iter->map->reader.geometry.buckets_per_page;

	return iter->page * KHMAP_PLACE_UNITS +
	       (iter->bucket * KHMAP_PLACE_UNITS + buckets - 1) / buckets;
}

/* The mask of a bucket's class: the longer one, if the shape has its sibling. */
static __u32 khmap_iter_mask(__u32 place, __u32 shape)
{
	__u32 mask = khmap_shape_mask(shape);
	__u32 low = mask >> 1;

	return place <= low && place + low + 1 >= shape ? low : mask;
}

/* Remember under which mask the bucket was copied. */
static int khmap_iter_note(struct khmap_iter *iter, __u32 place, __u32 mask)
{
	struct khmap_iter_run *last = iter->run_count ? &iter->runs[iter->run_count - 1] : NULL;

	if (last && last->mask == mask)
		return 0;
	/* Of buckets that share a place, the last one has its keys. */
	if (last && last->place == place) {
		last->mask = mask;
		return 0;
	}
	if (iter->run_count == iter->run_room) {
		struct khmap_iter_run *old = iter->runs != iter->first ? iter->runs : NULL, *runs;
		size_t room = 2 * iter->run_room;

		runs = realloc(old, room * sizeof(*runs));
		if (!runs)
			return khmap_fail(ENOMEM, "no memory for an iterator");
		if (!old)
			memcpy(runs, iter->first, sizeof(iter->first));
		iter->runs = runs;
		iter->run_room = room;
	}
	iter->runs[iter->run_count++] = (struct khmap_iter_run){ place, mask };
	return 0;
}

/* Under which mask was a bucket copied?  If it was passed by, any answer will do. */
static __u32 khmap_iter_noted(const struct khmap_iter *iter, __u32 place)
{
	size_t low = 0, high = iter->run_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (iter->runs[middle].place <= place)
			low = middle;
		else
			high = middle;
	}
	return iter->runs[low].mask;
}

/* Are a bucket's keys those of buckets that were copied before it was made? */
static bool khmap_iter_returned(const struct khmap_iter *iter, __u32 place)
{
	__u32 ancestor = place;

	if (place < iter->start)
		return false;
	while (khmap_place_page(ancestor)) {
		ancestor ^= 1u << (31 - __builtin_clz(ancestor));
		if ((place & khmap_iter_noted(iter, ancestor)) == ancestor)
			return true;
	}
	return false;
}

/* Copy the bucket's chain. */
static int khmap_iter_load(struct khmap_iter *iter)
{
	__u32 place = khmap_iter_place(iter), shape, mask;
	int err;

	do {
		shape = khmap_map_shape(iter->map);			/* R1 */
		mask = khmap_iter_mask(place, shape);
		err = khmap_chain_copy(&iter->chain, shape, iter->page, iter->bucket);
		if (err)
			return err;
	} while (khmap_iter_mask(place, khmap_map_shape(iter->map)) != mask);	/* R1 */
	if (shape) {
		err = khmap_iter_note(iter, place, mask);
		if (err)
			return err;
	}
	if (!iter->start)
		iter->start = shape;
	iter->loaded = true;
	iter->link = 0;
	iter->slot = 0;
	return 0;
}

/* To the next bucket that is to be copied. */
static void khmap_iter_advance(struct khmap_iter *iter)
{
	__u32 place;

	iter->loaded = false;
	do {
		if (++iter->bucket == iter->map->reader.geometry.buckets_per_page) {
			iter->bucket = 0;
			iter->page++;
		}
		place = khmap_iter_place(iter);
		/* What a map in its header page has is all in one bucket. */
		iter->ended = !iter->start || place >= khmap_map_shape(iter->map);
	} while (!iter->ended && khmap_iter_returned(iter, place));
}

/* The next entry of the copy; NULL if there is none. */
static const unsigned char *khmap_iter_step(struct khmap_iter *iter)
{
	const struct khmap_chain *chain = &iter->chain;

	while (iter->link < chain->count) {
		struct khmap_link_form form = khmap_chain_form(chain, iter->link);

		while (iter->slot < form.slots) {
			const unsigned char *at = khmap_chain_slot(chain, iter->link,
								   iter->slot++);

			if (at)
				return at;
		}
		iter->slot = 0;
		iter->link++;
	}
	return NULL;
}

/* What is wrong with the chain that has just been returned. */
static int khmap_iter_judge(const struct khmap_iter *iter)
{
	static const char *const ends[] = {
		[KHMAP_CHAIN_OUTSIDE] = "leads outside",
		[KHMAP_CHAIN_CIRCLE] = "leads in a circle",
		[KHMAP_CHAIN_LONG] = "is too long",
	};
	const struct khmap_chain *chain = &iter->chain;
	const char *name = khmap_object(iter->map)->name;
	char where[64];

	if (khmap_lost_chain(chain)) {
		snprintf(where, sizeof(where), "page %u bucket %u: ", chain->page, chain->bucket);
		return khmap_lost_fail(khmap_object(iter->map), where);
	}
	if (chain->end != KHMAP_CHAIN_ENDS)
		return khmap_fail(EUCLEAN,
				  "%s: page %u bucket %u: the chain %s (reference 0x%x)", name,
				  chain->page, chain->bucket, ends[chain->end], chain->bad);
	if (chain->sequence & 1)
		return khmap_fail(EUCLEAN, "%s: page %u bucket %u is marked as being written",
				  name, chain->page, chain->bucket);
	return 0;
}

int khmap_iter_next(struct khmap_iter *iter, void *key, void *value)
{
	const struct khmap_geometry *g = &iter->map->reader.geometry;
	const unsigned char *at;
	int err;

	while (!iter->ended) {
		if (!iter->loaded) {
			err = khmap_iter_load(iter);
			if (err)
				return err;
		}
		at = khmap_iter_step(iter);
		if (at) {
			memcpy(key, at, g->key_size);
			if (value)
				memcpy(value, at + g->value_offset, g->value_size);
			return 1;
		}
		err = khmap_iter_judge(iter);
		khmap_iter_advance(iter);
		if (err)
			return err;
	}
	/* The end stays the end. */
	return 0;
}
