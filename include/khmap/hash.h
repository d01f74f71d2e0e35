/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * hash.h - the keyed hashes of an image
 *
 * Shared by the kernel's engine and by readers, and part of the format: a
 * change here is a change of enum khmap_hash_kind.
 *
 * KHMAP_HASH_FOLD multiplies 64 by 64 bits and folds the product's halves
 * together, twice, after Wang Yi's wyhash (public domain).  One fold alone is
 * linear in its low half: keys in arithmetic progression would then meet in a
 * few buckets under an unlucky secret.  Words are loaded in host order.
 *
 * KHMAP_HASH_SIPHASH13 is SipHash with one compression and three finalisation
 * rounds (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012).
 */
#ifndef _KHMAP_HASH_H
#define _KHMAP_HASH_H

#include <linux/types.h>
#include <linux/khmap_image.h>

#define KHMAP_FOLD_CONSTANT	0x9e3779b97f4a7c15ull

/*
 * Which size a key has is known at run time.  A compiler that sees a short key
 * warns of the loads that a longer one would need.
 */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif

/**
 * khmap_load64() - a word of a key, in host order
 * @p: eight bytes, any alignment
 *
 * Return: the word.
 */
static inline __u64 khmap_load64(const void *p)
{
	__u64 v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

/**
 * khmap_load32() - half a word of a key, in host order
 * @p: four bytes, any alignment
 *
 * Return: the half word.
 */
static inline __u32 khmap_load32(const void *p)
{
	__u32 v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

/**
 * khmap_multiply() - the 128-bit product of two words
 * @a: a factor
 * @b: the other
 * @high: filled: the product's high half
 *
 * Return: the product's low half.
 */
static inline __u64 khmap_multiply(__u64 a, __u64 b, __u64 *high)
{
#ifdef __SIZEOF_INT128__
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	*high = (__u64)(product >> 64);
	return (__u64)product;
#else
	__u64 a0 = (__u32)a, a1 = a >> 32, b0 = (__u32)b, b1 = b >> 32;
	__u64 low = a0 * b0, middle = a1 * b0 + (low >> 32);
	__u64 middle2 = a0 * b1 + (__u32)middle;

	*high = a1 * b1 + (middle >> 32) + (middle2 >> 32);
	return (middle2 << 32) | (__u32)low;
#endif
}

/**
 * khmap_fold() - multiply, and fold the halves together
 * @a: a factor
 * @b: the other
 *
 * Return: the exclusive or of the product's halves.
 */
static inline __u64 khmap_fold(__u64 a, __u64 b)
{
	__u64 high, low = khmap_multiply(a, b, &high);

	return low ^ high;
}

/* KHMAP_HASH_FOLD, for a size that had better be a constant. */
static inline __attribute__((always_inline)) __u64
khmap__fold_key(const __u64 *secret, const void *key, __u32 size)
{
	const unsigned char *p = (const unsigned char *)key;
	__u64 a = secret[0], b = secret[1], high, low;

	if (size > 16) {
		__u32 left = size;

		for (; left > 16; left -= 16, p += 16)
			a = khmap_fold(khmap_load64(p) ^ secret[1],
				       khmap_load64(p + 8) ^ a);
		/* The last 16 bytes, which may overlap those before. */
		p -= 16 - left;
		a ^= khmap_load64(p);
		b ^= khmap_load64(p + 8);
	} else if (size > 8) {
		a ^= khmap_load64(p);
		b ^= khmap_load64(p + size - 8);
	} else if (size == 8) {
		a ^= khmap_load64(p);
	} else if (size >= 4) {
		a ^= (__u64)khmap_load32(p) << 32 | khmap_load32(p + size - 4);
	} else {
		a ^= (__u64)p[0] << 16 | (__u64)p[size >> 1] << 8 | p[size - 1];
	}
	low = khmap_multiply(a, b, &high);
	return khmap_fold(low ^ secret[0], high ^ KHMAP_FOLD_CONSTANT);
}

/* The same, once for all sizes that are not. */
static __attribute__((__noinline__, unused)) __u64
khmap__fold_any(const __u64 *secret, const void *key, __u32 size)
{
	return khmap__fold_key(secret, key, size);
}

/**
 * khmap_hash_fold() - KHMAP_HASH_FOLD of a key
 * @secret: the image's secret, two words
 * @key: @size bytes, any alignment
 * @size: 1 or more; constant for a map, and best a constant for the compiler
 *
 * Inlined for sizes that are constants, and for 8: a call, and the choice of a
 * size, would take as many instructions as the rest of a lookup.
 *
 * Context: any.
 * Return: 64 bits.
 */
static inline __attribute__((always_inline)) __u64
khmap_hash_fold(const __u64 *secret, const void *key, __u32 size)
{
	if (__builtin_constant_p(size))
		return khmap__fold_key(secret, key, size);
	if (__builtin_expect(size == 8, 1))
		return khmap__fold_key(secret, key, 8);
	return khmap__fold_any(secret, key, size);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/**
 * khmap_load64_le() - a word of a key, in little-endian order
 * @p: eight bytes, any alignment
 *
 * Return: the word.
 */
static inline __u64 khmap_load64_le(const unsigned char *p)
{
	return (__u64)p[0] | (__u64)p[1] << 8 | (__u64)p[2] << 16 |
	       (__u64)p[3] << 24 | (__u64)p[4] << 32 | (__u64)p[5] << 40 |
	       (__u64)p[6] << 48 | (__u64)p[7] << 56;
}

/**
 * khmap_rotate64() - rotate a word to the left
 * @v: the word
 * @bits: 1..63
 *
 * Return: the word, rotated.
 */
static inline __u64 khmap_rotate64(__u64 v, unsigned int bits)
{
	return v << bits | v >> (64 - bits);
}

/**
 * khmap_sipround() - one round of SipHash
 * @v: its state
 */
static inline void khmap_sipround(__u64 v[4])
{
	v[0] += v[1];
	v[1] = khmap_rotate64(v[1], 13) ^ v[0];
	v[0] = khmap_rotate64(v[0], 32);
	v[2] += v[3];
	v[3] = khmap_rotate64(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = khmap_rotate64(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = khmap_rotate64(v[1], 17) ^ v[2];
	v[2] = khmap_rotate64(v[2], 32);
}

/**
 * khmap_siphash13() - SipHash-1-3
 * @secret: the key, two words
 * @data: @size bytes, any alignment
 * @size: 0 or more
 *
 * Context: any.
 * Return: 64 bits, the same on hosts of either byte order.
 */
static __attribute__((__noinline__, unused)) __u64
khmap_siphash13(const __u64 *secret, const void *data, __u32 size)
{
	const unsigned char *p = (const unsigned char *)data;
	const unsigned char *end = p + (size & ~7u);
	__u64 last = (__u64)size << 56;
	__u64 v[4] = {
		secret[0] ^ 0x736f6d6570736575ull,
		secret[1] ^ 0x646f72616e646f6dull,
		secret[0] ^ 0x6c7967656e657261ull,
		secret[1] ^ 0x7465646279746573ull,
	};
	unsigned int i;

	for (; p < end; p += 8) {
		__u64 word = khmap_load64_le(p);

		v[3] ^= word;
		khmap_sipround(v);
		v[0] ^= word;
	}
	for (i = 0; i < (size & 7); i++)
		last |= (__u64)p[i] << (8 * i);
	v[3] ^= last;
	khmap_sipround(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	khmap_sipround(v);
	khmap_sipround(v);
	khmap_sipround(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/**
 * khmap_hash() - the hash of a key in an image
 * @kind: enum khmap_hash_kind
 * @secret: the image's secret, two words
 * @key: @size bytes, any alignment
 * @size: 1 or more
 *
 * Context: any.
 * Return: 64 bits.
 */
static inline __attribute__((always_inline)) __u64
khmap_hash(__u32 kind, const __u64 *secret, const void *key, __u32 size)
{
	if (__builtin_expect(kind == KHMAP_HASH_FOLD, 1))
		return khmap_hash_fold(secret, key, size);
	return khmap_siphash13(secret, key, size);
}

/**
 * khmap_schema_text_hash() - the hash of a schema's text
 * @text: @length bytes
 * @length: bytes; 0 for no schema
 *
 * Context: any.
 * Return: SipHash-1-3 with a key of zeros; 0 for no schema.
 */
static inline __u64 khmap_schema_text_hash(const void *text, __u32 length)
{
	static const __u64 zero[2] = { 0, 0 };

	return length ? khmap_siphash13(zero, text, length) : 0;
}

#endif /* _KHMAP_HASH_H */
