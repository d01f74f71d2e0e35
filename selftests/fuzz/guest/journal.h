/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * journal.h - a map, and what must be in it
 */
#ifndef _FUZZ_JOURNAL_H
#define _FUZZ_JOURNAL_H

#include "fuzz.h"

#define JOURNAL_KEYS	600
#define JOURNAL_KEY	24	/* bytes of the longest key */
#define JOURNAL_VALUE	64	/* and value */
#define JOURNAL_SHOTS	2
#define JOURNAL_BATCH	48

/* What a map holds. */
struct journal_contents {
	bool there[JOURNAL_KEYS];
	uint8_t value[JOURNAL_KEYS][JOURNAL_VALUE];
	uint32_t count;
};

/**
 * struct journal - a map, and what must be in it
 * @thread: for calls that are made beside, which change nothing
 * @fd: of the map
 * @key_size: of it
 * @value_size: of it
 * @max_entries: of it; 0 for none
 * @now: what is in it
 * @shot: snapshots, and what is in them; @fd is -1 if there is none
 * @wrong: what was not as it must be, in words; empty if all was
 * @step: what is being done, in words
 */
struct journal {
	struct fuzz_thread *thread;
	int fd;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	struct journal_contents now;
	struct {
		int fd;
		struct journal_contents then;
	} shot[JOURNAL_SHOTS];
	char wrong[256];
	char step[160];
};

/* journal_step.c: one step, which its seed tells; false if something was wrong. */
bool journal_step(struct journal *journal, uint64_t seed);

/* journal_batch.c: many operations in one call. */
void journal_arrays(struct journal *journal, struct rng *rng);
void journal_ops(struct journal *journal, struct rng *rng);

/* journal_map.c: what there is to compare. */
bool journal_open(struct journal *journal, uint64_t seed);
void journal_close(struct journal *journal);
void journal_key(const struct journal *journal, uint32_t key, uint8_t *bytes);
void journal_compare(struct journal *journal, int fd, const struct journal_contents *contents);
void journal_verify(struct journal *journal, int fd);
void journal_store(struct journal *journal, uint32_t key, const uint8_t *value);
void journal_delete(struct journal *journal, uint32_t key);
/* What a put answers, and false if it does not store. */
bool journal_put_answer(const struct journal *journal, uint32_t key, uint32_t flags,
			long *answer);
/* Was it what had to come?  Memory may be refused wherever something is stored. */
bool journal_expect(struct journal *journal, long got, long expected);
__attribute__((format(printf, 2, 3)))
void journal_wrong(struct journal *journal, const char *format, ...);
__attribute__((format(printf, 2, 3)))
void journal_says(struct journal *journal, const char *format, ...);

#endif /* _FUZZ_JOURNAL_H */
