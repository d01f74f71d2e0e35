// SPDX-License-Identifier: GPL-2.0-only
/*
 * prof_faults.c - keeps the kernel's counting of page faults switched on, until the guest ends
 *
 * No test by itself: see prof_test.sh. Returns when it is on, and goes on in the background.
 */
#include <err.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	/* That there is one counts, though it never begins. */
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.disabled = 1,
	};

	if (syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC) < 0)
		err(1, "perf_event_open");
	if (daemon(0, 0))
		err(1, "daemon");
	for (;;)
		pause();
}
