// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_schema.c - the type language: its words, their layout, and what is refused
 */
#include <errno.h>
#include <stdlib.h>

#include <khmap/hash.h>
#include <khmap/schema.h>

#include "error.h"
#include "schema_random.h"
#include "schema_test.h"
#include "tap.h"

static void test_canonical(void)
{
	static const struct {
		const char *given, *canonical;
		unsigned int key, value;
	} cases[] = {
		{ "key u8;value u8", NULL, 1, 1 },
		{ " key\n bytes [ 3 ] ; value { name :str[64] , prefix: u32be } ; ",
		  "key bytes[3];value {name:str[64],prefix:u32be}", 3, 68 },
		{ "key{a:u8,b:u64};value packed {a:u8,b:u64}",
		  "key {a:u8,b:u64};value packed{a:u8,b:u64}", 16, 9 },
		{ "key align4{a:u8,b:u64,c:u8};value str[16][4]", NULL, 16, 64 },
		{ "key ipv4;value {a:{b:{c:u16le}},d:mac[2],e:ipv6}", NULL, 4, 30 },
		{ "key f32be;value {x:f64le,y:bool,z:i16}[3]", NULL, 4, 48 },
		{ "key {key:u8,value:u8,packed:u8,u8:u8};value i64", NULL, 4, 8 },
		{ "key bytes[4096];value u32[1024]", NULL, 4096, 4096 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *want = cases[i].canonical;
		struct khmap_schema *schema = NULL;

		if (!want)
			want = cases[i].given;
		if (!is_i64(khmap_schema_parse(cases[i].given, strlen(cases[i].given), &schema), 0,
			    "parse %s", want)) {
			diag("%s", khmap_reason());
			continue;
		}
		is_str(khmap_schema_text(schema), want, "canonical text");
		is_u64(khmap_schema_key_size(schema), cases[i].key, "key size");
		is_u64(khmap_schema_value_size(schema), cases[i].value, "value size");
		khmap_schema_free(schema);
	}
}

struct natural {
	uint8_t a;
	uint64_t b;
	uint16_t c;
	struct {
		uint8_t d;
		double e;
	} f;
};

#pragma pack(push, 4)
struct align4 {
	uint8_t a;
	uint64_t b;
	uint16_t c;
	struct {
		uint8_t d;
		double e;
	} f;
};

#pragma pack(pop)

static void test_layout(void)
{
	struct khmap_schema *schema = schema_of("{a:u8,b:u64,c:u16,f:{d:u8,e:f64}}",
						"align4{a:u8,b:u64,c:u16,f:align4{d:u8,e:f64}}");
	struct khmap_schema *mixed = schema_of("align4{a:u8,f:{d:u8,e:f64}}",
					       "packed{a:u8,f:{d:u8,e:f64}}");
	struct khmap_place place;

	/* i386 aligns to 4 what x86-64 aligns to 8; the language follows the latter. */
	if (_Alignof(struct natural) == 8) {
		is_u64(khmap_schema_key_size(schema), sizeof(struct natural), "natural size is C's");
		khmap_schema_find(schema, "key.f.e", &place);
		is_u64(place.offset, offsetof(struct natural, f.e), "natural offset is C's");
	} else {
		skip("this ABI does not align 64-bit numbers to 8");
		skip("this ABI does not align 64-bit numbers to 8");
	}
	is_u64(khmap_schema_value_size(schema), sizeof(struct align4), "align4 size is C's");
	khmap_schema_find(schema, "value.f.e", &place);
	is_u64(place.offset, offsetof(struct align4, f.e), "align4 offset is C's");
	is_u64(khmap_schema_key(mixed)->fields[1].offset, 4,
	       "a natural struct in align4 moves to 4");
	is_u64(khmap_schema_key(mixed)->fields[1].type->fields[1].offset, 8,
	       "but keeps its inside");
	is_u64(khmap_schema_key_size(mixed), 20, "size of align4 around natural");
	is_u64(khmap_schema_value_size(mixed), 17, "size of packed around natural");
	is_u64(khmap_schema_value(mixed)->align, 1, "alignment of packed");
	khmap_schema_free(schema);
	khmap_schema_free(mixed);
}

static void test_parse_errors(void)
{
	static const struct {
		const char *text;
		int error;
		const char *reason;
	} cases[] = {
		{ "", -EINVAL, "schema, column 1: expected \"key\", found the end" },
		{ "keyu8;value u8", -EINVAL,
		  "schema, column 1: expected \"key\", found \"keyu8\"" },
		{ "key u8", -EINVAL,
		  "schema, column 7: expected \";\" behind the key's type, found the end" },
		{ "key u8;val u8", -EINVAL, "schema, column 8: expected \"value\", found \"val\"" },
		{ "key u8;value u8 x", -EINVAL,
		  "schema, column 17: expected the end, found \"x\"" },
		{ "key u9;value u8", -EINVAL,
		  "schema, column 5: expected a type (u8..u64, i8..i64, f32, f64, bool, bytes[N], str[N], ipv4, ipv6, mac or {name:type,...}), found \"u9\"",
		},
		{ "key u8le;value u8", -EINVAL,
		  "schema, column 5: expected le or be only behind numbers of 2 bytes and more, found \"u8le\"",
		},
		{ "key str;value u8", -EINVAL,
		  "schema, column 8: expected \"[\" and the number of bytes, found \";\"" },
		{ "key str[0];value u8", -EINVAL,
		  "schema, column 9: expected a whole number 1..65535, found \"0\"" },
		{ "key u8[65536];value u8", -EINVAL,
		  "schema, column 8: expected a whole number 1..65535, found \"65536\"" },
		{ "key u8[99999999999999999999];value u8", -EINVAL,
		  "schema, column 8: expected a whole number 1..65535, found \"99999999999999999999\"",
		},
		{ "key u8[2][2];value u8", -EINVAL,
		  "schema, column 10: expected one \"[N]\" only (put a struct between two), found \"[\"",
		},
		{ "key {};value u8", -EINVAL,
		  "schema, column 6: expected a field name ([A-Za-z_][A-Za-z0-9_]*), found \"}\"" },
		{ "key {1a:u8};value u8", -EINVAL,
		  "schema, column 6: expected a field name ([A-Za-z_][A-Za-z0-9_]*), found \"1a\"",
		},
		{ "key {a:u8,a:u8};value u8", -EINVAL,
		  "schema, column 11: expected a name that is new in its struct, found \"a\"" },
		{ "key {a:u8;value u8", -EINVAL,
		  "schema, column 10: expected \",\" or \"}\", found \";\"" },
		{ "key packed u8;value u8", -EINVAL,
		  "schema, column 12: expected \"{\", found \"u8\"" },
		{ "key \x01;value u8", -EINVAL,
		  "schema, column 5: expected a type (u8..u64, i8..i64, f32, f64, bool, bytes[N], str[N], ipv4, ipv6, mac or {name:type,...}), found \"?\"",
		},
		{ "key bytes[4097];value u8", -E2BIG,
		  "schema, column 5: 4097 bytes: a key or a value has at most 4096" },
		{ "key u8;value u64[513]", -E2BIG,
		  "schema, column 14: an array of 4104 bytes: a key or a value has at most 4096" },
		{ "key u8;value {a:bytes[4096],b:u8}", -E2BIG,
		  "schema, column 14: a struct of 4097 bytes: a key or a value has at most 4096" },
		{ "key u8;value {a:{a:{a:{a:{a:{a:{a:{a:{a:u8}}}}}}}}}", -EINVAL,
		  "schema, column 38: expected structs nested at most 8 deep, found \"{\"" },
		{ "key u8;value {a234567890123456789012345678901234567890123456789012345678901234:u8}",
		  -EINVAL,
		  "schema, column 15: expected a field name of at most 63 bytes, found \"a234567890123456789012345678901234567890123456789012345678901234\"",
		},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct khmap_schema *schema = NULL;

		is_i64(khmap_schema_parse(cases[i].text, strlen(cases[i].text), &schema),
		       cases[i].error, "refuse schema %zu", i);
		is_str(khmap_reason(), cases[i].reason, "and say why");
		if (schema)
			khmap_schema_free(schema);
	}
}

static void test_parse_limits(void)
{
	struct khmap_schema *schema = NULL;
	char text[KHMAP_SCHEMA_INPUT_MAX + 2];
	size_t length;

	is_i64(khmap_schema_make("u8", "{a:u8", &schema), -EINVAL, "a broken value type");
	is_str(khmap_reason(), "value type, column 6: expected \",\" or \"}\", found the end",
	       "is named");

	/* 204 fields of 5 bytes: 1024 bytes with what is around them. */
	strcpy(text, "key u8;value {");
	for (int i = 0; i < 143; i++)
		sprintf(text + strlen(text), "%c%c:u8,", 'a' + i / 26, 'a' + i % 26);
	strcat(text, "zzzzzzz:u8}");
	length = strlen(text);
	is_u64(length, 883, "a text of many fields");
	is_i64(khmap_schema_parse(text, length, &schema), 0, "is a schema");
	khmap_schema_free(schema);
	text[length - 1] = '\0';
	while (strlen(text) < 1010)
		sprintf(text + strlen(text), ",n%zu:u8", strlen(text));
	strcat(text, ",");
	while (strlen(text) < KHMAP_SCHEMA_MAX - 4)
		strcat(text, "y");
	strcat(text, ":u8}");
	is_u64(strlen(text), KHMAP_SCHEMA_MAX, "a text of the largest size");
	is_i64(khmap_schema_parse(text, strlen(text), &schema), 0, "is a schema");
	khmap_schema_free(schema);
	strcpy(text + KHMAP_SCHEMA_MAX - 4, "y:u8}");
	is_i64(khmap_schema_parse(text, strlen(text), &schema), -E2BIG, "one byte more is not");
	is_str(khmap_reason(),
	       "the schema has 1025 bytes without blanks: at most 1024 fit; shorten the names",
	       "and says why");

	memset(text, ' ', sizeof(text));
	memcpy(text, "key u8;value u8", 15);
	is_i64(khmap_schema_parse(text, KHMAP_SCHEMA_INPUT_MAX, &schema), 0, "16 KiB of blanks");
	khmap_schema_free(schema);
	is_i64(khmap_schema_parse(text, KHMAP_SCHEMA_INPUT_MAX + 1, &schema), -E2BIG,
	       "16 KiB and a byte");
	is_i64(khmap_schema_parse("key u8;value u8\0", 16, &schema), -EINVAL, "a NUL in the text");
	khmap_schema_free(NULL);
}

static void test_hash(void)
{
	static const __u64 zero[2];
	struct khmap_schema *a = schema_of("u8", " { a : u8 } "), *b = schema_of("u8", "{a:u8}");
	struct khmap_schema *c = schema_of("u8", "{b:u8}");

	is_u64(khmap_schema_hash(a), khmap_schema_hash(b), "blanks do not change the hash");
	ok(khmap_schema_hash(a) != khmap_schema_hash(c), "names do");
	is_u64(khmap_schema_hash(a), khmap_siphash13(zero, "key u8;value {a:u8}", 19),
	       "the hash is that of the canonical text");
	khmap_schema_free(a);
	khmap_schema_free(b);
	khmap_schema_free(c);
}

static void test_find(void)
{
	struct khmap_schema *schema = schema_of("{id:u32,both:u8}",
						"{both:u8,name:str[5],list:{x:u16}[3],key:u8}");
	static const struct {
		const char *path;
		int ret;
		unsigned int offset, size;
		int in_value;
		const char *reason;
	} cases[] = {
		{ "key", 0, 0, 8, 0, NULL },
		{ "value", 0, 0, 14, 1, NULL },
		{ "key.id", 0, 0, 4, 0, NULL },
		{ "id", 0, 0, 4, 0, NULL },
		{ "name", 0, 1, 5, 1, NULL },
		{ "value.list[2].x", 0, 10, 2, 1, NULL },
		{ "list[1]", 0, 8, 2, 1, NULL },
		{ "value.key", 0, 12, 1, 1, NULL },
		{ "both", -ENOTUNIQ, 0, 0, 0,
		  "\"both\": the key and the value have such a field; write key.both or value.both",
		},
		{ "nix", -ENOENT, 0, 0, 0, "\"nix\": there is no such field" },
		{ "value.nix.x", -ENOENT, 0, 0, 0, "\"value.nix\": there is no such field" },
		{ "list[3]", -ENOENT, 0, 0, 0, "\"list[3]\": the array has elements 0..2" },
		{ "list[18446744073709551616]", -ENOENT, 0, 0, 0,
		  "\"list[18446744073709551616]\": the array has elements 0..2" },
		{ "name[0]", -ENOENT, 0, 0, 0, "\"name[0]\": this is no array" },
		{ "name.x", -ENOENT, 0, 0, 0, "\"name.x\": there are no fields here" },
		{ "list[]", -EINVAL, 0, 0, 0,
		  "\"list[]\" is no path such as value.name or key.list[2]" },
		{ "list[1", -EINVAL, 0, 0, 0,
		  "\"list[1\" is no path such as value.name or key.list[2]" },
		{ "list[1]x", -EINVAL, 0, 0, 0,
		  "\"list[1]x\" is no path such as value.name or key.list[2]" },
		{ "key.", -EINVAL, 0, 0, 0,
		  "\"key.\" is no path such as value.name or key.list[2]" },
		{ "", -EINVAL, 0, 0, 0, "\"\" is no path such as value.name or key.list[2]" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct khmap_place place = { .offset = 77 };

		is_i64(khmap_schema_find(schema, cases[i].path, &place), cases[i].ret, "find %s",
		       cases[i].path);
		if (cases[i].ret) {
			is_str(khmap_reason(), cases[i].reason, "and say why");
			is_u64(place.offset, 77, "and leave the place");
		} else {
			is_u64(place.offset, cases[i].offset, "offset");
			is_u64(place.type->size, cases[i].size, "size");
			is_i64(place.in_value, cases[i].in_value, "record");
		}
	}
	khmap_schema_free(schema);
}

/* Whatever is cut off or changed in a text, it is read or refused, never a fault. */
static void test_damage(void)
{
	unsigned int refused = 0, kept = 0;

	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct khmap_schema *schema = NULL;
		struct random_schema random;

		random_schema(&random, seed);
		for (unsigned int i = 0; i < 100; i++) {
			size_t length = strlen(random.plain);
			char *copy = malloc(length);

			memcpy(copy, random.plain, length);
			copy[random_below(&random.state, (unsigned int)length)] =
				"key u8;[]{}:,\xff\n9"[random_below(&random.state, 16)];
			length = random_below(&random.state, 4) ? length :
				 random_below(&random.state, (unsigned int)length);
			if (khmap_schema_parse(copy, length, &schema)) {
				refused += *khmap_reason() != '\0';
			} else {
				kept++;
				khmap_schema_free(schema);
			}
			free(copy);
		}
	}
	is_u64(refused + kept, 30000, "damaged schemas are read or refused");
	ok(refused > 10000, "most are refused");
}

int main(void)
{
	test_canonical();
	test_layout();
	test_parse_errors();
	test_parse_limits();
	test_hash();
	test_find();
	test_damage();
	return done();
}
