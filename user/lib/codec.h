/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * codec.h - one run of pages as one LZ4 or Zstandard frame
 */
#ifndef KHMAP_LIB_CODEC_H
#define KHMAP_LIB_CODEC_H

#include <stddef.h>

#include <khmap/compress.h>

/**
 * struct khmap_codec - What packing or unpacking needs.
 * @kind: enum khmap_codec_kind
 * @level: of packing
 * @pack: a state, of Zstandard; or NULL
 * @unpack: a state; or NULL
 */
struct khmap_codec {
	__u32 kind;
	__u32 level;
	void *pack;
	void *unpack;
};

/**
 * khmap_codec_name() - A codec in a word.
 * @kind: any number
 *
 * Return: "lz4" or "zstd"; NULL if there is no such codec.
 */
const char *khmap_codec_name(__u32 kind);

/**
 * khmap_codec_level_max() - The highest level of a codec.
 * @kind: one that has a name
 */
__u32 khmap_codec_level_max(__u32 kind);

/**
 * khmap_codec_limit() - The longest frame that a run may have in a file.
 * @size: bytes of the run
 *
 * No codec makes a longer one.
 */
static inline size_t khmap_codec_limit(size_t size)
{
	return size + size / 128 + 256;
}

/**
 * khmap_codec_open_pack() - Prepare to pack.
 * @codec: filled, for khmap_codec_close(), also on failure
 * @kind: one that has a name
 * @level: 1..khmap_codec_level_max(); 0 for the default
 *
 * Return: 0; -ENOMEM.
 */
int khmap_codec_open_pack(struct khmap_codec *codec, __u32 kind, __u32 level);

/**
 * khmap_codec_open_unpack() - Prepare to unpack.
 * @codec: filled, for khmap_codec_close(), also on failure
 * @kind: one that has a name
 *
 * Return: 0; -ENOMEM.
 */
int khmap_codec_open_unpack(struct khmap_codec *codec, __u32 kind);

/**
 * khmap_codec_close() - Free what was prepared.
 * @codec: opened, or all zero
 */
void khmap_codec_close(struct khmap_codec *codec);

/**
 * khmap_codec_room() - Bytes that khmap_codec_pack() needs to write to.
 * @codec: opened to pack
 * @size: bytes to pack
 */
size_t khmap_codec_room(const struct khmap_codec *codec, size_t size);

/**
 * khmap_codec_pack() - Make a frame.
 * @codec: opened to pack
 * @from: the bytes
 * @size: how many
 * @to: receives the frame; khmap_codec_room() bytes
 * @length: receives the frame's length, at most khmap_codec_limit()
 *
 * Return: 0; -ENOMEM; -EIO the codec refused, which it does not.
 */
int khmap_codec_pack(struct khmap_codec *codec, const void *from, size_t size, void *to,
		     size_t *length);

/**
 * khmap_codec_unpack() - Unpack a frame that is not trusted.
 * @codec: opened to unpack
 * @from: the frame
 * @length: its bytes
 * @to: receives the bytes, of no use on failure
 * @size: bytes that must come of it, just as many
 * @why: receives what is wrong with it, in words, on failure
 *
 * Never writes beyond @size bytes, and allocates no more for a frame that says it
 * is larger.
 *
 * Return: 0; -EUCLEAN it is not one frame of @size bytes; -ENOMEM.
 */
int khmap_codec_unpack(struct khmap_codec *codec, const void *from, size_t length, void *to,
		       size_t size, const char **why);

#endif /* KHMAP_LIB_CODEC_H */
