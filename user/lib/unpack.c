// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * unpack.c - the snapshot file that was compressed, or a map of it
 *
 * As a snapshot is written: one hole first, then the pages that are not zeros, and
 * the header page last.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum.h"
#include "compressed.h"
#include "error.h"
#include "image_file.h"

/* Nothing maps it for writing; F_SEAL_WRITE refuses shared mappings to read before Linux 6.7. */
#define KHMAP_UNPACK_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | \
			    F_SEAL_FUTURE_WRITE)

static int khmap_unpack_progress(const struct khmap_compressed *compressed,
				 const struct khmap_image_file *file,
				 const struct khmap_write_options *options, __u64 done)
{
	__u64 total = compressed->header.image_bytes;

	if (!options || !options->progress || !options->progress(options->context, done, total))
		return 0;
	return khmap_fail(ECANCELED, "%s: cancelled after %llu of %llu bytes", file->whole.path,
			  (unsigned long long)done, (unsigned long long)total);
}

/* Adjacent pages that are not zeros in one write. */
static int khmap_unpack_run(const struct khmap_compressed *compressed,
			    struct khmap_image_file *file, const unsigned char *bytes, size_t size,
			    __u64 offset)
{
	size_t page_size = compressed->form.page_size, from = 0, to;
	int err = 0;

	while (from < size && !err) {
		for (to = from; to < size && !khmap_checksum_zeros(bytes + to, page_size);)
			to += page_size;
		err = khmap_file_write(file, bytes + from, to - from, offset + from);
		from = to + page_size;
	}
	return err;
}

/* All but the header page. */
static int khmap_unpack_runs(struct khmap_compressed *compressed, struct khmap_image_file *file,
			     const struct khmap_write_options *options)
{
	const struct khmap_compressed_form *form = &compressed->form;
	unsigned char *bytes = malloc(form->run_bytes);
	__u64 run, at;
	size_t size;
	int err = 0;

	if (!bytes)
		return khmap_fail(ENOMEM, "%s: no memory for a run of %zu bytes", compressed->path,
				  form->run_bytes);
	for (run = 1; run < form->runs && !err; run++) {
		at = khmap_compressed_run_at(form, run);
		size = khmap_compressed_run_size(form, run);
		if (compressed->index[run].length) {
			err = khmap_compressed_read(compressed, run, bytes);
			if (!err)
				err = khmap_unpack_run(compressed, file, bytes, size, at);
		}
		if (!err)
			err = khmap_unpack_progress(compressed, file, options, at + size);
	}
	free(bytes);
	return err;
}

static int khmap_unpack_header(struct khmap_compressed *compressed, struct khmap_image_file *file)
{
	return khmap_file_write(file, compressed->image_page, compressed->form.page_size, 0);
}

static int khmap_unpack_options_check(const struct khmap_write_options *options)
{
	int err;

	if (!options)
		return 0;
	err = khmap_options_check("khmap_write_options", options, sizeof(*options), 0);
	if (!err && options->queue)
		err = khmap_fail(EINVAL, "struct khmap_write_options: unpacking takes no queue");
	return err;
}

int khmap_compressed_unpack(struct khmap_compressed *compressed, const char *path,
			    const struct khmap_write_options *options)
{
	struct khmap_image_file file = { .whole = { .path = path, .fd = -1 } };
	int err = khmap_unpack_options_check(options);

	if (err)
		return err;
	err = khmap_whole_file_create(&file.whole, compressed->mode);
	if (!err && ftruncate(file.whole.fd, (off_t)compressed->header.image_bytes))
		err = khmap_file_fail(&file, errno, "make it as large as the image");
	if (!err)
		err = khmap_unpack_runs(compressed, &file, options);
	/* Else the header could reach the disk before what it vouches for. */
	if (!err && fdatasync(file.whole.fd))
		err = khmap_file_fail(&file, errno, "fdatasync");
	if (!err)
		err = khmap_unpack_header(compressed, &file);
	if (!err)
		err = khmap_whole_file_publish(&file.whole);
	khmap_file_discard(&file);
	return err;
}

int khmap_compressed_memory(struct khmap_compressed *compressed)
{
	struct khmap_image_file file = { .whole = { .path = compressed->path } };
	int err = 0;

	file.whole.fd = memfd_create("khmap", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (file.whole.fd < 0)
		return khmap_file_fail(&file, errno, "memfd_create");
	/* The permissions of what is written of the map are the file's. */
	if (fchmod(file.whole.fd, compressed->mode & 0777) ||
	    ftruncate(file.whole.fd, (off_t)compressed->header.image_bytes))
		err = khmap_file_fail(&file, errno, "unpack into memory");
	if (!err)
		err = khmap_unpack_runs(compressed, &file, NULL);
	if (!err)
		err = khmap_unpack_header(compressed, &file);
	if (!err && fcntl(file.whole.fd, F_ADD_SEALS, KHMAP_UNPACK_SEALS))
		err = khmap_file_fail(&file, errno, "seal its memory");
	if (!err)
		return file.whole.fd;
	close(file.whole.fd);
	return err;
}

int khmap_compressed_map(struct khmap_compressed *compressed,
			 const struct khmap_open_options *options, struct khmap **map)
{
	int fd = khmap_compressed_memory(compressed), err;

	if (fd < 0)
		return fd;
	err = khmap_map_open(fd, compressed->path, options, map);
	if (err)
		close(fd);
	return err;
}
