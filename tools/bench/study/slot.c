// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * slot.c - slots of a record's own size, or of the next size class
 *
 * An allocator for all sizes rounds each up to one of its classes.  A map whose
 * records all have one size need not: the engine is given records as they are,
 * and records that were rounded up before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <linux/khmap.h>

#include "map.h"

#define KEY_SIZE	8u
#define PAYLOAD		(8u << 20)	/* bytes of keys and values in a map */
#define ENTRIES_MAX	100000u
#define LOOKUPS		100000u
#define VALUE_MAX	4088u
#define STRIDES		3

/* runtime/sizeclasses.go of Go 1.22, of 67 classes those up to a page. */
static const u16 go_classes[] = {
	8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320,
	352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792,
	2048, 2304, 2688, 3072, 3200, 3456, 4096,
};

/* 32 in all: from 32 bytes on, four to each doubling. */
static const u16 few_classes[] = {
	8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512,
	640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096,
};

static const u16 value_sizes[] = { 4, 12, 20, 36, 60, 92, 140, 220, 332, 500, 700, 1016 };

#define SIZES	(sizeof(value_sizes) / sizeof(value_sizes[0]))

static u32 class_of(const u16 *classes, u32 size)
{
	while (*classes < size)
		classes++;
	return *classes;
}

/* The size that a record takes in one of the ways. */
static u32 stride_of(u32 way, u32 size)
{
	return way == 0 ? size : class_of(way == 1 ? go_classes : few_classes, size);
}

static const char * const ways[STRIDES] = { "exact", "67 classes", "32 classes" };

/* Mean waste over all sizes that a record with such a key can have. */
static void slot_classes(struct study *study)
{
	json_t *table = study_table(study, "Waste of a slot, over all records of 9 to N bytes, %",
				    "|N = 64|N = 256|N = 1024|most");
	static const u32 ends[] = { 64, 256, 1024 };
	u32 way, i, size;

	for (way = 0; way < STRIDES; way++) {
		json_t *row = study_row(table, ways[way]);
		double most = 0;

		for (i = 0; i < 3; i++) {
			double sum = 0;

			for (size = KEY_SIZE + 1; size <= ends[i]; size++) {
				double waste = 100.0 * (stride_of(way, size) - size) / size;

				sum += waste;
				if (waste > most)
					most = waste;
			}
			study_cell_real(row, sum / (ends[i] - KEY_SIZE));
		}
		study_cell_real(row, most);
	}
}

/**
 * struct slot_map - records of one size, stored in one way
 * @map: the map
 * @value: bytes that belong to the record
 * @padded: bytes that the map's values have
 * @entries: in it
 */
struct slot_map {
	struct map map;
	u32 value;
	u32 padded;
	u32 entries;
};

static void value_fill(unsigned char *value, u32 size, u64 key)
{
	u32 i;

	for (i = 0; i < size; i++)
		value[i] = (unsigned char)(key >> (i & 7) * 8) ^ (unsigned char)i;
}

static void slot_build(struct slot_map *slots, u32 way, u32 value)
{
	u32 record = KEY_SIZE + value;
	unsigned char bytes[VALUE_MAX];
	struct random random = { value };
	u64 key;
	u32 i;

	slots->value = value;
	slots->padded = stride_of(way, record) - KEY_SIZE;
	slots->entries = PAYLOAD / record < ENTRIES_MAX ? PAYLOAD / record : ENTRIES_MAX;
	map_open(&slots->map, KEY_SIZE, slots->padded, KHMAP_LOAD_DEFAULT, true);
	map_reserve(&slots->map, slots->entries);
	memset(bytes, 0, sizeof(bytes));
	for (i = 0; i < slots->entries; i++) {
		key = random_next(&random);
		value_fill(bytes, value, key);
		map_put(&slots->map, &key, bytes);
	}
}

/* Read records in random order; return MB of them, without padding, a second. */
static double slot_read(struct slot_map *slots, const u64 *keys, u64 want)
{
	unsigned char bytes[VALUE_MAX];
	double start = thread_ns();
	u64 sum = 0;
	u32 i;

	for (i = 0; i < LOOKUPS; i++) {
		if (!map_get(&slots->map, &keys[i], bytes))
			study_wrong("a map of %u-byte values has lost a key", slots->padded);
		sum += bytes[0] + bytes[slots->value - 1];
	}
	start = thread_ns() - start;
	if (sum != want)
		study_wrong("a map of %u-byte values has other bytes than were put",
			    slots->padded);
	return (double)LOOKUPS * (KEY_SIZE + slots->value) / start * 1e3;
}

/* The keys that are read, and the sum of what is found. */
static u64 slot_keys(u64 *keys, u32 value, u32 entries)
{
	struct random random = { value }, choice = { 7 };
	u64 *all = study_alloc(entries, 8), sum = 0;
	unsigned char bytes[VALUE_MAX];
	u32 i;

	for (i = 0; i < entries; i++)
		all[i] = random_next(&random);
	for (i = 0; i < LOOKUPS; i++) {
		keys[i] = all[random_below(&choice, entries)];
		value_fill(bytes, value, keys[i]);
		sum += bytes[0] + bytes[value - 1];
	}
	free(all);
	return sum;
}

static void slot_size(const struct study *study, json_t *table, u32 value, u64 *keys)
{
	struct slot_map *slots = study_alloc(STRIDES, sizeof(*slots));
	json_t *cells[STRIDES], *row;
	char label[32];
	u64 want;
	u32 way;
	int round;

	snprintf(label, sizeof(label), "%u", KEY_SIZE + value);
	row = study_row(table, label);
	for (way = 0; way < STRIDES; way++) {
		slot_build(&slots[way], way, value);
		study_cell_count(row, slots[way].padded + KEY_SIZE);
	}
	for (way = 0; way < STRIDES; way++)
		study_cell_real(row, (double)map_bytes(&slots[way].map) / slots[way].entries);
	for (way = 0; way < STRIDES; way++)
		cells[way] = study_cell_samples(row);
	want = slot_keys(keys, value, slots[0].entries);
	for (round = -1; round < study->options->rounds; round++)
		for (way = 0; way < STRIDES; way++) {
			double rate = slot_read(&slots[way], keys, want);

			/* The first warms up. */
			if (round >= 0)
				study_sample(cells[way], rate);
		}
	for (way = 0; way < STRIDES; way++)
		map_close(&slots[way].map);
	free(slots);
}

void study_slot(struct study *study)
{
	u64 *keys = study_alloc(LOOKUPS, sizeof(*keys));
	json_t *table;
	u32 i;

	study_note(study, "Sizes are of key and value, the key has %u bytes. MB/s are of them, not of padding.",
		   KEY_SIZE);
	slot_classes(study);
	table = study_table(study, "Maps of records that are exact, or rounded up to 67 or 32 classes",
			    "record|exact|67|32|bytes/entry|67|32|MB/s|67|32");
	for (i = 0; i < SIZES; i++)
		slot_size(study, table, value_sizes[i], keys);
	study_chart(study, "bytes an entry, by record size: exact, 67 and 32 classes", "bytes",
		    "4,5,6", "loglines");
	study_chart(study, "reading records at random, by record size", "MB/s", "7,8,9", "lines");
	free(keys);
}
