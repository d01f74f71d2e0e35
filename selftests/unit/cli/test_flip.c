// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_flip.c - no damage to a snapshot file goes unseen, and none is dangerous
 *
 *	test_flip FILE...
 *
 * Flips one bit after the other, all of those in the header and some of the
 * others.  As it is, khmap_open() or khmap_verify() must tell; with checksums
 * made anew, as a hostile author would, every read of the image must end well.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../tap.h"
#include "checksum.h"
#include <khmap/khmap.h>

#define FLIPS		1500
#define READS		64

struct image {
	unsigned char *bytes;
	size_t size;
};

static uint64_t random_state = 1;

static uint64_t random_next(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static bool image_load(struct image *image, const char *path)
{
	FILE *in = fopen(path, "r");
	long size;

	if (!in || fseek(in, 0, SEEK_END))
		return false;
	size = ftell(in);
	if (size < 0 || fseek(in, 0, SEEK_SET))
		return false;
	image->size = (size_t)size;
	image->bytes = malloc(image->size);
	if (!image->bytes || fread(image->bytes, 1, image->size, in) != image->size)
		return false;
	fclose(in);
	return true;
}

/* Open the image as a file; the file is gone when the map is closed. */
static int image_open(const struct image *image, __u32 flags, struct khmap **map)
{
	const struct khmap_open_options options = { .size = sizeof(options), .flags = flags };
	int fd = memfd_create("image", MFD_CLOEXEC), err;

	if (fd < 0 || write(fd, image->bytes, image->size) != (ssize_t)image->size)
		exit(1);
	err = khmap_open_fd(fd, &options, map);
	if (err)
		close(fd);
	return err;
}

/* Does anything say that the image is damaged? */
static bool image_told(const struct image *image)
{
	struct khmap_verify_options verify = { .size = sizeof(verify) };
	struct khmap *map;
	int err = image_open(image, KHMAP_OPEN_DAMAGED, &map);

	if (err)
		return true;
	err = khmap_verify(map, &verify);
	khmap_close(map);
	return err == 1 && verify.findings > 0;
}

/* The header always gets one: else its own would be the only fault that is seen. */
static void image_sign(struct image *image, struct khmap_image_header *header, size_t page_size)
{
	header->header_checksum = khmap_checksum_header(image->bytes, page_size);
	memcpy(image->bytes, header, sizeof(*header));
}

/* Checksums as if the image were right. */
static void image_sum(struct image *image)
{
	struct khmap_image_header header;
	size_t page_size, i;
	__u64 sum;

	memcpy(&header, image->bytes, sizeof(header));
	if (header.geometry.page_shift < 12 || header.geometry.page_shift > 16)
		return;
	page_size = (size_t)1 << header.geometry.page_shift;
	if (page_size > image->size)
		return;
	if (header.checksum_offset > image->size ||
	    header.checksum_count > (image->size - header.checksum_offset) / 8 ||
	    header.checksum_count > image->size / page_size) {
		image_sign(image, &header, page_size);
		return;
	}
	for (i = 1; i < header.checksum_count; i++) {
		sum = khmap_checksum_page(image->bytes + i * page_size, page_size, i);
		memcpy(image->bytes + header.checksum_offset + 8 * i, &sum, sizeof(sum));
	}
	header.checksum_checksum = khmap_checksum_table(image->bytes + header.checksum_offset,
							header.checksum_count);
	memcpy(image->bytes, &header, sizeof(header));
	image_sign(image, &header, page_size);
}

static bool known(int err)
{
	return !err || err == -ENOENT || err == -EUCLEAN;
}

/* All that a program can do with an image; false if an answer makes no sense. */
static bool image_use(struct khmap *map)
{
	unsigned char key[KHMAP_RECORD_MAX] = { 0 }, value[KHMAP_RECORD_MAX];
	struct khmap_verify_options verify = { .size = sizeof(verify) };
	struct khmap_survey survey = { .size = sizeof(survey) };
	struct khmap_iter *iter;
	struct khmap_read read;
	unsigned long entries = 0;
	bool sane = true;
	uint64_t i;
	int got;

	for (i = 0; i < READS; i++) {
		memcpy(key, &i, sizeof(i));
		sane &= known(khmap_get(map, key, value));
		sane &= known(khmap_read_begin(map, key, &read));
	}
	if (khmap_iter_create(map, &iter))
		return false;
	while ((got = khmap_iter_next(iter, key, value))) {
		sane &= got == 1 || got == -EUCLEAN;
		if (++entries < READS)
			sane &= known(khmap_get(map, key, value));
	}
	khmap_iter_free(iter);
	got = khmap_survey(map, &survey);
	sane &= !got || got == -EUCLEAN;
	got = khmap_verify(map, &verify);
	return sane && (got == 0 || got == 1);
}

static bool image_harmless(const struct image *image, __u32 flags)
{
	struct khmap *map;
	bool sane;

	switch (image_open(image, flags, &map)) {
	case 0:
		sane = image_use(map);
		khmap_close(map);
		return sane;
	case -EINVAL:
	case -EUCLEAN:
	case -EBADMSG:
	case -EPROTONOSUPPORT:
		return *khmap_reason();
	default:
		return false;
	}
}

static void flip_all(const char *path, const struct image *image)
{
	struct image work = { .bytes = malloc(image->size), .size = image->size };
	unsigned long header_bits = 8 * KHMAP_HEADER_SIZE, flips = header_bits + FLIPS, i;
	unsigned long unseen = 0, harmful = 0, bit;

	for (i = 0; i < flips; i++) {
		bit = i < header_bits ? i : random_next() % (8 * image->size);
		memcpy(work.bytes, image->bytes, image->size);
		work.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		if (!image_told(&work)) {
			if (!unseen++)
				diag("bit %lu of byte 0x%lx", bit % 8, bit / 8);
		}
		image_sum(&work);
		if (!image_harmless(&work, 0) || !image_harmless(&work, KHMAP_OPEN_DAMAGED)) {
			if (!harmful++)
				diag("bit %lu of byte 0x%lx: %s", bit % 8, bit / 8,
				     khmap_reason());
		}
	}
	ok(!unseen, "%s: each of %lu flipped bits is seen", path, flips);
	ok(!harmful, "%s: none of them does harm", path);
	free(work.bytes);
}

/* Cut the file: at every 64 bytes of the header, then at random places. */
static void cut_all(const char *path, const struct image *image)
{
	struct image work = *image;
	unsigned long accepted = 0, i;
	struct khmap *map;

	for (i = 0; i < 200; i++) {
		work.size = i < 80 ? 64 * i : random_next() % image->size;
		if (!image_open(&work, 0, &map)) {
			accepted++;
			khmap_close(map);
		}
		if (!image_open(&work, KHMAP_OPEN_DAMAGED, &map)) {
			accepted += !image_use(map);
			khmap_close(map);
		}
	}
	ok(!accepted, "%s: no part of it is taken for the whole", path);
}

/* Much damage at once, everywhere behind the magic, and checksums made anew. */
static void scramble_all(const char *path, const struct image *image)
{
	struct image work = { .bytes = malloc(image->size), .size = image->size };
	unsigned long harmful = 0, i, j, at;

	for (i = 0; i < FLIPS; i++) {
		memcpy(work.bytes, image->bytes, image->size);
		for (j = 0; j < 1 + i % 64; j++) {
			at = i & 1 ? 32 + random_next() % (KHMAP_HEADER_SIZE - 32) :
			     KHMAP_HEADER_SIZE +
			     random_next() % (image->size - KHMAP_HEADER_SIZE);
			work.bytes[at] = (unsigned char)random_next();
		}
		image_sum(&work);
		harmful += !image_harmless(&work, 0) ||
			   !image_harmless(&work, KHMAP_OPEN_DAMAGED);
	}
	ok(!harmful, "%s: scrambled in %d ways, it does no harm", path, FLIPS);
	free(work.bytes);
}

int main(int argc, char **argv)
{
	struct image image;
	struct khmap *map;
	int i;

	for (i = 1; i < argc; i++) {
		if (!image_load(&image, argv[i])) {
			ok(false, "%s can be read", argv[i]);
			continue;
		}
		if (!ok(!image_open(&image, KHMAP_OPEN_VERIFY, &map), "%s can be opened", argv[i]))
			continue;
		ok(image_use(map), "%s can be used", argv[i]);
		khmap_close(map);
		ok(!image_told(&image), "%s is clean", argv[i]);
		flip_all(argv[i], &image);
		cut_all(argv[i], &image);
		scramble_all(argv[i], &image);
		free(image.bytes);
	}
	return done();
}
