// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * write_ring.c - the library's writes by io_uring
 *
 * It is here and not in the library, which would ask every program that reads a
 * map to link liburing.  The buffers are not registered: the kernel pins those for
 * writing, which a read-only mapping of a map does not allow.
 */
#include <errno.h>

#include "write_ring.h"

#define WRITE_RING_DEPTH 32

static int write_ring_submit(void *context, int fd, const void *bytes, __u32 size, __u64 offset,
			     __u32 token)
{
	struct write_ring *ring = context;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);
	int sent;

	if (!sqe)
		return -EBUSY;
	io_uring_prep_write(sqe, fd, bytes, size, offset);
	io_uring_sqe_set_data64(sqe, token);
	do
		sent = io_uring_submit(&ring->ring);
	while (sent == -EINTR);
	if (sent == 1)
		return 0;
	/* The entry stays where it is: nothing is submitted after a failure. */
	return sent < 0 ? sent : -EAGAIN;
}

static int write_ring_reap(void *context, __u32 *token, int *result)
{
	struct write_ring *ring = context;
	struct io_uring_cqe *cqe;
	int err;

	do
		err = io_uring_wait_cqe(&ring->ring, &cqe);
	while (err == -EINTR);
	if (err)
		return err;
	*token = (__u32)cqe->user_data;
	*result = cqe->res;
	io_uring_cqe_seen(&ring->ring, cqe);
	return 0;
}

int write_ring_open(struct write_ring *ring)
{
	int err = io_uring_queue_init(WRITE_RING_DEPTH, &ring->ring, 0);

	ring->open = !err;
	ring->queue = (struct khmap_write_queue){
		.size = sizeof(ring->queue),
		.depth = WRITE_RING_DEPTH,
		.submit = write_ring_submit,
		.reap = write_ring_reap,
		.context = ring,
	};
	return err;
}

void write_ring_close(struct write_ring *ring)
{
	if (ring->open)
		io_uring_queue_exit(&ring->ring);
	ring->open = false;
}
