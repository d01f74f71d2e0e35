// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * compressed_get.c - look a key up in a compressed file
 *
 * The loop of linux/khmap_image.h for a snapshot, in which nothing changes, with
 * one more step: a bucket is in a page, a page in a run, and the run is unpacked
 * if it is not kept already.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compressed.h"
#include "error.h"

/* The place of a run that is kept, or of the one to give up for it. */
static struct khmap_compressed_cached *khmap_compressed_place(struct khmap_compressed *compressed,
							      __u64 run)
{
	struct khmap_compressed_cached *oldest = compressed->cache, *at;

	for (at = compressed->cache; at < compressed->cache + KHMAP_COMPRESSED_CACHE; at++) {
		if (at->run == run)
			return at;
		if (at->used < oldest->used)
			oldest = at;
	}
	return oldest;
}

/*
 * The bytes at @offset of the image, up to the end of their page.  They stay until
 * the next call.
 */
static int khmap_compressed_at(struct khmap_compressed *compressed, __u64 offset,
			       const unsigned char **bytes)
{
	const struct khmap_compressed_form *form = &compressed->form;
	struct khmap_compressed_cached *place;
	__u64 run;
	int err;

	if (offset < form->page_size) {
		*bytes = compressed->image_page + offset;
		return 0;
	}
	run = 1 + (offset - form->page_size) / form->run_bytes;
	place = khmap_compressed_place(compressed, run);
	if (place->run != run) {
		place->run = 0;
		if (!place->bytes)
			place->bytes = malloc(form->run_bytes);
		if (!place->bytes)
			return khmap_fail(ENOMEM, "%s: no memory for a run of %zu bytes",
					  compressed->path, form->run_bytes);
		err = khmap_compressed_read(compressed, run, place->bytes);
		if (err)
			return err;
		place->run = run;
	}
	place->used = ++compressed->clock;
	*bytes = place->bytes + (offset - khmap_compressed_run_at(form, run));
	return 0;
}

static int khmap_compressed_bad_chain(const struct khmap_compressed *compressed, __u64 offset,
				      const char *what)
{
	return khmap_fail(EUCLEAN, "%s: damaged: the key's bucket at 0x%llx of the image: %s",
			  compressed->path, (unsigned long long)offset, what);
}

/* Go on behind the primary bucket, whose reference is @reference. */
static int khmap_compressed_follow(struct khmap_compressed *compressed, const void *key, __u64 hash,
				   __u64 offset, __u32 reference, const unsigned char **slot)
{
	const struct khmap_image_header *header = &compressed->image;
	const struct khmap_geometry *g = &header->geometry;
	const unsigned char *bucket;
	__u32 buckets, page, index;
	int err;

	for (buckets = 1; reference; buckets++) {
		page = khmap_reference_page(g, reference);
		index = khmap_reference_bucket(g, reference);
		if (buckets == KHMAP_CHAIN_MAX)
			return khmap_compressed_bad_chain(compressed, offset, "a chain without an end");
		if (page >= header->overflow_pages_max || index >= g->overflow_per_page)
			return khmap_compressed_bad_chain(compressed, offset,
							  "a reference that leads nowhere");
		offset = header->overflow_offset + ((__u64)page << g->page_shift) +
			 index * g->overflow_stride;
		err = khmap_compressed_at(compressed, offset, &bucket);
		if (err)
			return err;
		*slot = khmap__bucket_find(g, bucket, KHMAP_OVERFLOW_TAGS, g->overflow_slots, key,
					   khmap__pattern(hash));
		if (*slot)
			return 0;
		reference = khmap__load32(bucket + 4);
	}
	return -ENOENT;
}

static int khmap_compressed_find(struct khmap_compressed *compressed, const void *key,
				 const unsigned char **slot)
{
	const struct khmap_image_header *header = &compressed->image;
	const struct khmap_geometry *g = &header->geometry;
	__u64 hash = khmap_hash(header->hash_kind, header->hash_secret, key, g->key_size), offset;
	__u32 shape = header->shape, tags_size = KHMAP_INLINE_TAGS, slots = g->inline_slots;
	const unsigned char *bucket;
	int err;

	offset = g->inline_offset;
	if (shape) {
		offset = header->primary_offset +
			 khmap_place_offset(g, khmap_hash_place(shape, khmap_shape_mask(shape),
								hash));
		tags_size = g->tags_size;
		slots = g->bucket_slots;
	}
	err = khmap_compressed_at(compressed, offset, &bucket);
	if (err)
		return err;
	if (khmap__load32(bucket) & 1)
		return khmap_compressed_bad_chain(compressed, offset, "an odd sequence");
	*slot = khmap__bucket_find(g, bucket, tags_size, slots, key, khmap__pattern(hash));
	if (*slot)
		return 0;
	if (!shape || !(bucket[KHMAP_BUCKET_TAGS + tags_size - 1] & khmap_class_bit(hash)))
		return -ENOENT;
	return khmap_compressed_follow(compressed, key, hash, offset, khmap__load32(bucket + 4),
				       slot);
}

int khmap_compressed_get(struct khmap_compressed *compressed, const void *key, void *value)
{
	const struct khmap_geometry *g = &compressed->image.geometry;
	const unsigned char *slot = NULL;
	int err = khmap_compressed_find(compressed, key, &slot);

	if (err)
		return err;
	memcpy(value, slot + g->value_offset, g->value_size);
	return 0;
}
