// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * delta_read.c - a delta file, checked
 *
 * The file is read, not mapped, and checked in private memory: who can write it
 * cannot change what was checked, nor cut it short under a load.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "checksum.h"
#include "delta_read.h"
#include "error.h"
#include "header.h"

static int khmap_delta_damaged(const struct khmap_delta *delta, const char *what)
{
	return khmap_fail(EUCLEAN, "%s: damaged: %s", delta->path, what);
}

static int khmap_delta_read(const struct khmap_delta *delta, void *to, size_t size, __u64 offset)
{
	size_t done = 0;
	ssize_t got;

	while (done < size) {
		got = pread(delta->fd, (char *)to + done, size - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return khmap_fail(errno, "%s: read: %s", delta->path, strerror(errno));
		if (!got)
			return khmap_fail(EUCLEAN, "%s: truncated while it was read, at %llu bytes",
					  delta->path, (unsigned long long)(offset + done));
		done += (size_t)got;
	}
	return 0;
}

static int khmap_delta_open_file(struct khmap_delta *delta)
{
	struct stat st;

	delta->fd = open(delta->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (delta->fd < 0 || fstat(delta->fd, &st))
		return khmap_fail(errno, "%s: %s", delta->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return khmap_fail(EPROTONOSUPPORT, "%s: is not a khmap delta: not a plain file",
				  delta->path);
	delta->file_size = (__u64)st.st_size;
	return 0;
}

/* Up to the version nothing has a meaning that another version must keep. */
static int khmap_delta_identify(struct khmap_delta *delta)
{
	struct khmap_delta_header *h = &delta->header;
	size_t size = delta->file_size < sizeof(*h) ? (size_t)delta->file_size : sizeof(*h);
	int err = khmap_delta_read(delta, h, size, 0);

	if (err)
		return err;
	if (size < sizeof(h->magic) || memcmp(h->magic, KHMAP_DELTA_MAGIC, sizeof(h->magic)))
		return khmap_fail(EPROTONOSUPPORT, "%s: is not a khmap delta%s", delta->path,
				  size >= sizeof(h->magic) &&
				  !memcmp(h->magic, KHMAP_IMAGE_MAGIC, sizeof(h->magic)) ?
				  ", but a snapshot file" : "");
	if (size < sizeof(*h))
		return khmap_fail(EUCLEAN, "%s: truncated: expected a header of %zu bytes, found %zu",
				  delta->path, sizeof(*h), size);
	if (h->byte_order == KHMAP_BYTE_ORDER_OTHER)
		return khmap_fail(EPROTONOSUPPORT, "%s: is of hosts of the other byte order",
				  delta->path);
	if (h->byte_order != KHMAP_BYTE_ORDER)
		return khmap_delta_damaged(delta, "byte_order is neither");
	if (!h->version)
		return khmap_delta_damaged(delta, "version is 0");
	if (h->version != KHMAP_DELTA_VERSION)
		return khmap_fail(EPROTONOSUPPORT, "%s: is of format version %u, this library reads version %u",
				  delta->path, h->version, KHMAP_DELTA_VERSION);
	return 0;
}

static int khmap_delta_check_header(const struct khmap_delta *delta)
{
	const struct khmap_delta_header *h = &delta->header;
	__u64 found = khmap_delta_header_sum(h), size = sizeof(*h), page;

	if (found != h->header_checksum)
		return khmap_fail(EBADMSG, "%s: damaged: checksum of its header: expected %016llx, found %016llx",
				  delta->path, (unsigned long long)h->header_checksum,
				  (unsigned long long)found);
	if (h->page_shift < KHMAP_PAGE_SHIFT_MIN || h->page_shift > KHMAP_PAGE_SHIFT_MAX)
		return khmap_delta_damaged(delta, "page_shift is not 12..16");
	if (h->reserved)
		return khmap_delta_damaged(delta, "reserved is not 0");
	page = (1ull << h->page_shift) + sizeof(*delta->sums);
	/* Neither product can wrap, nor the sum. */
	if (h->runs > UINT64_MAX / 4 / sizeof(*delta->runs) || h->pages > UINT64_MAX / 4 / page)
		return khmap_delta_damaged(delta, "more runs or pages than any file has");
	size += h->runs * sizeof(*delta->runs) + h->pages * page;
	if (size != delta->file_size)
		return khmap_fail(EUCLEAN, "%s: %s: expected %llu bytes, found %llu", delta->path,
				  delta->file_size < size ? "truncated" : "damaged",
				  (unsigned long long)size, (unsigned long long)delta->file_size);
	if (!h->runs || !h->pages)
		return khmap_delta_damaged(delta, "it has no header page");
	return 0;
}

static int khmap_delta_load_index(struct khmap_delta *delta)
{
	const struct khmap_delta_header *h = &delta->header;
	/* Less than the file has, which was compared, and which may be more than memory. */
	__u64 runs = h->runs * sizeof(*delta->runs);
	__u64 bytes = runs + h->pages * sizeof(*delta->sums), found;
	size_t size = (size_t)bytes;
	int err;

	delta->index = bytes > PTRDIFF_MAX ? NULL : malloc(size);
	if (!delta->index)
		return khmap_fail(ENOMEM, "%s: no memory for its index of %llu bytes", delta->path,
				  (unsigned long long)bytes);
	err = khmap_delta_read(delta, delta->index, size, sizeof(*h));
	if (err)
		return err;
	found = XXH64(delta->index, size, 0);
	if (found != h->index_checksum)
		return khmap_fail(EBADMSG, "%s: damaged: checksum of its index: expected %016llx, found %016llx",
				  delta->path, (unsigned long long)h->index_checksum,
				  (unsigned long long)found);
	delta->runs = delta->index;
	delta->sums = (void *)((char *)delta->index + runs);
	return 0;
}

/* The result's header page: what would be refused in a file is refused here. */
static int khmap_delta_note_header(void *context, const struct khmap_finding *finding)
{
	const struct khmap_delta *delta = context;

	if (!finding->err)
		return 0;
	khmap_fail(EUCLEAN, "%s: damaged: the result's %s", delta->path, finding->text);
	return 1;
}

static int khmap_delta_load_image(struct khmap_delta *delta)
{
	struct khmap_report report = { .finding = khmap_delta_note_header, .context = delta };
	struct khmap_image_header *image = &delta->image;
	size_t page_size = (size_t)1 << delta->header.page_shift;
	struct khmap_header_view view = { .header = image, .is_file = true };
	struct khmap_delta_image identity;
	__u64 table;
	int err;

	delta->image_page = malloc(page_size);
	if (!delta->image_page)
		return khmap_fail(ENOMEM, "%s: no memory for a page", delta->path);
	err = khmap_delta_read_page(delta, 0, 0, delta->image_page);
	if (err)
		return err;
	memcpy(image, delta->image_page, sizeof(*image));
	if (image->geometry.page_shift != delta->header.page_shift)
		return khmap_delta_damaged(delta, "the result's pages are of another size");
	if (image->checksum_offset != image->image_size ||
	    image->image_size > UINT64_MAX / 2)
		return khmap_delta_damaged(delta, "the result's checksums are not behind its pages");
	table = (image->image_size >> delta->header.page_shift) * sizeof(__u64);
	/* The size that its file will have. */
	view.file_size = image->image_size + ((table + page_size - 1) & ~((__u64)page_size - 1));
	view.page = delta->image_page;
	if (khmap_header_identify(&view, &report))
		khmap_header_check(&view, &report);
	if (report.stopped)
		return -EUCLEAN;
	err = khmap_delta_adjacent(image, delta->path);
	if (err)
		return err;
	/* A few runs of zeros make a large image, of which 32 bits do not count the pages. */
	if (table > PTRDIFF_MAX / 2)
		return khmap_fail(ENOMEM, "%s: no memory for %llu bytes of the result's checksums",
				  delta->path, (unsigned long long)table);
	identity = khmap_delta_identity(image);
	if (memcmp(&identity, &delta->header.result, sizeof(identity)))
		return khmap_delta_damaged(delta, "the result's header page is not of the image that it names");
	return 0;
}

static int khmap_delta_run_fail(const struct khmap_delta *delta, __u64 run, const char *what)
{
	const struct khmap_delta_run *r = &delta->runs[run];

	return khmap_fail(EUCLEAN, "%s: damaged: run %llu (region %u, kind %u, %llu pages from %llu on) %s",
			  delta->path, (unsigned long long)run, r->region, r->kind,
			  (unsigned long long)r->count, (unsigned long long)r->first, what);
}

static int khmap_delta_check_runs(struct khmap_delta *delta)
{
	const struct khmap_delta_run *run = delta->runs, *last = NULL;
	__u64 i, stored = 0, pages;

	if (run->region != KHMAP_DELTA_HEADER || run->kind != KHMAP_DELTA_STORED)
		return khmap_delta_run_fail(delta, 0, "is not the header page");
	for (i = 0; i < delta->header.runs; i++, last = run++) {
		if (run->region >= KHMAP_DELTA_REGIONS)
			return khmap_delta_run_fail(delta, i, "is in no region");
		if (run->kind != KHMAP_DELTA_STORED && run->kind != KHMAP_DELTA_ZERO)
			return khmap_delta_run_fail(delta, i, "is of no known kind");
		pages = khmap_delta_region_pages(&delta->image, run->region);
		if (!run->count || run->count > pages || run->first > pages - run->count)
			return khmap_delta_run_fail(delta, i, "leaves its region");
		if (last && (run->region < last->region ||
			     (run->region == last->region &&
			      run->first < last->first + last->count)))
			return khmap_delta_run_fail(delta, i, "is not behind the one before");
		if (run->kind == KHMAP_DELTA_STORED)
			stored += run->count;
		else
			delta->zero += run->count;
	}
	if (stored != delta->header.pages)
		return khmap_fail(EUCLEAN, "%s: damaged: its runs are of %llu stored pages, it has %llu",
				  delta->path, (unsigned long long)stored,
				  (unsigned long long)delta->header.pages);
	return 0;
}

int khmap_delta_open(struct khmap_delta *delta, const char *path)
{
	int err;

	*delta = (struct khmap_delta){ .path = path, .fd = -1 };
	err = khmap_delta_open_file(delta);
	if (!err)
		err = khmap_delta_identify(delta);
	if (!err)
		err = khmap_delta_check_header(delta);
	if (!err)
		err = khmap_delta_load_index(delta);
	if (!err)
		err = khmap_delta_load_image(delta);
	if (!err)
		err = khmap_delta_check_runs(delta);
	return err;
}

int khmap_delta_read_page(const struct khmap_delta *delta, __u64 stored, __u64 page, void *to)
{
	const struct khmap_delta_header *h = &delta->header;
	size_t page_size = (size_t)1 << h->page_shift;
	__u64 offset = sizeof(*h) + h->runs * sizeof(*delta->runs) +
		       h->pages * sizeof(*delta->sums) + stored * page_size;
	struct khmap_delta_place place = { .region = KHMAP_DELTA_HEADER };
	int err = khmap_delta_read(delta, to, page_size, offset);
	__u64 found;

	if (err)
		return err;
	found = khmap_checksum_page(to, page_size, page);
	if (found == delta->sums[stored])
		return 0;
	if (page)
		place = khmap_delta_place(&delta->image, page);
	return khmap_fail(EBADMSG, "%s: damaged: %s page %llu at 0x%llx: checksum: expected %016llx, found %016llx",
			  delta->path, khmap_delta_region_name(place.region),
			  (unsigned long long)place.page, (unsigned long long)offset,
			  (unsigned long long)delta->sums[stored], (unsigned long long)found);
}

void khmap_delta_close(struct khmap_delta *delta)
{
	if (delta->fd >= 0)
		close(delta->fd);
	free(delta->index);
	free(delta->image_page);
}
