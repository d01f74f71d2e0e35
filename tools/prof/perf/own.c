// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * own.c - this machine's kernel
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "perf/open.h"
#include "source/rights.h"

static int own_event_open(void *context, struct perf_event_attr *attr, int cpu)
{
	pid_t pid = cpu < 0 ? 0 : -1;
	long fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static int own_programs_why(char *text, size_t size)
{
	struct prof_rights rights;

	prof_rights_read(&rights);
	return prof_rights_why(&rights, PROF_NEED_BPF, text, size) ? -EPERM : 0;
}

const struct prof_kernel prof_kernel_own = {
	.event_open = own_event_open,
	.programs_why = own_programs_why,
	.root = "",
};
