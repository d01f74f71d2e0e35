/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * image_test.h - look-ups through a mapping, by <khmap/reader.h> alone
 */
#ifndef _KHMAP_IMAGE_TEST_H
#define _KHMAP_IMAGE_TEST_H

#include <khmap/reader.h>
#include "khmap_test.h"

struct image {
	struct khmap_reader reader;
	struct khmap_image_header header;
	void *pages;
	size_t size;
};

/* Map a live map or a snapshot.  Returns 0 or -errno. */
static inline int image_open(struct image *image, int fd)
{
	image->pages = image_map(fd, &image->size);
	if (image->pages == MAP_FAILED)
		return -errno;
	memcpy(&image->header, image->pages, sizeof(image->header));
	khmap_reader_init(&image->reader, &image->header, image->pages);
	return 0;
}

static inline void image_close(struct image *image)
{
	munmap(image->pages, image->size);
}

/* Not inlined, so that the compiler need not know the key's size. */
static __attribute__((noinline, unused)) int
image_get(const struct image *image, const void *key, void *value)
{
	return khmap_reader_get(&image->reader, key, value);
}

#endif /* _KHMAP_IMAGE_TEST_H */
