/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * report.h - tables and charts of the benchmark's file
 */
#ifndef KHMAP_BENCH_REPORT_H
#define KHMAP_BENCH_REPORT_H

#include <jansson.h>
#include <stdbool.h>

/**
 * report_median() - the median of an array of samples
 * @object: of the file
 * @member: name of the array
 *
 * Return: the median; of an even number of samples, the upper of the middle two;
 * NaN if there are none.
 */
double report_median(const json_t *object, const char *member);

/**
 * report_median_of() - the median of samples
 * @array: of the file
 *
 * Return: as report_median().
 */
double report_median_of(const json_t *array);

/**
 * report_best() - the median of the fastest subject of a role
 * @subjects: array of subjects
 * @role: "khmap", "peer" or "other"
 * @member: name of the array of samples
 *
 * Return: nanoseconds; NaN if none has samples.
 */
double report_best(const json_t *subjects, const char *role, const char *member);

/**
 * report_is() - has a subject this role?
 * @subject: of the file
 * @role: the role
 */
bool report_is(const json_t *subject, const char *role);

/**
 * report_name() - the name of a subject
 * @subject: of the file
 */
const char *report_name(const json_t *subject);

/**
 * report_number() - a number of the file
 * @object: of the file
 * @member: its name
 *
 * Return: the number, integer or real; NaN if there is none.
 */
double report_number(const json_t *object, const char *member);

/**
 * report_subject() - one of the two that a group compares
 * @group: a group of subjects
 * @compare: which
 * @member: "of" or "to"
 *
 * Return: the subject; NULL if there is none.
 */
const json_t *report_subject(const json_t *group, const json_t *compare, const char *member);

/**
 * report_speed() - how many times as fast one subject of a group is as another
 * @group: the group; with a unit that ends in "/s" more is faster, else less
 * @compare: which
 *
 * Return: a ratio of medians; NaN if one has no samples.
 */
double report_speed(const json_t *group, const json_t *compare);

/**
 * report_text() - print the file as tables
 * @root: the file
 */
void report_text(const json_t *root);

/**
 * report_plot() - print the file as a script for gnuplot, which makes an SVG of it
 * @root: the file
 */
void report_plot(const json_t *root);

/**
 * report_machine() - print what made the file, and when
 * @root: the file
 */
void report_machine(const json_t *root);

/**
 * report_study_text() - print studies as tables
 * @studies: of the file that bench-study wrote
 */
void report_study_text(const json_t *studies);

/**
 * report_study_plot() - print studies as a script for gnuplot
 * @studies: of the file that bench-study wrote
 */
void report_study_plot(const json_t *studies);

#endif /* KHMAP_BENCH_REPORT_H */
