// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_stand_in.c - what counts where the kernel knows no event for stores that miss
 *
 * The machine is one of cpuinfo/, and a kernel that takes the events we say: the
 * functions of libc that would ask the real ones are here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/perf_event.h>
#include "perf/cpu.h"
#include "timing/counters.h"
#include "../tap.h"

#define ALL	UINT64_MAX

static const char *machine;
static uint32_t taken_type;
static uint64_t taken_config;	/* ALL is any of the type */
static int tried;

/* As libc has it. */
FILE *fopen(const char *path, const char *mode)
{
	char name[64];
	int fd;

	if (!strcmp(path, PROF_CPUINFO)) {
		snprintf(name, sizeof(name), "cpuinfo/%s", machine);
		path = name;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? NULL : fdopen(fd, "r");
}

/*
 * Likewise, for what is called here: of perf_event_open() a descriptor that can be
 * closed is enough, and rights there are none.
 */
long syscall(long number, ...)
{
	const struct perf_event_attr *attr;
	va_list args;

	errno = EPERM;
	if (number != SYS_perf_event_open)
		return -1;
	va_start(args, number);
	attr = va_arg(args, const struct perf_event_attr *);
	va_end(args);
	tried++;
	if (attr->type == taken_type && (taken_config == ALL || attr->config == taken_config))
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	errno = ENOENT;
	return -1;
}

static void kernel(const char *name, uint32_t type, uint64_t config)
{
	machine = name;
	taken_type = type;
	taken_config = config;
	tried = 0;
}

/* @want: the name of what counts; NULL for nothing. */
static void thread_has(const char *event, const char *want)
{
	struct prof_counters counters = { 0 };
	struct prof_counter *counter = counters.counters;
	int fd;

	prof_counters_choose(&counters, event);
	fd = prof_counters_thread(counter);
	ok((fd >= 0) == !!want, "%s: %s of a thread %s", machine, event,
	   want ? "are counted" : "are not counted");
	is_str(counter->name, want ? want : event, "by the event of that name");
	ok(!!counter->why[0] == !want, "and there is %s", want ? "no reason why not" : "a reason");
	if (want && strcmp(want, event))
		ok(counter->counts && counter->counts[0], "it is said what it counts: %s",
		   counter->counts);
	if (fd >= 0)
		close(fd);
}

static void all_have(const char *event, const char *want)
{
	struct prof_counters counters = { 0 };

	prof_counters_choose(&counters, event);
	prof_counters_open(&counters, getpid());
	ok(!!counters.counters[0].fds == !!want, "%s: %s of all %s", machine, event,
	   want ? "are counted" : "are not counted");
	is_str(counters.counters[0].name, want ? want : event, "by the event of that name");
	prof_counters_close(&counters);
}

int main(void)
{
	kernel("sandy_bridge", PERF_TYPE_HW_CACHE, ALL);
	thread_has("store-misses", "store-misses");
	is_i64(tried, 1, "where there is the event itself, no other is tried");
	all_have("store-misses", "store-misses");

	kernel("zen5", PERF_TYPE_RAW, ALL);
	thread_has("store-misses", "rd-blk-x");
	all_have("store-misses", "rd-blk-x");
	kernel("zen3", PERF_TYPE_RAW, ALL);
	thread_has("store-misses", "change-to-x");
	all_have("store-misses", "change-to-x");
	/* The best of them is refused: the next one. */
	kernel("zen3", PERF_TYPE_RAW, 0x4060);
	thread_has("store-misses", "rd-blk-x");
	all_have("store-misses", "rd-blk-x");

	kernel("tcg", PERF_TYPE_RAW, ALL);
	thread_has("store-misses", NULL);
	all_have("store-misses", NULL);
	/* Nothing stands in for anything else. */
	kernel("zen3", PERF_TYPE_RAW, ALL);
	thread_has("load-misses", NULL);
	all_have("load-misses", NULL);
	return done();
}
