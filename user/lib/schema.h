/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * schema.h - what the files of the schema share
 */
#ifndef KHMAP_LIB_SCHEMA_H
#define KHMAP_LIB_SCHEMA_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <khmap/schema.h>

/* "key " and ";value " around two types. */
#define KHMAP_TYPE_TEXT_SIZE	(KHMAP_SCHEMA_MAX + 1)

/*
 * A canonical text of KHMAP_SCHEMA_MAX bytes has no room for more fields: the
 * shortest one is "a:u8,".
 */
#define KHMAP_FIELDS_MAX	(KHMAP_SCHEMA_MAX / 5 + 1)

/* The longest scalar as text: hex digits of a whole record, with separators. */
#define KHMAP_SCALAR_MAX	(3 * KHMAP_RECORD_MAX)

/* A part of some text as shown in a reason, and the number of a scalar. */
#define KHMAP_EXCERPT_SIZE	96
#define KHMAP_NUMBER_SIZE	48

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif

struct khmap_block;

/**
 * struct khmap_schema - A schema and all that it owns.
 * @key: type of the keys
 * @value: type of the values
 * @blocks: every allocation of the types, freed with the schema
 * @text: the canonical text
 */
struct khmap_schema {
	struct khmap_type *key;
	struct khmap_type *value;
	struct khmap_block *blocks;
	char text[KHMAP_SCHEMA_MAX + 1];
};

/* schema.c */
void *khmap_schema_alloc(struct khmap_schema *schema, size_t size);

/* schema_parse.c: @what names the text in reasons */
int khmap_parse_schema(struct khmap_schema *schema, const char *text, size_t length);
int khmap_parse_type(struct khmap_schema *schema, const char *what, const char *text,
		     struct khmap_type **type);

/* schema_layout.c: fill size, align and offsets; -E2BIG if a record is too large */
int khmap_layout_struct(struct khmap_type *type, struct khmap_field *fields);
int khmap_layout_array(struct khmap_type *type);

/* schema_check.c */
bool khmap_struct_is_padded_clean(const struct khmap_type *type, const void *record,
				  size_t *where);
bool khmap_str_is_clean(const struct khmap_type *type, const void *record);

/* schema_swap.c: a record of the other byte order becomes one of the host's, or back */
void khmap_type_swap(const struct khmap_type *type, void *record);

/* schema_scalar.c: reasons have no path; @text is without quotes */
int khmap_scalar_scan(const struct khmap_type *type, const char *text, size_t length,
		      void *record);
int khmap_hex_scan(const char *text, size_t length, void *bytes, size_t size,
		   size_t *count);

/* schema_number.c: text of a number, an address; -1 if the kind has none */
int khmap_number_format(const struct khmap_type *type, const void *record,
			char text[KHMAP_NUMBER_SIZE]);
int khmap_float_scan(const struct khmap_type *type, const char *text, size_t length,
		     void *record);
__u64 khmap_number_load(const struct khmap_type *type, const void *record);
void khmap_number_store(const struct khmap_type *type, __u64 bits, void *record);
bool khmap_float_is_finite(const struct khmap_type *type, const void *record);

/* schema_text.c */
size_t khmap_utf8_next(const void *text, size_t length, __u32 *code);
size_t khmap_utf8_put(__u32 code, char bytes[4]);
bool khmap_utf8_is_valid(const void *text, size_t length);
bool khmap_code_is_hidden(__u32 code);
const char *khmap_excerpt(const char *text, size_t length, char excerpt[KHMAP_EXCERPT_SIZE]);

/* schema_print.c */
size_t khmap_str_length(const struct khmap_type *type, const void *record);
void khmap_hex_print(const void *bytes, size_t count, char separator, FILE *out);

#endif /* KHMAP_LIB_SCHEMA_H */
