/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * rights.h - what the machine must have and allow, and who says so
 */
#ifndef PROF_RIGHTS_H
#define PROF_RIGHTS_H

#include <linux/types.h>
#include "prof.h"

#define PROF_NEED_MODULE	1u	/* the module is loaded */
#define PROF_NEED_TYPES		2u	/* type information of kernel and module */
#define PROF_NEED_BPF		4u	/* BPF programs on the module's functions */
#define PROF_NEED_EVENTS	8u	/* perf events of all processes */

/**
 * struct prof_rights - what this process may do, and the kernel allows
 * @capabilities: that are in effect, a bit for each
 * @paranoid: kernel.perf_event_paranoid; PROF_RIGHTS_UNKNOWN without perf events
 * @unprivileged_bpf: kernel.unprivileged_bpf_disabled, or PROF_RIGHTS_UNKNOWN
 * @kptr_restrict: kernel.kptr_restrict, or PROF_RIGHTS_UNKNOWN
 * @lockdown: "none", "integrity", "confidentiality"; empty if the kernel has none
 */
struct prof_rights {
	uint64_t capabilities;
	int paranoid;
	int unprivileged_bpf;
	int kptr_restrict;
	char lockdown[32];
};

#define PROF_RIGHTS_UNKNOWN	(-100)

/**
 * prof_rights_read() - what this process may do, and the kernel allows
 * @rights: filled
 */
void prof_rights_read(struct prof_rights *rights);

/**
 * prof_rights_lockdown() - the level of lockdown that is in force
 * @text: of /sys/kernel/security/lockdown, "none [integrity] confidentiality"
 * @level: filled, a word; empty if @text names none
 * @size: of @level
 */
void prof_rights_lockdown(const char *text, char *level, size_t size);

/**
 * prof_rights_why() - why something that is needed is not to be had
 * @rights: of prof_rights_read()
 * @need: one PROF_NEED_*
 * @text: filled: one line, what is wrong and what to do; empty if all is well
 * @size: of @text
 *
 * Return: enum prof_exit.
 */
int prof_rights_why(const struct prof_rights *rights, unsigned int need, char *text, size_t size);

/**
 * prof_rights_refused() - why the kernel refused something that it was asked for
 * @rights: of prof_rights_read()
 * @needs: PROF_NEED_EVENTS for an event, PROF_NEED_BPF for a program of one
 * @err: a -errno, that it refused it with
 * @text: filled: one line, what is wrong and what to do; empty if it was not for rights
 * @size: of @text
 *
 * Lockdown need not stand in the way: it forbids some events, and programs that read
 * the kernel, so that only who was refused is told of it.
 *
 * Return: enum prof_exit; PROF_EXIT_OK if it was not for rights.
 */
int prof_rights_refused(const struct prof_rights *rights, unsigned int needs, int err, char *text,
			size_t size);

/**
 * prof_rights_check() - is all there that is needed?
 * @needs: PROF_NEED_*
 *
 * Prints the first thing that is missing, and what to do about it.
 *
 * Return: enum prof_exit.
 */
int prof_rights_check(unsigned int needs);

/**
 * prof_rights_failure() - say why something failed, by its errno
 * @what: that failed
 * @err: a -errno
 * @verbose: the kernel's own words were shown
 *
 * Return: enum prof_exit.
 */
int prof_rights_failure(const char *what, int err, bool verbose);

/**
 * prof_rights_log() - what libbpf says goes to standard error, or nowhere
 * @verbose: it is shown
 */
void prof_rights_log(bool verbose);

#endif /* PROF_RIGHTS_H */
