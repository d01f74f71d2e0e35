// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * inspect_bucket.c - buckets, pages and the way to a key
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "checksum.h"
#include "inspect.h"

/**
 * struct bucket_view - A bucket to be shown.
 * @part: of the image
 * @page: of the part
 * @bucket: of the page
 * @offset: in the image
 * @tags_size: tag bytes
 * @slots: slots
 * @stride: bytes
 */
struct bucket_view {
	enum khmap_part part;
	uint32_t page;
	uint32_t bucket;
	uint64_t offset;
	uint32_t tags_size;
	uint32_t slots;
	uint32_t stride;
};

static struct bucket_view bucket_view(const struct inspect *inspect, enum khmap_part part,
				      uint32_t page, uint32_t bucket)
{
	const struct khmap_image_header *h = &inspect->header;
	const struct khmap_geometry *g = &h->geometry;
	struct bucket_view view = {
		.part = part,
		.page = page,
		.bucket = bucket,
		.offset = g->inline_offset,
		.tags_size = KHMAP_INLINE_TAGS,
		.slots = g->inline_slots,
		.stride = khmap_slot_offset(g, KHMAP_INLINE_TAGS, g->inline_slots),
	};

	if (part == KHMAP_PART_PRIMARY) {
		view.offset = h->primary_offset + ((uint64_t)page << g->page_shift) +
			      bucket * g->bucket_stride;
		view.tags_size = g->tags_size;
		view.slots = g->bucket_slots;
		view.stride = g->bucket_stride;
	} else if (part == KHMAP_PART_OVERFLOW) {
		view.offset = h->overflow_offset + ((uint64_t)page << g->page_shift) +
			      bucket * g->overflow_stride;
		view.tags_size = KHMAP_OVERFLOW_TAGS;
		view.slots = g->overflow_slots;
		view.stride = g->overflow_stride;
	}
	return view;
}

/* A key or value, shown by its schema. */
static void bucket_record(struct inspect *inspect, const struct khmap_type *type, uint64_t offset,
			  const unsigned char *bytes, const char *field)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	khmap_value_print(type, bytes, out);
	fclose(out);
	inspect_row(inspect, offset, bytes, type->size, field, "%s", text);
	free(text);
}

static void bucket_slot(struct inspect *inspect, const struct bucket_view *view,
			const unsigned char *bytes, uint32_t slot)
{
	const struct khmap_geometry *g = &inspect->header.geometry;
	uint32_t at = khmap_slot_offset(g, view->tags_size, slot);
	uint32_t key_end = at + g->key_size, value = at + g->value_offset;
	uint32_t end = value + g->value_size;
	char field[40];

	if (!bytes[KHMAP_BUCKET_TAGS + slot]) {
		snprintf(field, sizeof(field), "slot %u", slot);
		inspect_row(inspect, view->offset + at, bytes + at, g->slot_stride, field,
			    "empty");
		return;
	}
	snprintf(field, sizeof(field), "slot %u key", slot);
	bucket_record(inspect, khmap_schema_key(inspect->map.schema), view->offset + at,
		      bytes + at, field);
	inspect_row(inspect, view->offset + key_end, bytes + key_end, value - key_end, "padding",
		    "%s", "");
	snprintf(field, sizeof(field), "slot %u value", slot);
	bucket_record(inspect, khmap_schema_value(inspect->map.schema), view->offset + value,
		      bytes + value, field);
	inspect_row(inspect, view->offset + end, bytes + end, at + g->slot_stride - end, "padding",
		    "%s", "");
}

static void bucket_head(struct inspect *inspect, const struct bucket_view *view,
			const unsigned char *bytes, uint32_t used)
{
	const struct khmap_geometry *g = &inspect->header.geometry;
	uint32_t sequence = khmap_load32(bytes), reference = khmap_load32(bytes + 4);
	uint32_t filter = KHMAP_BUCKET_TAGS + view->tags_size - 1;

	inspect_row(inspect, view->offset, bytes, 4, "sequence", "%u%s", sequence,
		    sequence & 1 ? " (being written)" : "");
	if (reference)
		inspect_row(inspect, view->offset + 4, bytes + 4, 4, "overflow",
			    "overflow %lld.%u", (long long)(reference >> g->overflow_shift) - 1,
			    khmap_reference_bucket(g, reference));
	else
		inspect_row(inspect, view->offset + 4, bytes + 4, 4, "overflow", "none");
	inspect_row(inspect, view->offset + KHMAP_BUCKET_TAGS, bytes + KHMAP_BUCKET_TAGS,
		    view->tags_size - 1, "tags", "%u of %u slots used", used, view->slots);
	inspect_row(inspect, view->offset + filter, bytes + filter, 1, "filter", "%s", "");
}

static const char *const part_names[] = {
	[KHMAP_PART_INLINE] = "inline bucket",
	[KHMAP_PART_PRIMARY] = "bucket",
	[KHMAP_PART_OVERFLOW] = "overflow",
};

static void bucket_show(struct inspect *inspect, const struct bucket_view *view,
			const unsigned char *bytes)
{
	const struct khmap_geometry *g = &inspect->header.geometry;
	uint32_t end = khmap_slot_offset(g, view->tags_size, view->slots), slot, used = 0;

	for (slot = 0; slot < view->slots; slot++)
		used += bytes[KHMAP_BUCKET_TAGS + slot] != 0;
	if (view->part == KHMAP_PART_INLINE)
		inspect_title(inspect, "inline bucket");
	else
		inspect_title(inspect, "%s %u.%u", part_names[view->part], view->page,
			      view->bucket);
	bucket_head(inspect, view, bytes, used);
	for (slot = 0; slot < view->slots; slot++)
		bucket_slot(inspect, view, bytes, slot);
	inspect_row(inspect, view->offset + end, bytes + end, view->stride - end, "tail", "%s",
		    "");
}

/* A live map's regions lie far apart, and only their first pages exist. */
static bool page_counts(const struct inspect *inspect, uint64_t *primary, uint64_t *overflow)
{
	const struct khmap_image_header *h = &inspect->header;
	struct khmap_ioc_stat stat;

	*primary = h->primary_pages_max;
	*overflow = h->overflow_pages_max;
	if (inspect->bytes)
		return true;
	if (khmap_stat(inspect->map.map, &stat))
		return false;
	*primary = stat.primary_pages < *primary ? stat.primary_pages : *primary;
	*overflow = stat.overflow_pages < *overflow ? stat.overflow_pages : *overflow;
	return true;
}

/* Only EFAULT says that there is no page; a system may forbid the call, too. */
static int page_unread(uint64_t number)
{
	if (errno == EFAULT)
		return cli_usage("page %llu does not exist", (unsigned long long)number);
	return cli_error(CLI_FAILED, "page %llu cannot be read: process_vm_readv: %s",
			 (unsigned long long)number, strerror(errno));
}

int inspect_bucket(struct inspect *inspect, enum khmap_part part, uint32_t page, uint32_t bucket)
{
	const struct khmap_image_header *h = &inspect->header;
	const struct khmap_geometry *g = &h->geometry;
	struct bucket_view view = bucket_view(inspect, part, page, bucket);
	uint64_t primary, overflow;
	unsigned char *bytes;
	int code = CLI_OK;

	if (!page_counts(inspect, &primary, &overflow))
		return cli_error(CLI_FAILED, "%s", khmap_reason());
	if (part == KHMAP_PART_PRIMARY &&
	    (page >= primary || bucket >= g->buckets_per_page))
		return cli_usage("bucket %u.%u: there are %llu pages, with buckets 0..%u", page,
				 bucket, (unsigned long long)primary, g->buckets_per_page - 1);
	if (part == KHMAP_PART_OVERFLOW &&
	    (page >= overflow || bucket >= g->overflow_per_page))
		return cli_usage("overflow %u.%u: there are %llu pages, with buckets 0..%u", page,
				 bucket, (unsigned long long)overflow, g->overflow_per_page - 1);
	bytes = malloc(view.stride);
	if (!bytes)
		return cli_error(CLI_FAILED, "no memory");
	if (inspect_read(inspect, view.offset, bytes, view.stride))
		bucket_show(inspect, &view, bytes);
	else
		code = page_unread(page);
	free(bytes);
	return code;
}

/* The buckets of a page; those without a key and without news are left out. */
static void page_buckets(struct inspect *inspect, enum khmap_part part, uint32_t page,
			 const unsigned char *bytes)
{
	const struct khmap_geometry *g = &inspect->header.geometry;
	bool primary = part == KHMAP_PART_PRIMARY;
	uint32_t count = primary ? g->buckets_per_page : g->overflow_per_page, i, j;
	uint32_t stride = primary ? g->bucket_stride : g->overflow_stride, empty = 0;
	struct bucket_view view = bucket_view(inspect, part, page, 0);
	uint64_t offset = view.offset;

	for (i = 0; i < count; i++) {
		const unsigned char *at = bytes + i * stride;

		for (j = 4; j < stride && !at[j]; j++)
			;
		if (j == stride) {
			empty++;
			continue;
		}
		view = bucket_view(inspect, part, page, i);
		bucket_show(inspect, &view, at);
	}
	inspect_title(inspect, "%u of %u buckets are empty", empty, count);
	inspect_row(inspect, offset + count * stride, bytes + count * stride,
		    inspect->page_size - count * stride, "page tail", "%s", "");
}

static void page_checksum(struct inspect *inspect, uint64_t page, const unsigned char *bytes)
{
	const struct khmap_image_header *h = &inspect->header;
	uint64_t said, computed;

	if (!h->checksum_offset || page >= h->checksum_count)
		return;
	if (!page) {
		said = h->header_checksum;
		computed = khmap_checksum_header(bytes, inspect->page_size);
	} else if (inspect_read(inspect, h->checksum_offset + page * sizeof(said), &said,
				sizeof(said))) {
		computed = khmap_checksum_page(bytes, inspect->page_size, page);
	} else {
		return;
	}
	inspect_title(inspect, "checksum %016llx: %s", (unsigned long long)computed,
		      said == computed ? "right" : "wrong");
}

/**
 * struct page_place - Where a page of an image is.
 * @part: of the image; KHMAP_PART_FILE if only that is known
 * @page: of the part
 * @offset: in the image
 */
struct page_place {
	enum khmap_part part;
	uint64_t page;
	uint64_t offset;
};

static bool page_find(const struct inspect *inspect, uint64_t number, struct page_place *place)
{
	const struct khmap_image_header *h = &inspect->header;
	uint64_t begin = 0, primary, overflow;

	*place = (struct page_place){ .part = KHMAP_PART_FILE, .page = number };
	/* Without a header that can be trusted, bytes are bytes. */
	if (inspect->map.map && number) {
		if (!page_counts(inspect, &primary, &overflow))
			return false;
		place->page = number - 1;
		if (place->page < primary) {
			place->part = KHMAP_PART_PRIMARY;
			begin = h->primary_offset;
		} else if (place->page - primary < overflow) {
			place->part = KHMAP_PART_OVERFLOW;
			place->page -= primary;
			begin = h->overflow_offset;
		} else if (inspect->bytes) {
			place->part = h->checksum_offset ? KHMAP_PART_CHECKSUMS : KHMAP_PART_FILE;
			place->page -= primary + overflow;
			begin = h->checksum_offset ? h->checksum_offset : h->image_size;
		} else {
			return false;
		}
	} else if (inspect->map.map) {
		place->part = KHMAP_PART_HEADER;
	}
	if (place->page > (SIZE_MAX - begin) / inspect->page_size)
		return false;
	place->offset = begin + place->page * inspect->page_size;
	return true;
}

static void page_show(struct inspect *inspect, uint64_t number, const struct page_place *place,
		      const unsigned char *bytes)
{
	const char *what = place->part == KHMAP_PART_CHECKSUMS ? "checksums" : "bytes";

	switch (place->part) {
	case KHMAP_PART_HEADER:
		inspect_header(inspect);
		break;
	case KHMAP_PART_PRIMARY:
	case KHMAP_PART_OVERFLOW:
		inspect_title(inspect, "page %llu: %s page %llu", (unsigned long long)number,
			      place->part == KHMAP_PART_PRIMARY ? "primary" : "overflow",
			      (unsigned long long)place->page);
		page_buckets(inspect, place->part, (uint32_t)place->page, bytes);
		break;
	default:
		inspect_title(inspect, "page %llu: %s", (unsigned long long)number, what);
		inspect_row(inspect, place->offset, bytes, inspect->page_size, what, "%s", "");
	}
	if (inspect->map.map)
		page_checksum(inspect, place->offset / inspect->page_size, bytes);
}

int inspect_page(struct inspect *inspect, uint64_t number)
{
	unsigned char *bytes = malloc(inspect->page_size);
	struct page_place place;
	int code = CLI_OK;

	if (!bytes)
		return cli_error(CLI_FAILED, "no memory");
	if (!page_find(inspect, number, &place))
		code = cli_usage("page %llu does not exist", (unsigned long long)number);
	else if (inspect_read(inspect, place.offset, bytes, inspect->page_size))
		page_show(inspect, number, &place, bytes);
	else
		code = page_unread(number);
	free(bytes);
	return code;
}

static void key_chain(struct inspect *inspect, const struct khmap_chain *chain)
{
	static const char *const ends[] = {
		[KHMAP_CHAIN_OUTSIDE] = "leads outside",
		[KHMAP_CHAIN_CIRCLE] = "leads in a circle",
		[KHMAP_CHAIN_LONG] = "is too long",
	};
	const struct khmap_geometry *g = &inspect->header.geometry;
	uint32_t link;

	for (link = 0; link < chain->count; link++) {
		uint32_t reference = chain->links[link].reference;
		struct bucket_view view = bucket_view(inspect,
			!chain->shape ? KHMAP_PART_INLINE :
			link ? KHMAP_PART_OVERFLOW : KHMAP_PART_PRIMARY,
			link ? khmap_reference_page(g, reference) : chain->page,
			link ? khmap_reference_bucket(g, reference) : chain->bucket);

		bucket_show(inspect, &view, chain->links[link].bytes);
	}
	if (chain->end != KHMAP_CHAIN_ENDS)
		inspect_title(inspect, "! the chain %s: reference 0x%x", ends[chain->end],
			      chain->bad);
}

int inspect_key(struct inspect *inspect, const char *text)
{
	const struct khmap *map = inspect->map.map;
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	uint32_t shape = khmap_map_shape(map), place = 0;
	struct khmap_chain chain;
	uint64_t hash;
	int err, code;

	code = cli_scan(khmap_schema_key(inspect->map.schema), "key", text, key);
	if (code)
		return code;
	hash = khmap_reader_hash(&map->reader, key);
	if (shape)
		place = khmap_hash_place(shape, khmap_shape_mask(shape), hash);
	inspect_title(inspect, "key: hash %016llx, tophash 0x%02x, class bit 0x%02x%s",
		      (unsigned long long)hash, khmap_tophash(hash), khmap_class_bit(hash),
		      shape ? "" : ", inline");
	if (shape)
		inspect_title(inspect, "key: place 0x%x below shape 0x%x: bucket %u.%u", place,
			      shape, khmap_place_page(place),
			      khmap_place_bucket(&map->reader.geometry, place));
	err = khmap_chain_init(&chain, map);
	if (!err)
		err = khmap_chain_copy(&chain, shape, khmap_place_page(place),
				       khmap_place_bucket(&map->reader.geometry, place));
	if (err)
		code = cli_failed(err);
	else
		key_chain(inspect, &chain);
	khmap_chain_free(&chain);
	err = code ? 0 : khmap_get(map, key, value);
	if (err == -ENOENT)
		code = cli_error(CLI_NO, "%s: there is no such key", text);
	else if (err)
		code = cli_error(CLI_REFUSED, "%s: %s", text, strerror(-err));
	return code;
}
