// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * schema_check.c - is a record one that its type allows?
 */
#include <errno.h>
#include <string.h>

#include <khmap/schema.h>

#include "error.h"
#include "schema.h"

/* Only the struct's own padding; *@where is the offset of a byte that is not zero. */
bool khmap_struct_is_padded_clean(const struct khmap_type *type, const void *record,
				  size_t *where)
{
	const unsigned char *byte = record;
	size_t at = 0;

	for (__u32 i = 0; i <= type->count; i++) {
		size_t next = i < type->count ? type->fields[i].offset : type->size;

		for (; at < next; at++) {
			if (byte[at]) {
				*where = at;
				return false;
			}
		}
		if (i < type->count)
			at = next + type->fields[i].type->size;
	}
	return true;
}

bool khmap_str_is_clean(const struct khmap_type *type, const void *record)
{
	const char *text = record;
	size_t length = strnlen(text, type->size);

	for (size_t i = length; i < type->size; i++) {
		if (text[i])
			return false;
	}
	return true;
}

/* Reasons are built from the inside out: each level puts its step in front. */
static int khmap_check_step(int ret, const char *step)
{
	const char *reason = khmap_reason();
	bool joined = *reason == '.' || *reason == '[';

	return khmap_fail(-ret, "%s%s%s", step, joined ? "" : ": ", reason);
}

static int khmap_check(const struct khmap_type *type, const unsigned char *record)
{
	char step[KHMAP_FIELD_NAME_MAX + 2];
	size_t where;
	int ret;

	switch (type->kind) {
	case KHMAP_KIND_BOOL:
		if (*record > 1)
			return khmap_fail(EINVAL, "%u is no bool: 0 or 1 is expected", *record);
		return 0;
	case KHMAP_KIND_STR:
		if (!khmap_str_is_clean(type, record))
			return khmap_fail(EINVAL,
					  "a text goes on behind its first NUL: only NULs may follow");
		return 0;
	case KHMAP_KIND_ARRAY:
		for (__u32 i = 0; i < type->count; i++) {
			ret = khmap_check(type->element, record + (size_t)i * type->element->size);
			if (ret) {
				snprintf(step, sizeof(step), "[%u]", i);
				return khmap_check_step(ret, step);
			}
		}
		return 0;
	case KHMAP_KIND_STRUCT:
		if (!khmap_struct_is_padded_clean(type, record, &where))
			return khmap_fail(EINVAL, "byte %zu is padding and must be zero", where);
		for (__u32 i = 0; i < type->count; i++) {
			ret = khmap_check(type->fields[i].type, record + type->fields[i].offset);
			if (ret) {
				snprintf(step, sizeof(step), ".%s", type->fields[i].name);
				return khmap_check_step(ret, step);
			}
		}
		return 0;
	default:
		return 0;
	}
}

int khmap_value_check(const struct khmap_type *type, const void *record)
{
	int ret = khmap_check(type, record);

	if (ret && *khmap_reason() == '.')
		khmap_fail(-ret, "%s", khmap_reason() + 1);
	return ret;
}
