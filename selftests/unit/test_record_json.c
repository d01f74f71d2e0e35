// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_record_json.c - records from and to a JSON array
 */
#include "record_test.h"

static const char plain_schema[] = "key u64;value {name:str[8],size:u16}";

#define ONE   "{\"key\":1,\"value\":{\"name\":\"x\",\"size\":7}}"
#define GOOD  "1={name:\"x\",size:7}\n"
#define REST  "; what follows is not read\n"

static void is_read(bool going, const char *text, const char *want, const char *what)
{
	const struct record_options options = { .format = RECORD_JSON, .keep_going = going };

	is_report_of(plain_schema, &options, text, strlen(text), want, what);
}

static void test_arrays(void)
{
	is_read(false, "[]", "0 good 0 bad\n", "an empty array");
	is_read(false, "\xef\xbb\xbf [ \n ] \r\n", "0 good 0 bad\n", "with blanks and a mark");
	is_read(false, "[" ONE "]", "1 " GOOD "1 good 0 bad\n", "one record");
	is_read(false, "[\n" ONE ",\n\n  {\"size\":1, \"name\":\"]},\\\"[{\",\n\"key\":2}\n]\n",
		"2 " GOOD "4 2={name:\"]},\\\"[{\",size:1}\n2 good 0 bad\n",
		"two, brackets and quotes in a text");
	is_read(false, "[{\"key\":18446744073709551615,\"name\":\"\",\"size\":0},\n"
		"{\"key\":\"9007199254740993\",\"name\":\"\",\"size\":0}]",
		"1 18446744073709551615={name:\"\",size:0}\n"
		"2 9007199254740993={name:\"\",size:0}\n2 good 0 bad\n",
		"integers beyond 2^53, as numbers and as strings");
}

/* What is wrong with the array: reading ends there. */
static void test_arrays_refused(void)
{
	static const struct {
		const char *text;
		const char *want;
		const char *used;
	} cases[] = {
		{ "",
		  "bad in:1:1: '[' of a JSON array is expected, found the end of the input", "" },
		{ "\n " ONE "\n",
		  "bad in:2:2: '[' of a JSON array is expected, found '{' (objects one a line are --format ndjson)",
		  "2 bytes used\n" },
		{ "7", "bad in:1:1: '[' of a JSON array is expected, found '7'",
		  "0 bytes used\n" },
		{ "[\n",
		  "bad in:2:1: a record or ']' is expected, found the end of the input", "" },
		{ "[,", "bad in:1:2: a record is expected, found ','",
		  "1 bytes used\n" },
		{ "[\xff]", "bad in:1:2: not JSON: unable to decode byte 0xff", "" },
		{ "[{\"key\":1", "bad in:1:10: '}' is expected, found the end of the input", "" },
		{ "[{\"ke", "bad in:1:6: '\"' is expected, found the end of the input", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *rest = "\n";
		char want[256];

		if (!strstr(cases[i].want, "not JSON"))
			rest = REST;
		snprintf(want, sizeof(want), "%s%s0 good 1 bad\n%s", cases[i].want, rest,
			 cases[i].used);
		is_read(true, cases[i].text, want, cases[i].want);
	}
	is_read(true, "[" ONE "\n" ONE "]",
		"1 " GOOD "bad in:2:1: ',' or ']' is expected, found '{'" REST "1 good 1 bad\n"
		"41 bytes used\n", "a comma is missing");
	is_read(true, "[" ONE ",]",
		"1 " GOOD "bad in:1:42: a record is expected, found ']'" REST "1 good 1 bad\n"
		"41 bytes used\n", "a record is missing");
	is_read(true, "[" ONE "",
		"1 " GOOD "bad in:1:41: ',' or ']' is expected, found the end of the input" REST
		"1 good 1 bad\n", "the end is missing");
	is_read(true, "[" ONE "]\n{}",
		"1 " GOOD "bad in:2:1: nothing behind the array is expected, found '{'" REST
		"1 good 1 bad\n42 bytes used\n", "something behind the array");
}

/* What is wrong with a record: the next one is read. */
static void test_records_refused(void)
{
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
		{ "1", "2:1: an object is expected: {\"key\":...,\"value\":...}" },
		{ "[" ONE "]", "2:1: an object is expected: {\"key\":...,\"value\":...}" },
		{ "{\"key\":1}", "2:1: missing: name, size" },
		{ "{\"key\":1,\n \"name\":\"x\"}", "2:1: missing: size" },
		{ "{\"key\":1,\n \"name\":\"x\",\n  \"size\":65536}",
		  "4:10: size: 65536 does not fit u16 (0..65535)" },
		{ "{\"key\":18446744073709551616,\"name\":\"\",\"size\":1}",
		  "2:8: key: 18446744073709551616 does not fit u64 (0..18446744073709551615)" },
		{ "{\"key\":true,\"name\":\"\",\"size\":1}",
		  "2:8: key: \"true\" is no u64: a whole number, decimal or 0x and hex, is expected"
		},
		{ "{\"key\":1,\n\n\"name\":7,\"size\":1}",
		  "4:8: name: expected a value of type str[8] in quotes, found \"7\"" },
		{ "{\"key\" 1}", "2:8: not JSON: ':' expected near '1'" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256], want[512], line = '3';

		for (const char *c = cases[i].text; *c; c++)
			line += *c == '\n';
		snprintf(text, sizeof(text), "[\n%s,\n" ONE "]", cases[i].text);
		snprintf(want, sizeof(want), "bad in:%s\n%c " GOOD "1 good 1 bad\n", cases[i].want,
			 line);
		is_read(true, text, want, cases[i].want);
	}
}

static void test_long(void)
{
	static const struct record_options options = { .format = RECORD_JSON, .keep_going = true };
	size_t length = RECORD_TEXT_MAX + 100;
	char *text = malloc(length + 100);

	memset(text, ' ', length);
	memcpy(text, "[{", 2);
	strcpy(text + length, "}," ONE "]");
	is_report_of(plain_schema, &options, text, RECORD_TEXT_MAX + 50,
		     "bad in:1:2: a record of more than 1048576 bytes (is a closing quote missing?)"
		     REST "0 good 1 bad\n", "a record that is too long");
	memset(text + 1, ' ', length - 1);
	strcpy(text + length, ONE "]");
	is_read(false, text, "1 " GOOD "1 good 0 bad\n", "as many blanks between records");
	free(text);
}

static void test_print(void)
{
	struct record_options options = { .format = RECORD_JSON };
	struct khmap_schema *schema = schema_of("key u64;value f32");
	struct record_sink *sink;
	char *text;
	size_t size;

	for (__u64 count = 0; count < 3; count++) {
		static const char * const want[] = {
			"[\n]\n",
			"[\n{\"key\":0,\"value\":0.5}\n]\n",
			"[\n{\"key\":0,\"value\":0.5},\n{\"key\":1,\"value\":0.5}\n]\n",
		};
		FILE *out = open_memstream(&text, &size);

		record_sink_open(out, schema, &options, &sink);
		for (__u64 key = 0; key < count; key++)
			record_put(sink, &key, &(float){ 0.5f });
		record_sink_close(sink);
		fclose(out);
		is_str(text, want[count], "an array of %u", (unsigned int)count);
		free(text);
	}
	khmap_schema_free(schema);
}

/* Damaged input is read or refused, never a fault; reading always ends. */
static void test_damage(void)
{
	static const struct record_options options = { .format = RECORD_JSON, .keep_going = true };
	static const char text[] = "[" ONE ",\n"
		"{\"key\":2,\"name\":{\"$hex\":\"ff\"},\"size\":7}]\n";
	unsigned int count = 0;
	uint64_t state = 7;

	for (unsigned int i = 0; i < 3000; i++) {
		size_t length = strlen(text);
		char copy[256], *report;

		memcpy(copy, text, length);
		for (unsigned int j = random_below(&state, 3); j < 3; j++)
			copy[random_below(&state, (unsigned int)length)] =
				"\"\"{}[],:\\\n\r\0\xff$ 0"[random_below(&state, 17)];
		if (!random_below(&state, 3))
			length = random_below(&state, (unsigned int)length);
		report_of(plain_schema, &options, copy, length, &report);
		count += *report != '\0';
		free(report);
	}
	is_u64(count, 3000, "damaged input is read or refused");
}

int main(void)
{
	test_arrays();
	test_arrays_refused();
	test_records_refused();
	test_long();
	test_print();
	test_damage();
	return done();
}
