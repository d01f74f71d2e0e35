// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_rights.c - what is said to whom the machine does not let
 */
#include <errno.h>
#include <linux/capability.h>
#include "source/rights.h"
#include "../tap.h"

#define CAPABILITY(number)	(1ull << (number))
#define ALL			(CAPABILITY(CAP_SYS_ADMIN) | CAPABILITY(CAP_BPF) | \
				 CAPABILITY(CAP_PERFMON))

static void level_is(const char *text, const char *want)
{
	char level[32];

	prof_rights_lockdown(text, level, sizeof(level));
	is_str(level, want, "lockdown \"%.*s\"", (int)strcspn(text, "\n"), text);
}

/* @part: of what is said; NULL if nothing is. */
static void why(const struct prof_rights *rights, unsigned int need, int status, const char *part)
{
	char text[512];

	is_i64(prof_rights_why(rights, need, text, sizeof(text)), status, "status %d", status);
	if (part)
		ok(strstr(text, part), "it says \"%s\": %s", part, text);
	else
		is_str(text, "", "nothing is missing");
}

static void refused(const struct prof_rights *rights, unsigned int needs, int err, int status,
		    const char *want)
{
	char text[512];

	is_i64(prof_rights_refused(rights, needs, err, text, sizeof(text)), status,
	       "errno %d: status %d", -err, status);
	is_str(text, want, "what is said of it");
}

#define LOCKED_DOWN "the kernel's lockdown is \"confidentiality\" (/sys/kernel/security/lockdown): boot with lockdown=integrity, or without"
#define NO_EVENTS "this kernel has no perf events: use one with CONFIG_PERF_EVENTS=y"
#define FORBIDDEN "a seccomp filter or a security module forbids it: run this outside of the container, or allow it bpf() and perf_event_open()"

/* What watch and stat say of an event, or a program, that they did not get. */
static void refusals(void)
{
	struct prof_rights rights = { .capabilities = ALL, .paranoid = 2 };

	refused(&rights, PROF_NEED_EVENTS, -EPERM, PROF_EXIT_NOT_PERMITTED, FORBIDDEN);
	refused(&rights, PROF_NEED_EVENTS, -ENOENT, PROF_EXIT_OK, "");
	refused(&rights, PROF_NEED_EVENTS, -ENOSYS, PROF_EXIT_UNSUPPORTED, NO_EVENTS);
	refused(&rights, PROF_NEED_BPF, -EINVAL, PROF_EXIT_OK, "");
	strcpy(rights.lockdown, "integrity");
	refused(&rights, PROF_NEED_EVENTS, -EPERM, PROF_EXIT_NOT_PERMITTED, FORBIDDEN);
	refused(&rights, PROF_NEED_BPF, -EINVAL, PROF_EXIT_OK, "");
	strcpy(rights.lockdown, "confidentiality");
	refused(&rights, PROF_NEED_EVENTS, -EPERM, PROF_EXIT_NOT_PERMITTED, LOCKED_DOWN);
	refused(&rights, PROF_NEED_BPF, -EINVAL, PROF_EXIT_NOT_PERMITTED, LOCKED_DOWN);
	refused(&rights, PROF_NEED_EVENTS, -EINVAL, PROF_EXIT_OK, "");
	rights.lockdown[0] = '\0';

	rights.capabilities = CAPABILITY(CAP_BPF) | CAPABILITY(CAP_PERFMON);
	refused(&rights, PROF_NEED_EVENTS, -EPERM, PROF_EXIT_NOT_PERMITTED,
		"without CAP_SYS_ADMIN (kernel.perf_event_paranoid is 2): run this as root");
	rights.paranoid = 3;
	refused(&rights, PROF_NEED_EVENTS, -EACCES, PROF_EXIT_NOT_PERMITTED,
		"kernel.perf_event_paranoid is 3, above 2, which asks for CAP_SYS_ADMIN: run this as root, or \"sysctl kernel.perf_event_paranoid=2\"");
	rights.capabilities = 0;
	refused(&rights, PROF_NEED_EVENTS, -EACCES, PROF_EXIT_NOT_PERMITTED,
		"without CAP_PERFMON (kernel.perf_event_paranoid is 3): run this as root");
	refused(&rights, PROF_NEED_BPF | PROF_NEED_EVENTS, -EPERM, PROF_EXIT_NOT_PERMITTED,
		"without CAP_BPF, CAP_PERFMON (kernel.perf_event_paranoid is 3): run this as root");
	rights.paranoid = PROF_RIGHTS_UNKNOWN;
	refused(&rights, PROF_NEED_EVENTS, -ENOENT, PROF_EXIT_UNSUPPORTED, NO_EVENTS);
}

int main(void)
{
	struct prof_rights rights = { .capabilities = ALL, .paranoid = 2, .unprivileged_bpf = 2 };

	level_is("none [integrity] confidentiality\n", "integrity");
	level_is("none integrity [confidentiality]\n", "confidentiality");
	level_is("[none] integrity confidentiality\n", "none");
	level_is("none [integrity", "");
	level_is("", "");

	why(&rights, PROF_NEED_BPF, PROF_EXIT_OK, NULL);
	why(&rights, PROF_NEED_EVENTS, PROF_EXIT_OK, NULL);
	strcpy(rights.lockdown, "integrity");
	why(&rights, PROF_NEED_BPF, PROF_EXIT_OK, NULL);
	strcpy(rights.lockdown, "confidentiality");
	why(&rights, PROF_NEED_BPF, PROF_EXIT_NOT_PERMITTED, "boot with lockdown=integrity");
	rights.lockdown[0] = '\0';

	rights.capabilities = CAPABILITY(CAP_BPF);
	why(&rights, PROF_NEED_BPF, PROF_EXIT_NOT_PERMITTED,
	    "without CAP_PERFMON, CAP_SYS_ADMIN (kernel.unprivileged_bpf_disabled is 2)");
	why(&rights, PROF_NEED_EVENTS, PROF_EXIT_NOT_PERMITTED,
	    "without CAP_PERFMON, and kernel.perf_event_paranoid is 2");
	rights.capabilities = CAPABILITY(CAP_PERFMON);
	why(&rights, PROF_NEED_BPF, PROF_EXIT_NOT_PERMITTED, "without CAP_BPF, CAP_SYS_ADMIN");
	why(&rights, PROF_NEED_EVENTS, PROF_EXIT_OK, NULL);
	rights.capabilities = 0;
	rights.paranoid = 0;
	why(&rights, PROF_NEED_EVENTS, PROF_EXIT_OK, NULL);

	rights.capabilities = ALL;
	rights.paranoid = PROF_RIGHTS_UNKNOWN;
	why(&rights, PROF_NEED_EVENTS, PROF_EXIT_UNSUPPORTED, "CONFIG_PERF_EVENTS=y");
	refusals();
	return done();
}
