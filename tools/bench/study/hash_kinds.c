// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * hash_kinds.c - the hash kinds, each inlined into its loops
 *
 * FNV-1a: Fowler, Noll and Vo (draft-eastlake-fnv).  Fx: the word hash of
 * Firefox and rustc.  murmur: the 64-bit finalizer of MurmurHash3 (Appleby),
 * chained over words.  XXH64: libxxhash.
 */
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "hash.h"

static inline u64 hash_fnv1a(const u64 *secret, const void *key, u32 size)
{
	const unsigned char *p = key;
	u64 hash = 0xcbf29ce484222325ull;
	u32 i;

	for (i = 0; i < size; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ull;
	return hash;
}

static inline u64 hash_fx(const u64 *secret, const void *key, u32 size)
{
	const unsigned char *p = key;
	u64 hash = 0;
	u32 i;

	for (i = 0; i < size; i += 8)
		hash = ((hash << 5 | hash >> 59) ^ khmap_load64(p + i)) * 0x517cc1b727220a95ull;
	return hash;
}

static inline u64 hash_murmur(const u64 *secret, const void *key, u32 size)
{
	const unsigned char *p = key;
	u64 hash = 0;
	u32 i;

	for (i = 0; i < size; i += 8) {
		hash ^= khmap_load64(p + i);
		hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdull;
		hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ull;
		hash ^= hash >> 33;
	}
	return hash;
}

static inline u64 hash_xxh64(const u64 *secret, const void *key, u32 size)
{
	return XXH64(key, size, secret[0]);
}

static inline u64 hash_fold(const u64 *secret, const void *key, u32 size)
{
	return khmap_hash_fold(secret, key, size);
}

static inline u64 hash_sip(const u64 *secret, const void *key, u32 size)
{
	return khmap_siphash13(secret, key, size);
}

static inline bool key_equal(const void *left, const void *right, u32 size)
{
	u64 differ = 0;
	u32 i;

	for (i = 0; i < size; i += 8)
		differ |= khmap_load64((const char *)left + i) ^
			  khmap_load64((const char *)right + i);
	return !differ;
}

/* The index of a key that is there. */
static inline u64 table_find(const struct hash_table *table, const void *key, u64 hash, u32 size)
{
	u32 at = table->heads[hash & table->mask];

	while (at != ~0u) {
		const unsigned char *entry = table->entries + (size_t)at * table->stride;

		if (key_equal(entry + 8, key, size))
			return at;
		at = khmap_load32(entry);
	}
	return 0;
}

/* A function of its own, that calls none: a simulator counts by function. */
#define HASH_LOOP	__attribute__((noipa, flatten))

#define HASH_LOOPS(kind, bytes)							\
static HASH_LOOP u64							\
sum_##kind##_##bytes(const u64 *secret, const unsigned char *keys, u32 count,	\
		     u32 repeat)						\
{										\
	u64 sum = 0;								\
	u32 i;									\
										\
	while (repeat--)							\
		for (i = 0; i < count; i++)					\
			sum += hash_##kind(secret, keys + (size_t)i * (bytes),	\
					   bytes);				\
	return sum;								\
}										\
										\
static HASH_LOOP u64							\
chain_##kind##_##bytes(const u64 *secret, const unsigned char *key, u32 count)	\
{										\
	u64 words[(bytes) / 8], hash = 0;					\
										\
	__builtin_memcpy(words, key, bytes);					\
	while (count--) {							\
		words[0] ^= hash;						\
		hash = hash_##kind(secret, words, bytes);			\
	}									\
	return hash;								\
}										\
										\
static HASH_LOOP u64							\
walk_##kind##_##bytes(const struct hash_table *table)				\
{										\
	const unsigned char *key = table->queries;				\
	u64 sum = 0;								\
	u32 i;									\
										\
	for (i = 0; i < table->count; i++, key += bytes)			\
		sum += table_find(table, key,					\
				  hash_##kind(table->secret, key, bytes),	\
				  bytes);					\
	return sum;								\
}

#define HASH_KIND(kind)		\
	HASH_LOOPS(kind, 8)	\
	HASH_LOOPS(kind, 64)

HASH_KIND(fnv1a)
HASH_KIND(fx)
HASH_KIND(murmur)
HASH_KIND(xxh64)
HASH_KIND(fold)
HASH_KIND(sip)

#define HASH_LOOPS_OF(kind)						\
	{								\
		{ sum_##kind##_8, chain_##kind##_8, walk_##kind##_8 },	\
		{ sum_##kind##_64, chain_##kind##_64, walk_##kind##_64 },	\
	}

const struct hash_kind hash_kinds[HASH_KINDS] = {
	{ "FNV-1a", "fnv1a", false, hash_fnv1a, HASH_LOOPS_OF(fnv1a) },
	{ "Fx", "fx", false, hash_fx, HASH_LOOPS_OF(fx) },
	{ "murmur3 finalizer", "murmur", false, hash_murmur, HASH_LOOPS_OF(murmur) },
	{ "XXH64", "xxh64", true, hash_xxh64, HASH_LOOPS_OF(xxh64) },
	{ "khmap fold", "fold", true, hash_fold, HASH_LOOPS_OF(fold) },
	{ "SipHash-1-3", "sip", true, hash_sip, HASH_LOOPS_OF(sip) },
};

void hash_table_build(struct hash_table *table, const struct hash_kind *kind, const u64 *secret,
		      const struct keys *keys)
{
	struct random random = { 3 };
	u32 i, buckets = 1;

	while (buckets < keys->count)
		buckets *= 2;
	*table = (struct hash_table){
		.heads = study_alloc(buckets, sizeof(u32)),
		.mask = buckets - 1,
		.stride = 8 + keys->size,
		.entries = study_alloc(keys->count, 8 + keys->size),
		.queries = study_alloc(keys->count, keys->size),
		.count = keys->count,
		.secret = { secret[0], secret[1] },
	};
	memset(table->heads, 0xff, buckets * sizeof(u32));
	for (i = 0; i < keys->count; i++) {
		unsigned char *entry = table->entries + (size_t)i * table->stride;
		const void *key = keys_at(keys, i);
		u32 *head = &table->heads[kind->hash(secret, key, keys->size) & table->mask];
		unsigned char *last = table->queries + (size_t)i * keys->size;
		unsigned char *other = table->queries +
				       (size_t)random_below(&random, i + 1) * keys->size;

		memcpy(entry, head, sizeof(u32));
		memcpy(entry + 8, key, keys->size);
		*head = i;
		memmove(last, other, keys->size);
		memcpy(other, key, keys->size);
	}
}

void hash_table_free(struct hash_table *table)
{
	free(table->heads);
	free(table->entries);
	free(table->queries);
}

void hash_table_check(const struct hash_table *table, const struct hash_kind *kind, u64 sum)
{
	u64 want = (u64)table->count * (table->count - 1) / 2;

	if (sum != want)
		study_wrong("a table indexed by %s found the keys of sum %llu, not %llu",
			    kind->name, (unsigned long long)sum, (unsigned long long)want);
}
