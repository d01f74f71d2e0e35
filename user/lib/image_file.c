// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * image_file.c - an image's pages on their way to a file
 *
 * Two things make writing fast, and it goes on without either.  O_DIRECT spares
 * the copy to the page cache; where the file system has none, or refuses a write,
 * the file is written without from there on.  The caller's queue keeps many writes
 * under way; what it does not write, for whatever reason, pwrite() does, and so
 * it is pwrite() that has the last word on an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "error.h"
#include "image_file.h"

int khmap_file_fail(const struct khmap_image_file *file, int err, const char *what)
{
	return khmap_whole_file_fail(&file->whole, err, what);
}

/* After open(), as one with O_CREAT leaves a file behind when O_DIRECT is refused. */
static bool khmap_file_set_direct(const struct khmap_image_file *file, bool direct)
{
	int flags = fcntl(file->whole.fd, F_GETFL);

	return flags >= 0 &&
	       !fcntl(file->whole.fd, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT);
}

/* EINVAL: not aligned for this disk.  EFAULT: memory that cannot be pinned. */
static bool khmap_file_give_up_direct(struct khmap_image_file *file, int err)
{
	if (!file->direct || (err != EINVAL && err != EFAULT) ||
	    !khmap_file_set_direct(file, false))
		return false;
	file->direct = false;
	return true;
}

static int khmap_file_pwrite(struct khmap_image_file *file, const char *bytes, size_t size,
			     __u64 offset)
{
	ssize_t put;

	while (size) {
		put = pwrite(file->whole.fd, bytes, size, (off_t)offset);
		if (put < 0 && (errno == EINTR || khmap_file_give_up_direct(file, errno)))
			continue;
		if (put <= 0)
			return khmap_file_fail(file, put ? errno : EIO, "write");
		bytes += put;
		offset += (__u64)put;
		size -= (size_t)put;
		file->done += (__u64)put;
	}
	return 0;
}

/* Wait for the end of one write. */
static int khmap_file_reap(struct khmap_image_file *file)
{
	struct khmap_file_write write;
	__u32 token = 0;
	int result = 0, err = file->queue->reap(file->queue->context, &token, &result);
	size_t put;

	if (!err && (token >= KHMAP_FILE_DEPTH || !file->writes[token].size))
		err = -EPROTO;
	if (err) {
		/* Nothing more is known of any. */
		file->under_way = 0;
		return khmap_file_fail(file, -err, "wait for the queue of writes");
	}
	write = file->writes[token];
	file->writes[token].size = 0;
	file->under_way--;
	put = result > 0 ? (size_t)result : 0;
	if (put > write.size)
		put = write.size;
	file->done += put;
	return khmap_file_pwrite(file, write.bytes + put, write.size - put, write.offset + put);
}

int khmap_file_drain(struct khmap_image_file *file)
{
	int err = 0, failed;

	while (file->under_way) {
		failed = khmap_file_reap(file);
		err = err ? err : failed;
	}
	return err;
}

static int khmap_file_queue(struct khmap_image_file *file, const char *bytes, size_t size,
			    __u64 offset)
{
	const struct khmap_write_queue *queue = file->queue;
	__u32 depth = queue->depth < KHMAP_FILE_DEPTH ? queue->depth : KHMAP_FILE_DEPTH, token;
	int err;

	if (file->under_way == depth) {
		err = khmap_file_reap(file);
		if (err)
			return err;
	}
	for (token = 0; file->writes[token].size; token++)
		;
	if (!queue->submit(queue->context, file->whole.fd, bytes, (__u32)size, offset, token)) {
		file->writes[token] = (struct khmap_file_write){ bytes, size, offset };
		file->under_way++;
		return 0;
	}
	err = khmap_file_drain(file);
	file->queue = NULL;
	return err ? err : khmap_file_pwrite(file, bytes, size, offset);
}

int khmap_file_write(struct khmap_image_file *file, const void *bytes, size_t size, __u64 offset)
{
	const char *at = bytes;
	size_t run;
	int err = 0;

	for (; size && !err; size -= run) {
		run = size < KHMAP_FILE_RUN ? size : KHMAP_FILE_RUN;
		if (file->queue)
			err = khmap_file_queue(file, at, run, offset);
		else
			err = khmap_file_pwrite(file, at, run, offset);
		at += run;
		offset += run;
	}
	return err;
}

int khmap_file_create(struct khmap_image_file *file, mode_t mode, __u64 size)
{
	int err = khmap_whole_file_create(&file->whole, mode);

	if (err)
		return err;
	if (ftruncate(file->whole.fd, (off_t)size))
		return khmap_file_fail(file, errno, "make it as large as the image");
	file->direct = khmap_file_set_direct(file, true);
	return 0;
}

void khmap_file_discard(struct khmap_image_file *file)
{
	/* Why the file is discarded stays the reason. */
	while (file->under_way) {
		__u32 token;
		int result;

		if (file->queue->reap(file->queue->context, &token, &result))
			break;
		file->under_way--;
	}
	khmap_whole_file_discard(&file->whole);
}
