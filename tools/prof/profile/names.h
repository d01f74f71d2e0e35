/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * names.h - what is where in a line, in words
 */
#ifndef PROF_NAMES_H
#define PROF_NAMES_H

#include "profile/profile.h"

#define PROF_NAME_ROOM	96	/* enough for each of these texts but symbols */

/**
 * enum prof_part - parts of a bucket
 * @PROF_PART_NONE: it is in no bucket, or the map's geometry is unknown
 * @PROF_PART_SEQUENCE: the sequence count
 * @PROF_PART_REFERENCE: the reference to the overflow bucket behind
 * @PROF_PART_TAG: the tag of a slot
 * @PROF_PART_KEY: the key of a slot
 * @PROF_PART_VALUE: the value of a slot
 * @PROF_PART_SLOT: between them
 */
enum prof_part {
	PROF_PART_NONE,
	PROF_PART_SEQUENCE,
	PROF_PART_REFERENCE,
	PROF_PART_TAG,
	PROF_PART_KEY,
	PROF_PART_VALUE,
	PROF_PART_SLOT,
};

/**
 * struct prof_place - what a byte belongs to
 * @part: of the bucket
 * @bucket: within the page
 * @slot: of it; 0 if it belongs to none
 * @at: how far it is into a key or a value
 */
struct prof_place {
	enum prof_part part;
	uint32_t bucket;
	uint32_t slot;
	uint32_t at;
};

/**
 * prof_place() - what a byte belongs to
 * @map: of the line, or NULL
 * @key: the line
 * @offset: of the byte within the line
 *
 * Return: the place.
 */
struct prof_place prof_place(const struct prof_map *map, const struct prof_line_key *key,
			     uint32_t offset);

/**
 * prof_map_name() - a map, or a range, in words
 * @profile: the profile
 * @key: a line of it
 * @text: of PROF_NAME_ROOM; filled: its name; "#" and its id if it has none
 *
 * Return: @text.
 */
const char *prof_map_name(const struct prof_profile *profile, const struct prof_line_key *key,
			  char *text);

/**
 * prof_buckets_name() - the buckets that have a part of a line, in words
 * @profile: the profile
 * @key: the line
 * @text: of PROF_NAME_ROOM; filled: "3", "3-4", "?", or "-" in a range
 *
 * Return: @text.
 */
const char *prof_buckets_name(const struct prof_profile *profile, const struct prof_line_key *key,
			      char *text);

/**
 * prof_bytes_name() - what an access was to, in words
 * @profile: the profile
 * @access: of it
 * @text: of PROF_NAME_ROOM; filled
 *
 * Return: @text.
 */
const char *prof_bytes_name(const struct prof_profile *profile,
			    const struct prof_access_key *access, char *text);

/**
 * prof_access_what() - what an access was to, in words
 * @profile: the profile
 * @access: of it
 * @text: of PROF_NAME_ROOM; filled if no name was recorded
 *
 * Return: the name that was recorded; else as prof_bytes_name().
 */
const char *prof_access_what(const struct prof_profile *profile,
			     const struct prof_access_row *access, char *text);

/**
 * prof_code_name() - whose instruction accessed, in words
 * @profile: the profile
 * @access: of it
 * @text: of PROF_NAME_ROOM; filled if the symbol is not known
 *
 * Return: the symbol, the address, or "-" if it is not known which instruction.
 */
const char *prof_code_name(const struct prof_profile *profile,
			   const struct prof_access_key *access, char *text);

/**
 * prof_line_code() - the access that a line has most of
 * @line: the line
 *
 * Return: of those whose instruction is known the most frequent; else of all;
 * NULL if there is none.
 */
const struct prof_access_row *prof_line_code(const struct prof_line_row *line);

#endif /* PROF_NAMES_H */
