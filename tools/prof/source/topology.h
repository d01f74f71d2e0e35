/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * topology.h - two CPUs that have nothing in common but the memory
 */
#ifndef PROF_TOPOLOGY_H
#define PROF_TOPOLOGY_H

#include <sched.h>
#include <stdbool.h>

#define PROF_CPU_FOLDER	"/sys/devices/system/cpu"

/**
 * struct prof_pair - two CPUs
 * @cpu: which
 * @one_core: both are threads of one core, as there was no other pair
 */
struct prof_pair {
	int cpu[2];
	bool one_core;
};

/**
 * prof_cpu_list() - read a list of CPUs
 * @text: of /sys: "0-3,8"; a newline may end it
 * @cpus: filled
 *
 * Return: 0; -EINVAL it is none.
 */
int prof_cpu_list(const char *text, cpu_set_t *cpus);

/**
 * prof_pair_choose() - two CPUs, of different cores if there are such
 * @allowed: CPUs that this process may use
 * @folder: PROF_CPU_FOLDER; a CPU whose core it does not tell is one by itself
 * @pair: filled on success
 *
 * Return: 0; -ENODEV there are fewer than two.
 */
int prof_pair_choose(const cpu_set_t *allowed, const char *folder, struct prof_pair *pair);

/**
 * prof_pair_pin() - have the calling thread run on one CPU
 * @cpu: which
 *
 * Return: 0 or -errno.
 */
int prof_pair_pin(int cpu);

#endif /* PROF_TOPOLOGY_H */
