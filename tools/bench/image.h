/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * image.h - an image of 8-byte keys and values, built by the engine
 */
#ifndef KHMAP_BENCH_IMAGE_H
#define KHMAP_BENCH_IMAGE_H

#include <khmap/reader.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bench_image;

/**
 * bench_image_create() - an empty map on huge pages
 * @entries: that are expected
 * @load_percent: target load of its primary slots
 *
 * Return: owned by the caller; NULL if there is no memory.
 */
struct bench_image *bench_image_create(__u64 entries, __u32 load_percent);

/**
 * bench_image_destroy() - free a map
 * @image: or NULL
 */
void bench_image_destroy(struct bench_image *image);

/**
 * bench_image_put() - store a value
 * @image: the map
 * @key: the key
 * @value: the value
 *
 * Return: 0 or a negative errno.
 */
int bench_image_put(struct bench_image *image, __u64 key, __u64 value);

/**
 * bench_table_put_many() - put many keys, as the kernel carries a batch out
 * @table: of the engine
 * @keys: @count keys
 * @values: as many
 * @count: any
 *
 * Return: 0; -errno of the first put that failed, behind which nothing was put.
 */
int bench_table_put_many(struct khmap_table *table, const __u64 *keys,
			 const __u64 *values, size_t count);

/**
 * bench_image_put_many() - store each key with itself for a value
 * @image: the map
 * @keys: the keys
 * @count: of them
 *
 * As a batch does it: each key's buckets are asked for some puts ahead.
 *
 * Return: 0 or the first negative errno.
 */
int bench_image_put_many(struct bench_image *image, const __u64 *keys,
			 size_t count);

/**
 * bench_image_reader() - point a reader at a map
 * @image: the map; must outlive the reader
 * @reader: filled
 */
void bench_image_reader(struct bench_image *image,
			struct khmap_reader *reader);

/**
 * bench_image_bytes() - all memory of a map, the engine's own included
 * @image: the map
 */
__u64 bench_image_bytes(struct bench_image *image);

/**
 * bench_image_pages_bytes() - bytes of a map's image that have something in them
 * @image: the map
 *
 * Without primary pages that are allocated ahead, which hold zeros: a file of the
 * image has holes for them.
 */
__u64 bench_image_pages_bytes(struct bench_image *image);

/**
 * bench_image_entries() - keys of a map
 * @image: the map
 */
__u64 bench_image_entries(struct bench_image *image);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_BENCH_IMAGE_H */
