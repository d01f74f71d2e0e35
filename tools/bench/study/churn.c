// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * churn.c - 50,000 writes a second of mixed small values
 *
 * Two sets of maps get the same writes in turn, millisecond by millisecond: one
 * begins empty, the other with room for all that is to come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <linux/khmap.h>

#include "../histogram.h"
#include "map.h"

#define RATE		50000u
#define TICKS		1000u		/* a second */
#define BATCH		(RATE / TICKS)
#define KINDS		3
#define SPANS		12u		/* of the time, each one row */
#define WORD		0x9e3779b1u

/* Values of each third of the writes. */
static const u32 value_sizes[KINDS] = { 4, 16, 64 };

/* Of 100 writes: new keys, other values for old keys; the rest are deletions. */
#define NEW_SHARE	40u
#define REPLACE_SHARE	40u
#define GROWTH_SHARE	(2 * NEW_SHARE + REPLACE_SHARE - 100)

/**
 * struct churn - a set of maps and what they must hold
 * @maps: one for each size of value
 * @first: the oldest key of each; keys are numbers
 * @next: the key that each will get next
 * @random: chooses the writes
 * @latency: of all writes
 * @span: of those of this span
 * @pages: of all maps, at the end of the last span
 * @begun: pages that there were at the beginning
 */
struct churn {
	struct map maps[KINDS];
	u64 first[KINDS];
	u64 next[KINDS];
	struct random random;
	struct histogram latency;
	struct histogram span;
	u64 pages;
	u64 begun;
};

static u64 churn_pages(struct churn *churn)
{
	u64 pages = 0;
	u32 i;

	for (i = 0; i < KINDS; i++)
		pages += map_pages(&churn->maps[i]);
	return pages;
}

static void churn_open(struct churn *churn, u64 reserve)
{
	u32 i;

	churn->random.state = 11;
	for (i = 0; i < KINDS; i++) {
		map_open(&churn->maps[i], 8, value_sizes[i], KHMAP_LOAD_DEFAULT, false);
		if (reserve)
			map_reserve(&churn->maps[i], reserve);
	}
	churn->begun = churn_pages(churn);
	churn->pages = churn->begun;
}

/* The same word all over; its low byte differs from write to write. */
static void value_fill(u32 *value, u32 size, u64 key, u32 version)
{
	u32 i;

	for (i = 0; i < size / 4; i++)
		value[i] = ((u32)key * WORD & ~0xffu) | (version & 0xff);
}

static void churn_write(struct churn *churn)
{
	u32 kind = random_below(&churn->random, KINDS);
	u32 choice = random_below(&churn->random, 100);
	u64 live = churn->next[kind] - churn->first[kind], key, ticks;
	u32 value[16];
	int err = 0;

	if (choice < NEW_SHARE || !live)
		key = churn->next[kind]++;
	else if (choice < NEW_SHARE + REPLACE_SHARE)
		key = churn->first[kind] + random_below(&churn->random, (u32)live);
	else
		key = churn->first[kind]++;
	value_fill(value, value_sizes[kind], key, choice);
	ticks = clock_ticks();
	if (key >= churn->first[kind])
		map_put(&churn->maps[kind], &key, value);
	else
		err = khmap_table_delete(churn->maps[kind].table, &key, NULL, NULL);
	ticks = clock_ticks() - ticks;
	if (err)
		study_wrong("key %llu of a map of %u-byte values is gone",
			    (unsigned long long)key, value_sizes[kind]);
	histogram_add(&churn->span, ticks);
}

static void churn_check_one(struct churn *churn, u32 kind)
{
	u32 want[16], value[16] = { 0 }, size = value_sizes[kind];
	struct map *map = &churn->maps[kind];
	u64 key;

	if (map_entries(map) != churn->next[kind] - churn->first[kind])
		study_wrong("a map of %u-byte values has %llu entries, not %llu", size,
			    (unsigned long long)map_entries(map),
			    (unsigned long long)(churn->next[kind] - churn->first[kind]));
	for (key = 0; key < churn->next[kind]; key++) {
		bool live = key >= churn->first[kind], found = map_get(map, &key, value);

		value_fill(want, size, key, value[0]);
		if (found != live || (found && memcmp(want, value, size)))
			study_wrong("key %llu of a map of %u-byte values has another value than was put",
				    (unsigned long long)key, size);
	}
}

/* Look at every key that there is or was; return how many there are. */
static u64 churn_close(struct churn *churn)
{
	u64 entries = 0;
	u32 i;

	for (i = 0; i < KINDS; i++) {
		churn_check_one(churn, i);
		entries += churn->next[i] - churn->first[i];
		map_close(&churn->maps[i]);
	}
	return entries;
}

static u64 churn_bytes(struct churn *churn)
{
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < KINDS; i++)
		bytes += map_bytes(&churn->maps[i]);
	return bytes;
}

/* Both sets, as many milliseconds; return the seconds that it took. */
static double churn_span(struct churn *churns, u32 ticks)
{
	struct timespec due;
	double start = study_seconds(CLOCK_MONOTONIC);
	u32 tick, i, n;

	clock_gettime(CLOCK_MONOTONIC, &due);
	for (tick = 0; tick < ticks; tick++) {
		for (i = 0; i < 2; i++)
			for (n = 0; n < BATCH; n++)
				churn_write(&churns[(tick + i) & 1]);
		due.tv_nsec += 1000000000 / TICKS;
		if (due.tv_nsec >= 1000000000) {
			due.tv_nsec -= 1000000000;
			due.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
	}
	return study_seconds(CLOCK_MONOTONIC) - start;
}

static void churn_row(struct study *study, json_t *table, const char *title, struct churn *churn,
		      double seconds, double tick_ns)
{
	json_t *row = study_row(table, title);
	u64 bytes = churn_bytes(churn), entries;

	study_cell_real(row, (double)churn->latency.total / seconds);
	study_cell_count(row, churn->begun);
	study_cell_real(row, (double)(churn->pages - churn->begun) / seconds);
	study_cell_real(row, (double)histogram_quantile(&churn->latency, 0.5) * tick_ns / 1e3);
	study_cell_real(row, (double)histogram_quantile(&churn->latency, 0.99) * tick_ns / 1e3);
	study_cell_real(row, (double)histogram_quantile(&churn->latency, 0.999) * tick_ns / 1e3);
	study_cell_real(row, (double)churn->latency.longest * tick_ns / 1e3);
	json_object_set_new(json_object_get(study->root, "latency_ns"), title,
			    histogram_json(&churn->latency, tick_ns));
	entries = churn_close(churn);
	study_cell_count(row, entries);
	study_cell_real(row, (double)bytes / 1048576);
	study_cell_real(row, (double)bytes / (double)entries);
}

void study_churn(struct study *study)
{
	struct churn *churns = study_alloc(2, sizeof(*churns));
	u32 ticks = study->options->churn_seconds * TICKS, span, i;
	double tick_ns = clock_tick_ns(), seconds = 0, spent;
	json_t *table, *spans;
	char label[16];

	study_note(study, "Of 100 writes %u add a key, %u replace a value, the others delete the oldest key.",
		   NEW_SHARE, REPLACE_SHARE);
	study_note(study, "A third each to maps with values of 4, 16 and 64 bytes; keys of 8.");
	churn_open(&churns[0], 0);
	churn_open(&churns[1], (u64)ticks * BATCH * GROWTH_SHARE / 100 / KINDS);
	table = study_table(study, "50,000 writes a second",
			    "|writes/s|pages at first|pages/s|50 % us|99 % us|99.9 % us|longest us|entries|MiB|bytes/entry");
	spans = study_table(study, "Over time",
			    "second|grew: pages/s|reserved: pages/s|grew: 99.9 % us|reserved: 99.9 % us|grew: longest us|reserved: longest us");
	for (span = 0; span < SPANS; span++) {
		json_t *row;
		u64 pages[2];

		spent = churn_span(churns, ticks / SPANS);
		seconds += spent;
		snprintf(label, sizeof(label), "%.0f", seconds);
		row = study_row(spans, label);
		for (i = 0; i < 2; i++) {
			pages[i] = churn_pages(&churns[i]);
			study_cell_real(row, (double)(pages[i] - churns[i].pages) / spent);
			churns[i].pages = pages[i];
		}
		for (i = 0; i < 2; i++)
			study_cell_real(row, (double)histogram_quantile(&churns[i].span, 0.999) *
					     tick_ns / 1e3);
		for (i = 0; i < 2; i++) {
			study_cell_real(row, (double)churns[i].span.longest * tick_ns / 1e3);
			histogram_merge(&churns[i].latency, &churns[i].span);
			memset(&churns[i].span, 0, sizeof(churns[i].span));
		}
	}
	study_chart(study, "pages allocated under churn, by second", "pages a second", "1,2", "lines");
	study_chart(study, "writes under churn, by second", "us", "3,4,5,6", "loglines");
	json_object_set_new(study->root, "latency_ns", json_object());
	churn_row(study, table, "grew", &churns[0], seconds, tick_ns);
	churn_row(study, table, "reserved", &churns[1], seconds, tick_ns);
	free(churns);
}
