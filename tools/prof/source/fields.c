// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * fields.c - the members of a variable, from a file's type information (BTF)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/btf.h>
#include "prof.h"
#include "source/fields.h"

#define DEPTH_MAX	32

struct prof_fields {
	struct btf *btf;
	__u32 type;
	uint64_t size;
};

struct prof_fields *prof_fields_open(const char *path, const char *variable)
{
	struct prof_fields *fields;
	struct btf *btf;
	int64_t size;
	int id;

	btf = btf__parse_elf(path, NULL);
	if (!btf)
		return NULL;
	id = btf__find_by_name_kind(btf, variable, BTF_KIND_VAR);
	size = id < 0 ? -1 : btf__resolve_size(btf, (__u32)id);
	if (size < 0) {
		btf__free(btf);
		return NULL;
	}
	fields = prof_alloc(1, sizeof(*fields));
	fields->btf = btf;
	fields->type = btf__type_by_id(btf, (__u32)id)->type;
	fields->size = (uint64_t)size;
	return fields;
}

/* Modifiers and typedefs say nothing of members. */
static const struct btf_type *type_skip(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* The member that has an offset; of a union the first. */
static const struct btf_member *member_find(const struct btf *btf, const struct btf_type *type,
					    uint64_t offset, uint64_t *start)
{
	const struct btf_member *member = btf_members(type);
	__u32 i, count = btf_vlen(type);

	for (i = 0; i < count; i++) {
		int64_t size = btf__resolve_size(btf, member[i].type);

		*start = btf_member_bit_offset(type, i) / 8;
		if (size > 0 && *start <= offset && offset - *start < (uint64_t)size)
			return &member[i];
	}
	return NULL;
}

bool prof_fields_name(const struct prof_fields *fields, uint64_t offset, char *text, size_t size)
{
	const struct btf *btf = fields->btf;
	__u32 id = fields->type, depth;
	size_t used = 0;

	*text = '\0';
	if (offset >= fields->size)
		return false;
	for (depth = 0; depth < DEPTH_MAX && used < size; depth++) {
		const struct btf_type *type = type_skip(btf, id);
		const struct btf_member *member;
		uint64_t start;

		if (type && btf_is_array(type)) {
			int64_t element = btf__resolve_size(btf, btf_array(type)->type);

			if (element <= 0)
				return true;
			used += (size_t)snprintf(text + used, size - used, "[%" PRIu64 "]",
						 offset / (uint64_t)element);
			offset %= (uint64_t)element;
			id = btf_array(type)->type;
			continue;
		}
		if (!type || !btf_is_composite(type))
			return true;
		member = member_find(btf, type, offset, &start);
		if (!member)
			return true;	/* padding */
		if (member->name_off)
			used += (size_t)snprintf(text + used, size - used, ".%s",
						 btf__name_by_offset(btf, member->name_off));
		offset -= start;
		id = member->type;
	}
	return true;
}

void prof_fields_close(struct prof_fields *fields)
{
	if (!fields)
		return;
	btf__free(fields->btf);
	free(fields);
}
