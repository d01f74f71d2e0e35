/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * load_ring.h - one batch at a time by io_uring
 */
#ifndef KHMAP_CLI_LOAD_RING_H
#define KHMAP_CLI_LOAD_RING_H

#include <liburing.h>
#include <stdbool.h>

#include <khmap/khmap.h>

/**
 * struct load_ring - A ring, and the batch that is on its way.
 * @ring: of io_uring
 * @open: there is one
 * @busy: a batch is on its way
 */
struct load_ring {
	struct io_uring ring;
	bool open;
	bool busy;
};

/**
 * load_ring_open() - Make a ring.
 * @ring: filled, for load_ring_close()
 *
 * Return: 0; a negative errno, among them those of kernels where io_uring is
 * switched off: -ENOSYS, -EPERM.
 */
int load_ring_open(struct load_ring *ring);

/**
 * load_ring_close() - Drop a ring, having waited for its batch.
 * @ring: the ring, or all zero
 */
void load_ring_close(struct load_ring *ring);

/**
 * load_ring_submit() - Send a batch on its way.
 * @ring: not busy; is then
 * @fd: of the map
 * @batch: stays as it is until load_ring_wait(), and all that it points to
 * @ahead: the caller has something else to do meanwhile
 *
 * Return: 0; a negative errno: it was not sent.
 */
int load_ring_submit(struct load_ring *ring, int fd, const struct khmap_ioc_batch *batch,
		     bool ahead);

/**
 * load_ring_wait() - Wait for the batch that is on its way.
 * @ring: busy; is no more
 *
 * Signals do not end it: a batch is short.
 *
 * Return: operations that were carried out; or a negative errno: none was.
 */
int load_ring_wait(struct load_ring *ring);

#endif /* KHMAP_CLI_LOAD_RING_H */
