// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * verify_chain.c - every invariant of one chain
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lost.h"
#include "verify.h"

struct khmap_spot khmap_verify_link_spot(const struct khmap_chain *chain, __u32 link,
					 const char *rule, __u32 offset)
{
	const struct khmap_reader *reader = &chain->map->reader;
	const struct khmap_geometry *g = &reader->geometry;
	struct khmap_spot spot = {
		.rule = rule,
		.part = KHMAP_PART_PRIMARY,
		.page = chain->page,
		.bucket = chain->bucket,
		.slot = KHMAP_NOWHERE,
	};
	const struct khmap_image_header *header = khmap_header(chain->map);

	if (link) {
		spot.part = KHMAP_PART_OVERFLOW;
		spot.page = khmap_reference_page(g, chain->links[link].reference);
		spot.bucket = khmap_reference_bucket(g, chain->links[link].reference);
		spot.offset = header->overflow_offset + ((__u64)spot.page << g->page_shift) +
			      spot.bucket * g->overflow_stride;
	} else if (chain->shape) {
		spot.offset = header->primary_offset + ((__u64)spot.page << g->page_shift) +
			      spot.bucket * g->bucket_stride;
	} else {
		spot.part = KHMAP_PART_INLINE;
		spot.page = KHMAP_NOWHERE;
		spot.bucket = KHMAP_NOWHERE;
		spot.offset = g->inline_offset;
	}
	spot.offset += offset;
	return spot;
}

void khmap_verify_zeros(struct khmap_verifier *verifier, const unsigned char *bytes, size_t size,
			struct khmap_spot spot, __u32 slot)
{
	size_t i = 0;

	while (i < size && !bytes[i])
		i++;
	if (i == size)
		return;
	spot.slot = slot;
	spot.offset += i;
	khmap_report_add(&verifier->report, &spot, "zeros", "0x%02x", bytes[i]);
}

static void khmap_check_route(struct khmap_verifier *verifier, __u32 link, __u32 slot,
			      __u64 hash)
{
	const struct khmap_chain *chain = &verifier->chain;
	const struct khmap_geometry *g = &chain->map->reader.geometry;
	__u32 place, page, bucket;
	struct khmap_spot spot;
	char expected[48];

	if (!chain->shape)
		return;
	place = khmap_hash_place(chain->shape, khmap_shape_mask(chain->shape), hash);
	page = khmap_place_page(place);
	bucket = khmap_place_bucket(g, place);
	if (bucket == chain->bucket && page == chain->page)
		return;
	spot = khmap_verify_link_spot(chain, link, "bucket", 0);
	spot.slot = slot;
	snprintf(expected, sizeof(expected), "a key of page %u bucket %u", chain->page,
		 chain->bucket);
	khmap_report_add(&verifier->report, &spot, expected, "a key of page %u bucket %u", page,
			 bucket);
}

/* A slot that holds a key; returns the key's hash. */
static __u64 khmap_check_entry(struct khmap_verifier *verifier, __u32 link, __u32 slot)
{
	const struct khmap_chain *chain = &verifier->chain;
	const struct khmap_geometry *g = &chain->map->reader.geometry;
	const unsigned char *at = khmap_chain_slot(chain, link, slot);
	__u32 offset = khmap_slot_offset(g, khmap_chain_form(chain, link).tags_size, slot);
	__u64 hash = khmap_reader_hash(&chain->map->reader, at);
	__u32 tag = chain->links[link].bytes[KHMAP_BUCKET_TAGS + slot];
	__u32 end = g->value_offset + g->value_size;
	struct khmap_spot spot;
	char expected[16];

	if (tag != khmap_tophash(hash)) {
		spot = khmap_verify_link_spot(chain, link, "tophash", KHMAP_BUCKET_TAGS + slot);
		spot.slot = slot;
		snprintf(expected, sizeof(expected), "0x%02x", khmap_tophash(hash));
		khmap_report_add(&verifier->report, &spot, expected, "0x%02x", tag);
	}
	khmap_check_route(verifier, link, slot, hash);
	khmap_verify_zeros(verifier, at + g->key_size, g->value_offset - g->key_size,
			   khmap_verify_link_spot(chain, link, "padding", offset + g->key_size),
			   slot);
	khmap_verify_zeros(verifier, at + end, g->slot_stride - end,
			   khmap_verify_link_spot(chain, link, "padding", offset + end), slot);
	return hash;
}

/* One bucket: its slots, what is between them and behind; adds to the filter. */
static __u32 khmap_check_link(struct khmap_verifier *verifier, __u32 link, __u32 *filter)
{
	const struct khmap_chain *chain = &verifier->chain;
	const struct khmap_geometry *g = &chain->map->reader.geometry;
	struct khmap_link_form form = khmap_chain_form(chain, link);
	const unsigned char *bytes = chain->links[link].bytes;
	__u32 slot, offset, entries = 0;
	__u64 hash;

	for (slot = 0; slot < form.slots; slot++) {
		offset = khmap_slot_offset(g, form.tags_size, slot);
		if (!khmap_chain_slot(chain, link, slot)) {
			khmap_verify_zeros(verifier, bytes + offset, g->slot_stride,
					   khmap_verify_link_spot(chain, link, "slack", offset),
					   slot);
			continue;
		}
		hash = khmap_check_entry(verifier, link, slot);
		entries++;
		if (link)
			*filter |= khmap_class_bit(hash);
	}
	khmap_verify_zeros(verifier, bytes + KHMAP_BUCKET_TAGS + form.slots,
			   form.tags_size - 1 - form.slots,
			   khmap_verify_link_spot(chain, link, "tags",
						  KHMAP_BUCKET_TAGS + form.slots),
			   KHMAP_NOWHERE);
	offset = khmap_slot_offset(g, form.tags_size, form.slots);
	khmap_verify_zeros(verifier, bytes + offset, form.stride - offset,
			   khmap_verify_link_spot(chain, link, "slack", offset), KHMAP_NOWHERE);
	return entries;
}

static void khmap_check_dense(struct khmap_verifier *verifier, __u32 link, __u32 entries)
{
	const struct khmap_chain *chain = &verifier->chain;
	__u32 slots = khmap_chain_form(chain, link).slots;
	struct khmap_spot spot = khmap_verify_link_spot(chain, link, "dense", KHMAP_BUCKET_TAGS);
	char expected[48];

	if (link + 1 < chain->count && entries < slots) {
		snprintf(expected, sizeof(expected), "%u keys, as another bucket follows", slots);
		khmap_report_add(&verifier->report, &spot, expected, "%u", entries);
	} else if (link && !entries && chain->end == KHMAP_CHAIN_ENDS) {
		khmap_report_add(&verifier->report, &spot,
				 "a key in a chain's last overflow bucket", "none");
	}
}

static void khmap_check_head(struct khmap_verifier *verifier, __u32 link, __u32 filter)
{
	const struct khmap_chain *chain = &verifier->chain;
	const unsigned char *bytes = chain->links[link].bytes;
	__u32 at = KHMAP_BUCKET_TAGS + khmap_chain_form(chain, link).tags_size - 1;
	struct khmap_spot spot = khmap_verify_link_spot(chain, link, "sequence", 0);
	char expected[16];

	if (link && khmap_load32(bytes))
		khmap_report_add(&verifier->report, &spot, "0 in an overflow bucket", "%u",
				 khmap_load32(bytes));
	else if (!link && chain->sequence & 1)
		khmap_report_add(&verifier->report, &spot, "an even count", "%u",
				 chain->sequence);
	if (!link && !chain->shape && khmap_load32(bytes + 4)) {
		spot = khmap_verify_link_spot(chain, link, "reference", 4);
		khmap_report_add(&verifier->report, &spot, "0 in the inline bucket", "0x%x",
				 khmap_load32(bytes + 4));
	}
	if (link)
		filter = 0;
	if (bytes[at] == filter)
		return;
	spot = khmap_verify_link_spot(chain, link, "filter", at);
	snprintf(expected, sizeof(expected), "0x%02x", filter);
	khmap_report_add(&verifier->report, &spot, expected, "0x%02x", bytes[at]);
}

static void khmap_check_end(struct khmap_verifier *verifier)
{
	static const struct {
		const char *expected;
		const char *found;
	} words[] = {
		[KHMAP_CHAIN_OUTSIDE] = { "a reference to an overflow bucket", "outside" },
		[KHMAP_CHAIN_CIRCLE] = { "a chain without a circle", "a bucket of the chain" },
		[KHMAP_CHAIN_LONG] = { "32 buckets at most", "one more" },
	};
	const struct khmap_chain *chain = &verifier->chain;
	const struct khmap_geometry *g = &chain->map->reader.geometry;
	struct khmap_spot spot = khmap_verify_link_spot(chain, chain->count - 1, "reference", 4);

	if (chain->end == KHMAP_CHAIN_ENDS)
		return;
	khmap_report_add(&verifier->report, &spot, words[chain->end].expected,
			 "0x%x (overflow page %" PRId64 " bucket %u): %s", chain->bad,
			 (int64_t)(chain->bad >> g->overflow_shift) - 1,
			 khmap_reference_bucket(g, chain->bad), words[chain->end].found);
}

/* Compare a key with all behind it in the chain. */
static void khmap_check_twice(struct khmap_verifier *verifier, __u32 link, __u32 slot)
{
	const struct khmap_chain *chain = &verifier->chain;
	const unsigned char *key = khmap_chain_slot(chain, link, slot), *other;
	__u32 key_size = chain->map->reader.geometry.key_size;
	__u32 first = slot + 1, at = link;
	struct khmap_spot spot;

	for (; at < chain->count; at++, first = 0) {
		__u32 slots = khmap_chain_form(chain, at).slots;

		for (; first < slots; first++) {
			other = khmap_chain_slot(chain, at, first);
			if (!other || memcmp(key, other, key_size))
				continue;
			spot = khmap_verify_link_spot(chain, at, "twice", 0);
			spot.slot = first;
			khmap_report_add(&verifier->report, &spot, "each key once",
					 "the key of bucket %u of the chain, slot %u", link,
					 slot);
		}
	}
}

/*
 * A chain that a page is lost of: the page is told about once, when it is looked at
 * for zeros; of the chain only what comes before it can be counted.
 */
static void khmap_check_lost(struct khmap_verifier *verifier)
{
	__u32 overflow;

	verifier->lost++;
	verifier->options->chains++;
	verifier->entries += khmap_chain_entries(&verifier->chain, &overflow);
	verifier->overflow_entries += overflow;
}

void khmap_verify_chain(struct khmap_verifier *verifier)
{
	const struct khmap_chain *chain = &verifier->chain;
	__u32 link, slot, filter = 0, entries, overflow;

	/* No file and no map has lost a page: there it is a reference that is wrong. */
	if (khmap_lost_chain(chain) && !verifier->live &&
	    khmap_object(verifier->map)->origin != KHMAP_ORIGIN_FILE) {
		khmap_check_lost(verifier);
		return;
	}
	for (link = 0; link < chain->count; link++) {
		entries = khmap_check_link(verifier, link, &filter);
		khmap_check_dense(verifier, link, entries);
		for (slot = 0; slot < khmap_chain_form(chain, link).slots; slot++)
			if (khmap_chain_slot(chain, link, slot))
				khmap_check_twice(verifier, link, slot);
	}
	for (link = 0; link < chain->count; link++)
		khmap_check_head(verifier, link, filter);
	khmap_check_end(verifier);
	verifier->options->chains++;
	verifier->entries += khmap_chain_entries(chain, &overflow);
	verifier->overflow_entries += overflow;
	verifier->overflow_buckets += chain->count - 1;
}
