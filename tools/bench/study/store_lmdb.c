// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * store_lmdb.c - records in a database of LMDB's, to be copied
 *
 * With integer keys, put in their order, so that its pages are as full as they
 * can be; in shared memory, and read by a transaction that stays.
 */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "scratch.h"
#include "store.h"

/* Every program that looks has it this large. */
#define LMDB_BYTES	((size_t)4 << 30)

struct lmdb {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	char path[64];
};

static void lmdb_must(int err, const char *what)
{
	if (err)
		study_failed("LMDB: %s: %s", what, mdb_strerror(err));
}

static struct lmdb *lmdb_env(const char *path, unsigned int flags)
{
	struct lmdb *lmdb = calloc(1, sizeof(*lmdb));

	if (!lmdb)
		study_failed("LMDB: no memory");
	lmdb_must(mdb_env_create(&lmdb->env), "create");
	lmdb_must(mdb_env_set_mapsize(lmdb->env, LMDB_BYTES), "map size");
	lmdb_must(mdb_env_open(lmdb->env, path, flags | MDB_NOSUBDIR | MDB_NOLOCK, 0600), "open");
	lmdb_must(mdb_txn_begin(lmdb->env, NULL, flags & MDB_RDONLY, &lmdb->txn), "begin");
	lmdb_must(mdb_dbi_open(lmdb->txn, NULL, flags & MDB_RDONLY ? 0 : MDB_INTEGERKEY,
			       &lmdb->dbi), "database");
	return lmdb;
}

/**
 * struct lmdb_order - where a record comes
 * @key: of it
 * @index: of it
 */
struct lmdb_order {
	u64 key;
	u32 index;
};

static int lmdb_compare(const void *left, const void *right)
{
	const struct lmdb_order *a = left, *b = right;

	return (a->key > b->key) - (a->key < b->key);
}

static MDB_val lmdb_value(const struct records *records, u32 i)
{
	return (MDB_val){
		.mv_size = records->kind == RECORD_TEXT ? records->text[i].length :
			   records_value_size(records),
		.mv_data = (void *)records_value(records, i),
	};
}

static void lmdb_fill(struct lmdb *lmdb, const struct records *records)
{
	struct lmdb_order *order = study_alloc(records->count, sizeof(*order));
	u32 i;

	for (i = 0; i < records->count; i++) {
		memcpy(&order[i].key, records_key(records, i), sizeof(order[i].key));
		order[i].index = i;
	}
	qsort(order, records->count, sizeof(*order), lmdb_compare);
	for (i = 0; i < records->count; i++) {
		MDB_val key = { sizeof(order[i].key), &order[i].key };
		MDB_val value = lmdb_value(records, order[i].index);

		lmdb_must(mdb_put(lmdb->txn, lmdb->dbi, &key, &value, MDB_APPEND), "put");
	}
	free(order);
}

struct lmdb *lmdb_open(const struct records *records)
{
	struct lmdb *lmdb;
	char path[64];

	snprintf(path, sizeof(path), "%s/store.mdb", scratch_folder());
	unlink(path);
	lmdb = lmdb_env(path, MDB_NOSYNC | MDB_WRITEMAP);
	memcpy(lmdb->path, path, sizeof(lmdb->path));
	/* Whatever ends the run, no file is left: it is open. */
	unlink(path);
	lmdb_fill(lmdb, records);
	lmdb_must(mdb_txn_commit(lmdb->txn), "commit");
	lmdb->txn = NULL;
	return lmdb;
}

void lmdb_close(struct lmdb *lmdb)
{
	if (lmdb->txn)
		mdb_txn_abort(lmdb->txn);
	mdb_env_close(lmdb->env);
	free(lmdb);
}

void lmdb_copy(struct lmdb *lmdb, const char *path)
{
	lmdb_must(mdb_env_copy(lmdb->env, path), "copy");
}

struct lmdb *lmdb_first(const char *path, const void *key, void *value, size_t size)
{
	struct lmdb *lmdb = lmdb_env(path, MDB_RDONLY);
	MDB_val wanted = { sizeof(u64), (void *)key }, found;

	lmdb_must(mdb_get(lmdb->txn, lmdb->dbi, &wanted, &found), "get");
	if (found.mv_size != size)
		study_wrong("LMDB has a value of another size");
	memcpy(value, found.mv_data, size);
	return lmdb;
}

void lmdb_check_file(const char *path, const struct records *records)
{
	struct lmdb *lmdb = lmdb_env(path, MDB_RDONLY);
	u32 i;

	for (i = 0; i < records->count; i++) {
		MDB_val key = { sizeof(u64), (void *)records_key(records, i) }, found;
		MDB_val value = lmdb_value(records, i);

		lmdb_must(mdb_get(lmdb->txn, lmdb->dbi, &key, &found), "get");
		if (found.mv_size != value.mv_size ||
		    memcmp(found.mv_data, value.mv_data, value.mv_size))
			study_wrong("LMDB's copy does not have a record as it was given");
	}
	lmdb_close(lmdb);
}
