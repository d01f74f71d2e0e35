// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * ends.c - both ends: a map in its header page, and one of 100,000 that grew
 */
#include <stdio.h>
#include <stdlib.h>
#include <linux/khmap.h>

#include "../histogram.h"
#include "map.h"

#define SMALL_LOOKUPS	(1u << 20)
#define LARGE		100000u
#define LARGE_LOOKUPS	1000000u

static const u32 small_sizes[] = { 1, 15, 16, 100 };

#define SMALL_MAPS	(sizeof(small_sizes) / sizeof(small_sizes[0]))

/* Stored keys are odd, those that are missed even. */
static u64 key_of(u64 number)
{
	return number * 2 + 1;
}

static void map_fill(struct map *map, u32 entries)
{
	u64 i;

	for (i = 0; i < entries; i++) {
		u64 key = key_of(i), value = key * 3;

		map_put(map, &key, &value);
	}
}

/* Look up so many of the keys, or of their even neighbours; ns of each. */
static double time_gets(struct map *map, const u64 *keys, u32 count, bool there)
{
	double start = thread_ns();
	u64 sum = 0, want = 0, value;
	u32 i;

	for (i = 0; i < count; i++) {
		u64 key = keys[i] - !there;

		if (map_get(map, &key, &value))
			sum += value;
	}
	start = thread_ns() - start;
	for (i = 0; there && i < count; i++)
		want += keys[i] * 3;
	if (sum != want)
		study_wrong("a map of %llu entries finds other values than were put",
			    (unsigned long long)map_entries(map));
	return start / count;
}

static double time_puts(struct map *map, const u64 *keys, u32 count)
{
	double start = thread_ns();
	u32 i;

	for (i = 0; i < count; i++) {
		u64 value = keys[i] * 3;

		map_put(map, &keys[i], &value);
	}
	return (thread_ns() - start) / count;
}

static u64 *keys_make_random(u32 entries, u32 count)
{
	u64 *keys = study_alloc(count, sizeof(*keys));
	struct random random = { entries };
	u32 i;

	for (i = 0; i < count; i++)
		keys[i] = key_of(random_below(&random, entries));
	return keys;
}

static void ends_small(struct study *study)
{
	json_t *table = study_table(study, "Small maps, of 8-byte keys and values",
				    "entries|bytes|pages|hit ns|miss ns|put ns, replaces");
	json_t *cells[SMALL_MAPS][3];
	struct map maps[SMALL_MAPS];
	u64 *keys[SMALL_MAPS];
	char label[16];
	u32 i, j;
	int round;

	for (i = 0; i < SMALL_MAPS; i++) {
		json_t *row;

		map_open(&maps[i], 8, 8, KHMAP_LOAD_DEFAULT, false);
		map_fill(&maps[i], small_sizes[i]);
		keys[i] = keys_make_random(small_sizes[i], SMALL_LOOKUPS);
		snprintf(label, sizeof(label), "%u", small_sizes[i]);
		row = study_row(table, label);
		study_cell_count(row, map_bytes(&maps[i]));
		study_cell_count(row, map_pages(&maps[i]));
		for (j = 0; j < 3; j++)
			cells[i][j] = study_cell_samples(row);
	}
	for (round = 0; round < study->options->rounds; round++)
		for (i = 0; i < SMALL_MAPS; i++) {
			study_sample(cells[i][0],
				     time_gets(&maps[i], keys[i], SMALL_LOOKUPS, true));
			study_sample(cells[i][1],
				     time_gets(&maps[i], keys[i], SMALL_LOOKUPS, false));
			study_sample(cells[i][2], time_puts(&maps[i], keys[i], SMALL_LOOKUPS));
			if (map_entries(&maps[i]) != small_sizes[i])
				study_wrong("a map of %u entries has %llu", small_sizes[i],
					    (unsigned long long)map_entries(&maps[i]));
		}
	for (i = 0; i < SMALL_MAPS; i++) {
		map_close(&maps[i]);
		free(keys[i]);
	}
}

struct large_cells {
	json_t *bytes;
	json_t *hit;
	json_t *miss;
	json_t *median;
	json_t *tail;
	json_t *longest;
	json_t *reserve;
};

static void large_round(bool reserved, const u64 *keys, double tick_ns, struct large_cells *cells)
{
	struct histogram latency = { 0 };
	double start = thread_ns();
	u64 i, before;
	struct map map;

	map_open(&map, 8, 8, KHMAP_LOAD_DEFAULT, false);
	if (reserved) {
		map_reserve(&map, LARGE);
		study_sample(cells->reserve, (thread_ns() - start) / 1e6);
	}
	for (i = 0; i < LARGE; i++) {
		u64 key = key_of(i), value = key * 3;

		before = clock_ticks();
		map_put(&map, &key, &value);
		histogram_add(&latency, clock_ticks() - before);
	}
	if (map_entries(&map) != LARGE)
		study_wrong("a map of %u entries has %llu", LARGE,
			    (unsigned long long)map_entries(&map));
	study_sample(cells->bytes, (double)map_bytes(&map) / LARGE);
	study_sample(cells->hit, time_gets(&map, keys, LARGE_LOOKUPS, true));
	study_sample(cells->miss, time_gets(&map, keys, LARGE_LOOKUPS, false));
	study_sample(cells->median, (double)histogram_quantile(&latency, 0.5) * tick_ns);
	study_sample(cells->tail, (double)histogram_quantile(&latency, 0.999) * tick_ns / 1e3);
	study_sample(cells->longest, (double)latency.longest * tick_ns / 1e3);
	map_close(&map);
}

static void ends_large(struct study *study)
{
	json_t *table = study_table(study, "100,000 entries, from an empty map",
				    "|bytes/entry|hit ns|miss ns|put ns|99.9 % us|longest us|reserve ms");
	u64 *keys = keys_make_random(LARGE, LARGE_LOOKUPS);
	double tick_ns = clock_tick_ns();
	struct large_cells cells[2];
	u32 i;
	int round;

	for (i = 0; i < 2; i++) {
		json_t *row = study_row(table, i ? "reserved" : "grew");

		cells[i] = (struct large_cells){
			.bytes = study_cell_samples(row),
			.hit = study_cell_samples(row),
			.miss = study_cell_samples(row),
			.median = study_cell_samples(row),
			.tail = study_cell_samples(row),
			.longest = study_cell_samples(row),
			.reserve = i ? study_cell_samples(row) : NULL,
		};
	}
	for (round = 0; round < study->options->rounds; round++)
		for (i = 0; i < 2; i++)
			large_round(i, keys, tick_ns, &cells[i]);
	study_chart(study, "a put while the map gets 100,000 entries", "us", "5,6", "logbars");
	free(keys);
}

void study_ends(struct study *study)
{
	study_note(study, "bytes: all that the engine has allocated, its locks and tables included.");
	study_note(study, "longest: by the clock on the wall, so it shows the scheduler's other work too.");
	ends_small(study);
	ends_large(study);
}
