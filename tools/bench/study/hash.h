/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * hash.h - the hash kinds that are compared, and tables that are indexed by them
 *
 * All of them hash whole words: keys of 8 bytes, and of 64.
 */
#ifndef KHMAP_STUDY_HASH_H
#define KHMAP_STUDY_HASH_H

#include "keys.h"

#define HASH_KINDS	6
/* Keys that are made to collide do so in so many low bits. */
#define HOSTILE_BITS	12

/**
 * struct hash_table - a table with chains, to be walked
 * @heads: of each bucket the first entry, or ~0u
 * @mask: buckets - 1
 * @stride: bytes of an entry: the next one's index, and the key
 * @entries: of all keys, in their order
 * @queries: all keys, in random order
 * @count: keys
 * @secret: of the hash
 */
struct hash_table {
	u32 *heads;
	u32 mask;
	u32 stride;
	unsigned char *entries;
	unsigned char *queries;
	u32 count;
	u64 secret[2];
};

/**
 * struct hash_loops - a hash inlined into loops over keys of one size
 * @sum: independent hashes of @count keys, @repeat times; their sum
 * @chain: @count hashes, each of a key that has the one before in it; the last
 * @walk: look all keys up; the sum of their indexes
 */
struct hash_loops {
	u64 (*sum)(const u64 *secret, const unsigned char *keys, u32 count, u32 repeat);
	u64 (*chain)(const u64 *secret, const unsigned char *key, u32 count);
	u64 (*walk)(const struct hash_table *table);
};

/**
 * struct hash_kind - a hash
 * @name: for people
 * @symbol: in the names of its loops: "walk_" symbol "_" size
 * @keyed: has it a secret?
 * @hash: of a key, @size a multiple of 8
 * @loops: for keys of 8 and of 64 bytes
 */
struct hash_kind {
	const char *name;
	const char *symbol;
	bool keyed;
	u64 (*hash)(const u64 *secret, const void *key, u32 size);
	struct hash_loops loops[2];
};

extern const struct hash_kind hash_kinds[HASH_KINDS];

static inline const struct hash_loops *hash_loops_of(const struct hash_kind *kind, u32 size)
{
	return &kind->loops[size == 64];
}

/**
 * hash_table_build() - a table of keys; as many buckets as keys, or more
 * @table: filled
 * @kind: the hash that it is indexed by
 * @secret: of the hash
 * @keys: stored
 */
void hash_table_build(struct hash_table *table, const struct hash_kind *kind, const u64 *secret,
		      const struct keys *keys);

/**
 * hash_table_free() - free a table's memory
 * @table: of hash_table_build()
 */
void hash_table_free(struct hash_table *table);

/**
 * hash_table_check() - end the run unless a walk found all keys
 * @table: that was walked
 * @kind: its hash
 * @sum: that the walk returned
 */
void hash_table_check(const struct hash_table *table, const struct hash_kind *kind, u64 sum);

/**
 * hostile_make() - keys of 8 bytes whose hashes have the same low bits
 * @keys: filled
 * @kind: the hash that is attacked
 * @secret: that the attacker knows
 * @count: keys
 *
 * Return: how they were found.
 */
const char *hostile_make(struct keys *keys, const struct hash_kind *kind, const u64 *secret,
			 u32 count);

#endif /* KHMAP_STUDY_HASH_H */
