// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * execute_uring.c - commands by io_uring
 *
 * Nobody waits for them: what they point to is used again by the calls that follow, and
 * descriptors are closed meanwhile.  What is still under way when a process ends is the kernel's
 * affair.
 */
#include <liburing.h>
#include <stdlib.h>
#include <string.h>

#include "execute.h"
#include "slots.h"

#define RINGS	3
#define DEPTH	64
#define KINDS	{ 0, IORING_SETUP_SQE128 | IORING_SETUP_CQE32, \
		  IORING_SETUP_SQE128 | IORING_SETUP_SQPOLL }

struct fuzz_rings {
	struct io_uring ring[RINGS];
	unsigned int count;
};

struct fuzz_rings *fuzz_rings_create(void)
{
	static const unsigned int kinds[RINGS] = KINDS;
	struct fuzz_rings *rings = calloc(1, sizeof(*rings));

	if (!rings)
		return NULL;
	while (rings->count < RINGS) {
		struct io_uring_params params = {
			.flags = kinds[rings->count],
			.sq_thread_idle = 1,
		};

		if (io_uring_queue_init_params(DEPTH, &rings->ring[rings->count], &params))
			break;
		rings->count++;
	}
	if (rings->count)
		return rings;
	free(rings);
	return NULL;
}

static void reap(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;

	while (!io_uring_peek_cqe(ring, &cqe))
		io_uring_cqe_seen(ring, cqe);
}

static uint64_t argument(const struct fuzz_op *op, const struct fuzz_call *call, const char *name)
{
	uint32_t i;

	for (i = 0; i < op->count; i++)
		if (!strcmp(op->fields[i].name, name))
			return call->field[i];
	return 0;
}

static struct io_uring *ring_of(struct fuzz_thread *thread, const struct fuzz_op *op,
				const struct fuzz_call *call)
{
	struct fuzz_rings *rings = thread->rings;

	return rings ? &rings->ring[argument(op, call, "ring") % rings->count] : NULL;
}

long fuzz_execute_uring(struct fuzz_thread *thread, const struct fuzz_op *op,
			const struct fuzz_call *call)
{
	struct fuzz_slot *slot = fuzz_slot_of(thread->worker, call->on, FUZZ_MAP);
	struct io_uring *ring = ring_of(thread, op, call);
	struct io_uring_sqe *sqe;
	char area[80] = {};
	bool wide;

	if (!ring)
		return -ENODEV;
	reap(ring);
	sqe = io_uring_get_sqe(ring);
	if (!sqe)
		return -EBUSY;
	wide = ring->flags & IORING_SETUP_SQE128;
	fuzz_fill_struct(thread, op, call, slot, area);
	memset(sqe, 0, wide ? 128 : 64);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = slot->fd;
	sqe->flags = (__u8)argument(op, call, "sqe_flags") & (__u8)~IOSQE_BUFFER_SELECT;
	sqe->cmd_op = op->command;
	sqe->user_data = call->at;
	memcpy((char *)sqe + offsetof(struct io_uring_sqe, cmd), area, wide ? 80 : 16);
	return io_uring_submit(ring);
}

long fuzz_execute_uring_other(struct fuzz_thread *thread, const struct fuzz_op *op,
			      const struct fuzz_call *call)
{
	int fd = fuzz_slot_of(thread->worker, call->on, FUZZ_ANY)->fd;
	struct __kernel_timespec moment = { .tv_nsec = 1000000 };
	struct io_uring *ring = ring_of(thread, op, call);
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;

	if (!ring)
		return -ENODEV;
	switch (call->field[0]) {
	case 0:
		/* For a moment, or until one is done. */
		if (!io_uring_wait_cqe_timeout(ring, &cqe, &moment))
			io_uring_cqe_seen(ring, cqe);
		return 0;
	case 1:
		sqe = io_uring_get_sqe(ring);
		if (!sqe)
			return -EBUSY;
		io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
		return io_uring_submit(ring);
	default:
		/* A file that is registered is 0 from now on, whatever closes. */
		io_uring_unregister_files(ring);
		return io_uring_register_files(ring, &fd, 1);
	}
}
