// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_hostile.c - who writes a snapshot file while it is in use does no harm
 *
 *	test_hostile FILE
 *
 * FILE has pages of 4096 bytes.  pread() (--wrap) changes the header between the
 * two reads of it when a file is opened; the rest changes it behind the back of
 * an open map.  Whatever is read too far, the sanitizer tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tap.h"
#include "checksum.h"
#include "inspect.h"
#include "map.h"
#include "test_hostile.h"
#include <khmap/verify.h>

/* 256 MiB; a number for each of their buckets would take 32 MiB. */
#define SPARSE_PAGES	(1u << 16)
#define SPARSE_KIB	(16L << 10)

#define HEADER_AT(field) offsetof(struct khmap_image_header, field)

static const char *path;
static struct khmap_image_header original;
/* Of the file: what pread() sees as the page size from its second call on. */
static __u32 later_shift;
static int preads;

static void file_write(size_t offset, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || pwrite(fd, bytes, size, (off_t)offset) != (ssize_t)size || close(fd))
		exit(1);
}

static void file_shift(__u32 shift)
{
	file_write(HEADER_AT(geometry.page_shift), &shift, sizeof(shift));
}

static void file_header(const struct khmap_image_header *header)
{
	file_write(0, header, sizeof(*header));
}

/* The header with its own checksum made anew. */
static void file_sign(struct khmap_image_header *header)
{
	unsigned char page[4096];
	int fd = open(path, O_RDONLY);

	if (fd < 0 || __real_pread64(fd, page, sizeof(page), 0) != sizeof(page))
		exit(1);
	close(fd);
	memcpy(page, header, sizeof(*header));
	header->header_checksum = khmap_checksum_header(page, sizeof(page));
	file_header(header);
}

ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t offset)
{
	if (later_shift && preads++ == 1)
		file_shift(later_shift);
	return __real_pread64(fd, to, size, offset);
}

static struct khmap *map_open(void)
{
	struct khmap *map;

	if (khmap_open(path, NULL, &map)) {
		diag("%s", khmap_reason());
		exit(1);
	}
	return map;
}

/* Another page size at the second read: checks would read behind the page. */
static void test_open(void)
{
	const struct khmap_open_options damaged = {
		.size = sizeof(damaged),
		.flags = KHMAP_OPEN_DAMAGED,
	};
	struct khmap *map;
	__u32 shift;

	for (shift = 13; shift <= 16; shift++) {
		later_shift = shift;
		preads = 0;
		ok(khmap_open(path, &damaged, &map) == -EUCLEAN &&
		   strstr(khmap_reason(), "changed while it was opened"),
		   "page_shift becomes %u while a file is opened: refused", shift);
		later_shift = 0;
		file_header(&original);
	}
}

static int note_shift(void *context, const struct khmap_finding *finding)
{
	*(bool *)context |= !strcmp(finding->rule, "geometry.page_shift");
	return 0;
}

static void test_verify(void)
{
	bool told = false;
	struct khmap_verify_options verify = {
		.size = sizeof(verify),
		.finding = note_shift,
		.context = &told,
	};
	struct khmap *map = map_open();

	file_shift(16);
	is_i64(khmap_verify(map, &verify), 1, "page_shift changes under verify: a fault");
	ok(told, "it is named");
	file_header(&original);
	khmap_close(map);
}

static void test_write(void)
{
	struct khmap_image_header header = original, copy;
	struct khmap *map = map_open();
	char out[4096];
	int fd;

	header.image_size = 1ull << 24;
	header.geometry.page_shift = 25;
	file_header(&header);
	snprintf(out, sizeof(out), "%s.out", path);
	is_i64(khmap_snapshot_write(map, out, NULL), 0, "the header changes under a copy: written");
	fd = open(out, O_RDONLY);
	if (fd < 0 || read(fd, &copy, sizeof(copy)) != sizeof(copy))
		exit(1);
	close(fd);
	unlink(out);
	ok(copy.image_size == original.image_size &&
	   copy.geometry.page_shift == original.geometry.page_shift, "as it was checked");
	file_header(&original);
	khmap_close(map);
}

/* What the page says is shown; what was checked is counted with. */
static void test_inspect(void)
{
	struct inspect inspect = { .rows = json_array(), .page_size = 4096 };
	struct khmap *map = map_open();

	inspect.map.map = map;
	inspect.bytes = khmap_object(map)->base;
	inspect.size = khmap_object(map)->mapped;
	inspect.header = original;
	inspect.raw = original;
	inspect.raw.geometry.page_shift = 16;
	inspect.raw.geometry.bucket_stride = 1u << 15;
	if (khmap_schema_get(map, &inspect.map.schema))
		exit(1);
	is_i64(inspect_page(&inspect, 0), CLI_OK, "another page size under inspect: the header");
	is_i64(inspect_page(&inspect, 1), CLI_OK, "a page");
	is_i64(inspect_bucket(&inspect, KHMAP_PART_PRIMARY, 0, 1), CLI_OK, "a bucket");
	json_decref(inspect.rows);
	khmap_schema_free(inspect.map.schema);
	khmap_close(map);
}

/* Regions far behind the end of a file whose table of checksums "ends" in it. */
static void test_wrap(void)
{
	static const __u32 flags[] = { 0, KHMAP_OPEN_VERIFY, KHMAP_OPEN_DAMAGED };
	struct khmap_open_options options = { .size = sizeof(options) };
	struct khmap_image_header header = original;
	struct khmap *map;
	__u64 offset, table;
	struct stat st;
	size_t i;

	if (stat(path, &st))
		exit(1);
	offset = UINT64_MAX / 513 * 512 & ~4095ull;
	for (offset -= 1u << 20;; offset += 4096) {
		table = ((offset >> 12) * 8 + 4095) & ~4095ull;
		if (offset + table <= (__u64)st.st_size)
			break;
	}
	header.image_size = 1ull << 40;
	header.primary_offset = 1ull << 30;
	header.primary_pages_max = 1u << 20;
	header.primary_pages = 1u << 20;
	header.overflow_offset = 1ull << 39;
	header.overflow_pages_max = 16;
	header.overflow_pages = 16;
	header.shape = (1u << 20) << KHMAP_PLACE_BITS;
	header.mask = khmap_shape_mask(header.shape);
	header.checksum_offset = offset;
	header.checksum_count = offset >> 12;
	file_sign(&header);
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		options.flags = flags[i];
		ok(khmap_open(path, &options, &map) == -EUCLEAN &&
		   strstr(khmap_reason(), "truncated: expected 1099511627776 bytes"),
		   "a table of checksums wraps, flags %u: refused as truncated", flags[i]);
	}
	file_header(&original);
}

static int stop(void *context, const struct khmap_finding *finding)
{
	(void)context;
	return finding->part == KHMAP_PART_PRIMARY || finding->part == KHMAP_PART_OVERFLOW;
}

/* To note the owners of what one reference leads to must not take memory for all before it. */
static void test_sparse(void)
{
	/* At the first fault, in the first chain: that the file's pages are read counts, too. */
	struct khmap_verify_options verify = { .size = sizeof(verify), .finding = stop };
	struct khmap_image_header header = original;
	struct rusage before, after;
	__u32 reference;
	struct khmap *map;

	header.overflow_pages_max = SPARSE_PAGES;
	header.overflow_offset = header.image_size;
	header.image_size += header.overflow_pages_max << 12;
	header.checksum_offset = 0;
	header.checksum_count = 0;
	header.checksum_checksum = 0;
	header.header_checksum = 0;
	file_header(&header);
	if (truncate(path, (off_t)header.image_size))
		exit(1);
	/* Of the first bucket, to the last page. */
	reference = SPARSE_PAGES << header.geometry.overflow_shift;
	file_write(header.primary_offset + 4, &reference, sizeof(reference));
	map = map_open();
	getrusage(RUSAGE_SELF, &before);
	is_i64(khmap_verify(map, &verify), 1, "a sparse file with a reference to its end: faults");
	getrusage(RUSAGE_SELF, &after);
	khmap_close(map);
	ok(after.ru_maxrss - before.ru_maxrss < SPARSE_KIB, "%ld KiB of memory, not %lu",
	   after.ru_maxrss - before.ru_maxrss,
	   (unsigned long)SPARSE_PAGES * header.geometry.overflow_per_page / 128);
}

static void test_options(void)
{
	struct {
		struct khmap_open_options options;
		__u64 more;
	} longer = { .options = { .size = sizeof(longer) } };
	struct khmap *map;

	if (ok(!khmap_open(path, &longer.options, &map), "options that are longer, zeros: taken"))
		khmap_close(map);
	longer.more = 1ull << 32;
	is_i64(khmap_open(path, &longer.options, &map), -E2BIG, "not zeros: E2BIG");
	longer.options.size = sizeof(longer.options) - 1;
	is_i64(khmap_open(path, &longer.options, &map), -EINVAL, "shorter ones: EINVAL");
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 2)
		return 2;
	path = argv[1];
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, &original, sizeof(original)) != sizeof(original) ||
	    original.geometry.page_shift != 12)
		return 2;
	close(fd);
	test_open();
	test_verify();
	test_write();
	test_inspect();
	test_wrap();
	test_options();
	test_sparse();
	return done();
}
