/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * cpu.h - which processor this is, as far as its events depend on it
 */
#ifndef PROF_CPU_H
#define PROF_CPU_H

#include <stdbool.h>
#include <stddef.h>

#define PROF_CPUINFO	"/proc/cpuinfo"

/**
 * enum prof_vendor - who made the processor
 * @PROF_VENDOR_OTHER: somebody else, or it is not said
 * @PROF_VENDOR_INTEL: GenuineIntel
 * @PROF_VENDOR_AMD: AuthenticAMD, or HygonGenuine, whose counters are AMD's
 * @PROF_VENDOR_ARM: any implementer of Arm's 64-bit architecture
 */
enum prof_vendor {
	PROF_VENDOR_OTHER,
	PROF_VENDOR_INTEL,
	PROF_VENDOR_AMD,
	PROF_VENDOR_ARM,
};

/**
 * struct prof_cpu - a processor
 * @vendor: who made it
 * @name: as /proc/cpuinfo calls the vendor; empty if it does not say
 * @family: of x86; Arm's implementer
 * @model: of x86; Arm's part
 * @virtual: it says that it is in a virtual machine; Arm's never do
 */
struct prof_cpu {
	enum prof_vendor vendor;
	char name[16];
	unsigned int family;
	unsigned int model;
	bool virtual;
};

/**
 * prof_cpu_read() - the first processor of a file
 * @path: has the form of PROF_CPUINFO
 * @cpu: filled on success
 *
 * Return: 0; -EINVAL the file names no processor that is known of; another
 * -errno.
 */
int prof_cpu_read(const char *path, struct prof_cpu *cpu);

/**
 * prof_cpu_words() - a processor in words
 * @cpu: the processor
 * @text: filled
 * @size: of @text
 */
void prof_cpu_words(const struct prof_cpu *cpu, char *text, size_t size);

#endif /* PROF_CPU_H */
