// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * schema_scan.c - structs and arrays from text or JSON
 */
#include <errno.h>
#include <string.h>

#include <khmap/schema.h>

#include "error.h"
#include "schema.h"

#define KHMAP_PATH_SIZE 256

/**
 * struct khmap_scanner - A walk through the text of a value.
 * @text: the text
 * @length: bytes of @text
 * @json: what is no number and no bool must have quotes
 * @tell_place: reasons tell it; a caller that wants @where does so itself
 * @at: offset of the next byte
 * @where: offset of what is wrong
 * @path: path of the value being read, cut if it is long
 * @path_length: bytes of the whole path
 * @scalar: a text without its quotes and escapes
 */
struct khmap_scanner {
	const char *text;
	size_t length;
	bool json;
	bool tell_place;
	size_t at;
	size_t where;
	char path[KHMAP_PATH_SIZE];
	size_t path_length;
	char scalar[KHMAP_SCALAR_MAX];
};

static void khmap_path_push(struct khmap_scanner *scanner, const char *step, size_t length)
{
	size_t at = scanner->path_length;

	for (size_t i = 0; i < length && at + i < KHMAP_PATH_SIZE - 1; i++) {
		scanner->path[at + i] = step[i];
		scanner->path[at + i + 1] = '\0';
	}
	scanner->path_length += length;
}

static void khmap_path_pop(struct khmap_scanner *scanner, size_t length)
{
	scanner->path_length = length;
	if (length < KHMAP_PATH_SIZE)
		scanner->path[length] = '\0';
}

static void khmap_path_push_field(struct khmap_scanner *scanner, const char *name)
{
	if (scanner->path_length)
		khmap_path_push(scanner, ".", 1);
	khmap_path_push(scanner, name, strlen(name));
}

/* The reason of @ret with the path in front; @where is what is wrong. */
static int khmap_scan_at(struct khmap_scanner *scanner, size_t where, int ret)
{
	scanner->where = where;
	if (scanner->path_length)
		khmap_fail(-ret, "%s: %s", scanner->path, khmap_reason());
	return ret;
}

static int khmap_scan_expected(struct khmap_scanner *scanner, const char *expected)
{
	char excerpt[KHMAP_EXCERPT_SIZE] = "the end";
	size_t left = scanner->length - scanner->at;

	if (left)
		khmap_excerpt(scanner->text + scanner->at, left > 16 ? 16 : left, excerpt);
	if (scanner->tell_place)
		khmap_fail(EINVAL, "expected %s, found %s at byte %zu", expected, excerpt,
			   scanner->at + 1);
	else
		khmap_fail(EINVAL, "expected %s, found %s", expected, excerpt);
	return khmap_scan_at(scanner, scanner->at, -EINVAL);
}

static void khmap_scan_blanks(struct khmap_scanner *scanner)
{
	while (scanner->at < scanner->length && scanner->text[scanner->at] &&
	       strchr(" \t\r\n", scanner->text[scanner->at]))
		scanner->at++;
}

static bool khmap_scan_is(struct khmap_scanner *scanner, char c)
{
	khmap_scan_blanks(scanner);
	return scanner->at < scanner->length && scanner->text[scanner->at] == c;
}

static bool khmap_scan_skip(struct khmap_scanner *scanner, char c)
{
	if (!khmap_scan_is(scanner, c))
		return false;
	scanner->at++;
	return true;
}

/* @digits hex digits at the next byte. */
static bool khmap_scan_hex(struct khmap_scanner *scanner, unsigned int digits, __u32 *code)
{
	unsigned char bytes[2];
	size_t count;

	if (scanner->length - scanner->at < digits ||
	    khmap_hex_scan(scanner->text + scanner->at, digits, bytes, sizeof(bytes), &count) ||
	    count != digits / 2)
		return false;
	*code = digits == 4 ? (__u32)bytes[0] << 8 | bytes[1] : bytes[0];
	scanner->at += digits;
	return true;
}

/* Behind "\u". */
static bool khmap_scan_code(struct khmap_scanner *scanner, __u32 *code)
{
	__u32 low;

	if (!khmap_scan_hex(scanner, 4, code))
		return false;
	if (*code < 0xd800 || *code > 0xdfff)
		return true;
	if (*code > 0xdbff || scanner->length - scanner->at < 2 ||
	    memcmp(scanner->text + scanner->at, "\\u", 2))
		return false;
	scanner->at += 2;
	if (!khmap_scan_hex(scanner, 4, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* Behind a backslash; @bytes receives what the escape stands for. */
static int khmap_scan_escape(struct khmap_scanner *scanner, char bytes[4], size_t *count)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	size_t at = scanner->at;
	const char *letter;
	__u32 code;
	char c;

	c = scanner->at < scanner->length ? scanner->text[scanner->at++] : '\0';
	letter = c ? strchr(letters, c) : NULL;
	*count = 1;
	if (letter) {
		bytes[0] = meant[letter - letters];
		return 0;
	}
	if (c == 'u' && khmap_scan_code(scanner, &code)) {
		*count = khmap_utf8_put(code, bytes);
		return 0;
	}
	if (c == 'x' && khmap_scan_hex(scanner, 2, &code)) {
		bytes[0] = (char)code;
		return 0;
	}
	scanner->at = at;
	return khmap_scan_expected(scanner, "one of \" \\ / b f n r t uHHHH xHH behind \"\\\"");
}

/*
 * A text in quotes, from its first quote on, to scanner->scalar.  *@length is
 * that of the whole text, also when it did not fit.
 */
static int khmap_scan_quoted(struct khmap_scanner *scanner, size_t *length)
{
	*length = 0;
	scanner->at++;
	for (;;) {
		char bytes[4];
		size_t count = 1;

		if (scanner->at == scanner->length)
			return khmap_scan_expected(scanner, "a closing quote");
		bytes[0] = scanner->text[scanner->at++];
		if (bytes[0] == '"')
			return 0;
		if (bytes[0] == '\\') {
			int ret = khmap_scan_escape(scanner, bytes, &count);

			if (ret)
				return ret;
		}
		for (size_t i = 0; i < count; i++, ++*length) {
			if (*length < sizeof(scanner->scalar))
				scanner->scalar[*length] = bytes[i];
		}
	}
}

static int khmap_scan_scalar(struct khmap_scanner *scanner, const struct khmap_type *type,
			     void *record)
{
	const char *text = scanner->scalar;
	size_t where, length;
	int ret;

	khmap_scan_blanks(scanner);
	where = scanner->at;
	if (khmap_scan_is(scanner, '"')) {
		ret = khmap_scan_quoted(scanner, &length);
		if (ret)
			return ret;
		if (length > sizeof(scanner->scalar) && type->kind != KHMAP_KIND_STR) {
			khmap_fail(EINVAL, "a scalar of %zu bytes is too long", length);
			return khmap_scan_at(scanner, where, -EINVAL);
		}
		/* Only the length of a str matters then: its start has no NUL or is wrong. */
	} else {
		bool needs_quotes = scanner->json && type->kind > KHMAP_KIND_BOOL;

		if (needs_quotes || khmap_scan_is(scanner, '{') || khmap_scan_is(scanner, '[') ||
		    scanner->at == scanner->length) {
			char expected[80], name[24];

			khmap_type_text(type, name, sizeof(name));
			snprintf(expected, sizeof(expected), "a value of type %s%s", name,
				 needs_quotes ? " in quotes" : "");
			return khmap_scan_expected(scanner, expected);
		}
		while (scanner->at < scanner->length &&
		       !(scanner->text[scanner->at] &&
			 strchr(",]}\"\r\n", scanner->text[scanner->at])))
			scanner->at++;
		text = scanner->text + where;
		length = scanner->at - where;
		while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
			length--;
	}
	if (type->kind == KHMAP_KIND_STR && length > type->size)
		ret = khmap_fail(ERANGE, "text of %zu bytes does not fit str[%u]", length,
				 type->size);
	else
		ret = khmap_scalar_scan(type, text, length, record);
	return ret ? khmap_scan_at(scanner, where, ret) : 0;
}

/* The name of a member, with or without quotes, to scanner->scalar. */
static int khmap_scan_name(struct khmap_scanner *scanner, size_t *length)
{
	if (khmap_scan_is(scanner, '"')) {
		int ret = khmap_scan_quoted(scanner, length);

		if (ret)
			return ret;
		if (*length >= sizeof(scanner->scalar))
			*length = sizeof(scanner->scalar) - 1;
	} else {
		const char *start = scanner->text + scanner->at;
		size_t end = 0;

		while (scanner->at + end < scanner->length && end < 4 * KHMAP_FIELD_NAME_MAX &&
		       !strchr(" \t\r\n:,{}[]\"", start[end]))
			end++;
		if (!end)
			return khmap_scan_expected(scanner, "a field's name");
		memcpy(scanner->scalar, start, end);
		scanner->at += end;
		*length = end;
	}
	scanner->scalar[*length] = '\0';
	return 0;
}

/* {"$hex":"..."}: the bytes of any value; false and nothing read if it is none. */
static bool khmap_scan_is_raw(struct khmap_scanner *scanner)
{
	static const char name[] = "$hex";
	size_t at = scanner->at, length = 0;
	bool is_raw;

	is_raw = khmap_scan_skip(scanner, '{') && !khmap_scan_is(scanner, '}') &&
		 !khmap_scan_name(scanner, &length) && length == strlen(name) &&
		 !memcmp(scanner->scalar, name, length) && khmap_scan_skip(scanner, ':');
	if (!is_raw)
		scanner->at = at;
	return is_raw;
}

static int khmap_scan_raw(struct khmap_scanner *scanner, const struct khmap_type *type,
			  void *record)
{
	size_t length, count, where;
	int ret;

	if (!khmap_scan_is(scanner, '"'))
		return khmap_scan_expected(scanner, "hex digits in quotes");
	where = scanner->at;
	ret = khmap_scan_quoted(scanner, &length);
	if (ret)
		return ret;
	memset(record, 0, type->size);
	if (length > sizeof(scanner->scalar) ||
	    khmap_hex_scan(scanner->scalar, length, record, type->size, &count)) {
		khmap_fail(EINVAL, "\"$hex\" has something else than hex digits in pairs");
		return khmap_scan_at(scanner, where, -EINVAL);
	}
	if (type->kind == KHMAP_KIND_STR ? count > type->size : count != type->size) {
		khmap_fail(ERANGE, "\"$hex\" has %zu bytes: the type has %u", count, type->size);
		return khmap_scan_at(scanner, where, -ERANGE);
	}
	if (!khmap_scan_skip(scanner, '}'))
		return khmap_scan_expected(scanner, "\"}\"");
	return 0;
}

static int khmap_scan_any(struct khmap_scanner *scanner, const struct khmap_type *type,
			  unsigned char *record);

static int khmap_scan_array(struct khmap_scanner *scanner, const struct khmap_type *type,
			    unsigned char *record)
{
	size_t length = scanner->path_length;
	__u32 count = 0;
	int ret;

	if (!khmap_scan_skip(scanner, '['))
		return khmap_scan_expected(scanner, "\"[\" of an array");
	do {
		char step[16];

		if (count == type->count) {
			khmap_fail(ERANGE, "more than the %u elements of the array", type->count);
			return khmap_scan_at(scanner, scanner->at, -ERANGE);
		}
		if (!count && khmap_scan_is(scanner, ']'))
			break;
		snprintf(step, sizeof(step), "[%u]", count);
		khmap_path_push(scanner, step, strlen(step));
		ret = khmap_scan_any(scanner, type->element,
				     record + (size_t)count * type->element->size);
		if (ret)
			return ret;
		khmap_path_pop(scanner, length);
		count++;
	} while (khmap_scan_skip(scanner, ','));
	if (count < type->count && khmap_scan_is(scanner, ']')) {
		khmap_fail(ERANGE, "%u elements: the array has %u", count, type->count);
		return khmap_scan_at(scanner, scanner->at, -ERANGE);
	}
	if (!khmap_scan_skip(scanner, ']'))
		return khmap_scan_expected(scanner, "\",\" or \"]\"");
	return 0;
}

static int khmap_scan_member(struct khmap_scanner *scanner, const struct khmap_type *type,
			     bool seen[KHMAP_FIELDS_MAX], unsigned char *record)
{
	size_t path = scanner->path_length, where, length;
	char excerpt[KHMAP_EXCERPT_SIZE];
	__u32 i = 0;
	int ret;

	khmap_scan_blanks(scanner);
	where = scanner->at;
	ret = khmap_scan_name(scanner, &length);
	if (ret)
		return ret;
	khmap_excerpt(scanner->scalar, length, excerpt);
	while (i < type->count && (strlen(type->fields[i].name) != length ||
				   memcmp(type->fields[i].name, scanner->scalar, length)))
		i++;
	if (i == type->count) {
		khmap_fail(EINVAL, "there is no field %s", excerpt);
		return khmap_scan_at(scanner, where, -EINVAL);
	}
	khmap_path_push_field(scanner, type->fields[i].name);
	if (seen[i]) {
		khmap_fail(EINVAL, "the field is there twice");
		return khmap_scan_at(scanner, where, -EINVAL);
	}
	seen[i] = true;
	if (!khmap_scan_skip(scanner, ':'))
		return khmap_scan_expected(scanner, "\":\" behind the field's name");
	ret = khmap_scan_any(scanner, type->fields[i].type, record + type->fields[i].offset);
	if (!ret)
		khmap_path_pop(scanner, path);
	return ret;
}

static int khmap_scan_struct(struct khmap_scanner *scanner, const struct khmap_type *type,
			     unsigned char *record)
{
	bool seen[KHMAP_FIELDS_MAX] = { false };
	size_t where;
	int ret;

	khmap_scan_blanks(scanner);
	where = scanner->at;
	if (!khmap_scan_skip(scanner, '{'))
		return khmap_scan_expected(scanner, "\"{\" of a struct");
	do {
		if (khmap_scan_is(scanner, '}'))
			break;
		ret = khmap_scan_member(scanner, type, seen, record);
		if (ret)
			return ret;
	} while (khmap_scan_skip(scanner, ','));
	if (!khmap_scan_skip(scanner, '}'))
		return khmap_scan_expected(scanner, "\",\" or \"}\"");
	for (__u32 i = 0; i < type->count; i++) {
		if (!seen[i]) {
			khmap_path_push_field(scanner, type->fields[i].name);
			khmap_fail(EINVAL, "the field is missing");
			return khmap_scan_at(scanner, where, -EINVAL);
		}
	}
	return 0;
}

/* @record is all zero. */
static int khmap_scan_any(struct khmap_scanner *scanner, const struct khmap_type *type,
			  unsigned char *record)
{
	if (khmap_scan_is(scanner, '{') && khmap_scan_is_raw(scanner))
		return khmap_scan_raw(scanner, type, record);
	if (type->kind == KHMAP_KIND_ARRAY)
		return khmap_scan_array(scanner, type, record);
	if (type->kind == KHMAP_KIND_STRUCT)
		return khmap_scan_struct(scanner, type, record);
	return khmap_scan_scalar(scanner, type, record);
}

int khmap_value_scan_as(const struct khmap_type *type, enum khmap_notation notation,
			const char *name, const char *text, size_t length, void *record,
			size_t *where)
{
	bool is_plain = notation == KHMAP_NOTATION_TEXT && type->kind < KHMAP_KIND_ARRAY;
	struct khmap_scanner scanner;
	unsigned char bytes[KHMAP_RECORD_MAX];
	int ret;

	/* Not the whole scanner: its buffer needs no zeroing. */
	scanner.text = text;
	scanner.length = length;
	scanner.json = notation == KHMAP_NOTATION_JSON;
	scanner.tell_place = !where;
	scanner.at = 0;
	scanner.where = 0;
	scanner.path[0] = '\0';
	scanner.path_length = 0;
	if (name)
		khmap_path_push(&scanner, name, strlen(name));

	memset(bytes, 0, type->size);
	if (is_plain) {
		ret = khmap_scalar_scan(type, text, length, bytes);
		if (ret)
			khmap_scan_at(&scanner, 0, ret);
	} else {
		ret = khmap_scan_any(&scanner, type, bytes);
		khmap_scan_blanks(&scanner);
		if (!ret && scanner.at < length)
			ret = khmap_scan_expected(&scanner, "the end");
	}
	if (ret) {
		if (where)
			*where = scanner.where;
		return ret;
	}
	memcpy(record, bytes, type->size);
	return 0;
}

int khmap_value_scan(const struct khmap_type *type, const char *text, size_t length,
		     void *record)
{
	return khmap_value_scan_as(type, KHMAP_NOTATION_TEXT, NULL, text, length, record, NULL);
}
