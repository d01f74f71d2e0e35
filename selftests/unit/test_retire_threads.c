// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_retire_threads.c - no store after a map was retired, and none is lost
 *
 * Two maps take turns: one is retired, the name moves, the other one is revived and
 * told.  Writers, one by one or in atomic batches, put keys that none has put before
 * into the map that the name means, and on -ESTALE ask anew.  What a map has got must
 * be what was acknowledged of it, key for key; while it is retired nothing may change.
 * A reader follows the word and must find, in each map that it comes to, a key that is
 * in both.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../kmod/core/atomic.h"
#include "../../kmod/core/retire.h"
#include "check_image.h"
#include "engine.h"
#include "tap.h"

#if defined(__SANITIZE_THREAD__)
#define TURNS		400u
#else
#define TURNS		4000u
#endif
#define WRITERS		2u
#define KEYS		40000u	/* of a writer; then it replaces */
#define COMMON		(1ull << 40)

/**
 * struct name - what two maps share
 * @map: the maps
 * @meaning: which one the name means; stored before the other one's readers are told
 * @generation: of the name
 * @stop: the threads are to end
 * @wrong: something that was not allowed
 */
struct name {
	struct engine map[2];
	u32 meaning;
	u32 generation;
	bool stop;
	u32 wrong;
};

/**
 * struct writer - one who puts
 * @name: where
 * @number: of the writer
 * @stale: puts that were refused
 * @last: the value that each map has acknowledged last, of each key
 */
struct writer {
	struct name *name;
	u32 number;
	u64 stale;
	u64 last[2][KEYS];
};

static void fail(struct name *name, u32 what)
{
	__atomic_store_n(&name->wrong, what, __ATOMIC_RELAXED);
}

/* An atomic batch is refused memory by nobody, whenever the map is retired and revived. */
static int put_one(struct writer *w, struct khmap_table *table, const u64 *key, const u64 *value)
{
	struct khmap_atomic atomic;
	int err;

	if (!w->number)
		return khmap_table_put(table, key, value, KHMAP_PUT_EITHER, NULL);
	err = khmap_atomic_begin(&atomic, table, 1);
	if (err)
		return err;
	err = khmap_atomic_put(&atomic, key, value, KHMAP_PUT_EITHER, NULL);
	khmap_atomic_end(&atomic);
	return err;
}

static void *write_keys(void *arg)
{
	struct writer *w = arg;
	struct name *name = w->name;
	u64 step;

	for (step = 1; !__atomic_load_n(&name->stop, __ATOMIC_RELAXED); step++) {
		u64 key = step % KEYS + (u64)w->number * KEYS;
		u32 at = __atomic_load_n(&name->meaning, __ATOMIC_ACQUIRE);
		int err = put_one(w, name->map[at].table, &key, &step);

		if (!err)
			w->last[at][step % KEYS] = step;
		else if (err == -ESTALE)
			w->stale++;
		else
			fail(name, 1);
		if (!(step % 64))
			sched_yield();
	}
	return NULL;
}

/* By the rules of a reader: the word, then the name, then the word before use. */
static void *follow(void *arg)
{
	struct name *name = arg;
	u32 at, word = 0, told, last = 0;
	u64 key = COMMON, value;
	int err;

	at = __atomic_load_n(&name->meaning, __ATOMIC_ACQUIRE);
	while (!__atomic_load_n(&name->stop, __ATOMIC_RELAXED)) {
		told = os_load_acquire(&name->map[at].table->header->successor);
		if (told != word) {
			u32 now = __atomic_load_n(&name->meaning, __ATOMIC_ACQUIRE);

			if (told < last)
				fail(name, 2);
			last = told;
			if (now == at)
				word = told;
			else
				word = os_load_acquire(&name->map[now].table->header->successor);
			at = now;
		}
		err = khmap_reader_get(&name->map[at].reader, &key, &value);
		if (err == -EAGAIN)
			err = khmap_table_get(name->map[at].table, &key, &value);
		if (err || value != 99)
			fail(name, 3);
	}
	return NULL;
}

static void turn(struct name *name)
{
	u32 old = name->meaning, new = 1 - old;
	struct engine *from = &name->map[old], *to = &name->map[new];
	u64 sum;

	table_retire(from->table);
	sum = engine_sum(from);
	__atomic_store_n(&name->meaning, new, __ATOMIC_RELEASE);
	table_revive(to->table);
	name->generation++;
	khmap_table_tell(to->table, name->generation);
	khmap_table_tell(from->table, name->generation);
	/* Let the others run; the old one is to stay as it is. */
	usleep(name->generation % 8 ? 0 : 500);
	if (engine_sum(from) != sum)
		fail(name, 4);
}

static u64 missing(struct name *name, struct writer *w)
{
	u64 wrong = 0, i, m;

	for (m = 0; m < 2; m++) {
		for (i = 0; i < KEYS; i++) {
			u64 key = i + (u64)w->number * KEYS, value;
			int err = khmap_table_get(name->map[m].table, &key, &value);

			if (w->last[m][i] ? err || value != w->last[m][i] : err != -ENOENT)
				wrong++;
		}
	}
	return wrong;
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct writer *w = calloc(WRITERS, sizeof(*w));
	pthread_t thread[WRITERS + 1];
	u64 key = COMMON, value = 99, stale = 0;
	static struct name name;
	u32 i;

	for (i = 0; i < 2; i++) {
		engine_open(&name.map[i], &p);
		khmap_table_put(name.map[i].table, &key, &value, KHMAP_PUT_EITHER, NULL);
	}
	table_retire(name.map[1].table);
	for (i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ .name = &name, .number = i };
		pthread_create(&thread[i], NULL, write_keys, &w[i]);
	}
	pthread_create(&thread[WRITERS], NULL, follow, &name);
	for (i = 0; i < TURNS; i++)
		turn(&name);
	__atomic_store_n(&name.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i <= WRITERS; i++)
		pthread_join(thread[i], NULL);
	is_u64(name.wrong, 0, "nothing that was not allowed");
	is_u64(name.generation, TURNS, "turns");
	for (i = 0; i < WRITERS; i++) {
		is_u64(missing(&name, &w[i]), 0, "writer %u: each map has what it acknowledged", i);
		stale += w[i].stale;
	}
	ok(stale > 0, "writers were refused");
	diag("%llu of them", (unsigned long long)stale);
	for (i = 0; i < 2; i++)
		engine_close(&name.map[i]);
	free(w);
	return done();
}
