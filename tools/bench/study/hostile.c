// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * hostile.c - keys that collide, made by who knows the function and its secret
 *
 * Each function is attacked by the cheapest of what is here: run backwards from
 * hashes that an attacker likes, or met in the middle, or, where neither was
 * tried, asked again and again.
 */
#include <string.h>

#include "hash.h"

#define HOSTILE_MASK	((1ull << HOSTILE_BITS) - 1)
/* The bucket that all keys shall be in. */
#define HOSTILE_TARGET	0x234ull

#define XXH_P1	0x9e3779b185ebca87ull
#define XXH_P2	0xc2b2ae3d27d4eb4full
#define XXH_P3	0x165667b19e3779f9ull
#define XXH_P4	0x85ebca77c2b2ae63ull
#define XXH_P5	0x27d4eb2f165667c5ull

/* The inverse of an odd number modulo 2^64, by Newton's iteration. */
static u64 inverse(u64 odd)
{
	u64 x = odd;
	int i;

	for (i = 0; i < 6; i++)
		x *= 2 - odd * x;
	return x;
}

/* What @v was before v ^= v >> shift. */
static u64 unshift(u64 v, u32 shift)
{
	u64 x = v;
	u32 done;

	for (done = shift; done < 64; done += shift)
		x = v ^ x >> shift;
	return x;
}

static u64 unhash_fx(u64 hash)
{
	return hash * inverse(0x517cc1b727220a95ull);
}

static u64 unhash_murmur(u64 hash)
{
	hash = unshift(hash, 33) * inverse(0xc4ceb9fe1a85ec53ull);
	hash = unshift(hash, 33) * inverse(0xff51afd7ed558ccdull);
	return unshift(hash, 33);
}

static u64 unhash_xxh64(u64 hash, u64 seed)
{
	hash = unshift(hash, 32) * inverse(XXH_P3);
	hash = unshift(hash, 29) * inverse(XXH_P2);
	hash = unshift(hash, 33);
	hash = khmap_rotate64((hash - XXH_P4) * inverse(XXH_P1), 64 - 27);
	hash ^= seed + XXH_P5 + 8;
	return khmap_rotate64(hash * inverse(XXH_P1), 64 - 31) * inverse(XXH_P2);
}

/*
 * The low bits of FNV-1a's state follow from its low bits.  The last byte can
 * set the low eight, so the one before it is tried until the others are right.
 */
static void hostile_fnv1a(unsigned char *bytes, u32 count)
{
	const u64 prime = 0x100000001b3ull;
	u64 want = HOSTILE_TARGET * inverse(prime) & HOSTILE_MASK, prefix;
	u32 made = 0, byte, i;

	for (prefix = 0; made < count; prefix++) {
		u64 state = 0xcbf29ce484222325ull;

		for (i = 0; i < 6; i++)
			state = (state ^ (prefix >> 8 * i & 0xff)) * prime;
		for (byte = 0; byte < 256 && made < count; byte++) {
			u64 last = ((state ^ byte) * prime ^ want) & HOSTILE_MASK;
			u64 key = prefix | (u64)byte << 48 | last << 56;

			if (last < 256)
				memcpy(bytes + (size_t)made++ * 8, &key, 8);
		}
	}
}

static void hostile_search(unsigned char *bytes, const struct hash_kind *kind,
			   const u64 *secret, u32 count)
{
	u32 made = 0;
	u64 key;

	for (key = 0; made < count; key++)
		if ((kind->hash(secret, &key, 8) & HOSTILE_MASK) == HOSTILE_TARGET)
			memcpy(bytes + (size_t)made++ * 8, &key, 8);
}

static void hostile_check(const struct keys *keys, const struct hash_kind *kind,
			  const u64 *secret)
{
	u32 i;

	for (i = 0; i < keys->count; i++)
		if ((kind->hash(secret, keys_at(keys, i), 8) & HOSTILE_MASK) != HOSTILE_TARGET)
			study_wrong("key %u that was made for %s does not collide", i,
				    kind->name);
}

const char *hostile_make(struct keys *keys, const struct hash_kind *kind, const u64 *secret,
			 u32 count)
{
	const char *how = "run backwards";
	u32 i;

	*keys = (struct keys){ .size = 8, .count = count, .bytes = study_alloc(count, 8) };
	if (!strcmp(kind->symbol, "fnv1a")) {
		how = "met in the middle";
		hostile_fnv1a(keys->bytes, count);
	} else if (!strcmp(kind->symbol, "fold") || !strcmp(kind->symbol, "sip")) {
		how = "searched";
		hostile_search(keys->bytes, kind, secret, count);
	} else {
		for (i = 0; i < count; i++) {
			u64 hash = (u64)i << HOSTILE_BITS | HOSTILE_TARGET, key;

			if (!strcmp(kind->symbol, "fx"))
				key = unhash_fx(hash);
			else if (!strcmp(kind->symbol, "murmur"))
				key = unhash_murmur(hash);
			else
				key = unhash_xxh64(hash, secret[0]);
			memcpy(keys->bytes + (size_t)i * 8, &key, 8);
		}
	}
	hostile_check(keys, kind, secret);
	return how;
}
