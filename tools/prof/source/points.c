// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * points.c - the watchpoints that are set now
 *
 * Each is an event of every processor, with a BPF program; with loads two, in one
 * group, see watch.bpf.c.  Events of threads would be inherited by new threads,
 * but without the program if they are made at the wrong moment.
 */
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bpf/watch.h"
#include "source/points.h"

struct point {
	int fd;
	struct bpf_link *link;
};

struct prof_points {
	struct prof_points_options options;
	struct point *set;
	size_t count;
	uint64_t events;	/* of those that are set no more */
};

struct prof_points *prof_points_new(const struct prof_points_options *options)
{
	struct prof_points *points = prof_alloc(1, sizeof(*points));

	points->options = *options;
	return points;
}

static void point_add(struct prof_points *points, int fd, struct bpf_link *link)
{
	if (!(points->count & (points->count - 1))) {
		struct point *grown = prof_alloc(points->count ? points->count * 2 : 1,
						 sizeof(*grown));

		if (points->count)
			memcpy(grown, points->set, points->count * sizeof(*grown));
		free(points->set);
		points->set = grown;
	}
	points->set[points->count++] = (struct point){ .fd = fd, .link = link };
}

static int event_open(int cpu, int group, uint64_t address, uint32_t length, uint32_t type)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = type,
		.bp_addr = address,
		.bp_len = length,
		.sample_period = 1,
		.disabled = group < 0,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, group, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Returns the event, to lead a group, or -errno. */
static int event_set(struct prof_points *points, int cpu, int group, uint64_t address,
		     uint32_t length)
{
	bool load = group >= 0;
	struct bpf_link *link;
	int fd;

	fd = event_open(cpu, group, address, length, load ? HW_BREAKPOINT_RW : HW_BREAKPOINT_W);
	if (fd < 0)
		return fd;
	/* Enables it. */
	link = bpf_program__attach_perf_event(load ? points->options.load : points->options.store,
					      fd);
	if (!link) {
		int err = -errno;

		close(fd);
		return err;
	}
	point_add(points, fd, link);
	return fd;
}

static int processor_set(struct prof_points *points, int cpu, uint64_t address, uint32_t length)
{
	int leader = event_set(points, cpu, -1, address, length), err = 0;

	if (leader < 0)
		return leader;
	if (points->options.loads)
		err = event_set(points, cpu, leader, address, length);
	return err < 0 ? err : 0;
}

/* Let go of all but the first @keep; those behind first: they may be in the group of one before. */
static void points_drop(struct prof_points *points, size_t keep)
{
	uint64_t events;

	while (points->count > keep) {
		struct point *point = &points->set[--points->count];

		if (read(point->fd, &events, sizeof(events)) == sizeof(events))
			points->events += events;
		bpf_link__destroy(point->link);
	}
}

int prof_points_set(struct prof_points *points, uint64_t address, uint32_t length)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_CONF), cpu, err = 0;
	size_t before = points->count;

	for (cpu = 0; !err && cpu < cpus; cpu++) {
		err = processor_set(points, cpu, address, length);
		if (err == -ENODEV)
			err = 0;	/* it is off */
	}
	if (err)
		points_drop(points, before);
	return err;
}

int prof_points_try(struct prof_points *points, uint64_t address, uint32_t length, uint32_t *count)
{
	uint32_t most = PROF_WATCH_SLOTS / (points->options.loads ? 2 : 1);
	int err = 0;

	for (*count = 0; !err && *count < most;) {
		err = prof_points_set(points, address, length);
		if (!err)
			++*count;
	}
	prof_points_clear(points);
	return *count ? 0 : err;
}

uint64_t prof_points_clear(struct prof_points *points)
{
	uint64_t events;

	points_drop(points, 0);
	free(points->set);
	points->set = NULL;
	events = points->events;
	points->events = 0;
	return events;
}

void prof_points_close(struct prof_points *points)
{
	if (!points)
		return;
	prof_points_clear(points);
	free(points);
}
