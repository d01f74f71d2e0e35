/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * report.h - a profile for people and for programs
 */
#ifndef PROF_REPORT_H
#define PROF_REPORT_H

#include <stdio.h>
#include "profile/profile.h"

/**
 * prof_table_print() - the hottest lines as a table, and the totals
 * @profile: the profile
 * @top: lines at most
 * @out: where to
 *
 * Return: 0; -ENOMEM.
 */
int prof_table_print(const struct prof_profile *profile, size_t top, FILE *out);

/**
 * prof_json_write() - all of a profile as JSON
 * @profile: the profile
 * @out: where to
 *
 * One object; "format" is PROF_FORMAT and changes when a reader would have to.
 *
 * Return: 0; -ENOMEM; -EIO.
 */
int prof_json_write(const struct prof_profile *profile, FILE *out);

#endif /* PROF_REPORT_H */
