// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_delta.c - a base and a delta are the newer file, byte for byte
 *
 * What a delta stores is held against what test_delta.h counts in its own way.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../compact_test.h"
#include "test_delta.h"

#define HISTORIES	16
#define EPOCHS		4

static u64 delta_bytes(const struct khmap_delta_options *options, u64 runs)
{
	return sizeof(struct khmap_delta_header) + runs * sizeof(struct khmap_delta_run) +
	       options->stored * (8 + KHMAP_OS_PAGE_SIZE);
}

/* The delta of two files, there and back, and what it stores. */
static void test_pair(const char *what, const char *base, const char *new,
		      struct khmap_delta_options *options)
{
	u64 stored, zero;

	changed_pages(base, new, &stored, &zero);
	ok(delta_round(base, new, options), "%s: the newer file comes back", what);
	is_u64(options->stored, stored, "%s: stored pages", what);
	is_u64(options->zero, zero, "%s: pages that are zeros now", what);
	ok(options->bytes >= delta_bytes(options, 1) &&
	   options->bytes <= delta_bytes(options, options->stored + options->zero),
	   "%s: no bytes beside pages, checksums and runs", what);
}

static void test_unchanged(void)
{
	struct khmap_table_params p = params_make(8, 8, 20000);
	struct khmap_delta_options options;
	struct engine e;

	engine_open(&e, &p);
	put_range(&e, 0, 20000, 1);
	snapshot_file(&e, 1, "./a.khm");
	snapshot_file(&e, 2, "./b.khm");
	test_pair("unchanged", "./a.khm", "./b.khm", &options);
	is_u64(options.stored, 1, "unchanged: the header page alone");
	is_u64(options.bytes, delta_bytes(&options, 1), "unchanged: one page, one run");
	test_pair("the same file", "./a.khm", "./a.khm", &options);
	is_u64(options.stored, 1, "the same file: the header page alone");
	engine_close(&e);
}

/* Some values, in about one page of a hundred. */
static void test_values(void)
{
	struct khmap_table_params p = params_make(8, 8, 50000);
	struct khmap_delta_options options;
	struct engine e;
	u64 i;

	engine_open(&e, &p);
	put_range(&e, 0, 50000, 1);
	snapshot_file(&e, 1, "./a.khm");
	for (i = 0; i < 3; i++)
		put_range(&e, 9000 * i, 9000 * i + 1, 2);
	snapshot_file(&e, 2, "./b.khm");
	test_pair("few values", "./a.khm", "./b.khm", &options);
	ok(options.stored > 1 && options.stored <= 1 + 2 * 3, "few values: few pages");
	ok(options.stored * 50 < options.pages, "few values: %llu of %llu pages",
	   (unsigned long long)options.stored, (unsigned long long)options.pages);
	put_range(&e, 0, 50000, 3);
	snapshot_file(&e, 3, "./c.khm");
	test_pair("all values", "./b.khm", "./c.khm", &options);
	is_u64(options.stored + options.zero, options.pages, "all values: all pages");
	test_pair("back", "./c.khm", "./a.khm", &options);
	engine_close(&e);
}

/* The overflow region moves in the file; its pages are not stored for that. */
static void test_growth(void)
{
	struct khmap_table_params p = params_make(8, 8, 20000);
	struct khmap_image_header a, b;
	struct khmap_delta_options options;
	struct bytes bytes;
	struct engine e;

	p.load_percent = 95;
	engine_open(&e, &p);
	put_range(&e, 0, 20000, 1);
	snapshot_file(&e, 1, "./a.khm");
	put_range(&e, 20000, 20200, 1);
	is_i64(khmap_table_reserve(e.table, 20400, NULL), 0, "growth: room");
	snapshot_file(&e, 2, "./b.khm");
	bytes = bytes_load("./a.khm");
	memcpy(&a, bytes.at, sizeof(a));
	free(bytes.at);
	bytes = bytes_load("./b.khm");
	memcpy(&b, bytes.at, sizeof(b));
	free(bytes.at);
	ok(a.overflow_pages > 0 && b.overflow_offset > a.overflow_offset,
	   "growth: %u overflow pages moved by %llu bytes", a.overflow_pages,
	   (unsigned long long)(b.overflow_offset - a.overflow_offset));
	test_pair("growth", "./a.khm", "./b.khm", &options);
	ok(options.stored < options.pages, "growth: %llu of %llu pages",
	   (unsigned long long)options.stored, (unsigned long long)options.pages);
	test_pair("growth, back", "./b.khm", "./a.khm", &options);

	/* The region's size alone: nothing else has changed, but pages of zeros. */
	is_i64(khmap_table_reserve(e.table, 60000, NULL), 0, "reserve: room");
	snapshot_file(&e, 3, "./c.khm");
	test_pair("reserve", "./b.khm", "./c.khm", &options);
	engine_close(&e);
}

static void test_first_pages(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_delta_options options;
	struct engine e;

	engine_open(&e, &p);
	snapshot_file(&e, 1, "./a.khm");
	put_range(&e, 0, 5, 1);
	snapshot_file(&e, 2, "./b.khm");
	test_pair("inline", "./a.khm", "./b.khm", &options);
	is_u64(options.pages, 1, "inline: one page");
	put_range(&e, 5, 2000, 1);
	snapshot_file(&e, 3, "./c.khm");
	test_pair("promoted", "./b.khm", "./c.khm", &options);
	test_pair("promoted, back", "./c.khm", "./b.khm", &options);
	table_clear(e.table);
	snapshot_file(&e, 4, "./d.khm");
	test_pair("cleared", "./c.khm", "./d.khm", &options);
	ok(options.zero > 0, "cleared: %llu pages of zeros", (unsigned long long)options.zero);
	test_pair("cleared, back", "./d.khm", "./c.khm", &options);
	engine_close(&e);
}

static void test_compaction(void)
{
	struct khmap_table_params p = params_make(8, 8, 20000);
	unsigned char key[8];
	struct khmap_delta_options options;
	u32 before;
	struct engine e;
	u64 i;

	p.load_percent = 95;
	engine_open(&e, &p);
	put_range(&e, 0, 20000, 1);
	for (i = 0; i < 16000; i++) {
		key_make(key, sizeof(key), i);
		khmap_table_delete(e.table, key, NULL, NULL);
	}
	before = pages_of(e.table);
	snapshot_file(&e, 1, "./a.khm");
	compact_all(e.table);
	snapshot_file(&e, 2, "./b.khm");
	test_pair("compaction", "./a.khm", "./b.khm", &options);
	ok(pages_of(e.table) < before, "compaction: now there are %u of %u overflow pages",
	   pages_of(e.table), before);
	test_pair("compaction, back", "./b.khm", "./a.khm", &options);
	engine_close(&e);
}

static void history_step(struct engine *e, struct rng *rng, u64 limit)
{
	const struct khmap_geometry *g = &e->table->geometry;
	u64 from = rng_below(rng, limit), count = rng_below(rng, limit / 4 + 1), i;
	unsigned char key[64];

	switch (rng_below(rng, 8)) {
	case 0:
		compact_all(e->table);
		break;
	case 1:
		if (!rng_below(rng, 4))
			table_clear(e->table);
		break;
	case 2:
		khmap_table_reserve(e->table, from, NULL);
		break;
	case 3:
	case 4:
		for (i = from; i < from + count; i++) {
			key_make(key, g->key_size, i);
			khmap_table_delete(e->table, key, NULL, NULL);
		}
		break;
	case 5:
		put_range(e, from, from + 1, (u32)rng_next(rng));
		break;
	default:
		put_range(e, from, from + count, (u32)rng_next(rng));
	}
}

/* Any two snapshots of any history, in either order; and one delta after the other. */
static void test_history(struct rng *rng, unsigned int number)
{
	static const u32 values[] = { 1, 8, 24, 100, 900 };
	u64 limit = 1 + rng_below(rng, 6000), stored, zero;
	struct khmap_table_params p = params_make(8, values[rng_below(rng, 5)], 1);
	char path[EPOCHS][TEST_PATH], what[TEST_PATH];
	struct khmap_delta_options options;
	unsigned int i, j, steps, wrong = 0, inexact = 0;
	struct engine e;

	if (p.value_size > 100)
		limit = limit / 8 + 1;
	p.load_percent = 60 + (u32)rng_below(rng, 36);
	p.stripes = 1u << rng_below(rng, 4);
	p.layout = rng_below(rng, 2) ? KHMAP_LAYOUT_PACKED : KHMAP_LAYOUT_ALIGNED;
	engine_open(&e, &p);
	for (i = 0; i < EPOCHS; i++) {
		for (steps = (unsigned int)rng_below(rng, 6); steps; steps--)
			history_step(&e, rng, limit);
		snprintf(path[i], sizeof(path[i]), "./epoch%u.khm", i);
		snapshot_file(&e, i + 1, path[i]);
	}
	engine_close(&e);
	snprintf(what, sizeof(what), "history %u, values of %u bytes, up to %llu keys", number,
		 p.value_size, (unsigned long long)limit);
	for (i = 0; i < EPOCHS; i++) {
		for (j = 0; j < EPOCHS; j++) {
			changed_pages(path[i], path[j], &stored, &zero);
			wrong += !delta_round(path[i], path[j], &options);
			inexact += options.stored != stored || options.zero != zero;
		}
	}
	is_u64(wrong, 0, "%s: every pair comes back", what);
	is_u64(inexact, 0, "%s: and stores what has changed", what);

	/* The base is brought forward in place. */
	wrong = 0;
	delta_make(path[0], path[1], "./step.delta", NULL);
	wrong += !!delta_use(path[0], "./step.delta", "./mirror.khm");
	for (i = 2; i < EPOCHS; i++) {
		wrong += !!delta_make(path[i - 1], path[i], "./step.delta", NULL);
		wrong += !!delta_use("./mirror.khm", "./step.delta", "./mirror.khm");
	}
	ok(!wrong && file_same("./mirror.khm", path[EPOCHS - 1]), "%s: step by step in place",
	   what);
}

int main(void)
{
	struct rng rng = { test_seed() };
	unsigned int i;

	folder_enter();
	test_unchanged();
	test_values();
	test_growth();
	test_first_pages();
	test_compaction();
	for (i = 0; i < HISTORIES; i++)
		test_history(&rng, i);
	/* a, b, c, d; the epochs; mirror and step. */
	ok(folder_leave(4 + EPOCHS + 2), "no temporary file is left");
	return done();
}
