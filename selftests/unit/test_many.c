// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_many.c - looking many keys up gives what looking up each gives
 */
#include <pthread.h>
#include <stdlib.h>
#include <khmap/typed.h>

#include "engine.h"
#include "tap.h"

#define PRESENT	3000u
#define LONGEST	1000u
#define KEY_MAX	64u
#define VALUE_MAX	448u

/* A guard behind the values and behind the results shows who writes too far. */
static unsigned char key_buffer[LONGEST * KEY_MAX + 1];
static unsigned char value_buffer[LONGEST * VALUE_MAX + 2];
static int results[LONGEST + 1];

KHMAP_TYPED(eight, __u64, __u64, KHMAP_HASH_FOLD)

struct record {
	unsigned char bytes[48];
};

struct name {
	unsigned char bytes[16];
};

KHMAP_TYPED(wide, struct name, struct record, KHMAP_HASH_FOLD)

static void fill(struct engine *engine, u32 key_size, u32 value_size)
{
	unsigned char key[KEY_MAX], value[VALUE_MAX];
	u32 id;

	for (id = 0; id < PRESENT; id++) {
		key_make(key, key_size, id);
		value_make(value, value_size, id, 1);
		if (khmap_table_put(engine->table, key, value, KHMAP_PUT_EITHER, NULL))
			abort();
	}
}

/*
 * Look @count random numbers up, of which two thirds are in the map, and compare
 * with what each lookup should give.  @typed does it for a known geometry.
 */
static u32 wrong_of(const struct khmap_reader *reader, struct rng *rng, u32 count, u32 shift,
		    bool typed)
{
	u32 key_size = reader->geometry.key_size, value_size = reader->geometry.value_size;
	unsigned char *k = key_buffer + shift, *v = value_buffer + shift, value[VALUE_MAX];
	u32 ids[LONGEST], i, present = 0, wrong = 0;
	size_t found;

	for (i = 0; i < count; i++) {
		ids[i] = (u32)rng_below(rng, PRESENT * 3 / 2);
		key_make(k + i * key_size, key_size, ids[i]);
		present += ids[i] < PRESENT;
		results[i] = 77;
	}
	results[count] = 77;
	v[count * value_size] = 0xa5;
	if (!typed)
		found = khmap_reader_get_many(reader, k, count, v, results);
	else if (key_size == 8)
		found = eight_get_many(reader, (const __u64 *)(const void *)k, count,
				       (__u64 *)(void *)v, results);
	else
		found = wide_get_many(reader, (const struct name *)(const void *)k, count,
				      (struct record *)(void *)v, results);
	wrong += found != present;
	wrong += results[count] != 77 || v[count * value_size] != 0xa5;
	for (i = 0; i < count; i++) {
		wrong += results[i] != (ids[i] < PRESENT ? 0 : -ENOENT);
		value_make(value, value_size, ids[i], 1);
		wrong += !results[i] && memcmp(v + i * value_size, value, value_size);
	}
	return wrong;
}

static void test_sizes(u32 key_size, u32 value_size, u32 hash_kind, bool typed)
{
	static const u32 counts[] = { 0, 1, 2, 31, 32, 33, 63, 64, 65, LONGEST };
	struct khmap_table_params params = params_make(key_size, value_size, PRESENT);
	struct khmap_reader frozen;
	struct rng rng = { 3 };
	struct engine engine;
	u32 i, wrong = 0;

	params.hash_kind = hash_kind;
	engine_open(&engine, &params);
	fill(&engine, key_size, value_size);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		wrong += wrong_of(&engine.reader, &rng, counts[i], 0, typed);
	/* A buffer of the caller's may begin anywhere. */
	if (!typed)
		wrong += wrong_of(&engine.reader, &rng, LONGEST, 1, false);
	is_u64(wrong, 0, "%u + %u bytes, hash %u%s: as one by one", key_size, value_size, hash_kind,
	       typed ? ", typed" : "");
	engine.header = *engine.table->header;
	engine.header.kind = KHMAP_IMAGE_SNAPSHOT;
	khmap_reader_init(&frozen, &engine.header, khmap_account_image(engine.account));
	is_u64(wrong_of(&frozen, &rng, LONGEST, 0, typed), 0, "the same in a snapshot");
	engine_close(&engine);
}

/* A map of few entries has no buckets but the one in its header. */
static void test_inline(void)
{
	struct khmap_table_params params = params_make(8, 8, 1);
	struct engine engine;
	u64 key, value = 5;

	engine_open(&engine, &params);
	key_make(&key, 8, 1);
	if (khmap_table_put(engine.table, &key, &value, KHMAP_PUT_EITHER, NULL))
		abort();
	memcpy(key_buffer, &key, 8);
	key_make(key_buffer + 8, 8, 2);
	memcpy(key_buffer + 16, &key, 8);
	is_u64(khmap_reader_get_many(&engine.reader, key_buffer, 3, value_buffer, results), 2,
	       "a map of one key: found twice");
	ok(!results[0] && results[1] == -ENOENT && !results[2], "a map of one key: results");
	ok(!memcmp(value_buffer, &value, 8) && !memcmp(value_buffer + 16, &value, 8),
	   "a map of one key: its value");
	engine_close(&engine);
}

/* A bucket that stays odd is one whose writer never ends. */
static void test_busy(void)
{
	struct khmap_table_params params = params_make(8, 8, PRESENT);
	struct engine engine;
	struct khmap_read read;
	u32 *sequence;

	engine_open(&engine, &params);
	fill(&engine, 8, 8);
	key_make(key_buffer, 8, 1);
	key_make(key_buffer + 8, 8, 2);
	key_make(key_buffer + 16, 8, 1);
	if (khmap_reader_find(&engine.reader, key_buffer, &read))
		abort();
	sequence = (u32 *)(uintptr_t)read.bucket;
	++*sequence;
	is_u64(khmap_reader_get_many(&engine.reader, key_buffer, 3, value_buffer, results), 1,
	       "a busy bucket: the other key is found");
	ok(results[0] == -EAGAIN && !results[1] && results[2] == -EAGAIN, "a busy bucket: results");
	--*sequence;
	engine_close(&engine);
}

static struct engine shared;
static bool stop;

/* Rewrites values, and takes keys away and puts them back. */
static void *writer(void *unused)
{
	struct rng rng = { 9 };
	u64 key, value[2];

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		u32 id = (u32)rng_below(&rng, PRESENT);

		key_make(&key, 8, id);
		value[0] = rng_next(&rng);
		value[1] = ~value[0];
		if (id % 2)
			khmap_table_delete(shared.table, &key, NULL, NULL);
		if (khmap_table_put(shared.table, &key, value, KHMAP_PUT_EITHER, NULL))
			abort();
	}
	return unused;
}

/* Each value is two words, one the other's complement: a torn one shows. */
static void test_written(void)
{
	struct khmap_table_params params = params_make(8, 16, PRESENT);
	u64 key, value[2] = { 1, ~1ull };
	u32 i, id, round, torn = 0, lost = 0, phantom = 0;
	pthread_t thread;

	engine_open(&shared, &params);
	for (id = 0; id < PRESENT; id++) {
		key_make(&key, 8, id);
		if (khmap_table_put(shared.table, &key, value, KHMAP_PUT_EITHER, NULL))
			abort();
	}
	if (pthread_create(&thread, NULL, writer, NULL))
		abort();
	for (round = 0; round < 300; round++) {
		for (i = 0; i < LONGEST; i++)
			key_make(key_buffer + i * 8, 8, (i * 7 + round) % (PRESENT + 500));
		khmap_reader_get_many(&shared.reader, key_buffer, LONGEST, value_buffer, results);
		for (i = 0; i < LONGEST; i++) {
			id = (i * 7 + round) % (PRESENT + 500);
			if (!results[i]) {
				memcpy(value, value_buffer + i * 16, 16);
				torn += value[0] != ~value[1];
				phantom += id >= PRESENT;
			} else {
				/* Only odd ones are ever away; a writer may be preempted. */
				lost += id < PRESENT && id % 2 == 0 && results[i] != -EAGAIN;
			}
		}
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	is_u64(torn, 0, "beside a writer: no value is torn");
	is_u64(lost, 0, "beside a writer: no key is missed");
	is_u64(phantom, 0, "beside a writer: no key appears");
	engine_close(&shared);
}

int main(void)
{
	test_sizes(8, 8, KHMAP_HASH_FOLD, false);
	test_sizes(8, 8, KHMAP_HASH_FOLD, true);
	test_sizes(16, 48, KHMAP_HASH_FOLD, true);
	test_sizes(8, 8, KHMAP_HASH_SIPHASH13, false);
	test_sizes(4, 4, KHMAP_HASH_FOLD, false);
	test_sizes(6, 2, KHMAP_HASH_FOLD, false);
	test_sizes(16, 48, KHMAP_HASH_FOLD, false);
	test_sizes(64, 448, KHMAP_HASH_SIPHASH13, false);
	test_inline();
	test_busy();
	test_written();
	return done();
}
