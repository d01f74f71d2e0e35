// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * load_ring.c - one batch at a time by io_uring
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "load_ring.h"

int load_ring_open(struct load_ring *ring)
{
	int err = io_uring_queue_init(1, &ring->ring, 0);

	ring->open = !err;
	ring->busy = false;
	return err;
}

void load_ring_close(struct load_ring *ring)
{
	if (!ring->open)
		return;
	if (ring->busy)
		load_ring_wait(ring);
	io_uring_queue_exit(&ring->ring);
	ring->open = false;
}

/*
 * Unless a worker is asked for, who submits a batch carries it out.  The
 * command area is filled by hand, as liburing knows nothing of it.
 */
int load_ring_submit(struct load_ring *ring, int fd, const struct khmap_ioc_batch *batch,
		     bool ahead)
{
	struct khmap_uring_batch area = { .batch = (__u64)(uintptr_t)batch };
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);
	int sent;

	if (!sqe)
		return -EBUSY;
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->flags = ahead ? IOSQE_ASYNC : 0;
	sqe->fd = fd;
	sqe->cmd_op = KHMAP_URING_BATCH;
	memcpy((char *)sqe + offsetof(struct io_uring_sqe, cmd), &area, sizeof(area));
	do
		sent = io_uring_submit(&ring->ring);
	while (sent == -EINTR);
	if (sent < 1)
		return sent ? sent : -EAGAIN;
	ring->busy = true;
	return 0;
}

int load_ring_wait(struct load_ring *ring)
{
	struct io_uring_cqe *cqe;
	int err, result;

	do
		err = io_uring_wait_cqe(&ring->ring, &cqe);
	while (err == -EINTR);
	ring->busy = false;
	if (err)
		return err;
	result = cqe->res;
	io_uring_cqe_seen(&ring->ring, cqe);
	return result;
}
