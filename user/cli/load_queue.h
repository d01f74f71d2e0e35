/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * load_queue.h - records that wait to be stored by one call
 *
 * They are stored in their order, and none behind one that could not be: what
 * load says of a file is as exact as if it stored them one by one.
 */
#ifndef KHMAP_CLI_LOAD_QUEUE_H
#define KHMAP_CLI_LOAD_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include <khmap/khmap.h>

#define LOAD_QUEUE_MAX	 1024
#define LOAD_QUEUE_BYTES (256 << 10)

/**
 * struct load_queue - Records that wait.
 * @map: they are for
 * @flags: KHMAP_PUT_*
 * @key_size: bytes of a key
 * @value_size: bytes of a value
 * @room: records that there is room for
 * @count: records that wait
 * @keys: of each one
 * @values: of each one, behind @keys
 * @statuses: what became of each one
 * @lines: where each one came from
 */
struct load_queue {
	struct khmap *map;
	__u32 flags;
	size_t key_size;
	size_t value_size;
	size_t room;
	size_t count;
	unsigned char *keys;
	unsigned char *values;
	__s32 statuses[LOAD_QUEUE_MAX];
	uint64_t lines[LOAD_QUEUE_MAX];
};

/**
 * load_queue_init() - Begin with an empty queue.
 * @queue: filled, for load_queue_free()
 * @map: a live map, opened for writing; must stay open
 * @flags: KHMAP_PUT_*
 *
 * Return: 0; -ENOMEM.
 */
int load_queue_init(struct load_queue *queue, struct khmap *map, __u32 flags);

/**
 * load_queue_free() - Drop a queue and what waits in it.
 * @queue: the queue, or all zero
 */
void load_queue_free(struct load_queue *queue);

/**
 * load_queue_add() - Let a record wait.
 * @queue: not full
 * @key: key_size bytes; copied
 * @value: value_size bytes; copied
 * @line: where it came from
 *
 * Return: true if the queue is full now.
 */
bool load_queue_add(struct load_queue *queue, const void *key, const void *value, uint64_t line);

/**
 * load_queue_store() - Store what waits, up to a record that cannot be.
 * @queue: those that were stored, and the one that could not be, wait no more
 * @stored: so many as were stored are added
 * @line: receives where the one came from that could not be
 *
 * Return: 0 all were stored; else the error of khmap_put() for one.
 */
int load_queue_store(struct load_queue *queue, uint64_t *stored, uint64_t *line);

#endif /* KHMAP_CLI_LOAD_QUEUE_H */
