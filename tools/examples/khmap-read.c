// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * khmap-read.c - read a khmap image file with nothing but libc
 *
 *	khmap-read FILE [KEY...]	list all keys and values, or the values of keys; in hex
 *
 * Written from Documentation/image-format.rst alone, to start one's own reader from: of snapshot
 * files, on 64-bit little-endian hosts.  Those of the other byte order and compressed ones (.khz)
 * it refuses: they are for "khmapctl restore" and "khmapctl unpack".  It checks what lookups need,
 * in a copy of the header, and never leaves the mapping; who truncates the file under it kills it
 * (SIGBUS).  What no lookup needs is for "khmapctl verify".  Status 1: a key is not there; 2: bad
 * file or usage.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

typedef unsigned __int128 u128;
static struct header {
	char magic[8];
	uint32_t byte_order, version, features_compat, features_read, features_write, kind;
	uint64_t secret[2];
	uint32_t hash_kind, load_percent, page_shift, layout, key_size, value_size, value_offset,
		 slot_stride, meta_kind, meta_offset, value_kind, bucket_stride, bucket_slots,
		 buckets_per_page, tags_size, overflow_stride, overflow_slots, overflow_per_page,
		 overflow_shift, inline_slots, inline_offset, reserved;
	uint64_t primary_offset, primary_pages_max, overflow_offset, overflow_pages_max, image_size;
	char no_lookup_needs_these[336];
	uint32_t shape;
	char nor_these[124];
} h;

static const char *path;
static const unsigned char *bytes;

/* What a good image fulfils is the message about a bad one. */
#define NEED(rule) ((rule) ? (void)0 : errx(2, "%s: bad image, not true: %s", path, #rule))
#define IN(value, least, most) ((value) >= (least) && (value) <= (most))
#define ALIGNED(offset, size) ((offset) % (((size) | 8) & -((size) | 8)) == 0)

static int in_image(uint64_t offset, uint64_t pages)
{
	return !(offset & ((1u << h.page_shift) - 1)) && IN(offset, 1, h.image_size) &&
	       pages <= (h.image_size - offset) >> h.page_shift;
}

static void header_check(uint64_t file_size)
{
	const uint64_t page = 1ull << (h.page_shift & 31);

	NEED(h.byte_order == 0x01020304 && h.version == 1 && h.features_read == 0);
	NEED(IN(h.page_shift, 12, 16));
	NEED(h.kind == 2 && IN(h.hash_kind, 1, 2) && IN(h.layout, 1, 2));
	NEED(IN(h.key_size, 1, 4096) && IN(h.value_size, 1, 4096));
	NEED(IN(h.value_offset, h.key_size, page) && ALIGNED(h.value_offset, h.value_size));
	NEED(IN(h.slot_stride, h.value_offset + h.value_size, page));
	NEED(ALIGNED(h.slot_stride, h.key_size) && ALIGNED(h.slot_stride, h.value_size));
	NEED(!h.meta_kind && !h.meta_offset && !h.value_kind && !h.reserved);
	NEED((h.tags_size == 8 || h.tags_size == 16) && IN(h.bucket_slots, 1, h.tags_size - 1));
	NEED(IN(h.bucket_stride, 8 + h.tags_size + h.bucket_slots * h.slot_stride, page));
	NEED(IN(h.buckets_per_page, 1, page / h.bucket_stride) && h.bucket_stride % 8 == 0);
	NEED(IN(h.overflow_slots, 1, 7) &&
	     IN(h.overflow_stride, 16 + h.overflow_slots * h.slot_stride, page));
	NEED(IN(h.overflow_per_page, 1, page / h.overflow_stride) && h.overflow_stride % 8 == 0);
	NEED(h.overflow_shift <= 16 && h.overflow_per_page <= 1u << h.overflow_shift);
	NEED(h.inline_slots <= 15 && IN(h.inline_offset, 640, page) && h.inline_offset % 8 == 0);
	NEED(h.inline_offset + 24 + h.inline_slots * h.slot_stride <= page);
	NEED(IN(h.image_size, page, file_size) && h.image_size % page == 0);
	NEED(h.primary_pages_max < 1u << 22 && in_image(h.primary_offset, h.primary_pages_max));
	NEED(in_image(h.overflow_offset, h.overflow_pages_max) && h.overflow_pages_max >> 32 == 0);
	NEED(h.primary_offset + h.primary_pages_max * page <= h.overflow_offset ||
	     h.overflow_offset + h.overflow_pages_max * page <= h.primary_offset);
	NEED(!h.shape || IN(h.shape, 1024, h.primary_pages_max << 10));
}

static uint64_t load(const unsigned char *at, size_t size)
{
	uint64_t word = 0;

	memcpy(&word, at, size);
	return word;
}

static uint64_t hash_sip(const unsigned char *key, uint64_t n)
{
	uint64_t v0 = h.secret[0] ^ 0x736f6d6570736575, v1 = h.secret[1] ^ 0x646f72616e646f6d;
	uint64_t v2 = h.secret[0] ^ 0x6c7967656e657261, v3 = h.secret[1] ^ 0x7465646279746573;
	uint64_t i, m;

	/* The key's words, one of what is left and the length, and three rounds of nothing. */
	for (i = 0; i < n / 8 + 4; i++) {
		m = i > n / 8 ? 0 : i < n / 8 ? load(key + 8 * i, 8) :
		    load(key + 8 * i, n % 8) | n << 56;
		v2 ^= i == n / 8 + 1 ? 0xff : 0;
		v3 ^= m;
		v0 += v1;
		v1 = (v1 << 13 | v1 >> 51) ^ v0;
		v2 += v3;
		v3 = (v3 << 16 | v3 >> 48) ^ v2;
		v0 = (v0 << 32 | v0 >> 32) + v3;
		v3 = (v3 << 21 | v3 >> 43) ^ v0;
		v2 += v1;
		v1 = (v1 << 17 | v1 >> 47) ^ v2;
		v2 = (v2 << 32 | v2 >> 32);
		v0 ^= m;
	}
	return v0 ^ v1 ^ v2 ^ v3;
}

static uint64_t fold(uint64_t x, uint64_t y)
{
	return (uint64_t)((u128)x * y) ^ (uint64_t)((u128)x * y >> 64);
}

static uint64_t hash_fold(const unsigned char *key, uint64_t n)
{
	uint64_t a = h.secret[0], b = h.secret[1], i;

	for (i = 0; i + 16 < n; i += 16)
		a = fold(load(key + i, 8) ^ h.secret[1], load(key + i + 8, 8) ^ a);
	a ^= n >= 8 ? load(n > 16 ? key + n - 16 : key, 8) :
	     n >= 4 ? load(key, 4) << 32 | load(key + n - 4, 4) :
	     load(key, 1) << 16 | load(key + n / 2, 1) << 8 | key[n - 1];
	b ^= n > 8 ? load(key + n - 8, 8) : 0;
	return fold((uint64_t)((u128)a * b) ^ h.secret[0],
		    (uint64_t)((u128)a * b >> 64) ^ 0x9e3779b97f4a7c15);
}

static void print(const unsigned char *at, uint32_t size, char end)
{
	while (size--)
		printf("%02x", *at++);
	putchar(end);
}

/* In a chain: find the value of a key, or, without a key, list all. */
static const unsigned char *walk(uint32_t page, uint32_t n, const unsigned char *key, uint64_t hash)
{
	uint32_t tags = h.shape ? h.tags_size : 16, reference, depth = 0, i;
	uint32_t slots = h.shape ? h.bucket_slots : h.inline_slots;
	const unsigned char *slot, *bucket = bytes + (h.shape ? h.primary_offset +
			((uint64_t)page << h.page_shift) + n * h.bucket_stride : h.inline_offset);
	const uint64_t filter = key ? bucket[7 + tags] : 0xff, tag = hash >> 56 ? hash >> 56 : 1;

	NEED(load(bucket, sizeof(uint32_t)) % 2 == 0);
	for (;;) {
		for (i = 0; i < slots; i++) {
			slot = bucket + 8 + tags + i * h.slot_stride;
			if (key && bucket[8 + i] == tag && !memcmp(slot, key, h.key_size))
				return slot + h.value_offset;
			if (!key && bucket[8 + i]) {
				print(slot, h.key_size, ' ');
				print(slot + h.value_offset, h.value_size, '\n');
			}
		}
		reference = (uint32_t)load(bucket + 4, 4);
		if (!reference || !(filter >> (hash >> 32 & 7) & 1))
			return NULL;
		page = reference >> h.overflow_shift;
		n = reference - (page << h.overflow_shift);
		NEED(h.shape && IN(page, 1, h.overflow_pages_max) && n < h.overflow_per_page);
		NEED(++depth < 32);
		bucket = bytes + h.overflow_offset + ((page - 1ull) << h.page_shift) +
			 n * h.overflow_stride;
		tags = 8;
		slots = h.overflow_slots;
	}
}

static const unsigned char *find(const unsigned char *key)
{
	uint64_t hash = h.hash_kind == 1 ? hash_fold(key, h.key_size) : hash_sip(key, h.key_size);
	uint32_t mask = h.shape ? UINT32_MAX >> __builtin_clz(h.shape) : 0;
	uint32_t place = (uint32_t)hash & mask;

	if (place >= h.shape)
		place &= mask >> 1;
	return walk(place >> 10, (place & 1023) * h.buckets_per_page >> 10, key, hash);
}

int main(int argc, char **argv)
{
	int status = 0, fd = argc > 1 ? open(argv[1], O_RDONLY) : -1, arg;
	const unsigned char *value;
	unsigned char key[4096];
	uint32_t heads, i;
	struct stat st;

	if (argc < 2)
		errx(2, "usage: khmap-read FILE [KEY...]");
	path = argv[1];
	if (fd < 0 || fstat(fd, &st))
		err(2, "%s", path);
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		err(2, "%s", path);
	NEED(st.st_size >= (off_t)sizeof(h) && !memcmp(bytes, "KHMAPIMG", 8));
	memcpy(&h, bytes, sizeof(h));
	header_check((uint64_t)st.st_size);
	heads = h.shape ? (h.shape + 1023) / 1024 * h.buckets_per_page : 1;
	for (i = 0; argc == 2 && i < heads; i++)
		walk(i / h.buckets_per_page, i % h.buckets_per_page, NULL, 0);
	for (arg = 2; arg < argc; arg++) {
		i = (uint32_t)strspn(argv[arg], "0123456789abcdefABCDEF");
		if (i != 2 * h.key_size || argv[arg][i])
			errx(2, "%s: a key has %u hex digits", argv[arg], 2 * h.key_size);
		for (i = 0; i < h.key_size; i++)
			if (sscanf(argv[arg] + 2 * i, "%2hhx", &key[i]) != 1)
				return 2;
		value = find(key);
		print(value, value ? h.value_size : 0, '\n');
		status |= !value;
	}
	return status;
}
