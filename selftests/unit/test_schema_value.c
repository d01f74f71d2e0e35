// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_schema_value.c - values of every type, to text and JSON and back
 */
#include <errno.h>
#include <float.h>
#include <locale.h>
#include <stdlib.h>

#include <khmap/schema.h>

#include "error.h"
#include "schema_random.h"
#include "schema_test.h"
#include "tap.h"

#define SCHEMAS 2000
#define RECORDS 20

static char *print_of(const struct khmap_type *type, const void *record, bool json)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (json)
		khmap_value_print_json(type, record, out);
	else
		khmap_value_print(type, record, out);
	fclose(out);
	return text;
}

static void test_scalars(void)
{
	static const struct {
		const char *type, *text, *bytes, *print, *json;
	} cases[] = {
		{ "u8", "255", "\xff", "255", "255" },
		{ "u8", " 0x1F ", "\x1f", "31", "31" },
		{ "i8", "-128", "\x80", "-128", "-128" },
		{ "i8", "-0x80", "\x80", "-128", "-128" },
		{ "u16be", "258", "\x01\x02", "258", "258" },
		{ "u16le", "258", "\x02\x01", "258", "258" },
		{ "i32be", "-2", "\xff\xff\xff\xfe", "-2", "-2" },
		{ "u64be", "18446744073709551615", "\xff\xff\xff\xff\xff\xff\xff\xff",
		  "18446744073709551615", "\"18446744073709551615\"" },
		{ "u64be", "9223372036854775807", "\x7f\xff\xff\xff\xff\xff\xff\xff",
		  "9223372036854775807", "9223372036854775807" },
		{ "i64be", "-9223372036854775808", "\x80\0\0\0\0\0\0\0", "-9223372036854775808",
		  "-9223372036854775808" },
		{ "f32be", "0.1", "\x3d\xcc\xcc\xcd", "0.1", "0.1" },
		{ "f64be", "0.1", "\x3f\xb9\x99\x99\x99\x99\x99\x9a", "0.1", "0.1" },
		{ "f64be", "-0", "\x80\0\0\0\0\0\0\0", "-0.0", "-0.0" },
		{ "f64be", "1e22", "\x44\x80\xf0\xcf\x06\x4d\xd5\x92", "1e+22", "1e+22" },
		{ "f64be", "5e-324", "\0\0\0\0\0\0\0\x01", "4.94065645841247e-324",
		  "4.94065645841247e-324" },
		{ "f32be", "-inf", "\xff\x80\0\0", "-inf", "\"-inf\"" },
		{ "f32be", "NaN", "\x7f\xc0\0\0", "nan", "\"nan\"" },
		{ "f32be", "-nan", "\xff\xc0\0\0", "nan(0xffc00000)", "\"nan(0xffc00000)\"" },
		{ "f32be", "nan(0x7f800001)", "\x7f\x80\0\x01", "nan(0x7f800001)",
		  "\"nan(0x7f800001)\"" },
		{ "bool", "true", "\x01", "true", "true" },
		{ "bool", "0", "\0", "false", "false" },
		{ "bytes[3]", "aabbCC", "\xaa\xbb\xcc", "aabbcc", "\"aabbcc\"" },
		{ "bytes[3]", "aa-bb-cc", "\xaa\xbb\xcc", "aabbcc", "\"aabbcc\"" },
		{ "mac", "00:1b:21:0a:0b:ff", "\x00\x1b\x21\x0a\x0b\xff", "00:1b:21:0a:0b:ff",
		  "\"00:1b:21:0a:0b:ff\"" },
		{ "mac", "001b210a0bff", "\x00\x1b\x21\x0a\x0b\xff", "00:1b:21:0a:0b:ff",
		  "\"00:1b:21:0a:0b:ff\"" },
		{ "ipv4", "10.0.0.1", "\x0a\0\0\x01", "10.0.0.1", "\"10.0.0.1\"" },
		{ "ipv6", "2001:DB8::1", "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01",
		  "2001:db8::1", "\"2001:db8::1\"" },
		{ "str[4]", "", "\0\0\0\0", "", "\"\"" },
		{ "str[4]", "abcd", "abcd", "abcd", "\"abcd\"" },
		{ "str[4]", " a\"", " a\"\0", " a\"", "\" a\\\"\"" },
		{ "str[4]", "\\\n\x7f", "\\\n\x7f\0", "\\\\\\n\\x7f", "\"\\\\\\n\\u007f\"" },
		{ "str[4]", "\xc3\xa4\xc3", "\xc3\xa4\xc3\0", "\xc3\xa4\\xc3",
		  "{\"$hex\":\"c3a4c3\"}" },
		{ "str[4]", "\xe2\x80\xae", "\xe2\x80\xae\0", "\\u202e", "\"\\u202e\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct khmap_schema *schema = schema_of("u8", cases[i].type);
		const struct khmap_type *type = khmap_schema_value(schema);
		unsigned char bytes[16], again[16];
		char *text;

		is_i64(khmap_value_scan(type, cases[i].text, strlen(cases[i].text), bytes), 0,
		       "scan %zu of %s", i, cases[i].type);
		ok(!memcmp(bytes, cases[i].bytes, type->size), "its bytes");
		text = print_of(type, bytes, false);
		is_str(text, cases[i].print, "its text");
		free(text);
		text = print_of(type, bytes, true);
		is_str(text, cases[i].json, "its JSON");
		is_i64(khmap_value_scan_as(type, KHMAP_NOTATION_JSON, NULL, text, strlen(text),
					   again, NULL), 0, "the JSON is read");
		ok(!memcmp(bytes, again, type->size), "its bytes again");
		free(text);
		khmap_schema_free(schema);
	}
}

static void test_scan_errors(void)
{
	static const struct {
		const char *type, *text;
		int ret;
		const char *reason;
	} cases[] = {
		{ "u8", "300", -ERANGE, "300 does not fit u8 (0..255)" },
		{ "u8", "-1", -ERANGE, "-1 does not fit u8 (0..255)" },
		{ "i8", "128", -ERANGE, "128 does not fit i8 (-128..127)" },
		{ "i64", "9223372036854775808", -ERANGE,
		  "9223372036854775808 does not fit i64 (-9223372036854775808..9223372036854775807)",
		},
		{ "u64", "18446744073709551616", -ERANGE,
		  "18446744073709551616 does not fit u64 (0..18446744073709551615)" },
		{ "u64", "0x10000000000000000", -ERANGE,
		  "0x10000000000000000 does not fit u64 (0..18446744073709551615)" },
		{ "u32", "", -EINVAL,
		  "\"\" is no u32: a whole number, decimal or 0x and hex, is expected" },
		{ "u32", "12x", -EINVAL,
		  "\"12x\" is no u32: a whole number, decimal or 0x and hex, is expected" },
		{ "u32", "1.5", -EINVAL,
		  "\"1.5\" is no u32: a whole number, decimal or 0x and hex, is expected" },
		{ "u32", "0x", -EINVAL,
		  "\"0x\" is no u32: a whole number, decimal or 0x and hex, is expected" },
		{ "u32", "--1", -EINVAL,
		  "\"--1\" is no u32: a whole number, decimal or 0x and hex, is expected" },
		{ "f32", "1e39", -ERANGE, "\"1e39\" does not fit f32 (at most 3.4e38)" },
		{ "f64", "1e309", -ERANGE, "\"1e309\" does not fit f64 (at most 1.7e308)" },
		{ "f32", "1,5", -EINVAL,
		  "\"1,5\" is no f32: a decimal number, nan or inf is expected" },
		{ "f32", "nan(0x7f800000)", -EINVAL,
		  "\"nan(0x7f800000)\" is no f32: a decimal number, nan or inf is expected" },
		{ "bool", "yes", -EINVAL, "\"yes\" is no bool: true, false, 1 or 0 is expected" },
		{ "bytes[3]", "aabb", -ERANGE, "2 bytes do not fit bytes[3]: it has 3" },
		{ "bytes[3]", "aa:bbcc", -EINVAL,
		  "\"aa:bbcc\" is no bytes[3]: 3 bytes as hex are expected, such as aabbcc or aa:bb:cc",
		},
		{ "mac", "a:b:c:d:e:f", -EINVAL,
		  "\"a:b:c:d:e:f\" is no mac: 6 bytes as hex are expected, such as aabbcc or aa:bb:cc",
		},
		{ "ipv4", "10.0.0.256", -EINVAL,
		  "\"10.0.0.256\" is no ipv4: an address such as 192.0.2.1 is expected" },
		{ "ipv6", "::g", -EINVAL,
		  "\"::g\" is no ipv6: an address such as 2001:db8::1 is expected" },
		{ "str[3]", "abcd", -ERANGE, "text of 4 bytes does not fit str[3]" },
		{ "{a:{b:u8}[2]}", "{a:[{b:1},{b:256}]}", -ERANGE,
		  "a[1].b: 256 does not fit u8 (0..255)" },
		{ "{a:u8,b:u8}", "{a:1}", -EINVAL, "b: the field is missing" },
		{ "{a:u8,b:u8}", "{a:1,a:2}", -EINVAL, "a: the field is there twice" },
		{ "{a:u8}", "{a:1,c:2}", -EINVAL, "there is no field \"c\"" },
		{ "{a:u8}", "{a 1}", -EINVAL,
		  "a: expected \":\" behind the field's name, found \"1}\" at byte 4" },
		{ "{a:u8}", "{a:1} x", -EINVAL, "expected the end, found \"x\" at byte 7" },
		{ "{a:u8}", "{a:", -EINVAL,
		  "a: expected a value of type u8, found the end at byte 4" },
		{ "{a:u8}", "7", -EINVAL, "expected \"{\" of a struct, found \"7\" at byte 1" },
		{ "{a:str[2]}", "{a:\"x", -EINVAL,
		  "a: expected a closing quote, found the end at byte 6" },
		{ "{a:str[2]}", "{a:\"\\ud800\"}", -EINVAL,
		  "a: expected one of \" \\ / b f n r t uHHHH xHH behind \"\\\", found \"ud800\"}\" at byte 6",
		},
		{ "{a:str[2]}", "{a:\"\\u0000\"}", -EINVAL,
		  "a: a NUL at byte 1 of a text: str has none within" },
		{ "{a:str[2]}", "{a:{\"$hex\":\"112233\"}}", -ERANGE,
		  "a: \"$hex\" has 3 bytes: the type has 2" },
		{ "{a:u16}", "{a:{\"$hex\":\"11\"}}", -ERANGE,
		  "a: \"$hex\" has 1 bytes: the type has 2" },
		{ "u8[2]", "[1]", -ERANGE, "1 elements: the array has 2" },
		{ "u8[2]", "[1,2,3]", -ERANGE, "more than the 2 elements of the array" },
		{ "u8[2]", "[]", -ERANGE, "0 elements: the array has 2" },
		{ "u8[2]", "[1,]", -EINVAL,
		  "[1]: \"\" is no u8: a whole number, decimal or 0x and hex, is expected" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct khmap_schema *schema = schema_of("u8", cases[i].type);
		unsigned char bytes[64];

		memset(bytes, 0x5a, sizeof(bytes));
		is_i64(khmap_value_scan(khmap_schema_value(schema), cases[i].text,
					strlen(cases[i].text), bytes), cases[i].ret,
		       "refuse %s as %s", cases[i].text, cases[i].type);
		is_str(khmap_reason(), cases[i].reason, "and say why");
		ok(bytes[0] == 0x5a && bytes[1] == 0x5a, "and leave the record");
		khmap_schema_free(schema);
	}
}

static void test_aggregates(void)
{
	struct khmap_schema *schema = schema_of("u8", "{a:u8,b:u32be,c:str[4],d:mac,e:ipv6,f:bool[2]}");
	static const char given[] =
		" { f : [ 1 , false ] , a:0x10,c : hi there ,d:00-11-22-33-44-55,e:::1,b:\"7\"} ";
	static const char fits[] =
		"{f:[1,false],a:0x10,c:hi u,d:00-11-22-33-44-55,e:::1,\"b\":\"7\"}";
	const struct khmap_type *type = khmap_schema_value(schema);
	unsigned char bytes[64] = { 0 };
	size_t where = 0;
	char *text;

	is_u64(type->size, 36, "size of a mixed struct");
	is_i64(khmap_value_scan_as(type, KHMAP_NOTATION_TEXT, "value", given, strlen(given), bytes,
				   &where), -ERANGE, "a text that is too long");
	is_str(khmap_reason(), "value.c: text of 8 bytes does not fit str[4]", "is named");
	is_u64(where, strstr(given, "hi") - given, "and its place told");
	is_i64(khmap_value_scan(type, fits, strlen(fits), bytes), 0, "scan a struct as text");
	text = print_of(type, bytes, false);
	is_str(text, "{a:16,b:7,c:\"hi u\",d:00:11:22:33:44:55,e:::1,f:[true,false]}", "print it");
	free(text);
	text = print_of(type, bytes, true);
	is_str(text,
	       "{\"a\":16,\"b\":7,\"c\":\"hi u\",\"d\":\"00:11:22:33:44:55\",\"e\":\"::1\",\"f\":[true,false]}",
	       "print it as JSON");
	free(text);
	is_i64(khmap_value_check(type, bytes), 0, "it is valid");
	bytes[2] = 1;
	is_i64(khmap_value_check(type, bytes), -EINVAL, "not with padding that is not zero");
	is_str(khmap_reason(), "byte 2 is padding and must be zero", "which is told");
	text = print_of(type, bytes, true);
	ok(!strncmp(text, "{\"$hex\":\"10000100", 17), "its JSON is its bytes");
	free(text);
	bytes[2] = 0;
	bytes[8] = 0;
	is_i64(khmap_value_check(type, bytes), -EINVAL, "nor with a text that goes on");
	is_str(khmap_reason(), "c: a text goes on behind its first NUL: only NULs may follow",
	       "which is told");
	khmap_schema_free(schema);

	schema = schema_of("u8", "{a:u32,b:u8}");
	is_i64(khmap_value_check(khmap_schema_value(schema), "abcde\0\0\1"), -EINVAL,
	       "nor with padding at its end");
	is_str(khmap_reason(), "byte 7 is padding and must be zero", "which is told");
	khmap_schema_free(schema);

	schema = schema_of("u8", "{x:{y:bool[2]}[2]}");
	is_i64(khmap_value_check(khmap_schema_value(schema), "\0\1\0\7"), -EINVAL, "nor a bool of 7");
	is_str(khmap_reason(), "x[1].y[1]: 7 is no bool: 0 or 1 is expected", "which is told");
	khmap_schema_free(schema);
}

/* JSON asks for quotes where text does not; null and a lone word are no texts. */
static void test_json_needs_quotes(void)
{
	struct khmap_schema *schema = schema_of("u8", "str[8]");
	size_t where = 1;
	char bytes[8];

	is_i64(khmap_value_scan_as(khmap_schema_value(schema), KHMAP_NOTATION_JSON, "value", "null",
				   4, bytes, &where), -EINVAL, "null is no text");
	is_str(khmap_reason(),
	       "value: expected a value of type str[8] in quotes, found \"null\"",
	       "and is told");
	is_u64(where, 0, "and where it is");
	khmap_schema_free(schema);
}

/* A decimal comma of the user's locale must not reach a file. */
static void test_locale(void)
{
	struct khmap_schema *schema;
	unsigned char bytes[8];
	char *text;

	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8")) {
		skip("no locale with a decimal comma is installed");
		return;
	}
	schema = schema_of("u8", "f64");
	khmap_value_scan(khmap_schema_value(schema), "1.5", 3, bytes);
	text = print_of(khmap_schema_value(schema), bytes, false);
	is_str(text, "1.5", "a decimal point in a locale with a comma");
	free(text);
	khmap_schema_free(schema);
	setlocale(LC_NUMERIC, "C");
}

static bool reads_back(const struct khmap_type *type, const unsigned char *record, bool json)
{
	unsigned char again[KHMAP_RECORD_MAX];
	char *text = print_of(type, record, json);
	int ret = khmap_value_scan_as(type, json ? KHMAP_NOTATION_JSON : KHMAP_NOTATION_TEXT, NULL,
				      text, strlen(text), again, NULL);
	bool same = !ret && !memcmp(record, again, type->size);

	if (!same)
		diag("%s: %s", text, ret ? khmap_reason() : "other bytes");
	free(text);
	return same;
}

static void test_random(void)
{
	unsigned int schemas = 0, large = 0, canonical = 0, valid = 0, json = 0, text = 0;
	unsigned int texts = 0, invalid_json = 0;

	for (uint64_t seed = 1; seed <= SCHEMAS; seed++) {
		struct khmap_schema *schema = NULL, *again = NULL;
		struct random_schema random;
		const struct khmap_type *type;
		int ret;

		random_schema(&random, seed);
		ret = khmap_schema_parse(random.spaced, strlen(random.spaced), &schema);
		if (ret == -E2BIG) {
			large++;
			continue;
		}
		if (ret) {
			diag("seed %" PRIu64 ": %s: %s", seed, random.plain, khmap_reason());
			continue;
		}
		schemas++;
		canonical += !strcmp(khmap_schema_text(schema), random.plain) &&
			     !khmap_schema_parse(random.plain, strlen(random.plain), &again) &&
			     !strcmp(khmap_schema_text(again), random.plain);
		type = khmap_schema_value(schema);
		for (unsigned int i = 0; i < RECORDS; i++) {
			unsigned char record[KHMAP_RECORD_MAX] = { 0 };

			random_record(&random.state, type, record);
			valid += !khmap_value_check(type, record);
			json += reads_back(type, record, true);
			if (type->kind != KHMAP_KIND_STR) {
				texts++;
				text += reads_back(type, record, false);
			}
			for (unsigned int at = 0; at < type->size; at++)
				record[at] = (unsigned char)random_next(&random.state);
			invalid_json += reads_back(type, record, true);
		}
		khmap_schema_free(schema);
		khmap_schema_free(again);
	}
	ok(large < SCHEMAS / 10, "most random schemas fit");
	is_u64(schemas + large, SCHEMAS, "all random schemas are read");
	is_u64(canonical, schemas, "canonical text, read, is the same");
	is_u64(valid, schemas * RECORDS, "random records are valid");
	is_u64(json, schemas * RECORDS, "records as JSON, read, are the same");
	is_u64(text, texts, "records as text, read, are the same");
	is_u64(invalid_json, schemas * RECORDS, "any bytes as JSON, read, are the same");
}

static void test_damage_value(void)
{
	unsigned int done_count = 0;

	for (uint64_t seed = 1; seed <= 300; seed++) {
		unsigned char record[KHMAP_RECORD_MAX] = { 0 }, again[KHMAP_RECORD_MAX];
		struct khmap_schema *schema = NULL;
		struct random_schema random;
		const struct khmap_type *type;
		char *text;

		random_schema(&random, seed);
		if (khmap_schema_parse(random.plain, strlen(random.plain), &schema)) {
			done_count += 100;
			continue;
		}
		type = khmap_schema_value(schema);
		random_record(&random.state, type, record);
		text = print_of(type, record, seed & 1);
		for (unsigned int i = 0; i < 100; i++) {
			size_t length = strlen(text);
			char *copy = malloc(length + 1);

			memcpy(copy, text, length);
			if (length) {
				copy[random_below(&random.state, (unsigned int)length)] =
					"{}[]\",:\\u0$\xff\n x"[random_below(&random.state, 16)];
				if (!random_below(&random.state, 4))
					length = random_below(&random.state, (unsigned int)length);
			}
			copy = realloc(copy, length ? length : 1);
			khmap_value_scan_as(type, i & 1 ? KHMAP_NOTATION_JSON : KHMAP_NOTATION_TEXT,
					    "value", copy, length, again, NULL);
			done_count++;
			free(copy);
		}
		free(text);
		khmap_schema_free(schema);
	}
	is_u64(done_count, 30000, "damaged values are read or refused");
}

int main(void)
{
	test_scalars();
	test_scan_errors();
	test_aggregates();
	test_json_needs_quotes();
	test_locale();
	test_random();
	test_damage_value();
	return done();
}
