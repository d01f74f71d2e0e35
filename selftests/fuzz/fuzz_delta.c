// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * fuzz_delta.c - whatever a delta holds, to apply it ends well
 *
 * An input is a delta for the kept image v1-mid-split.khm.  What nearly every mutation
 * makes wrong - the base's identity, the checksums, the result's identity - is put
 * right again, because else nearly every input would be refused for that alone.  It is
 * applied, and the result is a snapshot file that opens and has the pages that the
 * delta says; or it is refused with an errno that is promised, and there is no file.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "delta.h"
#include "checksum.h"
#include "fuzz.h"
#include <khmap/verify.h>

#define SIZE_MAX_FUZZ	(1u << 18)
/* A few runs of zeros make an image of terabytes, which takes its time. */
#define RESULT_MAX	(1u << 20)

static void need(bool fine)
{
	if (!fine)
		abort();
}

static struct khmap *base_open(void)
{
	struct khmap *base;

	need(!khmap_open(FUZZ_IMAGES "/v1-mid-split.khm", NULL, &base));
	return base;
}

/* A delta in memory, and where its parts are; NULL what it is too short for. */
struct delta {
	unsigned char *bytes;
	size_t size;
	struct khmap_delta_header header;
	size_t page_size;
	unsigned char *index;
	size_t index_size;
	unsigned char *sums;
	unsigned char *pages;
};

static void delta_parse(struct delta *delta)
{
	struct khmap_delta_header *h = &delta->header;
	size_t runs;

	if (delta->size < sizeof(*h))
		return;
	memcpy(h, delta->bytes, sizeof(*h));
	if (h->page_shift < 12 || h->page_shift > 16)
		return;
	delta->page_size = (size_t)1 << h->page_shift;
	if (h->runs > delta->size || h->pages > delta->size)
		return;
	runs = h->runs * sizeof(struct khmap_delta_run);
	delta->index_size = runs + h->pages * sizeof(__u64);
	if (sizeof(*h) + delta->index_size + h->pages * delta->page_size != delta->size)
		return;
	delta->index = delta->bytes + sizeof(*h);
	delta->sums = delta->index + runs;
	delta->pages = delta->sums + h->pages * sizeof(__u64);
}

/* The numbers that the stored pages have in the result; 0 of what is in no run. */
static __u64 delta_page(const struct delta *delta, const struct khmap_image_header *image,
			__u64 stored)
{
	struct khmap_delta_run run;
	__u64 i, page = 0;

	for (i = 0; i < delta->header.runs; i++) {
		memcpy(&run, delta->index + i * sizeof(run), sizeof(run));
		if (run.kind != KHMAP_DELTA_STORED)
			continue;
		if (stored < run.count) {
			const struct khmap_delta_place place = { run.region, run.first + stored };

			return run.region < KHMAP_DELTA_REGIONS &&
			       khmap_delta_page(image, place, &page) ? page : 0;
		}
		stored -= run.count;
	}
	return 0;
}

/* The header page of the result, and whether it is one to be gone on with. */
static bool delta_image(const struct delta *delta, struct khmap_image_header *image)
{
	if (!delta->pages || !delta->header.pages)
		return true;
	memcpy(image, delta->pages, sizeof(*image));
	return image->image_size <= RESULT_MAX;
}

static void delta_sign(struct delta *delta, const struct khmap_image_header *base,
		       struct khmap_image_header *image)
{
	struct khmap_delta_header *h = &delta->header;
	__u64 i, sum;

	if (delta->pages && h->pages) {
		memcpy(delta->pages, image, sizeof(*image));
		image->header_checksum = khmap_checksum_header(delta->pages, delta->page_size);
		memcpy(delta->pages, image, sizeof(*image));
		h->result = khmap_delta_identity(image);
		for (i = 0; i < h->pages; i++) {
			sum = khmap_checksum_page(delta->pages + i * delta->page_size,
						  delta->page_size,
						  i ? delta_page(delta, image, i) : 0);
			memcpy(delta->sums + i * sizeof(sum), &sum, sizeof(sum));
		}
		h->index_checksum = XXH64(delta->index, delta->index_size, 0);
	}
	if (delta->size < sizeof(*h))
		return;
	h->base = khmap_delta_identity(base);
	h->header_checksum = khmap_delta_header_sum(h);
	memcpy(delta->bytes, h, sizeof(*h));
}

/* The file, in memory, that a delta is read from. */
static void delta_path(const struct delta *delta, int *fd, char *path, size_t size)
{
	*fd = memfd_create("delta", MFD_CLOEXEC);
	need(*fd >= 0 && write(*fd, delta->bytes, delta->size) == (ssize_t)delta->size);
	snprintf(path, size, "/proc/self/fd/%d", *fd);
}

static int delta_apply(const struct delta *delta, const struct khmap *base, const char *to)
{
	char path[32];
	int fd, err;

	delta_path(delta, &fd, path, sizeof(path));
	err = khmap_delta_apply(base, path, to, NULL);
	close(fd);
	need(!err || err == -EBADMSG || err == -EPROTONOSUPPORT || err == -ESTALE ||
	     err == -EUCLEAN);
	need(!err || *khmap_reason());
	need(!err == !access(to, F_OK));
	return err;
}

/* What a page of the result must be, by the definition of a delta and no other code. */
static void page_compare(const struct delta *delta, const struct khmap_object *base,
			 struct khmap_delta_place place, const unsigned char *page)
{
	static const unsigned char zeros[1 << 16];
	const struct khmap_image_header *old = &base->header;
	const unsigned char *stored = delta->pages;
	struct khmap_delta_run run;
	__u64 i, offset;

	for (i = 0; i < delta->header.runs; i++) {
		memcpy(&run, delta->index + i * sizeof(run), sizeof(run));
		if (run.region == place.region && place.page - run.first < run.count)
			break;
		if (run.kind == KHMAP_DELTA_STORED)
			stored += run.count * delta->page_size;
	}
	if (i < delta->header.runs && run.kind == KHMAP_DELTA_STORED) {
		stored += (place.page - run.first) * delta->page_size;
	} else if (i < delta->header.runs) {
		stored = zeros;
	} else {
		offset = place.region == KHMAP_DELTA_PRIMARY ? old->primary_offset :
							       old->overflow_offset;
		need(place.region != KHMAP_DELTA_HEADER &&
		     place.page < (place.region == KHMAP_DELTA_PRIMARY ?
				   old->primary_pages_max : old->overflow_pages_max));
		stored = (const unsigned char *)base->base + offset + place.page * delta->page_size;
	}
	need(!memcmp(page, stored, delta->page_size));
}

static void result_compare(const struct delta *delta, const struct khmap *base,
			   const struct khmap *result)
{
	const struct khmap_image_header *image = &khmap_object(result)->header;
	const unsigned char *bytes = khmap_object(result)->base;
	struct khmap_delta_place place = { .region = KHMAP_DELTA_HEADER };

	page_compare(delta, khmap_object(base), place, bytes);
	place.region = KHMAP_DELTA_PRIMARY;
	for (place.page = 0; place.page < image->primary_pages_max; place.page++)
		page_compare(delta, khmap_object(base), place,
			     bytes + image->primary_offset + place.page * delta->page_size);
	place.region = KHMAP_DELTA_OVERFLOW;
	for (place.page = 0; place.page < image->overflow_pages_max; place.page++)
		page_compare(delta, khmap_object(base), place,
			     bytes + image->overflow_offset + place.page * delta->page_size);
}

/* It is a file as any other: every page has its checksum, whatever is in it. */
static void result_use(const struct delta *delta, const struct khmap *base, const char *path)
{
	const struct khmap_open_options options = {
		.size = sizeof(options),
		.flags = KHMAP_OPEN_VERIFY,
	};
	struct khmap_verify_options verify = { .size = sizeof(verify) };
	struct khmap *map;
	int got;

	need(!khmap_open(path, &options, &map));
	result_compare(delta, base, map);
	got = khmap_verify(map, &verify);
	need(got == 0 || got == 1);
	khmap_close(map);
	need(!unlink(path));
}

static void delta_try(struct delta *delta, const struct khmap *base)
{
	const struct khmap_image_header *old = &khmap_object(base)->header;
	struct khmap_image_header image = { 0 };
	const char *found;
	char to[64];

	delta_parse(delta);
	if (!delta_image(delta, &image))
		return;
	delta_sign(delta, old, &image);
	snprintf(to, sizeof(to), "/dev/shm/khmap-fuzz-delta-%d", (int)getpid());
	/* One of a run that ended early. */
	unlink(to);
	if (delta_apply(delta, base, to) == -EBADMSG) {
		/* What comes of it is told: let that be what it should be. */
		found = strstr(khmap_reason(), "what comes of it");
		found = found ? strstr(found, "found ") : NULL;
		if (!found)
			return;
		image.checksum_checksum = strtoull(found + strlen("found "), NULL, 16);
		delta_sign(delta, old, &image);
		if (delta_apply(delta, base, to))
			abort();
	}
	if (!access(to, F_OK))
		result_use(delta, base, to);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct khmap *base;
	struct delta delta = { .size = size };

	if (size > SIZE_MAX_FUZZ)
		return 0;
	if (!base)
		base = base_open();
	delta.bytes = malloc(size + 1);
	need(delta.bytes);
	memcpy(delta.bytes, data, size);
	delta_try(&delta, base);
	free(delta.bytes);
	return 0;
}
