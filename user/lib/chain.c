// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * chain.c - private copies of chains
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "chain.h"
#include "error.h"
#include "map.h"
#include "memory.h"

/*
 * Whoever has the bucket's lock may have lost his processor, if that is a virtual
 * one, for as long as the host likes: a number of tries would be over by then.  So
 * there are some tries, a pause, and so on until the time is up.
 */
#define KHMAP_CHAIN_TRIES	64
#define KHMAP_CHAIN_PAUSE_NS	50000
#define KHMAP_CHAIN_WAIT_NS	5000000000ull

int khmap_chain_init(struct khmap_chain *chain, const struct khmap *map)
{
	const struct khmap_geometry *g = &map->reader.geometry;
	/* The inline bucket may be larger than a primary one. */
	size_t first = (size_t)1 << g->page_shift;

	memset(chain, 0, sizeof(*chain));
	chain->map = map;
	chain->size = first + (KHMAP_CHAIN_MAX - 1) * (size_t)g->overflow_stride;
	chain->memory = khmap_memory_get(chain->size);
	return chain->memory ? 0 : khmap_fail(ENOMEM, "no memory for a copy of a chain");
}

void khmap_chain_free(struct khmap_chain *chain)
{
	khmap_memory_put(chain->memory, chain->size);
	chain->memory = NULL;
}

__u32 khmap_map_shape(const struct khmap *map)
{
	return khmap__acquire32(map->reader.shape);
}

struct khmap_link_form khmap_chain_form(const struct khmap_chain *chain, __u32 link)
{
	const struct khmap_geometry *g = &chain->map->reader.geometry;
	struct khmap_link_form form = {
		.tags_size = g->tags_size,
		.slots = g->bucket_slots,
		.stride = g->bucket_stride,
	};

	if (link) {
		form.tags_size = KHMAP_OVERFLOW_TAGS;
		form.slots = g->overflow_slots;
		form.stride = g->overflow_stride;
	} else if (!chain->shape) {
		form.tags_size = KHMAP_INLINE_TAGS;
		form.slots = g->inline_slots;
		form.stride = khmap_slot_offset(g, KHMAP_INLINE_TAGS, g->inline_slots);
	}
	return form;
}

static const unsigned char *khmap_chain_source(const struct khmap_chain *chain)
{
	const struct khmap_reader *reader = &chain->map->reader;
	const struct khmap_geometry *g = &reader->geometry;

	if (!chain->shape)
		return reader->inline_bucket;
	return reader->primary + ((size_t)chain->page << g->page_shift) +
	       chain->bucket * g->bucket_stride;
}

/* Where a reference leads; NULL if to no bucket. */
static const unsigned char *khmap_chain_follow(const struct khmap_chain *chain, __u32 reference)
{
	const struct khmap_reader *reader = &chain->map->reader;
	const struct khmap_geometry *g = &reader->geometry;
	__u32 page = khmap_reference_page(g, reference);
	__u32 bucket = khmap_reference_bucket(g, reference);

	if (page >= reader->overflow_pages || bucket >= g->overflow_per_page)
		return NULL;
	return reader->overflow + ((size_t)page << g->page_shift) + bucket * g->overflow_stride;
}

static bool khmap_chain_has(const struct khmap_chain *chain, __u32 reference)
{
	__u32 link;

	for (link = 1; link < chain->count; link++)
		if (chain->links[link].reference == reference)
			return true;
	return false;
}

static void khmap_chain_walk(struct khmap_chain *chain)
{
	const unsigned char *source = khmap_chain_source(chain);
	unsigned char *to = chain->memory;
	__u32 reference = 0;

	chain->count = 0;
	chain->end = KHMAP_CHAIN_ENDS;
	chain->bad = 0;
	for (;;) {
		struct khmap_link_form form = khmap_chain_form(chain, chain->count);

		khmap__copy_out(to, source, form.stride);
		chain->links[chain->count++] = (struct khmap_link){ to, reference };
		reference = khmap_load32(to + 4);
		to += form.stride;
		/* The inline bucket has no overflow. */
		if (!reference || !chain->shape)
			return;
		source = khmap_chain_follow(chain, reference);
		if (!source)
			chain->end = KHMAP_CHAIN_OUTSIDE;
		else if (khmap_chain_has(chain, reference))
			chain->end = KHMAP_CHAIN_CIRCLE;
		else if (chain->count == KHMAP_CHAIN_MAX)
			chain->end = KHMAP_CHAIN_LONG;
		else
			continue;
		chain->bad = reference;
		return;
	}
}

bool khmap_chain_unchanged(const struct khmap_chain *chain)
{
	khmap__fence_acquire();						/* R3 */
	return khmap__load32(khmap_chain_source(chain)) == chain->sequence;
}

/* Copy it as it is, unless it is being written. */
static bool khmap_chain_try(struct khmap_chain *chain, bool live)
{
	chain->sequence = khmap__acquire32(khmap_chain_source(chain));	/* R2 */
	/* In a snapshot an odd count is a fault, not a reason to wait. */
	if (live && chain->sequence & 1)
		return false;
	khmap_chain_walk(chain);
	return khmap_chain_unchanged(chain);
}

static __u64 khmap_chain_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec;
}

int khmap_chain_copy(struct khmap_chain *chain, __u32 shape, __u32 page, __u32 bucket)
{
	static const struct timespec pause = { .tv_nsec = KHMAP_CHAIN_PAUSE_NS };
	bool live = khmap_is_live(chain->map);
	__u64 now = 0, end = 0;
	int tries;

	chain->shape = shape;
	chain->page = page;
	chain->bucket = bucket;
	do {
		for (tries = 0; tries < KHMAP_CHAIN_TRIES; tries++)
			if (khmap_chain_try(chain, live))
				return 0;
		nanosleep(&pause, NULL);
		now = khmap_chain_now();
		if (!end)
			end = now + KHMAP_CHAIN_WAIT_NS;
	} while (now < end);
	return khmap_fail(EAGAIN, "%s: page %u bucket %u was being written all the time",
			  khmap_object(chain->map)->name, page, bucket);
}

const unsigned char *khmap_chain_slot(const struct khmap_chain *chain, __u32 link, __u32 slot)
{
	struct khmap_link_form form = khmap_chain_form(chain, link);
	const unsigned char *bytes = chain->links[link].bytes;

	if (!bytes[KHMAP_BUCKET_TAGS + slot])
		return NULL;
	return bytes + khmap_slot_offset(&chain->map->reader.geometry, form.tags_size, slot);
}

__u32 khmap_chain_entries(const struct khmap_chain *chain, __u32 *overflow)
{
	__u32 link, slot, entries = 0, first = 0;

	for (link = 0; link < chain->count; link++) {
		struct khmap_link_form form = khmap_chain_form(chain, link);

		for (slot = 0; slot < form.slots; slot++)
			entries += !!khmap_chain_slot(chain, link, slot);
		if (!link)
			first = entries;
	}
	if (overflow)
		*overflow = entries - first;
	return entries;
}
