/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mapping_test.h - a map, or a snapshot of it, that is mapped
 */
#ifndef _KHMAP_MAPPING_TEST_H
#define _KHMAP_MAPPING_TEST_H

#include "khmap_test.h"
#include "verify.h"

#define MAPPING_NAME	"test-mapping"

FIXTURE(mapping) {
	int map;
	int fd;
	size_t size;
	char *image;
};

FIXTURE_VARIANT(mapping) {
	bool snapshot;
};

FIXTURE_VARIANT_ADD(mapping, live) {
	.snapshot = false,
};

FIXTURE_VARIANT_ADD(mapping, snapshot) {
	.snapshot = true,
};

FIXTURE_SETUP(mapping)
{
	struct khmap_ioc_snapshot args;
	uint64_t i;

	map_remove(MAPPING_NAME);
	self->map = create_named(MAPPING_NAME, 50000);
	ASSERT_LE(0, self->map);
	ASSERT_EQ(0, map_reserve(self->map, 50000));
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, put(self->map, i, i));
	self->fd = self->map;
	if (variant->snapshot)
		self->fd = snapshot(self->map, &args);
	ASSERT_LE(0, self->fd);
	self->image = image_map(self->fd, &self->size);
	ASSERT_NE(MAP_FAILED, self->image);
	ASSERT_EQ(0, memcmp(self->image, KHMAP_IMAGE_MAGIC, 8));
}

FIXTURE_TEARDOWN(mapping)
{
	EXPECT_EQ(0, map_verify(self->fd));
	munmap(self->image, self->size);
	close(self->fd);
	map_remove(MAPPING_NAME);
	if (self->map != self->fd)
		close(self->map);
}

#endif
