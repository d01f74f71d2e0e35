// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapping_run.c - advice about the pages of a mapping, and moves of them, on runs of 2 MiB
 */
#include "kselftest_harness.h"
#include "khmap_test.h"
#include "verify.h"

FIXTURE(run) {
	int fd;
	size_t size;
	char *image;
	char *pages;
	size_t length;
	char *copy;
};

FIXTURE_SETUP(run)
{
	const struct khmap_image_header *header;
	uint64_t i;

	self->fd = create_named(NULL, 400000);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, map_reserve(self->fd, 400000));
	for (i = 0; i < 40000; i++)
		ASSERT_EQ(0, put(self->fd, i, i));
	self->image = image_map(self->fd, &self->size);
	ASSERT_NE(MAP_FAILED, self->image);
	header = (void *)self->image;
	self->pages = self->image + header->primary_offset;
	self->length = header->primary_pages * PAGE;
	ASSERT_LT(4 << 20, self->length);
	self->copy = malloc(self->length);
	ASSERT_NE(NULL, self->copy);
	memcpy(self->copy, self->pages, self->length);
}

FIXTURE_TEARDOWN(run)
{
	/* Whatever was done to the pages, they are the map's and unchanged. */
	EXPECT_EQ(0, memcmp(self->copy, self->pages, self->length));
	EXPECT_EQ(0, put(self->fd, 0, 1));
	EXPECT_NE(0, memcmp(self->copy, self->pages, self->length));
	EXPECT_EQ(0, put(self->fd, 0, 0));
	EXPECT_EQ(0, map_verify(self->fd));
	free(self->copy);
	munmap(self->image, self->size);
	close(self->fd);
}

static void advise(char *pages, size_t length, int advice)
{
	/* Kernels differ in whether they refuse it. */
	madvise(pages, length, advice);
	madvise(pages + PAGE, PAGE, advice);
	madvise(pages + length / 2, length / 2, advice);
}

TEST_F(run, can_be_called_cold)
{
	advise(self->pages, self->length, MADV_COLD);
}

TEST_F(run, cannot_be_paged_out)
{
	advise(self->pages, self->length, MADV_PAGEOUT);
}

TEST_F(run, can_be_locked)
{
	ASSERT_EQ(0, mlock(self->pages, self->length));
	advise(self->pages, self->length, MADV_COLD);
	advise(self->pages, self->length, MADV_PAGEOUT);
	EXPECT_EQ(0, munlock(self->pages + PAGE, PAGE));
	EXPECT_EQ(0, munlock(self->pages, self->length));
}

TEST_F(run, cannot_be_moved)
{
	enum { MOST = 1024, MOVE = 1 << 1 };
	static void *pages[MOST];
	static int nodes[MOST], status[MOST];
	int count = self->length / PAGE < MOST ? self->length / PAGE : MOST;
	int node, i;

	for (i = 0; i < count; i++)
		pages[i] = self->pages + i * PAGE;
	if (access("/sys/devices/system/node/node0", F_OK))
		SKIP(return, "the kernel does not move pages (CONFIG_NUMA)");
	/* There need not be a second node. */
	for (node = 0; node < 2; node++) {
		for (i = 0; i < count; i++)
			nodes[i] = node;
		syscall(SYS_move_pages, 0, count, pages, nodes, status, MOVE);
		EXPECT_EQ(0, memcmp(self->copy, self->pages, self->length));
	}
	EXPECT_EQ(0, syscall(SYS_move_pages, 0, count, pages, NULL, status, 0));
}

TEST_HARNESS_MAIN
