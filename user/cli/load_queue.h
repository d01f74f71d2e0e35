/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * load_queue.h - records that wait to be stored, a batch at a time
 *
 * They are stored in their order, and none behind one that could not be: what
 * load says of a file is as exact as if it stored them one by one.  So of two
 * keys that are the same, the later record wins.
 *
 * That is why one batch is with the kernel and not several: io_uring carries
 * out what is under way side by side in any order, and a chain of linked
 * commands is not broken by one of which an operation failed.  By io_uring, the
 * next batch is filled while a worker stores that one.
 */
#ifndef KHMAP_CLI_LOAD_QUEUE_H
#define KHMAP_CLI_LOAD_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include <khmap/khmap.h>

#include "load_ring.h"

#define LOAD_QUEUE_MAX	 1024
#define LOAD_QUEUE_BYTES (256 << 10)

/**
 * enum load_io - How the kernel is given records.
 * @LOAD_IO_AUTO: by io_uring if that can be had, else by ioctl
 * @LOAD_IO_URING: by io_uring, or not at all
 * @LOAD_IO_IOCTL: by ioctl
 */
enum load_io {
	LOAD_IO_AUTO,
	LOAD_IO_URING,
	LOAD_IO_IOCTL,
};

/**
 * struct load_batch - Records that are stored by one call.
 * @count: of them
 * @keys: of each one
 * @values: of each one, behind @keys
 * @statuses: what became of each one
 * @lines: where each one came from
 */
struct load_batch {
	size_t count;
	unsigned char *keys;
	unsigned char *values;
	__s32 statuses[LOAD_QUEUE_MAX];
	uint64_t lines[LOAD_QUEUE_MAX];
};

/**
 * struct load_queue - Records that wait.
 * @map: they are for
 * @flags: KHMAP_PUT_*
 * @io: as was asked for
 * @key_size: bytes of a key
 * @value_size: bytes of a value
 * @room: records that a batch has room for
 * @batches: two of them
 * @older: one of the two, which is stored first
 * @filled: the other one, which is added to
 * @ring: open unless it goes by ioctl; busy with @older, or with none
 * @arg: what @ring is busy with
 */
struct load_queue {
	struct khmap *map;
	__u32 flags;
	enum load_io io;
	size_t key_size;
	size_t value_size;
	size_t room;
	struct load_batch batches[2];
	struct load_batch *older;
	struct load_batch *filled;
	struct load_ring ring;
	struct khmap_ioc_batch arg;
};

/**
 * load_queue_init() - Begin with an empty queue.
 * @queue: filled, for load_queue_free(), also on failure
 * @map: a live map, opened for writing; must stay open
 * @flags: KHMAP_PUT_*
 * @io: how the kernel is to be given them
 *
 * Return: 0; -ENOMEM; with LOAD_IO_URING, the errno of io_uring_setup(2).
 */
int load_queue_init(struct load_queue *queue, struct khmap *map, __u32 flags, enum load_io io);

/**
 * load_queue_free() - Drop a queue and what waits in it.
 * @queue: the queue, or all zero
 */
void load_queue_free(struct load_queue *queue);

/**
 * load_queue_io() - How the kernel is given records by now.
 * @queue: the queue
 *
 * Return: "uring" or "ioctl".
 */
const char *load_queue_io(const struct load_queue *queue);

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
 * load_queue_send() - Make room, while others may go on waiting.
 * @queue: has room then, unless one could not be stored
 * @stored: as of load_queue_store()
 * @line: likewise
 *
 * Return: 0; else as load_queue_store(), of a record that was added before.
 */
int load_queue_send(struct load_queue *queue, uint64_t *stored, uint64_t *line);

/**
 * load_queue_store() - Store what waits, up to a record that cannot be.
 * @queue: those that were stored, and the one that could not be, wait no more
 * @stored: so many as were stored are added
 * @line: receives where the one came from that could not be
 *
 * Return: 0 all were stored; else the error of khmap_put() for one, or of
 * io_uring if nothing else is to be used.
 */
int load_queue_store(struct load_queue *queue, uint64_t *stored, uint64_t *line);

#endif /* KHMAP_CLI_LOAD_QUEUE_H */
