// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * image.c - an image of 8-byte keys and values, built by the engine
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <linux/khmap.h>

#include "../../kmod/core/table.h"
#include "../../user/engine/memory.h"
#include "image.h"

/* Addresses, not memory: a map takes more than it was made for. */
#if __SIZEOF_POINTER__ == 8
#define IMAGE_BYTES	(4ull << 30)
#else
#define IMAGE_BYTES	(1ull << 29)
#endif

struct bench_image {
	struct khmap_account *account;
	struct khmap_table *table;
};

/*
 * The engine asks for pages few by few.
 * In a range that is writable beforehand they come to lie on huge pages all the
 * same, as the peers' arrays do.
 */
static int bench_image_huge(struct khmap_account *account, __u64 bytes)
{
	void *start = khmap_account_image(account);

	if (mprotect(start, bytes, PROT_READ | PROT_WRITE))
		return -1;
	/* A system without huge pages measures without them. */
	madvise(start, bytes, MADV_HUGEPAGE);
	return 0;
}

struct bench_image *bench_image_create(__u64 entries, __u32 load_percent)
{
	const struct khmap_table_params params = {
		.key_size = 8,
		.value_size = 8,
		.layout = KHMAP_LAYOUT_ALIGNED,
		.hash_kind = KHMAP_HASH_FOLD,
		.load_percent = load_percent,
		.stripes = KHMAP_STRIPES,
		.expected_entries = entries,
		.max_pages = (__u32)((IMAGE_BYTES + entries * 64) >> 12) / 2,
		.secret = { 0x243f6a8885a308d3ull, 0x13198a2e03707344ull },
	};
	struct bench_image *image = calloc(1, sizeof(*image));
	__u64 bytes = IMAGE_BYTES + entries * 64;

	if (!image)
		return NULL;
	image->account = khmap_account_create(bytes, 0, true);
	if (!image->account || bench_image_huge(image->account, bytes) ||
	    khmap_table_create(&params, image->account, &image->table)) {
		bench_image_destroy(image);
		return NULL;
	}
	return image;
}

void bench_image_destroy(struct bench_image *image)
{
	if (!image)
		return;
	khmap_table_destroy(image->table);
	khmap_account_destroy(image->account);
	free(image);
}

int bench_image_put(struct bench_image *image, __u64 key, __u64 value)
{
	return khmap_table_put(image->table, &key, &value, KHMAP_PUT_EITHER,
			       NULL);
}

int bench_table_put_many(struct khmap_table *table, const __u64 *keys,
			 const __u64 *values, size_t count)
{
	enum { ahead = 16, near = 8 };
	const void *bucket[ahead];
	size_t i;
	int err;

	for (i = 0; i < ahead && i < count; i++)
		bucket[i] = khmap_table_prefetch(table, &keys[i]);
	for (i = 0; i < count; i++) {
		if (i + ahead < count)
			bucket[i % ahead] = khmap_table_prefetch(table, &keys[i + ahead]);
		if (i + near < count)
			khmap_table_peek(table, bucket[(i + near) % ahead]);
		err = khmap_table_put(table, &keys[i], &values[i], KHMAP_PUT_EITHER, NULL);
		if (err)
			return err;
	}
	return 0;
}

int bench_image_put_many(struct bench_image *image, const __u64 *keys,
			 size_t count)
{
	return bench_table_put_many(image->table, keys, keys, count);
}

void bench_image_reader(struct bench_image *image, struct khmap_reader *reader)
{
	khmap_reader_init(reader, image->table->header,
			  khmap_account_image(image->account));
}

__u64 bench_image_bytes(struct bench_image *image)
{
	return khmap_account_used(image->account);
}

__u64 bench_image_pages_bytes(struct bench_image *image)
{
	const struct khmap_image_header *header = image->table->header;
	struct khmap_counts counts;
	__u64 primary;

	khmap_table_stat(image->table, &counts);	/* brings the header up to date */
	/* Up to the last page that is split off, in part or as a whole. */
	primary = ((__u64)header->shape + KHMAP_PLACE_UNITS - 1) >> KHMAP_PLACE_BITS;
	return (1 + primary + header->overflow_pages) << header->geometry.page_shift;
}

__u64 bench_image_entries(struct bench_image *image)
{
	struct khmap_counts counts;

	khmap_table_stat(image->table, &counts);
	return counts.entries;
}
