// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_record.c - records from and to CSV, NDJSON and raw bytes
 */
#include "record_test.h"

static const char plain_schema[] = "key bytes[3];value {name:str[8],size:u16be}";

static void is_report(const struct record_options *options, const char *text, const char *want,
		      const char *what)
{
	is_report_of(plain_schema, options, text, strlen(text), want, what);
}

static void test_renames(void)
{
	static const char * const renames[] = { "key=ID", "value.name=Organization = Name" };
	static const char * const wrong[] = { "key" }, * const unknown[] = { "nix=a" };
	struct record_options options = {
		.format = RECORD_CSV,
		.ignore_columns = true,
		.renames = renames,
		.renames_count = 2,
	};

	is_report(&options, "Registry,ID,Organization = Name,size\nMA-L,001122,x,7\n",
		  "2 001122={name:\"x\",size:7}\n1 good 0 bad\n", "renamed columns");
	is_report(&options, "ID,Organization = Name,size\n001122,x,\n",
		  "bad in:2:10: size: \"\" is no u16: a whole number, decimal or 0x and hex, is expected\n"
		  "0 good 1 bad\n", "an error among them");
	options.format = RECORD_NDJSON;
	is_report(&options, "{\"ID\":\"001122\",\"Organization = Name\":\"x\",\"size\":7}\n",
		  "1 001122={name:\"x\",size:7}\n1 good 0 bad\n", "renamed members");
	options.renames_count = 1;
	options.renames = wrong;
	is_report(&options, "", "open -22 \"key\": FIELD=COLUMN is expected\n", "no rename");
	options.renames = unknown;
	is_report(&options, "", "open -2 \"nix\": there is no such field\n",
		  "a rename of no field");
}

#define COLUMNS \
	" (columns: key, name, size; others are skipped with --ignore-columns, a file without a header line is read with --no-header)\n"
#define QUOTING \
	"a stray quote: write the whole cell in quotes, and \"\" for a quote in it\n"

static void test_csv(void)
{
	static const struct record_options options = { .format = RECORD_CSV };
	static const struct record_options bare = { .format = RECORD_CSV, .no_header = true };
	static const struct record_options semicolon = { .format = RECORD_CSV, .delimiter = ';' };
	static const struct record_options ignoring = {
		.format = RECORD_CSV,
		.ignore_columns = true,
	};

	is_report(&options, "key,name,size\n001122,x,7\n",
		  "2 001122={name:\"x\",size:7}\n1 good 0 bad\n", "a record");
	is_report(&options,
		  "\xef\xbb\xbfkey,name,size\r\n001122,x,7\r\n\r\n\n33-44-55,\"a\r\nb\",0x10",
		  "2 001122={name:\"x\",size:7}\n"
		  "5 334455={name:\"a\\r\\nb\",size:16}\n2 good 0 bad\n",
		  "byte order mark, CRLF, empty lines, a line in a cell, no last LF");
	is_report(&options, "value.size, name ,key\n7, x ,001122\n",
		  "2 001122={name:\" x \",size:7}\n1 good 0 bad\n",
		  "columns in any order, blanks belong to a text");
	is_report(&options, "key,value\n001122,\"{name:\"\"q,\"\",size:1}\"\n",
		  "2 001122={name:\"q,\",size:1}\n1 good 0 bad\n", "a struct in a cell");
	is_report(&bare, "001122,\"say \"\"hi\"\"\",7\n",
		  "1 001122={name:\"say \\\"hi\\\"\",size:7}\n1 good 0 bad\n", "no header, quotes");
	is_report(&semicolon, "key;name;size\n001122;a,b;7\n",
		  "2 001122={name:\"a,b\",size:7}\n1 good 0 bad\n", "a semicolon as delimiter");
	is_report(&ignoring, "note,key,name,size\n,001122,x,7\n",
		  "2 001122={name:\"x\",size:7}\n1 good 0 bad\n", "a column to ignore");
	is_report(&options, "key,name,size\n", "0 good 0 bad\n", "a header alone");
	is_report(&bare, "", "0 good 0 bad\n", "nothing");
	is_report(&options, "key,name,size\n001122,\xff\xc3,7\n",
		  "2 001122={name:\"\\xff\\xc3\",size:7}\n1 good 0 bad\n",
		  "a text that is not UTF-8");
}

static void test_csv_header_errors(void)
{
	static const struct record_options options = { .format = RECORD_CSV };
	static const struct record_options quote = { .format = RECORD_CSV, .delimiter = '"' };

	is_report(&options, "", "open -22 in:1:1: a header line is missing (columns: key, name, size)\n",
		  "no header");
	is_report(&options, "key,name,sice\n",
		  "open -22 in:1:10: \"sice\": there is no such field" COLUMNS, "an unknown column");
	is_report(&options, "key,name\n", "open -22 in:1:1: columns missing: size\n",
		  "a missing column");
	is_report(&options, "key,name,size,name\n",
		  "open -22 in:1:15: column name is there twice, or a part of it is\n",
		  "a column twice");
	is_report(&options, "key,name,value,size\n",
		  "open -22 in:1:10: column value is there twice, or a part of it is\n",
		  "a struct and its field");
	is_report(&options, "key,\"na\"me,size\n", "open -22 in:1:9: " QUOTING, "a quote in the header");
	is_report(&quote, "key,name,size\n",
		  "open -22 a delimiter cannot be a quote or the end of a line\n",
		  "a quote as delimiter");
	is_report_of("key {id:u8,x:u8};value {id:u8}", &options, "id,x,value.id\n", 14,
		     "open -22 in:1:1: \"id\": the key and the value have such a field; write key.id or value.id (columns: key.id, x, value.id; others are skipped with --ignore-columns, a file without a header line is read with --no-header)\n",
		     "an ambiguous column");
}

static void test_csv_record_errors(void)
{
	static const struct record_options options = { .format = RECORD_CSV };
	static const struct record_options going = { .format = RECORD_CSV, .keep_going = true };

	is_report(&options, "key,name,size\n001122,x,7\n001122,x,65536\n001122,x,7\n",
		  "2 001122={name:\"x\",size:7}\n"
		  "bad in:3:10: size: 65536 does not fit u16 (0..65535)\n1 good 1 bad\n",
		  "a number out of range ends it");
	is_report(&going, "key,name,size\n001122,x,65536\n1,x,7\n001122,x,7\n001122,x\n001122,x,7,8\n001123,123456789,1\n001122,,\n",
		  "bad in:2:10: size: 65536 does not fit u16 (0..65535)\n"
		  "bad in:3:1: key: \"1\" is no bytes[3]: 3 bytes as hex are expected, such as aabbcc or aa:bb:cc\n"
		  "4 001122={name:\"x\",size:7}\n"
		  "bad in:5:1: 2 cells where 3 columns are expected\n"
		  "bad in:6:1: 4 cells where 3 columns are expected\n"
		  "bad in:7:8: name: text of 9 bytes does not fit str[8]\n"
		  "bad in:8:9: size: \"\" is no u16: a whole number, decimal or 0x and hex, is expected\n"
		  "1 good 6 bad\n",
		  "keep going counts and goes on");
	is_report(&going, "key,name,size\n001122,a\"b,7\n001122,\"a\"b,7\n001122,x,7\n",
		  "bad in:2:9: " QUOTING "bad in:3:11: " QUOTING
		  "4 001122={name:\"x\",size:7}\n1 good 2 bad\n",
		  "stray quotes");
	is_report(&going, "key,name,size\n001122,\"a\nb\",x\n001122,x,7\n",
		  "bad in:3:4: size: \"x\" is no u16: a whole number, decimal or 0x and hex, is expected\n"
		  "4 001122={name:\"x\",size:7}\n1 good 1 bad\n",
		  "the column behind a line in a cell");
	is_report(&going, "key,name,size\n001122,\"x,7\n001122,x,7\n",
		  "bad in:2:8: a quote that is opened here is never closed\n0 good 1 bad\n",
		  "a quote that is not closed");
	is_report_of(plain_schema, &going, "key,name,size\n001122,a\0b,7\n", 27,
		     "bad in:2:8: name: a NUL at byte 2 of a text: str has none within\n0 good 1 bad\n",
		     "a NUL in a text");
	is_report(&going, "key,name,size\n001122,x,7\r001123,y,8\n",
		  "2 001122={name:\"x\",size:7}\n2 001123={name:\"y\",size:8}\n2 good 0 bad\n",
		  "a lone CR ends a record");
	is_report(&going, "key,name,size\n001122,x,7\r001123,y,z\n",
		  "2 001122={name:\"x\",size:7}\n"
		  "bad in:2:21: size: \"z\" is no u16: a whole number, decimal or 0x and hex, is expected\n"
		  "1 good 1 bad\n",
		  "the column behind a lone CR");
}

static void test_csv_long(void)
{
	static const struct record_options going = { .format = RECORD_CSV, .keep_going = true };
	size_t length = RECORD_TEXT_MAX + 100;
	char *text = malloc(length + 100);

	memset(text, 'x', length);
	memcpy(text, "key,name,size\n001122,\"", 22);
	strcpy(text + length, "\n001122,x,7\n");
	is_report(&going, text,
		  "bad in:2:1: a record of more than 1048576 bytes (is a closing quote missing?)\n"
		  "3 001122={name:\"x\",size:7}\n1 good 1 bad\n", "a record without an end");
	free(text);
}

static void test_ndjson(void)
{
	static const struct record_options options = { .format = RECORD_NDJSON };
	static const struct record_options ignoring = {
		.format = RECORD_NDJSON,
		.ignore_columns = true,
	};

	is_report(&options, "{\"key\":\"001122\",\"value\":{\"name\":\"x\",\"size\":7}}\n",
		  "1 001122={name:\"x\",size:7}\n1 good 0 bad\n", "a record");
	is_report(&options, "\n  \r\n { \"size\" : 7 , \"na\\u006de\" : \"x}\\\"]\" , \"key\" : \"001122\" } \r\n",
		  "3 001122={name:\"x}\\\"]\",size:7}\n1 good 0 bad\n",
		  "members as columns, blanks, escapes, no matter the order");
	is_report(&ignoring, "{\"a\":{\"b\":[1,\"]\"]},\"key\":\"001122\",\"name\":\"x\",\"size\":\"7\"}",
		  "1 001122={name:\"x\",size:7}\n1 good 0 bad\n", "a member to ignore, no last LF");
	is_report_of("key u64;value i64", &options,
		     "{\"key\":18446744073709551615,\"value\":-9223372036854775808}\n"
		     "{\"key\":\"18446744073709551615\",\"value\":9223372036854775807}\n", 116,
		     "1 18446744073709551615=-9223372036854775808\n"
		     "2 18446744073709551615=9223372036854775807\n2 good 0 bad\n",
		     "64-bit integers stay whole");
	is_report_of("key u8;value f64", &options, "{\"key\":1,\"value\":\"-inf\"}\n", 25,
		     "1 1=-inf\n1 good 0 bad\n", "an infinity");
}

static void test_ndjson_errors(void)
{
	static const struct record_options going = { .format = RECORD_NDJSON, .keep_going = true };

	is_report(&going,
		  "{\"key\":\"001122\",\"value\":{\"name\":\"x\",\"size\":70000}}\n"
		  "{\"key\":\"001122\",\"value\":{\"name\":\"x\"}}\n"
		  "{\"key\":\"001122\",\"name\":\"x\"}\n"
		  "{\"key\":\"001122\",\"name\":\"x\",\"value\":{}}\n"
		  "{\"key\":\"001122\",\"nom\":\"x\"}\n"
		  "{\"key\":\"001122\",\"name\":null,\"size\":1}\n"
		  "{\"key\":\"001122\",\"name\":\"a\\u0000b\",\"size\":1}\n"
		  "[1]\n"
		  "{\"key\":\"001122\",\"key\":\"001122\"}\n"
		  "{\"key\":\"001122\" \"x\":1}\n"
		  "{\"key\":99999999999999999999999,\"name\":\"\",\"size\":1}\n"
		  "{\"key\":\"aabbcc\",\"name\":\"\",\"size\":1}\n",
		  "bad in:1:44: value.size: 70000 does not fit u16 (0..65535)\n"
		  "bad in:2:25: value.size: the field is missing\n"
		  "bad in:3:1: missing: size\n"
		  "bad in:4:28: value: given twice\n"
		  "bad in:5:17: \"nom\": there is no such field (members: key, value, or key, name, size; others are skipped with --ignore-columns)\n"
		  "bad in:6:24: name: expected a value of type str[8] in quotes, found \"null\"\n"
		  "bad in:7:24: name: a NUL at byte 2 of a text: str has none within\n"
		  "bad in:8:1: an object is expected: {\"key\":...,\"value\":...}\n"
		  "bad in:9:21: not JSON: duplicate object key near '\"key\"'\n"
		  "bad in:10:19: not JSON: '}' expected near '\"x\"'\n"
		  "bad in:11:8: key: expected a value of type bytes[3] in quotes, found \"9999999999999999\"\n"
		  "12 aabbcc={name:\"\",size:1}\n1 good 11 bad\n",
		  "bad lines");
}

static void test_ndjson_long(void)
{
	static const struct record_options going = { .format = RECORD_NDJSON, .keep_going = true };
	size_t length = RECORD_TEXT_MAX + 100;
	char *text = malloc(length + 100);

	memset(text, ' ', length);
	strcpy(text + length, "\n{\"key\":\"001122\",\"name\":\"x\",\"size\":7}\n");
	is_report(&going, text,
		  "bad in:1:1: a line of more than 1048576 bytes\n"
		  "2 001122={name:\"x\",size:7}\n1 good 1 bad\n", "a line that is too long");
	free(text);
}

static void test_raw(void)
{
	static const struct record_options going = { .format = RECORD_RAW, .keep_going = true };

	is_report_of("key u8;value u16be", &going, "\1\0\2\3\0\4", 6, "1 1=2\n2 3=4\n2 good 0 bad\n",
		     "two records");
	is_report_of("key u8;value u16be", &going, "\1\0\2\3\0", 5,
		     "1 1=2\nbad in: byte 3: the last record has 2 of 3 bytes: the input is cut short or has another schema\n1 good 1 bad\n",
		     "the second cut short");
	is_report_of("key bool;value {a:u8,b:u16be}", &going,
		     "\2\0\0\0\0\1\0\1\0\0\1\5\0\0\6", 15,
		     "bad in: byte 0: key: 2 is no bool: 0 or 1 is expected\n"
		     "bad in: byte 6: value: byte 1 is padding and must be zero\n"
		     "3 true={a:5,b:6}\n1 good 2 bad\n",
		     "records that are not valid");
	is_report_of("key u8;value {a:{b:bool[2]}}", &going, "\0\0\3", 3,
		     "bad in: byte 1: value.a.b[1]: 3 is no bool: 0 or 1 is expected\n0 good 1 bad\n",
		     "a path to what is not valid");
}

static void test_final_errors(void)
{
	static const struct record_options options = { .format = RECORD_RAW };
	static const struct record_options text = { .format = RECORD_TEXT };
	struct khmap_schema *schema = schema_of(plain_schema);
	struct record_source *source;
	enum record_format format;
	char key[3], value[10];

	is_i64(record_source_open(-1, "in", schema, &text, &source), -EINVAL, "no reading of text");
	is_i64(record_source_open(-1, "in", schema, &options, &source), 0, "a bad descriptor opens");
	is_i64(record_next(source, key, value), -EBADF, "and cannot be read");
	is_str(khmap_reason(), "in: cannot be read: Bad file descriptor", "as the reason says");
	is_i64(record_next(source, key, value), -EBADF, "nor later");
	record_source_close(source);
	record_source_close(NULL);
	is_i64(record_format_find("ndjson", &format), 0, "a format by name");
	is_u64(format, RECORD_NDJSON, "is found");
	is_i64(record_format_find("xml", &format), -EINVAL, "another is not");
	khmap_schema_free(schema);
}

static char *written_of(const struct khmap_schema *schema, const struct record_options *options,
			const void *key, const void *value, int *ret)
{
	struct record_sink *sink;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	*ret = record_sink_open(out, schema, options, &sink);
	if (!*ret) {
		*ret = record_put(sink, key, value);
		record_sink_close(sink);
	}
	fclose(out);
	return text;
}

static void test_print(void)
{
	static const char schema_text[] =
		"key {id:u8,tag:str[4]};value {id:u8,list:u8[2],in:{x:f32}}";
	struct khmap_schema *schema = schema_of(schema_text);
	unsigned char key[5] = { 1, 'a', ',', '"' }, value[8] = { 2, 3, 4 };
	static const struct {
		enum record_format format;
		const char *want;
	} cases[] = {
		{ RECORD_CSV,
		  "key.id,tag,value.id,list,in.x\n1,\"a,\"\"\",2,\"[3,4]\",0.0\n" },
		{ RECORD_NDJSON,
		  "{\"key\":{\"id\":1,\"tag\":\"a,\\\"\"},\"value\":{\"id\":2,\"list\":[3,4],\"in\":{\"x\":0.0}}}\n",
		},
		{ RECORD_TEXT, "id=1 tag=\"a,\"\"  id=2 list=[3,4] in={x:0.0}\n" },
	};
	struct record_options options = { .format = RECORD_CSV };
	char *text;
	int ret;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		options.format = cases[i].format;
		text = written_of(schema, &options, key, value, &ret);
		is_str(text, cases[i].want, "print format %u", options.format);
		is_i64(ret, 0, "without an error");
		free(text);
	}

	value[3] = 9;
	options.format = RECORD_CSV;
	options.no_header = true;
	text = written_of(schema, &options, key, value, &ret);
	is_i64(ret, -EILSEQ, "CSV refuses padding that is not zero");
	is_str(khmap_reason(),
	       "value: CSV cannot hold this record, JSON can: byte 3 is padding and must be zero",
	       "and says why");
	is_str(text, "", "and writes nothing");
	free(text);
	khmap_schema_free(schema);
}

/* Damaged input is read or refused, never a fault; reading always ends. */
static void test_damage(void)
{
	static const struct record_options options[] = {
		{ .format = RECORD_CSV, .keep_going = true },
		{ .format = RECORD_NDJSON, .keep_going = true },
	};
	static const char * const texts[] = {
		"key,name,size\n001122,\"a\r\n\"\"b\",7\r\n334455,x,8\n",
		"{\"key\":\"001122\",\"value\":{\"name\":\"x\",\"size\":7}}\n"
		"{\"key\":\"001122\",\"name\":{\"$hex\":\"ff\"},\"size\":7}\n",
	};
	uint64_t state = 7;
	unsigned int count = 0;

	for (unsigned int i = 0; i < 4000; i++) {
		const char *text = texts[i & 1];
		char copy[256], *report;
		size_t length = strlen(text);

		memcpy(copy, text, length);
		for (unsigned int j = random_below(&state, 3); j < 3; j++)
			copy[random_below(&state, (unsigned int)length)] =
				"\"\"{}[],:\\\n\r\0\xff$ 0"[random_below(&state, 17)];
		if (!random_below(&state, 3))
			length = random_below(&state, (unsigned int)length);
		report_of(plain_schema, &options[i & 1], copy, length, &report);
		count += *report != '\0';
		free(report);
	}
	is_u64(count, 4000, "damaged input is read or refused");
}

int main(void)
{
	test_csv();
	test_renames();
	test_csv_header_errors();
	test_csv_record_errors();
	test_csv_long();
	test_ndjson();
	test_ndjson_errors();
	test_ndjson_long();
	test_raw();
	test_final_errors();
	test_print();
	test_damage();
	return done();
}
