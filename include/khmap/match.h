/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * match.h - bytes of an image that may be written meanwhile: load, copy, compare
 *
 * What <khmap/reader.h> is made of.  Nothing here validates: what was loaded may
 * be torn, and is of no use until the reader's loop says that it was not.
 *
 * ThreadSanitizer knows no fences.  Under it every load of an image's data is
 * an acquire load, which orders the same things and lets it check them.
 */
#ifndef _KHMAP_MATCH_H
#define _KHMAP_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>
#include <linux/khmap_image.h>
#include <khmap/hash.h>
#include <khmap/layout.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define khmap__likely(x)	__builtin_expect(!!(x), 1)
#define khmap__unlikely(x)	__builtin_expect(!!(x), 0)
#define khmap__always_inline	inline __attribute__((always_inline))
#define khmap__unused		__attribute__((unused))
#define khmap__cold		__attribute__((noinline, cold, unused))
/* Keeps a compiler from taking an address apart that the CPU can add up. */
#define khmap__keep(value)	__asm__("" : "+r"(value))

#if defined(__SANITIZE_THREAD__)
#define KHMAP__DATA_ORDER	__ATOMIC_ACQUIRE
#define khmap__fence_acquire()	((void)0)
#else
#define KHMAP__DATA_ORDER	__ATOMIC_RELAXED
#define khmap__fence_acquire()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#endif

static khmap__always_inline __u32 khmap__load32(const void *p)
{
	return __atomic_load_n((const __u32 *)p, KHMAP__DATA_ORDER);
}

static khmap__always_inline __u32 khmap__acquire32(const void *p)
{
	return __atomic_load_n((const __u32 *)p, __ATOMIC_ACQUIRE);
}

/* Eight tag bytes, aligned; two loads where a word is 32 bits. */
static khmap__always_inline __u64 khmap__load_tags(const unsigned char *p)
{
#if __SIZEOF_LONG__ == 8
	return __atomic_load_n((const __u64 *)p, KHMAP__DATA_ORDER);
#else
	__u32 half[2] = { khmap__load32(p), khmap__load32(p + 4) };
	__u64 tags;

	memcpy(&tags, half, sizeof(tags));
	return tags;
#endif
}

/* Bytes out of an image that the kernel may be writing meanwhile. */
static khmap__always_inline void khmap__copy_out(void *to, const void *from,
						 size_t size)
{
#ifdef __SANITIZE_THREAD__
	const unsigned char *source = (const unsigned char *)from;
	unsigned char *target = (unsigned char *)to;
	size_t i = 0;

	for (; i + 8 <= size && !(((__UINTPTR_TYPE__)source + i) & 7); i += 8) {
		__u64 word = __atomic_load_n((const __u64 *)(const void *)
					     (source + i), KHMAP__DATA_ORDER);

		memcpy(target + i, &word, 8);
	}
	for (; i < size; i++)
		target[i] = __atomic_load_n(source + i, KHMAP__DATA_ORDER);
#else
	/* A size that is not known until run time costs no call if common. */
	if (size == 8)
		memcpy(to, from, 8);
	else if (size == 4)
		memcpy(to, from, 4);
	else
		memcpy(to, from, size);
#endif
}

static khmap__always_inline bool khmap__key_equal(const void *image,
						  const void *key, size_t size)
{
#ifdef __SANITIZE_THREAD__
	unsigned char copy[KHMAP_RECORD_MAX];

	khmap__copy_out(copy, image, size);
	return !memcmp(copy, key, size);
#else
	if (size == 8)
		return khmap_load64(image) == khmap_load64(key);
	if (size == 4)
		return khmap_load32(image) == khmap_load32(key);
	return !memcmp(image, key, size);
#endif
}

/*
 * Tags are compared eight at once with a pattern of the hash's own, made by
 * khmap__pattern().  A match is taken apart by khmap__match_slot() and
 * khmap__match_next(); KHMAP__MATCH_FIRST is what the first slot is called.
 */
#ifdef __SSE2__
typedef __m128i khmap__pattern_t;
typedef __u32 khmap__match_t;

/*
 * A bucket begins with 8 bytes that are no tags and 8 that are, so the pattern
 * is wanted in the upper half, to be compared with 16 bytes where they lie.
 */
#define KHMAP__MATCH_FIRST	8u

/* khmap_tophash(), eight times. */
static khmap__always_inline khmap__pattern_t khmap__pattern(__u64 hash)
{
	__m128i word = _mm_set_epi64x(0, (long long)hash);

	word = _mm_shufflehi_epi16(_mm_unpacklo_epi8(word, word), 0xff);
	return _mm_max_epu8(word, _mm_set1_epi8(1));
}

static khmap__always_inline khmap__match_t
khmap__match(const struct khmap_geometry *g, const unsigned char *bucket,
	     khmap__pattern_t pattern, __u32 word, __u32 slots)
{
	const unsigned char *at = bucket + word;
	__u32 mask = slots >= 8 ? 0xff00u : (0x100u << slots) - 0x100u;
	__m128i tags;

#ifdef __SANITIZE_THREAD__
	(void)g;
	tags = _mm_set_epi64x((long long)khmap__load_tags(at +
							  KHMAP_BUCKET_TAGS), 0);
#else
	/* An aligned load is part of the comparison. */
	if (__builtin_constant_p(word) &&
	    __builtin_constant_p(g->bucket_stride | g->overflow_stride) &&
	    !((word | g->bucket_stride | g->overflow_stride) & 15))
		tags = _mm_load_si128((const __m128i *)(const void *)at);
	else
		tags = _mm_loadu_si128((const __m128i *)(const void *)at);
#endif
	return (__u32)_mm_movemask_epi8(_mm_cmpeq_epi8(pattern, tags)) & mask;
}

static khmap__always_inline __u32 khmap__match_slot(khmap__match_t match)
{
	return (__u32)__builtin_ctz(match);
}

static khmap__always_inline khmap__match_t khmap__match_next(khmap__match_t match)
{
	return match & (match - 1);
}
#else
typedef __u64 khmap__pattern_t;
typedef __u64 khmap__match_t;

#define KHMAP__MATCH_FIRST	0u

static khmap__always_inline khmap__pattern_t khmap__pattern(__u64 hash)
{
	return khmap_tophash(hash);
}

static khmap__always_inline khmap__match_t
khmap__match(const struct khmap_geometry *g, const unsigned char *bucket,
	     khmap__pattern_t pattern, __u32 word, __u32 slots)
{
	const unsigned char *tags = bucket + KHMAP_BUCKET_TAGS + word;
	__u64 match = khmap_tags_match(khmap__load_tags(tags), (__u32)pattern);

	(void)g;
	if (slots >= 8)
		return match;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return match & ((1ull << (8 * slots)) - 1);
#else
	return match & ~(~0ull >> (8 * slots));
#endif
}

#define khmap__match_slot(match)	khmap_tags_first(match)
#define khmap__match_next(match)	khmap_tags_next(match)
#endif

/*
 * Find the slot of a key in one bucket.  Returns its address or NULL.
 */
static khmap__always_inline const unsigned char *
khmap__bucket_find(const struct khmap_geometry *g, const unsigned char *bucket,
		   __u32 tags_size, __u32 slots, const void *key,
		   khmap__pattern_t pattern)
{
	__u32 word;

	for (word = 0; word < slots; word += 8) {
		khmap__match_t match = khmap__match(g, bucket, pattern, word,
						    slots - word);

		for (; khmap__likely(match); match = khmap__match_next(match)) {
			size_t offset = khmap__match_slot(match) *
					g->slot_stride;
			const unsigned char *at;

			khmap__keep(offset);
			at = bucket + khmap_slot_offset(g, tags_size, word) +
			     offset - KHMAP__MATCH_FIRST * g->slot_stride;

			if (khmap__likely(khmap__key_equal(at, key,
							   g->key_size)))
				return at;
		}
	}
	return NULL;
}

#ifdef __cplusplus
}
#endif

#endif /* _KHMAP_MATCH_H */
