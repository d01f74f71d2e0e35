// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * machine.c - where and when a profile is recorded
 */
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "perf/cpu.h"
#include "source/machine.h"

void prof_machine_read(struct prof_profile *profile)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	time_t now = time(NULL);
	char text[32] = "";
	struct prof_cpu cpu = { 0 };
	struct utsname system;
	struct tm parts;

	if (gmtime_r(&now, &parts))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	profile->tool = KHMAP_VERSION;
	profile->began = prof_profile_text(profile, text);
	profile->machine.release = prof_profile_text(profile,
						     uname(&system) ? "" : system.release);
	profile->machine.cpus = cpus > 0 ? (uint32_t)cpus : 1;
	profile->machine.hypervisor = !prof_cpu_read(PROF_CPUINFO, &cpu) && cpu.virtual;
}
