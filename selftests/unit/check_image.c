// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * check_image.c - does an image keep every promise of linux/khmap_image.h?
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_image.h"

/**
 * struct walk - a walk over an image
 * @image: the result
 * @h: header
 * @g: geometry
 * @page_size: bytes
 * @primary: first page of the primary region
 * @overflow: first page of the overflow region
 * @used: for each overflow bucket, whether a chain has it
 * @owner: for each overflow page, 1 + the stripe of its chains, or 0
 */
struct walk {
	struct image *image;
	const struct khmap_image_header *h;
	const struct khmap_geometry *g;
	u64 page_size;
	u64 primary;
	u64 overflow;
	unsigned char *used;
	u32 *owner;
};

/**
 * struct spot - a bucket to look at
 * @at: its address
 * @stride: bytes
 * @tags: tag bytes
 * @slots: slots
 * @page: of the chain's primary bucket; meaningless in an inline map
 * @bucket: likewise
 * @chain: position in the chain
 */
struct spot {
	const unsigned char *at;
	u32 stride;
	u32 tags;
	u32 slots;
	u32 page;
	u32 bucket;
	u32 chain;
};

static bool __attribute__((format(printf, 2, 3))) wrong(struct walk *w, const char *fmt, ...)
{
	va_list args;

	if (w->image->error[0])
		return false;
	va_start(args, fmt);
	vsnprintf(w->image->error, sizeof(w->image->error), fmt, args);
	va_end(args);
	return false;
}

static bool is_zero(const void *from, u64 size)
{
	const unsigned char *p = from;

	return !size || (!p[0] && !memcmp(p, p + 1, size - 1));
}

static u32 load32(const void *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The header's rule, in whole pages and the part of the one being split off. */
static u32 naive_page(const struct walk *w, u64 hash)
{
	u32 pages = w->h->shape / 1024, part = w->h->shape % 1024;
	u32 bits = (u32)hash / 1024, mask = 1, page;

	while (mask <= pages)
		mask *= 2;
	page = bits % mask;
	if (page > pages || (page == pages && (u32)hash % 1024 >= part))
		page = bits % (mask / 2);
	return page;
}

static u32 naive_bucket(const struct walk *w, u64 hash)
{
	return (u32)hash % 1024 * w->g->buckets_per_page / 1024;
}

static bool check_entry(struct walk *w, const struct spot *s, u32 slot,
			const unsigned char *at, u32 *classes)
{
	const struct khmap_geometry *g = w->g;
	u64 hash = khmap_hash(w->h->hash_kind, w->h->hash_secret, at, g->key_size);
	u32 top = (u32)(hash >> 56), end = g->value_offset + g->value_size;

	if (!top)
		top = 1;
	if (s->at[8 + slot] != top)
		return wrong(w, "page %u bucket %u chain %u slot %u: tag %u, should be %u", s->page,
			     s->bucket, s->chain, slot, s->at[8 + slot], top);
	if (w->h->shape && (naive_bucket(w, hash) != s->bucket ||
			    naive_page(w, hash) != s->page))
		return wrong(w, "page %u bucket %u chain %u slot %u: key of page %u bucket %u",
			     s->page, s->bucket, s->chain, slot,
			     naive_page(w, hash), naive_bucket(w, hash));
	if (!is_zero(at + g->key_size, g->value_offset - g->key_size) ||
	    !is_zero(at + end, g->slot_stride - end))
		return wrong(w, "page %u bucket %u chain %u slot %u: padding", s->page, s->bucket,
			     s->chain, slot);
	*classes |= 1u << (hash >> 32 & 7);
	w->image->entries++;
	w->image->overflow_entries += !!s->chain;
	if (w->image->entry)
		w->image->entry(w->image->entry_arg, at, at + g->value_offset);
	return true;
}

/* One bucket by itself; counts its entries and the classes of their keys. */
static bool check_bucket(struct walk *w, const struct spot *s, u32 *entries, u32 *classes)
{
	const struct khmap_geometry *g = w->g;
	const unsigned char *tags = s->at + 8, *slots = tags + s->tags;
	u64 end = 8 + s->tags + (u64)s->slots * g->slot_stride;
	u32 slot;

	*entries = 0;
	*classes = 0;
	if (load32(s->at) & 1)
		return wrong(w, "page %u bucket %u chain %u: odd sequence", s->page, s->bucket,
			     s->chain);
	if (!is_zero(tags + s->slots, s->tags - 1 - s->slots))
		return wrong(w, "page %u bucket %u chain %u: tag of no slot", s->page, s->bucket,
			     s->chain);
	if (!is_zero(s->at + end, s->stride - end))
		return wrong(w, "page %u bucket %u chain %u: slack", s->page, s->bucket, s->chain);
	for (slot = 0; slot < s->slots; slot++) {
		const unsigned char *at = slots + (u64)slot * g->slot_stride;

		if (!tags[slot]) {
			if (!is_zero(at, g->slot_stride))
				return wrong(w, "page %u bucket %u chain %u slot %u: not empty",
					     s->page, s->bucket, s->chain, slot);
			continue;
		}
		++*entries;
		if (!check_entry(w, s, slot, at, classes))
			return false;
	}
	return true;
}

/* Keys of one bucket that are also in the same or a later bucket of the chain. */
static bool check_unique(struct walk *w, const struct spot *chain, u32 count)
{
	u32 i, j, a, b;

	for (i = 0; i < count; i++)
		for (a = 0; a < chain[i].slots; a++)
			for (j = i; j < count; j++)
				for (b = j == i ? a + 1 : 0; b < chain[j].slots; b++) {
					const struct spot *x = &chain[i], *y = &chain[j];
					u32 stride = w->g->slot_stride;

					if (!x->at[8 + a] || x->at[8 + a] != y->at[8 + b])
						continue;
					if (!memcmp(x->at + 8 + x->tags + (u64)a * stride,
						    y->at + 8 + y->tags + (u64)b * stride,
						    w->g->key_size))
						return wrong(w, "page %u bucket %u: key twice",
							     x->page, x->bucket);
				}
	return true;
}

/* Follow a reference; the overflow bucket must be in no other chain. */
static bool check_reference(struct walk *w, u32 reference, struct spot *next)
{
	const struct khmap_geometry *g = w->g;
	u32 page = (reference >> g->overflow_shift) - 1;
	u32 bucket = reference & ((1u << g->overflow_shift) - 1);
	u32 stripe = w->image->stripes ? next->page % w->image->stripes : 0;
	const unsigned char *start;

	if (page >= w->h->overflow_pages || bucket >= g->overflow_per_page)
		return wrong(w, "page %u bucket %u: reference 0x%x is out of range", next->page,
			     next->bucket, reference);
	start = w->image->page(w->image->from, w->overflow + page);
	if (!start)
		return wrong(w, "page %u bucket %u: reference 0x%x to no page", next->page,
			     next->bucket, reference);
	if (w->used[(u64)page * g->overflow_per_page + bucket]++)
		return wrong(w, "page %u bucket %u: reference 0x%x is used twice", next->page,
			     next->bucket, reference);
	if (w->image->stripes && w->owner[page] && w->owner[page] != stripe + 1)
		return wrong(w, "overflow page %u has chains of stripes %u and %u", page,
			     w->owner[page] - 1, stripe);
	w->owner[page] = stripe + 1;
	next->at = start + (u64)bucket * g->overflow_stride;
	next->stride = g->overflow_stride;
	next->tags = 8;
	next->slots = g->overflow_slots;
	next->chain++;
	w->image->overflow_buckets++;
	return true;
}

static bool check_chain(struct walk *w, struct spot first)
{
	u32 filter = first.at[8 + first.tags - 1], entries, classes, all = 0, count = 0, reference;
	struct spot chain[KHMAP_CHAIN_MAX], s = first;

	for (;;) {
		if (count == KHMAP_CHAIN_MAX)
			return wrong(w, "page %u bucket %u: the chain is too long", s.page,
				     s.bucket);
		chain[count++] = s;
		if (!check_bucket(w, &s, &entries, &classes))
			return false;
		reference = load32(s.at + 4);
		if (reference && entries < s.slots)
			return wrong(w, "page %u bucket %u chain %u: not dense", s.page, s.bucket,
				     s.chain);
		if (s.chain) {
			all |= classes;
			if (!entries)
				return wrong(w, "page %u bucket %u chain %u: empty", s.page,
					     s.bucket, s.chain);
			if (load32(s.at) || s.at[8 + s.tags - 1])
				return wrong(w, "page %u bucket %u chain %u: sequence or filter",
					     s.page, s.bucket, s.chain);
		}
		if (!reference)
			break;
		if (!check_reference(w, reference, &s))
			return false;
	}
	if (filter != all)
		return wrong(w, "page %u bucket %u: filter 0x%02x, should be 0x%02x", s.page,
			     s.bucket, filter, all);
	w->image->chains[count]++;
	return check_unique(w, chain, count);
}

static bool check_primary(struct walk *w)
{
	const struct khmap_geometry *g = w->g;
	u32 reachable = (w->h->shape + 1023) / 1024, page, bucket;
	u64 end = (u64)g->buckets_per_page * g->bucket_stride;

	if (reachable > w->h->primary_pages || w->h->primary_pages > w->h->primary_pages_max)
		return wrong(w, "shape 0x%x, %u pages of %llu", w->h->shape, w->h->primary_pages,
			     (unsigned long long)w->h->primary_pages_max);
	for (page = 0; page < w->h->primary_pages; page++) {
		const unsigned char *start = w->image->page(w->image->from, w->primary + page);

		if (!start)
			return wrong(w, "no primary page %u", page);
		if (page >= reachable && !is_zero(start, w->page_size))
			return wrong(w, "primary page %u is out of reach and not empty", page);
		if (!is_zero(start + end, w->page_size - end))
			return wrong(w, "slack of primary page %u", page);
		for (bucket = 0; page < reachable && bucket < g->buckets_per_page; bucket++) {
			struct spot s = {
				.at = start + (u64)bucket * g->bucket_stride,
				.stride = g->bucket_stride,
				.tags = g->tags_size,
				.slots = g->bucket_slots,
				.page = page,
				.bucket = bucket,
			};

			if (!check_chain(w, s))
				return false;
		}
	}
	return true;
}

/* Buckets in no chain, and what lies between buckets, are zeros. */
static bool check_overflow(struct walk *w)
{
	const struct khmap_geometry *g = w->g;
	u64 end = (u64)g->overflow_per_page * g->overflow_stride;
	u32 page, bucket;

	for (page = 0; page < w->h->overflow_pages; page++) {
		const unsigned char *start = w->image->page(w->image->from, w->overflow + page);

		if (!start)
			continue;
		for (bucket = 0; bucket < g->overflow_per_page; bucket++)
			if (!w->used[(u64)page * g->overflow_per_page + bucket] &&
			    !is_zero(start + (u64)bucket * g->overflow_stride, g->overflow_stride))
				return wrong(w, "overflow page %u bucket %u is free and not empty",
					     page, bucket);
		if (!is_zero(start + end, w->page_size - end))
			return wrong(w, "slack of overflow page %u", page);
	}
	return true;
}

static bool check_inline(struct walk *w)
{
	const struct khmap_geometry *g = w->g;
	u64 end = 24 + (u64)g->inline_slots * g->slot_stride;
	const unsigned char *start = (const unsigned char *)w->h;
	u64 text_end = KHMAP_HEADER_SIZE + w->h->schema_length;
	struct spot s = {
		.at = start + g->inline_offset,
		.stride = (u32)end,
		.tags = 16,
		.slots = g->inline_slots,
	};

	if (text_end > g->inline_offset || g->inline_offset + end > w->page_size)
		return wrong(w, "the inline bucket is out of place");
	if (!is_zero(start + text_end, g->inline_offset - text_end) ||
	    !is_zero(s.at + end, w->page_size - g->inline_offset - end))
		return wrong(w, "slack of the header page");
	if (w->h->shape) {
		if (!is_zero(s.at + 4, end - 4) || load32(s.at) & 1)
			return wrong(w, "the inline bucket is out of use and not empty");
		return true;
	}
	if (load32(s.at + 4) || s.at[8 + 15])
		return wrong(w, "the inline bucket overflows");
	return check_chain(w, s);
}

static bool check_header(struct walk *w)
{
	const struct khmap_image_header *h = w->h;
	u64 primary_end = h->primary_offset + h->primary_pages_max * w->page_size;
	u64 overflow_end = h->overflow_offset + h->overflow_pages_max * w->page_size;
	size_t name = strnlen((const char *)h->name, sizeof(h->name));
	const char *text = (const char *)h + h->schema_offset;
	u32 mask = 0;

	if (memcmp(h->magic, "KHMAPIMG", 8) || h->byte_order != 0x01020304 || h->version != 1)
		return wrong(w, "magic, byte order or version");
	while (mask < h->shape)
		mask = 2 * mask + 1;
	if (h->mask != mask)
		return wrong(w, "mask 0x%x of shape 0x%x", h->mask, h->shape);
	if (h->geometry.reserved)
		return wrong(w, "reserved word of the geometry");
	if (h->features_compat || h->features_read || h->features_write || h->generation_offset)
		return wrong(w, "features");
	if (!is_zero(h->reserved, sizeof(h->reserved)) ||
	    !is_zero(h->reserved_shape, sizeof(h->reserved_shape)))
		return wrong(w, "reserved bytes of the header");
	if (name == sizeof(h->name) || !is_zero(h->name + name, sizeof(h->name) - name))
		return wrong(w, "padding of the name");
	if (h->primary_offset % w->page_size || h->overflow_offset % w->page_size ||
	    h->primary_offset < w->page_size || h->overflow_offset < primary_end ||
	    h->image_size < overflow_end || h->image_size % w->page_size)
		return wrong(w, "places of the regions");
	if (h->overflow_pages > h->overflow_pages_max)
		return wrong(w, "overflow pages: %u of %llu", h->overflow_pages,
			     (unsigned long long)h->overflow_pages_max);
	if (h->schema_length ? h->schema_offset != KHMAP_HEADER_SIZE :
			       h->schema_offset || h->schema_hash)
		return wrong(w, "place of the schema");
	if (h->schema_length && h->schema_hash != khmap_schema_text_hash(text, h->schema_length))
		return wrong(w, "hash of the schema");
	return true;
}

static bool check_counts(struct walk *w)
{
	const struct image *i = w->image;

	if (i->entries > w->h->max_entries)
		return wrong(w, "%llu entries, at most %llu", (unsigned long long)i->entries,
			     (unsigned long long)w->h->max_entries);
	if (!i->exact)
		return true;
	if (w->h->entries != i->entries)
		return wrong(w, "%llu entries, header says %llu", (unsigned long long)i->entries,
			     (unsigned long long)w->h->entries);
	if (w->h->overflow_entries != i->overflow_entries)
		return wrong(w, "%llu overflow entries, header says %llu",
			     (unsigned long long)i->overflow_entries,
			     (unsigned long long)w->h->overflow_entries);
	if (w->h->overflow_buckets != i->overflow_buckets)
		return wrong(w, "%llu overflow buckets, header says %llu",
			     (unsigned long long)i->overflow_buckets,
			     (unsigned long long)w->h->overflow_buckets);
	return true;
}

bool image_check(struct image *image)
{
	struct walk w = { .image = image, .h = image->page(image->from, 0) };
	bool sound;

	image->error[0] = 0;
	image->entries = 0;
	image->overflow_entries = 0;
	image->overflow_buckets = 0;
	memset(image->chains, 0, sizeof(image->chains));
	w.g = &w.h->geometry;
	w.page_size = 1ull << w.g->page_shift;
	w.primary = w.h->primary_offset / w.page_size;
	w.overflow = w.h->overflow_offset / w.page_size;
	w.used = calloc((u64)w.h->overflow_pages * w.g->overflow_per_page + 1, 1);
	w.owner = calloc(w.h->overflow_pages + 1, sizeof(*w.owner));
	if (!w.used || !w.owner)
		abort();
	sound = check_header(&w) && check_inline(&w) && check_primary(&w) && check_overflow(&w) &&
		check_counts(&w);
	free(w.used);
	free(w.owner);
	return sound;
}

static const void *page_of_table(const void *from, u64 page)
{
	return khmap_table_page((struct khmap_table *)from, page);
}

static const void *page_of_copy(const void *from, u64 page)
{
	return khmap_copy_page(from, page);
}

struct image image_of_table(struct khmap_table *table)
{
	struct khmap_counts counts;

	khmap_table_stat(table, &counts);
	return (struct image) {
		.page = page_of_table,
		.from = table,
		.stripes = table->stripe_mask + 1,
		.exact = true,
	};
}

struct image image_of_copy(const struct khmap_copy *copy)
{
	return (struct image) { .page = page_of_copy, .from = copy, .exact = true };
}

static const void *page_of_snapshot(const void *from, u64 page)
{
	return khmap_snapshot_page((struct khmap_snapshot *)from, page);
}

struct image image_of_snapshot(struct khmap_snapshot *snapshot)
{
	return (struct image) { .page = page_of_snapshot, .from = snapshot, .exact = true };
}

bool table_is_sound(struct khmap_table *table, u64 entries)
{
	struct image image = image_of_table(table);

	if (image_check(&image) && image.entries == entries)
		return true;
	printf("# image: %s (%llu entries, should be %llu)\n", image.error,
	       (unsigned long long)image.entries, (unsigned long long)entries);
	return false;
}
