/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * bench.h - what the parts of the guest's benchmark share
 *
 * Subjects of a group take turns within a round; a sample of each round is kept.
 */
#ifndef KHMAP_BENCH_GUEST_H
#define KHMAP_BENCH_GUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <khmap/khmap.h>

/**
 * struct bench_options - of the command line
 * @rounds: of each group
 * @entries: that batches put, a power of two
 * @lookups: of a round, where one is no system call; a tenth where it is one
 * @batch: operations of a batch
 */
struct bench_options {
	uint32_t rounds;
	uint32_t entries;
	uint32_t lookups;
	uint32_t batch;
};

/**
 * struct bench_subject - one that is measured
 * @name: for the tables
 * @role: "khmap", "peer" or "other"
 * @run: one round of it; returns its sample
 * @which: for @run, of several subjects that share it
 */
struct bench_subject {
	const char *name;
	const char *role;
	double (*run)(void *context, uint32_t which);
	uint32_t which;
};

/**
 * struct bench_compare - which subject is how many times as fast as which
 * @of: index of a subject
 * @to: index of a subject
 * @goal: at least so many; 0 for none
 */
struct bench_compare {
	uint32_t of;
	uint32_t to;
	double goal;
};

/**
 * bench_group() - measure subjects in turn
 * @groups: of the file; the group is added
 * @title: of the group
 * @unit: of a sample; that more is better is said by "/s" at its end
 * @subjects: ended by one without a name
 * @compares: ended by one with equal indexes
 * @rounds: that count, after one that does not
 * @context: for the subjects
 */
void bench_group(json_t *groups, const char *title, const char *unit,
		 const struct bench_subject *subjects, const struct bench_compare *compares,
		 uint32_t rounds, void *context);

/* The clock on the wall, in nanoseconds. */
double bench_now(void);

/* End the program, saying what went wrong; @err is a negative errno or 0. */
void __attribute__((noreturn, format(printf, 2, 3))) bench_die(int err, const char *format, ...);

/* Room for @count items that is there; ends the program if there is none. */
void *bench_alloc(size_t count, size_t size);

/* Keep the calling thread on one processor. */
void bench_pin(uint32_t cpu);

/*
 * The key of an index.  Odd multiples of it are all different, so one can be
 * found again without a table; what it looks like, a keyed hash does not care.
 */
static inline uint64_t bench_key(uint64_t index)
{
	return index * 0x9e3779b97f4a7c15ull;
}

/*
 * A walk through all indexes below a power of two that begins again at the end;
 * bpf/lookup.bpf.c takes the same.
 */
static inline uint32_t bench_next(uint32_t index, uint32_t entries)
{
	return (index * 1664525u + 1013904223u) & (entries - 1);
}

/**
 * struct bench_records - what is put
 * @keys: of the indexes in their order
 * @values: each its index
 * @count: of them
 */
struct bench_records {
	uint64_t *keys;
	uint64_t *values;
	uint32_t count;
};

/* Records of the indexes below @count, owned by the caller. */
struct bench_records bench_records_make(uint32_t count);
void bench_records_free(struct bench_records *records);

/* A map without a name that is made for so many entries; closed by the caller. */
struct khmap *bench_map_create(uint32_t expected);

/* Put all records by batches of so many; ends the program if one does not go in. */
void bench_map_fill(struct khmap *map, const struct bench_records *records, uint32_t batch);

/* BPF's hash with room for so many, all of it there from the beginning. */
int bench_bpf_create(uint32_t entries);
void bench_bpf_fill(int fd, const struct bench_records *records, uint32_t batch);

/* The parts. */
void bench_get(json_t *groups, const struct bench_options *options);
void bench_put(json_t *groups, const struct bench_options *options);
void bench_put_engine(json_t *groups, const struct bench_options *options);
void bench_uring(json_t *groups, const struct bench_options *options);
void bench_program(json_t *groups, const struct bench_options *options);
void bench_threads(json_t *groups, const struct bench_options *options);

#endif /* KHMAP_BENCH_GUEST_H */
