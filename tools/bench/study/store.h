/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * store.h - records in a map of khmap's and in a database of LMDB's, to be copied
 */
#ifndef KHMAP_STUDY_STORE_H
#define KHMAP_STUDY_STORE_H

#include "encode.h"
#include "heap.h"
#include "map.h"
#include "records.h"

#define STORE_DENSE	90

/**
 * struct store - records in a map, whose snapshots are taken
 * @map: it
 * @pages: memory for all pages of its image, which stands for the mapping of a
 *	snapshot
 * @copy: memory for a copy of that
 * @bytes: of each
 */
struct store {
	struct map map;
	char *pages;
	char *copy;
	u64 bytes;
};

/**
 * store_open() - put all records into a map
 * @store: filled; for store_close()
 * @records: copied
 * @packed: a map as small as one can be made: packed values and buckets, and a load
 *	of STORE_DENSE percent; else with what is the default
 */
void store_open(struct store *store, const struct records *records, bool packed);

void store_close(struct store *store);

/**
 * store_copy() - take a snapshot, read all its pages, drop it
 * @store: its @pages are the image then
 *
 * Return: what was allocated outside the engine, which stands for the kernel.
 */
struct heap_count store_copy(struct store *store);

/**
 * store_write() - take a snapshot, write it to a file by libkhmap's writer, drop it
 * @store: whose
 * @path: of the file
 *
 * Return: as store_copy().
 */
struct heap_count store_write(struct store *store, const char *path);

/**
 * store_write_pages() - write what store_copy() has read, and nothing else
 * @store: whose
 * @path: of the file
 *
 * By the same calls, but without checksums: what the file system takes for itself.
 */
void store_write_pages(struct store *store, const char *path);

/**
 * store_check_file() - is every record in a file, and is every page as it was?
 * @path: of the file; else the run ends
 * @records: all there should be
 */
void store_check_file(const char *path, const struct records *records);

/* As store_check_file(), of the pages in memory. */
void store_check_pages(const struct store *store, const struct records *records);

struct lmdb;

/**
 * lmdb_open() - put all records into a database in shared memory
 * @records: copied; texts are not padded
 *
 * Return: for lmdb_close().
 */
struct lmdb *lmdb_open(const struct records *records);

void lmdb_close(struct lmdb *lmdb);

/**
 * lmdb_copy() - mdb_env_copy()
 * @lmdb: which
 * @path: of the file, which must not be there
 */
void lmdb_copy(struct lmdb *lmdb, const char *path);

/* Open a file that is a copy, and look one key up; for lmdb_first_end(). */
struct lmdb *lmdb_first(const char *path, const void *key, void *value, size_t size);
void lmdb_first_end(struct lmdb *lmdb);

/* As store_check_file(). */
void lmdb_check_file(const char *path, const struct records *records);

#endif /* KHMAP_STUDY_STORE_H */
