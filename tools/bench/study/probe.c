// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * probe.c - where a key that finds its slot taken goes
 *
 * Open addressing by several sequences of probes, against khmap's buckets with
 * overflow; the same keys, hash and size of slots.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../../kmod/core/bucket.h"
#include "map.h"
#include "walk.h"

#define PROBE_SLOTS	(1u << 20)
#define PROBE_PRIME	1048573u	/* the largest below it */
#define SMALL_SLOTS	64u
#define SMALL_PRIME	61u
#define SMALL_TABLES	1000u
#define LOOKUPS		(1u << 20)
#define STRATEGIES	5

/* Keys that are stored are odd, those that are missed even; none is 0. */
struct slot {
	u64 key;
	u64 value;
};

struct slots {
	struct slot *slot;
	u32 count;
};

struct probe {
	u64 mean;
	u64 lines;
	u32 longest;
};

enum sequence {
	LINEAR,
	TRIANGULAR,
	SQUARES,
	SQUARES_PRIME,
	DOUBLE,
};

static const char * const titles[STRATEGIES] = {
	"linear", "quadratic, triangular", "quadratic, i*i, power of 2", "quadratic, i*i, prime",
	"double hashing",
};

static u64 probe_hash(u64 key)
{
	return khmap_hash_fold(walk_secret, &key, 8);
}

/* The slot of probe @i. */
static inline __attribute__((always_inline)) u32
probe_at(enum sequence sequence, u32 count, u64 hash, u32 i)
{
	u32 low = (u32)hash, mask = count - 1;

	switch (sequence) {
	case LINEAR:
		return (low + i) & mask;
	case TRIANGULAR:
		return (low + (u32)((u64)i * (i + 1) / 2)) & mask;
	case SQUARES:
		return (low + i * i) & mask;
	case SQUARES_PRIME:
		return (u32)((low + (u64)i * i) % count);
	case DOUBLE:
		break;
	}
	return (low + i * ((u32)(hash >> 32) | 1)) & mask;
}

/* Return the slot that has the key, or is free for it; NULL if none is reached. */
static inline __attribute__((always_inline)) struct slot *
probe_find(enum sequence sequence, const struct slots *slots, u64 key, struct probe *probe)
{
	u64 hash = probe_hash(key);
	u32 i, at, line, last_line = ~0u;

	for (i = 0; i < slots->count; i++) {
		at = probe_at(sequence, slots->count, hash, i);
		if (probe) {
			line = at / (64 / sizeof(struct slot));
			probe->mean++;
			probe->lines += line != last_line;
			last_line = line;
		}
		if (slots->slot[at].key == key || !slots->slot[at].key) {
			if (probe && i + 1 > probe->longest)
				probe->longest = i + 1;
			return &slots->slot[at];
		}
	}
	return NULL;
}

/* Sum of values; and what it took, if @probe. */
#define PROBE_LOOP(name, sequence)							\
static __attribute__((noinline)) u64							\
find_##name(const struct slots *slots, const u64 *keys, u32 count, struct probe *probe)	\
{											\
	u64 sum = 0;									\
	u32 i;										\
											\
	for (i = 0; probe && i < count; i++)						\
		sum += probe_find(sequence, slots, keys[i], probe)->value;		\
	for (i = 0; !probe && i < count; i++)						\
		sum += probe_find(sequence, slots, keys[i], NULL)->value;		\
	return sum;									\
}

PROBE_LOOP(linear, LINEAR)
PROBE_LOOP(triangular, TRIANGULAR)
PROBE_LOOP(squares, SQUARES)
PROBE_LOOP(squares_prime, SQUARES_PRIME)
PROBE_LOOP(double, DOUBLE)

static u64 (* const finds[STRATEGIES])(const struct slots *slots, const u64 *keys, u32 count,
				       struct probe *probe) = {
	find_linear, find_triangular, find_squares, find_squares_prime, find_double,
};

static bool slots_put(enum sequence sequence, struct slots *slots, u64 key)
{
	struct slot *slot = probe_find(sequence, slots, key, NULL);

	if (!slot)
		return false;
	*slot = (struct slot){ key, key * 3 };
	return true;
}

/* khmap's: buckets in the place of probes, and the lines that decide. */
static u64 find_buckets(struct map *map, const u64 *keys, u32 count, struct probe *probe)
{
	const struct khmap_table *table = map->table;
	u32 shape = table->header->shape, i;
	u64 sum = 0;

	for (i = 0; i < count; i++) {
		u64 hash = probe_hash(keys[i]), lines;
		u32 place = khmap_shape_place(shape, hash);
		struct khmap_bucket bucket = khmap_bucket_at(table, place);
		bool more = bucket.head->tags[bucket.tags_size - 1] & khmap_class_bit(hash);
		u32 steps = 0, slot;

		for (;; more = true) {
			bool found = false;

			steps++;
			lines = 1;
			for (slot = 0; slot < bucket.slots && !found; slot++) {
				const u64 *at = khmap_bucket_slot(table, &bucket, slot);

				if (bucket.head->tags[slot] != khmap_tophash(hash))
					continue;
				lines |= 1ull << ((uintptr_t)at - (uintptr_t)bucket.head) / 64;
				found = at[0] == keys[i];
				if (found)
					sum += at[1];
			}
			probe->lines += (u64)__builtin_popcountll(lines);
			if (found || !more || !bucket.head->overflow)
				break;
			bucket = khmap_bucket_overflow(table, bucket.head->overflow);
		}
		probe->mean += steps;
		if (steps > probe->longest)
			probe->longest = steps;
	}
	return sum;
}

static __attribute__((noinline)) u64 find_reader(struct map *map, const u64 *keys, u32 count)
{
	u64 sum = 0, value;
	u32 i;

	for (i = 0; i < count; i++)
		if (map_get(map, &keys[i], &value))
			sum += value;
	return sum;
}

/* What is looked up in all tables of one load. */
struct questions {
	u32 entries;
	u64 *keys;
	u64 *hits;
	u64 *misses;
	u64 sum;
};

static void questions_make(struct questions *q, u32 load)
{
	struct random random = { load };
	u32 i;

	*q = (struct questions){
		.entries = PROBE_SLOTS / 100 * load,
		.keys = study_alloc(PROBE_SLOTS, 8),
		.hits = study_alloc(LOOKUPS, 8),
		.misses = study_alloc(LOOKUPS, 8),
	};
	for (i = 0; i < q->entries; i++)
		q->keys[i] = random_next(&random) | 1;
	for (i = 0; i < LOOKUPS; i++) {
		q->hits[i] = q->keys[random_below(&random, q->entries)];
		q->misses[i] = (random_next(&random) & ~1ull) + 2;
		q->sum += q->hits[i] * 3;
	}
}

static void questions_free(struct questions *q)
{
	free(q->keys);
	free(q->hits);
	free(q->misses);
}

static void probe_check(const char *title, u64 hits, u64 misses, const struct questions *q)
{
	if (hits != q->sum || misses)
		study_wrong("%s finds other values than were stored, or values of no key", title);
}

static void probe_row(json_t *row, u32 load, const struct probe *hit, const struct probe *miss)
{
	study_cell_real(row, load / 100.0);
	study_cell_real(row, (double)hit->mean / LOOKUPS);
	study_cell_count(row, hit->longest);
	study_cell_real(row, (double)miss->mean / LOOKUPS);
	study_cell_count(row, miss->longest);
	study_cell_real(row, (double)hit->lines / LOOKUPS);
	study_cell_real(row, (double)miss->lines / LOOKUPS);
}

struct probe_cells {
	json_t *hit;
	json_t *miss;
};

static struct probe_cells probe_cells_make(json_t *row, double bytes)
{
	struct probe_cells cells = {
		.hit = study_cell_samples(row),
		.miss = study_cell_samples(row),
	};

	study_cell_real(row, bytes);
	return cells;
}

static void slots_build(enum sequence sequence, struct slots *slots, const struct questions *q)
{
	u32 i;

	slots->count = sequence == SQUARES_PRIME ? PROBE_PRIME : PROBE_SLOTS;
	slots->slot = study_alloc(PROBE_SLOTS, sizeof(struct slot));
	for (i = 0; i < q->entries; i++)
		if (!slots_put(sequence, slots, q->keys[i]))
			study_wrong("%s has no slot for a key at load %u in %u", titles[sequence],
				    q->entries, slots->count);
}

static void probe_load(struct study *study, json_t *table, u32 load)
{
	struct probe_cells cells[STRATEGIES + 1];
	struct slots slots[STRATEGIES];
	struct questions q;
	struct map map;
	json_t *row;
	double start;
	u64 hits, misses;
	u32 i;
	int round;

	questions_make(&q, load);
	for (i = 0; i < STRATEGIES; i++) {
		struct probe hit = { 0 }, miss = { 0 };

		slots_build(i, &slots[i], &q);
		hits = finds[i](&slots[i], q.hits, LOOKUPS, &hit);
		probe_check(titles[i], hits, finds[i](&slots[i], q.misses, LOOKUPS, &miss), &q);
		row = study_row(table, titles[i]);
		probe_row(row, load, &hit, &miss);
		cells[i] = probe_cells_make(row, (double)slots[i].count * sizeof(struct slot) /
						 q.entries);
	}
	map_open(&map, 8, 8, load, true);
	for (i = 0; i < q.entries; i++) {
		u64 value = q.keys[i] * 3;

		map_put(&map, &q.keys[i], &value);
	}
	row = study_row(table, "khmap's buckets");
	{
		struct probe hit = { 0 }, miss = { 0 };

		hits = find_buckets(&map, q.hits, LOOKUPS, &hit);
		probe_check("the walk of buckets", hits,
			    find_buckets(&map, q.misses, LOOKUPS, &miss), &q);
		probe_row(row, load, &hit, &miss);
	}
	cells[STRATEGIES] = probe_cells_make(row, (double)map_bytes(&map) / q.entries);

	for (round = 0; round < study->options->rounds; round++)
		for (i = 0; i <= STRATEGIES; i++) {
			start = thread_ns();
			hits = i < STRATEGIES ? finds[i](&slots[i], q.hits, LOOKUPS, NULL) :
			       find_reader(&map, q.hits, LOOKUPS);
			study_sample(cells[i].hit, (thread_ns() - start) / LOOKUPS);
			start = thread_ns();
			misses = i < STRATEGIES ? finds[i](&slots[i], q.misses, LOOKUPS, NULL) :
				 find_reader(&map, q.misses, LOOKUPS);
			study_sample(cells[i].miss, (thread_ns() - start) / LOOKUPS);
			probe_check(i < STRATEGIES ? titles[i] : "khmap's reader", hits, misses,
				    &q);
		}
	map_close(&map);
	for (i = 0; i < STRATEGIES; i++)
		free(slots[i].slot);
	questions_free(&q);
}

/* How many slots a key can reach, and how full small tables become by it. */
static void probe_reach(struct study *study)
{
	json_t *table = study_table(study, "Slots that a key's probes reach",
				    "|slots|reached, %|64 slots filled, %");
	bool *seen = study_alloc(PROBE_SLOTS, sizeof(*seen));
	struct slot small[SMALL_SLOTS];
	u32 sequence, i, at, tables;

	for (sequence = 0; sequence < STRATEGIES; sequence++) {
		u32 count = sequence == SQUARES_PRIME ? PROBE_PRIME : PROBE_SLOTS, reached = 0;
		struct slots slots = { small, sequence == SQUARES_PRIME ? SMALL_PRIME :
				       SMALL_SLOTS };
		struct random random = { 5 };
		u64 filled = 0;
		json_t *row;

		memset(seen, 0, PROBE_SLOTS * sizeof(*seen));
		for (i = 0; i < count; i++) {
			at = probe_at(sequence, count, 0x123456789abcdef0ull, i);
			reached += !seen[at];
			seen[at] = true;
		}
		for (tables = 0; tables < SMALL_TABLES; tables++) {
			memset(small, 0, sizeof(small));
			for (i = 0; i < slots.count; i++)
				if (!slots_put(sequence, &slots, random_next(&random) | 1))
					break;
			filled += i;
		}
		row = study_row(table, titles[sequence]);
		study_cell_count(row, count);
		study_cell_real(row, 100.0 * reached / count);
		study_cell_real(row, 100.0 * (double)filled / SMALL_TABLES / slots.count);
	}
	free(seen);
}

void study_probe(struct study *study)
{
	json_t *table = study_table(study, "Probes and cache lines of a look-up",
				    "|load|hit|longest|miss|longest|hit lines|miss lines|hit ns|miss ns|bytes/entry");

	study_note(study, "A probe is a slot, of khmap a bucket; 16 bytes a slot. Lines are those that decide:");
	study_note(study, "khmap's reader asks for both lines of a bucket at once.");
	probe_load(study, table, 75);
	probe_load(study, table, 90);
	study_chart(study, "cache lines of a look-up, at load .75 and .90", "lines", "6,7", "bars");
	study_chart(study, "mean probes of a look-up, at load .75 and .90", "probes", "2,4",
		    "logbars");
	probe_reach(study);
}
