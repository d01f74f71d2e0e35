// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_update.c - changes that depend on what is there
 */
#include <pthread.h>
#include <stdlib.h>

#include "../../kmod/core/update.h"
#include "check_image.h"
#include "engine.h"
#include "tap.h"

#if defined(__SANITIZE_THREAD__)
#define ROUNDS	20000u
#else
#define ROUNDS	100000u
#endif

#define ADDERS	2
#define WORDS	4

static int put_u64(struct engine *e, u64 key, u64 value)
{
	return khmap_table_put(e->table, &key, &value, KHMAP_PUT_EITHER, NULL);
}

/* The value by the reader; ~0 if the key is not there. */
static u64 read_u64(struct engine *e, u64 key)
{
	u64 value;

	return khmap_reader_get(&e->reader, &key, &value) ? ~0ull : value;
}

static void test_swap(u64 expected_entries, const char *form)
{
	struct khmap_table_params p = params_make(8, 8, expected_entries);
	u64 key = 42, expected = 1, value = 2, sum;
	struct khmap_counts counts;
	struct khmap_store store;
	struct engine e;

	engine_open(&e, &p);
	sum = engine_sum(&e);
	is_i64(khmap_table_swap(e.table, &key, &expected, &value, NULL), -ENOENT,
	       "%s: swap what is not there", form);
	ok(engine_sum(&e) == sum, "%s: nothing has changed", form);
	put_u64(&e, key, 1);
	is_i64(khmap_table_swap(e.table, &key, &expected, &value, &store), 0, "%s: swap", form);
	ok(store.replaced && !store.overflowed, "%s: swap says what it did", form);
	is_u64(read_u64(&e, key), 2, "%s: readers see the new value", form);
	sum = engine_sum(&e);
	is_i64(khmap_table_swap(e.table, &key, &expected, &value, NULL), -ECANCELED,
	       "%s: swap another value", form);
	ok(engine_sum(&e) == sum, "%s: nothing has changed", form);
	khmap_table_stat(e.table, &counts);
	is_u64(counts.replaces, 1, "%s: a swap counts as a replacement", form);
	ok(table_is_sound(e.table, 1), "%s: image", form);
	engine_close(&e);
}

static void test_version(u64 expected_entries, const char *form)
{
	struct khmap_table_params p = params_make(8, 8, expected_entries);
	u64 key = 42, value = 0, version = 99, sum;
	struct engine e;

	engine_open(&e, &p);
	sum = engine_sum(&e);
	is_i64(khmap_table_get_version(e.table, &key, &value, &version), -ENOENT,
	       "%s: version of what is not there", form);
	is_u64(version, 99, "%s: no version", form);
	is_i64(khmap_table_swap_version(e.table, &key, 0, &value, NULL), -ENOENT,
	       "%s: swap what is not there by version", form);
	ok(engine_sum(&e) == sum, "%s: nothing has changed", form);

	put_u64(&e, key, 1);
	is_i64(khmap_table_get_version(e.table, &key, &value, &version), 0, "%s: get", form);
	is_u64(value, 1, "%s: its value", form);
	is_u64(version, (expected_entries > 15 ? 1ull << 32 : 0) + 2, "%s: its version", form);
	value = 2;
	is_i64(khmap_table_swap_version(e.table, &key, version, &value, NULL), 0,
	       "%s: swap by version", form);
	is_u64(read_u64(&e, key), 2, "%s: readers see the new value", form);
	sum = engine_sum(&e);
	is_i64(khmap_table_swap_version(e.table, &key, version, &value, NULL), -ECANCELED,
	       "%s: swap by an old version", form);
	is_i64(khmap_table_swap_version(e.table, &key, version ^ 1ull << 32, &value, NULL),
	       -ECANCELED, "%s: swap by a version of the other form", form);
	ok(engine_sum(&e) == sum, "%s: nothing has changed", form);
	engine_close(&e);
}

/* A version of the inline map matches no chain of the pages, however these count. */
static void test_version_across_promotion(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	u64 key = 42, value, version, i, matched = 0;
	struct engine e;

	p.max_entries = 100;
	engine_open(&e, &p);
	put_u64(&e, key, 0);
	khmap_table_get_version(e.table, &key, &value, &version);
	for (i = 100; i < 120; i++)
		put_u64(&e, i, i);
	ok(e.table->header->shape, "the map was promoted");
	for (i = 0; i < 100; i++) {
		put_u64(&e, key, i);
		matched += khmap_table_swap_version(e.table, &key, version, &value, NULL) !=
			   -ECANCELED;
	}
	is_u64(matched, 0, "no version of before matches after promotion");
	is_u64(read_u64(&e, key), 99, "the last put stands");
	engine_close(&e);
}

/* A key that was deleted and put again with its old value has another version. */
static void test_version_after_return(void)
{
	struct khmap_table_params p = params_make(8, 8, 100);
	u64 key = 42, value, version;
	struct engine e;

	engine_open(&e, &p);
	put_u64(&e, key, 1);
	khmap_table_get_version(e.table, &key, &value, &version);
	khmap_table_delete(e.table, &key, NULL, NULL);
	put_u64(&e, key, 1);
	is_i64(khmap_table_swap_version(e.table, &key, version, &value, NULL), -ECANCELED,
	       "a key that came back has another version");
	engine_close(&e);
}

static void test_add(u32 key_size, u32 value_size, u32 layout)
{
	struct khmap_table_params p = params_make(key_size, value_size, 100);
	unsigned char key[64], value[64], want[64], got[64];
	u32 offset, id, wrong = 0, fields = 0, last = 0;
	struct engine e;
	u64 old, number;

	p.layout = layout;
	engine_open(&e, &p);
	for (id = 0; id < 100; id++) {
		key_make(key, key_size, id);
		value_make(value, value_size, id, 1);
		khmap_table_put(e.table, key, value, KHMAP_PUT_ONLY_NEW, NULL);
	}
	for (offset = 0; offset < value_size + 9; offset++) {
		const struct khmap_geometry *g = &e.table->geometry;
		bool fits = offset + 8 <= value_size && g->slot_stride % 8 == 0 &&
			    (g->value_offset + offset) % 8 == 0;

		fields += fits;
		last = fits ? offset : last;
		for (id = 0; id < 100; id++) {
			key_make(key, key_size, id);
			khmap_table_get(e.table, key, want);
			if (!fits) {
				wrong += khmap_table_add(e.table, key, offset, 1, NULL, NULL) !=
					 -EINVAL;
			} else {
				memcpy(&number, want + offset, 8);
				wrong += khmap_table_add(e.table, key, offset, ~0ull - id, &old,
							 NULL) || old != number;
				number += ~0ull - id;
				memcpy(want + offset, &number, 8);
			}
			khmap_table_get(e.table, key, got);
			wrong += !!memcmp(want, got, value_size);
		}
	}
	is_u64(wrong, 0, "add: %u and %u bytes, layout %u: %u fields", key_size, value_size,
	       layout, fields);
	is_i64(khmap_table_add(e.table, key, ~0u, 1, NULL, NULL), -EINVAL, "add: far outside");
	key_make(key, key_size, 200);
	if (fields)
		is_i64(khmap_table_add(e.table, key, last, 1, NULL, NULL), -ENOENT,
		       "add: no such key");
	ok(table_is_sound(e.table, 100), "add: image");
	engine_close(&e);
}

/**
 * struct scene - adders and swappers under the eyes of a reader
 * @engine: the map
 * @running: those who write
 * @failed: answers that were wrong
 * @torn: values of which the reader saw two halves
 * @back: values older than one seen before
 */
struct scene {
	struct engine engine;
	u32 running;
	u32 failed;
	u32 torn;
	u32 back;
};

#define count_up(p)	__atomic_fetch_add(p, 1, __ATOMIC_RELAXED)

/* Key 1 counts additions; key 2 is a record that is swapped as a whole. */
static void *adder_run(void *arg)
{
	struct scene *s = arg;
	u64 counter = 1, record = 2, value[WORDS], next[WORDS], version;
	u32 i, word;

	for (i = 0; i < ROUNDS; i++) {
		if (khmap_table_add(s->engine.table, &counter, 8, 1, NULL, NULL))
			count_up(&s->failed);
		do {
			khmap_table_get_version(s->engine.table, &record, value, &version);
			for (word = 0; word < WORDS; word++)
				next[word] = (value[0] + 1) * (word + 1);
		} while (i & 1 ? khmap_table_swap(s->engine.table, &record, value, next, NULL) :
				 khmap_table_swap_version(s->engine.table, &record, version, next,
							  NULL));
	}
	__atomic_fetch_sub(&s->running, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *reader_run(void *arg)
{
	struct scene *s = arg;
	u64 record = 2, value[WORDS], seen = 0;
	u32 word;

	while (__atomic_load_n(&s->running, __ATOMIC_ACQUIRE)) {
		if (khmap_reader_get(&s->engine.reader, &record, value))
			continue;
		for (word = 1; word < WORDS; word++)
			s->torn += value[word] != value[0] * (word + 1);
		s->back += value[0] < seen;
		seen = value[0];
	}
	return NULL;
}

static void test_threads(u64 expected_entries, const char *form)
{
	struct khmap_table_params p = params_make(8, WORDS * 8, expected_entries);
	u64 counter = 1, record = 2, value[WORDS] = { 0 };
	pthread_t threads[ADDERS + 1];
	static struct scene s;
	u32 i;

	memset(&s, 0, sizeof(s));
	engine_open(&s.engine, &p);
	khmap_table_put(s.engine.table, &counter, value, KHMAP_PUT_ONLY_NEW, NULL);
	khmap_table_put(s.engine.table, &record, value, KHMAP_PUT_ONLY_NEW, NULL);
	s.running = ADDERS;
	for (i = 0; i < ADDERS + 1; i++)
		pthread_create(&threads[i], NULL, i < ADDERS ? adder_run : reader_run, &s);
	for (i = 0; i < ADDERS + 1; i++)
		pthread_join(threads[i], NULL);
	is_u64(s.failed, 0, "%s: threads are answered rightly", form);
	is_u64(s.torn, 0, "%s: no reader saw a torn value", form);
	is_u64(s.back, 0, "%s: no reader saw an older value", form);
	khmap_table_get(s.engine.table, &counter, value);
	ok(value[1] == ADDERS * ROUNDS && !value[0] && !value[2], "%s: additions sum up: %llu",
	   form, (unsigned long long)value[1]);
	khmap_table_get(s.engine.table, &record, value);
	is_u64(value[0], ADDERS * ROUNDS, "%s: no swap was lost", form);
	ok(table_is_sound(s.engine.table, 2), "%s: image", form);
	engine_close(&s.engine);
}

int main(void)
{
	test_swap(1, "inline");
	test_swap(100, "pages");
	test_version(1, "inline");
	test_version(100, "pages");
	test_version_across_promotion();
	test_version_after_return();
	test_add(8, 8, KHMAP_LAYOUT_ALIGNED);
	test_add(8, 8, KHMAP_LAYOUT_PACKED);
	test_add(3, 24, KHMAP_LAYOUT_PACKED);
	test_add(4, 12, KHMAP_LAYOUT_ALIGNED);
	test_add(4, 20, KHMAP_LAYOUT_PACKED);
	test_add(8, 7, KHMAP_LAYOUT_ALIGNED);
	test_threads(1, "inline");
	test_threads(100, "pages");
	return done();
}
