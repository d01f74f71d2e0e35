/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * soak.h - a map that is used without mercy, and a journal of it beside it
 *
 * Each writer has keys of his own.  Of each key the journal, in memory that no
 * process loses, has what was last begun and what was last acknowledged:
 *
 *	begun = sequence		before the call
 *	acked = sequence, present?	after it succeeded
 *
 * A reader who loads acked before and begun after his look-up knows what he may
 * find: sequences from the one to the other, and if they are equal, that state.
 * Of a writer who was killed, operations that were begun and not acknowledged
 * are done or not, each as a whole and in their order; then the map says which.
 */
#ifndef _SOAK_H
#define _SOAK_H

#include <stdatomic.h>
#include "../guest/khmap_test.h"

#define SOAK_NAME	"soak"
#define SOAK_WRITERS	4
#define SOAK_READERS	2
#define SOAK_SHOOTERS	2	/* take snapshots */
#define SOAK_PROCESSES	(SOAK_WRITERS + SOAK_READERS + SOAK_SHOOTERS + 1)
#define SOAK_KEYS	8192u	/* of a writer */
#define SOAK_BATCH	32u
#define SOAK_VALUE_MAX	200u
#define SOAK_CGROUP	"/sys/fs/cgroup/khmap-soak"
#define SOAK_HOG_CGROUP	"/sys/fs/cgroup/khmap-soak-hog"

#define SOAK_PRESENT	(1ull << 63)
#define SOAK_SEQUENCE	(SOAK_PRESENT - 1)

/**
 * struct soak_counts - what was done, by all processes
 * @operations: stores that were acknowledged
 * @refused: stores that were refused for want of memory
 * @lookups: look-ups in the mapping, each compared with the journal
 * @exact: of these, those whose key nobody was changing
 * @snapshots: that were taken
 * @files: snapshots written to a file, read back and made a map of
 * @lost: keys that a best-effort snapshot said it had lost
 * @wrong: answers that were not right
 */
struct soak_counts {
	atomic_ullong operations;
	atomic_ullong refused;
	atomic_ullong lookups;
	atomic_ullong exact;
	atomic_ullong snapshots;
	atomic_ullong files;
	atomic_ullong lost;
	atomic_ullong wrong;
};

/**
 * struct soak_writer - of a writer, what outlives him
 * @begun: of each key, the last operation's sequence
 * @acked: of each key, the sequence of the last that was acknowledged, and
 *	SOAK_PRESENT if the key is there since
 * @flight: keys of the operations that were begun and not yet acknowledged, in order
 * @sequence: of each of these operations
 * @flight_count: of them
 * @deletes: bit i: operation i of @flight deletes its key
 * @atomic: they are one atomic batch: all of them are done, or none is
 */
struct soak_writer {
	atomic_ullong begun[SOAK_KEYS];
	atomic_ullong acked[SOAK_KEYS];
	uint32_t flight[SOAK_BATCH];
	uint64_t sequence[SOAK_BATCH];
	atomic_uint flight_count;
	uint64_t deletes;
	bool atomic;
};

/**
 * struct soak - all of it, in memory that the processes share
 * @stop: they are to end
 * @value_size: of the map of this round
 * @counts: of all rounds
 * @writer: the journal
 */
struct soak {
	atomic_int stop;
	uint32_t value_size;
	struct soak_counts counts;
	struct soak_writer writer[SOAK_WRITERS];
};

/* A small random generator, splitmix64 (Steele, Lea, Flood, 2014). */
static inline uint64_t soak_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static inline uint64_t soak_below(uint64_t *state, uint64_t limit)
{
	return soak_random(state) % limit;
}

static inline uint64_t soak_key(uint32_t writer, uint32_t index)
{
	return (uint64_t)writer << 32 | index;
}

/* The value that operation @sequence gives a key: each byte tells a torn one. */
static inline void soak_value(void *value, uint32_t size, uint64_t key, uint64_t sequence)
{
	uint64_t state = key * 0x100000001b3ull ^ sequence, word;
	uint32_t at;

	memcpy(value, &sequence, sizeof(sequence));
	for (at = sizeof(sequence); at < size; at += sizeof(word)) {
		word = soak_random(&state);
		memcpy((char *)value + at, &word, sizeof(word));
	}
}

/* Something is wrong: say what, and count it.  Returns 1. */
int soak_wrong(struct soak *soak, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * soak_state_is() - is what was found one of the states that a key may have?
 * @soak: the journal
 * @writer: whose key
 * @index: which
 * @acked: loaded before the look-up
 * @begun: loaded after it
 * @err: of the look-up, 0 or -ENOENT
 * @value: what it found
 *
 * Return: whether it is.
 */
bool soak_state_is(const struct soak *soak, uint32_t writer, uint32_t index, uint64_t acked,
		   uint64_t begun, int err, const void *value);

/* Processes; they return when @soak->stop is set, or never. */
void soak_write(struct soak *soak, uint32_t writer, uint64_t seed);
void soak_read(struct soak *soak, uint64_t seed);
void soak_shoot(struct soak *soak, uint64_t seed);
void soak_tidy(struct soak *soak, uint64_t seed);

/**
 * soak_settle() - bring the journal of a writer who has ended up to date
 * @soak: the journal
 * @fd: the map
 * @writer: who
 * @done: counts operations in flight that were done
 * @undone: counts those that were not
 */
void soak_settle(struct soak *soak, int fd, uint32_t writer, uint64_t *done, uint64_t *undone);

/* The map against the whole journal, by GET and by an iteration over the mapping. */
void soak_compare(struct soak *soak, int fd);

/* A snapshot goes to a file, and back into a map: the same digest everywhere. */
int soak_round_trip(struct soak *soak, int shot, const char *path);

/**
 * soak_memory() - what the kernel has in use, in KiB
 *
 * Of what modules allocate: slab that cannot be reclaimed, vmalloc, per-cpu, and all
 * that is not available.  Caches are dropped before.
 */
struct soak_memory {
	long unavailable;
	long slab;
	long vmalloc;
	long percpu;
};

struct soak_memory soak_memory(void);

#endif /* _SOAK_H */
