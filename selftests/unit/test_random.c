// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_random.c - random operations against a model
 *
 * Over many small geometries.  The model of a map is an array: for each number
 * the version of its value, 0 if its key is not there.  After each operation
 * the key is looked up through the image; now and then the whole image is
 * checked, and its entries against the model's.
 *
 * KHMAP_SEED and KHMAP_OPERATIONS of the environment choose another run.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check_image.h"
#include "engine.h"
#include "tap.h"

#ifdef __SANITIZE_THREAD__
#define OPERATIONS	2000000u
#else
#define OPERATIONS	12000000u
#endif

#define NUMBERS_MAX	8192u
#define VALUE_MAX	500u

/**
 * struct run - one map and its model
 * @engine: the map
 * @rng: of the run
 * @key_size: bytes
 * @value_size: bytes
 * @numbers: keys are those of 0..@numbers - 1
 * @count: keys in the map
 * @versions: of each number, 0 if it is not in the map
 * @version: the last one used
 * @exhausted: the overflow region has been full
 * @overlong: puts refused for the length of a chain
 * @wrong: the first thing that was; empty if there was none
 */
struct run {
	struct engine engine;
	struct rng rng;
	u32 key_size;
	u32 value_size;
	u32 numbers;
	u64 count;
	u32 versions[NUMBERS_MAX];
	u32 version;
	bool exhausted;
	u32 overlong;
	char wrong[200];
};

static bool __attribute__((format(printf, 2, 3))) wrong(struct run *run, const char *fmt, ...)
{
	va_list args;

	if (!run->wrong[0]) {
		va_start(args, fmt);
		vsnprintf(run->wrong, sizeof(run->wrong), fmt, args);
		va_end(args);
	}
	return false;
}

/* A key's number, from its bytes; ~0 if it has none. */
static u32 number_of(const struct run *run, const void *key)
{
	const unsigned char *bytes = key;
	unsigned char again[64];
	u32 number = 0, i;

	for (i = 0; i < run->key_size && i < 4; i++)
		number |= (u32)bytes[i] << 8 * i;
	key_make(again, run->key_size, number);
	return number < run->numbers && !memcmp(again, key, run->key_size) ? number : ~0u;
}

static void check_entry(void *arg, const void *key, const void *value)
{
	struct run *run = arg;
	u32 number = number_of(run, key);
	unsigned char want[VALUE_MAX];

	if (number == ~0u || !run->versions[number]) {
		wrong(run, "entry of number %u, which is not there", number);
		return;
	}
	value_make(want, run->value_size, number, run->versions[number]);
	if (memcmp(want, value, run->value_size))
		wrong(run, "value of number %u", number);
}

static bool check_all(struct run *run)
{
	struct image image = image_of_table(run->engine.table);

	image.entry = check_entry;
	image.entry_arg = run;
	if (!image_check(&image))
		return wrong(run, "image: %s", image.error);
	if (image.entries != run->count)
		return wrong(run, "%llu entries, should be %llu", (unsigned long long)image.entries,
			     (unsigned long long)run->count);
	return !run->wrong[0];
}

/* Look a number up through the image. */
static bool check_number(struct run *run, u32 number, const void *key)
{
	unsigned char got[VALUE_MAX], want[VALUE_MAX];
	struct khmap_read read;
	int err, should = run->versions[number] ? 0 : -ENOENT;

	err = khmap_reader_get(&run->engine.reader, key, got);
	if (err != should)
		return wrong(run, "reader: number %u: %d, should be %d", number, err, should);
	if (err)
		return true;
	value_make(want, run->value_size, number, run->versions[number]);
	if (memcmp(got, want, run->value_size))
		return wrong(run, "reader: value of number %u", number);
	if (run->version % 4)
		return true;
	err = khmap_reader_find(&run->engine.reader, key, &read);
	if (err || memcmp(read.value, want, run->value_size) ||
	    memcmp(read.key, key, run->key_size) || !khmap_read_validate(&read))
		return wrong(run, "reader: find number %u: %d", number, err);
	return true;
}

/* May a put of a new key have failed with @err? */
static bool refusal_is_right(struct run *run, const void *key, int err)
{
	struct khmap_table *table = run->engine.table;
	const struct khmap_image_header *h = table->header;
	struct khmap_counts counts;

	khmap_table_stat(table, &counts);
	if (err == -ENOSPC && run->count == h->max_entries)
		return true;
	if (err == -ENOSPC) {
		run->exhausted = true;
		return h->overflow_pages == h->overflow_pages_max;
	}
	if (err == -EXFULL) {
		struct image image = image_of_table(table);

		run->overlong++;
		return run->overlong % 64 || (image_check(&image) && image.chains[KHMAP_CHAIN_MAX]);
	}
	return false;
}

static bool step_put(struct run *run, u32 number, const void *key)
{
	struct khmap_table *table = run->engine.table;
	enum khmap_put_mode mode = (enum khmap_put_mode)rng_below(&run->rng, 3);
	u32 old = run->versions[number], version = ++run->version;
	unsigned char value[VALUE_MAX];
	struct khmap_store store;
	int err, should = 0;

	value_make(value, run->value_size, number, version);
	if (old && mode == KHMAP_PUT_ONLY_NEW)
		should = -EEXIST;
	else if (!old && mode == KHMAP_PUT_ONLY_OLD)
		should = -ENOENT;
	else if (!old && run->count == table->max_entries)
		should = -ENOSPC;
	err = khmap_table_put(table, key, value, mode, &store);
	if (err != should && (should || !err || old || !refusal_is_right(run, key, err)))
		return wrong(run, "put number %u mode %d: %d, should be %d", number, (int)mode, err,
			     should);
	if (err)
		return true;
	if (store.replaced != !!old)
		return wrong(run, "put number %u: replaced is %d", number, store.replaced);
	run->versions[number] = version;
	run->count += !old;
	return true;
}

static bool step_get(struct run *run, u32 number, const void *key)
{
	unsigned char got[VALUE_MAX], want[VALUE_MAX];
	bool locked = rng_below(&run->rng, 2);
	int err = locked ? khmap_table_get(run->engine.table, key, got) :
			   khmap_table_read(run->engine.table, key, got);

	if (err != (run->versions[number] ? 0 : -ENOENT))
		return wrong(run, "get number %u: %d", number, err);
	value_make(want, run->value_size, number, run->versions[number]);
	if (!err && memcmp(got, want, run->value_size))
		return wrong(run, "get number %u: value", number);
	return true;
}

static bool step_delete(struct run *run, u32 number, const void *key)
{
	unsigned char got[VALUE_MAX], want[VALUE_MAX];
	bool ask = rng_below(&run->rng, 2);
	int err = khmap_table_delete(run->engine.table, key, ask ? got : NULL, NULL);

	if (err != (run->versions[number] ? 0 : -ENOENT))
		return wrong(run, "delete number %u: %d", number, err);
	value_make(want, run->value_size, number, run->versions[number]);
	if (!err && ask && memcmp(got, want, run->value_size))
		return wrong(run, "delete number %u: value", number);
	run->count -= !err;
	run->versions[number] = 0;
	return true;
}

static bool step_clear(struct run *run)
{
	u64 deleted = table_clear(run->engine.table);

	if (deleted != run->count)
		return wrong(run, "clear: %llu deleted", (unsigned long long)deleted);
	memset(run->versions, 0, run->numbers * sizeof(*run->versions));
	run->count = 0;
	return true;
}

/* One operation; @grow of 256 are puts, the others mostly deletes. */
static bool step(struct run *run, u32 grow)
{
	u32 number = (u32)rng_below(&run->rng, run->numbers), kind = (u32)rng_below(&run->rng, 256);
	unsigned char key[64];
	bool right;

	key_make(key, run->key_size, number);
	if (kind < grow)
		right = step_put(run, number, key);
	else if (kind < 240)
		right = step_delete(run, number, key);
	else
		right = step_get(run, number, key);
	return right && check_number(run, number, key);
}

static struct khmap_table_params random_params(struct rng *rng)
{
	static const u32 key_sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 24, 32, 33, 40 };
	static const u32 loads[] = { 10, 60, 75, 85, 95 };
	static const u32 ceilings[] = { 1, 16, 250, 3000 };
	u32 value_size = 1 + (u32)rng_below(rng, rng_below(rng, 4) ? 40 : VALUE_MAX);
	struct khmap_table_params p;

	p = params_make(key_sizes[rng_below(rng, sizeof(key_sizes) / sizeof(*key_sizes))],
			value_size, 1 + rng_below(rng, ceilings[rng_below(rng, 4)]));
	p.layout = 1 + (u32)rng_below(rng, 2);
	p.hash_kind = 1 + (u32)rng_below(rng, 2);
	p.load_percent = loads[rng_below(rng, sizeof(loads) / sizeof(*loads))];
	p.stripes = 1u << rng_below(rng, 7);
	p.secret[0] = rng_next(rng);
	p.secret[1] = rng_next(rng);
	/* The default, less than was expected, or far more than there is room for. */
	if (!rng_below(rng, 3))
		p.max_entries = 1 + rng_below(rng, p.expected_entries);
	else if (!rng_below(rng, 3))
		p.max_entries = 40 * p.expected_entries;
	return p;
}

static u32 run_once(struct run *run, const struct khmap_table_params *p, u64 seed, u32 operations)
{
	u64 keys = p->key_size == 1 ? 256 : p->key_size == 2 ? 65536 : NUMBERS_MAX;
	u32 i, grow = 128;

	memset(run, 0, sizeof(*run));
	run->rng.state = seed;
	run->key_size = p->key_size;
	run->value_size = p->value_size;
	engine_open(&run->engine, p);
	run->numbers = (u32)(run->engine.table->max_entries * 3 / 2 + 3);
	run->numbers = run->numbers > keys ? (u32)keys : run->numbers;
	run->numbers = run->numbers > NUMBERS_MAX ? NUMBERS_MAX : run->numbers;

	for (i = 0; i < operations; i++) {
		/* Tides: full, empty and in between. */
		if (!(i % 1500))
			grow = 20 + (u32)rng_below(&run->rng, 210);
		if (!step(run, grow))
			break;
		if (!rng_below(&run->rng, 20000) && !step_clear(run))
			break;
		if (!(i % 2500) && !check_all(run))
			break;
	}
	check_all(run);
	engine_close(&run->engine);
	return i;
}

int main(void)
{
	const char *given = getenv("KHMAP_OPERATIONS");
	u64 operations = given ? strtoull(given, NULL, 0) : OPERATIONS, done_ops = 0;
	u32 overlong = 0, exhausted = 0, runs = 0;
	static struct run run;
	struct rng rng;

	rng.state = test_seed();
	while (done_ops < operations && !tap.failed) {
		struct khmap_table_params p = random_params(&rng);
		u64 seed = rng_next(&rng);

		done_ops += run_once(&run, &p, seed, 20000);
		runs++;
		if (p.max_entries <= p.expected_entries && (run.exhausted || run.overlong))
			wrong(&run, "no room for what was expected");
		overlong += run.overlong != 0;
		exhausted += run.exhausted;
		if (run.wrong[0]) {
			ok(false, "%u/%u layout %u hash %u load %u stripes %u expected %llu max %llu",
			   p.key_size, p.value_size, p.layout, p.hash_kind, p.load_percent,
			   p.stripes, (unsigned long long)p.expected_entries,
			   (unsigned long long)p.max_entries);
			diag("%s", run.wrong);
		}
	}
	ok(done_ops >= operations, "%llu operations on %u maps agree with the model",
	   (unsigned long long)done_ops, runs);
	diag("%u maps ran out of overflow pages, %u met the limit of a chain", exhausted, overlong);
	return done();
}
