/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * delta.h - the pages that changed between two snapshots, as a file
 *
 * Documentation/delta-format.rst tells the same in words.  Integers are in the
 * byte order of the host that made the images.
 *
 *	struct khmap_delta_header
 *	struct khmap_delta_run		@runs of them
 *	__u64				@pages checksums, of the pages that follow
 *	pages				@pages of them
 */
#ifndef KHMAP_DELTA_H
#define KHMAP_DELTA_H

#include <khmap/khmap.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KHMAP_DELTA_MAGIC	"KHMAPDLT"
#define KHMAP_DELTA_VERSION	1

/**
 * struct khmap_delta_image - Which image: fields of its header, as in its file.
 * @map_id: of the map
 * @created_ns: when the map was created
 * @epoch: of the snapshot
 * @snapshot_ns: when it was taken
 * @checksum_checksum: of the table of all pages' checksums but the header page's
 * @header_checksum: of the header page
 */
struct khmap_delta_image {
	__u64 map_id;
	__u64 created_ns;
	__u64 epoch;
	__u64 snapshot_ns;
	__u64 checksum_checksum;
	__u64 header_checksum;
};

/**
 * struct khmap_delta_header - The first bytes of a delta.
 * @magic: KHMAP_DELTA_MAGIC, without a final NUL
 * @byte_order: KHMAP_BYTE_ORDER
 * @version: KHMAP_DELTA_VERSION
 * @page_shift: of both images
 * @reserved: 0
 * @base: the image that the delta is applied to
 * @result: the image that comes of it
 * @runs: entries of the index
 * @pages: pages that are stored
 * @index_checksum: XXH64, seed 0, of runs and page checksums
 * @header_checksum: XXH64, seed 0, of this struct up to here
 */
struct khmap_delta_header {
	__u8 magic[8];
	__u32 byte_order;
	__u32 version;
	__u32 page_shift;
	__u32 reserved;
	struct khmap_delta_image base;
	struct khmap_delta_image result;
	__u64 runs;
	__u64 pages;
	__u64 index_checksum;
	__u64 header_checksum;
};

/**
 * enum khmap_delta_region - A region of an image.
 * @KHMAP_DELTA_HEADER: the header page
 * @KHMAP_DELTA_PRIMARY: the primary region
 * @KHMAP_DELTA_OVERFLOW: the overflow region
 * @KHMAP_DELTA_REGIONS: how many there are
 */
enum khmap_delta_region {
	KHMAP_DELTA_HEADER,
	KHMAP_DELTA_PRIMARY,
	KHMAP_DELTA_OVERFLOW,
	KHMAP_DELTA_REGIONS,
};

/**
 * enum khmap_delta_kind - What a run's pages are.
 * @KHMAP_DELTA_STORED: stored, the next ones
 * @KHMAP_DELTA_ZERO: zeros, and not stored
 */
enum khmap_delta_kind {
	KHMAP_DELTA_STORED = 1,
	KHMAP_DELTA_ZERO = 2,
};

/**
 * struct khmap_delta_run - Adjacent pages that are not as in the base.
 * @region: enum khmap_delta_region
 * @kind: enum khmap_delta_kind
 * @first: the first page, counted from the region's start
 * @count: pages, 1 or more, all in the region
 *
 * Runs rise by region and page and do not overlap.  The first is the header
 * page, stored.  A page of the result in no run is the base's page of the same
 * region and number.
 */
struct khmap_delta_run {
	__u32 region;
	__u32 kind;
	__u64 first;
	__u64 count;
};

/**
 * struct khmap_delta_options - How to write or apply a delta, and what it came to.
 * @size: sizeof(struct khmap_delta_options)
 * @flags: must be 0
 * @progress: called now and then with bytes written and bytes in all, both 0 while
 *	      pages are compared and nothing is written; the call ends with -ECANCELED
 *	      if it returns non-zero; or NULL
 * @context: its first argument
 * @pages: out: pages of the result, its header page included
 * @stored: out: of those, pages that the delta stores
 * @zero: out: of those, pages that the delta says are zeros
 * @bytes: out: bytes of the delta
 */
struct khmap_delta_options {
	__u32 size;
	__u32 flags;
	int (*progress)(void *context, __u64 done, __u64 total);
	void *context;
	__u64 pages;
	__u64 stored;
	__u64 zero;
	__u64 bytes;
};

/**
 * khmap_delta_write() - Write the pages that changed between two snapshots.
 * @base: the older one, a snapshot file that has checksums; or a snapshot of the
 *	kernel's: the delta is for the file that khmap_snapshot_write() makes of it
 * @map: the newer one, a file or a snapshot of the same map; or the live map, of
 *	 which one is taken
 * @path: of the delta; replaced if it exists; neither of the two files
 * @options: see there; or NULL for the defaults
 *
 * Both files are verified first.  @path holds all of the delta or what it held
 * before.  Its permissions are those of @map, less the umask.
 *
 * Return: 0; -EBADMSG a checksum is wrong; -ECANCELED @options->progress said so;
 * -EINVAL @base is a live map, or a file without checksums, or @path exists and is not a
 * plain file, or is one of the two files; -ESTALE the two are not of one map;
 * -EUCLEAN an image's regions do not follow each other; -ENOMEM; -ENOSPC, -EACCES
 * and others of the system; of a live map also as khmap_snapshot().
 */
int khmap_delta_write(const struct khmap *base, struct khmap *map, const char *path,
		      struct khmap_delta_options *options);

/**
 * khmap_delta_apply() - Bring a snapshot file forward.
 * @base: the file from which the delta was made
 * @delta: path of the delta
 * @path: of the newer file, byte for byte as khmap_snapshot_write() would write
 *	  it; replaced if it exists; may be that of @base
 * @options: see there; or NULL for the defaults
 *
 * The delta, the base and what comes of them are verified before anything is
 * written, and each page again on its way.  @path holds all of the newer image or
 * what it held before.  Its permissions are those of @base, less the umask.
 *
 * Return: 0; -EBADMSG a checksum of the delta, the base or the result is wrong;
 * -ECANCELED @options->progress said so; -EINVAL @base is no file or has no
 * checksums, or @path exists and is not a plain file; -EPROTONOSUPPORT @delta is
 * no delta, or of another byte order or a newer version;
 * -ESTALE @base is not the image that the delta is for; -EUCLEAN the delta is cut,
 * or says what cannot be; -ENOMEM; -ENOENT, -ENOSPC, -EACCES and others of the
 * system.
 */
int khmap_delta_apply(const struct khmap *base, const char *delta, const char *path,
		      struct khmap_delta_options *options);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_DELTA_H */
