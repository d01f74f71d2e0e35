// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * schema_scalar.c - scalars from their plain text
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <khmap/schema.h>

#include "error.h"
#include "schema.h"

static int khmap_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Hex digits, two a byte, with ":" or "-" between all bytes or between none.
 * *@count is the number of bytes in @text, of which at most @size are stored.
 */
int khmap_hex_scan(const char *text, size_t length, void *bytes, size_t size, size_t *count)
{
	char separator = length > 2 && (text[2] == ':' || text[2] == '-') ? text[2] : '\0';
	unsigned char *byte = bytes;
	size_t at = 0;

	*count = 0;
	while (at < length) {
		int high, low;

		if (at && separator && text[at++] != separator)
			return -EINVAL;
		if (length - at < 2)
			return -EINVAL;
		high = khmap_hex_digit(text[at]);
		low = khmap_hex_digit(text[at + 1]);
		if (high < 0 || low < 0)
			return -EINVAL;
		if (*count < size)
			byte[*count] = (unsigned char)(high << 4 | low);
		++*count;
		at += 2;
	}
	return 0;
}

/* Digits without a sign; @overflow if they are more than 64 bits. */
static bool khmap_digits_scan(const char *text, size_t length, __u64 *number, bool *overflow)
{
	unsigned int base = 10;

	*number = 0;
	*overflow = false;
	if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
		length -= 2;
	}
	if (!length)
		return false;
	for (size_t i = 0; i < length; i++) {
		int digit = khmap_hex_digit(text[i]);

		if (digit < 0 || digit >= (int)base)
			return false;
		if (__builtin_mul_overflow(*number, (__u64)base, number) ||
		    __builtin_add_overflow(*number, (__u64)digit, number))
			*overflow = true;
	}
	return true;
}

static int khmap_integer_scan(const struct khmap_type *type, const char *text, size_t length,
			      void *record)
{
	bool negative = length && *text == '-', is_signed = type->kind == KHMAP_KIND_INT;
	unsigned int bits = type->size * 8;
	__u64 most = UINT64_MAX >> (64 - bits), number;
	char excerpt[KHMAP_EXCERPT_SIZE];
	bool overflow;

	if (!khmap_digits_scan(text + negative, length - negative, &number, &overflow))
		return khmap_fail(EINVAL,
				  "%s is no %c%u: a whole number, decimal or 0x and hex, is expected",
				  khmap_excerpt(text, length, excerpt), is_signed ? 'i' : 'u',
				  bits);
	if (is_signed)
		most = (most >> 1) + negative;
	else if (negative)
		most = 0;
	if (overflow || number > most) {
		int shown = length > 40 ? 40 : (int)length;
		const char *dots = length > 40 ? "..." : "";

		if (is_signed)
			return khmap_fail(ERANGE,
					  "%.*s%s does not fit i%u (%" PRId64 "..%" PRId64 ")",
					  shown, text, dots, bits,
					  -(int64_t)(UINT64_MAX >> (65 - bits)) - 1,
					  (int64_t)(UINT64_MAX >> (65 - bits)));
		return khmap_fail(ERANGE, "%.*s%s does not fit u%u (0..%" PRIu64 ")", shown,
				  text, dots, bits, UINT64_MAX >> (64 - bits));
	}
	khmap_number_store(type, negative ? -number : number, record);
	return 0;
}

static bool khmap_is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && !memcmp(text, word, length);
}

static int khmap_bool_scan(const char *text, size_t length, void *record)
{
	char excerpt[KHMAP_EXCERPT_SIZE];
	unsigned char byte;

	if (khmap_is_word(text, length, "true") || khmap_is_word(text, length, "1"))
		byte = 1;
	else if (khmap_is_word(text, length, "false") || khmap_is_word(text, length, "0"))
		byte = 0;
	else
		return khmap_fail(EINVAL, "%s is no bool: true, false, 1 or 0 is expected",
				  khmap_excerpt(text, length, excerpt));
	memcpy(record, &byte, 1);
	return 0;
}

static int khmap_bytes_scan(const struct khmap_type *type, const char *text, size_t length,
			    void *record)
{
	char excerpt[KHMAP_EXCERPT_SIZE], name[24];
	size_t count;

	khmap_type_text(type, name, sizeof(name));
	if (khmap_hex_scan(text, length, record, type->size, &count))
		return khmap_fail(EINVAL,
				  "%s is no %s: %u bytes as hex are expected, such as aabbcc or aa:bb:cc",
				  khmap_excerpt(text, length, excerpt), name, type->size);
	if (count != type->size)
		return khmap_fail(ERANGE, "%zu bytes do not fit %s: it has %u", count, name,
				  type->size);
	return 0;
}

static int khmap_str_scan(const struct khmap_type *type, const char *text, size_t length,
			  void *record)
{
	const char *nul = length ? memchr(text, '\0', length) : NULL;

	if (nul)
		return khmap_fail(EINVAL, "a NUL at byte %zu of a text: str has none within",
				  (size_t)(nul - text) + 1);
	if (length > type->size)
		return khmap_fail(ERANGE, "text of %zu bytes does not fit str[%u]", length,
				  type->size);
	memset(record, 0, type->size);
	if (length)
		memcpy(record, text, length);
	return 0;
}

static int khmap_address_scan(const struct khmap_type *type, const char *text, size_t length,
			      void *record)
{
	bool is_ipv4 = type->kind == KHMAP_KIND_IPV4;
	char copy[INET6_ADDRSTRLEN], excerpt[KHMAP_EXCERPT_SIZE];

	if (length < sizeof(copy) && !(length && memchr(text, '\0', length))) {
		if (length)
			memcpy(copy, text, length);
		copy[length] = '\0';
		if (inet_pton(is_ipv4 ? AF_INET : AF_INET6, copy, record) == 1)
			return 0;
	}
	return khmap_fail(EINVAL, "%s is no %s: an address such as %s is expected",
			  khmap_excerpt(text, length, excerpt), is_ipv4 ? "ipv4" : "ipv6",
			  is_ipv4 ? "192.0.2.1" : "2001:db8::1");
}

int khmap_scalar_scan(const struct khmap_type *type, const char *text, size_t length,
		      void *record)
{
	if (type->kind == KHMAP_KIND_STR)
		return khmap_str_scan(type, text, length, record);
	while (length && (*text == ' ' || *text == '\t')) {
		text++;
		length--;
	}
	while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;

	switch (type->kind) {
	case KHMAP_KIND_UINT:
	case KHMAP_KIND_INT:
		return khmap_integer_scan(type, text, length, record);
	case KHMAP_KIND_FLOAT:
		return khmap_float_scan(type, text, length, record);
	case KHMAP_KIND_BOOL:
		return khmap_bool_scan(text, length, record);
	case KHMAP_KIND_BYTES:
	case KHMAP_KIND_MAC:
		return khmap_bytes_scan(type, text, length, record);
	case KHMAP_KIND_IPV4:
	case KHMAP_KIND_IPV6:
		return khmap_address_scan(type, text, length, record);
	default:
		return khmap_fail(EINVAL, "a scalar is expected");
	}
}
