// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_delta_large.c - deltas that say more than memory holds
 *
 * A few bytes stand for pages without end.  Built for 32 bits, too, where counts of
 * the format do not fit a size.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

#include "checksum.h"
#include "delta.h"
#include "test_delta.h"

/* Of more than KHMAP_DELTA_STEP pages. */
#define KEYS	200000

/* More than 32 bits can count, with the other regions; else what takes long. */
#define MANY	(sizeof(size_t) == 4 ? UINT32_MAX : 1u << 22)

/* A header page and one run of zeros: MANY pages. */
struct forged {
	struct khmap_delta_header header;
	struct khmap_delta_run runs[2];
	u64 sum;
	unsigned char page[KHMAP_OS_PAGE_SIZE];
};

static struct khmap_image_header image_header(const char *path)
{
	struct khmap_image_header header;
	struct bytes bytes = bytes_load(path);

	memcpy(&header, bytes.at, sizeof(header));
	free(bytes.at);
	return header;
}

static void prepare(void)
{
	struct khmap_table_params p = params_make(8, 8, KEYS);
	struct engine e;

	engine_open(&e, &p);
	put_range(&e, 0, KEYS, 1);
	snapshot_file(&e, 1, "./a.khm");
	engine_close(&e);
}

static void forge(struct forged *forged)
{
	struct khmap_image_header base = image_header("./a.khm"), image = base;
	struct bytes bytes = bytes_load("./a.khm");

	image.overflow_pages_max = MANY;
	image.image_size = image.overflow_offset + ((u64)MANY << KHMAP_OS_PAGE_SHIFT);
	image.checksum_offset = image.image_size;
	image.checksum_count = image.image_size >> KHMAP_OS_PAGE_SHIFT;
	memcpy(forged->page, bytes.at, sizeof(forged->page));
	memcpy(forged->page, &image, sizeof(image));
	image.header_checksum = khmap_checksum_header(forged->page, sizeof(forged->page));
	memcpy(forged->page, &image, sizeof(image));
	free(bytes.at);

	forged->sum = khmap_checksum_page(forged->page, sizeof(forged->page), 0);
	forged->runs[0] = (struct khmap_delta_run){ KHMAP_DELTA_HEADER, KHMAP_DELTA_STORED, 0, 1 };
	forged->runs[1] = (struct khmap_delta_run){ KHMAP_DELTA_OVERFLOW, KHMAP_DELTA_ZERO, 0,
						    MANY };
	forged->header = (struct khmap_delta_header){
		.byte_order = KHMAP_BYTE_ORDER,
		.version = KHMAP_DELTA_VERSION,
		.page_shift = KHMAP_OS_PAGE_SHIFT,
		.base = khmap_delta_identity(&base),
		.result = khmap_delta_identity(&image),
		.runs = 2,
		.pages = 1,
		.index_checksum = XXH64(forged->runs, sizeof(forged->runs) + sizeof(forged->sum),
					0),
	};
	memcpy(forged->header.magic, KHMAP_DELTA_MAGIC, sizeof(forged->header.magic));
	forged->header.header_checksum = khmap_delta_header_sum(&forged->header);
}

/**
 * struct stopper - Ends what takes too long.
 * @calls: that were made
 * @last: the one that ends it
 * @written: bytes, as told by any of them
 */
struct stopper {
	unsigned int calls;
	unsigned int last;
	u64 written;
};

static int stop(void *context, __u64 done, __u64 total)
{
	struct stopper *stopper = context;

	stopper->written += done + total;
	return ++stopper->calls == stopper->last;
}

static int apply(const char *delta, struct stopper *stopper)
{
	struct khmap_delta_options options = {
		.size = sizeof(options),
		.progress = stop,
		.context = stopper,
	};
	struct khmap *base;
	int got;

	khmap_open("./a.khm", NULL, &base);
	got = khmap_delta_apply(base, delta, "./out", &options);
	khmap_close(base);
	ok(access("./out", F_OK) && !stopper->written, "nothing is written: %s", khmap_reason());
	return got;
}

static void test_many_pages(struct forged *forged)
{
	const struct bytes bytes = { (unsigned char *)forged, sizeof(*forged) };
	/* One call is of the base's own pages. */
	struct stopper stopper = { .last = 3 };

	bytes_store(&bytes, "./many");
	is_i64(apply("./many", &stopper), sizeof(size_t) == 4 ? -ENOMEM : -ECANCELED,
	       "%u pages of zeros in %zu bytes", MANY, sizeof(*forged));
}

/* Who waits for pages to be compared can stop, too. */
static void test_stopped(void)
{
	struct stopper stopper = { .last = 1 };
	struct khmap_delta_options options = {
		.size = sizeof(options),
		.progress = stop,
		.context = &stopper,
	};
	unsigned int last;

	is_i64(delta_make("./a.khm", "./a.khm", "./same", NULL), 0, "a delta without a change");
	is_i64(apply("./same", &stopper), -ECANCELED, "stopped at the base's checksums");
	stopper = (struct stopper){ .last = 2 };
	is_i64(apply("./same", &stopper), -ECANCELED, "stopped when the result is compared");
	for (last = 1; last <= 3; last++) {
		stopper = (struct stopper){ .last = last };
		is_i64(delta_make("./a.khm", "./a.khm", "./out", &options), -ECANCELED,
		       "a delta, at call %u", last);
		ok(access("./out", F_OK) && !stopper.written, "nothing is written");
	}
}

/* Runs whose bytes are 2^32 and 8: the first 8 of them, and the sum, are signed. */
static void test_long_index(struct forged *forged)
{
	struct khmap_delta_header *h = &forged->header;
	off_t size;
	int fd;

	h->runs = ((1ull << 32) + 8) / sizeof(struct khmap_delta_run);
	is_u64((u32)(h->runs * sizeof(struct khmap_delta_run)), 8, "as many runs");
	h->index_checksum = XXH64(forged->runs, 16, 0);
	h->header_checksum = khmap_delta_header_sum(h);
	size = (off_t)(sizeof(*h) + h->runs * sizeof(struct khmap_delta_run) + h->pages * 8 +
		       h->pages * KHMAP_OS_PAGE_SIZE);
	fd = open("./long", O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, size) ||
	    pwrite(fd, forged, sizeof(*h) + sizeof(forged->runs), 0) < 0 ||
	    pwrite(fd, forged->page, sizeof(forged->page), size - (off_t)sizeof(forged->page)) < 0)
		err(1, "./long");
	close(fd);
	is_i64(delta_use("./a.khm", "./long", "./out"), -ENOMEM, "4 GiB of runs");
	is_str(khmap_reason(), "./long: no memory for its index of 4294967312 bytes", "it says so");
}

int main(void)
{
	static struct forged forged;

	folder_enter();
	prepare();
	forge(&forged);
	test_many_pages(&forged);
	test_stopped();
	if (sizeof(size_t) == 4)
		test_long_index(&forged);
	ok(folder_leave(sizeof(size_t) == 4 ? 4 : 3), "no temporary file is left");
	return done();
}
