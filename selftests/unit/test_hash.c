// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_hash.c - the hashes are the format's, and spread keys evenly
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "hash_fallback.h"
#include "tap.h"

#define KEYS	65536u
#define SECRETS	20

static const __u64 zero[2];
static const __u64 counting[2] = { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull };
static const __u64 pi[2] = { 0x243f6a8885a308d3ull, 0x13198a2e03707344ull };

/*
 * Bytes 0, 1, 2, ... under two keys.  The first column is also what Python 3.11
 * says with PYTHONHASHSEED=0: hash(bytes(range(n))) & (1 << 64) - 1.
 */
static void test_siphash(void)
{
	static const struct {
		u32 size;
		u64 zero, counting;
	} vectors[] = {
		{ 0, 0xd1fba762150c532cull, 0xabac0158050fc4dcull },
		{ 1, 0x68a914128e01e473ull, 0xc9f49bf37d57ca93ull },
		{ 2, 0x010bac45c41e3669ull, 0x82cb9b024dc7d44dull },
		{ 3, 0x4d4c9a4a8ef6e0adull, 0x8bf80ab8e7ddf7fbull },
		{ 4, 0x7cc43f98813e4dbdull, 0xcf75576088d38328ull },
		{ 7, 0x2f098ab0c751325aull, 0xd3927d989bb11140ull },
		{ 8, 0xead411e67ebe2eeaull, 0x369095118d299a8eull },
		{ 9, 0x75927f9d95124362ull, 0x25a48eb36c063de4ull },
		{ 15, 0xf30eb725bb91c9eaull, 0xd320d86d2a519956ull },
		{ 16, 0x8972188433a5c5b7ull, 0xcc4fdd1a7d908b66ull },
		{ 17, 0x4883c49a2c009c1dull, 0x9cf2689063dbd80cull },
		{ 24, 0x31185a47af932f3aull, 0xf464aeb267349c8cull },
		{ 31, 0x169739443111d49bull, 0x2370dd1f8c21d1bcull },
		{ 32, 0x31ef8061c910629bull, 0x81157b6c16a7b60dull },
		{ 63, 0x385d3e39e5f37359ull, 0x9d199062b7bbb3a8ull },
		{ 64, 0x75e05fd5bbc870c6ull, 0xf17997ec4b4a6065ull },
	};
	unsigned char bytes[72];
	u32 i;

	for (i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		u32 size = vectors[i].size, j;

		/* At an odd address. */
		for (j = 0; j < 64; j++)
			bytes[j + 1] = (unsigned char)j;
		is_u64(khmap_siphash13(zero, bytes + 1, size), vectors[i].zero,
		       "siphash-1-3 of %u bytes, key 0", size);
		is_u64(khmap_siphash13(counting, bytes + 1, size), vectors[i].counting,
		       "siphash-1-3 of %u bytes, counting key", size);
	}
	is_u64(khmap_hash(KHMAP_HASH_SIPHASH13, counting, bytes + 1, 8), 0x369095118d299a8eull,
	       "hash kind 2 is siphash-1-3");
	is_u64(khmap_schema_text_hash("\0\1\2", 3), 0x4d4c9a4a8ef6e0adull, "hash of a schema");
	is_u64(khmap_schema_text_hash("", 0), 0, "hash of no schema");
}

/*
 * Bytes 3, 10, 17, ...; from an implementation in Python's integers.  Words of a
 * key are loaded in the host's order, so either order has vectors of its own.
 */
static void test_fold(void)
{
	static const struct {
		u32 size;
		u64 counting, pi;
	} vectors[] = {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		{ 1, 0xac34131aaf06e267ull, 0x004e5d03541a0f31ull },
		{ 2, 0xe5883fb1b55aed37ull, 0x10251a8ff061542full },
		{ 3, 0xdd205891127fbe39ull, 0xc4348499ee8c4ca3ull },
		{ 4, 0x03abe1797e07f899ull, 0x9d9aa5e6a194a74bull },
		{ 5, 0x9a961254e096b58full, 0x6c798251f45898e3ull },
		{ 6, 0x25f30d028456a381ull, 0x40b10d82a88eaba9ull },
		{ 7, 0x44e649bce03ddcbeull, 0x50ea4f616828a3e9ull },
		{ 8, 0x86e15a7058d68145ull, 0x0dcba9d98c157627ull },
		{ 9, 0xb748af4f80084890ull, 0x42d2b0cceaa71305ull },
		{ 12, 0xdc605e94c7600021ull, 0x83698730750d1616ull },
		{ 15, 0x437694a7d908834bull, 0x3f9b12c5bbb70632ull },
		{ 16, 0x663ecfc6b61791a6ull, 0xbab90daa30fcd7e2ull },
		{ 17, 0x49f848d39aa3b50full, 0x937a0f90abf6928aull },
		{ 18, 0x67f3e2932baed25dull, 0x4268c5fb7ec9193bull },
		{ 24, 0x37d37b442c71127full, 0x119169d02a8af0f5ull },
		{ 31, 0x0009bed962ef71a5ull, 0x0ac56dfd3b73de7full },
		{ 32, 0xd0bfd66862a3ee6full, 0xe674eb69855789c4ull },
		{ 33, 0x2535505d4afa6d17ull, 0x32f0cccbb162703full },
		{ 40, 0xbd1f408e83344e22ull, 0x854e708c4a50b53dull },
		{ 48, 0xd89b95f5b7e33574ull, 0xf77cc91c129fc451ull },
		{ 49, 0x1d79b989d021dba6ull, 0x596efffeea95ff9dull },
		{ 63, 0x3f1a5f9fd5a6c4c0ull, 0xa2d1796b558dd39bull },
		{ 64, 0x8e32267adf440babull, 0xadb9e17ce2da16a1ull },
#else
		{ 1, 0xac34131aaf06e267ull, 0x004e5d03541a0f31ull },
		{ 2, 0xe5883fb1b55aed37ull, 0x10251a8ff061542full },
		{ 3, 0xdd205891127fbe39ull, 0xc4348499ee8c4ca3ull },
		{ 4, 0xba98525f1b4f00aeull, 0x19cc6a2c7368678bull },
		{ 5, 0x830d13754961f9d0ull, 0x9990ce2518b7d7d7ull },
		{ 6, 0xc3b709986cca74baull, 0x7c6f833029b4892bull },
		{ 7, 0x4d33d8c44f214da2ull, 0x27fc27e27467ef5bull },
		{ 8, 0xe61b60613c032fe5ull, 0x48afc1d55f68c239ull },
		{ 9, 0xee2d777aa1e228d8ull, 0x0802f27ec4881a4bull },
		{ 12, 0x209cb555a64f8b91ull, 0xa7d5928bdd5eeefbull },
		{ 15, 0x445890b4cd8a1663ull, 0xfd652b238e421630ull },
		{ 16, 0x5b4d780a2571109eull, 0x8a1eb9df093b0446ull },
		{ 17, 0x5df500a57242e092ull, 0xda5fa6761cc1fe7aull },
		{ 18, 0x0f9483f008a2c6f5ull, 0xedcf9e471fc986ccull },
		{ 24, 0x0cf9f21a1c88d2b5ull, 0x15f2608565443825ull },
		{ 31, 0x6f74636057242ad8ull, 0x59791edf6b3df8ffull },
		{ 32, 0xdecbef1133c87aabull, 0xd16ae309240eb2dbull },
		{ 33, 0x0534884b5c20a999ull, 0x48956db66a6fd621ull },
		{ 40, 0x43937c8703bf3296ull, 0x8f4ea63c12a0f5f2ull },
		{ 48, 0x12a2b1c6e45c7ee2ull, 0xee8b1ea05d845067ull },
		{ 49, 0x9bd47e324a488813ull, 0x536d98f982746974ull },
		{ 63, 0xc410c56fd6902f31ull, 0xa1a2db1b03b67d97ull },
		{ 64, 0x5a9cf20ff7f7e3a9ull, 0xa57a28d7cf8a8e93ull },
#endif
	};
	unsigned char bytes[72];
	u32 i;

	for (i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		u32 size = vectors[i].size, j;

		for (j = 0; j < 64; j++)
			bytes[j + 1] = (unsigned char)(7 * j + 3);
		is_u64(khmap_hash_fold(counting, bytes + 1, size), vectors[i].counting,
		       "fold of %u bytes, counting secret", size);
		is_u64(khmap_hash_fold(pi, bytes + 1, size), vectors[i].pi,
		       "fold of %u bytes, secret pi", size);
		is_u64(fallback_hash_fold(pi, bytes + 1, size), vectors[i].pi,
		       "fold of %u bytes from 32-bit products", size);
	}
	is_u64(khmap_hash(KHMAP_HASH_FOLD, pi, bytes + 1, 8),
	       khmap_hash_fold(pi, bytes + 1, 8), "hash kind 1 is fold");
}

/* The product by schoolbook, in base 2^16. */
static u64 school_multiply(u64 a, u64 b, u64 *high)
{
	u32 digits[8] = { 0 }, i, j;

	for (i = 0; i < 4; i++) {
		u64 carry = 0;

		for (j = 0; j < 4 || carry; j++) {
			u64 product = j < 4 ? (a >> 16 * i & 0xffff) * (b >> 16 * j & 0xffff) : 0;

			carry += digits[i + j] + product;
			digits[i + j] = carry & 0xffff;
			carry >>= 16;
		}
	}
	*high = digits[4] | (u64)digits[5] << 16 | (u64)digits[6] << 32 | (u64)digits[7] << 48;
	return digits[0] | (u64)digits[1] << 16 | (u64)digits[2] << 32 | (u64)digits[3] << 48;
}

static void test_multiply(void)
{
	static const u64 edges[] = { 0, 1, 0xffffffff, 0x100000000, 0xffffffff00000000,
				     0x7fffffffffffffff, 0x8000000000000000, ~0ull };
	const u32 count = sizeof(edges) / sizeof(*edges);
	struct rng rng = { 3 };
	u32 i, wrong = 0, native = 0;
	u64 high;

	for (i = 0; i < 200000; i++) {
		u64 a = i < count * count ? edges[i / count] : rng_next(&rng);
		u64 b = i < count * count ? edges[i % count] : rng_next(&rng);
		u64 want_high, want = school_multiply(a, b, &want_high);

		wrong += fallback_multiply(a, b, &high) != want || high != want_high;
		native += khmap_multiply(a, b, &high) != want || high != want_high;
	}
	is_u64(wrong, 0, "128-bit products from 32-bit ones");
	is_u64(native, 0, "128-bit products");
	is_u64(fallback_multiply(~0ull, ~0ull, &high), 1, "low half of the largest product");
	is_u64(high, ~0ull - 1, "high half of the largest product");
}

/* Patterns of keys that programs use. */
enum pattern {
	SEQUENTIAL,
	TIMES_64,
	TIMES_4096,
	TIMES_2_TO_32,
	TIMES_1000,
	TIMES_1000000,
	HIGH_16_BITS,
	TWO_HALVES,
	RANDOM,
	PATTERNS,
};

static const char * const pattern_names[] = {
	"sequential", "times 64", "times 4096", "times 2^32", "times 1000", "times 1000000",
	"high 16 bits only", "two bytes far apart", "random",
};

static u64 pattern_key(enum pattern pattern, u64 i, struct rng *rng)
{
	switch (pattern) {
	case TIMES_64: return i * 64;
	case TIMES_4096: return i * 4096;
	case TIMES_2_TO_32: return i << 32;
	case TIMES_1000: return i * 1000;
	case TIMES_1000000: return i * 1000000;
	case HIGH_16_BITS: return i << 48;
	case TWO_HALVES: return (i & 0xff) | i >> 8 << 56;
	case RANDOM: return rng_next(rng);
	default: return i;
	}
}

/*
 * How far @counts are from even, in standard deviations of a normal variable
 * (Wilson and Hilferty, 1931).
 */
static double unevenness(const u32 *counts, u32 cells, u32 keys)
{
	double chi = 0, mean = (double)keys / cells, k = cells - 1;
	u32 i;

	for (i = 0; i < cells; i++)
		chi += (counts[i] - mean) * (counts[i] - mean) / mean;
	return (cbrt(chi / k) - (1 - 2 / (9 * k))) / sqrt(2 / (9 * k));
}

/* What a lookup makes of a hash: bucket, page, tophash, and pairs of them. */
#define FIELDS 6

static double worst_field(const u64 *hashes, u32 keys, u32 bits)
{
	static u32 counts[FIELDS][256];
	const u32 cells = 1u << bits, half = bits / 2, low = (1u << half) - 1;
	double worst = 0;
	u32 i, field;

	memset(counts, 0, sizeof(counts));
	for (i = 0; i < keys; i++) {
		u32 bucket = (u32)hashes[i] % 1024, page = (u32)hashes[i] / 1024;
		u32 class = (u32)(hashes[i] >> 32), top = (u32)(hashes[i] >> 56);

		counts[0][bucket >> (10 - bits)]++;
		counts[1][page & (cells - 1)]++;
		counts[2][top >> (8 - bits)]++;
		counts[3][(page & low) << half | bucket >> (10 - half)]++;
		counts[4][bucket >> (10 - half) << half | top >> (8 - half)]++;
		counts[5][(page & low & 7) << 3 | (class & 7)]++;
	}
	for (field = 0; field < FIELDS; field++) {
		u32 of_field = field < 3 ? cells : field < 5 ? 1u << 2 * half : 8 * (low & 7) + 8;
		double z = unevenness(counts[field], of_field, keys);

		if (z > worst)
			worst = z;
	}
	return worst;
}

static void test_patterns(u32 kind, const char *name)
{
	u64 *hashes = malloc(KEYS * sizeof(*hashes));
	u32 pattern, s, i;

	for (pattern = 0; pattern < PATTERNS; pattern++) {
		double worst = 0;

		for (s = 0; s < SECRETS; s++) {
			struct rng rng = { 1000 + s };
			u64 secret[2] = { rng_next(&rng), rng_next(&rng) };
			double z;

			for (i = 0; i < KEYS; i++) {
				u64 key = pattern_key(pattern, i, &rng);

				hashes[i] = khmap_hash(kind, secret, &key, sizeof(key));
			}
			z = worst_field(hashes, KEYS, 8);
			worst = z > worst ? z : worst;
		}
		ok(worst < 6, "%s: %s keys are spread evenly (%.1f)", name, pattern_names[pattern],
		   worst);
	}
	free(hashes);
}

static void test_sizes(u32 kind, const char *name)
{
	u64 *hashes = malloc(KEYS * sizeof(*hashes));
	u32 size, i, s, uneven = 0, places = 0;
	double worst = 0;

	for (size = 1; size <= 64; size++) {
		u32 keys = size == 1 ? 256 : KEYS, at;

		/* A counter at the start, in the middle and at the end of zeros. */
		for (at = 0; at < 3; at++, places++) {
			u32 offset = size < 3 ? 0 : at * (size - 2) / 2;

			for (s = 0; s < 3; s++) {
				struct rng rng = { size * 100 + s };
				u64 secret[2] = { rng_next(&rng), rng_next(&rng) };
				unsigned char key[64] = { 0 };
				double z;

				for (i = 0; i < keys; i++) {
					key[offset] = (unsigned char)i;
					if (size > 1)
						key[offset + 1] = (unsigned char)(i >> 8);
					hashes[i] = khmap_hash(kind, secret, key, size);
				}
				z = worst_field(hashes, keys, size == 1 ? 4 : 8);
				worst = z > worst ? z : worst;
				uneven += z >= 6;
			}
		}
	}
	is_u64(uneven, 0, "%s: a counter in keys of 1..64 bytes, %u places, is spread (%.1f)", name,
	       places, worst);
	free(hashes);
}

/* Every bit of a key changes half of the hash's bits. */
static void test_avalanche(u32 kind, const char *name)
{
	u32 size, bit, i, weak = 0;

	for (size = 1; size <= 64; size++) {
		for (bit = 0; bit < 8 * size; bit++) {
			struct rng rng = { size };
			u64 flipped = 0, secret[2] = { rng_next(&rng), rng_next(&rng) };

			for (i = 0; i < 200; i++) {
				unsigned char key[64];
				u64 before, j;

				for (j = 0; j < size; j++)
					key[j] = (unsigned char)rng_next(&rng);
				before = khmap_hash(kind, secret, key, size);
				key[bit / 8] ^= (unsigned char)(1 << bit % 8);
				flipped += (u64)__builtin_popcountll(before ^
						khmap_hash(kind, secret, key, size));
			}
			/* 200 times 64 coins: mean 6400, deviation 57. */
			weak += flipped < 6400 - 6 * 57 || flipped > 6400 + 6 * 57;
		}
	}
	is_u64(weak, 0, "%s: each bit of a key changes half of the hash", name);
}

/* Share of keys beyond @slots in buckets with a Poisson load of @load keys. */
static double poisson_overflow(double load, u32 slots)
{
	double p = exp(-load), beyond = load - slots;
	u32 i;

	for (i = 0; i < slots; i++) {
		beyond += (slots - i) * p;
		p *= load / (i + 1);
	}
	return beyond / load;
}

/* Overflow as counted, less overflow as expected, for one shape and secret. */
static double overflow_excess(const struct khmap_geometry *g, u32 pages, u64 stride,
			      const u64 *secret, u32 *counts)
{
	u32 level = 1u << (31 - __builtin_clz(pages)), split = 2 * (pages - level);
	u32 shape = khmap_shape(pages, 0), mask = khmap_shape_mask(shape);
	u32 buckets = pages * g->buckets_per_page, i;
	u32 keys = (u32)(.75 * buckets * g->bucket_slots);
	double share = 0, narrow = (double)keys / (2 * level) / g->buckets_per_page;
	double expected = (poisson_overflow(narrow, g->bucket_slots) * split +
			   poisson_overflow(2 * narrow, g->bucket_slots) *
			   2 * (pages - split)) / (2 * level);

	memset(counts, 0, buckets * sizeof(*counts));
	for (i = 0; i < keys; i++) {
		u64 key = i * stride, hash = khmap_hash_fold(secret, &key, 8);
		u32 place = khmap_hash_place(shape, mask, hash);
		u32 bucket = khmap_place_page(place) * g->buckets_per_page +
			     khmap_place_bucket(g, place);

		share += ++counts[bucket] > g->bucket_slots;
	}
	return share / keys - expected;
}

static void test_overflow(void)
{
	static const u64 strides[] = { 1, 8, 1000, 4096, 1ull << 40 };
	static const u32 pages[] = { 256, 384, 500 };
	struct khmap_geometry g = {
		.page_shift = 12,
		.layout = KHMAP_LAYOUT_ALIGNED,
		.key_size = 8,
		.value_size = 8,
	};
	u32 i, j, s, *counts;

	khmap_geometry_solve(&g, 0);
	counts = calloc(512 * g.buckets_per_page, sizeof(*counts));
	for (i = 0; i < sizeof(pages) / sizeof(*pages); i++)
		for (j = 0; j < sizeof(strides) / sizeof(*strides); j++) {
			double least = 1, most = -1;

			for (s = 0; s < SECRETS; s++) {
				struct rng rng = { 5000 + s };
				u64 secret[2] = { rng_next(&rng), rng_next(&rng) };
				double excess = overflow_excess(&g, pages[i], strides[j], secret,
								counts);

				least = excess < least ? excess : least;
				most = excess > most ? excess : most;
			}
			ok(least > -.01 && most < .01,
			   "overflow at load .75, %u pages, keys times %llu: %+.4f..%+.4f",
			   pages[i], (unsigned long long)strides[j], least, most);
		}
	free(counts);
}

int main(void)
{
	test_siphash();
	test_fold();
	test_multiply();
	test_patterns(KHMAP_HASH_FOLD, "fold");
	test_patterns(KHMAP_HASH_SIPHASH13, "siphash");
	test_sizes(KHMAP_HASH_FOLD, "fold");
	test_sizes(KHMAP_HASH_SIPHASH13, "siphash");
	test_avalanche(KHMAP_HASH_FOLD, "fold");
	test_avalanche(KHMAP_HASH_SIPHASH13, "siphash");
	test_overflow();
	return done();
}
