// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * uring.c - the same batches by io_uring, with many in flight, and by the ioctl
 */
#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench.h"

#define URING_FIRST_SIZE	16
#define URING_DEPTH		32
/* Above what is carried out by who submits it, see Documentation/uapi.rst. */
#define URING_LONG		4096

struct uring_context {
	const struct bench_options *options;
	struct bench_records records;
	struct khmap_ioc_batch *batches;
	uint32_t count;
};

/* One batch after the other of all records. */
static void uring_batches(struct uring_context *context, uint32_t size)
{
	uint32_t first, left;

	for (first = 0, context->count = 0; first < context->records.count; first += size) {
		left = context->records.count - first;
		context->batches[context->count++] = (struct khmap_ioc_batch){
			.size = sizeof(struct khmap_ioc_batch),
			.flags = KHMAP_BATCH_ARRAYS,
			.count = left < size ? left : size,
			.opcode = KHMAP_OP_PUT,
			.keys = (uintptr_t)(context->records.keys + first),
			.values = (uintptr_t)(context->records.values + first),
		};
	}
}

static double uring_by_ioctl(void *argument, uint32_t size)
{
	struct khmap *map = bench_map_create(URING_FIRST_SIZE);
	struct uring_context *context = argument;
	double start, end;
	uint32_t i;

	uring_batches(context, size);
	start = bench_now();
	for (i = 0; i < context->count; i++) {
		struct khmap_ioc_batch *batch = &context->batches[i];

		if (ioctl(khmap_fd(map), KHMAP_IOC_BATCH, batch))
			bench_die(-errno, "KHMAP_IOC_BATCH");
		if (batch->failed || batch->done != batch->count)
			bench_die(0, "%u puts of a batch failed", batch->failed);
	}
	end = bench_now();
	khmap_close(map);
	return (end - start) / context->records.count;
}

static void uring_queue(struct io_uring *ring, int fd, const struct khmap_ioc_batch *batch)
{
	const struct khmap_uring_batch area = { .batch = (uintptr_t)batch };
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe)
		bench_die(0, "the ring is full");
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fd;
	sqe->cmd_op = KHMAP_URING_BATCH;
	memcpy((char *)sqe + offsetof(struct io_uring_sqe, cmd), &area, sizeof(area));
}

/* Take what is done; the operations that were carried out. */
static uint32_t uring_reap(struct io_uring *ring, uint32_t *in_flight)
{
	struct io_uring_cqe *cqe;
	uint32_t seen = 0, done = 0;
	unsigned int head;

	io_uring_for_each_cqe(ring, head, cqe) {
		if (cqe->res < 0)
			bench_die(cqe->res, "KHMAP_URING_BATCH");
		done += (uint32_t)cqe->res;
		seen++;
	}
	io_uring_cq_advance(ring, seen);
	*in_flight -= seen;
	return done;
}

static double uring_by_ring(void *argument, uint32_t size)
{
	struct khmap *map = bench_map_create(URING_FIRST_SIZE);
	struct uring_context *context = argument;
	uint32_t next = 0, in_flight = 0, done = 0;
	struct khmap_ioc_stat stat;
	struct io_uring ring;
	double start, end;
	int err;

	uring_batches(context, size);
	err = io_uring_queue_init(URING_DEPTH, &ring, 0);
	if (err)
		bench_die(err, "io_uring");
	start = bench_now();
	while (done < context->records.count) {
		for (; next < context->count && in_flight < URING_DEPTH; in_flight++)
			uring_queue(&ring, khmap_fd(map), &context->batches[next++]);
		if (!in_flight)
			bench_die(0, "%u puts of all batches failed",
				  context->records.count - done);
		err = io_uring_submit_and_wait(&ring, 1);
		if (err < 0)
			bench_die(err, "io_uring");
		done += uring_reap(&ring, &in_flight);
	}
	end = bench_now();
	err = khmap_stat(map, &stat);
	if (err || stat.entries != context->records.count)
		bench_die(err, "a map holds other than %u entries", context->records.count);
	io_uring_queue_exit(&ring);
	khmap_close(map);
	return (end - start) / context->records.count;
}

void bench_uring(json_t *groups, const struct bench_options *options)
{
	const struct bench_subject subjects[] = {
		{ "KHMAP_IOC_BATCH, short", "khmap", uring_by_ioctl, options->batch },
		{ "IORING_OP_URING_CMD, short", "khmap", uring_by_ring, options->batch },
		{ "KHMAP_IOC_BATCH, batches of 4096", "khmap", uring_by_ioctl, URING_LONG },
		{ "IORING_OP_URING_CMD, batches of 4096", "khmap", uring_by_ring, URING_LONG },
		{ }
	};
	static const struct bench_compare compares[] = { { 1, 0, 1 }, { 3, 2, 1 }, { } };
	uint32_t shortest = options->batch < URING_LONG ? options->batch : URING_LONG;
	struct uring_context context = {
		.options = options,
		.records = bench_records_make(options->entries),
		.batches = bench_alloc(options->entries / shortest + 1, sizeof(*context.batches)),
	};
	char title[100];

	snprintf(title, sizeof(title), "one of %u new keys, %u batches of %u in flight",
		 options->entries, URING_DEPTH, options->batch);
	bench_group(groups, title, "ns", subjects, compares, options->rounds, &context);
	free(context.batches);
	bench_records_free(&context.records);
}
