// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * inspect_header.c - the header page, field by field, and what is wrong with it
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "header.h"
#include "header_fields.h"
#include "inspect.h"

/* Text as far as it is fit for a terminal. */
static void header_text(const unsigned char *bytes, size_t size, char *text)
{
	size_t i;

	for (i = 0; i < size && bytes[i]; i++)
		text[i] = bytes[i] >= ' ' && bytes[i] <= '~' ? (char)bytes[i] : '.';
	text[i] = '\0';
}

static const char *header_word(const char *name, uint32_t value)
{
	static const struct {
		const char *name;
		const char *words[3];
	} kinds[] = {
		{ "kind", { "?", "live", "snapshot" } },
		{ "hash_kind", { "?", "fold", "siphash13" } },
		{ "geometry.layout", { "?", "aligned", "packed" } },
		{ "geometry.meta_kind", { "none", "expiry", "version" } },
		{ "geometry.value_kind", { "inline", "indirect", "?" } },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return value < 3 ? kinds[i].words[value] : "?";
	return NULL;
}

static void header_field(struct inspect *inspect, const struct khmap_header_field *field)
{
	const unsigned char *at = (const unsigned char *)&inspect->raw + field->offset;
	const char *name = field->name;
	size_t offset = field->offset, size = field->size;
	char text[256];
	const char *word;

	if (!strcmp(name, "name") || !strcmp(name, "magic")) {
		header_text(at, size, text);
		inspect_row(inspect, offset, at, size, name, "\"%s\"", text);
	} else if (!strcmp(name, "shape")) {
		inspect_row(inspect, offset, at, size, name, "%u pages and %u/1024",
			    inspect->raw.shape >> KHMAP_PLACE_BITS,
			    inspect->raw.shape & (KHMAP_PLACE_UNITS - 1));
	} else if (size == 4) {
		word = header_word(name, khmap_load32(at));
		inspect_row(inspect, offset, at, size, name, "%u%s%s%s", khmap_load32(at),
			    word ? " (" : "", word ? word : "", word ? ")" : "");
	} else if (size == 8) {
		inspect_row(inspect, offset, at, size, name, "%llu",
			    (unsigned long long)khmap_load64(at));
	} else {
		inspect_row(inspect, offset, at, size, name, "%s", "");
	}
}

static int header_finding(void *context, const struct khmap_finding *finding)
{
	inspect_title(context, "! %s", finding->text);
	return 0;
}

static void header_findings(struct inspect *inspect, const unsigned char *page)
{
	struct khmap_report report = { .finding = header_finding, .context = inspect };
	struct khmap_header_view view = {
		.header = &inspect->raw,
		.page = page,
		.file_size = inspect->size,
		.is_file = inspect->bytes,
	};

	if (!khmap_header_identify(&view, &report))
		return;
	/* A file may have got another page size since it was opened. */
	if ((size_t)1 << inspect->raw.geometry.page_shift != inspect->page_size)
		view.page = NULL;
	khmap_header_check(&view, &report);
}

static void header_schema(struct inspect *inspect)
{
	const struct khmap_image_header *h = &inspect->raw;
	unsigned char schema[KHMAP_SCHEMA_MAX];
	char text[KHMAP_SCHEMA_MAX + 1];

	if (!h->schema_length || h->schema_length > KHMAP_SCHEMA_MAX ||
	    !inspect_read(inspect, h->schema_offset, schema, h->schema_length))
		return;
	header_text(schema, h->schema_length, text);
	inspect_row(inspect, h->schema_offset, schema, h->schema_length, "schema", "\"%s\"", text);
}

int inspect_header(struct inspect *inspect)
{
	unsigned char *page = malloc(inspect->page_size);
	bool whole = page && inspect_read(inspect, 0, page, inspect->page_size);
	size_t i;

	inspect_title(inspect, "header");
	for (i = 0; i < khmap_header_field_count; i++)
		header_field(inspect, &khmap_header_fields[i]);
	header_schema(inspect);
	header_findings(inspect, whole ? page : NULL);
	free(page);
	return CLI_OK;
}
