/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * schema_random.h - schemas and records by chance, for tests
 *
 * The same seed gives the same schemas and records on every machine.
 */
#ifndef KHMAP_SCHEMA_RANDOM_H
#define KHMAP_SCHEMA_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <khmap/schema.h>

/**
 * struct random_schema - A schema being written.
 * @state: of the generator
 * @plain: canonical text
 * @spaced: the same text with blanks between its tokens
 */
struct random_schema {
	uint64_t state;
	char plain[8192];
	char spaced[32768];
};

/* splitmix64, after Steele, Lea and Flood, "Fast splittable generators", 2014. */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline unsigned int random_below(uint64_t *state, unsigned int limit)
{
	return (unsigned int)(random_next(state) % limit);
}

static inline void random_token(struct random_schema *to, const char *token)
{
	static const char * const blanks[] = { "", " ", "\n", "\t ", "", "\r\n" };

	strcat(to->plain, token);
	strcat(to->spaced, token);
	strcat(to->spaced, blanks[random_below(&to->state, 6)]);
}

static inline void random_count(struct random_schema *to, unsigned int most)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", 1 + random_below(&to->state, most));
	random_token(to, "[");
	random_token(to, number);
	random_token(to, "]");
}

static inline void random_type(struct random_schema *to, unsigned int depth)
{
	static const char * const bases[] = {
		"u8", "i8", "bool", "ipv4", "ipv6", "mac", "bytes", "str",
		"u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64",
	};
	static const char * const packs[] = { "", "", "packed", "align4" };
	static const char * const orders[] = { "", "le", "be" };

	if (depth < 4 && !random_below(&to->state, 3)) {
		const char *pack = packs[random_below(&to->state, 4)];
		unsigned int count = 1 + random_below(&to->state, 4);

		if (*pack)
			random_token(to, pack);
		random_token(to, "{");
		for (unsigned int i = 0; i < count; i++) {
			char name[16];

			snprintf(name, sizeof(name), "%c%u_", 'a' + random_below(&to->state, 26),
				 i);
			random_token(to, name);
			random_token(to, ":");
			random_type(to, depth + 1);
			if (i + 1 < count)
				random_token(to, ",");
		}
		random_token(to, "}");
	} else {
		unsigned int base = random_below(&to->state, 16);
		char word[16];

		snprintf(word, sizeof(word), "%s%s", bases[base],
			 base < 8 ? "" : orders[random_below(&to->state, 3)]);
		random_token(to, word);
		if (base == 6 || base == 7)
			random_count(to, 12);
	}
	if (!random_below(&to->state, 4))
		random_count(to, 4);
}

/**
 * random_schema() - Write a schema.
 * @to: receives it
 * @seed: which
 */
static inline void random_schema(struct random_schema *to, uint64_t seed)
{
	to->state = seed;
	strcpy(to->plain, "key ");
	strcpy(to->spaced, " \n key ");
	random_type(to, 0);
	random_token(to, ";");
	strcat(to->plain, "value ");
	strcat(to->spaced, "value\t");
	random_type(to, 0);
}

static inline void random_str(uint64_t *state, unsigned char *text, size_t size)
{
	static const char * const parts[] = {
		"a", "Z", " ", "\"", "\\", ",", ";", "\n", "\r", "\t", "\x01", "\x7f", "{", "]",
		"$hex", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xff", "\xc3", "'", "0",
		"\xe2\x80\xa8", "\xc2\x85",
	};
	size_t length = random_below(state, (unsigned int)size + 1), at = 0;

	while (at < length) {
		const char *part = parts[random_below(state, sizeof(parts) / sizeof(parts[0]))];
		size_t more = strlen(part);

		if (more > length - at)
			more = length - at;
		memcpy(text + at, part, more);
		at += more;
	}
}

static inline void random_number(uint64_t *state, unsigned char *record, size_t size)
{
	static const uint64_t special[] = {
		0, 1, UINT64_MAX, INT64_MAX, UINT64_C(1) << 63, UINT64_C(0x7f800000),
		UINT64_C(0x7ff0000000000000), UINT64_C(0x7ff8000000000000),
		UINT64_C(0x7ff0000000000001), UINT64_C(0x7fc00000), UINT64_C(0x7f800001),
		UINT64_C(0x3dcccccd), UINT64_C(0x3fb999999999999a), UINT64_C(0x80000000),
	};
	uint64_t bits = random_next(state);

	if (!random_below(state, 3))
		bits = special[random_below(state, sizeof(special) / sizeof(special[0]))];
	memcpy(record, &bits, size);
}

/**
 * random_record() - Fill a record with valid contents.
 * @state: of the generator
 * @type: its type
 * @record: @type->size bytes, all zero
 */
static inline void random_record(uint64_t *state, const struct khmap_type *type,
				 unsigned char *record)
{
	switch (type->kind) {
	case KHMAP_KIND_STRUCT:
		for (unsigned int i = 0; i < type->count; i++)
			random_record(state, type->fields[i].type, record + type->fields[i].offset);
		break;
	case KHMAP_KIND_ARRAY:
		for (unsigned int i = 0; i < type->count; i++)
			random_record(state, type->element, record + i * type->element->size);
		break;
	case KHMAP_KIND_STR:
		random_str(state, record, type->size);
		break;
	case KHMAP_KIND_BOOL:
		*record = (unsigned char)random_below(state, 2);
		break;
	case KHMAP_KIND_UINT:
	case KHMAP_KIND_INT:
	case KHMAP_KIND_FLOAT:
		random_number(state, record, type->size);
		break;
	default:
		for (unsigned int i = 0; i < type->size; i++)
			record[i] = (unsigned char)random_next(state);
		break;
	}
}

#endif /* KHMAP_SCHEMA_RANDOM_H */
