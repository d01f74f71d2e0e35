// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * compressed.c - a compressed file, opened and checked
 *
 * Nothing is believed before it is compared: memory goes by the file's own size and
 * by a run's, never by a number of which the file has no bytes.  A frame that is
 * not the one that was written is told by its checksum before it is unpacked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "checksum.h"
#include "compressed.h"
#include "error.h"
#include "header.h"
#include "header_fields.h"
#include "map.h"
#include "swap.h"

__u64 khmap_compressed_header_sum(const struct khmap_compressed_header *header)
{
	return XXH64(header, offsetof(struct khmap_compressed_header, header_checksum), 0);
}

static void khmap_compressed_header_swap(struct khmap_compressed_header *h)
{
	KHMAP_SWAP(h->byte_order);
	KHMAP_SWAP(h->version);
	KHMAP_SWAP(h->page_shift);
	KHMAP_SWAP(h->codec);
	KHMAP_SWAP(h->run_pages);
	KHMAP_SWAP(h->header_length);
	KHMAP_SWAP(h->image_bytes);
	KHMAP_SWAP(h->index_offset);
	KHMAP_SWAP(h->index_checksum);
	KHMAP_SWAP(h->header_checksum);
}

/* Of all runs; what they are is checked afterwards. */
static void khmap_compressed_index_swap(struct khmap_compressed_run *index, __u64 runs)
{
	for (; runs--; index++) {
		KHMAP_SWAP(index->offset);
		KHMAP_SWAP(index->length);
		KHMAP_SWAP(index->frame_checksum);
		KHMAP_SWAP(index->checksum);
	}
}

static int khmap_compressed_damaged(const struct khmap_compressed *compressed, const char *what)
{
	return khmap_fail(EUCLEAN, "%s: damaged: %s", compressed->path, what);
}

static int khmap_compressed_pread(struct khmap_compressed *compressed, void *to, size_t size,
				  __u64 offset)
{
	size_t done = 0;
	ssize_t got;

	while (done < size) {
		got = pread(compressed->fd, (char *)to + done, size - done,
			    (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return khmap_fail(errno, "%s: read: %s", compressed->path,
					  strerror(errno));
		if (!got)
			return khmap_fail(EUCLEAN, "%s: truncated while it was read, at %llu bytes",
					  compressed->path, (unsigned long long)(offset + done));
		done += (size_t)got;
	}
	compressed->bytes_read += size;
	return 0;
}

static int khmap_compressed_open_file(struct khmap_compressed *compressed)
{
	struct stat st;

	compressed->fd = open(compressed->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (compressed->fd < 0 || fstat(compressed->fd, &st))
		return khmap_fail(errno, "%s: %s", compressed->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return khmap_fail(EINVAL, "%s: is no compressed snapshot: not a plain file",
				  compressed->path);
	compressed->file_size = (__u64)st.st_size;
	compressed->mode = st.st_mode;
	return 0;
}

/* Up to the version nothing has a meaning that another version must keep. */
static int khmap_compressed_identify(struct khmap_compressed *compressed)
{
	struct khmap_compressed_header *h = &compressed->header;
	size_t size = compressed->file_size < sizeof(*h) ? (size_t)compressed->file_size :
		      sizeof(*h);
	int err = khmap_compressed_pread(compressed, h, size, 0);

	if (err)
		return err;
	if (size < sizeof(h->magic) ||
	    memcmp(h->magic, KHMAP_COMPRESSED_MAGIC, sizeof(h->magic)))
		return khmap_fail(EINVAL, "%s: is no compressed snapshot%s", compressed->path,
				  size < sizeof(h->magic) ? "" :
				  !memcmp(h->magic, KHMAP_IMAGE_MAGIC, sizeof(h->magic)) ?
				  ", but one that is not compressed" :
				  khmap_checksum_zeros(h->magic, sizeof(h->magic)) ?
				  ": it begins with zeros, as one whose writing was interrupted" :
				  "");
	if (size < sizeof(*h))
		return khmap_fail(EUCLEAN,
				  "%s: truncated: expected a header of %zu bytes, found %zu",
				  compressed->path, sizeof(*h), size);
	if (h->byte_order != KHMAP_BYTE_ORDER && h->byte_order != KHMAP_BYTE_ORDER_OTHER)
		return khmap_compressed_damaged(compressed, "byte_order is neither");
	if (h->byte_order != (compressed->other ? KHMAP_BYTE_ORDER_OTHER : KHMAP_BYTE_ORDER))
		return khmap_fail(EPROTONOSUPPORT,
				  "%s: is of a host of another byte order, which is %s; %s",
				  compressed->path, KHMAP_OTHER_ORDER, KHMAP_PORTABLE);
	compressed->sum = khmap_compressed_header_sum(h);
	if (compressed->other)
		khmap_compressed_header_swap(h);
	if (!h->version)
		return khmap_compressed_damaged(compressed, "version is 0");
	if (h->version != KHMAP_COMPRESSED_VERSION)
		return khmap_fail(EPROTONOSUPPORT, "%s: is of format version %u, this library reads version %u",
				  compressed->path, h->version, KHMAP_COMPRESSED_VERSION);
	return 0;
}

static int khmap_compressed_check_header(struct khmap_compressed *compressed)
{
	const struct khmap_compressed_header *h = &compressed->header;
	__u64 size;

	if (compressed->sum != h->header_checksum)
		return khmap_fail(EBADMSG, "%s: damaged: checksum of its header: expected %016llx, found %016llx",
				  compressed->path, (unsigned long long)h->header_checksum,
				  (unsigned long long)compressed->sum);
	if (!khmap_codec_name(h->codec))
		return khmap_fail(EPROTONOSUPPORT, "%s: is compressed by codec %u, this library knows 1 (lz4) and 2 (zstd)",
				  compressed->path, h->codec);
	if (h->page_shift < KHMAP_PAGE_SHIFT_MIN || h->page_shift > KHMAP_PAGE_SHIFT_MAX)
		return khmap_compressed_damaged(compressed, "page_shift is not 12..16");
	if (!h->run_pages || h->run_pages > KHMAP_COMPRESSED_RUN_MAX >> h->page_shift)
		return khmap_compressed_damaged(compressed, "run_pages is not 1..1 MiB of pages");
	/* The sizes of files end there; and no product or sum below can wrap. */
	if (!h->image_bytes || h->image_bytes > INT64_MAX ||
	    h->image_bytes & ((1ull << h->page_shift) - 1))
		return khmap_compressed_damaged(compressed, "image_bytes is no number of pages");
	if (!h->header_length || h->header_length > khmap_codec_limit((size_t)1 << h->page_shift))
		return khmap_compressed_damaged(compressed, "header_length is no frame's of a page");
	if (h->index_offset > INT64_MAX || h->index_offset < sizeof(*h) + h->header_length)
		return khmap_compressed_damaged(compressed, "index_offset is not behind the frames");
	compressed->form = khmap_compressed_form(h->page_shift, h->run_pages, h->image_bytes);
	size = h->index_offset + compressed->form.runs * sizeof(*compressed->index);
	if (size != compressed->file_size)
		return khmap_fail(EUCLEAN, "%s: %s: expected %llu bytes, found %llu",
				  compressed->path, compressed->file_size < size ? "truncated" :
				  "damaged", (unsigned long long)size,
				  (unsigned long long)compressed->file_size);
	return 0;
}

static int khmap_compressed_run_fail(const struct khmap_compressed *compressed, __u64 run,
				     int err, const char *what)
{
	const struct khmap_compressed_run *r = &compressed->index[run];

	return khmap_fail(err, "%s: damaged: run %llu (%u bytes at 0x%llx): %s", compressed->path,
			  (unsigned long long)run, r->length, (unsigned long long)r->offset, what);
}

/* Frames follow each other without gaps, from the header to the index. */
static int khmap_compressed_check_index(struct khmap_compressed *compressed)
{
	const struct khmap_compressed_form *form = &compressed->form;
	const struct khmap_compressed_run *run;
	__u64 at = sizeof(compressed->header), number, i;

	for (i = 1; i <= form->runs; i++) {
		/* Run 0 is the last in the file. */
		number = i % form->runs;
		run = &compressed->index[number];
		if (!run->length) {
			if (!number)
				return khmap_compressed_run_fail(compressed, number, EUCLEAN,
								 "the header page has no frame");
			if (run->offset || run->frame_checksum || run->checksum)
				return khmap_compressed_run_fail(compressed, number, EUCLEAN,
								 "of zeros, but not all of its entry is");
			compressed->zero_runs++;
			continue;
		}
		if (run->length > khmap_codec_limit(khmap_compressed_run_size(form, number)))
			return khmap_compressed_run_fail(compressed, number, EUCLEAN,
							 "its frame is longer than one can be");
		if (run->offset != at)
			return khmap_compressed_run_fail(compressed, number, EUCLEAN,
							 "its frame is not behind the one before");
		at += run->length;
	}
	if (at != compressed->header.index_offset ||
	    compressed->index[0].length != compressed->header.header_length)
		return khmap_compressed_damaged(compressed, "its frames do not end where the index begins");
	return 0;
}

/* The frame of run 0 and the index, in one read. */
static int khmap_compressed_load_index(struct khmap_compressed *compressed)
{
	const struct khmap_compressed_header *h = &compressed->header;
	/* Less than the file has, which was compared. */
	__u64 bytes = compressed->form.runs * sizeof(*compressed->index), found;
	/* So that the index is aligned. */
	size_t pad = -(size_t)h->header_length % sizeof(__u64), index_size = (size_t)bytes;
	struct khmap_compressed_run *index;
	int err;

	if (bytes > SIZE_MAX / 2)
		return khmap_fail(EFBIG, "%s: an index of %llu bytes does not fit the address space",
				  compressed->path, (unsigned long long)bytes);
	compressed->tail = malloc(pad + h->header_length + index_size);
	if (!compressed->tail)
		return khmap_fail(ENOMEM, "%s: no memory for its index of %zu bytes",
				  compressed->path, index_size);
	err = khmap_compressed_pread(compressed, compressed->tail + pad,
				     h->header_length + index_size,
				     h->index_offset - h->header_length);
	if (err)
		return err;
	index = (void *)(compressed->tail + pad + h->header_length);
	compressed->index = index;
	found = XXH64(index, index_size, 0);
	if (found != h->index_checksum)
		return khmap_fail(EBADMSG, "%s: damaged: checksum of its index: expected %016llx, found %016llx",
				  compressed->path, (unsigned long long)h->index_checksum,
				  (unsigned long long)found);
	if (compressed->other)
		khmap_compressed_index_swap(index, compressed->form.runs);
	return khmap_compressed_check_index(compressed);
}

static int khmap_compressed_unpack_frame(struct khmap_compressed *compressed, __u64 run,
					 const unsigned char *frame, unsigned char *to)
{
	const struct khmap_compressed_run *r = &compressed->index[run];
	size_t size = khmap_compressed_run_size(&compressed->form, run);
	const char *why = "no memory to unpack it";
	int err;

	if (XXH32(frame, r->length, 0) != r->frame_checksum)
		return khmap_compressed_run_fail(compressed, run, EBADMSG,
						 "checksum of its frame");
	err = khmap_codec_unpack(&compressed->codec, frame, r->length, to, size, &why);
	if (err)
		return khmap_compressed_run_fail(compressed, run, -err, why);
	if (XXH64(to, size, run) != r->checksum)
		return khmap_compressed_run_fail(compressed, run, EBADMSG,
						 "checksum of its pages");
	return 0;
}

int khmap_compressed_read(struct khmap_compressed *compressed, __u64 run, unsigned char *to)
{
	const struct khmap_compressed_run *r = &compressed->index[run];
	int err;

	if (!run) {
		memcpy(to, compressed->image_page, compressed->form.page_size);
		return 0;
	}
	if (!r->length) {
		memset(to, 0, khmap_compressed_run_size(&compressed->form, run));
		return 0;
	}
	err = khmap_compressed_pread(compressed, compressed->frame, r->length, r->offset);
	if (err)
		return err;
	compressed->runs_read++;
	return khmap_compressed_unpack_frame(compressed, run, compressed->frame, to);
}

/**
 * struct khmap_compressed_refusal - Why an image is refused.
 * @path: of the file
 * @err: negative errno; 0 as long as it is not
 */
struct khmap_compressed_refusal {
	const char *path;
	int err;
};

/* The image's header page: what would be refused in a file is refused here. */
static int khmap_compressed_note(void *context, const struct khmap_finding *finding)
{
	struct khmap_compressed_refusal *refusal = context;

	if (!finding->err)
		return 0;
	refusal->err = khmap_fail(finding->err == EINVAL ? EUCLEAN : finding->err,
				  "%s: damaged: its image's %s", refusal->path, finding->text);
	return 1;
}

static int khmap_compressed_load_image(struct khmap_compressed *compressed)
{
	struct khmap_compressed_refusal refusal = { .path = compressed->path };
	struct khmap_report report = { .finding = khmap_compressed_note, .context = &refusal };
	struct khmap_image_header *image = &compressed->image;
	struct khmap_header_view view = {
		.header = image,
		.file_size = compressed->header.image_bytes,
		.is_file = true,
	};
	const struct khmap_compressed_run *run = &compressed->index[0];
	int err;

	compressed->image_page = malloc(compressed->form.page_size);
	compressed->frame = malloc(khmap_codec_limit(compressed->form.run_bytes));
	if (!compressed->image_page || !compressed->frame)
		return khmap_fail(ENOMEM, "%s: no memory for a run", compressed->path);
	err = khmap_codec_open_unpack(&compressed->codec, compressed->header.codec);
	if (!err)
		err = khmap_compressed_unpack_frame(compressed, 0,
						    (const unsigned char *)compressed->index -
						    run->length, compressed->image_page);
	if (err)
		return err;
	memcpy(image, compressed->image_page, sizeof(*image));
	if (compressed->other)
		khmap_header_swap(image);
	view.page = compressed->image_page;
	if (khmap_header_identify(&view, &report)) {
		/* The check looks at a page of the size that the image says. */
		if (image->geometry.page_shift != compressed->header.page_shift)
			return khmap_compressed_damaged(compressed,
							"its image has pages of another size");
		khmap_header_check(&view, &report);
	}
	if (refusal.err)
		return refusal.err;
	/* Whatever was checked before: no lookup leaves the image. */
	if (image->kind != KHMAP_IMAGE_SNAPSHOT ||
	    !khmap_header_fits(image, compressed->header.image_bytes))
		return khmap_compressed_damaged(compressed, "its image is none of a snapshot of this size");
	memcpy(compressed->schema, compressed->image_page + image->schema_offset,
	       image->schema_length);
	return 0;
}

int khmap_compressed_open_as(const char *path, bool other, struct khmap_compressed **compressed)
{
	struct khmap_compressed *opened = calloc(1, sizeof(*opened));
	int err;

	if (!opened)
		return khmap_fail(ENOMEM, "no memory to open %s", path);
	opened->fd = -1;
	opened->other = other;
	opened->path = strdup(path);
	err = opened->path ? khmap_compressed_open_file(opened) :
	      khmap_fail(ENOMEM, "no memory to open %s", path);
	if (!err)
		err = khmap_compressed_identify(opened);
	if (!err)
		err = khmap_compressed_check_header(opened);
	if (!err)
		err = khmap_compressed_load_index(opened);
	if (!err)
		err = khmap_compressed_load_image(opened);
	if (err)
		khmap_compressed_close(opened);
	else
		*compressed = opened;
	return err;
}

int khmap_compressed_open(const char *path, struct khmap_compressed **compressed)
{
	return khmap_compressed_open_as(path, false, compressed);
}

void khmap_compressed_close(struct khmap_compressed *compressed)
{
	unsigned int i;

	if (!compressed)
		return;
	if (compressed->fd >= 0)
		close(compressed->fd);
	for (i = 0; i < KHMAP_COMPRESSED_CACHE; i++)
		free(compressed->cache[i].bytes);
	khmap_codec_close(&compressed->codec);
	free(compressed->frame);
	free(compressed->image_page);
	free(compressed->tail);
	free(compressed->path);
	free(compressed);
}

int khmap_compressed_stat(const struct khmap_compressed *compressed,
			  struct khmap_compressed_stat *stat)
{
	int err = khmap_options_check("khmap_compressed_stat", stat, sizeof(*stat), UINT32_MAX);

	if (err)
		return err;
	*stat = (struct khmap_compressed_stat){
		.size = stat->size,
		.codec = compressed->header.codec,
		.run_bytes = (__u32)compressed->form.run_bytes,
		.image_bytes = compressed->header.image_bytes,
		.file_bytes = compressed->file_size,
		.runs = compressed->form.runs,
		.zero_runs = compressed->zero_runs,
		.runs_read = compressed->runs_read,
		.bytes_read = compressed->bytes_read,
	};
	return 0;
}

const struct khmap_image_header *
khmap_compressed_header(const struct khmap_compressed *compressed)
{
	return &compressed->image;
}

int khmap_compressed_schema(const struct khmap_compressed *compressed,
			    struct khmap_schema **schema)
{
	return khmap_schema_of(&compressed->image, compressed->schema, compressed->path, schema);
}
