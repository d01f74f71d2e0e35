// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * schema_number.c - numbers in records, and floating point as text
 *
 * Floating point numbers are moved as bits: a load into a register of the x87
 * would make a quiet NaN of a signalling one.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <khmap/schema.h>

#include "error.h"
#include "schema.h"

static bool khmap_order_is_big(enum khmap_order order)
{
	if (order == KHMAP_ORDER_HOST)
		return __BYTE_ORDER == __BIG_ENDIAN;
	return order == KHMAP_ORDER_BIG;
}

__u64 khmap_number_load(const struct khmap_type *type, const void *record)
{
	const unsigned char *byte = record;
	bool big = khmap_order_is_big(type->order);
	__u64 bits = 0;

	for (__u32 i = 0; i < type->size; i++)
		bits = bits << 8 | byte[big ? i : type->size - 1 - i];
	return bits;
}

void khmap_number_store(const struct khmap_type *type, __u64 bits, void *record)
{
	unsigned char *byte = record;
	bool big = khmap_order_is_big(type->order);

	for (__u32 i = 0; i < type->size; i++) {
		byte[big ? type->size - 1 - i : i] = (unsigned char)bits;
		bits >>= 8;
	}
}

static __u64 khmap_float_infinity(const struct khmap_type *type)
{
	return type->size == 4 ? UINT64_C(0x7f800000) : UINT64_C(0x7ff0000000000000);
}

static __u64 khmap_float_nan(const struct khmap_type *type)
{
	return type->size == 4 ? UINT64_C(0x7fc00000) : UINT64_C(0x7ff8000000000000);
}

static __u64 khmap_float_sign(const struct khmap_type *type)
{
	return UINT64_C(1) << (type->size * 8 - 1);
}

bool khmap_float_is_finite(const struct khmap_type *type, const void *record)
{
	__u64 infinity = khmap_float_infinity(type);

	return (khmap_number_load(type, record) & infinity) != infinity;
}

static locale_t khmap_locale_c;

static void khmap_locale_make(void)
{
	khmap_locale_c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* The locale whose decimal point is a point; lives as long as the process. */
static locale_t khmap_locale_get(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, khmap_locale_make);
	return khmap_locale_c ? khmap_locale_c : LC_GLOBAL_LOCALE;
}

static float khmap_bits_float(__u64 bits)
{
	__u32 half = (__u32)bits;
	float number;

	memcpy(&number, &half, sizeof(number));
	return number;
}

static double khmap_bits_double(__u64 bits)
{
	double number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

/*
 * The fewest digits that are read back as the same bits.  An f32 must also
 * survive a reader that goes through a double, as readers of JSON do.
 */
static void khmap_float_digits(const struct khmap_type *type, __u64 bits,
			       char text[KHMAP_NUMBER_SIZE])
{
	locale_t old = uselocale(khmap_locale_get());

	if (type->size == 4) {
		float number = khmap_bits_float(bits);

		for (int digits = 6; digits <= 9; digits++) {
			snprintf(text, KHMAP_NUMBER_SIZE, "%.*g", digits, (double)number);
			if (strtof(text, NULL) == number && (float)strtod(text, NULL) == number)
				break;
		}
	} else {
		double number = khmap_bits_double(bits);

		for (int digits = 15; digits <= 17; digits++) {
			snprintf(text, KHMAP_NUMBER_SIZE, "%.*g", digits, number);
			if (strtod(text, NULL) == number)
				break;
		}
	}
	uselocale(old);
	/* "-0" would be read as the integer 0 by readers of JSON. */
	if (!strpbrk(text, ".e"))
		strcat(text, ".0");
}

static void khmap_float_format(const struct khmap_type *type, const void *record,
			       char text[KHMAP_NUMBER_SIZE])
{
	__u64 bits = khmap_number_load(type, record);
	__u64 sign = khmap_float_sign(type);

	if (khmap_float_is_finite(type, record))
		khmap_float_digits(type, bits, text);
	else if ((bits & ~sign) == khmap_float_infinity(type))
		strcpy(text, bits & sign ? "-inf" : "inf");
	else if (bits == khmap_float_nan(type))
		strcpy(text, "nan");
	else
		snprintf(text, KHMAP_NUMBER_SIZE, "nan(0x%" PRIx64 ")", (uint64_t)bits);
}

int khmap_number_format(const struct khmap_type *type, const void *record,
			char text[KHMAP_NUMBER_SIZE])
{
	__u64 bits;

	switch (type->kind) {
	case KHMAP_KIND_UINT:
		return snprintf(text, KHMAP_NUMBER_SIZE, "%" PRIu64,
				(uint64_t)khmap_number_load(type, record));
	case KHMAP_KIND_INT:
		bits = khmap_number_load(type, record);
		if (type->size < 8 && bits >> (type->size * 8 - 1))
			bits |= ~UINT64_C(0) << (type->size * 8);
		return snprintf(text, KHMAP_NUMBER_SIZE, "%" PRId64, (int64_t)bits);
	case KHMAP_KIND_FLOAT:
		khmap_float_format(type, record, text);
		return (int)strlen(text);
	default:
		return -1;
	}
}

/* "nan", "inf", "infinity" with a sign, and "nan(0xBITS)". */
static bool khmap_float_scan_word(const struct khmap_type *type, const char *text, __u64 *bits)
{
	__u64 sign = 0, infinity = khmap_float_infinity(type);
	unsigned long long payload;
	char *end;

	if (!strncasecmp(text, "nan(0x", 6) && text[6] != '-' && text[6] != '+') {
		payload = strtoull(text + 4, &end, 16);
		if (strcmp(end, ")") || payload & ~(infinity | (infinity - 1) |
						    khmap_float_sign(type)))
			return false;
		*bits = payload;
		return (payload & infinity) == infinity &&
		       (payload & ~khmap_float_sign(type)) != infinity;
	}
	if (*text == '-' || *text == '+')
		sign = *text++ == '-' ? khmap_float_sign(type) : 0;
	if (!strcasecmp(text, "nan"))
		*bits = sign | khmap_float_nan(type);
	else if (!strcasecmp(text, "inf") || !strcasecmp(text, "infinity"))
		*bits = sign | infinity;
	else
		return false;
	return true;
}

int khmap_float_scan(const struct khmap_type *type, const char *text, size_t length,
		     void *record)
{
	/* The longest exact decimal of a double has less than 1100 bytes. */
	char copy[2048], excerpt[KHMAP_EXCERPT_SIZE];
	__u64 bits = 0;
	locale_t old;
	char *end;

	khmap_excerpt(text, length, excerpt);
	if (!length || length >= sizeof(copy) || memchr(text, '\0', length))
		goto malformed;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (khmap_float_scan_word(type, copy, &bits)) {
		khmap_number_store(type, bits, record);
		return 0;
	}
	if (strspn(copy, "0123456789+-.eE") != length)
		goto malformed;
	old = uselocale(khmap_locale_get());
	if (type->size == 4) {
		float number = strtof(copy, &end);
		__u32 half;

		memcpy(&half, &number, sizeof(half));
		bits = half;
	} else {
		double number = strtod(copy, &end);

		memcpy(&bits, &number, sizeof(bits));
	}
	uselocale(old);
	if (*end)
		goto malformed;
	if ((bits & khmap_float_infinity(type)) == khmap_float_infinity(type))
		return khmap_fail(ERANGE, "%s does not fit f%u (at most %s)", excerpt,
				  type->size * 8, type->size == 4 ? "3.4e38" : "1.7e308");
	khmap_number_store(type, bits, record);
	return 0;

malformed:
	return khmap_fail(EINVAL,
			  "%s is no f%u: a decimal number, nan or inf is expected",
			  excerpt, type->size * 8);
}
