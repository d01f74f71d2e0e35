/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * keys.h - sets of keys
 */
#ifndef KHMAP_STUDY_KEYS_H
#define KHMAP_STUDY_KEYS_H

#include "study.h"

#define KEY_SETS	4

/**
 * struct keys - different keys of one size
 * @size: bytes of each, 8 or 64
 * @count: keys
 * @bytes: all of them
 */
struct keys {
	u32 size;
	u32 count;
	unsigned char *bytes;
};

/* Names of the sets that keys_make() knows. */
extern const char * const key_sets[KEY_SETS];

/**
 * keys_make() - a set of keys
 * @keys: filled
 * @set: index in key_sets
 * @count: that are wanted; there may be fewer
 */
void keys_make(struct keys *keys, u32 set, u32 count);

/**
 * keys_free() - free a set's memory
 * @keys: of keys_make()
 */
void keys_free(struct keys *keys);

static inline const void *keys_at(const struct keys *keys, u32 index)
{
	return keys->bytes + (size_t)index * keys->size;
}

#endif /* KHMAP_STUDY_KEYS_H */
