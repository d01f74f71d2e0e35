/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * stacks.h - where a line moved from, in words
 */
#ifndef PROF_STACKS_H
#define PROF_STACKS_H

#include "profile/profile.h"

#define PROF_STACK_ROOM	1024	/* what is longer ends in dots */
#define PROF_STACKS_TOP	8	/* of a line, that are shown */

/**
 * prof_line_by() - who accessed a line most, in words
 * @profile: the profile
 * @line: the line
 * @text: of PROF_STACK_ROOM; filled if it is not a symbol
 *
 * Return: as prof_code_name() of prof_line_code(), if the instruction is known; else the
 * function that called the C library where the line moved from most often; "-" if
 * neither is known.
 */
const char *prof_line_by(const struct prof_profile *profile, const struct prof_line_row *line,
			 char *text);

/**
 * prof_stack_name() - functions of a stack, in words
 * @profile: the profile
 * @row: with the stack
 * @text: of PROF_STACK_ROOM; filled: "put [a.out] < main [a.out]", from the function that
 *	called the C library on; of the kernel's functions, if there are no others
 *
 * Return: @text.
 */
const char *prof_stack_name(const struct prof_profile *profile, const struct prof_stack_row *row,
			    char *text);

/**
 * prof_stacks_trim() - leave out the profiler's own frames, as far as they have names
 * @profile: its frames have their symbols; changed
 */
void prof_stacks_trim(struct prof_profile *profile);

#endif /* PROF_STACKS_H */
