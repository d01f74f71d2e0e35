// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * schema_swap.c - a record of a host of the other byte order
 *
 * Only numbers that are in the host's order are stored otherwise there.  Where they
 * lie is the same everywhere: sizes and alignments are the schema's, not the
 * processor's.
 */
#include "schema.h"
#include "swap.h"

void khmap_type_swap(const struct khmap_type *type, void *record)
{
	unsigned char *bytes = record;
	__u32 i;

	switch (type->kind) {
	case KHMAP_KIND_UINT:
	case KHMAP_KIND_INT:
	case KHMAP_KIND_FLOAT:
		if (type->order == KHMAP_ORDER_HOST)
			khmap_swap(bytes, type->size);
		return;
	case KHMAP_KIND_ARRAY:
		for (i = 0; i < type->count; i++)
			khmap_type_swap(type->element, bytes + (size_t)i * type->element->size);
		return;
	case KHMAP_KIND_STRUCT:
		for (i = 0; i < type->count; i++)
			khmap_type_swap(type->fields[i].type, bytes + type->fields[i].offset);
		return;
	case KHMAP_KIND_BOOL:
	case KHMAP_KIND_BYTES:
	case KHMAP_KIND_STR:
	case KHMAP_KIND_IPV4:
	case KHMAP_KIND_IPV6:
	case KHMAP_KIND_MAC:
		return;
	}
}
