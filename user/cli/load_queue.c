// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * load_queue.c - records that wait to be stored by one call
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load_queue.h"

int load_queue_init(struct load_queue *queue, struct khmap *map, __u32 flags)
{
	const struct khmap_geometry *g = &khmap_header(map)->geometry;
	size_t size = (size_t)g->key_size + g->value_size;
	size_t room = LOAD_QUEUE_BYTES / size;

	memset(queue, 0, sizeof(*queue));
	queue->map = map;
	queue->flags = flags;
	queue->key_size = g->key_size;
	queue->value_size = g->value_size;
	queue->room = room < LOAD_QUEUE_MAX ? room : LOAD_QUEUE_MAX;
	queue->keys = malloc(queue->room * size);
	if (!queue->keys)
		return -ENOMEM;
	queue->values = queue->keys + queue->room * queue->key_size;
	return 0;
}

void load_queue_free(struct load_queue *queue)
{
	free(queue->keys);
	queue->keys = NULL;
}

bool load_queue_add(struct load_queue *queue, const void *key, const void *value, uint64_t line)
{
	memcpy(queue->keys + queue->count * queue->key_size, key, queue->key_size);
	memcpy(queue->values + queue->count * queue->value_size, value, queue->value_size);
	queue->lines[queue->count++] = line;
	return queue->count == queue->room;
}

/* The first ones wait no more. */
static void load_queue_drop(struct load_queue *queue, size_t count)
{
	size_t left = queue->count - count;

	memmove(queue->keys, queue->keys + count * queue->key_size, left * queue->key_size);
	memmove(queue->values, queue->values + count * queue->value_size, left * queue->value_size);
	memmove(queue->lines, queue->lines + count, left * sizeof(*queue->lines));
	queue->count = left;
}

/* A status has no reason in words: try that record again by a call that has. */
static int load_queue_again(const struct load_queue *queue, size_t index)
{
	return khmap_put(queue->map, queue->keys + index * queue->key_size,
			 queue->values + index * queue->value_size, queue->flags);
}

int load_queue_store(struct load_queue *queue, uint64_t *stored, uint64_t *line)
{
	while (queue->count) {
		struct khmap_arrays arrays = {
			.size = sizeof(arrays),
			.flags = KHMAP_BATCH_STOP,
			.opcode = KHMAP_OP_PUT,
			.op_flags = queue->flags,
			.keys = queue->keys,
			.values = queue->values,
			.statuses = queue->statuses,
			.count = queue->count,
		};
		int err = khmap_batch_arrays(queue->map, &arrays);
		size_t done = arrays.done;

		*stored += done - arrays.failed;
		if (!err && !arrays.failed) {
			queue->count = 0;
			break;
		}
		if (!err)
			err = load_queue_again(queue, --done);
		*line = queue->lines[done];
		*stored += !err;
		load_queue_drop(queue, done + 1);
		if (err)
			return err;
	}
	return 0;
}
