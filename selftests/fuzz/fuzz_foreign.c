// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * fuzz_foreign.c - whatever a file of the other byte order holds, to read its entries
 * ends well
 *
 * An input is a file.  Its checksums are made anew, as far as they are where its
 * header says, because else nearly every input would be refused for them alone.  A
 * sanitizer tells what leaves its memory; an errno that is not promised aborts.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <khmap/foreign.h>

#include "checksum.h"
#include "fuzz.h"
#include "header_fields.h"

#define SIZE_MAX_FUZZ	(1u << 17)

static void need(bool fine)
{
	if (!fine)
		abort();
}

static bool told(int err)
{
	return err == -EINVAL || err == -EUCLEAN || err == -EBADMSG || err == -EPROTONOSUPPORT ||
	       err == -ENODATA;
}

/* Of each page before the table, and of the table itself. */
static void table_sign(unsigned char *bytes, size_t size, struct khmap_image_header *header)
{
	size_t page_size = (size_t)1 << header->geometry.page_shift;
	unsigned char *table;
	uint64_t page;

	if (header->checksum_offset > size || header->checksum_offset % page_size ||
	    header->checksum_count != header->checksum_offset / page_size ||
	    header->checksum_count > (size - header->checksum_offset) / sizeof(uint64_t))
		return;
	table = bytes + header->checksum_offset;
	for (page = 1; page < header->checksum_count; page++) {
		uint64_t sum = khmap_checksum_page(bytes + page * page_size, page_size, page);

		sum = __builtin_bswap64(sum);
		memcpy(table + page * sizeof(sum), &sum, sizeof(sum));
	}
	header->checksum_checksum = khmap_checksum_table(table, header->checksum_count);
}

static void image_sign(unsigned char *bytes, size_t size)
{
	struct khmap_image_header header;
	size_t page_size;

	if (size < sizeof(header))
		return;
	memcpy(&header, bytes, sizeof(header));
	khmap_header_swap(&header);
	if (header.geometry.page_shift < 12 || header.geometry.page_shift > 16)
		return;
	page_size = (size_t)1 << header.geometry.page_shift;
	if (page_size > size || !header.header_checksum)
		return;
	if (header.checksum_offset)
		table_sign(bytes, size, &header);
	khmap_header_swap(&header);
	memcpy(bytes, &header, sizeof(header));
	header.header_checksum = __builtin_bswap64(khmap_checksum_header(bytes, page_size));
	memcpy(bytes, &header, sizeof(header));
}

static void foreign_use(struct khmap_foreign *foreign, size_t size)
{
	const struct khmap_image_header *header = khmap_foreign_header(foreign);
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	uint64_t entries = 0;
	int got;

	while ((got = khmap_foreign_next(foreign, key, value)) > 0)
		entries++;
	need(!got || got == -EUCLEAN || got == -EBADMSG);
	need(got || entries == header->entries);
	/* A bucket may be in the chain of every other one, but no chain has more than 32. */
	need(entries <= (uint64_t)size * KHMAP_CHAIN_MAX);
	need(khmap_foreign_next(foreign, key, value) == got);
}

static int file_open(const char *path, uint32_t flags, size_t size)
{
	struct khmap_foreign *foreign;
	int err = khmap_foreign_open(path, flags, &foreign);

	if (err) {
		need(told(err) && *khmap_reason());
		return err;
	}
	need(flags || khmap_foreign_schema(foreign));
	foreign_use(foreign, size);
	khmap_foreign_close(foreign);
	return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	unsigned char *bytes;
	char path[32];
	int fd;

	if (size > SIZE_MAX_FUZZ)
		return 0;
	bytes = malloc(size + 1);
	fd = memfd_create("foreign", MFD_CLOEXEC);
	need(bytes && fd >= 0);
	memcpy(bytes, data, size);
	image_sign(bytes, size);
	need(write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* What is refused for its schema alone can be read without. */
	if (file_open(path, 0, size) == -ENODATA)
		need(file_open(path, KHMAP_FOREIGN_OPAQUE, size) != -ENODATA);
	close(fd);
	free(bytes);
	return 0;
}
