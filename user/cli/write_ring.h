/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * write_ring.h - the library's writes by io_uring
 */
#ifndef KHMAP_CLI_WRITE_RING_H
#define KHMAP_CLI_WRITE_RING_H

#include <liburing.h>
#include <stdbool.h>

#include <khmap/khmap.h>

/**
 * struct write_ring - A ring of writes.
 * @ring: it
 * @open: it is
 * @queue: for struct khmap_write_options
 */
struct write_ring {
	struct io_uring ring;
	bool open;
	struct khmap_write_queue queue;
};

/**
 * write_ring_open() - Make a ring of writes.
 * @ring: filled; must stay where it is
 *
 * Return: 0; a negative errno: this host has no io_uring for us.
 */
int write_ring_open(struct write_ring *ring);

/**
 * write_ring_close() - Release the ring.
 * @ring: all writes were reaped; or it was not opened
 */
void write_ring_close(struct write_ring *ring);

#endif /* KHMAP_CLI_WRITE_RING_H */
