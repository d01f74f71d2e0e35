/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * test_delta.h - what the tests of deltas share: snapshot files of the engine, as bytes
 */
#ifndef KHMAP_TEST_DELTA_H
#define KHMAP_TEST_DELTA_H

#include <khmap/delta.h>

#include "../engine.h"
#include "../tap.h"

#define TEST_PATH	64

/**
 * struct bytes - A file's bytes.
 * @at: they; owned
 * @size: how many
 */
struct bytes {
	unsigned char *at;
	size_t size;
};

/**
 * folder_enter() - Make a folder for the test's files, and go there.
 */
void folder_enter(void);

/**
 * folder_leave() - Remove it.
 * @files: how many files are expected in it
 *
 * Return: whether there are as many.
 */
bool folder_leave(unsigned int files);

/**
 * bytes_load() - Read a file; exits if that fails.
 * @path: of the file
 */
struct bytes bytes_load(const char *path);

/**
 * bytes_store() - Write a file; exits if that fails.
 * @bytes: its bytes
 * @path: of the file
 */
void bytes_store(const struct bytes *bytes, const char *path);

/**
 * file_same() - Are two files equal?
 * @a: path
 * @b: path
 */
bool file_same(const char *a, const char *b);

/**
 * snapshot_file() - Write a snapshot of a map; exits if that fails.
 * @engine: the map
 * @epoch: of the snapshot
 * @path: of the file
 */
void snapshot_file(struct engine *engine, u64 epoch, const char *path);

/**
 * put_range() - Put numbers; exits if that fails.
 * @engine: the map
 * @from: the first number
 * @to: one behind the last
 * @version: of their values
 */
void put_range(struct engine *engine, u64 from, u64 to, u32 version);

/**
 * delta_make() - khmap_delta_write() of two files.
 * @base: path
 * @new: path
 * @path: of the delta
 * @options: or NULL
 *
 * Return: as khmap_delta_write(), or khmap_open().
 */
int delta_make(const char *base, const char *new, const char *path,
	       struct khmap_delta_options *options);

/**
 * delta_use() - khmap_delta_apply() to a file.
 * @base: path
 * @delta: path
 * @path: of the result
 *
 * Return: as khmap_delta_apply(), or khmap_open().
 */
int delta_use(const char *base, const char *delta, const char *path);

/**
 * delta_round() - Does the newer file come back, byte for byte?
 * @base: path
 * @new: path
 * @options: receives what it came to
 *
 * Says why, if not.
 */
bool delta_round(const char *base, const char *new, struct khmap_delta_options *options);

/**
 * changed_pages() - Count the pages that a delta should have, by a way of its own.
 * @base: path
 * @new: path
 * @stored: receives those that are not zeros, the header page included
 * @zero: receives those that are
 */
void changed_pages(const char *base, const char *new, u64 *stored, u64 *zero);

/**
 * field_store() - Write a field of a file's header or index, in this machine's byte order.
 * @at: the field
 * @size: bytes of it: 4 or 8
 * @value: its low bits
 */
static inline void field_store(unsigned char *at, size_t size, u64 value)
{
	u32 half = (u32)value;

	if (size == sizeof(half))
		memcpy(at, &half, sizeof(half));
	else
		memcpy(at, &value, sizeof(value));
}

#endif /* KHMAP_TEST_DELTA_H */
