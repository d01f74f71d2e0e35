// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_retire.c - a map that is retired stays as it is, and can be revived
 */
#include <pthread.h>
#include <unistd.h>

#include "../../kmod/core/atomic.h"
#include "../../kmod/core/compact.h"
#include "../../kmod/core/retire.h"
#include "../../kmod/core/snapshot.h"
#include "../../kmod/core/update.h"
#include "check_image.h"
#include "engine.h"
#include "tap.h"

static int put(struct engine *e, u64 key, u64 value)
{
	return khmap_table_put(e->table, &key, &value, KHMAP_PUT_EITHER, NULL);
}

/* Everything that stores, of a map that has the keys 1 to @count. */
static void every_store_fails(struct engine *e, const char *name, u64 count)
{
	u64 key = 1, none = count + 1, value = 1, out = 0, version = 0;
	u64 sum = engine_sum(e), deleted = 0, used = khmap_account_used(e->account);
	struct khmap_compact compact = { 0 };
	struct khmap_counts before, after;
	struct khmap_atomic atomic;
	u32 page = 0;

	khmap_table_stat(e->table, &before);
	is_i64(put(e, key, 7), -ESTALE, "%s: put, replace", name);
	is_i64(put(e, none, 7), -ESTALE, "%s: put, add", name);
	is_i64(khmap_table_put(e->table, &key, &value, KHMAP_PUT_ONLY_NEW, NULL), -ESTALE,
	       "%s: put of a key that is there, only new", name);
	is_i64(khmap_table_try_put(e->table, &key, &value, KHMAP_PUT_EITHER, NULL), -ESTALE,
	       "%s: try_put, replace", name);
	is_i64(khmap_table_try_put(e->table, &none, &value, KHMAP_PUT_EITHER, NULL), -ESTALE,
	       "%s: try_put, add", name);
	is_i64(khmap_table_delete(e->table, &key, &out, NULL), -ESTALE, "%s: delete", name);
	is_i64(khmap_table_delete(e->table, &none, NULL, NULL), -ESTALE, "%s: delete none",
	       name);
	is_i64(khmap_table_swap(e->table, &key, &key, &value, NULL), -ESTALE, "%s: swap", name);
	is_i64(khmap_table_get_version(e->table, &key, &out, &version), 0, "%s: get", name);
	is_u64(out, key, "%s: get: value", name);
	is_i64(khmap_table_swap_version(e->table, &key, version, &value, NULL), -ESTALE,
	       "%s: swap by version", name);
	is_i64(khmap_table_add(e->table, &key, 0, 1, &out, NULL), -ESTALE, "%s: add", name);
	is_i64(khmap_atomic_begin(&atomic, e->table, 64), 0, "%s: an atomic batch begins", name);
	is_i64(khmap_atomic_put(&atomic, &none, &value, KHMAP_PUT_EITHER, NULL), -ESTALE,
	       "%s: and its put is refused", name);
	khmap_atomic_end(&atomic);
	is_i64(khmap_table_clear(e->table, &page, &deleted), -ESTALE, "%s: clear", name);
	if (khmap_shape_pages(e->table->header->shape) > 1) {
		page = 1;
		is_i64(khmap_table_clear(e->table, &page, &deleted), -ESTALE,
		       "%s: clear, from the second page on", name);
		is_u64(page, 1, "%s: which is still to be cleared", name);
	}
	is_u64(deleted, 0, "%s: clear: nothing", name);
	is_i64(khmap_table_reserve(e->table, count * 4 + 100, NULL), -ESTALE, "%s: reserve", name);
	ok(!khmap_table_compact(e->table, &compact) && !compact.moved && !compact.released,
	   "%s: compaction moves nothing", name);
	ok(!khmap_table_work(e->table), "%s: there is no work", name);
	khmap_table_stat(e->table, &after);
	ok(!memcmp(&before, &after, sizeof(before)), "%s: counts", name);
	is_u64(engine_sum(e), sum, "%s: not a byte has changed, nor a sequence", name);
	is_u64(khmap_account_used(e->account), used, "%s: no memory was taken", name);
	is_i64(khmap_table_get(e->table, &key, &out), 0, "%s: look-up under the lock", name);
	is_i64(khmap_table_read(e->table, &key, &out), 0, "%s: look-up without", name);
}

static void snapshots_work(struct engine *e, const char *name)
{
	struct khmap_snapshot *s;
	u64 key = 1, value = 0;

	if (!is_i64(khmap_snapshot_create(e->table, e->account, NULL, &s), 0, "%s: snapshot", name))
		return;
	is_i64(khmap_snapshot_get(s, &key, &value), 0, "%s: snapshot: get", name);
	is_u64(value, key, "%s: snapshot: value", name);
	is_u64(((struct khmap_image_header *)khmap_snapshot_page(s, 0))->successor, 0,
	       "%s: snapshot: says nothing of a successor", name);
	ok(khmap_table_retired(e->table), "%s: still retired after a cut", name);
	is_i64(put(e, key, 2), -ESTALE, "%s: put while there is a snapshot", name);
	khmap_snapshot_destroy(s);
}

static void test_retired(const char *name, u64 count)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_snapshot *s;
	u64 i, key = 1, value = 0;
	struct engine e;

	engine_open(&e, &p);
	ok(!khmap_table_work(e.table), "%s: a new map has no work to do", name);
	is_u64(e.table->header->shape, 0, "%s: and stays in its header page", name);
	for (i = 1; i <= count; i++)
		put(&e, i, i);
	ok(!khmap_table_retired(e.table), "%s: a map is not retired", name);
	is_u64(e.table->header->successor, 0, "%s: and has nothing to tell", name);
	/* A snapshot of before, which shares pages with the map for good. */
	is_i64(khmap_snapshot_create(e.table, e.account, NULL, &s), 0, "%s: older snapshot", name);
	table_retire(e.table);
	khmap_table_tell(e.table, 42);
	ok(khmap_table_retired(e.table), "%s: retired", name);
	is_u64(e.table->header->successor, 42, "%s: told", name);
	every_store_fails(&e, name, count);
	snapshots_work(&e, name);
	table_retire(e.table);
	every_store_fails(&e, name, count);

	table_revive(e.table);
	ok(!khmap_table_retired(e.table), "%s: revived", name);
	is_i64(put(&e, key, 5), 0, "%s: revived: put", name);
	is_i64(khmap_snapshot_get(s, &key, &value), 0, "%s: older snapshot: get", name);
	is_u64(value, 1, "%s: older snapshot: value of before", name);
	khmap_snapshot_destroy(s);
	is_i64(khmap_table_reserve(e.table, 1000, NULL), 0, "%s: revived: reserve", name);
	for (i = 1; i <= count; i++)
		if (khmap_table_delete(e.table, &i, NULL, NULL))
			break;
	is_u64(i, count + 1, "%s: revived: delete", name);
	for (i = 1; i <= 1000; i++)
		put(&e, i, i);
	ok(table_is_sound(e.table, 1000), "%s: revived: sound", name);
	engine_close(&e);
}

/* Compaction and splits are under way, and stop where they are. */
static void test_half_way(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_compact compact = { 0 };
	u64 i, sum;
	struct engine e;

	p.load_percent = 95;
	engine_open(&e, &p);
	for (i = 1; i <= 30000; i++)
		put(&e, i, i);
	for (i = 1; i <= 30000; i++)
		if (i % 16)
			khmap_table_delete(e.table, &i, NULL, NULL);
	ok(khmap_table_compact(e.table, &compact), "half-way: compaction has more to do");
	table_retire(e.table);
	sum = engine_sum(&e);
	ok(!khmap_table_compact(e.table, &compact), "half-way: but stops");
	is_u64(engine_sum(&e), sum, "half-way: nothing moved");
	ok(table_is_sound(e.table, 30000 / 16), "half-way: sound");
	table_revive(e.table);
	while (khmap_table_compact(e.table, &compact))
		;
	ok(compact.released > 0, "half-way: revived, it goes on");
	ok(table_is_sound(e.table, 30000 / 16), "half-way: sound in the end");
	engine_close(&e);
}

/**
 * struct batch - an atomic batch that begins while its map is retired
 * @table: the map
 * @err: of its one put, of a new key
 */
struct batch {
	struct khmap_table *table;
	int err;
};

static void *batch_run(void *arg)
{
	u64 key = 1000, value = 1;
	struct khmap_atomic atomic;
	struct batch *batch = arg;

	batch->err = khmap_atomic_begin(&atomic, batch->table, 1);
	if (batch->err)
		return NULL;
	batch->err = khmap_atomic_put(&atomic, &key, &value, KHMAP_PUT_EITHER, NULL);
	khmap_atomic_end(&atomic);
	return NULL;
}

/* It has looked for memory when there was no need of any, or has not come so far. */
static void test_revived_meanwhile(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct batch batch;
	pthread_t thread;
	struct engine e;
	u64 i;

	engine_open(&e, &p);
	for (i = 0; i < 15; i++)
		put(&e, i, i);
	table_retire(e.table);
	khmap_table_hold(e.table, 0);
	batch = (struct batch){ .table = e.table, .err = 1 };
	pthread_create(&thread, NULL, batch_run, &batch);
	usleep(20000);
	khmap_table_revive(e.table);
	khmap_table_release(e.table);
	pthread_join(thread, NULL);
	is_i64(batch.err, 0, "the 16th key, of a map that was revived meanwhile");
	ok(table_is_sound(e.table, 16), "which is in order");
	engine_close(&e);
}

int main(void)
{
	test_retired("inline", 5);
	test_retired("inline, full", 15);
	test_retired("one page", 100);
	test_retired("large", 20000);
	test_half_way();
	test_revived_meanwhile();
	return done();
}
