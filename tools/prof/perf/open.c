// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * open.c - open events, and say why that did not work
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/hw_breakpoint.h>
#include "perf/open.h"

#define PMUS		"/sys/bus/event_source/devices"
#define ONLINE		"/sys/devices/system/cpu/online"
#define PARANOID	"/proc/sys/kernel/perf_event_paranoid"
#define LOCKDOWN	"/sys/kernel/security/lockdown"
#define MODULE		"/sys/module/khmap"
#define MODULE_BTF	"/sys/kernel/btf/khmap"

/* The first line of a file, without its end. */
static bool file_line(const struct prof_kernel *kernel, const char *path, char *line, size_t size)
{
	char full[PATH_MAX];
	FILE *file;
	bool read;

	if (snprintf(full, sizeof(full), "%s%s", kernel->root, path) >= (int)sizeof(full))
		return false;
	file = fopen(full, "re");
	if (!file)
		return false;
	read = fgets(line, (int)size, file);
	fclose(file);
	if (read)
		line[strcspn(line, "\n")] = '\0';
	return read;
}

static bool pmu_line(const struct prof_kernel *kernel, const char *pmu, const char *name,
		     char *line, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), PMUS "/%s/%s", pmu, name);
	return file_line(kernel, path, line, size);
}

static int rung_attr(const struct prof_kernel *kernel, const struct prof_rung *rung,
		     struct perf_event_attr *attr)
{
	char line[32];

	*attr = (struct perf_event_attr){
		.size = sizeof(*attr),
		.type = rung->type,
		.config = rung->config,
		.config1 = rung->config1,
		.sample_period = rung->period,
		.precise_ip = rung->precise,
		.disabled = 1,
		.exclude_user = rung->kernel_only,
		.sample_type = PERF_SAMPLE_IP,
	};
	/* Drivers fill in only what is asked for. */
	if (rung->has_address)
		attr->sample_type |= PERF_SAMPLE_ADDR | PERF_SAMPLE_DATA_SRC;
	/* Without, no program may be attached to precise samples that looks at stacks. */
	if (rung->precise)
		attr->sample_type |= PERF_SAMPLE_CALLCHAIN;
	if (!rung->pmu)
		return 0;
	if (!pmu_line(kernel, rung->pmu, "type", line, sizeof(line)))
		return -ENODEV;
	attr->type = (uint32_t)strtoul(line, NULL, 10);
	return 0;
}

/* "0-3,8" as numbers. */
static int list_cpus(const char *list, int *cpus, int max)
{
	int count = 0;

	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; first <= last; first++, count++)
			if (count < max)
				cpus[count] = (int)first;
		list = *end == ',' ? end + 1 : end;
	}
	return count;
}

int prof_rung_cpus(const struct prof_kernel *kernel, const struct prof_rung *rung, int *cpus,
		   int max)
{
	char line[4096];

	if (!rung->pmu || !pmu_line(kernel, rung->pmu, "cpus", line, sizeof(line)))
		if (!file_line(kernel, ONLINE, line, sizeof(line)))
			return -ENOENT;
	return list_cpus(line, cpus, max);
}

int prof_rung_open(const struct prof_kernel *kernel, const struct prof_rung *rung, uint64_t period,
		   int cpu)
{
	struct perf_event_attr attr;
	int err = rung_attr(kernel, rung, &attr);

	if (err)
		return err;
	attr.sample_period = prof_rung_period(rung, period);
	return kernel->event_open(kernel->context, &attr, cpu);
}

#define say(text, ...) \
	snprintf(text, sizeof(text), __VA_ARGS__)

/* The counters of a processor, not the kernel's own events. */
static bool of_processor(const struct prof_rung *rung)
{
	return rung->pmu || rung->type == PERF_TYPE_RAW || rung->type == PERF_TYPE_HW_CACHE;
}

static void unknown_explain(const struct prof_cpu *cpu, struct prof_trial *verdict)
{
	const struct prof_rung *rung = verdict->rung;

	if (rung->pmu) {
		say(verdict->why, "the kernel has no PMU \"%s\" (" PMUS "/%s)", rung->pmu,
		    rung->pmu);
		if (cpu->virtual)
			say(verdict->remedy, "run this on the host: virtual machines are not given that one");
	} else if (of_processor(rung) && cpu->virtual) {
		say(verdict->why, "the kernel knows no such event: this virtual machine has been given no counters, or not this one");
		say(verdict->remedy, "give it a virtual PMU (QEMU with KVM: -cpu host,pmu=on), or run this on the host");
	} else {
		say(verdict->why, "the kernel knows no such event on this processor");
	}
}

static void access_explain(const struct prof_kernel *kernel, struct prof_trial *verdict)
{
	char paranoid[16] = "?";

	file_line(kernel, PARANOID, paranoid, sizeof(paranoid));
	say(verdict->why, "events of all processes are not allowed: kernel.perf_event_paranoid is %s",
	    paranoid);
	say(verdict->remedy, PROF_EVENTS_REMEDY);
}

static void permission_explain(const struct prof_kernel *kernel, struct prof_trial *verdict)
{
	char lockdown[64] = "";

	file_line(kernel, LOCKDOWN, lockdown, sizeof(lockdown));
	if (strstr(lockdown, "[confidentiality]")) {
		say(verdict->why, "kernel lockdown forbids events, it is in the mode confidentiality");
		say(verdict->remedy, "boot with lockdown=integrity or without");
		return;
	}
	say(verdict->why, "perf_event_open() is forbidden by a seccomp filter or a security module");
	say(verdict->remedy, "run this outside of the container, or allow it that system call");
}

/* Which errno stands for what, see perf_event_open(2). */
static void refusal_explain(const struct prof_kernel *kernel, const struct prof_cpu *cpu,
			    struct prof_trial *verdict)
{
	switch (-verdict->err) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		unknown_explain(cpu, verdict);
		break;
	case EOPNOTSUPP:
		if (verdict->rung->precise)
			say(verdict->why, "the counters here have no precise samples (PEBS)%s",
			    cpu->virtual ? ": this virtual machine has not been given them" : "");
		else
			say(verdict->why, "the counters here raise no interrupt, so there are no samples");
		break;
	case EACCES:
		access_explain(kernel, verdict);
		break;
	case EPERM:
		permission_explain(kernel, verdict);
		break;
	case ENOSYS:
		say(verdict->why, "this kernel has no events at all");
		say(verdict->remedy, "use one with CONFIG_PERF_EVENTS=y");
		break;
	case EBUSY:
	case ENOSPC:
		say(verdict->why, "others have all counters of that kind");
		say(verdict->remedy, "end other profilers and debuggers; the NMI watchdog takes one (\"sysctl kernel.nmi_watchdog=0\")");
		break;
	case EMFILE:
		say(verdict->why, "too many files are open");
		say(verdict->remedy, "raise the limit, \"ulimit -n\"");
		break;
	default:
		say(verdict->why, "the kernel refuses it: %s", strerror(-verdict->err));
	}
}

static int event_try(const struct prof_kernel *kernel, const struct prof_rung *rung)
{
	int cpu, fd;

	if (prof_rung_cpus(kernel, rung, &cpu, 1) < 1)
		cpu = 0;
	fd = prof_rung_open(kernel, rung, 0, cpu);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* A watchpoint on a word of this process. */
static int watchpoint_try(const struct prof_kernel *kernel)
{
	static uint64_t word;
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_BREAKPOINT,
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = (uintptr_t)&word,
		.bp_len = HW_BREAKPOINT_LEN_8,
		.sample_period = 1,
		.disabled = 1,
		.exclude_kernel = 1,
	};
	int fd = kernel->event_open(kernel->context, &attr, -1);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static bool exists(const struct prof_kernel *kernel, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", kernel->root, path);
	return !access(full, F_OK);
}

/* What stands behind the last semicolon is what to do. */
static void programs_try(const struct prof_kernel *kernel, struct prof_trial *verdict)
{
	char text[512], *remedy;

	if (!kernel->programs_why)
		return;
	verdict->err = kernel->programs_why(text, sizeof(text));
	if (!verdict->err)
		return;
	remedy = strrchr(text, ';');
	if (remedy) {
		*remedy = '\0';
		say(verdict->remedy, "%.190s", remedy + 2);
	}
	say(verdict->why, "%.190s", text);
}

static void tracepoints_try(const struct prof_kernel *kernel, struct prof_trial *verdict)
{
	if (!exists(kernel, MODULE)) {
		verdict->err = -ENOENT;
		say(verdict->why, "the module khmap is not loaded");
		say(verdict->remedy, "\"insmod khmap.ko\"");
	} else if (!exists(kernel, MODULE_BTF)) {
		verdict->err = -ENOENT;
		say(verdict->why, "the module is loaded without type information (" MODULE_BTF ")");
		say(verdict->remedy, "build it with \"make module\" and load that one");
	} else {
		programs_try(kernel, verdict);
	}
}

void prof_rung_try(const struct prof_kernel *kernel, const struct prof_cpu *cpu,
		   const struct prof_rung *rung, struct prof_trial *verdict)
{
	*verdict = (struct prof_trial){ .rung = rung, .standing = PROF_STANDING_FREE };
	if (!prof_rung_fits(rung, cpu)) {
		verdict->standing = PROF_STANDING_FOREIGN;
		say(verdict->why, "it is an event of other processors");
		return;
	}
	switch (rung->kind) {
	case PROF_RUNG_EVENT:
		verdict->err = event_try(kernel, rung);
		break;
	case PROF_RUNG_WATCHPOINT:
		verdict->err = watchpoint_try(kernel);
		break;
	case PROF_RUNG_TRACEPOINTS:
		tracepoints_try(kernel, verdict);
		break;
	}
	if (verdict->err) {
		verdict->standing = PROF_STANDING_REFUSED;
		if (!verdict->why[0])
			refusal_explain(kernel, cpu, verdict);
	} else if (rung->kind == PROF_RUNG_WATCHPOINT) {
		say(verdict->why, "it works here, and is what \"khmap-prof watch\" uses");
	} else if (rung->choice == PROF_CHOICE_NAMED) {
		say(verdict->why, "it works here, and is used if it is asked for by name");
	} else {
		say(verdict->why, "it works here, but a better one does too");
	}
}

int prof_trial_exit(const struct prof_trial *verdict)
{
	if (verdict->standing == PROF_STANDING_FOREIGN)
		return PROF_EXIT_UNSUPPORTED;
	switch (-verdict->err) {
	case 0:
		return PROF_EXIT_OK;
	case EACCES:
	case EPERM:
		return PROF_EXIT_NOT_PERMITTED;
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case EOPNOTSUPP:
	case ENOSYS:
		return PROF_EXIT_UNSUPPORTED;
	}
	return PROF_EXIT_FAILED;
}

const struct prof_trial *prof_ladder_try(const struct prof_kernel *kernel,
					 const struct prof_cpu *cpu, struct prof_trial *verdicts)
{
	struct prof_trial *taken = NULL;
	size_t i;

	for (i = 0; i < prof_ladder_length; i++) {
		prof_rung_try(kernel, cpu, &prof_ladder[i], &verdicts[i]);
		if (!taken && verdicts[i].standing == PROF_STANDING_FREE &&
		    prof_ladder[i].choice == PROF_CHOICE_AUTO)
			taken = &verdicts[i];
	}
	if (taken) {
		taken->standing = PROF_STANDING_TAKEN;
		say(taken->why, "it is the best one that works here");
	}
	return taken;
}
