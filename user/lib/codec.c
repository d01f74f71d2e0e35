// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * codec.c - one run of pages as one LZ4 or Zstandard frame
 *
 * A frame states how many bytes it holds, and that must be what the caller
 * expects, before anything is unpacked.  Neither has a checksum of its own: the
 * index has two.
 */
#include <errno.h>
#include <string.h>

#include <lz4frame.h>
#include <lz4hc.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "codec.h"
#include "error.h"

/* Levels of LZ4 below this are those of the fast compressor, which has one. */
#define KHMAP_LZ4_LEVEL		1u
#define KHMAP_ZSTD_LEVEL	3u
#define KHMAP_ZSTD_LEVEL_MAX	22u

const char *khmap_codec_name(__u32 kind)
{
	return kind == KHMAP_CODEC_LZ4 ? "lz4" : kind == KHMAP_CODEC_ZSTD ? "zstd" : NULL;
}

__u32 khmap_codec_level_max(__u32 kind)
{
	return kind == KHMAP_CODEC_LZ4 ? LZ4HC_CLEVEL_MAX : KHMAP_ZSTD_LEVEL_MAX;
}

int khmap_codec_open_pack(struct khmap_codec *codec, __u32 kind, __u32 level)
{
	*codec = (struct khmap_codec){ .kind = kind, .level = level };
	if (kind == KHMAP_CODEC_LZ4) {
		codec->level = level ? level : KHMAP_LZ4_LEVEL;
		return 0;
	}
	codec->level = level ? level : KHMAP_ZSTD_LEVEL;
	codec->pack = ZSTD_createCCtx();
	if (!codec->pack ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(codec->pack, ZSTD_c_compressionLevel,
						(int)codec->level)))
		return khmap_fail(ENOMEM, "no memory to compress");
	return 0;
}

int khmap_codec_open_unpack(struct khmap_codec *codec, __u32 kind)
{
	LZ4F_dctx *state = NULL;

	*codec = (struct khmap_codec){ .kind = kind };
	if (kind == KHMAP_CODEC_ZSTD)
		codec->unpack = ZSTD_createDCtx();
	else if (!LZ4F_isError(LZ4F_createDecompressionContext(&state, LZ4F_VERSION)))
		codec->unpack = state;
	return codec->unpack ? 0 : khmap_fail(ENOMEM, "no memory to decompress");
}

void khmap_codec_close(struct khmap_codec *codec)
{
	ZSTD_freeCCtx(codec->pack);
	if (codec->kind == KHMAP_CODEC_ZSTD)
		ZSTD_freeDCtx(codec->unpack);
	else
		LZ4F_freeDecompressionContext(codec->unpack);
}

static LZ4F_preferences_t khmap_codec_lz4(const struct khmap_codec *codec, size_t size)
{
	return (LZ4F_preferences_t){
		.frameInfo = { .blockSizeID = LZ4F_max64KB, .contentSize = size },
		.compressionLevel = (int)codec->level,
	};
}

size_t khmap_codec_room(const struct khmap_codec *codec, size_t size)
{
	LZ4F_preferences_t preferences = khmap_codec_lz4(codec, size);

	return codec->kind == KHMAP_CODEC_ZSTD ? ZSTD_compressBound(size) :
	       LZ4F_compressFrameBound(size, &preferences);
}

int khmap_codec_pack(struct khmap_codec *codec, const void *from, size_t size, void *to,
		     size_t *length)
{
	LZ4F_preferences_t preferences = khmap_codec_lz4(codec, size);
	size_t room = khmap_codec_room(codec, size);

	if (codec->kind == KHMAP_CODEC_ZSTD) {
		*length = ZSTD_compress2(codec->pack, to, room, from, size);
		if (ZSTD_isError(*length))
			return khmap_fail(ZSTD_getErrorCode(*length) ==
					  ZSTD_error_memory_allocation ? ENOMEM : EIO,
					  "zstd: %s", ZSTD_getErrorName(*length));
	} else {
		*length = LZ4F_compressFrame(to, room, from, size, &preferences);
		if (LZ4F_isError(*length))
			return khmap_fail(ENOMEM, "lz4: %s", LZ4F_getErrorName(*length));
	}
	if (*length > khmap_codec_limit(size))
		return khmap_fail(EIO, "%s: %zu bytes became %zu", khmap_codec_name(codec->kind),
				  size, *length);
	return 0;
}

static int khmap_codec_bad(const char **why, const char *words)
{
	*why = words;
	return -EUCLEAN;
}

static int khmap_codec_unzstd(struct khmap_codec *codec, const void *from, size_t length, void *to,
			      size_t size, const char **why)
{
	size_t got = ZSTD_findFrameCompressedSize(from, length);

	if (ZSTD_isError(got))
		return khmap_codec_bad(why, ZSTD_getErrorName(got));
	if (got != length)
		return khmap_codec_bad(why, "bytes behind the frame");
	if (ZSTD_getFrameContentSize(from, length) != size)
		return khmap_codec_bad(why, "a frame of another size than the run");
	got = ZSTD_decompressDCtx(codec->unpack, to, size, from, length);
	if (ZSTD_isError(got)) {
		khmap_codec_bad(why, ZSTD_getErrorName(got));
		return ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation ? -ENOMEM :
		       -EUCLEAN;
	}
	return got == size ? 0 : khmap_codec_bad(why, "fewer bytes than the frame says");
}

static int khmap_codec_unlz4_frame(LZ4F_dctx *state, const char *from, size_t length, char *to,
				   size_t size, const char **why)
{
	/* What is unpacked stays where it is: no copy of it is needed. */
	const LZ4F_decompressOptions_t options = { .stableDst = 1 };
	LZ4F_frameInfo_t info = { .contentSize = 0 };
	size_t at = length, done = 0, read, put;
	size_t left = LZ4F_getFrameInfo(state, &info, from, &at);

	if (LZ4F_isError(left))
		return khmap_codec_bad(why, LZ4F_getErrorName(left));
	if (info.frameType != LZ4F_frame || info.contentSize != size || info.dictID)
		return khmap_codec_bad(why, "a frame of another size than the run");
	/* The state's memory goes by the frame's largest block. */
	if (info.blockSizeID > LZ4F_max1MB)
		return khmap_codec_bad(why, "blocks larger than any run");
	while (left) {
		read = length - at;
		put = size - done;
		left = LZ4F_decompress(state, to + done, &put, from + at, &read, &options);
		if (LZ4F_isError(left))
			return khmap_codec_bad(why, LZ4F_getErrorName(left));
		at += read;
		done += put;
		if (left && !read && !put)
			return khmap_codec_bad(why, at < length ? "more bytes than the frame says" :
					       "the frame's end is missing");
	}
	if (at != length)
		return khmap_codec_bad(why, "bytes behind the frame");
	return done == size ? 0 : khmap_codec_bad(why, "fewer bytes than the frame says");
}

int khmap_codec_unpack(struct khmap_codec *codec, const void *from, size_t length, void *to,
		       size_t size, const char **why)
{
	int err;

	if (codec->kind == KHMAP_CODEC_ZSTD)
		return khmap_codec_unzstd(codec, from, length, to, size, why);
	err = khmap_codec_unlz4_frame(codec->unpack, from, length, to, size, why);
	/* After a failure the state is in the midst of a frame. */
	if (err)
		LZ4F_resetDecompressionContext(codec->unpack);
	return err;
}
