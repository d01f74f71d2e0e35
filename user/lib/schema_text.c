// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * schema_text.c - UTF-8, and parts of a text fit to be shown
 */
#include <string.h>

#include "schema.h"

/*
 * Decode the code point at @text by the table of well-formed sequences (Unicode
 * 3.9, table 3-7): nothing overlong, no surrogates, nothing above U+10FFFF.
 * Returns its bytes, 0 if they are not well-formed.
 */
size_t khmap_utf8_next(const void *text, size_t length, __u32 *code)
{
	const unsigned char *byte = text;
	unsigned char least = 0x80, most = 0xbf;
	size_t more;
	__u32 bits;

	if (!length)
		return 0;
	if (byte[0] < 0x80) {
		*code = byte[0];
		return 1;
	} else if (byte[0] >= 0xc2 && byte[0] <= 0xdf) {
		more = 1;
		bits = byte[0] & 0x1f;
	} else if (byte[0] >= 0xe0 && byte[0] <= 0xef) {
		more = 2;
		bits = byte[0] & 0x0f;
	} else if (byte[0] >= 0xf0 && byte[0] <= 0xf4) {
		more = 3;
		bits = byte[0] & 0x07;
	} else {
		return 0;
	}
	if (length <= more)
		return 0;
	if (byte[0] == 0xe0)
		least = 0xa0;
	else if (byte[0] == 0xed)
		most = 0x9f;
	else if (byte[0] == 0xf0)
		least = 0x90;
	else if (byte[0] == 0xf4)
		most = 0x8f;
	for (size_t i = 1; i <= more; i++) {
		if (byte[i] < least || byte[i] > most)
			return 0;
		bits = bits << 6 | (byte[i] & 0x3f);
		least = 0x80;
		most = 0xbf;
	}
	*code = bits;
	return more + 1;
}

size_t khmap_utf8_put(__u32 code, char bytes[4])
{
	if (code < 0x80) {
		bytes[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		bytes[0] = (char)(0xc0 | code >> 6);
		bytes[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		bytes[0] = (char)(0xe0 | code >> 12);
		bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	bytes[0] = (char)(0xf0 | code >> 18);
	bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
	bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
	bytes[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

bool khmap_utf8_is_valid(const void *text, size_t length)
{
	const char *at = text;

	while (length) {
		__u32 code;
		size_t bytes = khmap_utf8_next(at, length, &code);

		if (!bytes)
			return false;
		at += bytes;
		length -= bytes;
	}
	return true;
}

/* Controls, line separators, and marks that turn the direction of writing. */
bool khmap_code_is_hidden(__u32 code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c ||
	       code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

/* In quotes; a long text is cut; what is hidden or no UTF-8 becomes "?". */
const char *khmap_excerpt(const char *text, size_t length, char excerpt[KHMAP_EXCERPT_SIZE])
{
	static const char cut[] = "...";
	char *to = excerpt;
	char *end = excerpt + KHMAP_EXCERPT_SIZE - sizeof(cut) - 4 - 2;

	*to++ = '"';
	while (length && to < end) {
		__u32 code;
		size_t bytes = khmap_utf8_next(text, length, &code);

		if (!bytes || khmap_code_is_hidden(code)) {
			*to++ = '?';
			bytes = bytes ? bytes : 1;
		} else {
			memcpy(to, text, bytes);
			to += bytes;
		}
		text += bytes;
		length -= bytes;
	}
	if (length)
		to = stpcpy(to, cut);
	strcpy(to, "\"");
	return excerpt;
}
