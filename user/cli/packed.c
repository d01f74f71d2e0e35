// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * packed.c - compressed files where a command takes a map
 */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "packed.h"

static const char *const packed_codecs[] = {
	[KHMAP_CODEC_LZ4] = "lz4",
	[KHMAP_CODEC_ZSTD] = "zstd",
};

int packed_open(const char *name, struct khmap_compressed **packed)
{
	int err;

	*packed = NULL;
	if (!strpbrk(name, "/."))
		return 0;
	err = khmap_compressed_open(name, packed);
	switch (err) {
	case -EUCLEAN:
	case -EBADMSG:
	case -EPROTONOSUPPORT:
	case -ENOMEM:
	case -EIO:
		return err;
	default:
		return 0;
	}
}

int packed_map(const char *name, const struct khmap_open_options *options, struct khmap **map,
	       struct khmap_compressed_stat *stat)
{
	struct khmap_compressed_stat found = { .size = sizeof(found) };
	struct khmap_compressed *packed = NULL;
	int err = 0;

	if (stat)
		*stat = (struct khmap_compressed_stat){ .size = 0 };
	/* Files are not written; khmap_open() says so. */
	if (!options || !(options->flags & KHMAP_OPEN_WRITE))
		err = packed_open(name, &packed);
	if (err)
		return err;
	if (!packed)
		return khmap_open(name, options, map);
	err = khmap_compressed_map(packed, options, map);
	if (!err && stat && !khmap_compressed_stat(packed, &found))
		*stat = found;
	khmap_compressed_close(packed);
	return err;
}

const char *packed_codec(uint32_t codec)
{
	return packed_codecs[codec];
}

bool packed_how(const char *text, struct khmap_compress_options *options)
{
	uint64_t level = 0;
	uint32_t codec;
	size_t length;

	for (codec = KHMAP_CODEC_LZ4; codec <= KHMAP_CODEC_ZSTD; codec++) {
		length = strlen(packed_codecs[codec]);
		if (strncmp(text, packed_codecs[codec], length))
			continue;
		if (text[length] && (text[length] != ':' ||
				     !cli_number(text + length + 1, UINT32_MAX, &level) || !level))
			return false;
		options->codec = codec;
		options->level = (uint32_t)level;
		return true;
	}
	return false;
}
