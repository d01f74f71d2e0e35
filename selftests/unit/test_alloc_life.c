// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_alloc_life.c - a map's whole life, again and again, each time without one allocation
 *
 * Life n lacks its n-th allocation, whichever step that falls to: creation, a put
 * that promotes, overflows or splits, an atomic batch, RESERVE, snapshots of both
 * kinds, their copies, compaction.  The step says -ENOMEM, has changed nothing and is
 * done when it is tried again; or it did without, and is right.  The last life is the
 * first that needs fewer.
 */
#include <stdlib.h>
#include <string.h>

#include "../../kmod/core/atomic.h"
#include "../../kmod/core/compact.h"
#include "../../kmod/core/snapshot.h"
#include "check_image.h"
#include "engine.h"
#include "tap.h"

#define IMAGE_BYTES	(64ull << 20)
#define KEYS		1500u
#define BATCH		16u
#define ROOM		(KEYS + 2 * BATCH)	/* keys of the two batches, too */
#define POOL		4u
#define RESERVED	4000u

/**
 * struct life - of a map
 * @e: the map
 * @value: of each key; 0 if it is not there
 * @entries: keys that are
 * @refusals: steps that said -ENOMEM
 * @wrong: what was not as it should be
 */
struct life {
	struct engine e;
	u64 value[ROOM];
	u64 entries;
	u32 refusals;
	u32 wrong;
};

static u32 differences(struct life *life)
{
	u32 n = 0;
	u64 key, got;

	for (key = 0; key < ROOM; key++) {
		int err = khmap_reader_get(&life->e.reader, &key, &got);

		n += life->value[key] ? err || got != life->value[key] : err != -ENOENT;
	}
	return n;
}

/* A step that was refused: for the one reason, and without a trace. */
static void refused(struct life *life, int err)
{
	life->refusals++;
	life->wrong += err != -ENOMEM || !khmap_account_failed(life->e.account);
	life->wrong += differences(life) != 0 || !table_is_sound(life->e.table, life->entries);
}

static void put(struct life *life, u64 key, u64 value)
{
	struct khmap_table *table = life->e.table;
	int err = khmap_table_put(table, &key, &value, KHMAP_PUT_EITHER, NULL);

	if (err) {
		refused(life, err);
		err = khmap_table_put(table, &key, &value, KHMAP_PUT_EITHER, NULL);
	}
	life->wrong += err != 0;
	life->entries += !life->value[key];
	life->value[key] = value;
}

static void puts_from(struct life *life, u64 from, u64 to, u64 add)
{
	u64 key;

	for (key = from; key < to; key++)
		put(life, key, key + add);
}

static struct khmap_snapshot *take(struct life *life, u32 pool)
{
	struct khmap_table *table = life->e.table;
	struct khmap_account *account = life->e.account;
	struct khmap_snapshot *s = NULL;
	u64 used = khmap_account_used(account);
	int err = -ENOMEM, tries;

	for (tries = 0; tries < 2 && !s; tries++) {
		err = pool ? khmap_snapshot_create_loose(table, account, NULL, pool, &s) :
			     khmap_snapshot_create(table, account, NULL, &s);
		if (!err)
			break;
		refused(life, err);
		life->wrong += khmap_account_used(account) != used;
	}
	if (err)
		exit(1);
	return s;
}

/* A batch of new keys: all of them, or none. */
static void batch(struct life *life, u64 from)
{
	struct khmap_table *table = life->e.table;
	struct khmap_atomic atomic;
	u64 key;
	int err = khmap_atomic_begin(&atomic, table, BATCH);

	if (err) {
		refused(life, err);
		life->wrong += khmap_atomic_begin(&atomic, table, BATCH) != 0;
	}
	for (key = from; key < from + BATCH; key++) {
		u64 value = key + 3;

		life->wrong += khmap_atomic_put(&atomic, &key, &value, KHMAP_PUT_EITHER, NULL) != 0;
		life->entries++;
		life->value[key] = value;
	}
	khmap_atomic_end(&atomic);
}

static void reserve(struct life *life)
{
	int err = khmap_table_reserve(life->e.table, RESERVED, NULL);

	if (err) {
		refused(life, err);
		err = khmap_table_reserve(life->e.table, RESERVED, NULL);
	}
	life->wrong += err != 0;
}

/* What a snapshot has of keys that had @add when it was taken; lost ones are no fault. */
static void check(struct life *life, struct khmap_snapshot *s, u64 keys, u64 add)
{
	u64 key, got;

	for (key = 0; key < keys; key += 3) {
		int err = khmap_snapshot_get(s, &key, &got);

		/* A best-effort one wants memory for a page that nobody has copied. */
		if (err == -ENOMEM && s->pool) {
			life->refusals++;
			life->wrong += !khmap_account_failed(life->e.account);
			err = khmap_snapshot_get(s, &key, &got);
		}
		if (err == -EIO && s->pool)
			continue;
		life->wrong += err || got != key + add;
	}
}

/* Every page, copied for good. */
static void copy(struct life *life, struct khmap_snapshot *s)
{
	u64 page;

	for (page = 0; page < s->pages; page++) {
		if (khmap_snapshot_fetch(s, page))
			continue;
		life->refusals++;
		life->wrong += !s->pool || !khmap_account_failed(life->e.account);
		life->wrong += !khmap_snapshot_fetch(s, page);
	}
}

static void refill(struct life *life, struct khmap_snapshot *s)
{
	int err = khmap_snapshot_refill(s, NULL);

	if (err) {
		life->refusals++;
		life->wrong += err != -ENOMEM || !khmap_account_failed(life->e.account);
		err = khmap_snapshot_refill(s, NULL);
	}
	life->wrong += err != 0;
}

static void delete_most(struct life *life)
{
	u64 key;

	for (key = 0; key < ROOM; key++) {
		if (key % 10 == 0 || !life->value[key])
			continue;
		life->wrong += khmap_table_delete(life->e.table, &key, NULL, NULL) != 0;
		life->value[key] = 0;
		life->entries--;
	}
}

static void compact(struct life *life)
{
	struct khmap_compact state = { .moved = 0 };

	while (khmap_table_compact(life->e.table, &state))
		;
	while (khmap_table_work(life->e.table))
		;
}

static void begin(struct life *life, long n)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	struct khmap_account *account = khmap_account_create(IMAGE_BYTES, 0, false);
	int err;

	p.load_percent = 95;
	memset(life, 0, sizeof(*life));
	life->e.account = account;
	khmap_account_fail_after(account, n);
	err = khmap_table_create(&p, account, &life->e.table);
	if (err) {
		life->refusals++;
		life->wrong += err != -ENOMEM || khmap_account_used(account);
		err = khmap_table_create(&p, account, &life->e.table);
	}
	if (err)
		exit(1);
	life->e.header = *life->e.table->header;
	khmap_reader_init(&life->e.reader, &life->e.header, khmap_account_image(account));
}

static void live(struct life *life, long n)
{
	struct khmap_snapshot *exact, *loose, *both;

	begin(life, n);
	puts_from(life, 0, 500, 1);
	exact = take(life, 0);
	puts_from(life, 400, 1000, 2);
	loose = take(life, POOL);
	batch(life, KEYS);
	puts_from(life, 0, KEYS, 3);
	refill(life, loose);
	both = take(life, 0);
	reserve(life);
	batch(life, KEYS + BATCH);
	life->wrong += differences(life) != 0;
	delete_most(life);
	compact(life);
	check(life, exact, 500, 1);
	check(life, both, KEYS, 3);
	copy(life, exact);
	copy(life, loose);
	copy(life, both);
	check(life, both, KEYS, 3);
	khmap_snapshot_destroy(exact);
	khmap_snapshot_destroy(loose);
	khmap_snapshot_destroy(both);
	life->wrong += differences(life) != 0;
	life->wrong += !table_is_sound(life->e.table, life->entries);
}

int main(void)
{
	struct life *life = malloc(sizeof(*life));
	u32 refusals = 0, wrong = 0, without = 0;
	bool failed = true;
	long n;

	if (!life)
		return 1;
	for (n = 0; failed && wrong < 10; n++) {
		live(life, n);
		failed = khmap_account_failed(life->e.account);
		if (life->wrong)
			diag("life %ld: %u wrong, %u refusals", n, life->wrong, life->refusals);
		wrong += life->wrong;
		refusals += life->refusals;
		without += failed && !life->refusals;
		wrong += life->refusals > 1 || (!failed && life->refusals);
		khmap_account_fail_after(life->e.account, -1);
		/* Exits if memory is left. */
		engine_close(&life->e);
	}
	is_u64(wrong, 0, "%ld lives, each without another allocation", n - 1);
	ok(refusals > 50, "%u times a step was refused, and done when tried again", refusals);
	ok(without > 10, "%u times a step did without", without);
	free(life);
	return done();
}
