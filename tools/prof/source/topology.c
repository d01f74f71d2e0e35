// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * topology.c - two CPUs that have nothing in common but the memory
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "source/topology.h"

static int cpu_number(const char **text, unsigned long *number)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	*number = strtoul(*text, &end, 10);
	*text = end;
	return *number < CPU_SETSIZE ? 0 : -EINVAL;
}

int prof_cpu_list(const char *text, cpu_set_t *cpus)
{
	unsigned long first, last;

	CPU_ZERO(cpus);
	for (;; text++) {
		if (cpu_number(&text, &first))
			return -EINVAL;
		last = first;
		if (*text == '-') {
			text++;
			if (cpu_number(&text, &last) || last < first)
				return -EINVAL;
		}
		for (; first <= last; first++)
			CPU_SET(first, cpus);
		if (*text != ',')
			break;
	}
	return !*text || (*text == '\n' && !text[1]) ? 0 : -EINVAL;
}

/* The CPUs that are threads of the same core. */
static void siblings_read(const char *folder, int cpu, cpu_set_t *siblings)
{
	char path[4096], line[4096];
	FILE *file;
	bool known = false;

	snprintf(path, sizeof(path), "%s/cpu%d/topology/thread_siblings_list", folder, cpu);
	file = fopen(path, "re");
	if (file) {
		known = fgets(line, sizeof(line), file) && !prof_cpu_list(line, siblings);
		fclose(file);
	}
	if (!known)
		CPU_ZERO(siblings);
	CPU_SET(cpu, siblings);
}

static int cpu_next(const cpu_set_t *allowed, const cpu_set_t *but, int from)
{
	int cpu;

	for (cpu = from; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, allowed) && !CPU_ISSET(cpu, but))
			return cpu;
	return -1;
}

int prof_pair_choose(const cpu_set_t *allowed, const char *folder, struct prof_pair *pair)
{
	cpu_set_t none, siblings;
	int first, other;

	CPU_ZERO(&none);
	first = cpu_next(allowed, &none, 0);
	if (first < 0)
		return -ENODEV;
	siblings_read(folder, first, &siblings);
	other = cpu_next(allowed, &siblings, 0);
	pair->one_core = other < 0;
	if (other < 0)
		other = cpu_next(allowed, &none, first + 1);
	if (other < 0)
		return -ENODEV;
	pair->cpu[0] = first;
	pair->cpu[1] = other;
	return 0;
}

int prof_pair_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}
