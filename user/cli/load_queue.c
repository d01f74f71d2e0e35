// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * load_queue.c - records that wait to be stored, a batch at a time
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "load_queue.h"

static int load_queue_open(struct load_queue *queue)
{
	int err;

	if (queue->io == LOAD_IO_IOCTL)
		return 0;
	err = load_ring_open(&queue->ring);
	if (!err || queue->io == LOAD_IO_AUTO)
		return 0;
	return khmap_fail(-err, "io_uring cannot be used here: %s (--io=ioctl does without)",
			  strerror(-err));
}

int load_queue_init(struct load_queue *queue, struct khmap *map, __u32 flags, enum load_io io)
{
	const struct khmap_geometry *g = &khmap_header(map)->geometry;
	size_t size = (size_t)g->key_size + g->value_size;
	size_t room = LOAD_QUEUE_BYTES / size;
	int i;

	memset(queue, 0, sizeof(*queue));
	queue->map = map;
	queue->flags = flags;
	queue->io = io;
	queue->key_size = g->key_size;
	queue->value_size = g->value_size;
	queue->room = room < LOAD_QUEUE_MAX ? room : LOAD_QUEUE_MAX;
	queue->older = &queue->batches[0];
	queue->filled = &queue->batches[1];
	for (i = 0; i < 2; i++) {
		struct load_batch *batch = &queue->batches[i];

		batch->keys = malloc(queue->room * size);
		if (!batch->keys)
			return khmap_fail(ENOMEM, "%s", strerror(ENOMEM));
		batch->values = batch->keys + queue->room * queue->key_size;
	}
	return load_queue_open(queue);
}

void load_queue_free(struct load_queue *queue)
{
	load_ring_close(&queue->ring);
	free(queue->batches[0].keys);
	free(queue->batches[1].keys);
	memset(queue, 0, sizeof(*queue));
}

const char *load_queue_io(const struct load_queue *queue)
{
	return queue->ring.open ? "uring" : "ioctl";
}

bool load_queue_add(struct load_queue *queue, const void *key, const void *value, uint64_t line)
{
	struct load_batch *batch = queue->filled;

	memcpy(batch->keys + batch->count * queue->key_size, key, queue->key_size);
	memcpy(batch->values + batch->count * queue->value_size, value, queue->value_size);
	batch->lines[batch->count++] = line;
	return batch->count == queue->room;
}

/* The first ones wait no more. */
static void load_batch_drop(const struct load_queue *queue, struct load_batch *batch,
			    size_t count)
{
	size_t left = batch->count - count;

	memmove(batch->keys, batch->keys + count * queue->key_size, left * queue->key_size);
	memmove(batch->values, batch->values + count * queue->value_size,
		left * queue->value_size);
	memmove(batch->lines, batch->lines + count, left * sizeof(*batch->lines));
	batch->count = left;
}

/* A status has no reason in words: try that record again by a call that has. */
static int load_batch_again(const struct load_queue *queue, const struct load_batch *batch,
			    size_t index)
{
	return khmap_put(queue->map, batch->keys + index * queue->key_size,
			 batch->values + index * queue->value_size, queue->flags);
}

static int load_batch_submit(struct load_queue *queue, struct load_batch *batch, bool ahead)
{
	queue->arg = (struct khmap_ioc_batch){
		.size = sizeof(queue->arg),
		.flags = KHMAP_BATCH_ARRAYS | KHMAP_BATCH_STOP,
		.count = (__u32)batch->count,
		.opcode = KHMAP_OP_PUT,
		.op_flags = queue->flags,
		.keys = (__u64)(uintptr_t)batch->keys,
		.values = (__u64)(uintptr_t)batch->values,
		.statuses = (__u64)(uintptr_t)batch->statuses,
	};
	return load_ring_submit(&queue->ring, khmap_fd(queue->map), &queue->arg, ahead);
}

/* A ring that does not work, for one that may do without. */
static int load_queue_give_up(struct load_queue *queue, int err)
{
	load_ring_close(&queue->ring);
	if (queue->io == LOAD_IO_AUTO)
		return 0;
	return khmap_fail(-err, "storing records by io_uring: %s (--io=ioctl does without)",
			  strerror(-err));
}

static int load_batch_call(struct load_queue *queue, struct load_batch *batch, size_t *done)
{
	struct khmap_arrays arrays = {
		.size = sizeof(arrays),
		.flags = KHMAP_BATCH_STOP,
		.opcode = KHMAP_OP_PUT,
		.op_flags = queue->flags,
		.keys = batch->keys,
		.values = batch->values,
		.statuses = batch->statuses,
		.count = batch->count,
	};
	int err = khmap_batch_arrays(queue->map, &arrays);

	*done = arrays.done;
	return err;
}

/*
 * An error of a command means that nothing of it was done, so that the same
 * records may go another way, which has the reason in words.
 */
static int load_batch_run(struct load_queue *queue, struct load_batch *batch, size_t *done)
{
	int result = 0;

	*done = 0;
	if (queue->ring.open) {
		if (!queue->ring.busy)
			result = load_batch_submit(queue, batch, false);
		if (!result)
			result = load_ring_wait(&queue->ring);
		if (result > 0) {
			*done = (size_t)result;
			return 0;
		}
		result = load_queue_give_up(queue, result);
		if (result)
			return result;
	}
	return load_batch_call(queue, batch, done);
}

/* Store a batch, up to a record that cannot be: none behind it was tried. */
static int load_batch_store(struct load_queue *queue, struct load_batch *batch, uint64_t *stored,
			    uint64_t *line)
{
	while (batch->count) {
		size_t done;
		int err = load_batch_run(queue, batch, &done);
		bool failed = done && batch->statuses[done - 1];

		*stored += done - failed;
		if (!err && !failed) {
			load_batch_drop(queue, batch, done);
			continue;
		}
		if (!err)
			err = load_batch_again(queue, batch, --done);
		*line = batch->lines[done];
		*stored += !err;
		load_batch_drop(queue, batch, done + 1);
		if (err)
			return err;
	}
	return 0;
}

int load_queue_send(struct load_queue *queue, uint64_t *stored, uint64_t *line)
{
	struct load_batch *batch = queue->filled;
	int err = load_batch_store(queue, queue->older, stored, line);

	if (err)
		return err;
	if (!queue->ring.open)
		return load_batch_store(queue, batch, stored, line);
	queue->filled = queue->older;
	queue->older = batch;
	err = load_batch_submit(queue, batch, true);
	if (!err)
		return 0;
	*line = batch->lines[0];
	return load_queue_give_up(queue, err);
}

int load_queue_store(struct load_queue *queue, uint64_t *stored, uint64_t *line)
{
	int err = load_batch_store(queue, queue->older, stored, line);

	return err ? err : load_batch_store(queue, queue->filled, stored, line);
}
