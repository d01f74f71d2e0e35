// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * compress_write.c - write an image's pages to a compressed file, all or nothing
 *
 * One pass: each page is copied to the run that is being filled, and its checksum
 * is that of the copy.  The table of checksums follows the image's pages as if it
 * were more of them, and the header page, which has the table's checksum, is the
 * last frame.  The file's own header goes last, when all else is on the disk: what
 * was interrupted begins with zeros and is no compressed file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "checksum.h"
#include "compress_write.h"
#include "compressed.h"
#include "error.h"
#include "header.h"
#include "image_file.h"
#include "instant.h"

#define KHMAP_COMPRESS_RUN	(64u << 10)	/* bytes of a run, if not told */

/**
 * struct khmap_compress - A compressed file in the making.
 * @source: where pages come from
 * @options: of the caller, or NULL
 * @file: where frames go
 * @header_page: a copy, being completed
 * @table: a checksum for each page of the image
 * @table_bytes: bytes of the table, whole pages
 * @pages: pages of the image
 * @form: how the image is cut into runs
 * @codec: to pack
 * @run_pages: pages of a run
 * @run: pages that are not packed yet; of @form.run_bytes
 * @filled: bytes of them
 * @number: of the run that is being filled
 * @index: of all runs
 * @out: frames that are not written yet; behind KHMAP_FILE_RUN bytes of them there
 *	 is room for one more
 * @out_size: bytes of them
 * @offset: of the next frame in the file
 */
struct khmap_compress {
	const struct khmap_image_source *source;
	struct khmap_compress_options *options;
	struct khmap_image_file file;
	unsigned char *header_page;
	__u64 *table;
	size_t table_bytes;
	__u64 pages;
	struct khmap_compressed_form form;
	struct khmap_codec codec;
	__u32 run_pages;
	unsigned char *run;
	size_t filled;
	__u64 number;
	struct khmap_compressed_run *index;
	unsigned char *out;
	size_t out_size;
	__u64 offset;
};

static int khmap_compress_flush(struct khmap_compress *compress)
{
	int err = khmap_file_write(&compress->file, compress->out, compress->out_size,
				   compress->offset - compress->out_size);

	compress->out_size = 0;
	return err;
}

/* The frame of run @number, behind the last one. */
static int khmap_compress_run(struct khmap_compress *compress, __u64 number,
			      const unsigned char *bytes, size_t size)
{
	struct khmap_compressed_run *run = &compress->index[number];
	unsigned char *frame = compress->out + compress->out_size;
	size_t length;
	int err;

	if (number && khmap_checksum_zeros(bytes, size))
		return 0;
	err = khmap_codec_pack(&compress->codec, bytes, size, frame, &length);
	if (err)
		return khmap_fail(-err, "%s: %s", compress->file.whole.path, khmap_reason());
	*run = (struct khmap_compressed_run){
		.offset = compress->offset,
		.length = (__u32)length,
		.frame_checksum = XXH32(frame, length, 0),
		.checksum = XXH64(bytes, size, number),
	};
	compress->offset += length;
	compress->out_size += length;
	return compress->out_size < KHMAP_FILE_RUN ? 0 : khmap_compress_flush(compress);
}

static int khmap_compress_progress(const struct khmap_compress *compress)
{
	const struct khmap_compress_options *options = compress->options;
	__u64 done = khmap_compressed_run_at(&compress->form, compress->number);
	__u64 total = compress->form.pages * compress->form.page_size;

	if (!options || !options->progress ||
	    !options->progress(options->context, done < total ? done : total, total))
		return 0;
	return khmap_fail(ECANCELED, "%s: cancelled after %llu of %llu bytes",
			  compress->file.whole.path, (unsigned long long)done,
			  (unsigned long long)total);
}

static int khmap_compress_end_run(struct khmap_compress *compress)
{
	int err = 0;

	if (compress->filled)
		err = khmap_compress_run(compress, compress->number, compress->run,
					 compress->filled);
	compress->filled = 0;
	compress->number++;
	return err ? err : khmap_compress_progress(compress);
}

/* @sum receives the page's checksum; NULL for one of the table. */
static int khmap_compress_page(struct khmap_compress *compress, const void *page, __u64 *sum,
			       __u64 index)
{
	unsigned char *copy = compress->run + compress->filled;
	size_t page_size = compress->form.page_size;

	memcpy(copy, page, page_size);
	if (sum)
		*sum = khmap_checksum_page(copy, page_size, index);
	compress->filled += page_size;
	return compress->filled < compress->form.run_bytes ? 0 : khmap_compress_end_run(compress);
}

static int khmap_compress_pages(struct khmap_compress *compress)
{
	/* Not the page's own: that may have changed since it was checked. */
	struct khmap_image_header header = *compress->source->header;
	size_t page_size = compress->form.page_size, at;
	const void *page;
	__u64 index;
	int err;

	for (index = 1; index < compress->pages; index++) {
		page = compress->source->page(compress->source->context, index);
		if (!page)
			return khmap_image_missing(compress->source, compress->file.whole.path,
						   index);
		err = khmap_compress_page(compress, page, &compress->table[index], index);
		if (err)
			return err;
	}
	khmap_checksum_complete(&header, compress->header_page, page_size, compress->table);
	for (at = 0; at < compress->table_bytes; at += page_size) {
		err = khmap_compress_page(compress, (const char *)compress->table + at, NULL, 0);
		if (err)
			return err;
	}
	return compress->filled ? khmap_compress_end_run(compress) : 0;
}

static int khmap_compress_finish(struct khmap_compress *compress)
{
	size_t index_size = compress->form.runs * sizeof(*compress->index);
	struct khmap_compressed_header header = {
		.magic = KHMAP_COMPRESSED_MAGIC,
		.byte_order = KHMAP_BYTE_ORDER,
		.version = KHMAP_COMPRESSED_VERSION,
		.page_shift = compress->source->header->geometry.page_shift,
		.codec = compress->codec.kind,
		.run_pages = compress->run_pages,
		.image_bytes = compress->form.pages * compress->form.page_size,
	};
	struct khmap_image_file *file = &compress->file;
	int err = khmap_compress_run(compress, 0, compress->header_page,
				     compress->form.page_size);

	if (!err)
		err = khmap_compress_flush(compress);
	if (!err)
		err = khmap_file_write(file, compress->index, index_size, compress->offset);
	if (err)
		return err;
	/* Else a header could reach the disk before what it vouches for. */
	if (fdatasync(file->whole.fd))
		return khmap_file_fail(file, errno, "fdatasync");
	header.header_length = compress->index[0].length;
	header.index_offset = compress->offset;
	header.index_checksum = XXH64(compress->index, index_size, 0);
	header.header_checksum = khmap_compressed_header_sum(&header);
	err = khmap_file_write(file, &header, sizeof(header), 0);
	if (err || !compress->options)
		return err;
	compress->options->image_bytes = header.image_bytes;
	compress->options->file_bytes = header.index_offset + index_size;
	return 0;
}

/* How the image is cut, and memory for that. */
static int khmap_compress_prepare(struct khmap_compress *compress)
{
	const struct khmap_compress_options *options = compress->options;
	const struct khmap_image_header *header = compress->source->header;
	__u32 shift = header->geometry.page_shift;
	__u32 run_pages = options && options->run_pages ? options->run_pages :
			  KHMAP_COMPRESS_RUN >> shift;
	size_t page_size = (size_t)1 << shift;

	if (run_pages > KHMAP_COMPRESSED_RUN_MAX >> shift)
		return khmap_fail(EINVAL, "runs of %u pages: at most %u bytes are possible",
				  run_pages, KHMAP_COMPRESSED_RUN_MAX);
	compress->run_pages = run_pages;
	compress->pages = header->image_size >> shift;
	compress->table_bytes = (compress->pages * sizeof(*compress->table) + page_size - 1) &
				~(page_size - 1);
	compress->form = khmap_compressed_form(shift, run_pages, compress->pages * page_size +
					       compress->table_bytes);
	compress->number = 1;
	compress->offset = sizeof(struct khmap_compressed_header);
	compress->header_page = malloc(page_size);
	compress->table = calloc(1, compress->table_bytes);
	compress->run = malloc(compress->form.run_bytes);
	compress->index = calloc(compress->form.runs, sizeof(*compress->index));
	compress->out = malloc(KHMAP_FILE_RUN +
			       khmap_codec_room(&compress->codec, compress->form.run_bytes));
	if (!compress->header_page || !compress->table || !compress->run || !compress->index ||
	    !compress->out)
		return khmap_fail(ENOMEM, "%s: no memory to write it", compress->file.whole.path);
	return 0;
}

/* The header page, as it will be but for its checksums. */
static int khmap_compress_begin(struct khmap_compress *compress)
{
	const struct khmap_compress_options *options = compress->options;
	const char *path = compress->file.whole.path;
	const void *page = compress->source->page(compress->source->context, 0);
	__u32 shift = compress->source->header->geometry.page_shift;
	int err;

	if (!page)
		return khmap_fail(EUCLEAN, "%s: the image has no header page", path);
	if (shift < KHMAP_PAGE_SHIFT_MIN || shift > KHMAP_PAGE_SHIFT_MAX)
		return khmap_fail(EUCLEAN, "%s: pages of 2^%u bytes", path, shift);
	err = khmap_codec_open_pack(&compress->codec, options && options->codec ?
				    options->codec : KHMAP_CODEC_ZSTD,
				    options ? options->level : 0);
	if (!err)
		err = khmap_compress_prepare(compress);
	if (!err)
		memcpy(compress->header_page, page, compress->form.page_size);
	return err;
}

int khmap_image_compress(const struct khmap_image_source *source, const char *path,
			 struct khmap_compress_options *options)
{
	struct khmap_compress compress = {
		.source = source,
		.options = options,
		.file = { .whole = { .path = path, .fd = -1 } },
	};
	int err = khmap_compress_begin(&compress);

	if (!err)
		err = khmap_whole_file_create(&compress.file.whole, source->mode);
	if (!err)
		err = khmap_compress_pages(&compress);
	if (!err)
		err = khmap_compress_finish(&compress);
	if (!err)
		err = khmap_whole_file_publish(&compress.file.whole);
	khmap_file_discard(&compress.file);
	khmap_codec_close(&compress.codec);
	free(compress.header_page);
	free(compress.table);
	free(compress.run);
	free(compress.index);
	free(compress.out);
	return err;
}

static int khmap_compress_options_check(const struct khmap_compress_options *options)
{
	__u32 codec;
	int err;

	if (!options)
		return 0;
	err = khmap_options_check("khmap_compress_options", options, sizeof(*options), 0);
	if (err)
		return err;
	codec = options->codec ? options->codec : KHMAP_CODEC_ZSTD;
	if (!khmap_codec_name(codec))
		return khmap_fail(EINVAL, "there is no codec %u", codec);
	if (options->level > khmap_codec_level_max(codec))
		return khmap_fail(EINVAL, "levels of %s are 1..%u, not %u",
				  khmap_codec_name(codec), khmap_codec_level_max(codec),
				  options->level);
	if (options->reserved)
		return khmap_fail(EINVAL, "struct khmap_compress_options: reserved is not 0");
	return 0;
}

int khmap_compress_write(struct khmap *map, const char *path,
			 struct khmap_compress_options *options)
{
	struct khmap_image_source source;
	struct khmap_instant instant;
	int err = khmap_compress_options_check(options);

	if (!err)
		err = khmap_instant_take(map, &instant);
	if (err)
		return err;
	source = khmap_instant_source(&instant);
	err = khmap_image_compress(&source, path, options);
	khmap_instant_drop(&instant);
	return err;
}
