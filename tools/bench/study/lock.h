/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * lock.h - schemes by which threads share a map
 */
#ifndef KHMAP_STUDY_LOCK_H
#define KHMAP_STUDY_LOCK_H

#include "map.h"

#define LOCK_SCHEMES	5
#define LOCK_THREADS	16	/* at most, in one store */

struct store;

/**
 * struct lock_scheme - a way to share a map
 * @title: for people
 * @open: make an empty store
 * @close: free it; nobody else uses it
 * @get: whether the key is there, and its value
 * @put: store a value
 * @bytes: memory that it has now
 *
 * @get and @put are called by threads 0..LOCK_THREADS - 1.
 */
struct lock_scheme {
	const char *title;
	struct store *(*open)(void);
	void (*close)(struct store *store);
	bool (*get)(struct store *store, u32 thread, u64 key, u64 *value);
	void (*put)(struct store *store, u32 thread, u64 key, u64 value);
	u64 (*bytes)(struct store *store);
};

extern const struct lock_scheme lock_schemes[LOCK_SCHEMES];

/* The scheme of lock_copy.c. */
struct store *copy_open(void);
void copy_close(struct store *store);
bool copy_get(struct store *store, u32 thread, u64 key, u64 *value);
void copy_put(struct store *store, u32 thread, u64 key, u64 value);
u64 copy_bytes(struct store *store);

#endif /* KHMAP_STUDY_LOCK_H */
