// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_order.c - the order of records
 */
#include <stdint.h>
#include <string.h>

#include "record_sort.h"
#include "schema.h"

/* Bits whose order without a sign is that of the numbers. */
static __u64 record_order_bits(const struct khmap_type *type, const void *record)
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

static int record_order_compare(const struct khmap_type *type, const unsigned char *a,
				const unsigned char *b)
{
	__u64 left, right;
	int ret = 0;

	switch (type->kind) {
	case KHMAP_KIND_UINT:
	case KHMAP_KIND_INT:
	case KHMAP_KIND_FLOAT:
		left = record_order_bits(type, a);
		right = record_order_bits(type, b);
		return (left > right) - (left < right);
	case KHMAP_KIND_ARRAY:
		for (__u32 i = 0; i < type->count && !ret; i++) {
			size_t at = (size_t)i * type->element->size;

			ret = record_order_compare(type->element, a + at, b + at);
		}
		return ret;
	case KHMAP_KIND_STRUCT:
		for (__u32 i = 0; i < type->count && !ret; i++)
			ret = record_order_compare(type->fields[i].type, a + type->fields[i].offset,
						   b + type->fields[i].offset);
		return ret;
	default:
		return memcmp(a, b, type->size);
	}
}

int record_order(const struct khmap_type *type, const void *a, const void *b)
{
	int ret = record_order_compare(type, a, b);

	return ret ? ret : memcmp(a, b, type->size);
}
