/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * test_compressed.h - what the tests of compressed files share
 */
#ifndef KHMAP_TEST_COMPRESSED_H
#define KHMAP_TEST_COMPRESSED_H

#include <khmap/compress.h>

#include "test_delta.h"

/**
 * pack() - Compress a snapshot file.
 * @from: its path
 * @to: path of the compressed file
 * @codec: enum khmap_codec_kind
 * @run_pages: of a run; 0 for the default
 *
 * Return: as khmap_compress_write(), or khmap_open().
 */
int pack(const char *from, const char *to, u32 codec, u32 run_pages);

/**
 * unpack() - Unpack a compressed file.
 * @from: its path
 * @to: path of the snapshot file
 *
 * Return: as khmap_compressed_unpack(), or khmap_compressed_open().
 */
int unpack(const char *from, const char *to);

/**
 * packed_header() - The header of a compressed file's bytes.
 * @bytes: of the file, as many as a header at least
 */
struct khmap_compressed_header packed_header(const struct bytes *bytes);

/**
 * packed_sign() - Make the checksums of header and index anew.
 * @bytes: of the file; what is too short for them stays
 */
void packed_sign(struct bytes *bytes);

#endif /* KHMAP_TEST_COMPRESSED_H */
