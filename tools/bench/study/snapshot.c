// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * snapshot.c - what a snapshot costs: its cut, its copies, and reading it whole
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/khmap.h>

#include "../../../kmod/core/bucket.h"
#include "../../../kmod/core/snapshot.h"
#include "../histogram.h"
#include "map.h"
#include "stall.h"

static const u32 sizes[] = { 10000, 100000, 1000000, 10000000 };

#define SIZES	(sizeof(sizes) / sizeof(sizes[0]))

/* Cuts of a round; those of large maps take their time to be reserved for. */
#define CUTS(entries)	((entries) > 1000000 ? 10 : 100)

/**
 * struct watch - one who sees the gate as a writer does
 * @table: whose gate
 * @stop: end
 * @cuts: that were seen
 * @closed: ticks that the gate was closed for, one for each cut
 */
struct watch {
	const struct khmap_table *table;
	bool stop;
	u32 cuts;
	u64 closed[128];
};

static void *watch_gate(void *arg)
{
	struct watch *watch = arg;
	u64 since;

	while (!__atomic_load_n(&watch->stop, __ATOMIC_RELAXED)) {
		if (!(os_load(&watch->table->saves.gate) & 1))
			continue;
		since = clock_ticks();
		while (os_load_acquire(&watch->table->saves.gate) & 1)
			;
		if (watch->cuts < 128)
			watch->closed[watch->cuts++] = clock_ticks() - since;
	}
	return NULL;
}

static struct khmap_snapshot *snapshot_take(struct map *map)
{
	struct khmap_snapshot *snapshot;

	if (khmap_snapshot_create(map->table, map->account, NULL, &snapshot))
		study_failed("a snapshot cannot be taken");
	return snapshot;
}

static void map_fill(struct map *map, u32 entries)
{
	u64 i;

	for (i = 0; i < entries; i++)
		map_put(map, &i, &i);
}

/* The longest and the median time that the gate was closed, in microseconds. */
static void cut_round(struct map *map, u32 cuts, double tick_ns, double *median, double *longest)
{
	struct watch watch = { .table = map->table };
	double closed[128];
	pthread_t thread;
	u32 i;

	if (pthread_create(&thread, NULL, watch_gate, &watch))
		study_failed("no thread");
	/* Snapshots until so many cuts were seen: the watcher may be off its processor. */
	while (__atomic_load_n(&watch.cuts, __ATOMIC_RELAXED) < cuts)
		khmap_snapshot_destroy(snapshot_take(map));
	__atomic_store_n(&watch.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	*longest = 0;
	for (i = 0; i < watch.cuts; i++) {
		closed[i] = (double)watch.closed[i] * tick_ns / 1e3;
		if (closed[i] > *longest)
			*longest = closed[i];
	}
	*median = study_median(closed, (int)watch.cuts);
}

/* Replace so many values at random; ns for each. */
static double time_replaces(struct map *map, struct random *random, u32 entries, u32 count)
{
	double start = thread_ns();
	u32 i;

	for (i = 0; i < count; i++) {
		u64 key = random_below(random, entries);

		map_put(map, &key, &key);
	}
	return (thread_ns() - start) / count;
}

/* Every page is bound to have been written to by then. */
static u32 touching(u32 entries)
{
	return entries / 2;
}

struct held_cells {
	json_t *none;
	json_t *copying;
	json_t *copied;
	json_t *after;
	json_t *copying_share;
	json_t *after_share;
};

static void held_round(struct map *map, u32 entries, struct held_cells *cells)
{
	struct random random = { entries };
	struct khmap_snapshot *snapshot;
	double none, copying, after;

	time_replaces(map, &random, entries, touching(entries));
	none = time_replaces(map, &random, entries, touching(entries));
	snapshot = snapshot_take(map);
	copying = time_replaces(map, &random, entries, touching(entries));
	study_sample(cells->copied, 100.0 * (double)os_count_read(&snapshot->copied) /
				    (double)(snapshot->pages - 1));
	after = time_replaces(map, &random, entries, touching(entries));
	khmap_snapshot_destroy(snapshot);
	study_sample(cells->none, none);
	study_sample(cells->copying, copying);
	study_sample(cells->after, after);
	study_sample(cells->copying_share, none / copying);
	study_sample(cells->after_share, none / after);
}

struct copy_cells {
	json_t *plain;
	json_t *read;
	json_t *first;
	json_t *times;
};

/* All pages into one buffer, by reading the snapshot and plainly; ms. */
static void copy_round(struct map *map, char *from, char *to, struct copy_cells *cells)
{
	struct khmap_snapshot *snapshot = snapshot_take(map);
	double start, plain, read;
	u64 page;

	start = thread_ns();
	memcpy(to, from, snapshot->pages * KHMAP_OS_PAGE_SIZE);
	plain = (thread_ns() - start) / 1e6;
	start = thread_ns();
	for (page = 0; page < snapshot->pages; page++)
		if (khmap_snapshot_read(snapshot, page, to + page * KHMAP_OS_PAGE_SIZE))
			study_wrong("a page is missing");
	read = (thread_ns() - start) / 1e6;
	study_sample(cells->plain, plain);
	study_sample(cells->read, read);
	study_sample(cells->times, read / plain);
	start = thread_ns();
	for (page = 0; page < snapshot->pages; page++)
		khmap_snapshot_page(snapshot, page);
	study_sample(cells->first, (thread_ns() - start) / 1e6);
	khmap_snapshot_destroy(snapshot);
}

/**
 * struct few_cells - pages that are copied if writes go to a hundredth of them
 * @alone: writes go to those pages, and no others
 * @chains: to all entries of the chains that begin there, which go on elsewhere
 */
struct few_cells {
	json_t *alone;
	json_t *chains;
};

/* Is an entry in the first hundredth of the primary pages, in its chain's first bucket? */
static bool is_alone(struct map *map, u64 key, u32 page)
{
	u32 shift = map->table->geometry.page_shift;
	struct khmap_read read;
	const char *start;

	if (khmap_reader_find(&map->reader, &key, &read))
		study_wrong("key %llu is not there", (unsigned long long)key);
	start = (const char *)map->reader.primary + ((size_t)page << shift);
	return (const char *)read.value >= start &&
	       (const char *)read.value < start + (1ul << shift);
}

/* Percent of the pages that are copied. */
static double copied_of_few(struct map *map, u32 entries, bool chains)
{
	u32 pages = khmap_shape_pages(map->table->header->shape), shape, page;
	struct khmap_snapshot *snapshot = snapshot_take(map);
	double percent;
	u64 key;

	shape = map->table->header->shape;
	for (key = 0; key < entries; key++) {
		u64 hash = khmap_hash(map->table->hash_kind, map->table->secret, &key, sizeof(key));

		page = khmap_place_page(khmap_shape_place(shape, hash));
		if (page * 100 < pages && (chains || is_alone(map, key, page)))
			map_put(map, &key, &key);
	}
	percent = 100.0 * (double)os_count_read(&snapshot->copied) / (double)snapshot->pages;
	khmap_snapshot_destroy(snapshot);
	return percent;
}

static void snapshot_size(struct study *study, u32 entries, json_t **row)
{
	struct held_cells held;
	struct copy_cells copies;
	json_t *median, *longest, *cut, *none;
	double tick_ns = clock_tick_ns(), typical, most, with, without;
	struct few_cells few;
	char *from, *to;
	struct map map;
	u64 bytes;
	int round;

	map_open(&map, 8, 8, KHMAP_LOAD_DEFAULT, false);
	map_fill(&map, entries);
	bytes = map_pages(&map) * KHMAP_OS_PAGE_SIZE;
	study_cell_count(row[0], map_pages(&map));
	median = study_cell_samples(row[0]);
	longest = study_cell_samples(row[0]);
	none = study_cell_samples(row[0]);
	cut = study_cell_samples(row[0]);
	few.alone = study_cell_samples(row[0]);
	few.chains = study_cell_samples(row[0]);
	held = (struct held_cells){
		.none = study_cell_samples(row[1]),
		.copying = study_cell_samples(row[1]),
		.copied = study_cell_samples(row[1]),
		.after = study_cell_samples(row[1]),
		.copying_share = study_cell_samples(row[1]),
		.after_share = study_cell_samples(row[1]),
	};
	copies = (struct copy_cells){
		.plain = study_cell_samples(row[2]),
		.read = study_cell_samples(row[2]),
		.first = study_cell_samples(row[2]),
		.times = study_cell_samples(row[2]),
	};
	from = study_alloc(bytes, 1);
	to = study_alloc(bytes, 1);
	memset(from, 1, bytes);
	memset(to, 1, bytes);
	for (round = 0; round < study->options->rounds; round++) {
		cut_round(&map, CUTS(entries), tick_ns, &typical, &most);
		study_sample(median, typical);
		study_sample(longest, most);
		stall_round(&map, entries, CUTS(entries), &with, &without);
		study_sample(none, without);
		study_sample(cut, with);
		study_sample(few.alone, copied_of_few(&map, entries, false));
		study_sample(few.chains, copied_of_few(&map, entries, true));
		held_round(&map, entries, &held);
		copy_round(&map, from, to, &copies);
	}
	free(from);
	free(to);
	map_close(&map);
}

void study_snapshot(struct study *study)
{
	json_t *table[3], *row[3];
	char label[16];
	u32 i, k;

	study_note(study, "gate: how long writers were held, as a thread saw it that watched the gate.");
	study_note(study, "put: the longest put of a writer at full speed, typically, without a cut and during one.");
	study_note(study, "few: pages copied while a hundredth of the primary pages was written to, and nothing else;");
	study_note(study, "chains: and the pages that the chains of those go on in.");
	study_note(study, "copying: replaces at random from the cut on, half as many as there are entries.");
	study_note(study, "kept: pages copied for good into the snapshot's reserve.");
	table[0] = study_table(study, "The cut", "entries|pages|gate us|longest us|put us|put, cut us|few %|chains %");
	study_chart(study, "writers are held by a snapshot", "us", "2,3", "logbars");
	table[1] = study_table(study, "A put that replaces, while a snapshot is held",
			       "entries|none ns|copying ns|copied %|after ns|left, copying|left, after");
	table[2] = study_table(study, "All pages of a snapshot",
			       "entries|memcpy ms|read ms|kept ms|read, times memcpy");
	for (i = 0; i < SIZES && sizes[i] <= study->options->entries_most; i++) {
		snprintf(label, sizeof(label), "%u", sizes[i]);
		for (k = 0; k < 3; k++)
			row[k] = study_row(table[k], label);
		snapshot_size(study, sizes[i], row);
	}
}
