/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * kallsyms.h - the kernel's functions, its modules' among them
 */
#ifndef PROF_KALLSYMS_H
#define PROF_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct prof_kernel_function - a function of the kernel
 * @address: where it begins
 * @name: of the function
 * @module: that it is of; empty if it is the kernel's own
 */
struct prof_kernel_function {
	uint64_t address;
	const char *name;
	const char *module;
};

/**
 * struct prof_kallsyms - all of them
 * @functions: by address
 * @count: how many
 * @text: that the names are in
 */
struct prof_kallsyms {
	struct prof_kernel_function *functions;
	size_t count;
	char *text;
};

/**
 * prof_kallsyms_read() - read /proc/kallsyms
 * @kallsyms: filled on success
 *
 * Return: 0; -EPERM the kernel hides its addresses; another -errno.
 */
int prof_kallsyms_read(struct prof_kallsyms *kallsyms);

/**
 * prof_kallsyms_find() - the function at an address
 * @kallsyms: to look in
 * @address: of an instruction
 *
 * Return: the last one that begins there or before; NULL if there is none.
 */
const struct prof_kernel_function *prof_kallsyms_find(const struct prof_kallsyms *kallsyms,
						      uint64_t address);

/**
 * prof_kallsyms_free() - free them
 * @kallsyms: empty afterwards
 */
void prof_kallsyms_free(struct prof_kallsyms *kallsyms);

#endif /* PROF_KALLSYMS_H */
