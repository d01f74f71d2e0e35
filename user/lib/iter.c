// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * iter.c - all keys of a map, each once, while it may be growing
 *
 * Growth moves keys from page p to pages p + 2^n, and leaves their bucket within
 * the page as it is.  So the pages that are equal modulo the power of two at or
 * below the number of pages at the start are a family: a key never leaves it.
 * One step copies one bucket's chains of a whole family, as they were at one
 * instant: every sequence is validated after the last copy, and the family must
 * not have grown meanwhile.
 *
 * A map in its header page is one family of one chain; if it is promoted before
 * that has been copied, iteration begins with the pages.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "error.h"
#include "map.h"

#define KHMAP_ITER_TRIES 10000

/**
 * struct khmap_iter - An iteration.
 * @map: the map
 * @chains: copies of the family's chains; those beyond the first are made when
 *	    the map has grown
 * @chain_count: how many have memory
 * @members: how many are in use
 * @span: pages at the start, as a power of two; 0 for the header page
 * @page: the family: its lowest page
 * @bucket: the bucket within the pages
 * @started: @span is known
 * @loaded: @chains hold the family's entries
 * @member: where in them we are
 * @link: likewise
 * @slot: likewise
 */
struct khmap_iter {
	const struct khmap *map;
	struct khmap_chain *chains;
	__u32 chain_count;
	__u32 members;
	__u32 span;
	__u32 page;
	__u32 bucket;
	bool started;
	bool loaded;
	__u32 member;
	__u32 link;
	__u32 slot;
};

int khmap_iter_create(const struct khmap *map, struct khmap_iter **result)
{
	struct khmap_iter *iter = calloc(1, sizeof(*iter));

	if (!iter)
		return khmap_fail(ENOMEM, "no memory for an iterator");
	iter->map = map;
	*result = iter;
	return 0;
}

void khmap_iter_free(struct khmap_iter *iter)
{
	__u32 i;

	if (!iter)
		return;
	for (i = 0; i < iter->chain_count; i++)
		khmap_chain_free(&iter->chains[i]);
	free(iter->chains);
	free(iter);
}

/* Copies for so many members. */
static int khmap_iter_room(struct khmap_iter *iter, __u32 members)
{
	struct khmap_chain *chains;
	int err;

	if (members <= iter->chain_count)
		return 0;
	chains = realloc(iter->chains, members * sizeof(*chains));
	if (!chains)
		return khmap_fail(ENOMEM, "no memory for an iterator");
	iter->chains = chains;
	while (iter->chain_count < members) {
		err = khmap_chain_init(&chains[iter->chain_count], iter->map);
		if (err)
			return err;
		iter->chain_count++;
	}
	return 0;
}

/* Pages of the family that a shape has reached for its bucket. */
static __u32 khmap_iter_members(const struct khmap_iter *iter, __u32 shape)
{
	__u32 buckets = iter->map->reader.geometry.buckets_per_page;
	__u32 first = (iter->bucket * KHMAP_PLACE_UNITS + buckets - 1) / buckets;
	__u32 active = khmap_place_page(shape);

	active += first < (shape & (KHMAP_PLACE_UNITS - 1));
	if (!iter->span)
		return 1;
	return active <= iter->page ? 0 : (active - iter->page - 1) / iter->span + 1;
}

static bool khmap_iter_settled(const struct khmap_iter *iter)
{
	__u32 shape, i;

	for (i = 0; i < iter->members; i++)
		if (!khmap_chain_unchanged(&iter->chains[i]))
			return false;
	shape = khmap_map_shape(iter->map);				/* R1 */
	if (!iter->span)
		return !shape;
	return khmap_iter_members(iter, shape) == iter->members;
}

static void khmap_iter_start(struct khmap_iter *iter)
{
	__u32 shape = khmap_map_shape(iter->map);			/* R1 */

	iter->span = shape ? 1u << (31 - __builtin_clz(khmap_place_page(shape))) : 0;
	iter->started = true;
}

/* Copy the family's chains as they are at one instant. */
static int khmap_iter_load(struct khmap_iter *iter)
{
	int tries, err;
	__u32 shape, i;

	for (tries = 0; tries < KHMAP_ITER_TRIES; tries++) {
		if (!iter->started || (!iter->span && khmap_map_shape(iter->map)))
			khmap_iter_start(iter);
		shape = khmap_map_shape(iter->map);			/* R1 */
		iter->members = khmap_iter_members(iter, shape);
		err = khmap_iter_room(iter, iter->members);
		for (i = 0; i < iter->members && !err; i++)
			err = khmap_chain_copy(&iter->chains[i], iter->span ? shape : 0,
					       iter->page + i * iter->span, iter->bucket);
		if (err)
			return err;
		if (khmap_iter_settled(iter)) {
			iter->loaded = true;
			iter->member = 0;
			iter->link = 0;
			iter->slot = 0;
			return 0;
		}
		sched_yield();
	}
	return khmap_fail(EAGAIN, "%s: page %u bucket %u was being written all the time",
			  khmap_object(iter->map)->name, iter->page, iter->bucket);
}

/* To the next family; false if there is none. */
static bool khmap_iter_advance(struct khmap_iter *iter)
{
	const struct khmap_geometry *g = &iter->map->reader.geometry;

	iter->loaded = false;
	if (!iter->span || iter->page >= iter->span)
		return false;
	if (++iter->bucket < g->buckets_per_page)
		return true;
	iter->bucket = 0;
	return ++iter->page < iter->span;
}

/* The next entry of the families' copies; NULL if there is none. */
static const unsigned char *khmap_iter_step(struct khmap_iter *iter)
{
	const struct khmap_chain *chain = &iter->chains[iter->member];

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
static int khmap_iter_judge(const struct khmap_iter *iter, const struct khmap_chain *chain)
{
	static const char *const ends[] = {
		[KHMAP_CHAIN_OUTSIDE] = "leads outside",
		[KHMAP_CHAIN_CIRCLE] = "leads in a circle",
		[KHMAP_CHAIN_LONG] = "is too long",
	};
	const char *name = khmap_object(iter->map)->name;

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

	/* The end stays the end. */
	if (iter->started && !iter->loaded && iter->span && iter->page >= iter->span)
		return 0;
	for (;;) {
		if (!iter->loaded) {
			err = khmap_iter_load(iter);
			if (err)
				return err;
		}
		while (iter->member < iter->members) {
			at = khmap_iter_step(iter);
			if (at) {
				memcpy(key, at, g->key_size);
				if (value)
					memcpy(value, at + g->value_offset, g->value_size);
				return 1;
			}
			err = khmap_iter_judge(iter, &iter->chains[iter->member]);
			iter->member++;
			iter->link = 0;
			iter->slot = 0;
			if (err)
				return err;
		}
		if (!iter->span)
			return 0;
		if (!khmap_iter_advance(iter))
			return 0;
	}
}
