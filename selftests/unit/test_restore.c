// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_restore.c - a snapshot becomes the map again, byte for byte
 */
#include "restore_test.h"
#include "tap.h"

#define KEYS	4000

/**
 * struct shape - what a map is made of
 * @name: for the report
 * @key_size: bytes
 * @value_size: bytes
 * @layout: enum khmap_layout
 * @hash_kind: enum khmap_hash_kind
 * @load: percent
 * @stripes: locks
 * @keys: that are put
 * @schema: text, or NULL
 */
struct shape {
	const char *name;
	u32 key_size;
	u32 value_size;
	u32 layout;
	u32 hash_kind;
	u32 load;
	u32 stripes;
	u32 keys;
	const char *schema;
};

#define ALIGNED	KHMAP_LAYOUT_ALIGNED
#define PACKED	KHMAP_LAYOUT_PACKED
#define FOLD	KHMAP_HASH_FOLD
#define SIP	KHMAP_HASH_SIPHASH13

static const struct shape shapes[] = {
	{ "empty", 8, 8, ALIGNED, FOLD, 75, 64, 0, NULL },
	{ "one key", 8, 8, ALIGNED, FOLD, 75, 64, 1, NULL },
	{ "inline", 8, 8, ALIGNED, FOLD, 75, 64, 15, NULL },
	{ "just promoted", 8, 8, ALIGNED, FOLD, 75, 64, 16, NULL },
	{ "aligned", 8, 8, ALIGNED, FOLD, 75, 64, KEYS, NULL },
	{ "packed", 8, 8, PACKED, FOLD, 75, 64, KEYS, NULL },
	{ "siphash", 8, 8, ALIGNED, SIP, 75, 64, KEYS, NULL },
	{ "dense, most stripes", 8, 8, ALIGNED, FOLD, 95, KHMAP_STRIPES_MOST, KEYS, NULL },
	{ "dense, two stripes", 8, 8, ALIGNED, FOLD, 95, 2, KEYS, NULL },
	{ "dense, one stripe", 4, 4, PACKED, SIP, 95, 1, KEYS, NULL },
	{ "sparse", 8, 8, ALIGNED, FOLD, 10, 64, 1000, NULL },
	{ "schema", 8, 4, ALIGNED, FOLD, 75, 64, KEYS, "key u64;value u32" },
	{ "odd sizes", 5, 3, PACKED, FOLD, 85, 8, KEYS, NULL },
	{ "padding", 3, 8, ALIGNED, FOLD, 85, 8, KEYS, NULL },
	{ "large record", 16, 1500, ALIGNED, FOLD, 75, 64, 60, NULL },
	{ "no inline slots", 8, 3900, ALIGNED, FOLD, 75, 64, 20, NULL },
	{ "no inline slots, empty", 8, 3900, ALIGNED, FOLD, 75, 64, 0, NULL },
};

/* Versions of ids: 0 is not there. */
static u32 model[4 * KEYS];
static u64 model_entries;

static int model_put(struct khmap_table *table, u32 id, u32 version)
{
	const struct khmap_geometry *g = &table->geometry;
	unsigned char key[64], value[TEST_RECORD_MAX];
	int err;

	key_make(key, g->key_size, id);
	value_make(value, g->value_size, id, version);
	err = khmap_table_put(table, key, value, KHMAP_PUT_EITHER, NULL);
	if (!err) {
		model_entries += !model[id];
		model[id] = version;
	}
	return err;
}

static int model_delete(struct khmap_table *table, u32 id)
{
	unsigned char key[64];
	int err;

	key_make(key, table->geometry.key_size, id);
	err = khmap_table_delete(table, key, NULL, NULL);
	if (!err) {
		model[id] = 0;
		model_entries--;
	}
	return err;
}

/* Ids below @ids of which a table does not have what the model has. */
static u32 model_differs(struct khmap_table *table, u32 ids)
{
	const struct khmap_geometry *g = &table->geometry;
	unsigned char key[64], want[TEST_RECORD_MAX], got[TEST_RECORD_MAX];
	u32 id, wrong = 0;

	for (id = 0; id < ids; id++) {
		key_make(key, g->key_size, id);
		value_make(want, g->value_size, id, model[id]);
		if (khmap_table_get(table, key, got) != (model[id] ? 0 : -ENOENT))
			wrong++;
		else if (model[id] && memcmp(want, got, g->value_size))
			wrong++;
	}
	return wrong;
}

static struct khmap_table_params shape_params(const struct shape *shape, struct rng *rng)
{
	struct khmap_table_params p = params_make(shape->key_size, shape->value_size, 1);

	p.layout = shape->layout;
	p.hash_kind = shape->hash_kind;
	p.load_percent = shape->load;
	p.stripes = shape->stripes;
	p.secret[0] = rng_next(rng);
	p.secret[1] = rng_next(rng);
	p.schema = shape->schema;
	p.schema_length = shape->schema ? (u32)strlen(shape->schema) : 0;
	p.name = "original";
	return p;
}

static void shape_fill(struct khmap_table *table, u32 keys, struct rng *rng)
{
	u32 i;

	memset(model, 0, sizeof(model));
	model_entries = 0;
	for (i = 0; i < keys; i++)
		if (model_put(table, i, 1 + (u32)rng_below(rng, 1000)))
			exit(1);
	/* Holes in chains' last buckets, overflow pages with few buckets, sequences. */
	for (i = 0; keys > 16 && i < keys / 4; i++)
		model_delete(table, (u32)rng_below(rng, keys));
}

/* The restored map goes on as any other. */
static u32 shape_go_on(struct khmap_table *table, u32 keys, struct rng *rng)
{
	u32 ids = keys < 100 ? 2 * keys + 50 : 3 * keys, i, failed = 0;

	for (i = 0; i < 2 * ids; i++) {
		u32 id = (u32)rng_below(rng, ids);

		if (rng_below(rng, 4))
			failed += model_put(table, id, 1 + (u32)rng_below(rng, 1000)) != 0;
		else
			failed += model_delete(table, id) != (model[id] ? 0 : -ENOENT) && model[id];
	}
	return failed + model_differs(table, ids);
}

static void test_shape(const struct shape *shape, struct rng *rng)
{
	struct khmap_table_params p = shape_params(shape, rng);
	struct khmap_damage_place damage;
	struct engine e, r = { 0 };
	struct picture before, after;
	struct khmap_counts counts;
	int err;

	engine_open(&e, &p);
	shape_fill(e.table, shape->keys, rng);
	before = picture_take(e.table);
	r.account = khmap_account_create(RESTORE_ROOM, 0, false);
	err = picture_restore(&before, r.account, 0, &damage, &r.table);
	if (!is_i64(err, 0, "%s: restored", shape->name)) {
		diag("what %u page %llu bucket %u slot %u offset %u", damage.what,
		     (unsigned long long)damage.page, damage.bucket, damage.slot, damage.offset);
		exit(1);
	}
	is_u64(before.fetches, before.size / PAGE, "%s: each page was fetched once", shape->name);
	ok(table_is_sound(r.table, model_entries), "%s: sound", shape->name);
	after = picture_take(r.table);
	ok(picture_same(&before, &after), "%s: the snapshot is the image", shape->name);
	ok(!strcmp((char *)picture_header(&after)->name, "original") &&
	   !strcmp((char *)r.table->header->name, "restored") && r.table->header->map_id == 77,
	   "%s: name and id are its own", shape->name);
	khmap_table_stat(r.table, &counts);
	is_u64(counts.inserts, model_entries, "%s: each entry is an insert", shape->name);
	is_u64(model_differs(r.table, shape->keys + 10), 0, "%s: every key", shape->name);
	is_u64(shape_go_on(r.table, shape->keys, rng), 0, "%s: puts and deletes", shape->name);
	ok(table_is_sound(r.table, model_entries), "%s: sound after them", shape->name);
	table_clear(r.table);
	ok(table_is_sound(r.table, 0), "%s: sound when empty", shape->name);
	engine_close(&r);
	engine_close(&e);
	free(before.bytes);
	free(after.bytes);
}

/* A snapshot of a map whose overflow pages were handed out to two stripes. */
static void test_fewer_stripes(struct rng *rng)
{
	static const struct shape shape = {
		"fewer stripes", 8, 8, ALIGNED, FOLD, 95, 2, KEYS, NULL
	};
	struct khmap_table_params p = shape_params(&shape, rng);
	struct khmap_damage_place damage;
	struct engine e, r = { 0 };
	struct picture before;

	engine_open(&e, &p);
	shape_fill(e.table, shape.keys, rng);
	before = picture_take(e.table);
	r.account = khmap_account_create(RESTORE_ROOM, 0, false);
	is_i64(picture_restore(&before, r.account, 64, &damage, &r.table), 0,
	       "an image of two stripes, restored with up to 64");
	is_u64(r.table->stripe_mask, 1, "has two");
	ok(table_is_sound(r.table, model_entries), "and each overflow page one owner");
	is_u64(shape_go_on(r.table, shape.keys, rng), 0, "which it keeps");
	ok(table_is_sound(r.table, model_entries), "in sound pages");
	engine_close(&r);
	engine_close(&e);
	free(before.bytes);
}

/* Each allocation, each fetch and each question in turn is refused. */
static void test_refused(struct rng *rng)
{
	static const struct shape shape = {
		"refused", 8, 8, ALIGNED, FOLD, 95, 64, KEYS, NULL
	};
	struct khmap_account *account = khmap_account_create(RESTORE_ROOM, 0, false);
	struct khmap_table_params p = shape_params(&shape, rng);
	u32 wrong = 0, refused = 0, interrupted = 0;
	struct khmap_damage_place damage;
	struct khmap_table *table;
	struct picture picture;
	struct engine e;
	bool failed = true;
	long n;
	int err;

	engine_open(&e, &p);
	shape_fill(e.table, shape.keys, rng);
	picture = picture_take(e.table);

	for (n = 0; failed; n++) {
		khmap_account_fail_after(account, n);
		err = picture_restore(&picture, account, 0, &damage, &table);
		failed = khmap_account_failed(account);
		khmap_account_fail_after(account, -1);
		wrong += damage.what != KHMAP_DAMAGE_NONE;
		if (err) {
			refused++;
			wrong += err != -ENOMEM || !failed;
		} else {
			wrong += !table_is_sound(table, model_entries);
			khmap_table_destroy(table);
		}
		wrong += khmap_account_used(account) != 0;
	}
	ok(refused > picture.size / PAGE / 2, "%u of %ld allocations end a restore", refused, n);
	is_u64(wrong, 0, "with ENOMEM, and nothing is left behind");

	wrong = 0;
	for (n = 0; n < (long)(picture.size / PAGE); n++) {
		picture.fail_after = n;
		err = picture_restore(&picture, account, 0, &damage, &table);
		wrong += err != -EFAULT || damage.what != KHMAP_DAMAGE_NONE ||
			 khmap_account_used(account);
	}
	picture.fail_after = -1;
	is_u64(wrong, 0, "a page that cannot be fetched: EFAULT, and nothing is left behind");

	wrong = 0;
	for (n = 0, err = -EINTR; err; n++) {
		restore_stop_after = n;
		err = picture_restore(&picture, account, 0, &damage, &table);
		interrupted += err == -EINTR;
		wrong += err && (err != -EINTR || khmap_account_used(account));
	}
	restore_stop_after = -1;
	khmap_table_destroy(table);
	ok(interrupted > 4, "it may be stopped at %u points", interrupted);
	is_u64(wrong, 0, "with EINTR, and nothing is left behind");
	engine_close(&e);
	is_u64(khmap_account_used(account), 0, "the account is empty");
	khmap_account_destroy(account);
	free(picture.bytes);
}

/* What is too much is refused before the first page. */
static void test_limits(struct rng *rng)
{
	static const struct shape shape = {
		"limits", 8, 8, ALIGNED, FOLD, 75, 64, KEYS, NULL
	};
	struct khmap_table_params p = shape_params(&shape, rng), q;
	struct khmap_account *account;
	struct khmap_table *table;
	struct picture picture;
	struct khmap_restore restore = {
		.fetch = picture_fetch,
		.from = &picture,
		.header = malloc(PAGE),
	};
	struct engine e;
	u64 bytes = 0;

	p.max_entries = KEYS + 100;
	engine_open(&e, &p);
	shape_fill(e.table, shape.keys, rng);
	picture = picture_take(e.table);
	restore.bytes = picture.size;
	is_i64(khmap_restore_open(&restore, &q), 0, "limits: opened");
	is_u64(q.max_entries, KEYS + 100, "the ceiling is the image's");
	is_i64(khmap_restore_bytes(&restore, &q, &bytes), 0, "its memory is known");

	account = khmap_account_create(RESTORE_ROOM, bytes - 1, false);
	picture.fetches = 0;
	is_i64(khmap_table_restore(&restore, &q, account, &table), -ENOMEM,
	       "a limit one byte too low: ENOMEM");
	is_u64(picture.fetches, 0, "before any page was fetched");
	is_u64(khmap_account_used(account), 0, "and nothing is left behind");
	khmap_account_destroy(account);

	account = khmap_account_create(RESTORE_ROOM, 0, false);
	q.max_entries = model_entries - 1;
	is_i64(khmap_table_restore(&restore, &q, account, &table), -ENOSPC,
	       "a ceiling below the entries: ENOSPC");
	q.max_entries = model_entries;
	is_i64(khmap_table_restore(&restore, &q, account, &table), 0,
	       "a ceiling at the entries: restored");
	is_i64(model_put(table, 2 * KEYS, 1), -ENOSPC, "and a put more is refused");
	khmap_table_destroy(table);
	is_u64(khmap_account_used(account), 0, "limits: nothing is left behind");
	khmap_account_destroy(account);
	engine_close(&e);
	free(picture.bytes);
	free(restore.header);
}

int main(void)
{
	struct rng rng = { test_seed() };
	u32 i, round;

	plan(3 * 10 * sizeof(shapes) / sizeof(shapes[0]) + 5 + 6 + 10);
	for (round = 0; round < 3; round++)
		for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
			test_shape(&shapes[i], &rng);
	test_fewer_stripes(&rng);
	test_refused(&rng);
	test_limits(&rng);
	return done();
}
