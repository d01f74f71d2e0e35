// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * digest.c - one value for what a map holds
 *
 * A sum of hashes, one for each record, does not depend on their order.  That is
 * all it needs, and also its limit: by the birthday algorithm for sums (Wagner,
 * 2002) somebody who chooses records can find other ones with the same sum.
 *
 * The hash is SipHash-2-4 with 128 bits (Aumasson and Bernstein), under two keys
 * that are fixed, so that the sum's own hash is none that a record could have.
 */
#include <errno.h>
#include <string.h>

#include <khmap/digest.h>
#include <khmap/hash.h>

#include "error.h"
#include "map.h"

#define KHMAP_DIGEST_STEP	4096	/* entries between two calls of progress() */

/* "khmap record key" and "khmap digest key", as little-endian words. */
static const __u64 khmap_digest_record_key[2] = { 0x65722070616d686bull, 0x79656b2064726f63ull };
static const __u64 khmap_digest_final_key[2] = { 0x69642070616d686bull, 0x79656b2074736567ull };

static void khmap_digest_word(__u64 v[4], __u64 word)
{
	v[3] ^= word;
	khmap_sipround(v);
	khmap_sipround(v);
	v[0] ^= word;
}

static __u64 khmap_digest_half(__u64 v[4])
{
	khmap_sipround(v);
	khmap_sipround(v);
	khmap_sipround(v);
	khmap_sipround(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* SipHash-2-4 with 128 bits: the low word, then the high one. */
static void khmap_digest_hash(const __u64 key[2], const void *data, size_t size, __u64 hash[2])
{
	const unsigned char *p = data, *end = p + (size & ~(size_t)7);
	__u64 last = (__u64)size << 56;
	__u64 v[4] = {
		key[0] ^ 0x736f6d6570736575ull,
		key[1] ^ 0x646f72616e646f6dull ^ 0xee,
		key[0] ^ 0x6c7967656e657261ull,
		key[1] ^ 0x7465646279746573ull,
	};

	for (; p < end; p += 8)
		khmap_digest_word(v, khmap_load64_le(p));
	for (size_t i = 0; i < (size & 7); i++)
		last |= (__u64)p[i] << (8 * i);
	khmap_digest_word(v, last);
	v[2] ^= 0xee;
	hash[0] = khmap_digest_half(v);
	v[1] ^= 0xdd;
	hash[1] = khmap_digest_half(v);
}

static void khmap_digest_store(unsigned char *to, __u64 word, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (unsigned char)(word >> (8 * i));
}

/* Modulo 2^128. */
static void khmap_digest_add(__u64 sum[2], const __u64 hash[2])
{
	sum[0] += hash[0];
	sum[1] += hash[1] + (sum[0] < hash[0]);
}

static int khmap_digest_sum(const struct khmap *map, struct khmap_iter *iter,
			    struct khmap_digest *digest, __u64 total, __u64 sum[2])
{
	const struct khmap_geometry *g = &map->reader.geometry;
	unsigned char record[8 + 2 * KHMAP_RECORD_MAX];
	unsigned char *key = record + 8, *value = key + g->key_size;
	__u64 hash[2];
	int got;

	khmap_digest_store(record, g->key_size, 4);
	khmap_digest_store(record + 4, g->value_size, 4);
	while ((got = khmap_iter_next(iter, key, value)) > 0) {
		khmap_digest_hash(khmap_digest_record_key, record,
				  8 + (size_t)g->key_size + g->value_size, hash);
		khmap_digest_add(sum, hash);
		digest->entries++;
		if (digest->entries % KHMAP_DIGEST_STEP == 0 && digest->progress &&
		    digest->progress(digest->context, digest->entries, total))
			return khmap_fail(ECANCELED, "cancelled after %llu entries",
					  (unsigned long long)digest->entries);
	}
	return got;
}

static void khmap_digest_finish(const struct khmap *map, struct khmap_digest *digest,
				const __u64 sum[2])
{
	const struct khmap_geometry *g = &map->reader.geometry;
	const char *schema = khmap_object(map)->schema;
	unsigned char message[32 + KHMAP_SCHEMA_MAX];
	size_t length = strlen(schema);
	__u64 hash[2];

	khmap_digest_store(message, sum[0], 8);
	khmap_digest_store(message + 8, sum[1], 8);
	khmap_digest_store(message + 16, digest->entries, 8);
	khmap_digest_store(message + 24, g->key_size, 4);
	khmap_digest_store(message + 28, g->value_size, 4);
	memcpy(message + 32, schema, length);
	khmap_digest_hash(khmap_digest_final_key, message, 32 + length, hash);
	khmap_digest_store(digest->value, hash[0], 8);
	khmap_digest_store(digest->value + 8, hash[1], 8);
}

int khmap_digest(const struct khmap *map, struct khmap_digest *digest)
{
	struct khmap_ioc_stat stat;
	struct khmap_iter *iter;
	__u64 sum[2] = { 0, 0 };
	int err = khmap_options_check("khmap_digest", digest, sizeof(*digest), 0);

	if (err)
		return err;
	digest->entries = 0;
	memset(digest->value, 0, sizeof(digest->value));
	/* Only for progress; it is of no matter if it cannot be had. */
	if (khmap_stat(map, &stat))
		stat.entries = 0;
	err = khmap_iter_create(map, &iter);
	if (err)
		return err;
	err = khmap_digest_sum(map, iter, digest, stat.entries, sum);
	khmap_iter_free(iter);
	if (!err)
		khmap_digest_finish(map, digest, sum);
	return err;
}
