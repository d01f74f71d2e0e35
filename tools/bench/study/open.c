// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * open.c - from a file to the first value: opened, or loaded
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <khmap/khmap.h>

#include "load.h"
#include "scratch.h"
#include "store.h"

static const u32 sizes[] = { 1000, 1000000, 10000000 };

#define SIZES	(sizeof(sizes) / sizeof(sizes[0]))

/* Opened so often in one sample; what reads the whole file, once. */
#define OPENS		100u

enum way {
	OPEN_KHMAP,
	OPEN_KHMAP_VERIFIED,
	OPEN_LMDB,
	LOAD_MSGPACK,
	WAYS,
};

static const char *const way_names[WAYS] = {
	"khmap_open()", "khmap_open(), every page verified", "mdb_env_open() of LMDB",
	"msgpack-c into boost::unordered_flat_map",
};

/**
 * struct opening - files of the same records
 * @records: of them
 * @paths: by the way they are opened
 * @samples: of each way, in microseconds
 * @ratios: how many times as long as khmap's
 */
struct opening {
	struct records records;
	char paths[WAYS][64];
	json_t *samples[WAYS];
	json_t *ratios[WAYS];
};

/* Reads a file and the value of one key in it; what that allocates goes to @heap. */
static double open_get(const struct opening *opening, enum way way, u32 i, struct heap_count *heap)
{
	const struct khmap_open_options options = {
		.size = sizeof(options),
		.flags = way == OPEN_KHMAP_VERIFIED ? KHMAP_OPEN_VERIFY : 0,
	};
	const struct record_mixed *record = &opening->records.mixed[i];
	const char *path = opening->paths[way];
	struct record_pair value = { 0 };
	struct lmdb *lmdb = NULL;
	struct khmap *map = NULL;
	void *loaded = NULL;
	double start, ns;
	int err = 0;

	heap_count_begin();
	start = thread_ns();
	switch (way) {
	case OPEN_LMDB:
		lmdb = lmdb_first(path, &record->key, &value, sizeof(value));
		break;
	case LOAD_MSGPACK:
		loaded = load_map(path, opening->records.count);
		if (!loaded || !load_get(loaded, record->key, &value))
			err = -ENOENT;
		break;
	default:
		err = khmap_open(path, &options, &map);
		if (!err)
			err = khmap_get(map, &record->key, &value);
	}
	ns = thread_ns() - start;
	*heap = heap_count_end();
	if (err || value.number != record->value.number || value.truth != record->value.truth)
		study_wrong("%s: %s does not find a record", path, way_names[way]);
	if (lmdb)
		lmdb_close(lmdb);
	if (loaded)
		load_drop(loaded);
	khmap_close(map);
	return ns;
}

/* Microseconds of one; no key is the first twice. */
static double open_sample(const struct opening *opening, enum way way, u32 round)
{
	u32 opens = way == OPEN_KHMAP || way == OPEN_LMDB ? OPENS : 1, i;
	struct random random = { round };
	struct heap_count heap;
	double ns = 0;

	for (i = 0; i < opens; i++)
		ns += open_get(opening, way, random_below(&random, opening->records.count), &heap);
	return ns / opens / 1e3;
}

static void opening_files(struct opening *opening)
{
	struct encode_sink sink = { 0 };
	struct store store;
	struct lmdb *lmdb;
	u32 way;

	for (way = 0; way < WAYS; way++)
		snprintf(opening->paths[way], sizeof(opening->paths[way]),
			 "%s/open-%u", scratch_folder(),
			 way == OPEN_KHMAP_VERIFIED ? OPEN_KHMAP : way);
	store_open(&store, &opening->records, false);
	store_write(&store, opening->paths[OPEN_KHMAP]);
	store_close(&store);
	lmdb = lmdb_open(&opening->records);
	lmdb_copy(lmdb, opening->paths[OPEN_LMDB]);
	lmdb_close(lmdb);
	sink.fd = open(opening->paths[LOAD_MSGPACK], O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (sink.fd < 0)
		study_failed("%s: %s", opening->paths[LOAD_MSGPACK], strerror(errno));
	load_save(&opening->records, &sink);
	close(sink.fd);
}

static void opening_remove(const struct opening *opening)
{
	u32 way;

	for (way = 0; way < WAYS; way++)
		unlink(opening->paths[way]);
}

static u64 file_bytes(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		study_failed("%s: is not there", path);
	return (u64)st.st_size;
}

static void opening_rows(struct opening *opening, json_t *table)
{
	u32 way;

	for (way = 0; way < WAYS; way++) {
		json_t *row = study_row(table, way_names[way]);
		struct heap_count heap;

		opening->samples[way] = study_cell_samples(row);
		opening->ratios[way] = study_cell_samples(row);
		/* Also brings what is read near, where it was just written. */
		open_get(opening, way, 0, &heap);
		study_cell_count(row, heap.calls);
		study_cell_real(row, (double)heap.bytes / 1024);
		study_cell_real(row, (double)heap.mapped / 1024);
		study_cell_count(row, file_bytes(opening->paths[way]));
	}
}

static void open_size(struct study *study, u32 entries)
{
	struct opening opening = { .records = records_create(RECORD_MIXED, entries) };
	double us[WAYS];
	char title[64];
	json_t *table;
	int round;
	u32 way;

	study_progress("%u entries: files are made", entries);
	opening_files(&opening);
	snprintf(title, sizeof(title), "A file of %u entries, and its first value", entries);
	table = study_table(study, title,
			    "by|us|times as long|allocations|heap KiB|mapped KiB|file bytes");
	study_chart(study, title, "us", "1", "logbars");
	opening_rows(&opening, table);
	for (round = 0; round < study->options->rounds; round++) {
		study_progress("%u entries: round %d of %d", entries, round + 1,
			       study->options->rounds);
		for (way = 0; way < WAYS; way++) {
			us[way] = open_sample(&opening, way, (u32)round);
			study_sample(opening.samples[way], us[way]);
			study_sample(opening.ratios[way], us[way] / us[OPEN_KHMAP]);
		}
	}
	opening_remove(&opening);
	records_destroy(&opening.records);
}

void study_open(struct study *study)
{
	u32 i;

	study_note(study, "Records of u64, i32 and bool; the files are in /dev/shm, so nothing waits for a disk.");
	study_note(study, "Each opening is a new one, with another key; closing is not part of the time.");
	study_note(study, "mapped: memory that khmap has from mmap() instead of the heap.");
	for (i = 0; i < SIZES && sizes[i] <= study->options->entries_most; i++)
		open_size(study, sizes[i]);
}
