// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * fuzz_image.c - whatever a snapshot file holds, to open, read and verify it ends well
 *
 * An input is a file.  The checksum of its header is made anew, because else
 * nearly every input would be refused for that alone.  A sanitizer tells what
 * leaves the image; an errno that is not promised aborts.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "checksum.h"
#include "fuzz.h"
#include <khmap/khmap.h>
#include <khmap/verify.h>

/* A walk reads what a hostile image has; this bounds the time for one input. */
#define ENTRIES_MAX	4096
#define SIZE_MAX_FUZZ	(1u << 18)

static void need(bool fine)
{
	if (!fine)
		abort();
}

static bool known(int err)
{
	return !err || err == -ENOENT || err == -EUCLEAN;
}

static void image_sign(unsigned char *bytes, size_t size)
{
	struct khmap_image_header header;
	size_t page_size;

	if (size < sizeof(header))
		return;
	memcpy(&header, bytes, sizeof(header));
	if (header.geometry.page_shift < 12 || header.geometry.page_shift > 16)
		return;
	page_size = (size_t)1 << header.geometry.page_shift;
	if (page_size > size || !header.header_checksum)
		return;
	header.header_checksum = khmap_checksum_header(bytes, page_size);
	memcpy(bytes, &header, sizeof(header));
}

static void map_use(struct khmap *map)
{
	unsigned char key[KHMAP_RECORD_MAX] = { 0 }, value[KHMAP_RECORD_MAX];
	struct khmap_verify_options verify = { .size = sizeof(verify) };
	struct khmap_survey survey = { .size = sizeof(survey) };
	struct khmap_iter *iter;
	unsigned int i;
	int got;

	for (i = 0; i < 8; i++) {
		key[0] = (unsigned char)i;
		need(known(khmap_get(map, key, value)));
	}
	need(!khmap_iter_create(map, &iter));
	for (i = 0; i < ENTRIES_MAX; i++) {
		got = khmap_iter_next(iter, key, value);
		if (!got)
			break;
		need(got == 1 || got == -EUCLEAN);
		need(known(khmap_get(map, key, value)));
	}
	khmap_iter_free(iter);
	got = khmap_survey(map, &survey);
	need(!got || got == -EUCLEAN);
	got = khmap_verify(map, &verify);
	need(got == 0 || got == 1);
}

static void image_open(const unsigned char *bytes, size_t size, __u32 flags)
{
	const struct khmap_open_options options = { .size = sizeof(options), .flags = flags };
	int fd = memfd_create("image", MFD_CLOEXEC), err;
	struct khmap *map;

	need(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	err = khmap_open_fd(fd, &options, &map);
	if (!err) {
		map_use(map);
		khmap_close(map);
		return;
	}
	close(fd);
	need(err == -EINVAL || err == -EUCLEAN || err == -EBADMSG || err == -EPROTONOSUPPORT);
	need(*khmap_reason());
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	unsigned char *bytes;

	if (size > SIZE_MAX_FUZZ)
		return 0;
	bytes = malloc(size + 1);
	need(bytes);
	memcpy(bytes, data, size);
	image_sign(bytes, size);
	image_open(bytes, size, 0);
	image_open(bytes, size, KHMAP_OPEN_DAMAGED);
	free(bytes);
	return 0;
}
