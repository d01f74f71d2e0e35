/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * packed.h - compressed files where a command takes a map
 */
#ifndef KHMAP_CLI_PACKED_H
#define KHMAP_CLI_PACKED_H

#include <khmap/compress.h>

/**
 * packed_open() - Open a compressed file, if it is one.
 * @name: of a map, or a path
 * @packed: receives the file, for khmap_compressed_close(); or NULL, if it is
 *	    something else, of which khmap_open() will say more
 *
 * Return: 0; a negative errno, of khmap_compressed_open().
 */
int packed_open(const char *name, struct khmap_compressed **packed);

/**
 * packed_map() - khmap_open(), also of a compressed file, which is unpacked into
 * memory.
 * @name: of a map, or a path
 * @options: of khmap_open()
 * @map: receives the map
 * @stat: receives what the compressed file is; all zero if it is none; or NULL
 *
 * Return: as khmap_open().
 */
int packed_map(const char *name, const struct khmap_open_options *options, struct khmap **map,
	       struct khmap_compressed_stat *stat);

/**
 * packed_codec() - The name of a codec.
 * @codec: enum khmap_codec_kind
 */
const char *packed_codec(uint32_t codec);

/**
 * packed_how() - Read "lz4", "zstd", or either with ":LEVEL" behind it.
 * @text: the text
 * @options: @codec and @level are filled
 *
 * Return: whether it is that.
 */
bool packed_how(const char *text, struct khmap_compress_options *options);

#endif /* KHMAP_CLI_PACKED_H */
