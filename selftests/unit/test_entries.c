// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_entries.c - what stripes count ahead of the map's number of entries
 */
#include <pthread.h>

#include "../../kmod/core/entries.h"
#include "check_image.h"
#include "engine.h"
#include "tap.h"

#if defined(__SANITIZE_THREAD__)
#define KEYS	60000u
#else
#define KEYS	300000u
#endif

#define STRIPES	64u
#define WRITERS	4u

static int put_key(struct engine *e, u64 key)
{
	return khmap_table_put(e->table, &key, &key, KHMAP_PUT_ONLY_NEW, NULL);
}

static int delete_key(struct engine *e, u64 key)
{
	return khmap_table_delete(e->table, &key, NULL, NULL);
}

/* Counted ahead by all stripes together. */
static u64 ahead_of(const struct engine *e)
{
	u64 ahead = 0;
	u32 i;

	for (i = 0; i <= e->table->stripe_mask; i++)
		ahead += e->table->stripes[i].ahead;
	return ahead;
}

/* The sum is what there is and what is counted ahead, and no more. */
static bool sum_is_right(const struct engine *e, u64 keys)
{
	return (u64)os_count_read(&e->table->entries) == keys + ahead_of(e);
}

static void open_map(struct engine *e, u32 stripes, u64 max_entries)
{
	struct khmap_table_params p = params_make(8, 8, 1);

	p.stripes = stripes;
	p.max_entries = max_entries;
	engine_open(e, &p);
}

static void test_growing(void)
{
	u64 key, wrong = 0, far = 0, most = 0, early = 0, lot = 0;
	struct engine e;

	open_map(&e, STRIPES, 0);
	for (key = 1; key <= KEYS; key++) {
		u64 ahead;

		wrong += put_key(&e, key) || !sum_is_right(&e, key);
		ahead = ahead_of(&e);
		far += ahead > key / KHMAP_ENTRIES_AHEAD + STRIPES;
		early += ahead && key < (u64)KHMAP_ENTRIES_AHEAD * STRIPES;
		most = ahead > most ? ahead : most;
		lot = khmap_entries_lot(e.table);
	}
	is_u64(wrong, 0, "puts: the number is that of keys, and what is counted ahead");
	is_u64(far, 0, "puts: no more than one in %d is counted ahead", KHMAP_ENTRIES_AHEAD);
	is_u64(early, 0, "puts: nothing is while there are few keys");
	ok(most, "puts: %llu keys were counted ahead", (unsigned long long)most);
	ok(lot > 1 && lot <= e.table->geometry.bucket_slots,
	   "puts: by %llu, no more than a bucket has slots", (unsigned long long)lot);
	ok(table_is_sound(e.table, KEYS), "puts: image");

	most = 0;
	for (key = 1; key <= KEYS; key++) {
		wrong += delete_key(&e, key) || !sum_is_right(&e, KEYS - key);
		most = ahead_of(&e) > most ? ahead_of(&e) : most;
	}
	is_u64(wrong, 0, "deletions: the number is right after each");
	ok(most <= 2 * (e.table->geometry.bucket_slots - 1) * (u64)STRIPES,
	   "deletions: what is counted ahead has a bound: %llu", (unsigned long long)most);
	for (key = 1; key <= KEYS; key++)
		wrong += put_key(&e, key) != 0;
	is_u64(table_clear(e.table), KEYS, "clear: all keys are removed");
	ok(!wrong && sum_is_right(&e, 0), "clear: the number is right");
	engine_close(&e);
}

/* With a ceiling each key is counted by itself, however many there are. */
static void test_ceiling(void)
{
	u64 key, wrong = 0;
	struct engine e;

	open_map(&e, STRIPES, KEYS);
	for (key = 1; key <= KEYS; key++)
		wrong += put_key(&e, key) || os_count_read(&e.table->entries) != (s64)key;
	is_u64(wrong, 0, "ceiling: the number is exact");
	for (key = 1; key <= 1000; key++) {
		wrong += put_key(&e, KEYS + key) != -ENOSPC;
		wrong += delete_key(&e, key) != 0;
		wrong += put_key(&e, KEYS + key) != 0;
	}
	is_u64(wrong, 0, "ceiling: for one that goes one may come, in whatever stripe");
	is_u64(ahead_of(&e), 0, "ceiling: nothing is counted ahead");
	ok(table_is_sound(e.table, KEYS), "ceiling: image");
	engine_close(&e);
}

/* A put that finds no memory has counted nothing. */
static void test_refused(void)
{
	u64 key, refused = 0, wrong = 0, keys = 0;
	struct engine e;

	open_map(&e, STRIPES, 0);
	for (key = 1; key <= KEYS / 4; key++) {
		int err;

		if (key > KEYS / 8)
			khmap_account_fail_after(e.account, 0);
		err = put_key(&e, key);
		khmap_account_fail_after(e.account, -1);
		keys += !err;
		refused += err == -ENOMEM;
		wrong += (err && err != -ENOMEM && err != -EXFULL) || !sum_is_right(&e, keys);
	}
	is_u64(wrong, 0, "no memory: the number is right after each put");
	ok(refused, "no memory: %llu puts were refused", (unsigned long long)refused);
	ok(table_is_sound(e.table, keys), "no memory: image");
	engine_close(&e);
}

struct writer {
	struct engine *engine;
	u64 first;
	u64 failed;
};

/* Puts a part of all keys and deletes every second again. */
static void *writer_run(void *context)
{
	struct writer *w = context;
	u64 key;

	for (key = w->first; key <= KEYS; key += WRITERS) {
		w->failed += put_key(w->engine, key) != 0;
		if (key / WRITERS % 2)
			w->failed += delete_key(w->engine, key) != 0;
	}
	return NULL;
}

static void test_writers(u32 stripes, u64 max_entries, const char *form)
{
	struct writer writers[WRITERS];
	pthread_t threads[WRITERS];
	u64 key, keys = 0, failed = 0;
	struct engine e;
	u32 i;

	open_map(&e, stripes, max_entries);
	for (i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ .engine = &e, .first = i + 1 };
		pthread_create(&threads[i], NULL, writer_run, &writers[i]);
	}
	for (i = 0; i < WRITERS; i++) {
		pthread_join(threads[i], NULL);
		failed += writers[i].failed;
	}
	for (key = 1; key <= KEYS; key++)
		keys += !(key / WRITERS % 2);
	is_u64(failed, 0, "writers, %s: each is answered rightly", form);
	ok(sum_is_right(&e, keys), "writers, %s: the number is right", form);
	ok(table_is_sound(e.table, keys), "writers, %s: image", form);
	engine_close(&e);
}

int main(void)
{
	test_growing();
	test_ceiling();
	test_refused();
	test_writers(STRIPES, 0, "no ceiling");
	test_writers(2, 0, "two stripes");
	test_writers(STRIPES, KEYS, "a ceiling");
	return done();
}
