/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * waits.h - what made operations wait, in memory
 */
#ifndef PROF_WAITS_H
#define PROF_WAITS_H

#include <stdio.h>
#include <jansson.h>
#include "prof.h"
#include "bpf/wait.h"
#include "source/names.h"
#include "source/overhead.h"

/**
 * struct prof_waits_row - a kind of waiting in a map
 * @key: the map and the kind
 * @row: how often, how long, how distributed
 */
struct prof_waits_row {
	struct prof_wait_key key;
	struct prof_wait_row row;
};

/**
 * struct prof_waits_sum - the part of a place, or of a slot of time
 * @key: with the place, or the slot
 * @sum: how often, how long
 */
struct prof_waits_sum {
	struct prof_wait_key key;
	struct prof_wait_sum sum;
};

/**
 * struct prof_waits - what was watched
 * @names: of maps
 * @slot_ns: length of a slot of time
 * @duration_ns: of all
 * @totals: sums over all CPUs
 * @overhead: what that cost
 * @rows: by map and kind, the longest sum first
 * @row_count: of @rows
 * @places: by map, kind, and the longest sum first
 * @place_count: of @places
 * @slots: by map, kind and time
 * @slot_count: of @slots
 */
struct prof_waits {
	struct prof_names names;
	uint64_t slot_ns;
	uint64_t duration_ns;
	struct prof_wait_totals totals;
	struct prof_overhead overhead;
	struct prof_waits_row *rows;
	size_t row_count;
	struct prof_waits_sum *places;
	size_t place_count;
	struct prof_waits_sum *slots;
	size_t slot_count;
};

/**
 * struct prof_waits_fds - descriptors of the maps of wait.bpf.c
 * @totals: "wait_totals"
 * @rows: "wait_rows"
 * @places: "wait_places"
 * @slots: "wait_slots"
 */
struct prof_waits_fds {
	int totals;
	int rows;
	int places;
	int slots;
};

/**
 * prof_waits_read() - copy what the program counted
 * @waits: rows, places, slots and totals are filled; for prof_waits_free(), on
 *	failure too
 * @fds: of the program
 *
 * Return: 0 or -errno.
 */
int prof_waits_read(struct prof_waits *waits, const struct prof_waits_fds *fds);

/* Free what prof_waits_read() allocated, and the names. */
void prof_waits_free(struct prof_waits *waits);

/* A kind in one word, as the tracepoint has it. */
const char *prof_wait_name(uint32_t kind);

/**
 * prof_waits_advice() - what would make waits fewer
 * @waits: what was watched
 * @row: of it
 * @text: filled: a sentence or two; empty if there is no advice
 * @size: of @text; 512 are enough
 *
 * Return: whether there is advice: of waits for stripes, if they are long.
 */
bool prof_waits_advice(const struct prof_waits *waits, const struct prof_waits_row *row,
		       char *text, size_t size);

/* prof_waits_print() - tables and histograms; 0 or -errno. */
int prof_waits_print(const struct prof_waits *waits, FILE *out);

/* prof_waits_json() - the same for programs; NULL if there is no memory. */
json_t *prof_waits_json(const struct prof_waits *waits);

#endif /* PROF_WAITS_H */
