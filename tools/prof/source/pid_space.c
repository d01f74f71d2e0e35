// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * pid_space.c - the namespace whose numbers of processes this one uses
 */
#include <sys/stat.h>
#include "source/pid_space.h"

#define FIRST	0xeffffffcu	/* PROC_PID_INIT_INO of linux/proc_ns.h */

uint32_t prof_pid_space(void)
{
	struct stat stat_buf;

	if (stat("/proc/self/ns/pid", &stat_buf) || stat_buf.st_ino == FIRST)
		return 0;
	return (uint32_t)stat_buf.st_ino;
}
