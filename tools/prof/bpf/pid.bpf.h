/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pid.bpf.h - processes, by the numbers that the profiler itself knows them by
 *
 * In a PID namespace a process has a number there and one in each namespace
 * around it.  The profiler names processes, and looks them up in /proc, by those
 * of its own namespace.
 */
#ifndef PROF_PID_BPF_H
#define PROF_PID_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define PID_LEVELS	33	/* MAX_PID_NS_LEVEL and the first */

/* The profiler's namespace, see source/pid_space.h; 0 for the first of all. */
const volatile __u32 pid_space;

/**
 * pid_of() - the number of a task's process
 * @task: of the kernel
 *
 * Return: in the profiler's namespace; 0 if the process is in none of it.
 */
static __always_inline u32 pid_of(struct task_struct *task)
{
	struct upid number;
	struct pid *pid;
	u32 level, i;
	u64 numbers;

	if (!pid_space)
		return BPF_CORE_READ(task, tgid);
	pid = BPF_CORE_READ(task, group_leader, thread_pid);
	level = BPF_CORE_READ(pid, level);
	numbers = (u64)pid + bpf_core_field_offset(struct pid, numbers);
	/* From its own outwards. */
	for (i = 0; i < PID_LEVELS && i <= level; i++) {
		if (bpf_probe_read_kernel(&number, sizeof(number),
					  (void *)(numbers + (level - i) * sizeof(number))))
			return 0;
		if (BPF_CORE_READ(number.ns, ns.inum) == pid_space)
			return number.nr;
	}
	return 0;
}

/* Of the process that runs. */
static __always_inline u32 pid_current(void)
{
	if (!pid_space)
		return bpf_get_current_pid_tgid() >> 32;
	return pid_of((struct task_struct *)bpf_get_current_task());
}

#endif /* PROF_PID_BPF_H */
