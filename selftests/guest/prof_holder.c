// SPDX-License-Identifier: GPL-2.0-only
/*
 * prof_holder.c - holds hardware watchpoints, as a debugger would, while others want them
 *
 * No test by itself: prof_watch.sh watches its variables.  The first is in a line
 * with nothing else, so that it has a turn of its own, in which all watchpoints
 * but one are free: that is when this gets its own, however long it has to try.
 */
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "prof_commands.h"

#define HELD_MAX	4

static const char usage[] =
	"Usage: prof_holder COUNT MS\n"
	"Sets so many watchpoints on each processor, all or none, trying until it can; holds them\n"
	"for so long; ends.  Nothing touches the variables \"holder_alone\" and \"holder_four\".\n";

/* Not static, so that a profiler finds them by name. */
uint64_t holder_alone __attribute__((aligned(64))) = 1;
uint64_t holder_four[4] __attribute__((aligned(64)));

static uint64_t held __attribute__((aligned(64)));

static void pause_ms(uint64_t ms)
{
	struct timespec time = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	nanosleep(&time, NULL);
}

/* Returns the event, or -1. */
static int hold(int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = (uintptr_t)&held,
		.bp_len = sizeof(held),
		.sample_period = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* All of them, or none. */
static int hold_all(uint64_t count, long cpus)
{
	int fds[HELD_MAX * 64], held_count = 0, error = 0;
	uint64_t i;
	int cpu;

	for (cpu = 0; !error && cpu < cpus; cpu++)
		for (i = 0; !error && i < count; i++) {
			fds[held_count] = hold(cpu);
			if (fds[held_count] < 0)
				error = errno;
			else
				held_count++;
		}
	while (error && held_count)
		close(fds[--held_count]);
	return error;
}

int main(int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t count;
	int error;

	if (argc != 3) {
		fputs(usage, stderr);
		return 2;
	}
	count = number(argv[1]);
	if (count > HELD_MAX || cpus > 64)
		errx(2, "up to %d watchpoints of 64 processors", HELD_MAX);
	while ((error = hold_all(count, cpus)) == ENOSPC)
		pause_ms(10);
	if (error)
		errx(1, "watchpoint: %s", strerror(error));
	pause_ms(number(argv[2]));
	return 0;
}
