// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_record_msgpack.c - records from and to MessagePack
 */
#include "record_test.h"

/* Bytes and how many, without the NUL that C puts behind them. */
struct piece {
	const char *bytes;
	size_t length;
};

#define BYTES(text) ((struct piece){ (text), sizeof(text) - 1 })

static void is_read(const char *schema, struct piece piece, const char *want,
		    const char *what)
{
	static const struct record_options options = { .format = RECORD_MSGPACK };

	is_report_of(schema, &options, piece.bytes, piece.length, want, what);
}

static void is_read_on(const char *schema, struct piece piece, const char *want,
		       const char *what)
{
	static const struct record_options going = {
		.format = RECORD_MSGPACK,
		.keep_going = true,
	};

	is_report_of(schema, &going, piece.bytes, piece.length, want, what);
}

/* In the input, name is called Name, and what the schema does not have is skipped. */
static void is_named(const char *schema, struct piece piece, const char *want, const char *what)
{
	static const char * const renames[] = { "name=Name" };
	static const struct record_options named = {
		.format = RECORD_MSGPACK,
		.ignore_columns = true,
		.renames = renames,
		.renames_count = 1,
	};

	is_report_of(schema, &named, piece.bytes, piece.length, want, what);
}

/* A record whose key is 1, and whose value of @type is @bytes. */
static void is_value(const char *type, struct piece piece, const char *want,
		     const char *what)
{
	char schema[256], stream[512] = "\x92\x01", report[600];

	snprintf(schema, sizeof(schema), "key u8;value %s", type);
	snprintf(report, sizeof(report), "1 1=%s\n1 good 0 bad\n", want);
	memcpy(stream + 2, piece.bytes, piece.length);
	is_read(schema, (struct piece){ stream, piece.length + 2 }, report, what);
}

static void is_bad_value(const char *type, struct piece piece, const char *want,
			 const char *what)
{
	char schema[256], stream[512] = "\x92\x01", report[1200];

	snprintf(schema, sizeof(schema), "key u8;value %s", type);
	snprintf(report, sizeof(report), "bad in: byte %s\n0 good 1 bad\n", want);
	memcpy(stream + 2, piece.bytes, piece.length);
	is_read(schema, (struct piece){ stream, piece.length + 2 }, report, what);
}

/* Written as @bytes, and read back. */
static void is_written(const char *schema_text, const char *key, const char *value,
		       struct piece piece, const char *what)
{
	static const struct record_options options = { .format = RECORD_MSGPACK };
	unsigned char (*records)[2][KHMAP_RECORD_MAX] = calloc(1, sizeof(*records));
	struct khmap_schema *schema = schema_of(schema_text);
	struct record_sink *sink;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (khmap_value_scan_as(khmap_schema_key(schema), KHMAP_NOTATION_JSON, NULL, key,
				strlen(key), records[0][0], NULL) ||
	    khmap_value_scan_as(khmap_schema_value(schema), KHMAP_NOTATION_JSON, NULL, value,
				strlen(value), records[0][1], NULL))
		diag("%s", khmap_reason());
	record_sink_open(out, schema, &options, &sink);
	record_put(sink, records[0][0], records[0][1]);
	record_sink_close(sink);
	fclose(out);
	ok(size == piece.length && !memcmp(text, piece.bytes, size), "written: %s", what);
	is_u64(same_after(schema, &options, records, 1), 1, "and read: %s", what);
	free(text);
	free(records);
	khmap_schema_free(schema);
}

static void test_integers_written(void)
{
	const struct {
		const char *number;
		struct piece piece;
	} integers[] = {
		{ "0", BYTES("\x92\x00\x01") },
		{ "127", BYTES("\x92\x7f\x01") },
		{ "128", BYTES("\x92\xcc\x80\x01") },
		{ "255", BYTES("\x92\xcc\xff\x01") },
		{ "256", BYTES("\x92\xcd\x01\x00\x01") },
		{ "65536", BYTES("\x92\xce\x00\x01\x00\x00\x01") },
		{ "4294967296", BYTES("\x92\xcf\x00\x00\x00\x01\x00\x00\x00\x00\x01") },
		{ "9223372036854775807", BYTES("\x92\xcf\x7f\xff\xff\xff\xff\xff\xff\xff\x01") },
		{ "-1", BYTES("\x92\xff\x01") },
		{ "-32", BYTES("\x92\xe0\x01") },
		{ "-33", BYTES("\x92\xd0\xdf\x01") },
		{ "-128", BYTES("\x92\xd0\x80\x01") },
		{ "-129", BYTES("\x92\xd1\xff\x7f\x01") },
		{ "-32769", BYTES("\x92\xd2\xff\xff\x7f\xff\x01") },
		{ "-2147483649", BYTES("\x92\xd3\xff\xff\xff\xff\x7f\xff\xff\xff\x01") },
		{ "-4294967297", BYTES("\x92\xd3\xff\xff\xff\xfe\xff\xff\xff\xff\x01") },
		{ "-9223372036854775808", BYTES("\x92\xd3\x80\x00\x00\x00\x00\x00\x00\x00\x01") },
	};

	for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++)
		is_written("key i64be;value u8", integers[i].number, "1", integers[i].piece,
			   integers[i].number);
	is_written("key u64;value i8", "18446744073709551615", "-1",
		   BYTES("\x92\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "2^64-1");
}

static void test_written(void)
{
	is_written("key str[4];value bool", "\"1\"", "true", BYTES("\x92\xa1" "1\xc3"),
		   "a key \"1\" is a str");
	is_written("key bytes[1];value bool", "\"31\"", "false", BYTES("\x92\xc4\x01" "1\xc2"),
		   "a key of bytes is a bin");
	is_written("key {b:str[3],a:u8};value u16[2]", "{\"a\":1,\"b\":\"x\"}", "[1,300]",
		   BYTES("\x92\x82\xa1" "b\xa1x\xa1" "a\x01\x92\x01\xcd\x01\x2c"),
		   "a struct is a map in the schema's order");
	is_written("key f32le;value f64be", "\"nan(0xffc00001)\"", "\"-inf\"",
		   BYTES("\x92\xca\xff\xc0\x00\x01\xcb\xff\xf0\x00\x00\x00\x00\x00\x00"),
		   "floats are so many bits");
	is_written("key ipv4;value {i:ipv6,m:mac}", "\"10.0.0.1\"",
		   "{\"i\":\"::1\",\"m\":\"02:00:00:00:00:01\"}",
		   BYTES("\x92\xc4\x04\x0a\x00\x00\x01\x82\xa1i\xc4\x10"
			 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\xa1m\xc4\x06\x02\0\0\0\0\1"),
		   "addresses are bin");
	is_written("key u8;value str[4]", "1", "{\"$hex\":\"ff\"}", BYTES("\x92\x01\xd4k\xff"),
		   "a str that is not UTF-8");
	is_written("key u8;value str[4]", "1", "{\"$hex\":\"610062\"}",
		   BYTES("\x92\x01\xc7\x03k" "a\0b"), "a str with a NUL within");
	is_written("key u8;value bool", "1", "{\"$hex\":\"02\"}", BYTES("\x92\x01\xd4k\x02"),
		   "no bool");
	is_written("key u8;value {a:u8,b:u16be}", "1", "{\"$hex\":\"01ff0002\"}",
		   BYTES("\x92\x01\xd6k\x01\xff\x00\x02"), "a struct with padding");
	is_written("key u8;value str[40]", "1", "\"0123456789012345678901234567890123456789\"",
		   BYTES("\x92\x01\xd9\x28" "0123456789012345678901234567890123456789"),
		   "a str of 40 bytes");
	is_written("key u8;value u8[16]", "1", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]",
		   BYTES("\x92\x01\xdc\x00\x10\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"),
		   "an array of 16");
}

static void test_values(void)
{
	is_value("u8", BYTES("\xcf\0\0\0\0\0\0\0\x07"), "7", "an integer that is longer than need be");
	is_value("u8", BYTES("\xd3\0\0\0\0\0\0\0\x07"), "7", "a signed one");
	is_value("i64", BYTES("\xd0\xff"), "-1", "a negative one that is short");
	is_value("f64", BYTES("\x05"), "5.0", "an integer for a float");
	is_value("f32", BYTES("\xd2\xff\0\0\0"), "-16777216.0", "the largest for an f32");
	is_value("f64", BYTES("\xca\x3f\0\0\0"), "0.5", "an f32 for an f64");
	is_value("f32", BYTES("\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a"), "0.1",
		 "an f64 for an f32 is rounded");
	is_value("f32", BYTES("\xcb\x7f\xf0\0\0\0\0\0\0"), "inf", "an infinity");
	is_value("ipv4", BYTES("\xa8" "10.0.0.1"), "10.0.0.1", "an address as text");
	is_value("mac", BYTES("\xb1" "02:00:00:00:00:01"), "02:00:00:00:00:01", "a mac as text");
	is_value("str[4]", BYTES("\xa2\xff\xfe"), "\\xff\\xfe", "a str that is not UTF-8");
	is_value("str[4]", BYTES("\xdb\0\0\0\x01x"), "x", "a str with a long head");
	is_value("str[2]", BYTES("\xa0"), "", "an empty str");
	is_value("u16[2]", BYTES("\xdd\0\0\0\x02\1\2"), "[1,2]", "an array with a long head");
	is_value("{a:u8,b:u8}", BYTES("\x82\xa1" "b\x02\xa1" "a\x01"), "{a:1,b:2}",
		 "fields in any order");
	is_value("{a:u8,b:u8}", BYTES("\xd5k\1\2"), "{a:1,b:2}", "a struct as its bytes");
	is_value("u16be[2]", BYTES("\xd6k\0\1\0\2"), "[1,2]", "an array as its bytes");
	is_read("key u8;value u8", BYTES("\x92\1\2\x92\3\4"), "1 1=2\n2 3=4\n2 good 0 bad\n",
		"a stream of two");
	is_read("key u8;value u8", BYTES(""), "0 good 0 bad\n", "a stream of none");
}

static void test_values_refused(void)
{
	is_bad_value("u8", BYTES("\xcd\x01\x00"), "2: value: 256 does not fit u8 (0..255)", "out of range");
	is_bad_value("u64", BYTES("\xff"), "2: value: -1 does not fit u64 (0..18446744073709551615)",
		     "below it");
	is_bad_value("i8", BYTES("\xcc\x80"), "2: value: 128 does not fit i8 (-128..127)",
		     "above what is signed");
	is_bad_value("i8", BYTES("\xd1\xff\x7f"), "2: value: -129 does not fit i8 (-128..127)",
		     "below what is signed");
	is_bad_value("i64", BYTES("\xcf\x80\0\0\0\0\0\0\0"),
		     "2: value: 9223372036854775808 does not fit i64 (-9223372036854775808..9223372036854775807)",
		     "2^63 of i64");
	is_bad_value("u8", BYTES("\xa1" "1"),
		     "2: value: an integer is expected, found a str of 1 bytes", "\"1\" is not 1");
	is_bad_value("u8", BYTES("\xca\0\0\0\0"),
		     "2: value: an integer is expected, found a float of 32 bits", "0.0 is not 0");
	is_bad_value("str[4]", BYTES("\x01"),
		     "2: value: a str of at most 4 bytes is expected, found the integer 1",
		     "1 is not \"1\"");
	is_bad_value("str[4]", BYTES("\xc4\x01" "1"),
		     "2: value: a str of at most 4 bytes is expected, found a bin of 1 bytes",
		     "a bin is no str");
	is_bad_value("bytes[1]", BYTES("\xa1" "1"),
		     "2: value: a bin of 1 bytes is expected, found a str of 1 bytes",
		     "a str is no bin");
	is_bad_value("bytes[2]", BYTES("\xc4\x01" "1"),
		     "2: value: a bin of 2 bytes is expected, found a bin of 1 bytes", "too few bytes");
	is_bad_value("str[2]", BYTES("\xa3xyz"), "2: value: text of 3 bytes does not fit str[2]",
		     "a str that is too long");
	is_bad_value("str[4]", BYTES("\xa3x\0z"),
		     "2: value: a NUL at byte 2 of a text: str has none within", "a NUL in a str");
	is_bad_value("bool", BYTES("\x01"), "2: value: true or false is expected, found the integer 1",
		     "1 is not true");
	is_bad_value("u8", BYTES("\xc0"), "2: value: an integer is expected, found nil", "nil");
	is_bad_value("u8", BYTES("\xc3"), "2: value: an integer is expected, found true", "true");
	is_bad_value("u8", BYTES("\xd4\xff\0"),
		     "2: value: an integer is expected, found an ext of type -1", "an ext of another type");
	is_bad_value("u8", BYTES("\xd5k\1\2"), "2: value: an ext of 2 bytes: the type has 1",
		     "a value's bytes that are too many");
	is_bad_value("f64", BYTES("\xcf\0\x20\0\0\0\0\0\1"),
		     "2: value: a float, or an integer of at most 2^53, is expected, found the integer 9007199254740993",
		     "an integer that no f64 has");
	is_bad_value("f32", BYTES("\xcb\x7f\xe0\0\0\0\0\0\0"),
		     "2: value: 8.98847e+307 does not fit f32 (at most 3.4e38)", "too large for an f32");
	is_bad_value("f32", BYTES("\xa1" "1"),
		     "2: value: a float is expected, found a str of 1 bytes", "a str for a float");
	is_bad_value("ipv4", BYTES("\xa3" "10."),
		     "2: value: \"10.\" is no ipv4: an address such as 192.0.2.1 is expected",
		     "no address");
	is_bad_value("ipv6", BYTES("\xc4\x04\x0a\0\0\1"),
		     "2: value: a bin of 16 bytes, or an address as str, is expected, found a bin of 4 bytes",
		     "an address of another size");
}

static void test_nested_refused(void)
{
	is_bad_value("u8[2]", BYTES("\x93\1\2\3"),
		     "2: value: an array of 2 is expected, found an array of 3", "too many elements");
	is_bad_value("u8[2]", BYTES("\x92\1\xa0"),
		     "4: value[1]: an integer is expected, found a str of 0 bytes", "a bad element");
	is_bad_value("u8[2]", BYTES("\x82\1\2\3\4"),
		     "2: value: an array of 2 is expected, found a map of 2", "a map for an array");
	is_bad_value("{a:u8}", BYTES("\x91\1"),
		     "2: value: a map with the struct's fields is expected, found an array of 1",
		     "an array for a struct");
	is_bad_value("{a:u8,b:u8}", BYTES("\x82\xa1" "a\1\xa1" "a\2"),
		     "6: value.a: the field is there twice", "a field twice");
	is_bad_value("{a:u8,b:{c:u8}}", BYTES("\x82\xa1" "a\1\xa1" "b\x80"),
		     "8: value.b.c: the field is missing", "a missing field");
	is_bad_value("{a:u8}", BYTES("\x82\xa1" "a\1\xa2" "zz\2"),
		     "6: value: there is no field \"zz\"; such are skipped with --ignore-columns",
		     "an unknown field");
	is_bad_value("{a:u8}", BYTES("\x81\1\1"),
		     "3: value: a str with a field's name is expected, found the integer 1",
		     "a number as a field's name");
	is_bad_value("{a:{b:u8[2]}[2]}",
		     BYTES("\x81\xa1" "a\x92\x81\xa1" "b\x92\1\2\x81\xa1" "b\x92\1\xcd\1\0"),
		     "17: value.a[1].b[1]: 256 does not fit u8 (0..255)", "deep inside");
}

#define WANTED "a record, the array [key, value] or a map of its fields, is expected, found "

static void test_records(void)
{
	static const char schema[] = "key u8;value {name:str[4],n:u8}";

	is_read(schema, BYTES("\x83\xa4name\xa1x\xa3key\1\xa1n\2"),
		"1 1={name:\"x\",n:2}\n1 good 0 bad\n", "a record as a map of fields");
	is_read(schema, BYTES("\x82\xa3key\1\xa5value\x82\xa1n\2\xa4name\xa1x"),
		"1 1={name:\"x\",n:2}\n1 good 0 bad\n", "as a map of key and value");
	is_named(schema,
		 BYTES("\x84\xa4Name\xa1x\xa3key\1\xa1n\2\xa4more\x92\xa3" "abc\x81\xc0\xc0"),
		 "1 1={name:\"x\",n:2}\n1 good 0 bad\n", "renamed, and with more to ignore");
	is_named(schema, BYTES("\x92\1\x83\xa4name\xa1x\xa1n\2\xa1z\x91\xc4\2ab"),
		 "1 1={name:\"x\",n:2}\n1 good 0 bad\n", "a struct with more to ignore");
	is_read(schema, BYTES("\x83\xa4name\xa1x\xa3key\1\xa1z\2"),
		"bad in: byte 13: \"z\": there is no such field (members: key, value, or key, name, n; others are skipped with --ignore-columns)\n0 good 1 bad\n",
		"a member of no field");
	is_read(schema, BYTES("\x82\xa3key\1\xa3key\2"),
		"bad in: byte 6: key: given twice\n0 good 1 bad\n", "a member twice");
	is_read(schema, BYTES("\x81\xa3key\1"),
		"bad in: byte 0: missing: name, n\n0 good 1 bad\n", "members that are missing");
	is_read(schema, BYTES("\x81\1\1"),
		"bad in: byte 1: a str with a member's name is expected, found the integer 1\n0 good 1 bad\n",
		"a member without a name");
	is_read("key u8;value u8", BYTES("\x93\1\2\3"),
		"bad in: byte 0: " WANTED "an array of 3\n0 good 1 bad\n", "an array of three");
	is_read_on("key u8;value u8", BYTES("\x05\xa1z\x92\1\2\x91\x92\3\4\x92\xff\1\x92\5\6"),
		   "bad in: byte 0: " WANTED "the integer 5\n"
		   "bad in: byte 1: " WANTED "a str of 1 bytes\n3 1=2\n"
		   "bad in: byte 6: " WANTED "an array of 1\n"
		   "bad in: byte 11: key: -1 does not fit u8 (0..255)\n6 5=6\n2 good 4 bad\n",
		   "behind bad records it goes on");
}

static void test_stream_refused(void)
{
	char bomb[4096];

	is_read_on("key u8;value u8", BYTES("\x92\1\2\x92\1"),
		   "1 1=2\nbad in: byte 5: the input is cut short: the record from byte 3 lacks at least 1 bytes\n1 good 1 bad\n",
		   "cut short between values");
	is_read_on("key u8;value u32", BYTES("\x92\1\xce\0\0"),
		   "bad in: byte 5: the input is cut short: the record from byte 0 lacks at least 1 bytes\n0 good 1 bad\n",
		   "cut short in a number");
	is_read_on("key u8;value str[9]", BYTES("\x92\1\xa9xyz"),
		   "bad in: byte 6: the input is cut short: the record from byte 0 lacks at least 6 bytes\n0 good 1 bad\n",
		   "cut short in a str");
	is_read_on("key u8;value u8", BYTES("\x92\1\2\x92\1\xc1\x92\1\2"),
		   "1 1=2\nbad in: byte 5: 0xc1 begins no value of MessagePack; what follows is not read\n1 good 1 bad\n5 bytes used\n",
		   "a byte that is never used");
#define LONG " a record of more than 1048576 bytes is announced (is it one array of all records, or no MessagePack?); what follows is not read\n0 good 1 bad\n"
	is_read_on("key u8;value str[9]", BYTES("\x92\1\xdb\xff\xff\xff\xff" "a"),
		   "bad in: byte 2:" LONG "7 bytes used\n", "a str of 4 GiB");
	is_read_on("key u8;value u8", BYTES("\x92\1\xdd\xff\xff\xff\xff\1\1\1"),
		   "bad in: byte 2:" LONG "7 bytes used\n", "an array of 2^32-1");
	is_read_on("key u8;value u8", BYTES("\xdf\xff\xff\xff\xff\1\1\1"),
		   "bad in: byte 0:" LONG "5 bytes used\n", "a map of 2^32-1");
	is_read_on("key u8;value u8", BYTES("\x92\1\xc9\xff\xff\xff\xff\1\1\1"),
		   "bad in: byte 2:" LONG "8 bytes used\n", "an ext of 4 GiB");
	is_read_on("key u8;value u8",
		   BYTES("\xdd\0\x10\0\0" "\1\2\3"), "bad in: byte 0:" LONG "5 bytes used\n",
		   "one byte more than there may be");

	/* Arrays in each other, 4000 deep: one value, refused, and not too much to skip. */
	memset(bomb, '\x91', 4000);
	memcpy(bomb + 4000, "\1\x92\1\2", 4);
	is_read_on("key u8;value u8", (struct piece){ bomb, 4004 },
		   "bad in: byte 0: " WANTED "an array of 1\n2 1=2\n1 good 1 bad\n",
		   "arrays nested 4000 deep");
	memcpy(bomb, "\x92\1", 2);
	memcpy(bomb + 4000, "\1\x92\1\x91\2", 5);
	is_read_on("key u8;value u8[1]", (struct piece){ bomb, 4005 },
		   "bad in: byte 3: value[0]: an integer is expected, found an array of 1\n2 1=[2]\n1 good 1 bad\n",
		   "nested in a value");
}

/* Every record, at each of its bytes: the end, and each of the 256 values there. */
static void test_damage(void)
{
	static const struct record_options going = {
		.format = RECORD_MSGPACK,
		.keep_going = true,
	};
	static const char schema[] =
		"key {a:i32,s:str[3]};value {f:f64,b:bytes[2],l:u16[2],o:bool}";
	static const char good[] =
		"\x92\x82\xa1" "a\xd1\xff\x7f\xa1s\xa2xy\x84\xa1" "f\xcb\x3f\xf0\0\0\0\0\0\0"
		"\xa1" "b\xc4\2\1\2\xa1l\x92\1\xcd\1\0\xa1o\xc3\x92\1\2";
	size_t length = sizeof(good) - 1, first = length - 3;
	unsigned int cut = 0, changed = 0;
	char bytes[sizeof(good)], *report;

	for (size_t end = 0; end < first; end++) {
		report_of(schema, &going, good, end, &report);
		cut += end ? !!strstr(report, "cut short") : !strcmp(report, "0 good 0 bad\n");
		free(report);
	}
	is_u64(cut, first, "cut at any byte, it is told");
	for (size_t at = 0; at < length; at++) {
		for (unsigned int byte = 0; byte < 256; byte++) {
			memcpy(bytes, good, length);
			bytes[at] = (char)byte;
			report_of(schema, &going, bytes, length, &report);
			changed += !strstr(report, "error") && !!strstr(report, " good ");
			free(report);
		}
	}
	is_u64(changed, length * 256, "a byte changed to any other ends well");
}

int main(void)
{
	test_integers_written();
	test_written();
	test_values();
	test_values_refused();
	test_nested_refused();
	test_records();
	test_stream_refused();
	test_damage();
	return done();
}
