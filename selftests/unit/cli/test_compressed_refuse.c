// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_compressed_refuse.c - no compressed file that is damaged, cut or forged is
 * taken for what it is not
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

#include "checksum.h"
#include "codec.h"
#include "test_compressed.h"

#define FORGERIES 3000
#define PAGE 4096

static bool told(int error)
{
	return (error == -EUCLEAN || error == -EBADMSG || error == -EPROTONOSUPPORT ||
		error == -EINVAL) && *khmap_reason();
}

/* Is it refused, when it is opened or when it is unpacked?  Nothing is left then. */
static int try_bytes(const struct bytes *bytes)
{
	int error;

	bytes_store(bytes, "./tried.khz");
	error = unpack("./tried.khz", "./out.khm");
	if (error && !access("./out.khm", F_OK))
		exit(1);
	unlink("./out.khm");
	return error;
}

static struct bytes bytes_copy(const struct bytes *from)
{
	struct bytes copy = { malloc(from->size + 1), from->size };

	memcpy(copy.at, from->at, from->size);
	copy.at[from->size] = 0;
	return copy;
}

static void test_flips(const char *what, const struct bytes *good, bool all_bits)
{
	struct bytes work = bytes_copy(good);
	unsigned int taken = 0, bit, tried = 0;
	size_t i;

	for (i = 0; i < good->size; i++) {
		for (bit = all_bits ? 0 : i % 8; bit < 8; bit += all_bits ? 1 : 8) {
			work.at[i] ^= (unsigned char)(1u << bit);
			tried++;
			if (!told(try_bytes(&work)) && !taken++)
				diag("bit %u of byte %zu", bit, i);
			work.at[i] = good->at[i];
		}
	}
	is_u64(taken, 0, "%s: each of %u bits flipped is told", what, tried);
	is_i64(try_bytes(&work), 0, "%s: as it was, it is taken", what);
	free(work.at);
}

static void test_cuts(const char *what, const struct bytes *good)
{
	struct bytes work = bytes_copy(good);
	unsigned int taken = 0;

	for (work.size = 0; work.size < good->size; work.size++)
		taken += !told(try_bytes(&work));
	is_u64(taken, 0, "%s: cut anywhere it is told", what);
	work.size = good->size + 1;
	is_i64(try_bytes(&work), -EUCLEAN, "%s: a byte longer, too", what);
	free(work.at);
}

/**
 * struct forgery - A field that says what cannot be, with all checksums right.
 * @field: its name
 * @at: its offset in the header, or in the entry of a run
 * @size: bytes of it
 * @run: the entry; -1 for the header
 * @value: what it says
 * @error: what comes of it
 * @reason: part of the reason
 */
struct forgery {
	const char *field;
	size_t at;
	size_t size;
	int run;
	u64 value;
	int error;
	const char *reason;
};

#define HEADER(field, says, error, reason) \
	{ #field, offsetof(struct khmap_compressed_header, field), \
	  sizeof(((struct khmap_compressed_header *)0)->field), -1, says, error, reason }
#define RUN(number, field, says, error, reason) \
	{ #field, offsetof(struct khmap_compressed_run, field), \
	  sizeof(((struct khmap_compressed_run *)0)->field), number, says, error, reason }

/* Of a file of runs of one page, in which run 2 is of zeros. */
static const struct forgery forgeries[] = {
	HEADER(magic, 0x5058454c4c494b4bull, -EINVAL, "no compressed snapshot"),
	HEADER(magic, 0, -EINVAL, "interrupted"),
	HEADER(byte_order, 0x04030201, -EPROTONOSUPPORT, "other byte order"),
	HEADER(byte_order, 0, -EUCLEAN, "byte_order"),
	HEADER(version, 0, -EUCLEAN, "version is 0"),
	HEADER(version, 2, -EPROTONOSUPPORT, "format version 2"),
	HEADER(page_shift, 11, -EUCLEAN, "page_shift"),
	HEADER(page_shift, 17, -EUCLEAN, "page_shift"),
	HEADER(page_shift, 13, -EUCLEAN, "bytes"),
	HEADER(codec, 0, -EPROTONOSUPPORT, "codec 0"),
	HEADER(codec, 3, -EPROTONOSUPPORT, "codec 3"),
	HEADER(run_pages, 0, -EUCLEAN, "run_pages"),
	HEADER(run_pages, 257, -EUCLEAN, "run_pages"),
	HEADER(run_pages, 2, -EUCLEAN, "expected"),
	HEADER(header_length, 0, -EUCLEAN, "header_length"),
	HEADER(header_length, 4385, -EUCLEAN, "header_length"),
	HEADER(header_length, 20, -EUCLEAN, "frames"),
	HEADER(image_bytes, 0, -EUCLEAN, "image_bytes"),
	HEADER(image_bytes, 4097, -EUCLEAN, "image_bytes"),
	HEADER(image_bytes, 1ull << 63, -EUCLEAN, "image_bytes"),
	HEADER(image_bytes, 1ull << 62, -EUCLEAN, "truncated"),
	HEADER(image_bytes, 4096, -EUCLEAN, "expected"),
	HEADER(index_offset, 0, -EUCLEAN, "index_offset"),
	HEADER(index_offset, UINT64_MAX, -EUCLEAN, "index_offset"),
	HEADER(index_offset, 1ull << 40, -EUCLEAN, "truncated"),
	RUN(0, length, 0, -EUCLEAN, "run 0"),
	RUN(0, offset, 64, -EUCLEAN, "not behind the one before"),
	RUN(1, offset, 65, -EUCLEAN, "run 1"),
	RUN(1, offset, UINT64_MAX, -EUCLEAN, "run 1"),
	RUN(1, length, 0, -EUCLEAN, "not all of its entry is"),
	RUN(1, length, 4385, -EUCLEAN, "longer than one can be"),
	RUN(1, length, UINT32_MAX, -EUCLEAN, "longer than one can be"),
	RUN(1, frame_checksum, 1, -EBADMSG, "run 1"),
	RUN(1, checksum, 1, -EBADMSG, "checksum of its pages"),
	RUN(2, offset, 64, -EUCLEAN, "run 2"),
	RUN(2, checksum, 1, -EUCLEAN, "run 2"),
	RUN(2, length, 9, -EUCLEAN, "run 2"),
};

static void test_forgeries(const struct bytes *good)
{
	struct khmap_compressed_header h = packed_header(good);
	size_t i;

	for (i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		const struct forgery *f = &forgeries[i];
		struct bytes work = bytes_copy(good);
		int error;

		field_store(work.at + f->at + (f->run < 0 ? 0 : h.index_offset +
			    (size_t)f->run * sizeof(struct khmap_compressed_run)),
			    f->size, f->value);
		packed_sign(&work);
		error = try_bytes(&work);
		if (!ok(error == f->error && strstr(khmap_reason(), f->reason),
			"%s of %s says %#llx", f->field, f->run < 0 ? "the header" : "a run",
			(unsigned long long)f->value))
			diag("%d: %s", error, khmap_reason());
		free(work.at);
	}
}

/* Frames that are none, with checksums that are right. */
static void test_frames(const char *what, const struct bytes *good, struct rng *rng)
{
	struct khmap_compressed_header h = packed_header(good);
	struct khmap_compressed_run *index;
	unsigned int i, taken = 0, unpacked = 0;
	int error;

	for (i = 0; i < FORGERIES; i++) {
		struct bytes work = bytes_copy(good);
		u64 changes = 1 + rng_below(rng, 4), j;

		index = malloc(2 * sizeof(*index));
		memcpy(index, work.at + h.index_offset, 2 * sizeof(*index));
		for (j = 0; j < changes; j++)
			work.at[index[1].offset + rng_below(rng, i % 2 ? 16 : index[1].length)] =
				(unsigned char)rng_next(rng);
		index[1].frame_checksum = XXH32(work.at + index[1].offset, index[1].length, 0);
		memcpy(work.at + h.index_offset, index, 2 * sizeof(*index));
		packed_sign(&work);
		error = try_bytes(&work);
		/* Some bits of a frame mean nothing; and what unpacks has its checksum. */
		unpacked += error == -EBADMSG;
		taken += error && !told(error);
		free(index);
		free(work.at);
	}
	is_u64(taken, 0, "%s: each of %u forged frames ends well, %u of them unpack", what,
	       FORGERIES, unpacked);
}

/* The same file with another header page in its image; all checksums are right. */
static struct bytes with_image(const struct bytes *good, const unsigned char *page)
{
	struct khmap_compressed_header h = packed_header(good);
	size_t index_bytes = good->size - h.index_offset, length;
	struct khmap_compressed_run *run;
	struct khmap_codec codec;
	struct bytes work;

	if (khmap_codec_open_pack(&codec, h.codec, 0))
		exit(1);
	work.at = malloc(good->size + khmap_codec_room(&codec, PAGE));
	memcpy(work.at, good->at, good->size);
	run = malloc(index_bytes);
	memcpy(run, good->at + h.index_offset, index_bytes);
	if (khmap_codec_pack(&codec, page, PAGE, work.at + run->offset, &length))
		exit(1);
	khmap_codec_close(&codec);
	run->length = (u32)length;
	run->frame_checksum = XXH32(work.at + run->offset, length, 0);
	run->checksum = XXH64(page, PAGE, 0);
	h.header_length = run->length;
	h.index_offset = run->offset + length;
	memcpy(work.at + h.index_offset, run, index_bytes);
	work.size = h.index_offset + index_bytes;
	free(run);
	memcpy(work.at, &h, sizeof(h));
	packed_sign(&work);
	return work;
}

/* Find each key, if it opens: no look-up leaves the image, whatever that says. */
static int look_up(const char *path, u64 keys)
{
	/* As large as a header may say that they are. */
	static unsigned char key[PAGE], value[PAGE];
	struct khmap_compressed *packed;
	int error = khmap_compressed_open(path, &packed);
	u64 i;

	if (error)
		return error;
	for (i = 0; !error && i < keys; i++) {
		memcpy(key, &i, sizeof(i));
		error = khmap_compressed_get(packed, key, value);
		if (error == -ENOENT)
			error = 0;
	}
	khmap_compressed_close(packed);
	return error;
}

/* The image's own header is a forgery, with all checksums right. */
static const struct forgery image_forgeries[] = {
#define IMAGE(field, says, error, reason) \
	{ #field, offsetof(struct khmap_image_header, field), \
	  sizeof(((struct khmap_image_header *)0)->field), 0, says, error, reason }
	IMAGE(geometry.page_shift, 13, -EUCLEAN, "pages of another size"),
	IMAGE(geometry.page_shift, 14, -EUCLEAN, "pages of another size"),
	IMAGE(geometry.page_shift, 16, -EUCLEAN, "truncated"),
	IMAGE(geometry.page_shift, 17, -EUCLEAN, "page_shift"),
	IMAGE(kind, 1, -EUCLEAN, "kind"),
	IMAGE(image_size, 1ull << 40, -EUCLEAN, "truncated"),
	IMAGE(hash_kind, 7, -EPROTONOSUPPORT, "hash_kind"),
};

static void test_images(const char *what, const struct bytes *good, const char *plain,
			struct rng *rng)
{
	struct bytes image = bytes_load(plain), work;
	unsigned char page[PAGE];
	unsigned int i, taken = 0;
	int error;
	u64 sum;

	work = with_image(good, image.at);
	is_i64(try_bytes(&work), 0, "%s: with the header page that it had, it is taken", what);
	free(work.at);
	for (i = 0; i < sizeof(image_forgeries) / sizeof(image_forgeries[0]); i++) {
		const struct forgery *f = &image_forgeries[i];

		memcpy(page, image.at, PAGE);
		field_store(page + f->at, f->size, f->value);
		sum = khmap_checksum_header(page, PAGE);
		memcpy(page + offsetof(struct khmap_image_header, header_checksum), &sum, 8);
		work = with_image(good, page);
		error = try_bytes(&work);
		if (!ok(error == f->error && strstr(khmap_reason(), f->reason),
			"%s: %s of its image says %#llx", what, f->field,
			(unsigned long long)f->value))
			diag("%d: %s", error, khmap_reason());
		free(work.at);
	}
	for (i = 0; i < FORGERIES; i++) {
		memcpy(page, image.at, PAGE);
		page[rng_below(rng, sizeof(struct khmap_image_header))] =
			(unsigned char)(i % 2 ? rng_next(rng) : rng_below(rng, 20));
		sum = khmap_checksum_header(page, PAGE);
		memcpy(page + offsetof(struct khmap_image_header, header_checksum), &sum, 8);
		work = with_image(good, page);
		error = try_bytes(&work);
		taken += error && !told(error);
		bytes_store(&work, "./tried.khz");
		error = look_up("./tried.khz", 40);
		taken += error && !told(error);
		free(work.at);
	}
	is_u64(taken, 0, "%s: each of %u images with a forged header ends well", what, FORGERIES);
	free(image.at);
}

static void test_codec(u32 kind)
{
	struct bytes good, small;
	char what[TEST_PATH];
	struct rng rng = { 11 };

	snprintf(what, sizeof(what), "%s", khmap_codec_name(kind));
	pack("./small.khm", "./small.khz", kind, 0);
	small = bytes_load("./small.khz");
	pack("./more.khm", "./more.khz", kind, 1);
	good = bytes_load("./more.khz");
	test_flips(what, &small, true);
	test_cuts(what, &small);
	test_flips(what, &good, false);
	test_cuts(what, &good);
	test_forgeries(&good);
	test_frames(what, &good, &rng);
	test_images(what, &good, "./more.khm", &rng);
	free(small.at);
	free(good.at);
}

/* A plain file of one page more than it should have, and pages that are zeros. */
static void prepare(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct engine e;
	struct bytes plain;

	engine_open(&e, &p);
	put_range(&e, 0, 5, 1);
	snapshot_file(&e, 1, "./small.khm");
	put_range(&e, 5, 40, 1);
	khmap_table_reserve(e.table, 700, NULL);
	snapshot_file(&e, 2, "./more.khm");
	engine_close(&e);
	/* A page that says nothing: its keys are gone. */
	plain = bytes_load("./more.khm");
	memset(plain.at + 2 * 4096, 0, 4096);
	bytes_store(&plain, "./more.khm");
	free(plain.at);
}

int main(void)
{
	folder_enter();
	prepare();
	test_codec(KHMAP_CODEC_LZ4);
	test_codec(KHMAP_CODEC_ZSTD);
	/* small, more, both compressed, and what was tried */
	ok(folder_leave(5), "no temporary file is left");
	return done();
}
