// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * poke.c - change bytes of a snapshot file, for tests
 *
 *	poke [-c | -s] FILE OFFSET=HEX...
 *
 * With -c the checksums are made anew, as a hostile author would do; with -s
 * that of the header only, whatever the header says.
 */
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum.h"
#include "image_write.h"

struct image {
	unsigned char *bytes;
	size_t size;
	unsigned int page_shift;
	struct khmap_image_header header;
};

static void image_load(struct image *image, const char *path)
{
	struct khmap_image_header header;
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", path);
	image->size = (size_t)st.st_size;
	image->bytes = malloc(image->size);
	if (!image->bytes || read(fd, image->bytes, image->size) != (ssize_t)image->size)
		err(1, "%s", path);
	close(fd);
	memcpy(&header, image->bytes, sizeof(header));
	image->page_shift = header.geometry.page_shift;
}

static void image_poke(struct image *image, const char *text)
{
	char *hex;
	size_t offset = strtoul(text, &hex, 0);

	if (*hex++ != '=')
		errx(2, "OFFSET=HEX, not %s", text);
	for (; isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]); hex += 2) {
		char byte[3] = { hex[0], hex[1], '\0' };

		if (offset >= image->size)
			errx(2, "%s is behind the end", text);
		image->bytes[offset++] = (unsigned char)strtoul(byte, NULL, 16);
	}
}

static const void *image_page(void *context, __u64 index)
{
	const struct image *image = context;
	size_t offset = (size_t)index << image->page_shift;

	return offset < image->size ? image->bytes + offset : NULL;
}

static void image_store(const struct image *image, const char *path)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, image->bytes, image->size) != (ssize_t)image->size || close(fd))
		err(1, "%s", path);
}

/* In pages of the size that the header has now. */
static void image_sign(struct image *image)
{
	size_t page_size = (size_t)1 << image->header.geometry.page_shift;

	if (image->header.geometry.page_shift > 16 || page_size > image->size)
		errx(1, "no header page to sign");
	image->header.header_checksum = khmap_checksum_header(image->bytes, page_size);
	memcpy(image->bytes, &image->header, sizeof(image->header));
}

int main(int argc, char **argv)
{
	bool checksums = argc > 1 && !strcmp(argv[1], "-c");
	bool sign = argc > 1 && !strcmp(argv[1], "-s");
	struct image image;
	struct khmap_image_source source = {
		.header = &image.header,
		.page = image_page,
		.stable = true,
		.context = &image,
		.mode = 0644,
	};
	int i = 1 + (checksums || sign);
	const char *path = argv[i];

	if (argc < i + 1)
		errx(2, "usage: poke [-c | -s] FILE OFFSET=HEX...");
	image_load(&image, path);
	for (i++; i < argc; i++)
		image_poke(&image, argv[i]);
	memcpy(&image.header, image.bytes, sizeof(image.header));
	if (sign)
		image_sign(&image);
	if (!checksums)
		image_store(&image, path);
	else if (khmap_image_write(&source, path, NULL))
		errx(1, "%s", khmap_reason());
	free(image.bytes);
	return 0;
}
