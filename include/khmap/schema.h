/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * schema.h - what the bytes of a map's keys and values mean
 *
 * A schema describes both records of a map in text, and that text travels in
 * the map's image:
 *
 *	key bytes[3];value {name:str[64],seen:u32be,ports:u16[4]}
 *
 *	schema := "key" type ";" "value" type
 *	struct := ["packed" | "align4"] "{" name ":" type {"," name ":" type} "}"
 *	type   := base | base "[" N "]" | struct | struct "[" N "]"
 *	base   := one of
 *
 *	u8 i8 u16 i16 u32 i32 u64 i64	integers
 *	f32 f64				IEEE 754 floating point
 *	bool				one byte, 0 or 1
 *	bytes[N]			N raw bytes
 *	str[N]				text of at most N bytes, padded with NULs; a
 *					text of N bytes has no NUL
 *	ipv4 ipv6 mac			4, 16 and 6 bytes in network order
 *
 * Numbers of two bytes and more are in host order, or as a suffix says: u32be,
 * f64le.  "[N]" behind a type, once, makes an array: str[16][4] has four texts.
 * Structs are laid out as C does on x86-64, "align4" as with #pragma pack(4),
 * "packed" as with #pragma pack(1); all but numbers have alignment 1.  Padding
 * is zero.  Blanks may stand between any two tokens; the canonical text has
 * them only behind "key" and "value".
 *
 * Bounds: N is 1..65535; a record has at most KHMAP_RECORD_MAX bytes; structs
 * nest KHMAP_DEPTH_MAX deep; names are [A-Za-z_][A-Za-z0-9_]{0,62}, unique in
 * their struct; the canonical text has at most KHMAP_SCHEMA_MAX bytes.
 *
 *
 * Values as text
 *
 * Three notations, chosen so that what one call prints another one reads:
 *
 *	plain	one scalar as it is: 12, 0x1f, -3.5, true, 10.0.0.1, aa:bb:cc or
 *		aa-bb-cc or aabbcc for bytes and mac, the very bytes of a text
 *	text	structs and arrays: {name:"x",ports:[1,2,3,4]}; names and
 *		scalars need no quotes unless they contain , ] } or a quote
 *	JSON	the same with JSON's quotes
 *
 * Where JSON has no notation, these are written and read back:
 *
 *	u64 above 2^63-1	a string: "18446744073709551615".  Any number may
 *				be given as a string or as a JSON number.
 *	NaN, infinities		"nan", "inf", "-inf"; a NaN with other bits than
 *				the usual is "nan(0x7f800001)", its bits
 *	bytes, mac		a string of hex digits; with colons for mac
 *	anything else that is	{"$hex":"c3280a"}: the bytes of the value (for a
 *	not valid		str without the NULs at its end).  So written are
 *				a str that is not UTF-8 or goes on behind a NUL,
 *				a bool other than 0 and 1, a struct with
 *				non-zero padding.  Read for every type.
 *
 * All calls are thread-safe on different objects; a schema never changes after
 * it was made and may be shared.  Records may lie at any address.  Calls that
 * fail return a negative errno and leave the reason in khmap_reason().
 */
#ifndef KHMAP_SCHEMA_H
#define KHMAP_SCHEMA_H

#include <stddef.h>
#include <stdio.h>
#include <linux/khmap_image.h>
#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a schema text as given, blanks included. */
#define KHMAP_SCHEMA_INPUT_MAX	16384
/* Structs inside each other, the outermost counted. */
#define KHMAP_DEPTH_MAX		8
/* Bytes of a field's name, without a final NUL. */
#define KHMAP_FIELD_NAME_MAX		63

/**
 * enum khmap_kind - What a type is.
 * @KHMAP_KIND_UINT: unsigned integer of 1, 2, 4 or 8 bytes
 * @KHMAP_KIND_INT: signed integer of 1, 2, 4 or 8 bytes, two's complement
 * @KHMAP_KIND_FLOAT: IEEE 754 binary32 or binary64
 * @KHMAP_KIND_BOOL: one byte, 0 or 1
 * @KHMAP_KIND_BYTES: raw bytes
 * @KHMAP_KIND_STR: text, padded with NULs
 * @KHMAP_KIND_IPV4: IPv4 address, network order
 * @KHMAP_KIND_IPV6: IPv6 address, network order
 * @KHMAP_KIND_MAC: Ethernet address
 * @KHMAP_KIND_ARRAY: elements of one type, without gaps
 * @KHMAP_KIND_STRUCT: named fields
 */
enum khmap_kind {
	KHMAP_KIND_UINT,
	KHMAP_KIND_INT,
	KHMAP_KIND_FLOAT,
	KHMAP_KIND_BOOL,
	KHMAP_KIND_BYTES,
	KHMAP_KIND_STR,
	KHMAP_KIND_IPV4,
	KHMAP_KIND_IPV6,
	KHMAP_KIND_MAC,
	KHMAP_KIND_ARRAY,
	KHMAP_KIND_STRUCT,
};

/**
 * enum khmap_order - Byte order of a number.
 * @KHMAP_ORDER_HOST: of the machine that made the image
 * @KHMAP_ORDER_LITTLE: least significant byte first
 * @KHMAP_ORDER_BIG: most significant byte first
 */
enum khmap_order {
	KHMAP_ORDER_HOST,
	KHMAP_ORDER_LITTLE,
	KHMAP_ORDER_BIG,
};

struct khmap_schema;
struct khmap_field;

/**
 * struct khmap_type - One type of a schema; a tree to walk, never to change.
 * @kind: what it is
 * @order: byte order of a number of several bytes, else KHMAP_ORDER_HOST
 * @size: bytes of a value, 1..KHMAP_RECORD_MAX
 * @align: alignment within a naturally aligned struct: 1, 2, 4 or 8
 * @count: N of bytes[N], str[N] and arrays, the number of fields of a struct, 1
 *	   otherwise
 * @pack: struct: alignment at which members are capped: 8, 4 ("align4") or 1
 *	  ("packed"); 0 otherwise
 * @element: array: type of its elements, else NULL
 * @fields: struct: @count fields by rising offset, else NULL
 *
 * Types belong to their schema and live as long as it does.
 */
struct khmap_type {
	enum khmap_kind kind;
	enum khmap_order order;
	__u32 size;
	__u32 align;
	__u32 count;
	__u32 pack;
	const struct khmap_type *element;
	const struct khmap_field *fields;
};

/**
 * struct khmap_field - One field of a struct.
 * @name: its name, 1..KHMAP_FIELD_NAME_MAX bytes and a NUL
 * @offset: bytes from the start of the struct
 * @type: its type
 */
struct khmap_field {
	const char *name;
	__u32 offset;
	const struct khmap_type *type;
};

/**
 * struct khmap_place - Where a part of a map's records lies.
 * @type: type of the part
 * @offset: bytes from the start of the record
 * @in_value: 1 if it is part of the value, 0 of the key
 */
struct khmap_place {
	const struct khmap_type *type;
	__u32 offset;
	int in_value;
};

/**
 * enum khmap_notation - How a value is written.
 * @KHMAP_NOTATION_TEXT: scalars plain, structs and arrays as text or JSON
 * @KHMAP_NOTATION_JSON: a JSON value; texts have quotes
 */
enum khmap_notation {
	KHMAP_NOTATION_TEXT,
	KHMAP_NOTATION_JSON,
};

/**
 * khmap_reason() - Why the last call of this thread failed.
 *
 * Return: the reason, one line; "" if there was none.  Owned by the library,
 * valid until the thread's next failure.
 */
const char *khmap_reason(void);

/**
 * khmap_schema_parse() - Make a schema from its text.
 * @text: the text, canonical or with blanks; need not end in NUL
 * @length: bytes of @text, at most KHMAP_SCHEMA_INPUT_MAX
 * @schema: receives the schema, for khmap_schema_free(); unchanged on failure
 *
 * Return: 0; -EINVAL if the text is no schema (the reason tells the column,
 * counted in bytes from 1, what was expected and what was found); -E2BIG if a
 * record or the canonical text is too large; -ENOMEM.
 */
int khmap_schema_parse(const char *text, size_t length, struct khmap_schema **schema);

/**
 * khmap_schema_make() - Make a schema from two types.
 * @key_type: type of the keys, such as "u64"
 * @value_type: type of the values, such as "{name:str[64],size:u32}"
 * @schema: receives the schema, for khmap_schema_free(); unchanged on failure
 *
 * Return: as khmap_schema_parse(); columns count from the start of the type
 * that the reason names.
 */
int khmap_schema_make(const char *key_type, const char *value_type, struct khmap_schema **schema);

/**
 * khmap_schema_free() - Free a schema with all its types.
 * @schema: the schema, or NULL
 */
void khmap_schema_free(struct khmap_schema *schema);

/**
 * khmap_schema_text() - The canonical text of a schema.
 * @schema: the schema
 *
 * Return: printable ASCII, at most KHMAP_SCHEMA_MAX bytes and a NUL; owned
 * by @schema.  Two schemas are equal when their canonical texts are.
 */
const char *khmap_schema_text(const struct khmap_schema *schema);

/**
 * khmap_schema_hash() - A number for the canonical text.
 * @schema: the schema
 *
 * Return: SipHash-1-3 of the canonical text without its NUL, with the all-zero
 * key.
 */
__u64 khmap_schema_hash(const struct khmap_schema *schema);

/**
 * khmap_schema_key() - Type of the keys.
 * @schema: the schema
 *
 * Return: the type, owned by @schema.
 */
const struct khmap_type *khmap_schema_key(const struct khmap_schema *schema);

/**
 * khmap_schema_value() - Type of the values.
 * @schema: the schema
 *
 * Return: the type, owned by @schema.
 */
const struct khmap_type *khmap_schema_value(const struct khmap_schema *schema);

/**
 * khmap_schema_key_size() - Bytes of a key.
 * @schema: the schema
 *
 * Return: 1..KHMAP_RECORD_MAX.
 */
size_t khmap_schema_key_size(const struct khmap_schema *schema);

/**
 * khmap_schema_value_size() - Bytes of a value.
 * @schema: the schema
 *
 * Return: 1..KHMAP_RECORD_MAX.
 */
size_t khmap_schema_value_size(const struct khmap_schema *schema);

/**
 * khmap_schema_find() - Find a part of the records by its path.
 * @schema: the schema
 * @path: "key", "value", or from there down: "value.name", "key.ports[2]",
 *	  "value[3].x".  The leading "key." or "value." may be left out where
 *	  only one of the two structs has such a field and the field is not
 *	  itself called "key" or "value".
 * @place: receives the part's type and place; unchanged on failure
 *
 * Return: 0; -ENOENT if there is no such part, or an index is out of range;
 * -ENOTUNIQ if the key and the value have one; -EINVAL if @path is not a path.
 */
int khmap_schema_find(const struct khmap_schema *schema, const char *path,
		      struct khmap_place *place);

/**
 * khmap_type_find() - Find a part of a record by its path.
 * @type: type of the record
 * @path: path from the record down: "name", "[3].x", "ports[2]"; "" is the
 *	  record itself
 * @place: receives the part; in_value is set to 0; unchanged on failure
 *
 * Return: 0; -ENOENT; -EINVAL; see khmap_schema_find().
 */
int khmap_type_find(const struct khmap_type *type, const char *path, struct khmap_place *place);

/**
 * khmap_type_text() - Write a type's canonical text.
 * @type: the type
 * @text: receives the text and a NUL, cut if it does not fit
 * @size: bytes of @text
 *
 * Return: bytes of the whole text without NUL, whether it was cut or not.
 */
size_t khmap_type_text(const struct khmap_type *type, char *text, size_t size);

/**
 * khmap_value_scan() - Read a value from text for people.
 * @type: type of the value
 * @text: a plain scalar, or a struct or an array as text or JSON; need not end
 *	  in NUL
 * @length: bytes of @text
 * @record: receives @type->size bytes, padding zero; unchanged on failure
 *
 * Every field must be there once and in its range, arrays have all elements.
 * Blanks around scalars other than str are ignored.
 *
 * Return: 0; -EINVAL if the text is malformed; -ERANGE if a value does not fit
 * its type.  The reason starts with the path of the field, if there is one.
 */
int khmap_value_scan(const struct khmap_type *type, const char *text, size_t length,
		     void *record);

/**
 * khmap_value_scan_as() - Read a value in a given notation.
 * @type: type of the value
 * @notation: how @text is written
 * @name: how a reason calls the value, such as "value"; NULL for nothing
 * @text: the text; need not end in NUL
 * @length: bytes of @text
 * @record: receives @type->size bytes, padding zero; unchanged on failure
 * @where: receives, on failure, the offset in @text of what is wrong; may be
 *	   NULL
 *
 * Reads all of JSON but is no check of it: it also takes names and scalars
 * without quotes, and \xHH in quotes.
 *
 * Return: as khmap_value_scan().
 */
int khmap_value_scan_as(const struct khmap_type *type, enum khmap_notation notation,
			const char *name, const char *text, size_t length, void *record,
			size_t *where);

/**
 * khmap_value_print() - Print a value for people.
 * @type: type of the value
 * @record: @type->size bytes
 * @out: where to
 *
 * Scalars plain, structs and arrays as text.  Control characters, bytes that
 * are not UTF-8 and marks that turn the direction of writing are escaped, so
 * that a terminal is safe.  khmap_value_scan() reads it back, except for
 * escapes in a str that stands alone and for invalid records.
 *
 * Return: 0; -EIO if @out has an error.
 */
int khmap_value_print(const struct khmap_type *type, const void *record, FILE *out);

/**
 * khmap_value_print_json() - Print a value as JSON, on one line.
 * @type: type of the value
 * @record: @type->size bytes, whatever they are
 * @out: where to
 *
 * khmap_value_scan_as() reads back the very same bytes.
 *
 * Return: 0; -EIO if @out has an error.
 */
int khmap_value_print_json(const struct khmap_type *type, const void *record, FILE *out);

/**
 * khmap_value_check() - See whether a record is valid for its type.
 * @type: type of the record
 * @record: @type->size bytes
 *
 * Valid means: padding is zero, a bool is 0 or 1, a str has only NULs behind
 * its first NUL.  Nothing is asked of the encoding of a str.
 *
 * Return: 0; -EINVAL, and the reason names the field.
 */
int khmap_value_check(const struct khmap_type *type, const void *record);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_SCHEMA_H */
