// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * info_foreign.c - what khmapctl info says of a file of the other byte order
 *
 * Its header's numbers are shown in this host's order.  The hash's secret is left
 * out, as it is from what is said of other maps.
 */
#include <errno.h>
#include <string.h>

#include "header.h"
#include "header_fields.h"
#include "info_foreign.h"
#include "table.h"

/* Numbers, but for byte_order, which is told in words. */
static bool info_is_shown(const struct khmap_header_field *field)
{
	return field->size == field->word && strcmp(field->name, "byte_order");
}

static uint64_t info_value(const struct khmap_image_header *header,
			   const struct khmap_header_field *field)
{
	const char *at = (const char *)header + field->offset;

	return field->word == 8 ? khmap_load64(at) : khmap_load32(at);
}

static const char *info_schema(const struct khmap_foreign *foreign)
{
	const struct khmap_schema *schema = khmap_foreign_schema(foreign);

	return schema ? khmap_schema_text(schema) : NULL;
}

static int info_foreign_json(const struct khmap_foreign *foreign)
{
	const struct khmap_image_header *header = khmap_foreign_header(foreign);
	const struct khmap_header_field *field = khmap_header_fields;
	json_t *fields = json_object(), *value;
	size_t i;

	for (i = 0; i < khmap_header_field_count; i++, field++) {
		if (!info_is_shown(field))
			continue;
		value = json_integer((json_int_t)info_value(header, field));
		json_object_set_new(fields, field->name, value);
	}
	return cli_json(json_pack("{s:o, s:s, s:s?, s:o}",
				  "name", cli_json_text((const char *)header->name),
				  "byte_order", KHMAP_OTHER_ORDER,
				  "schema", info_schema(foreign),
				  "header", fields), 0);
}

int info_foreign(const struct khmap_foreign *foreign, bool json)
{
	static const struct table_column columns[] = { { "FIELD", false }, { "VALUE", false } };
	const struct khmap_image_header *header = khmap_foreign_header(foreign);
	const char *schema = info_schema(foreign);
	struct table *table;
	size_t i;

	if (json)
		return info_foreign_json(foreign);
	table = table_create(columns, 2, false);
	table_row(table, "name", "%s", header->name[0] ? (const char *)header->name : "(unnamed)");
	table_row(table, "byte order", "%s, this host's is %s: %s", KHMAP_OTHER_ORDER,
		  KHMAP_HOST_ORDER, KHMAP_PORTABLE);
	table_row(table, "schema", "%s", schema ? schema : "none that can be used");
	for (i = 0; i < khmap_header_field_count; i++)
		if (info_is_shown(&khmap_header_fields[i]))
			table_row(table, khmap_header_fields[i].name, "%llu",
				  (unsigned long long)info_value(header, &khmap_header_fields[i]));
	return table_print(table) ? cli_error(CLI_FAILED, "%s", strerror(ENOMEM)) : CLI_OK;
}
