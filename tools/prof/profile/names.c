// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * names.c - what is where in a line, in words
 */
#include <inttypes.h>
#include <stdio.h>
#include "profile/names.h"

#define HEAD_SIZE	8	/* the sequence and the reference, before the tags */
#define INLINE_TAGS	16	/* KHMAP_INLINE_TAGS */
#define OVERFLOW_TAGS	8	/* KHMAP_OVERFLOW_TAGS */

/* @at: bytes from the start of the bucket. */
static struct prof_place bucket_place(const struct prof_map *map, uint32_t bucket, uint32_t at,
				      uint32_t tags)
{
	struct prof_place place = { .part = PROF_PART_SLOT, .bucket = bucket };

	if (at < HEAD_SIZE) {
		place.part = at < sizeof(uint32_t) ? PROF_PART_SEQUENCE : PROF_PART_REFERENCE;
		return place;
	}
	at -= HEAD_SIZE;
	if (at < tags) {
		place.part = PROF_PART_TAG;
		place.slot = at;
		return place;
	}
	at -= tags;
	if (!map->slot_stride)
		return place;
	place.slot = at / map->slot_stride;
	at %= map->slot_stride;
	if (at < map->key_size) {
		place.part = PROF_PART_KEY;
		place.at = at;
	} else if (at >= map->value_offset && at - map->value_offset < map->value_size) {
		place.part = PROF_PART_VALUE;
		place.at = at - map->value_offset;
	}
	return place;
}

struct prof_place prof_place(const struct prof_map *map, const struct prof_line_key *key,
			     uint32_t offset)
{
	uint32_t at = (key->line << PROF_LINE_SHIFT) + offset, stride, tags;
	const struct prof_place none = { .part = PROF_PART_NONE };

	if (!map || key->region == PROF_REGION_RANGE)
		return none;
	if (key->region == PROF_REGION_HEADER)
		return at < map->inline_offset ? none :
		       bucket_place(map, 0, at - map->inline_offset, INLINE_TAGS);
	stride = key->region == PROF_REGION_PRIMARY ? map->bucket_stride : map->overflow_stride;
	tags = key->region == PROF_REGION_PRIMARY ? map->tags_size : OVERFLOW_TAGS;
	return stride ? bucket_place(map, at / stride, at % stride, tags) : none;
}

const char *prof_map_name(const struct prof_profile *profile, const struct prof_line_key *key,
			  char *text)
{
	const struct prof_range_row *range = prof_profile_range(profile, key->map_id);
	const struct prof_map *map = prof_profile_map(profile, key->map_id);
	uint64_t map_id = key->map_id;

	if (key->region == PROF_REGION_RANGE && range && range->name[0])
		snprintf(text, PROF_NAME_ROOM, "%s", range->name);
	else if (key->region == PROF_REGION_RANGE)
		snprintf(text, PROF_NAME_ROOM, "range %" PRIu64, map_id);
	else if (map && map->name[0])
		snprintf(text, PROF_NAME_ROOM, "%s", map->name);
	else
		snprintf(text, PROF_NAME_ROOM, "#%" PRIu64, map_id);
	return text;
}

const char *prof_buckets_name(const struct prof_profile *profile, const struct prof_line_key *key,
			      char *text)
{
	const struct prof_map *map = prof_profile_map(profile, key->map_id);
	uint32_t first, last;

	if (key->region == PROF_REGION_RANGE) {
		snprintf(text, PROF_NAME_ROOM, "-");
		return text;
	}
	if (!map) {
		snprintf(text, PROF_NAME_ROOM, "?");
		return text;
	}
	prof_line_buckets(map, key, &first, &last);
	if (first == last)
		snprintf(text, PROF_NAME_ROOM, "%u", first);
	else
		snprintf(text, PROF_NAME_ROOM, "%u-%u", first, last);
	return text;
}

const char *prof_bytes_name(const struct prof_profile *profile,
			    const struct prof_access_key *access, char *text)
{
	const struct prof_line_key *key = &access->line;
	struct prof_place place = prof_place(prof_profile_map(profile, key->map_id), key,
					     access->offset);
	uint32_t last = (uint32_t)access->offset + access->length - 1;

	switch (place.part) {
	case PROF_PART_SEQUENCE:
		snprintf(text, PROF_NAME_ROOM, "bucket %u: sequence", place.bucket);
		break;
	case PROF_PART_REFERENCE:
		snprintf(text, PROF_NAME_ROOM, "bucket %u: overflow reference", place.bucket);
		break;
	case PROF_PART_TAG:
		snprintf(text, PROF_NAME_ROOM, "bucket %u: tag %u", place.bucket, place.slot);
		break;
	case PROF_PART_KEY:
		snprintf(text, PROF_NAME_ROOM, "bucket %u: %s %u", place.bucket,
			 access->kind == PROF_ACCESS_CLEAR ? "slot" : "key", place.slot);
		break;
	case PROF_PART_VALUE:
		snprintf(text, PROF_NAME_ROOM, "bucket %u: value %u", place.bucket, place.slot);
		break;
	case PROF_PART_SLOT:
		snprintf(text, PROF_NAME_ROOM, "bucket %u: slot %u", place.bucket, place.slot);
		break;
	case PROF_PART_NONE:
		if (access->length == 1)
			snprintf(text, PROF_NAME_ROOM, "byte %u", access->offset);
		else
			snprintf(text, PROF_NAME_ROOM, "bytes %u-%u", access->offset, last);
		break;
	}
	return text;
}

const char *prof_access_what(const struct prof_profile *profile,
			     const struct prof_access_row *access, char *text)
{
	return access->name ? access->name : prof_bytes_name(profile, &access->key, text);
}

const char *prof_code_name(const struct prof_profile *profile,
			   const struct prof_access_key *access, char *text)
{
	const char *symbol = prof_profile_symbol(profile, access->tgid, access->address);
	uint64_t address = access->address;

	if (symbol)
		return symbol;
	if (address)
		snprintf(text, PROF_NAME_ROOM, "0x%" PRIx64, address);
	else
		snprintf(text, PROF_NAME_ROOM, "-");
	return text;
}

const struct prof_access_row *prof_line_code(const struct prof_line_row *line)
{
	const struct prof_access_row *best = NULL;
	size_t i;

	for (i = 0; i < line->access_count; i++) {
		const struct prof_access_row *row = &line->accesses[i];

		if (!best || !best->key.address < !row->key.address ||
		    (!best->key.address == !row->key.address && row->count > best->count))
			best = row;
	}
	return best;
}
