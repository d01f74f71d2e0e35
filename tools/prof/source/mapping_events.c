// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * mapping_events.c - code that is mapped while a profile is recorded
 *
 * Addresses get their names when the recording is over, and by then a process
 * may have ended.  The kernel's events of mappings, one ring for each processor,
 * tell what it had.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "prof.h"
#include "source/mapping_events.h"

#define RING_PAGES	64	/* a power of two */
#define RECORD_MAX	65536

struct ring {
	int fd;
	struct perf_event_mmap_page *page;
};

struct prof_mapping_events {
	size_t page_size;
	size_t count;
	struct ring *rings;
	char record[RECORD_MAX];
};

/* As the kernel writes it, see PERF_RECORD_MMAP2 in linux/perf_event.h. */
struct mapping_record {
	struct perf_event_header header;
	__u32 pid;
	__u32 tid;
	__u64 start;
	__u64 length;
	__u64 offset;
	__u32 device[2];
	__u64 inode[2];
	__u32 protection;
	__u32 flags;
	char path[];
};

struct fork_record {
	struct perf_event_header header;
	__u32 pid;
	__u32 parent;
};

struct comm_record {
	struct perf_event_header header;
	__u32 pid;
};

struct lost_record {
	struct perf_event_header header;
	__u64 id;
	__u64 lost;
};

static size_t ring_size(const struct prof_mapping_events *events)
{
	return (RING_PAGES + 1) * events->page_size;
}

static int ring_open(struct prof_mapping_events *events, struct ring *ring, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1,
		.mmap2 = 1,
		.task = 1,
		.comm = 1,
		.comm_exec = 1,
		.exclude_kernel = 1,
	};
	int err;

	ring->fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (ring->fd < 0)
		return -errno;
	ring->page = mmap(NULL, ring_size(events), PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (ring->page != MAP_FAILED)
		return 0;
	err = -errno;
	ring->page = NULL;
	close(ring->fd);
	return err;
}

int prof_mapping_events_open(struct prof_mapping_events **events)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_CONF), cpu, err = 0;
	struct prof_mapping_events *made = prof_alloc(1, sizeof(*made));

	made->page_size = (size_t)sysconf(_SC_PAGESIZE);
	made->rings = prof_alloc((size_t)cpus, sizeof(*made->rings));
	for (cpu = 0; !err && cpu < cpus; cpu++) {
		err = ring_open(made, &made->rings[made->count], cpu);
		if (!err)
			made->count++;
		else if (err == -ENODEV)
			err = 0;	/* it is off */
	}
	if (err)
		prof_mapping_events_close(made);
	else
		*events = made;
	return err;
}

/* The part of the ring from @at, in one piece; it may wrap around. */
static void ring_copy(const struct prof_mapping_events *events, const struct ring *ring,
		      uint64_t at, void *to, size_t length)
{
	size_t size = RING_PAGES * events->page_size, start = at & (size - 1);
	const char *data = (const char *)ring->page + events->page_size;
	size_t first = length < size - start ? length : size - start;

	memcpy(to, data + start, first);
	memcpy((char *)to + first, data, length - first);
}

static void mapping_take(const struct mapping_record *mapped, struct prof_mappings *mappings)
{
	prof_mappings_add(mappings, &(struct prof_mapping){
		.pid = (pid_t)mapped->pid,
		.start = mapped->start,
		.end = mapped->start + mapped->length,
		.offset = mapped->offset,
		.inode = mapped->inode[0],
		.path = (char *)mapped->path,
	});
}

/* A thread has its process's number, and so is no other process. */
static void fork_take(const struct fork_record *fork, struct prof_mappings *mappings)
{
	if (fork->pid != fork->parent)
		prof_mappings_inherit(mappings, (pid_t)fork->pid, (pid_t)fork->parent);
}

/* A name that was set otherwise tells nothing of mappings. */
static void comm_take(const struct comm_record *comm, struct prof_mappings *mappings)
{
	if (comm->header.misc & PERF_RECORD_MISC_COMM_EXEC)
		prof_mappings_inherit(mappings, (pid_t)comm->pid, 0);
}

static uint64_t record_take(const void *record, struct prof_mappings *mappings)
{
	const struct perf_event_header *header = record;
	const struct lost_record *lost = record;

	switch (header->type) {
	case PERF_RECORD_LOST:
		return lost->lost;
	case PERF_RECORD_MMAP2:
		mapping_take(record, mappings);
		break;
	case PERF_RECORD_FORK:
		fork_take(record, mappings);
		break;
	case PERF_RECORD_COMM:
		comm_take(record, mappings);
		break;
	}
	return 0;
}

static uint64_t ring_read(struct prof_mapping_events *events, struct ring *ring,
			  struct prof_mappings *mappings)
{
	uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE), lost = 0;
	uint64_t tail = ring->page->data_tail;
	struct perf_event_header header;

	while (tail < head) {
		ring_copy(events, ring, tail, &header, sizeof(header));
		ring_copy(events, ring, tail, events->record, header.size);
		lost += record_take(events->record, mappings);
		tail += header.size;
	}
	__atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
	return lost;
}

uint64_t prof_mapping_events_read(struct prof_mapping_events *events,
				  struct prof_mappings *mappings)
{
	uint64_t lost = 0;
	size_t i;

	for (i = 0; i < events->count; i++)
		lost += ring_read(events, &events->rings[i], mappings);
	return lost;
}

void prof_mapping_events_close(struct prof_mapping_events *events)
{
	size_t i;

	if (!events)
		return;
	for (i = 0; i < events->count; i++) {
		munmap(events->rings[i].page, ring_size(events));
		close(events->rings[i].fd);
	}
	free(events->rings);
	free(events);
}
