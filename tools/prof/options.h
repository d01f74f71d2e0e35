/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * options.h - options that commands share
 */
#ifndef PROF_OPTIONS_H
#define PROF_OPTIONS_H

#include <getopt.h>
#include "prof.h"
#include "source/tick.h"

/**
 * prof_option_count() - read a number from 1
 * @name: of the option
 * @text: its value
 * @max: the highest that is allowed
 * @count: filled on success
 *
 * Prints what is wrong.
 *
 * Return: whether all is well.
 */
bool prof_option_count(const char *name, const char *text, uint64_t max, uint64_t *count);

/**
 * prof_option_seconds() - read a number of seconds above 0
 * @name: of the option
 * @text: its value, which may have a fraction
 * @ns: filled on success, in nanoseconds
 *
 * Prints what is wrong.
 *
 * Return: whether all is well.
 */
bool prof_option_seconds(const char *name, const char *text, uint64_t *ns);

#endif /* PROF_OPTIONS_H */
