// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_compressed.c - a compressed file gives back the plain one, and its keys
 *
 *	test_compressed IMAGE...
 *
 * Of maps of many kinds, and of kept images: unpacking gives the same bytes, every
 * key is found by the index as in the plain file, and by few reads.  pread() is
 * ours (--wrap), and counts.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compress_write.h"
#include "map.h"
#include "test_compressed.h"
#include "test_hostile.h"

/* Overflow pages that were never used; their checksums fill runs. */
#define HOLE_PAGES 4000u

static const u32 codecs[] = { KHMAP_CODEC_LZ4, KHMAP_CODEC_ZSTD };

/* Of pread(): calls, and bytes that they brought. */
static u64 preads, pread_bytes;

ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t offset)
{
	ssize_t got = __real_pread64(fd, to, size, offset);

	preads++;
	pread_bytes += got > 0 ? (u64)got : 0;
	return got;
}

/* Every key of the plain file has its value, and a key that it lacks is not there. */
static unsigned int wrong_keys(const char *plain, const char *packed)
{
	unsigned char key[64], value[TEST_RECORD_MAX], got[TEST_RECORD_MAX];
	struct khmap_compressed *compressed;
	struct khmap_iter *iter;
	unsigned int wrong = 0, i;
	struct khmap *map;
	u32 key_size, value_size;

	if (khmap_open(plain, NULL, &map) || khmap_compressed_open(packed, &compressed) ||
	    khmap_iter_create(map, &iter)) {
		diag("%s", khmap_reason());
		return 1;
	}
	key_size = khmap_header(map)->geometry.key_size;
	value_size = khmap_header(map)->geometry.value_size;
	while (khmap_iter_next(iter, key, value) == 1)
		wrong += khmap_compressed_get(compressed, key, got) ||
			 memcmp(got, value, value_size);
	for (i = 0; i < 300; i++) {
		key_make(key, key_size, 1000000 + i);
		wrong += khmap_compressed_get(compressed, key, got) != khmap_get(map, key, value);
	}
	khmap_iter_free(iter);
	khmap_compressed_close(compressed);
	khmap_close(map);
	return wrong;
}

/* As a map in memory it is the plain file, too, and nobody can change it. */
static bool map_same(const char *plain, const char *packed)
{
	struct khmap_open_options options = { .size = sizeof(options), .flags = KHMAP_OPEN_VERIFY };
	struct khmap_compressed *compressed;
	struct bytes bytes;
	struct khmap *map;
	bool same;
	int error;

	if (khmap_compressed_open(packed, &compressed))
		return false;
	error = khmap_compressed_map(compressed, &options, &map);
	khmap_compressed_close(compressed);
	if (error)
		return false;
	bytes = bytes_load(plain);
	same = khmap_object(map)->mapped == bytes.size &&
	       !memcmp(khmap_object(map)->base, bytes.at, bytes.size) &&
	       ftruncate(khmap_fd(map), 0) && errno == EPERM;
	free(bytes.at);
	khmap_close(map);
	return same;
}

static void test_round(const char *what, const char *plain)
{
	static const u32 runs[] = { 0, 1, 3, 256 };
	unsigned int i, j, wrong = 0;

	for (i = 0; i < 2; i++) {
		for (j = 0; j < 4; j++) {
			if (pack(plain, "./round.khz", codecs[i], runs[j]) ||
			    unpack("./round.khz", "./round.khm") ||
			    !file_same(plain, "./round.khm") ||
			    !map_same(plain, "./round.khz") ||
			    wrong_keys(plain, "./round.khz")) {
				wrong++;
				diag("codec %u, runs of %u pages: %s", codecs[i], runs[j],
				     khmap_reason());
			}
			pack(plain, "./again.khz", codecs[i], runs[j]);
			wrong += !file_same("./round.khz", "./again.khz");
		}
	}
	is_u64(wrong, 0, "%s: there and back, every key, and the same bytes again", what);
	unlink("./round.khz");
	unlink("./round.khm");
	unlink("./again.khz");
}

static void test_variants(void)
{
	static const u32 keys[] = { 1, 4, 8, 13, 40 }, values[] = { 1, 3, 8, 21, 900 };
	static const u64 counts[] = { 0, 9, 200, 3000 };
	unsigned int i;

	for (i = 0; i < 40; i++) {
		struct khmap_table_params p = params_make(keys[i % 5], values[i / 5 % 5],
							  counts[i % 4]);
		u64 limit = p.key_size == 1 ? 200 : p.value_size > 100 ? 700 : counts[i % 4];
		char what[TEST_PATH];
		struct engine e;

		p.layout = i % 3 ? KHMAP_LAYOUT_ALIGNED : KHMAP_LAYOUT_PACKED;
		p.hash_kind = i % 7 > 2 ? KHMAP_HASH_FOLD : KHMAP_HASH_SIPHASH13;
		p.load_percent = i % 2 ? 75 : 95;
		p.expected_entries = p.expected_entries ? p.expected_entries / 3 + 1 : 1;
		engine_open(&e, &p);
		put_range(&e, 0, limit < counts[i % 4] ? limit : counts[i % 4], 1);
		snapshot_file(&e, 1, "./variant.khm");
		engine_close(&e);
		snprintf(what, sizeof(what), "keys of %u, values of %u, %llu entries", p.key_size,
			 p.value_size, (unsigned long long)counts[i % 4]);
		test_round(what, "./variant.khm");
	}
	unlink("./variant.khm");
}

static const void *copy_page(void *context, __u64 index)
{
	return khmap_copy_page(context, index);
}

/* From the pages of a copy, as of a live map's snapshot: as from the file of it. */
static void test_source(void)
{
	struct khmap_table_params p = params_make(8, 8, 3000);
	struct khmap_image_source source = { .page = copy_page, .stable = true, .mode = 0644 };
	struct khmap_account *account = khmap_account_create(64ull << 20, 0, false);
	struct khmap_image_header header;
	struct khmap_copy *copy;
	struct engine e;

	engine_open(&e, &p);
	put_range(&e, 0, 3000, 1);
	snapshot_file(&e, 1, "./a.khm");
	if (!account || khmap_copy_create(e.table, account, 1001, 1, &copy))
		exit(1);
	memcpy(&header, copy_page(copy, 0), sizeof(header));
	source.header = &header;
	source.context = copy;
	is_i64(khmap_image_compress(&source, "./a.khz", NULL), 0, "compressed without a plain file");
	is_i64(pack("./a.khm", "./b.khz", 0, 0), 0, "compressed from the plain file");
	ok(file_same("./a.khz", "./b.khz"), "the same");
	khmap_copy_destroy(copy);
	khmap_account_destroy(account);
	engine_close(&e);
	unlink("./b.khz");
}

/* Runs in which the keys of ./big.khm are, by one look-up each in a file just opened. */
static void test_reads(u32 codec)
{
	unsigned int i, calls[8] = { 0 }, more = 0, wrong = 0;
	struct khmap_compressed_stat stat = { .size = sizeof(stat) };
	struct khmap_compressed *packed;
	unsigned char key[8];
	u64 value, most = 0;

	pack("./big.khm", "./big.khz", codec, 0);
	for (i = 0; i < 2000; i++) {
		preads = 0;
		pread_bytes = 0;
		key_make(key, sizeof(key), i * 25);
		wrong += khmap_compressed_open("./big.khz", &packed) ||
			 khmap_compressed_get(packed, key, &value);
		calls[preads < 7 ? preads : 7]++;
		most = pread_bytes > most ? pread_bytes : most;
		/* Once more costs nothing. */
		pread_bytes = preads;
		wrong += !!khmap_compressed_get(packed, key, &value);
		more += preads != pread_bytes;
		khmap_compressed_stat(packed, &stat);
		wrong += preads != 2 + stat.runs_read;
		khmap_compressed_close(packed);
	}
	is_u64(wrong, 0, "codec %u: 2000 keys, each in a file just opened", codec);
	ok(!calls[0] && !calls[1] && !calls[2] && calls[3] > 1500,
	   "three reads: %u, four: %u, five and more: %u", calls[3], calls[4],
	   calls[5] + calls[6] + calls[7]);
	is_u64(more, 0, "the second look-up reads nothing");
	ok(most < stat.file_bytes / 5, "at most %llu bytes of %llu are read",
	   (unsigned long long)most, (unsigned long long)stat.file_bytes);
	unlink("./big.khz");
}

/* All keys in any order: the runs that are kept are eight. */
static void test_cache(void)
{
	struct khmap_compressed_stat stat = { .size = sizeof(stat) };
	struct khmap_compressed *packed;
	struct rng rng = { 7 };
	unsigned int i, wrong = 0;
	unsigned char key[8];
	u64 value;

	pack("./big.khm", "./big.khz", KHMAP_CODEC_LZ4, 1);
	if (khmap_compressed_open("./big.khz", &packed))
		exit(1);
	for (i = 0; i < 5000; i++) {
		key_make(key, sizeof(key), rng_below(&rng, 50000));
		wrong += !!khmap_compressed_get(packed, key, &value);
	}
	khmap_compressed_stat(packed, &stat);
	is_u64(wrong, 0, "5000 keys in any order");
	ok(stat.runs > 300 && stat.runs_read > 4500 && stat.runs_read < 7000,
	   "%llu of %llu runs were read, again and again", (unsigned long long)stat.runs_read,
	   (unsigned long long)stat.runs);
	/* Eight keys, over and over: what they need is kept. */
	for (i = 0; i < 400; i++) {
		if (i == 4) {
			khmap_compressed_stat(packed, &stat);
			preads = 0;
		}
		key_make(key, sizeof(key), i % 4);
		wrong += !!khmap_compressed_get(packed, key, &value);
	}
	is_u64(preads, 0, "four keys over and over need no more reads");
	khmap_compressed_close(packed);
	unlink("./big.khz");
}

static void test_big(void)
{
	struct khmap_table_params p = params_make(8, 8, 50000);
	struct engine e;

	engine_open(&e, &p);
	put_range(&e, 0, 50000, 1);
	snapshot_file(&e, 1, "./big.khm");
	engine_close(&e);
	test_reads(KHMAP_CODEC_LZ4);
	test_reads(KHMAP_CODEC_ZSTD);
	test_cache();
	unlink("./big.khm");
}

/**
 * struct sparse - An image, and overflow pages that were never used.
 * @copy: the image
 * @pages: of it
 */
struct sparse {
	struct khmap_copy *copy;
	u64 pages;
};

static const void *sparse_page(void *context, __u64 index)
{
	static const unsigned char zeros[KHMAP_OS_PAGE_SIZE];
	const struct sparse *sparse = context;

	return index < sparse->pages ? khmap_copy_page(sparse->copy, index) : zeros;
}

static void sparse_try(const struct khmap_image_source *source, u32 codec)
{
	struct khmap_compressed_stat found = { .size = sizeof(found) };
	struct khmap_compress_options options = { .size = sizeof(options), .codec = codec };
	struct khmap_compressed *packed;
	struct stat st;

	is_i64(khmap_image_compress(source, "./sparse.khz", &options), 0, "codec %u: a sparse map",
	       codec);
	if (khmap_compressed_open("./sparse.khz", &packed))
		exit(1);
	khmap_compressed_stat(packed, &found);
	khmap_compressed_close(packed);
	is_u64(found.image_bytes, options.image_bytes, "bytes of the image, twice");
	is_u64(found.file_bytes, options.file_bytes, "bytes of the file, twice");
	is_u64(found.runs - found.zero_runs, 1 + 1 + 1, "header page, map, checksums; of %llu runs",
	       (unsigned long long)found.runs);
	ok(found.file_bytes < 24 * found.runs + 8 * (HOLE_PAGES + 10) + 8192,
	   "%llu bytes in %llu", (unsigned long long)found.image_bytes,
	   (unsigned long long)found.file_bytes);
	is_u64(wrong_keys("./sparse.khm", "./sparse.khz"), 0, "every key");
	ok(!unpack("./sparse.khz", "./out.khm"), "unpacked");
	/* Now: to read a hole of a tmpfs through a mapping fills it. */
	if (stat("./out.khm", &st))
		exit(1);
	ok((u64)st.st_blocks * 512 < (HOLE_PAGES + 100) * 8 + 32 * 4096, "%lld bytes on the disk",
	   (long long)st.st_blocks * 512);
	ok(file_same("./sparse.khm", "./out.khm"), "the same");
	unlink("./sparse.khz");
	unlink("./out.khm");
}

static void test_sparse(void)
{
	struct khmap_table_params p = params_make(8, 8, 300);
	struct sparse sparse;
	struct khmap_image_source source = {
		.page = sparse_page,
		.context = &sparse,
		.stable = true,
		.mode = 0644,
	};
	struct khmap_account *account = khmap_account_create(64ull << 20, 0, false);
	struct khmap_image_header header;
	struct engine e;

	engine_open(&e, &p);
	put_range(&e, 0, 300, 1);
	if (!account || khmap_copy_create(e.table, account, 1001, 1, &sparse.copy))
		exit(1);
	memcpy(&header, khmap_copy_page(sparse.copy, 0), sizeof(header));
	sparse.pages = header.image_size / KHMAP_OS_PAGE_SIZE;
	if (header.overflow_offset + header.overflow_pages_max * KHMAP_OS_PAGE_SIZE !=
	    header.image_size)
		exit(1);
	header.overflow_pages_max += HOLE_PAGES;
	header.image_size += HOLE_PAGES * KHMAP_OS_PAGE_SIZE;
	source.header = &header;
	is_i64(khmap_image_write(&source, "./sparse.khm", NULL), 0, "a sparse map, plain");
	sparse_try(&source, KHMAP_CODEC_LZ4);
	sparse_try(&source, KHMAP_CODEC_ZSTD);
	khmap_copy_destroy(sparse.copy);
	khmap_account_destroy(account);
	engine_close(&e);
	unlink("./sparse.khm");
}

static void test_zero_bytes(void)
{
	struct khmap_table_params p = params_make(8, 900, 200);
	struct khmap_compressed_stat stat = { .size = sizeof(stat) };
	struct khmap_compressed *packed;
	unsigned char value[900] = { 1 }, key[8];
	struct engine e;
	unsigned int i;

	engine_open(&e, &p);
	for (i = 0; i < 200; i++) {
		key_make(key, sizeof(key), i);
		if (khmap_table_put(e.table, key, value, KHMAP_PUT_EITHER, NULL))
			exit(1);
	}
	snapshot_file(&e, 1, "./zeros.khm");
	engine_close(&e);
	for (i = 0; i < 2; i++) {
		pack("./zeros.khm", "./zeros.khz", codecs[i], 0);
		if (khmap_compressed_open("./zeros.khz", &packed))
			exit(1);
		khmap_compressed_stat(packed, &stat);
		khmap_compressed_close(packed);
		ok(stat.image_bytes > 200 * 900 && stat.file_bytes * 20 < stat.image_bytes,
		   "codec %u: values that are zeros but for a byte: %llu bytes in %llu", codecs[i],
		   (unsigned long long)stat.image_bytes, (unsigned long long)stat.file_bytes);
	}
	unlink("./zeros.khm");
	unlink("./zeros.khz");
}

static int options_try(struct khmap *map, struct khmap_compress_options options)
{
	options.size = sizeof(options);
	return khmap_compress_write(map, "./options.khz", &options);
}

#define OPTIONS(...) options_try(map, (struct khmap_compress_options){ __VA_ARGS__ })

static int cancel(void *context, __u64 done, __u64 total)
{
	*(u64 *)context = total;
	return done > total / 2;
}

static void test_options(void)
{
	struct khmap_write_options write = { .size = sizeof(write) };
	struct khmap_write_queue queue = { .size = sizeof(queue), .depth = 1 };
	struct khmap_compressed_stat stat = { .size = 8 };
	struct khmap_compressed *packed;
	u64 total = 0;
	struct khmap *map;

	if (khmap_open("./a.khm", NULL, &map) || khmap_compressed_open("./a.khz", &packed))
		exit(1);
	is_i64(OPTIONS(.codec = 3), -EINVAL, "an unknown codec");
	is_i64(OPTIONS(.codec = KHMAP_CODEC_LZ4, .level = 13), -EINVAL, "a level of lz4 too high");
	is_i64(OPTIONS(.level = 23), -EINVAL, "a level of zstd too high");
	is_i64(OPTIONS(.run_pages = 257), -EINVAL, "a run of more than 1 MiB");
	is_i64(OPTIONS(.flags = 1), -EOPNOTSUPP, "a flag");
	is_i64(OPTIONS(.reserved = 1), -EINVAL, "reserved");
	is_i64(OPTIONS(.progress = cancel, .context = &total), -ECANCELED, "cancelled");
	ok(access("./options.khz", F_OK), "nothing was written");
	is_i64(OPTIONS(.codec = KHMAP_CODEC_LZ4, .level = 12), 0, "the highest level of lz4");
	is_i64(OPTIONS(.level = 22), 0, "the highest level of zstd");
	write.progress = cancel;
	write.context = &total;
	is_i64(khmap_compressed_unpack(packed, "./out.khm", &write), -ECANCELED, "unpack: cancelled");
	write.queue = &queue;
	is_i64(khmap_compressed_unpack(packed, "./out.khm", &write), -EINVAL, "unpack: a queue");
	ok(access("./out.khm", F_OK), "nothing was written");
	is_i64(khmap_compressed_stat(packed, &stat), -EINVAL, "a struct that is too small");
	khmap_compressed_close(packed);
	khmap_close(map);
	is_i64(khmap_compressed_open("./a.khm", &packed), -EINVAL, "a plain file is refused");
	ok(strstr(khmap_reason(), "one that is not compressed"), "as what it is");
	is_i64(khmap_open("./a.khz", NULL, &map), -EINVAL, "khmap_open() refuses a compressed one");
	ok(strstr(khmap_reason(), "a compressed snapshot"), "as what it is");
	is_i64(khmap_compressed_open("./nothing", &packed), -ENOENT, "a file that is not there");
	is_i64(khmap_compressed_open(".", &packed), -EINVAL, "a folder");
	unlink("./options.khz");
	unlink("./a.khm");
	unlink("./a.khz");
}

int main(int argc, char **argv)
{
	int i;

	folder_enter();
	for (i = 1; i < argc; i++)
		test_round(strrchr(argv[i], '/') + 1, argv[i]);
	test_variants();
	test_source();
	test_big();
	test_sparse();
	test_zero_bytes();
	test_options();
	ok(folder_leave(0), "no temporary file is left");
	return done();
}
