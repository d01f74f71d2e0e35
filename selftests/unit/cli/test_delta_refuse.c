// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_delta_refuse.c - no delta that is damaged, cut, forged or of another image
 * is applied, and nothing is written for it
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "test_delta.h"

#define FORGERIES 4000

/* The delta that everything is tried with: from ./a.khm to ./b.khm, of three runs or more. */
static struct bytes delta;

static void prepare(void)
{
	struct khmap_table_params p = params_make(8, 8, 1000);
	struct engine e;

	p.map_id = 7;
	p.created_ns = 99;
	engine_open(&e, &p);
	put_range(&e, 0, 1000, 1);
	snapshot_file(&e, 1, "./a.khm");
	put_range(&e, 500, 502, 2);
	put_range(&e, 1000, 1020, 1);
	snapshot_file(&e, 2, "./b.khm");
	is_i64(delta_make("./a.khm", "./b.khm", "./delta", NULL), 0, "a delta");
	delta = bytes_load("./delta");
	engine_close(&e);
}

static struct khmap_delta_header header_of(const struct bytes *bytes)
{
	struct khmap_delta_header header;

	memcpy(&header, bytes->at, sizeof(header));
	return header;
}

/* Checksums of header and index as if they were right. */
static void sign(struct bytes *bytes)
{
	struct khmap_delta_header h = header_of(bytes);
	u64 room = bytes->size - sizeof(h);

	if (h.runs <= room / sizeof(struct khmap_delta_run) && h.pages <= room / 8 &&
	    h.runs * sizeof(struct khmap_delta_run) + h.pages * 8 <= room)
		h.index_checksum = XXH64(bytes->at + sizeof(h),
					 h.runs * sizeof(struct khmap_delta_run) + h.pages * 8, 0);
	h.header_checksum = XXH64(&h, offsetof(struct khmap_delta_header, header_checksum), 0);
	memcpy(bytes->at, &h, sizeof(h));
}

static int apply(const struct bytes *bytes)
{
	bytes_store(bytes, "./tried");
	return delta_use("./a.khm", "./tried", "./out.khm");
}

static bool refused(int error)
{
	return (error == -EUCLEAN || error == -EBADMSG || error == -ESTALE ||
		error == -EPROTONOSUPPORT) && *khmap_reason() && access("./out.khm", F_OK);
}

static void test_flips(void)
{
	struct bytes work = { malloc(delta.size), delta.size };
	unsigned int accepted = 0;
	size_t i;

	memcpy(work.at, delta.at, delta.size);
	for (i = 0; i < delta.size; i++) {
		work.at[i] ^= (unsigned char)(1 + i % 255);
		if (!refused(apply(&work)) && !accepted++)
			diag("byte %zu", i);
		work.at[i] = delta.at[i];
	}
	is_u64(accepted, 0, "each of %zu bytes changed is refused, and nothing is written",
	       delta.size);
	is_i64(apply(&work), 0, "unchanged, it is applied");
	ok(file_same("./b.khm", "./out.khm"), "and gives the newer file");
	unlink("./out.khm");
	free(work.at);
}

static void test_cuts(void)
{
	struct bytes work = { malloc(delta.size + 1), delta.size };
	unsigned int accepted = 0, tried = 0;
	size_t size;

	memcpy(work.at, delta.at, delta.size);
	work.at[delta.size] = 0;
	for (size = 0; size < delta.size; size += size < 1000 ? 1 : 37, tried++) {
		work.size = size;
		accepted += !refused(apply(&work));
	}
	is_u64(accepted, 0, "cut at %u places it is refused", tried);
	work.size = delta.size + 1;
	is_i64(apply(&work), -EUCLEAN, "a byte longer it is refused");
	free(work.at);
}

/* What somebody writes who makes checksums anew: nothing gets past the result's. */
static void test_forged(struct rng *rng)
{
	struct bytes work = { malloc(delta.size), delta.size };
	struct khmap_delta_header h = header_of(&delta);
	size_t index = sizeof(h) + h.runs * sizeof(struct khmap_delta_run) + h.pages * 8;
	unsigned int accepted = 0, i;

	for (i = 0; i < FORGERIES; i++) {
		size_t at = rng_below(rng, index / 4) * 4;
		u64 value = rng_below(rng, 3) ? rng_below(rng, 6) : rng_next(rng);
		u32 old;

		memcpy(work.at, delta.at, delta.size);
		memcpy(&old, work.at + at, sizeof(old));
		if (rng_below(rng, 2))
			value = old + (rng_below(rng, 2) ? 1 : -1);
		field_store(work.at + at, sizeof(old), value);
		sign(&work);
		if (!memcmp(work.at, delta.at, delta.size))
			continue;
		if (!refused(apply(&work)) && !accepted++)
			diag("%u at byte %zu for %u", (u32)value, at, old);
	}
	is_u64(accepted, 0, "forged in %u ways it is refused", FORGERIES);
	free(work.at);
}

/* Change one field of header or index, sign, and see what is said. */
static void test_field(size_t at, size_t size, u64 value, int error, const char *words)
{
	struct bytes work = { malloc(delta.size), delta.size };

	memcpy(work.at, delta.at, delta.size);
	field_store(work.at + at, size, value);
	sign(&work);
	is_i64(apply(&work), error, "byte %zu is 0x%llx", at, (unsigned long long)value);
	if (!ok(strstr(khmap_reason(), words), "and it says: %s", words))
		diag("%s", khmap_reason());
	ok(access("./out.khm", F_OK), "and nothing is written");
	free(work.at);
}

#define FIELD(name, bytes, value, error, words) \
	test_field(offsetof(struct khmap_delta_header, name), bytes, value, error, words)
#define RUN(run, name, bytes, value, error, words) \
	test_field(sizeof(struct khmap_delta_header) + (run) * sizeof(struct khmap_delta_run) + \
		   offsetof(struct khmap_delta_run, name), bytes, value, error, words)

static void test_fields(void)
{
	struct khmap_delta_header h = header_of(&delta);

	FIELD(magic[0], 1, 'X', -EPROTONOSUPPORT, "is not a khmap delta");
	FIELD(byte_order, 4, KHMAP_BYTE_ORDER_OTHER, -EPROTONOSUPPORT, "the other byte order");
	FIELD(byte_order, 4, 5, -EUCLEAN, "byte_order is neither");
	FIELD(version, 4, 0, -EUCLEAN, "version is 0");
	FIELD(version, 4, 2, -EPROTONOSUPPORT, "format version 2, this library reads version 1");
	FIELD(page_shift, 4, 11, -EUCLEAN, "page_shift is not 12..16");
	FIELD(page_shift, 4, 13, -EUCLEAN, "truncated: expected ");
	FIELD(reserved, 4, 1, -EUCLEAN, "reserved is not 0");
	FIELD(runs, 8, 1ull << 60, -EUCLEAN, "more runs or pages");
	FIELD(pages, 8, ~0ull, -EUCLEAN, "more runs or pages");
	FIELD(runs, 8, h.runs + 1, -EUCLEAN, "truncated: expected ");
	FIELD(base.map_id, 8, 8, -ESTALE, "is for epoch 1 of map 8, and ./a.khm is not that snapshot: its map_id is 7, not 8");
	FIELD(base.created_ns, 8, 98, -ESTALE, "its created_ns is 99, not 98");
	FIELD(base.epoch, 8, 3, -ESTALE, "is for epoch 3 of map 7, and ./a.khm is not that snapshot: its epoch is 1, not 3");
	FIELD(base.snapshot_ns, 8, 3, -ESTALE, "its snapshot_ns is 1001, not 3");
	FIELD(base.checksum_checksum, 8, 0, -ESTALE, "its checksum_checksum is ");
	FIELD(base.header_checksum, 8, 0, -ESTALE, "its header_checksum is ");
	FIELD(result.epoch, 8, 4, -EUCLEAN, "is not of the image that it names");
	FIELD(result.checksum_checksum, 8, 4, -EUCLEAN, "is not of the image that it names");

	ok(h.runs >= 3, "%llu runs", (unsigned long long)h.runs);
	RUN(0, region, 4, 1, -EUCLEAN, "run 0 (region 1, kind 1, 1 pages from 0 on) is not the header page");
	RUN(0, kind, 4, 2, -EUCLEAN, "is not the header page");
	RUN(0, count, 8, 2, -EUCLEAN, "run 0 (region 0, kind 1, 2 pages from 0 on) leaves its region");
	RUN(1, region, 4, 3, -EUCLEAN, "is in no region");
	RUN(1, region, 4, 0, -EUCLEAN, "region");
	RUN(1, kind, 4, 3, -EUCLEAN, "is of no known kind");
	RUN(1, kind, 4, 2, -EUCLEAN, "its runs are of ");
	RUN(1, count, 8, 0, -EUCLEAN, "leaves its region");
	RUN(1, count, 8, ~0ull, -EUCLEAN, "leaves its region");
	RUN(1, first, 8, ~0ull, -EUCLEAN, "leaves its region");
	RUN(1, first, 8, 1ull << 63, -EUCLEAN, "leaves its region");
	RUN(2, first, 8, 0, -EUCLEAN, "is not behind the one before");
}

/* A page that is whole in itself, and not the one that belongs there. */
static void test_page(void)
{
	struct bytes work = { malloc(delta.size), delta.size };
	struct khmap_delta_header h = header_of(&delta);
	size_t sums = sizeof(h) + h.runs * sizeof(struct khmap_delta_run);
	size_t page = sums + h.pages * 8 + KHMAP_OS_PAGE_SIZE;
	struct khmap_delta_run run;
	u64 sum;

	memcpy(&run, delta.at + sizeof(h) + sizeof(run), sizeof(run));
	is_u64(run.region, KHMAP_DELTA_PRIMARY, "the second page is of the primary region");
	memcpy(work.at, delta.at, delta.size);
	work.at[page + 100] ^= 4;
	is_i64(apply(&work), -EBADMSG, "a page is damaged");
	ok(strstr(khmap_reason(), "./tried: damaged: primary page ") &&
	   strstr(khmap_reason(), ": checksum: expected "), "%s", khmap_reason());
	sum = XXH64(work.at + page, KHMAP_OS_PAGE_SIZE, 1 + run.first);
	memcpy(work.at + sums + 8, &sum, sizeof(sum));
	sign(&work);
	is_i64(apply(&work), -EBADMSG, "and has a checksum for that");
	ok(strstr(khmap_reason(), "checksum of what comes of it and ./a.khm"), "%s",
	   khmap_reason());
	ok(access("./out.khm", F_OK), "and nothing is written");
	free(work.at);
}

static void test_base(void)
{
	struct bytes base = bytes_load("./a.khm");

	is_i64(delta_use("./b.khm", "./delta", "./out.khm"), -ESTALE, "another base");
	is_i64(delta_use("./a.khm", "./a.khm", "./out.khm"), -EPROTONOSUPPORT, "no delta");
	ok(strstr(khmap_reason(), "is not a khmap delta, but a snapshot file"), "%s",
	   khmap_reason());
	is_i64(delta_use("./a.khm", ".", "./out.khm"), -EPROTONOSUPPORT, "a folder");
	is_i64(delta_use("./a.khm", "./missing", "./out.khm"), -ENOENT, "no file");

	base.at[2 * KHMAP_OS_PAGE_SIZE + 40] ^= 1;
	bytes_store(&base, "./bad.khm");
	is_i64(delta_use("./bad.khm", "./delta", "./out.khm"), -EBADMSG, "a damaged base");
	ok(strstr(khmap_reason(), "./bad.khm: damaged: primary page 1 at 0x2000: checksum"), "%s",
	   khmap_reason());
	is_i64(delta_make("./bad.khm", "./b.khm", "./out.delta", NULL), -EBADMSG,
	       "no delta from it");
	is_i64(delta_make("./a.khm", "./bad.khm", "./out.delta", NULL), -EBADMSG,
	       "nor to it");
	ok(access("./out.khm", F_OK) && access("./out.delta", F_OK), "and nothing is written");
	free(base.at);
}

static void test_other_map(void)
{
	struct khmap_table_params p = params_make(8, 8, 1000);
	struct engine e;

	p.map_id = 8;
	p.created_ns = 99;
	engine_open(&e, &p);
	snapshot_file(&e, 1, "./other.khm");
	engine_close(&e);
	is_i64(delta_make("./a.khm", "./other.khm", "./out.delta", NULL), -ESTALE, "another map");
	is_str(khmap_reason(),
	       "./other.khm: is not of the map that ./a.khm is of: its map_id is 8, not 7",
	       "both are named");
}

static int stop(void *context, __u64 done, __u64 total)
{
	u64 *last = context;

	/* Nothing is written yet. */
	if (!total)
		return 0;
	ok(done > *last && done <= total, "%llu of %llu bytes", (unsigned long long)done,
	   (unsigned long long)total);
	*last = done;
	return 1;
}

/* What was there stays, byte for byte, when the writing ends early. */
static void test_stopped(void)
{
	u64 last = 0;
	struct khmap_delta_options options = {
		.size = sizeof(options),
		.progress = stop,
		.context = &last,
	};
	struct khmap *base;

	bytes_store(&delta, "./out.khm");
	khmap_open("./a.khm", NULL, &base);
	is_i64(khmap_delta_apply(base, "./delta", "./out.khm", &options), -ECANCELED,
	       "an apply that is stopped");
	ok(file_same("./out.khm", "./delta"), "leaves what was there");
	last = 0;
	is_i64(delta_make("./a.khm", "./b.khm", "./out.khm", &options), -ECANCELED,
	       "a delta that is stopped");
	ok(file_same("./out.khm", "./delta"), "leaves what was there");
	options.flags = 1;
	is_i64(khmap_delta_apply(base, "./delta", "./out.khm", &options), -EOPNOTSUPP,
	       "apply: a flag");
	is_i64(delta_make("./a.khm", "./b.khm", "./out.khm", &options), -EOPNOTSUPP,
	       "delta: a flag");
	is_i64(khmap_delta_apply(base, "./delta", ".", NULL), -EINVAL, "apply: to a folder");
	is_i64(delta_make("./a.khm", "./b.khm", ".", NULL), -EINVAL, "delta: to a folder");
	is_i64(delta_make("./a.khm", "./b.khm", "./missing/x", NULL), -ENOENT,
	       "delta: to a folder that is not there");
	khmap_close(base);
}

static void test_mode(void)
{
	mode_t mask = umask(027);
	struct stat st;

	unlink("./out.khm");
	chmod("./a.khm", 0666);
	chmod("./b.khm", 0644);
	delta_make("./a.khm", "./b.khm", "./out.delta", NULL);
	stat("./out.delta", &st);
	is_u64(st.st_mode & 0777, 0640, "a delta has the newer file's permissions, less the umask");
	delta_use("./a.khm", "./out.delta", "./out.khm");
	stat("./out.khm", &st);
	is_u64(st.st_mode & 0777, 0640, "what comes of it has the base's");
	umask(mask);
}

int main(void)
{
	struct rng rng = { test_seed() };

	folder_enter();
	prepare();
	test_flips();
	test_cuts();
	test_forged(&rng);
	test_fields();
	test_page();
	test_base();
	test_other_map();
	test_stopped();
	test_mode();
	free(delta.at);
	ok(folder_leave(8), "no temporary file is left");
	return done();
}
