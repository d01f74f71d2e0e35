/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * align.h - one record, laid out in three ways
 *
 * The same fields as a schema has them, so that the two can be compared.
 */
#ifndef KHMAP_STUDY_ALIGN_H
#define KHMAP_STUDY_ALIGN_H

#include "study.h"

#define ALIGN_FIELDS	8

/**
 * struct align_way - a layout, and code that was compiled for it
 * @title: for people
 * @prefix: of the struct in a schema
 * @size: of the record, as the compiler has it
 * @offsets: of its fields, likewise
 * @fill: make the record of a number
 * @sum: of all fields of @count records
 */
struct align_way {
	const char *title;
	const char *prefix;
	u32 size;
	u32 offsets[ALIGN_FIELDS];
	void (*fill)(void *record, u64 number);
	u64 (*sum)(const void *records, u32 count);
};

#define ALIGN_WAYS	3

extern const struct align_way align_ways[ALIGN_WAYS];

/* The schema's text for a struct of these fields, without its prefix. */
extern const char align_schema[];

#endif /* KHMAP_STUDY_ALIGN_H */
