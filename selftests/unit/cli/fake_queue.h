/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * fake_queue.h - a struct khmap_write_queue that fails as it is told to
 */
#ifndef KHMAP_FAKE_QUEUE_H
#define KHMAP_FAKE_QUEUE_H

#include <errno.h>

#include <khmap/khmap.h>

#include "test_write.h"

/**
 * struct fake - A queue that writes at once, and fails in a way.
 * @queue: it
 * @begins: so many writes are begun
 * @result: of a write that is begun; 1: it writes half, 0: all, but nothing was
 *	    written if it is negative
 * @ends: so many are reaped
 * @tokens: of those that were begun
 * @results: theirs
 * @count: how many they are
 */
struct fake {
	struct khmap_write_queue queue;
	long begins;
	int result;
	long ends;
	__u32 tokens[64];
	int results[64];
	unsigned int count;
};

static int fake_submit(void *context, int fd, const void *bytes, __u32 size, __u64 offset,
		       __u32 token)
{
	struct fake *fake = context;
	int result = fake->result;

	if (!fake->begins--)
		return -EPERM;
	if (result >= 0)
		result = (int)__real_pwrite64(fd, bytes, result ? size / 2 : size, (off_t)offset);
	fake->tokens[fake->count] = token;
	fake->results[fake->count++] = result;
	return 0;
}

/* The last first, as no order is promised. */
static int fake_reap(void *context, __u32 *token, int *result)
{
	struct fake *fake = context;

	if (!fake->ends--)
		return -EIO;
	*token = fake->tokens[--fake->count];
	*result = fake->results[fake->count];
	return 0;
}

#endif /* KHMAP_FAKE_QUEUE_H */
