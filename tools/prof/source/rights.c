// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * rights.c - what the machine must have and allow, and who says so
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>
#include "source/rights.h"

#define MODULE		"/sys/module/khmap"
#define MODULE_BTF	"/sys/kernel/btf/khmap"
#define KERNEL_BTF	"/sys/kernel/btf/vmlinux"
#define LOCKDOWN	"/sys/kernel/security/lockdown"
#define SYSCTL(name)	"/proc/sys/kernel/" name

/* The highest perf_event_paranoid that lets anybody see the events of a CPU. */
#define PARANOID_CPU	0

/* The highest that lets CAP_PERFMON do so: Debian's kernels have a higher one. */
#define PARANOID_PERFMON	2

static bool file_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool got;

	line[0] = '\0';
	if (!file)
		return false;
	got = fgets(line, (int)size, file);
	fclose(file);
	return got;
}

static int sysctl_read(const char *path)
{
	char line[32];

	return file_line(path, line, sizeof(line)) ? atoi(line) : PROF_RIGHTS_UNKNOWN;
}

static uint64_t capabilities_read(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

void prof_rights_lockdown(const char *text, char *level, size_t size)
{
	const char *start = strchr(text, '['), *end = start ? strchr(start, ']') : NULL;

	level[0] = '\0';
	if (end)
		snprintf(level, size, "%.*s", (int)(end - start - 1), start + 1);
}

void prof_rights_read(struct prof_rights *rights)
{
	char line[128];

	file_line(LOCKDOWN, line, sizeof(line));
	prof_rights_lockdown(line, rights->lockdown, sizeof(rights->lockdown));
	rights->capabilities = capabilities_read();
	rights->paranoid = sysctl_read(SYSCTL("perf_event_paranoid"));
	rights->unprivileged_bpf = sysctl_read(SYSCTL("unprivileged_bpf_disabled"));
	rights->kptr_restrict = sysctl_read(SYSCTL("kptr_restrict"));
}

static bool has(const struct prof_rights *rights, unsigned int capability)
{
	/* Both were part of CAP_SYS_ADMIN before Linux 5.8, and still are. */
	return rights->capabilities & (1ull << capability | 1ull << CAP_SYS_ADMIN);
}

static int module_why(char *text, size_t size)
{
	if (!access(MODULE, F_OK))
		return PROF_EXIT_OK;
	snprintf(text, size, "the module khmap is not loaded: \"insmod khmap.ko\" first");
	return PROF_EXIT_NO_MODULE;
}

static int types_why(char *text, size_t size)
{
	if (access(KERNEL_BTF, F_OK))
		snprintf(text, size,
			 "this kernel has no type information (" KERNEL_BTF
			 "): use one with CONFIG_DEBUG_INFO_BTF=y");
	else if (access(MODULE_BTF, F_OK))
		snprintf(text, size,
			 "the module khmap is loaded without type information (" MODULE_BTF
			 " is missing): build it for this kernel with \"make module\", which adds it by pahole from the kernel's own BTF, and load that one");
	else
		return PROF_EXIT_OK;
	return PROF_EXIT_NO_MODULE;
}

static bool is_locked_down(const struct prof_rights *rights)
{
	return !strcmp(rights->lockdown, "confidentiality");
}

static int lockdown_say(char *text, size_t size)
{
	snprintf(text, size,
		 "the kernel's lockdown is \"confidentiality\" (%s): boot with lockdown=integrity, or without",
		 LOCKDOWN);
	return PROF_EXIT_NOT_PERMITTED;
}

static int no_events_say(char *text, size_t size)
{
	snprintf(text, size, "this kernel has no perf events: use one with CONFIG_PERF_EVENTS=y");
	return PROF_EXIT_UNSUPPORTED;
}

static int bpf_why(const struct prof_rights *rights, char *text, size_t size)
{
	bool bpf = has(rights, CAP_BPF), perfmon = has(rights, CAP_PERFMON);
	bool admin = rights->capabilities & 1ull << CAP_SYS_ADMIN;

	if (!admin) {
		snprintf(text, size,
			 "BPF programs on the module are not permitted: without%s%s CAP_SYS_ADMIN (kernel.%s is %d); run this as root",
			 bpf ? "" : " CAP_BPF,", perfmon ? "" : " CAP_PERFMON,",
			 "unprivileged_bpf_disabled", rights->unprivileged_bpf);
		return PROF_EXIT_NOT_PERMITTED;
	}
	if (!is_locked_down(rights))
		return PROF_EXIT_OK;
	snprintf(text, size, "BPF programs are not permitted to read the kernel: ");
	return lockdown_say(text + strlen(text), size - strlen(text));
}

static int events_why(const struct prof_rights *rights, char *text, size_t size)
{
	if (rights->paranoid == PROF_RIGHTS_UNKNOWN)
		return no_events_say(text, size);
	if (rights->paranoid > PARANOID_CPU && !has(rights, CAP_PERFMON)) {
		snprintf(text, size,
			 "the events of all processes are not permitted: without CAP_PERFMON, and kernel.perf_event_paranoid is %d; %s",
			 rights->paranoid, PROF_EVENTS_REMEDY);
		return PROF_EXIT_NOT_PERMITTED;
	}
	return PROF_EXIT_OK;
}

int prof_rights_why(const struct prof_rights *rights, unsigned int need, char *text, size_t size)
{
	text[0] = '\0';
	switch (need) {
	case PROF_NEED_MODULE:
		return module_why(text, size);
	case PROF_NEED_TYPES:
		return types_why(text, size);
	case PROF_NEED_BPF:
		return bpf_why(rights, text, size);
	case PROF_NEED_EVENTS:
		return events_why(rights, text, size);
	}
	return PROF_EXIT_OK;
}

/* Programs that may not read the kernel lack the function for that, which is -EINVAL. */
static bool is_refusal(const struct prof_rights *rights, unsigned int needs, int err)
{
	if (err == -EINVAL)
		return needs & PROF_NEED_BPF && is_locked_down(rights);
	return err == -EPERM || err == -EACCES;
}

static void refusal_say(const struct prof_rights *rights, unsigned int needs, char *text,
			size_t size)
{
	bool bpf = !(needs & PROF_NEED_BPF) || has(rights, CAP_BPF);
	bool perfmon = has(rights, CAP_PERFMON);

	if (rights->capabilities & 1ull << CAP_SYS_ADMIN)
		snprintf(text, size,
			 "a seccomp filter or a security module forbids it: run this outside of the container, or allow it bpf() and perf_event_open()");
	else if (bpf && perfmon && rights->paranoid > PARANOID_PERFMON)
		snprintf(text, size,
			 "kernel.perf_event_paranoid is %d, above %d, which asks for CAP_SYS_ADMIN: run this as root, or \"sysctl kernel.perf_event_paranoid=%d\"",
			 rights->paranoid, PARANOID_PERFMON, PARANOID_PERFMON);
	else
		snprintf(text, size, "without%s%s%s (kernel.perf_event_paranoid is %d): run this as root",
			 bpf ? "" : " CAP_BPF", perfmon ? "" : bpf ? " CAP_PERFMON" : ", CAP_PERFMON",
			 bpf && perfmon ? " CAP_SYS_ADMIN" : "", rights->paranoid);
}

int prof_rights_refused(const struct prof_rights *rights, unsigned int needs, int err, char *text,
			size_t size)
{
	text[0] = '\0';
	if (err == -ENOSYS || rights->paranoid == PROF_RIGHTS_UNKNOWN)
		return no_events_say(text, size);
	if (!is_refusal(rights, needs, err))
		return PROF_EXIT_OK;
	if (is_locked_down(rights) && rights->capabilities & 1ull << CAP_SYS_ADMIN)
		return lockdown_say(text, size);
	refusal_say(rights, needs, text, size);
	return PROF_EXIT_NOT_PERMITTED;
}

int prof_rights_check(unsigned int needs)
{
	struct prof_rights rights;
	char text[512];
	unsigned int need;
	int status;

	prof_rights_read(&rights);
	for (need = 1; need <= needs; need <<= 1) {
		if (!(needs & need))
			continue;
		status = prof_rights_why(&rights, need, text, sizeof(text));
		if (status) {
			prof_error("%s", text);
			return status;
		}
	}
	return PROF_EXIT_OK;
}

int prof_rights_failure(const char *what, int err, bool verbose)
{
	/* -EACCES is the verifier's. */
	if (err == -EPERM) {
		prof_error("%s: %s: run this as root", what, strerror(-err));
		return PROF_EXIT_NOT_PERMITTED;
	}
	prof_error("%s: %s%s", what, strerror(-err),
		   verbose ? "" : " (--verbose shows what the kernel says)");
	return PROF_EXIT_FAILED;
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static int print_all(enum libbpf_print_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static int print_all(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, format, args);
}

void prof_rights_log(bool verbose)
{
	libbpf_set_print(verbose ? print_all : print_nothing);
}
