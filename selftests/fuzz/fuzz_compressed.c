// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * fuzz_compressed.c - whatever a compressed file holds, to open, read and unpack it
 * ends well
 *
 * An input is a file.  Its checksums are made anew, those of what frames unpack to
 * included, because else nearly every input would be refused for them alone.  A
 * sanitizer tells what leaves its memory; an errno that is not promised aborts.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "compressed.h"
#include "fuzz.h"
#include "map.h"
#include <khmap/verify.h>

#define SIZE_MAX_FUZZ	(1u << 16)
/* A run of zeros is a mebibyte of a few bytes; this bounds the time for one input. */
#define IMAGE_MAX	(4u << 20)

static void need(bool fine)
{
	if (!fine)
		abort();
}

static bool told(int err)
{
	return err == -EINVAL || err == -EUCLEAN || err == -EBADMSG || err == -EPROTONOSUPPORT;
}

/* The checksums of a run, as far as it is in the file and can be unpacked. */
static void run_sign(struct khmap_compressed_run *run, const struct khmap_compressed_form *form,
		     __u64 number, struct khmap_codec *codec, const unsigned char *bytes,
		     __u64 size)
{
	size_t length = khmap_compressed_run_size(form, number);
	unsigned char *to;
	const char *why;

	if (!run->length || run->offset > size || run->length > size - run->offset)
		return;
	run->frame_checksum = XXH32(bytes + run->offset, run->length, 0);
	to = malloc(length);
	need(to);
	if (!khmap_codec_unpack(codec, bytes + run->offset, run->length, to, length, &why))
		run->checksum = XXH64(to, length, number);
	free(to);
}

static void file_sign(unsigned char *bytes, size_t size)
{
	struct khmap_compressed_header h;
	struct khmap_compressed_form form;
	struct khmap_compressed_run run;
	struct khmap_codec codec;
	__u64 number;

	if (size < sizeof(h))
		return;
	memcpy(&h, bytes, sizeof(h));
	if (khmap_codec_name(h.codec) && h.page_shift >= 12 && h.page_shift <= 16 && h.run_pages &&
	    h.run_pages <= KHMAP_COMPRESSED_RUN_MAX >> h.page_shift &&
	    h.image_bytes >> h.page_shift && h.index_offset <= size) {
		form = khmap_compressed_form(h.page_shift, h.run_pages, h.image_bytes);
		need(!khmap_codec_open_unpack(&codec, h.codec));
		for (number = 0; number < form.runs &&
		     number < (size - h.index_offset) / sizeof(run); number++) {
			unsigned char *entry = bytes + h.index_offset + number * sizeof(run);

			memcpy(&run, entry, sizeof(run));
			run_sign(&run, &form, number, &codec, bytes, h.index_offset);
			memcpy(entry, &run, sizeof(run));
		}
		khmap_codec_close(&codec);
		h.index_checksum = XXH64(bytes + h.index_offset, size - h.index_offset, 0);
	}
	h.header_checksum = khmap_compressed_header_sum(&h);
	memcpy(bytes, &h, sizeof(h));
}

static void packed_use(struct khmap_compressed *packed)
{
	unsigned char key[KHMAP_RECORD_MAX] = { 0 }, value[KHMAP_RECORD_MAX];
	struct khmap_verify_options verify = { .size = sizeof(verify) };
	struct khmap_schema *schema;
	struct khmap *map;
	unsigned int i;
	int err;

	for (i = 0; i < 64; i++) {
		key[0] = (unsigned char)i;
		err = khmap_compressed_get(packed, key, value);
		need(!err || err == -ENOENT || told(err));
	}
	if (!khmap_compressed_schema(packed, &schema))
		khmap_schema_free(schema);
	if (packed->header.image_bytes > IMAGE_MAX)
		return;
	err = khmap_compressed_map(packed, NULL, &map);
	if (err) {
		need(told(err));
		return;
	}
	for (i = 0; i < 64; i++) {
		unsigned char same[KHMAP_RECORD_MAX];

		key[0] = (unsigned char)i;
		err = khmap_get(map, key, value);
		need(khmap_compressed_get(packed, key, same) == err);
		need(err || !memcmp(value, same, packed->image.geometry.value_size));
	}
	err = khmap_verify(map, &verify);
	need(err == 0 || err == 1);
	khmap_close(map);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct khmap_compressed *packed;
	unsigned char *bytes;
	char path[32];
	int fd, err;

	if (size > SIZE_MAX_FUZZ)
		return 0;
	bytes = malloc(size + 1);
	fd = memfd_create("compressed", MFD_CLOEXEC);
	need(bytes && fd >= 0);
	memcpy(bytes, data, size);
	file_sign(bytes, size);
	need(write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = khmap_compressed_open(path, &packed);
	if (!err) {
		packed_use(packed);
		khmap_compressed_close(packed);
	} else {
		need(told(err) && *khmap_reason());
	}
	close(fd);
	free(bytes);
	return 0;
}
