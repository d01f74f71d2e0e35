// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * hash.c - hash kinds: what they cost, how they spread keys, how they are attacked
 */
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../histogram.h"
#include "walk.h"

#define SUM_KEYS	256	/* 16 KiB of the longer keys: near the core */
#define SUM_HASHES	(1u << 20)
#define CHAIN_HASHES	(1u << 19)

#define COLUMNS		"|keys|count|low bits|tag bits|longest|ns"
#define SIMULATED	"|instructions|L1 misses|LL misses"

/* Cycles of this thread in user mode, if there is somebody who counts them. */
static int cycles_open(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static u64 cycles_read(int fd)
{
	u64 count;

	if (fd < 0 || read(fd, &count, sizeof(count)) != sizeof(count))
		return clock_ticks();
	return count;
}

struct time_cells {
	json_t *ns[2][2];
	json_t *cycles;
};

/* One round of one kind and size. */
static void time_kind(const struct hash_kind *kind, const struct keys *keys, int cycles,
		      struct time_cells *cells)
{
	const struct hash_loops *loops = hash_loops_of(kind, keys->size);
	u32 index = keys->size == 64;
	double start, ns;
	u64 before, got, want = 0, i;

	start = thread_ns();
	got = loops->sum(walk_secret, keys->bytes, SUM_KEYS, SUM_HASHES / SUM_KEYS);
	ns = thread_ns() - start;
	study_sample(cells->ns[index][0], ns / SUM_HASHES);
	for (i = 0; i < SUM_KEYS; i++)
		want += kind->hash(walk_secret, keys_at(keys, (u32)i), keys->size);
	if (got != want * (SUM_HASHES / SUM_KEYS))
		study_wrong("%s hashes the same keys to different sums", kind->name);

	start = thread_ns();
	before = cycles_read(cycles);
	loops->chain(walk_secret, keys->bytes, CHAIN_HASHES);
	before = cycles_read(cycles) - before;
	ns = thread_ns() - start;
	study_sample(cells->ns[index][1], ns / CHAIN_HASHES);
	if (!index)
		study_sample(cells->cycles, (double)before / CHAIN_HASHES);
}

static void hash_time(struct study *study)
{
	int cycles = cycles_open(), round;
	struct time_cells cells[HASH_KINDS];
	struct keys keys[2];
	json_t *table, *row;
	u32 i, j;

	table = study_table(study, "Time of a hash, ns",
			    "|8 B apart|8 B chained|64 B apart|64 B chained|cycles, 8 B chained");
	for (i = 0; i < HASH_KINDS; i++) {
		row = study_row(table, hash_kinds[i].name);
		for (j = 0; j < 4; j++)
			cells[i].ns[j / 2][j % 2] = study_cell_samples(row);
		cells[i].cycles = study_cell_samples(row);
	}
	study_chart(study, "hash of a key", "ns", "1,2,3,4", "bars");
	study_note(study, cycles < 0 ?
		   "Cycles: ticks of the time stamp; this machine lends no counter (PMU)." :
		   "Cycles: of the core, by its own counter (PMU).");
	keys_make(&keys[0], 2, SUM_KEYS);
	keys[1] = (struct keys){ .size = 64, .count = SUM_KEYS,
				 .bytes = study_alloc(SUM_KEYS, 64) };
	for (i = 0; i < SUM_KEYS * 8; i++)
		memcpy(keys[1].bytes + (size_t)i * 8, keys_at(&keys[0], i % SUM_KEYS), 8);
	for (round = 0; round < study->options->rounds; round++)
		for (i = 0; i < HASH_KINDS; i++)
			for (j = 0; j < 2; j++)
				time_kind(&hash_kinds[i], &keys[j], cycles, &cells[i]);
	keys_free(&keys[0]);
	keys_free(&keys[1]);
	if (cycles >= 0)
		close(cycles);
}

/*
 * How much buckets differ: the variance of their fill over its mean.  It is
 * chi-square over the buckets; 1 for chance, 0 for even, more for clusters.
 */
static double dispersion(const u32 *fill, u32 buckets, u32 keys, u32 *longest)
{
	double mean = (double)keys / buckets, sum = 0;
	u32 i;

	*longest = 0;
	for (i = 0; i < buckets; i++) {
		sum += ((double)fill[i] - mean) * ((double)fill[i] - mean);
		if (fill[i] > *longest)
			*longest = fill[i];
	}
	return sum / (buckets - 1) / mean;
}

/* Of the low bits, which choose a bucket, and the top eight, which are the tag. */
static void spread(const struct hash_kind *kind, const u64 *secret, const struct keys *keys,
		   double *low, double *tags, u32 *longest)
{
	u32 buckets = 1, i, most, *fill, top[256] = { 0 };

	while (buckets < keys->count)
		buckets *= 2;
	fill = study_alloc(buckets, sizeof(*fill));
	for (i = 0; i < keys->count; i++) {
		u64 hash = kind->hash(secret, keys_at(keys, i), keys->size);

		fill[hash & (buckets - 1)]++;
		top[hash >> KHMAP_TOPHASH_SHIFT]++;
	}
	*low = dispersion(fill, buckets, keys->count, longest);
	*tags = dispersion(top, 256, keys->count, &most);
	free(fill);
}

static void walk_round(const struct hash_kind *kind, const struct keys *keys, json_t *cell)
{
	struct hash_table table;
	double start;
	u64 sum;

	hash_table_build(&table, kind, walk_secret, keys);
	hash_table_check(&table, kind, hash_loops_of(kind, keys->size)->walk(&table));
	start = thread_ns();
	sum = hash_loops_of(kind, keys->size)->walk(&table);
	study_sample(cell, (thread_ns() - start) / table.count);
	hash_table_check(&table, kind, sum);
	hash_table_free(&table);
}

/* The set @set of all kinds: a row for each. */
static void walk_set(struct study *study, json_t *table, u32 set)
{
	const char *title = set < KEY_SETS ? key_sets[set] : "hostile";
	struct walk_counts counts[HASH_KINDS] = { 0 };
	struct keys keys[HASH_KINDS];
	json_t *cells[HASH_KINDS], *row;
	u32 i, longest;
	double low, tags;
	int round;

	if (study->options->walk)
		walk_simulate(study->options->walk, set, counts);
	for (i = 0; i < HASH_KINDS; i++) {
		if (set < KEY_SETS)
			keys_make(&keys[i], set, WALK_KEYS);
		else
			hostile_make(&keys[i], &hash_kinds[i], walk_secret, WALK_HOSTILE_KEYS);
		spread(&hash_kinds[i], walk_secret, &keys[i], &low, &tags, &longest);
		row = study_row(table, hash_kinds[i].name);
		study_cell_text(row, title);
		study_cell_count(row, keys[i].count);
		study_cell_real(row, low);
		study_cell_real(row, tags);
		study_cell_count(row, longest);
		cells[i] = study_cell_samples(row);
		if (study->options->walk) {
			study_cell_real(row, counts[i].instructions / keys[i].count);
			study_cell_real(row, counts[i].first / keys[i].count);
			study_cell_real(row, counts[i].last / keys[i].count);
		}
	}
	for (round = 0; round < study->options->rounds; round++)
		for (i = 0; i < HASH_KINDS; i++)
			walk_round(&hash_kinds[i], &keys[i], cells[i]);
	for (i = 0; i < HASH_KINDS; i++)
		keys_free(&keys[i]);
}

static void hash_attack(struct study *study)
{
	json_t *table = study_table(study, "Keys that are made to collide in 12 bits, in 1024 buckets",
				    "|how|ns a key|longest chain|with another secret");
	struct keys keys;
	u32 i, longest;
	double start, low, tags;

	for (i = 0; i < HASH_KINDS; i++) {
		json_t *row = study_row(table, hash_kinds[i].name);

		start = thread_ns();
		study_cell_text(row, hostile_make(&keys, &hash_kinds[i], walk_secret,
						  WALK_HOSTILE_KEYS));
		study_cell_real(row, (thread_ns() - start) / keys.count);
		spread(&hash_kinds[i], walk_secret, &keys, &low, &tags, &longest);
		study_cell_count(row, longest);
		if (hash_kinds[i].keyed) {
			spread(&hash_kinds[i], walk_other_secret, &keys, &low, &tags, &longest);
			study_cell_count(row, longest);
		} else {
			study_cell_text(row, "has none");
		}
		keys_free(&keys);
	}
}

void study_hash(struct study *study)
{
	json_t *table;
	u32 set;

	hash_time(study);
	table = study_table(study, "Spread, and look-ups in a table with chains",
			    study->options->walk ? COLUMNS SIMULATED : COLUMNS);
	for (set = 0; set <= KEY_SETS; set++)
		walk_set(study, table, set);
	study_note(study, "low bits, tag bits: variance of a bucket's fill over its mean.");
	study_note(study, "Chance has 1, an even spread less, clusters more.");
	study_note(study, "Misses are simulated: caches of 32 KiB and of 1 MiB.");
	hash_attack(study);
}
