// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * compressed_files.c - what the tests of compressed files share
 */
#include <stddef.h>
#include <xxhash.h>

#include "test_compressed.h"

int pack(const char *from, const char *to, u32 codec, u32 run_pages)
{
	struct khmap_compress_options options = {
		.size = sizeof(options),
		.codec = codec,
		.run_pages = run_pages,
	};
	struct khmap *map;
	int error = khmap_open(from, NULL, &map);

	if (error)
		return error;
	error = khmap_compress_write(map, to, &options);
	khmap_close(map);
	return error;
}

int unpack(const char *from, const char *to)
{
	struct khmap_compressed *packed;
	int error = khmap_compressed_open(from, &packed);

	if (error)
		return error;
	error = khmap_compressed_unpack(packed, to, NULL);
	khmap_compressed_close(packed);
	return error;
}

struct khmap_compressed_header packed_header(const struct bytes *bytes)
{
	struct khmap_compressed_header header;

	memcpy(&header, bytes->at, sizeof(header));
	return header;
}

void packed_sign(struct bytes *bytes)
{
	struct khmap_compressed_header h = packed_header(bytes);

	if (h.index_offset <= bytes->size)
		h.index_checksum = XXH64(bytes->at + h.index_offset,
					 bytes->size - h.index_offset, 0);
	h.header_checksum = XXH64(&h, offsetof(struct khmap_compressed_header, header_checksum),
				  0);
	memcpy(bytes->at, &h, sizeof(h));
}
