/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * compress.h - snapshot files that are compressed, and read without unpacking all
 *
 * Documentation/compressed-format.rst tells the same in words.  Integers are in
 * the byte order of the host that made the image.
 *
 *	struct khmap_compressed_header
 *	frames				of runs 1, 2, 3...; none for one of zeros
 *	frame				of run 0, the image's header page
 *	struct khmap_compressed_run	one for each run, from run 0 on
 *
 * A program that calls nothing of this header needs neither liblz4 nor libzstd
 * when it is linked statically.
 */
#ifndef KHMAP_COMPRESS_H
#define KHMAP_COMPRESS_H

#include <khmap/khmap.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KHMAP_COMPRESSED_MAGIC		"KHMAPCMP"
#define KHMAP_COMPRESSED_VERSION	1
#define KHMAP_COMPRESSED_RUN_MAX	(1u << 20)	/* bytes of a run */

/**
 * enum khmap_codec_kind - Of what kind the frames are.
 * @KHMAP_CODEC_LZ4: LZ4 frames
 * @KHMAP_CODEC_ZSTD: Zstandard frames
 */
enum khmap_codec_kind {
	KHMAP_CODEC_LZ4 = 1,
	KHMAP_CODEC_ZSTD = 2,
};

/**
 * struct khmap_compressed_header - The first bytes of a compressed file.
 * @magic: KHMAP_COMPRESSED_MAGIC, without a final NUL
 * @byte_order: KHMAP_BYTE_ORDER
 * @version: KHMAP_COMPRESSED_VERSION
 * @page_shift: of the image
 * @codec: enum khmap_codec_kind
 * @run_pages: pages of a run, but for run 0, which has one, and the last
 * @header_length: bytes of the frame of run 0, which ends where the index begins
 * @image_bytes: of the file that comes of it, table of checksums included
 * @index_offset: of the index, with which the file ends
 * @index_checksum: XXH64, seed 0, of the index
 * @header_checksum: XXH64, seed 0, of this struct up to here
 */
struct khmap_compressed_header {
	__u8 magic[8];
	__u32 byte_order;
	__u32 version;
	__u32 page_shift;
	__u32 codec;
	__u32 run_pages;
	__u32 header_length;
	__u64 image_bytes;
	__u64 index_offset;
	__u64 index_checksum;
	__u64 header_checksum;
};

/**
 * struct khmap_compressed_run - One run of pages, in the index.
 * @offset: of its frame, from the file's start
 * @length: bytes of its frame
 * @frame_checksum: XXH32, seed 0, of its frame
 * @checksum: XXH64 of the pages, seed the run's number
 *
 * All zero for a run of zeros, which has no frame.
 */
struct khmap_compressed_run {
	__u64 offset;
	__u32 length;
	__u32 frame_checksum;
	__u64 checksum;
};

/**
 * struct khmap_compress_options - How to write a compressed file, and what it came to.
 * @size: sizeof(struct khmap_compress_options)
 * @flags: must be 0
 * @codec: enum khmap_codec_kind; 0 for KHMAP_CODEC_ZSTD
 * @level: of the codec, 1..12 of LZ4, 1..22 of Zstandard; 0 for its default
 * @run_pages: pages of a run, at most KHMAP_COMPRESSED_RUN_MAX bytes; 0 for 64 KiB
 * @reserved: must be 0
 * @progress: called now and then with bytes of the image that were compressed and
 *	      those in all; the call ends with -ECANCELED if it returns non-zero; or
 *	      NULL
 * @context: its first argument
 * @image_bytes: out: bytes of the file that khmap_snapshot_write() would have
 *		 written
 * @file_bytes: out: bytes of the compressed file
 */
struct khmap_compress_options {
	__u32 size;
	__u32 flags;
	__u32 codec;
	__u32 level;
	__u32 run_pages;
	__u32 reserved;
	int (*progress)(void *context, __u64 done, __u64 total);
	void *context;
	__u64 image_bytes;
	__u64 file_bytes;
};

/**
 * khmap_compress_write() - Write a snapshot to a compressed file.
 * @map: a snapshot; or a live map, of which one is taken
 * @path: of the file; replaced if it exists
 * @options: see there; or NULL for the defaults
 *
 * As khmap_snapshot_write(): @path holds all of it or what it held before, and its
 * permissions are the map's, less the umask.  Memory beside the map's own pages is
 * one run, 8 bytes a page and 24 a run.  Of the same image, the same options and
 * the same codec's library the same bytes come.
 *
 * Return: 0; -ECANCELED @options->progress said so; -EINVAL an option is out of its
 * range, or @path exists and is not a plain file; -EUCLEAN the image is corrupt;
 * -ENOMEM; -ENOSPC, -EACCES and others of the system; of a live map also as
 * khmap_snapshot().
 */
int khmap_compress_write(struct khmap *map, const char *path,
			 struct khmap_compress_options *options);

struct khmap_compressed;

/**
 * khmap_compressed_open() - Open a compressed file.
 * @path: of the file
 * @compressed: receives it, for khmap_compressed_close(); unchanged on failure
 *
 * Header, index and the image's header page are checked; other runs are when they
 * are read.  An open file, and the runs that it keeps, is for one thread at a
 * time; threads open one each.  It survives fork(), as all reads name their place.
 *
 * Return: 0; -EINVAL it is no compressed file; -EPROTONOSUPPORT it is one of another
 * byte order, of a newer format or of a codec that this library does not know;
 * -EUCLEAN it is truncated or inconsistent, or its image is refused as
 * khmap_open() would; -EBADMSG a checksum is wrong; -EFBIG its index does not fit the
 * address space; -ENOMEM; -ENOENT, -EACCES and
 * others of the system.
 */
int khmap_compressed_open(const char *path, struct khmap_compressed **compressed);

/**
 * khmap_compressed_close() - Close a compressed file.
 * @compressed: of khmap_compressed_open(), or NULL
 */
void khmap_compressed_close(struct khmap_compressed *compressed);

/**
 * struct khmap_compressed_stat - What a compressed file is.
 * @size: sizeof(struct khmap_compressed_stat)
 * @codec: enum khmap_codec_kind
 * @run_bytes: of a run
 * @reserved: 0
 * @image_bytes: of the file that comes of it
 * @file_bytes: of the file
 * @runs: of pages, the header page among them
 * @zero_runs: those of zeros
 * @runs_read: runs that were read and unpacked since it was opened
 * @bytes_read: bytes that were read for them and when it was opened
 */
struct khmap_compressed_stat {
	__u32 size;
	__u32 codec;
	__u32 run_bytes;
	__u32 reserved;
	__u64 image_bytes;
	__u64 file_bytes;
	__u64 runs;
	__u64 zero_runs;
	__u64 runs_read;
	__u64 bytes_read;
};

/**
 * khmap_compressed_stat() - Numbers of a compressed file.
 * @compressed: the file
 * @stat: @size is given; filled
 *
 * Return: 0; -EINVAL, -E2BIG @stat->size.
 */
int khmap_compressed_stat(const struct khmap_compressed *compressed,
			  struct khmap_compressed_stat *stat);

/**
 * khmap_compressed_header() - The header of the image.
 * @compressed: the file
 *
 * Return: a copy, valid until the file is closed.
 */
const struct khmap_image_header *khmap_compressed_header(const struct khmap_compressed *compressed);

/**
 * khmap_compressed_schema() - The schema of the image.
 * @compressed: the file
 * @schema: receives the schema, for khmap_schema_free(); unchanged on failure
 *
 * Return: as khmap_schema_get().
 */
int khmap_compressed_schema(const struct khmap_compressed *compressed,
			    struct khmap_schema **schema);

/**
 * khmap_compressed_get() - Look a key up and copy its value.
 * @compressed: the file
 * @key: key_size bytes
 * @value: receives value_size bytes; unchanged on failure
 *
 * Reads and unpacks the runs that the key's chain touches, most often one, by a
 * pread() each; the eight that were used last are kept.
 *
 * Return: 0; -ENOENT there is no such key; -EUCLEAN the chain, or a frame, is
 * damaged; -EBADMSG a checksum is wrong; -ENOMEM; others of pread(2).
 */
int khmap_compressed_get(struct khmap_compressed *compressed, const void *key, void *value);

/**
 * khmap_compressed_unpack() - Write the snapshot file that was compressed.
 * @compressed: the file
 * @path: of the snapshot file; replaced if it exists
 * @options: see there, @queue must be NULL; or NULL for the defaults
 *
 * What comes of it is, byte for byte, what khmap_snapshot_write() would have
 * written.  @path holds all of it or what it held before; its permissions are the
 * compressed file's, less the umask.  Pages of zeros become holes.
 *
 * Return: 0; -ECANCELED @options->progress said so; -EBADMSG, -EUCLEAN the file is
 * damaged; -EINVAL @options->queue, or @path exists and is not a plain file;
 * -ENOMEM; -ENOSPC, -EACCES and others of the system.
 */
int khmap_compressed_unpack(struct khmap_compressed *compressed, const char *path,
			    const struct khmap_write_options *options);

/**
 * khmap_compressed_map() - Unpack into memory, as a map.
 * @compressed: the file; may be closed afterwards
 * @options: as for khmap_open(); or NULL for the defaults
 * @map: receives the map, for khmap_close(); unchanged on failure
 *
 * All calls of <khmap/khmap.h> read the map as they read a snapshot file.  Its pages
 * are in a sealed memfd: nobody can change them, and pages of zeros take no
 * memory.
 *
 * Return: 0; as khmap_compressed_unpack() and khmap_open().
 */
int khmap_compressed_map(struct khmap_compressed *compressed,
			 const struct khmap_open_options *options, struct khmap **map);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_COMPRESS_H */
