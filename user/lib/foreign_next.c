// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * foreign_next.c - the entries of a file of the other byte order, in turn
 *
 * Buckets are copied into private memory, so that what is looked at stays as it was
 * checked.  A page is held against its checksum when it is first met: however often a
 * forged file refers to a page, the work is bounded by the file's size.  Nothing is
 * hashed: where the other host has put a key does not matter here.
 */
#include <errno.h>
#include <string.h>

#include "checksum.h"
#include "error.h"
#include "foreign.h"
#include "schema.h"

static __u32 khmap_foreign_word(const unsigned char *at)
{
	return __builtin_bswap32(khmap_load32(at));
}

/* Page @number of the region at @offset, and is it right? */
static int khmap_foreign_page(const struct khmap_foreign *foreign, __u64 offset, __u32 number,
			      unsigned char *to)
{
	__u32 shift = foreign->header.geometry.page_shift;
	__u64 page = (offset >> shift) + number, expected, found;
	int err = khmap_foreign_read(foreign, to, (size_t)1 << shift, page << shift);

	if (err || !foreign->sums)
		return err;
	/* The table covers all pages before it, and it lies behind the image. */
	expected = __builtin_bswap64(foreign->sums[page]);
	found = khmap_checksum_page(to, (size_t)1 << shift, page);
	foreign->seen[page / 8] |= (unsigned char)(1u << page % 8);
	if (found == expected)
		return 0;
	return khmap_fail(EBADMSG, "%s: damaged: checksum of page %llu: expected %016llx, found %016llx",
			  foreign->path, (unsigned long long)page, (unsigned long long)expected,
			  (unsigned long long)found);
}

/* Copy an overflow bucket, as far as its slots go. */
static int khmap_foreign_load(const struct khmap_foreign *foreign, __u32 page, __u32 bucket)
{
	const struct khmap_image_header *h = &foreign->header;
	const struct khmap_geometry *g = &h->geometry;
	__u64 index = (h->overflow_offset >> g->page_shift) + page;
	int err = 0;

	if (foreign->sums && !(foreign->seen[index / 8] >> index % 8 & 1))
		err = khmap_foreign_page(foreign, h->overflow_offset, page, foreign->overflow);
	if (err)
		return err;
	return khmap_foreign_read(foreign, foreign->overflow,
				  khmap_slot_offset(g, KHMAP_OVERFLOW_TAGS, g->overflow_slots),
				  (index << g->page_shift) + bucket * g->overflow_stride);
}

static int khmap_foreign_bad(const struct khmap_foreign *foreign, const char *what, __u32 word)
{
	return khmap_fail(EUCLEAN, "%s: damaged: page %u bucket %u: %s 0x%x", foreign->path,
			  foreign->number, foreign->bucket - 1, what, word);
}

static void khmap_foreign_begin_at(struct khmap_foreign *foreign, const unsigned char *at,
				   __u32 tags_size, __u32 slots)
{
	foreign->at = at;
	foreign->tags_size = tags_size;
	foreign->slots = slots;
	foreign->slot = 0;
}

/* The first place of the bucket that is next. */
static __u32 khmap_foreign_place(const struct khmap_foreign *foreign)
{
	__u32 buckets = foreign->header.geometry.buckets_per_page;

	return foreign->number * KHMAP_PLACE_UNITS +
	       (foreign->bucket * KHMAP_PLACE_UNITS + buckets - 1) / buckets;
}

/* The first bucket of the next chain: 1; 0 if there is none. */
static int khmap_foreign_begin(struct khmap_foreign *foreign)
{
	const struct khmap_image_header *h = &foreign->header;
	const struct khmap_geometry *g = &h->geometry;
	__u32 last = h->shape ? g->buckets_per_page : 1;
	int err;

	if (foreign->bucket == last) {
		foreign->bucket = 0;
		foreign->number++;
	}
	if (h->shape) {
		if (foreign->number == foreign->pages || khmap_foreign_place(foreign) >= h->shape)
			return 0;
		if (!foreign->bucket) {
			err = khmap_foreign_page(foreign, h->primary_offset, foreign->number,
						 foreign->page);
			if (err)
				return err;
		}
		khmap_foreign_begin_at(foreign, foreign->page + foreign->bucket * g->bucket_stride,
				       g->tags_size, g->bucket_slots);
	} else {
		/* The header page, as it was checked. */
		if (foreign->number)
			return 0;
		khmap_foreign_begin_at(foreign, foreign->page + g->inline_offset,
				       KHMAP_INLINE_TAGS, g->inline_slots);
	}
	foreign->bucket++;
	foreign->links = 1;
	if (khmap_foreign_word(foreign->at) & 1)
		return khmap_foreign_bad(foreign, "it is marked as being written, sequence",
					 khmap_foreign_word(foreign->at));
	return 1;
}

/* To the next bucket of the chain, if there is one. */
static int khmap_foreign_follow(struct khmap_foreign *foreign)
{
	const struct khmap_image_header *h = &foreign->header;
	const struct khmap_geometry *g = &h->geometry;
	__u32 reference = khmap_foreign_word(foreign->at + 4), page, bucket;
	int err;

	foreign->at = NULL;
	if (!reference)
		return 0;
	page = khmap_reference_page(g, reference);
	bucket = khmap_reference_bucket(g, reference);
	if (!h->shape || page >= h->overflow_pages_max || bucket >= g->overflow_per_page)
		return khmap_foreign_bad(foreign, "the chain leads outside, reference", reference);
	if (foreign->links++ == KHMAP_CHAIN_MAX)
		return khmap_foreign_bad(foreign, "the chain has no end, reference", reference);
	err = khmap_foreign_load(foreign, page, bucket);
	if (!err)
		khmap_foreign_begin_at(foreign, foreign->overflow, KHMAP_OVERFLOW_TAGS,
				       g->overflow_slots);
	return err;
}

/* The next slot in use: 1; 0 at the end. */
static int khmap_foreign_step(struct khmap_foreign *foreign, const unsigned char **slot)
{
	const struct khmap_geometry *g = &foreign->header.geometry;
	int got;

	for (;;) {
		if (!foreign->at) {
			got = khmap_foreign_begin(foreign);
			if (got <= 0)
				return got;
		}
		while (foreign->slot < foreign->slots) {
			__u32 next = foreign->slot++;

			if (!foreign->at[KHMAP_BUCKET_TAGS + next])
				continue;
			*slot = foreign->at + khmap_slot_offset(g, foreign->tags_size, next);
			return 1;
		}
		got = khmap_foreign_follow(foreign);
		if (got)
			return got;
	}
}

static int khmap_foreign_end(const struct khmap_foreign *foreign)
{
	if (foreign->entries == foreign->header.entries)
		return 0;
	return khmap_fail(EUCLEAN, "%s: damaged: entries: expected %llu, as the header says, found %llu",
			  foreign->path, (unsigned long long)foreign->header.entries,
			  (unsigned long long)foreign->entries);
}

int khmap_foreign_next(struct khmap_foreign *foreign, void *key, void *value)
{
	const struct khmap_geometry *g = &foreign->header.geometry;
	const unsigned char *slot = NULL;

	if (foreign->state <= 0)
		return foreign->state;
	foreign->state = khmap_foreign_step(foreign, &slot);
	if (!foreign->state)
		foreign->state = khmap_foreign_end(foreign);
	if (foreign->state <= 0)
		return foreign->state;
	foreign->entries++;
	memcpy(key, slot, g->key_size);
	memcpy(value, slot + g->value_offset, g->value_size);
	if (foreign->schema) {
		khmap_type_swap(foreign->schema->key, key);
		khmap_type_swap(foreign->schema->value, value);
	}
	return 1;
}
