// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_sort.c - records in the order of their keys
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "record_sort.h"
#include "schema.h"

#define RECORD_SORT_ROOM 1024

static size_t record_sort_size(const struct record_sort *sort)
{
	return khmap_schema_key_size(sort->schema) + khmap_schema_value_size(sort->schema);
}

int record_sort_add(struct record_sort *sort, const void *key, const void *value)
{
	size_t key_size = khmap_schema_key_size(sort->schema), size = record_sort_size(sort);
	unsigned char *record;

	if (sort->count == sort->room) {
		size_t room = sort->room ? sort->room * 2 : RECORD_SORT_ROOM;

		record = reallocarray(sort->records, room, size);
		if (!record)
			return khmap_fail(ENOMEM, "out of memory: to sort, %zu records must be kept",
					  room);
		sort->records = record;
		sort->room = room;
	}
	record = sort->records + sort->count++ * size;
	memcpy(record, key, key_size);
	memcpy(record + key_size, value, size - key_size);
	return 0;
}

/* Bits whose order without a sign is that of the numbers. */
static __u64 record_sort_bits(const struct khmap_type *type, const void *record)
{
	__u64 sign = UINT64_C(1) << (type->size * 8 - 1);
	__u64 bits = khmap_number_load(type, record);

	if (type->kind == KHMAP_KIND_UINT)
		return bits;
	/* Of floating point below zero, the larger magnitude is the smaller number. */
	if (type->kind == KHMAP_KIND_FLOAT && (bits & sign))
		return ~bits & (sign | (sign - 1));
	return bits ^ sign;
}

static int record_sort_compare(const struct khmap_type *type, const unsigned char *a,
			       const unsigned char *b)
{
	__u64 left, right;
	int ret = 0;

	switch (type->kind) {
	case KHMAP_KIND_UINT:
	case KHMAP_KIND_INT:
	case KHMAP_KIND_FLOAT:
		left = record_sort_bits(type, a);
		right = record_sort_bits(type, b);
		return (left > right) - (left < right);
	case KHMAP_KIND_ARRAY:
		for (__u32 i = 0; i < type->count && !ret; i++) {
			size_t at = (size_t)i * type->element->size;

			ret = record_sort_compare(type->element, a + at, b + at);
		}
		return ret;
	case KHMAP_KIND_STRUCT:
		for (__u32 i = 0; i < type->count && !ret; i++)
			ret = record_sort_compare(type->fields[i].type, a + type->fields[i].offset,
						  b + type->fields[i].offset);
		return ret;
	default:
		return memcmp(a, b, type->size);
	}
}

static int record_sort_order(const void *a, const void *b, void *context)
{
	const struct khmap_type *type = context;
	int ret = record_sort_compare(type, a, b);

	return ret ? ret : memcmp(a, b, type->size);
}

void record_sort_run(struct record_sort *sort)
{
	if (sort->count)
		qsort_r(sort->records, sort->count, record_sort_size(sort), record_sort_order,
			(void *)khmap_schema_key(sort->schema));
}
