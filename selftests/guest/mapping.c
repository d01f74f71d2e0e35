// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapping.c - what a mapping shows, and that nothing can be done to it
 */
#include "kselftest_harness.h"
#include <sys/personality.h>
#include "mapping_test.h"
#include "vm_flag.h"

TEST_F(mapping, cannot_be_asked_for_writing)
{
	/* A descriptor that is read only is refused before the module is. */
	int error = variant->snapshot ? EACCES : EPERM;

	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED, self->fd, 0));
	EXPECT_EQ(error, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED,
				   self->fd, 0));
	EXPECT_EQ(error, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(EPERM, errno);
}

TEST_F(mapping, cannot_be_asked_for_executing)
{
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_EXEC,
				   MAP_SHARED, self->fd, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_EXEC,
				   MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(EPERM, errno);
}

TEST_F(mapping, cannot_become_writable_or_executable)
{
	char *private = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, 0);

	ASSERT_NE(MAP_FAILED, private);
	EXPECT_EQ(-1, mprotect(self->image, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(self->image, PAGE, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(private, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(private, PAGE, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	/* Less is always allowed, and back. */
	EXPECT_EQ(0, mprotect(self->image, PAGE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, signal_of_read(self->image));
	EXPECT_EQ(0, mprotect(self->image, PAGE, PROT_READ));
	EXPECT_EQ(0, signal_of_read(self->image));
	munmap(private, PAGE);
}

/* A personality for which whatever can be read can be executed. */
TEST_F(mapping, cannot_become_executable_by_a_personality)
{
	int before = personality(0xffffffff), flags[] = { MAP_SHARED, MAP_PRIVATE };
	char *page;
	size_t i;

	ASSERT_NE(-1, before);
	ASSERT_EQ(before, personality((unsigned long)before | READ_IMPLIES_EXEC));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		page = mmap(NULL, PAGE, PROT_READ, flags[i], self->fd, 0);
		/* On a file system without programs the kernel does not ask for it. */
		if (page == MAP_FAILED) {
			EXPECT_EQ(EPERM, errno);
			continue;
		}
		EXPECT_EQ(0, vm_flag(page, "ex"));
		EXPECT_EQ(0, vm_flag(page, "me"));
		munmap(page, PAGE);
	}
	EXPECT_EQ(0, mprotect(self->image, PAGE, PROT_READ));
	EXPECT_EQ(0, vm_flag(self->image, "ex"));
	EXPECT_EQ(-1, mprotect(self->image, PAGE, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	personality((unsigned long)before);
	EXPECT_EQ(0, memcmp(self->image, KHMAP_IMAGE_MAGIC, 8));
}

TEST_F(mapping, cannot_be_written_by_the_kernel_for_us)
{
	int zero = open("/dev/zero", O_RDONLY);

	ASSERT_LE(0, zero);
	EXPECT_EQ(-1, read(zero, self->image, 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ('K', self->image[0]);
	close(zero);
}

TEST_F(mapping, cannot_grow)
{
	EXPECT_EQ(MAP_FAILED, mremap(self->image, self->size,
				     self->size + PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAP_FAILED, mremap(self->image, PAGE, 2 * PAGE, 0));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(mapping, can_move_and_shrink)
{
	char *place = mmap(NULL, self->size, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct khmap_image_header *header;

	ASSERT_NE(MAP_FAILED, place);
	EXPECT_EQ(0, signal_of_read(self->image));
	self->image = mremap(self->image, self->size, self->size,
			     MREMAP_MAYMOVE | MREMAP_FIXED, place);
	ASSERT_EQ(place, self->image);
	header = (void *)self->image;
	EXPECT_EQ(0, memcmp(header->magic, KHMAP_IMAGE_MAGIC, 8));
	EXPECT_EQ(0, signal_of_read(self->image + header->primary_offset));
	place = mremap(self->image, self->size, PAGE, 0);
	ASSERT_EQ(self->image, place);
	self->size = PAGE;
	EXPECT_EQ(0, memcmp(header->magic, KHMAP_IMAGE_MAGIC, 8));
}

TEST_F(mapping, cannot_reach_past_the_end)
{
	long pages = (long)(self->size / PAGE);

	EXPECT_EQ(MAP_FAILED, mmap(NULL, self->size + PAGE, PROT_READ,
				   MAP_SHARED, self->fd, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
				   pages * PAGE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED,
				   self->fd, (pages - 1) * PAGE));
	EXPECT_EQ(EINVAL, errno);
}

/* CVE-2024-56368: a page offset that overflows. */
TEST_F(mapping, offsets_do_not_overflow)
{
	static const uint64_t offsets[] = {
		1ull << 44, 1ull << 52, 1ull << 62, 0x7ffffffffffff000,
		0xfffffffffffff000, 0xffffffffffffe000,
		0x8000000000000000,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		void *at = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED,
				self->fd, (off_t)offsets[i]);

		EXPECT_EQ(MAP_FAILED, at);
		EXPECT_TRUE(errno == EINVAL || errno == EOVERFLOW);
	}
}

TEST_F(mapping, offset_is_honoured)
{
	const struct khmap_image_header *header = (void *)self->image;
	size_t offset = header->primary_offset + 2 * PAGE;
	char *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
			  (off_t)offset);

	ASSERT_NE(MAP_FAILED, page);
	EXPECT_EQ(0, memcmp(page, self->image + offset, PAGE));
	EXPECT_NE(0, memcmp(page, self->image, PAGE));
	munmap(page, PAGE);
}

TEST_F(mapping, every_page_once_and_slack_zero)
{
	const struct khmap_image_header *header = (void *)self->image;
	const struct khmap_geometry *g = &header->geometry;
	size_t end, page, slots = 0, i, used;
	struct khmap_ioc_stat stat;

	for (i = sizeof(*header) + header->schema_length;
	     i < g->inline_offset; i++)
		ASSERT_EQ(0, self->image[i]);
	used = (size_t)g->buckets_per_page * g->bucket_stride;
	for (page = 0; page < header->primary_pages; page++) {
		const char *at = self->image + header->primary_offset +
				 page * PAGE;
		uint32_t bucket, slot;

		for (i = used; i < (size_t)PAGE; i++)
			ASSERT_EQ(0, at[i]);
		for (bucket = 0; bucket < g->buckets_per_page; bucket++)
			for (slot = 0; slot < g->bucket_slots; slot++)
				slots += at[bucket * g->bucket_stride + 8 +
					    slot] != 0;
	}
	end = header->overflow_offset + header->overflow_pages * PAGE;
	for (i = header->overflow_offset; i < end; i += PAGE)
		ASSERT_EQ(0, signal_of_read(self->image + i));
	/* A live map's counts are of the last STAT. */
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(1000, slots + stat.overflow_entries);
}

/* Unmapping a part and closing everything leaves what is mapped. */
TEST_F(mapping, parts_can_be_unmapped)
{
	const struct khmap_image_header *header = (void *)self->image;
	size_t primary = header->primary_offset;

	ASSERT_EQ(0, signal_of_read(self->image + primary));
	ASSERT_EQ(0, munmap(self->image + primary + PAGE, PAGE));
	EXPECT_EQ(SIGSEGV, signal_of_read(self->image + primary + PAGE));
	EXPECT_EQ(0, signal_of_read(self->image + primary));
	EXPECT_EQ(0, signal_of_read(self->image + primary + 2 * PAGE));
	EXPECT_EQ(0, signal_of_read(self->image));
}

TEST_F(mapping, discarded_pages_come_back)
{
	const struct khmap_image_header *header = (void *)self->image;
	char copy[PAGE_MAX], *at = self->image + header->primary_offset;

	memcpy(copy, at, PAGE);
	ASSERT_EQ(0, madvise(at, PAGE, MADV_DONTNEED));
	EXPECT_EQ(0, memcmp(copy, at, PAGE));
	EXPECT_EQ(-1, madvise(at, PAGE, MADV_REMOVE));
	EXPECT_EQ(0, memcmp(copy, at, PAGE));
}

TEST_F(mapping, children_read_it_too)
{
	int advice[] = { MADV_DOFORK, MADV_DONTFORK, MADV_DOFORK };
	bool inherited = true;
	size_t i;

	EXPECT_EQ(0, signal_of_read(self->image));
	for (i = 0; i < ARRAY_SIZE(advice); i++) {
		int err = madvise(self->image, self->size, advice[i]) ? errno : 0;

		/* To a driver's mapping 6.12 lets it be said, and 7.2 does not. */
		if (advice[i] != MADV_DOFORK || err != EINVAL)
			ASSERT_EQ(0, err);
		if (!err)
			inherited = advice[i] == MADV_DOFORK;
		EXPECT_EQ(inherited ? 0 : SIGSEGV, signal_of_read(self->image));
	}
	/* A grown or dumped copy is not to be had by advice. */
	EXPECT_EQ(-1, madvise(self->image, self->size, MADV_WIPEONFORK));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(mapping, outlives_descriptor_and_name)
{
	struct khmap_ioc_abi before, after;
	int control = control_open(O_RDWR);

	ASSERT_LE(0, control);
	ASSERT_EQ(0, map_destroy(self->map));
	if (self->map != self->fd)
		close(self->map);
	close(self->fd);
	self->map = -1;
	self->fd = -1;
	EXPECT_EQ(0, memcmp(self->image, KHMAP_IMAGE_MAGIC, 8));
	EXPECT_EQ(0, signal_of_read(self->image +
				    ((struct khmap_image_header *)
				     self->image)->primary_offset));
	ASSERT_EQ(0, query_abi(control, &before));
	munmap(self->image, self->size);
	self->image = NULL;
	self->size = 0;
	ASSERT_EQ(0, query_abi(control, &after));
	EXPECT_LT(after.bytes + 1000000, before.bytes);
	close(control);
}

TEST_F(mapping, can_be_locked)
{
	const struct khmap_image_header *header = (void *)self->image;

	EXPECT_EQ(0, mlock(self->image + header->primary_offset, 8 * PAGE));
	EXPECT_EQ(0, munlock(self->image + header->primary_offset, 8 * PAGE));
}

/* mremap and a second close of what was mapped (CVE-2024-42075). */
TEST(moved_then_closed_twice)
{
	struct khmap_ioc_create args = create_args(NULL, 1000);
	struct khmap_map_info before, after;
	char *image, *moved, *place;
	int fd = create_map(&args);
	size_t size;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_reserve(fd, 1000));
	ASSERT_EQ(0, put(fd, 1, 10));
	ASSERT_TRUE(list_find(args.map_id, 0, &before));
	image = image_map(fd, &size);
	ASSERT_NE(MAP_FAILED, image);
	place = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, place);
	/* It is never in two places. */
	EXPECT_EQ(MAP_FAILED, mremap(image, 0, size, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAP_FAILED, mremap(image, size, size,
				     MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
	moved = mremap(image, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	ASSERT_EQ(place, moved);
	EXPECT_EQ(SIGSEGV, signal_of_read(image));
	/* Nothing is there any more, and so nothing is closed. */
	EXPECT_EQ(0, munmap(image, size));
	ASSERT_TRUE(list_find(args.map_id, 0, &after));
	EXPECT_EQ(before.bytes, after.bytes);
	EXPECT_EQ(1, after.entries);
	EXPECT_EQ(0, memcmp(moved, KHMAP_IMAGE_MAGIC, 8));
	EXPECT_EQ(0, munmap(moved, size));
	EXPECT_EQ(0, munmap(moved, size));
	EXPECT_FALSE(list_find(args.map_id, 0, &after));
}

TEST(absent_page_is_a_bus_error)
{
	int fd = create_named(NULL, 1000);
	const struct khmap_image_header *header;
	size_t size;
	char *image;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_reserve(fd, 1000));
	image = image_map(fd, &size);
	ASSERT_NE(MAP_FAILED, image);
	header = (void *)image;
	/* Between the header page and the primary region. */
	EXPECT_EQ(SIGBUS, signal_of_read(image + PAGE));
	/* Of the overflow region, not there yet. */
	EXPECT_EQ(SIGBUS, signal_of_read(image + header->overflow_offset));
	EXPECT_EQ(SIGBUS, signal_of_read(image + size - PAGE));
	EXPECT_EQ(0, signal_of_read(image + header->primary_offset));
	EXPECT_EQ(SIGBUS, signal_of_read(image + header->primary_offset +
					 header->primary_pages_max * PAGE));
	munmap(image, size);
	close(fd);
}

/* A page that a writer adds shows in a mapping that is older. */
TEST(pages_appear)
{
	struct khmap_ioc_create args = create_args(NULL, 5000);
	const struct khmap_image_header *header;
	struct khmap_ioc_stat stat;
	size_t size;
	uint64_t i;
	char *image;
	int fd;

	args.load_percent = 95;
	fd = create_map(&args);
	ASSERT_LE(0, fd);
	image = image_map(fd, &size);
	ASSERT_NE(MAP_FAILED, image);
	header = (void *)image;
	EXPECT_EQ(SIGBUS, signal_of_read(image + header->overflow_offset));
	for (i = 0; i < 5000; i++)
		ASSERT_EQ(0, put(fd, i, i));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_LT(0, stat.overflow_pages);
	EXPECT_EQ(stat.overflow_pages, header->overflow_pages);
	EXPECT_EQ(stat.overflow_entries, header->overflow_entries);
	EXPECT_EQ(0, signal_of_read(image + header->overflow_offset));
	munmap(image, size);
	close(fd);
}

TEST_HARNESS_MAIN
