// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_digest_calls.c - khmap_digest(): who is told of progress, how it ends early,
 * and structs of other versions; khmap_verify(), likewise
 */
#include <errno.h>
#include <unistd.h>

#include <khmap/digest.h>
#include <khmap/verify.h>

#include "test_delta.h"

/* Two steps of progress and a part of one. */
#define KEYS	10000
#define STEP	4096

/**
 * struct told - What progress() was told.
 * @calls: how often
 * @last: the call that ends it; 0 for none
 * @done: the last time
 * @total: likewise
 */
struct told {
	unsigned int calls;
	unsigned int last;
	u64 done;
	u64 total;
};

static int progress(void *context, __u64 done, __u64 total)
{
	struct told *told = context;

	told->done = done;
	told->total = total;
	return ++told->calls == told->last;
}

static void test_progress(const struct khmap *map)
{
	static const unsigned char zeros[KHMAP_DIGEST_SIZE];
	struct told told = { .calls = 0 };
	struct khmap_digest first = { .size = sizeof(first) }, digest = {
		.size = sizeof(digest),
		.progress = progress,
		.context = &told,
	};

	is_i64(khmap_digest(map, &first), 0, "a digest");
	is_u64(first.entries, KEYS, "of all entries");
	is_i64(khmap_digest(map, &digest), 0, "with progress");
	ok(!memcmp(first.value, digest.value, sizeof(first.value)), "it is the same");
	is_u64(told.calls, KEYS / STEP, "calls");
	is_u64(told.done, KEYS / STEP * STEP, "entries, the last time");
	is_u64(told.total, KEYS, "of all");

	told = (struct told){ .last = 2 };
	is_i64(khmap_digest(map, &digest), -ECANCELED, "stopped at the second call");
	is_u64(told.calls, 2, "no call comes after it");
	is_u64(digest.entries, 2 * STEP, "the entries until then are told");
	ok(!memcmp(digest.value, zeros, sizeof(zeros)), "no value is");
	is_str(khmap_reason(), "cancelled after 8192 entries", "it says so");
}

static void test_versions(const struct khmap *map)
{
	struct {
		struct khmap_digest digest;
		u64 more;
	} newer = { .digest.size = sizeof(newer) };
	struct khmap_verify_options verify = { .size = sizeof(verify) - 1 };

	is_i64(khmap_digest(map, &newer.digest), 0, "a newer struct, whose end is zero");
	newer.more = 1;
	is_i64(khmap_digest(map, &newer.digest), -E2BIG, "which is not zero");
	newer.digest.size = sizeof(newer.digest) - 1;
	is_i64(khmap_digest(map, &newer.digest), -EINVAL, "a struct that is too small");
	is_str(khmap_reason() + strlen(khmap_reason()) - strlen(" at least"), " at least",
	       "it says so");
	newer.digest.size = sizeof(newer.digest);
	newer.digest.flags = 1;
	is_i64(khmap_digest(map, &newer.digest), -EOPNOTSUPP, "a flag");

	is_i64(khmap_verify(map, &verify), -EINVAL, "verify: a struct that is too small");
	verify.size++;
	verify.flags = 1;
	is_i64(khmap_verify(map, &verify), -EOPNOTSUPP, "verify: a flag");
	verify.flags = 0;
	is_i64(khmap_verify(map, &verify), 0, "verify: as it should be");
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 8, KEYS);
	struct khmap *map;
	struct engine e;

	folder_enter();
	engine_open(&e, &p);
	put_range(&e, 0, KEYS, 1);
	snapshot_file(&e, 1, "./a.khm");
	engine_close(&e);
	is_i64(khmap_open("./a.khm", NULL, &map), 0, "a map");
	test_progress(map);
	test_versions(map);
	khmap_close(map);
	ok(folder_leave(1), "no other file is left");
	return done();
}
