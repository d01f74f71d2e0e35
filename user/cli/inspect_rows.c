// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * inspect_rows.c - bytes beside the field that they are, as text or JSON
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "inspect.h"

#define ROW_BYTES	16
#define ROW_TEXT	2048

static bool rows_zero(const unsigned char *bytes, size_t size)
{
	while (size--)
		if (bytes[size])
			return false;
	return true;
}

static void rows_hex(const unsigned char *bytes, size_t size, const char *between, char *text)
{
	size_t i;

	*text = '\0';
	for (i = 0; i < size; i++)
		text += sprintf(text, "%s%02x", i ? between : "", bytes[i]);
}

static void rows_text(uint64_t offset, const unsigned char *bytes, size_t size, const char *field,
		      const char *meaning)
{
	char hex[3 * ROW_BYTES + 1];
	size_t done, part;

	for (done = 0; done < size; done += part) {
		part = size - done < ROW_BYTES ? size - done : ROW_BYTES;
		/* What is left is nothing: two lines say so. */
		if (done && size - done > ROW_BYTES && rows_zero(bytes + done, size - done)) {
			printf("%8s  zeros up to 0x%llx\n", "*",
			       (unsigned long long)(offset + size));
			return;
		}
		rows_hex(bytes + done, part, " ", hex);
		if (!done)
			printf("%8llx  %-47s  %-22s %s\n", (unsigned long long)offset, hex, field,
			       meaning);
		else
			printf("%8llx  %s\n", (unsigned long long)(offset + done), hex);
	}
}

static void rows_json(json_t *rows, uint64_t offset, const unsigned char *bytes, size_t size,
		      const char *field, const char *meaning)
{
	char *hex = malloc(2 * size + 1);

	if (!hex)
		return;
	rows_hex(bytes, size, "", hex);
	json_array_append_new(rows, json_pack("{s:I, s:I, s:s, s:s, s:s*}",
					      "offset", (json_int_t)offset,
					      "size", (json_int_t)size,
					      "hex", hex,
					      "field", field,
					      "value", *meaning ? meaning : NULL));
	free(hex);
}

void inspect_row(struct inspect *inspect, uint64_t offset, const void *bytes, size_t size,
		 const char *field, const char *fmt, ...)
{
	char meaning[ROW_TEXT];
	va_list args;

	if (!size)
		return;
	va_start(args, fmt);
	vsnprintf(meaning, sizeof(meaning), fmt, args);
	va_end(args);
	if (inspect->rows)
		rows_json(inspect->rows, offset, bytes, size, field, meaning);
	else
		rows_text(offset, bytes, size, field, meaning);
}

void inspect_title(struct inspect *inspect, const char *fmt, ...)
{
	char text[ROW_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (inspect->rows)
		json_array_append_new(inspect->rows, json_pack("{s:s}", "title", text));
	else
		printf("%s\n", text);
}
