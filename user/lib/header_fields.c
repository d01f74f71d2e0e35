// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * header_fields.c - the fields of an image's header, by name and by place
 */
#include "header_fields.h"
#include "swap.h"

#define KHMAP_FIELD(field, word_, restore_) { \
	.name = #field, \
	.offset = offsetof(struct khmap_image_header, field), \
	.size = sizeof(((struct khmap_image_header *)NULL)->field), \
	.word = word_, \
	.restore = restore_, \
}

#define KHMAP_WORD(field, restore_) \
	KHMAP_FIELD(field, sizeof(((struct khmap_image_header *)NULL)->field), restore_)

/* Solved from sizes, layout, page and the schema's length: any other value is wrong. */
#define KHMAP_SOLVED(range)	range ", as the kernel solves it"

const struct khmap_header_field khmap_header_fields[] = {
	KHMAP_FIELD(magic, 1, "KHMAPIMG"),
	KHMAP_WORD(byte_order, "0x01020304 in this host's order"),
	KHMAP_WORD(version, "1, the version that this kernel knows"),
	KHMAP_WORD(features_compat, NULL),
	KHMAP_WORD(features_read, "0: this kernel knows no such feature"),
	KHMAP_WORD(features_write, "0: this kernel knows no such feature"),
	KHMAP_WORD(kind, "2 (snapshot)"),
	KHMAP_FIELD(hash_secret, 8, NULL),
	KHMAP_WORD(hash_kind, "1 (fold) or 2 (siphash13)"),
	KHMAP_WORD(load_percent, "10..95"),
	KHMAP_WORD(geometry.page_shift, "this kernel's, of 12..16"),
	KHMAP_WORD(geometry.layout, "1 (aligned) or 2 (packed)"),
	KHMAP_WORD(geometry.key_size, "1..4096"),
	KHMAP_WORD(geometry.value_size, "1..4096, and a key with it must fit a page"),
	KHMAP_WORD(geometry.value_offset,
		   KHMAP_SOLVED("a multiple of the value's alignment behind the key")),
	KHMAP_WORD(geometry.slot_stride, KHMAP_SOLVED("room for key and value")),
	KHMAP_WORD(geometry.meta_kind, "0 (none)"),
	KHMAP_WORD(geometry.meta_offset, "0"),
	KHMAP_WORD(geometry.value_kind, "0 (inline)"),
	KHMAP_WORD(geometry.bucket_stride,
		   KHMAP_SOLVED("a multiple of 8 with room for the slots, at most a page")),
	KHMAP_WORD(geometry.bucket_slots, KHMAP_SOLVED("1..15, below tags_size")),
	KHMAP_WORD(geometry.buckets_per_page, KHMAP_SOLVED("as many as fit a page, at most 1024")),
	KHMAP_WORD(geometry.tags_size, KHMAP_SOLVED("8 or 16")),
	KHMAP_WORD(geometry.overflow_stride,
		   KHMAP_SOLVED("a multiple of 8 with room for the slots, at most a page")),
	KHMAP_WORD(geometry.overflow_slots, KHMAP_SOLVED("1..7")),
	KHMAP_WORD(geometry.overflow_per_page, KHMAP_SOLVED("as many as fit a page")),
	KHMAP_WORD(geometry.overflow_shift, KHMAP_SOLVED("0..16")),
	KHMAP_WORD(geometry.inline_slots, KHMAP_SOLVED("0..15")),
	KHMAP_WORD(geometry.inline_offset, KHMAP_SOLVED("a multiple of 8 from 640 on")),
	KHMAP_WORD(geometry.reserved, "0"),
	KHMAP_WORD(primary_offset, "a page"),
	KHMAP_WORD(primary_pages_max, "the pages of the shape"),
	KHMAP_WORD(overflow_offset, "the end of the primary region"),
	KHMAP_WORD(overflow_pages_max, "overflow_pages"),
	KHMAP_WORD(image_size, "the end of the overflow region, and no more than there is"),
	KHMAP_WORD(checksum_offset, NULL),
	KHMAP_WORD(checksum_count, NULL),
	KHMAP_WORD(checksum_checksum, NULL),
	KHMAP_WORD(header_checksum, NULL),
	KHMAP_WORD(generation_offset, "0"),
	KHMAP_WORD(schema_hash, "the hash of the schema's text, 0 without one"),
	KHMAP_WORD(schema_offset, "640, 0 without a schema"),
	KHMAP_WORD(schema_length, "0..1024"),
	KHMAP_WORD(map_id, NULL),
	KHMAP_WORD(created_ns, NULL),
	KHMAP_WORD(snapshot_ns, NULL),
	KHMAP_WORD(epoch, NULL),
	KHMAP_WORD(entries, "the number of keys that are there"),
	KHMAP_WORD(overflow_entries, "the number of keys that are in overflow buckets"),
	KHMAP_WORD(overflow_buckets, "the number of overflow buckets in chains"),
	KHMAP_WORD(max_entries, "entries or more, not 0, and no more than a map can have"),
	KHMAP_WORD(primary_pages, "the pages of the shape"),
	KHMAP_WORD(overflow_pages, "0..2^22 - 1, and no more than a reference can name"),
	KHMAP_FIELD(name, 1, NULL),
	KHMAP_FIELD(reserved, 1, "zeros"),
	KHMAP_WORD(shape, "0, or from 1024 on a place where a bucket begins"),
	KHMAP_WORD(mask, "the shape's"),
	KHMAP_WORD(successor, "0 in a file"),
	KHMAP_FIELD(reserved_shape, 1, "zeros"),
};

const size_t khmap_header_field_count =
	sizeof(khmap_header_fields) / sizeof(khmap_header_fields[0]);

const struct khmap_header_field *khmap_header_field_at(__u32 offset)
{
	size_t i;

	for (i = 0; i < khmap_header_field_count; i++)
		if (offset - khmap_header_fields[i].offset < khmap_header_fields[i].size)
			return &khmap_header_fields[i];
	return NULL;
}

void khmap_header_swap(struct khmap_image_header *header)
{
	const struct khmap_header_field *field;
	__u32 at;

	for (field = khmap_header_fields;
	     field < khmap_header_fields + khmap_header_field_count; field++)
		for (at = 0; at < field->size; at += field->word)
			khmap_swap((char *)header + field->offset + at, field->word);
}
