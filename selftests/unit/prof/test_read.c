// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_read.c - a profile's JSON is read whole, or refused with a reason
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include "../tap.h"
#include "../../fuzz/fuzz.h"
#include "profile/read.h"
#include "profile/report.h"
#include "profiles.h"

#define NOT	"not a profile: "
#define A_COUNT	"an integer from 0 to 9223372036854775807 is wanted"
#define BITS	"\"0x\" and 16 digits is wanted"

#define CORPUS	"../../fuzz/corpus-profile/"

static const char * const kept[] = { "slots", "packed", "not_packed", "same_key", "ranges" };

#define KEPT	(sizeof(kept) / sizeof(kept[0]))

/* What is read is what was written, to the last byte. */
static void test_trip(const char *name)
{
	struct prof_profile profile;
	char path[128], *text, *again;
	size_t size;
	FILE *out;

	snprintf(path, sizeof(path), PROFILES "%s.json", name);
	text = file_text(path, NULL);
	profile_load(name, &profile);
	out = open_memstream(&again, &size);
	if (!out)
		err(1, "a text");
	ok(!prof_json_write(&profile, out), "%s is written", name);
	fclose(out);
	is_str(again, text, "%s is what was read", name);
	prof_profile_free(&profile);
	free(again);
	free(text);
}

/* One part of slots.json in other words, and what is said about it. */
static const struct {
	const char *part;
	const char *by;
	const char *mistake;	/* NULL: it is read all the same */
} mistakes[] = {
	{ "\"format\": 2", "\"format\": 1",
	  "format 1; this khmap-prof reads 2: record again, or use the khmap-prof that wrote it" },
	{ "\"format\": 2", "\"format\": 3",
	  "format 3; this khmap-prof reads 2: record again, or use the khmap-prof that wrote it" },
	{ "\"format\": 2", "\"format\": 1, \"command\": \"stat\"",
	  "not a profile, but what khmap-prof stat printed: khmap-prof record --json writes one" },
	{ "\"format\": 2", "\"format\": 1, \"script\": \"hot-lines.sh\"",
	  "not a profile, but what hot-lines.sh printed: khmap-prof record --json writes one" },
	{ "\"format\": 2", "\"format\": 2.0",
	  NOT "format is wrong: an integer from 1 to 9223372036854775807 is wanted" },
	{ "\"format\"", "\"Format\"",
	  NOT "format is missing: an integer from 1 to 9223372036854775807 is wanted" },
	{ "\"totals\": {", "\"totals\": [",
	  "not JSON: line 21, column 11: ']' expected near ':'" },
	{ "\"totals\"", "\"total\"", NOT "totals is missing: an object is wanted" },
	{ "\"lines\": [", "\"line\": [", NOT "lines is missing: an array is wanted" },
	{ "\"line_size\": 64", "\"line_size\": 128",
	  NOT "line_size is wrong: an integer from 64 to 64 is wanted" },
	{ "\"events\": 400", "\"events\": -1",
	  NOT "totals.events is wrong: " A_COUNT },
	{ "\"events\": 400", "\"events\": 99999999999999999999",
	  "not JSON: line 21, column 32: too big integer near '99999999999999999999'" },
	{ "\"events\": 400", "\"events\": 9223372036854775807", NULL },
	{ "\"line\": 11", "\"line\": 1024",
	  NOT "lines[1].line is wrong: an integer from 0 to 1023 is wanted" },
	{ "\"stores\": 400", "\"stores\": \"400\"",
	  NOT "lines[0].stores is wrong: " A_COUNT },
	{ "\"cpu\": 1", "\"cpu\": 8192",
	  NOT "lines[0].cpus[1].cpu is wrong: an integer from 0 to 8191 is wanted" },
	{ "\"bytes\": \"0x000000000000000f\"", "\"bytes\": \"0xf\"",
	  NOT "lines[0].cpus[0].bytes is wrong: " BITS },
	{ "\"length\": 4", "\"length\": 65",
	  NOT "lines[0].accesses[0].length is wrong: an integer from 1 to 64 is wanted" },
	{ "\"length\": 4", "\"length\": 0",
	  NOT "lines[0].accesses[0].length is wrong: an integer from 1 to 64 is wanted" },
	{ "\"kind\": \"head\"", "\"kind\": \"tail\"",
	  NOT "lines[0].accesses[0].kind is wrong: a kind of access is wanted" },
	{ "\"region\": \"header\"", "\"region\": \"unknown\"",
	  NOT "lines[0].region is wrong: a region is wanted" },
	{ "\"hypervisor\": true", "\"hypervisor\": 1",
	  NOT "machine.hypervisor is wrong: true or false is wanted" },
	{ "\"name\": \"inline\"", "\"name\": \"in/line\"",
	  NOT "maps[0] is wrong: the name of a map is wanted" },
	{ "\"command\": \"prof_writer\"", "\"command\": \"sixteen_letters_\"",
	  NOT "lines[0].stacks[0].command is wrong: a text of 15 bytes at most is wanted" },
	{ "\"0xffffffffc000081d\"", "7",
	  NOT "lines[0].stacks[0].kernel[0] is wrong: " BITS },
	{ "\"rate\"", "\"pace\"", NULL },
	{ "\"verdict\": \"true sharing\"", "\"verdict\": 7", NULL },
	{ "\"format\"", "\"something\": { \"new\": [1] }, \"format\"", NULL },
};

static void test_mistake(const char *text, size_t number)
{
	char *changed = text_replace(text, mistakes[number].part, mistakes[number].by);
	char mistake[PROF_MISTAKE_ROOM] = "";
	struct prof_profile profile;
	int got = profile_parse(changed, &profile, mistake);

	is_i64(got, mistakes[number].mistake ? -EINVAL : 0, "%s", mistakes[number].by);
	is_str(mistake, mistakes[number].mistake ? mistakes[number].mistake : "",
	       "what is said of it");
	prof_profile_free(&profile);
	free(changed);
}

/* A stack that is deeper than any is. */
static void test_deep(const char *text)
{
	char deep[64 * 22 + 32] = "", mistake[PROF_MISTAKE_ROOM] = "", *changed;
	struct prof_profile profile;
	size_t i;

	for (i = 0; i < 65; i++)
		strcat(deep, i ? ",\"0x0000000000000001\"" : "\"0x0000000000000001\"");
	changed = text_replace(text, "\"0x00007f5a001f9d6b\"", deep);
	is_i64(profile_parse(changed, &profile, mistake), -EINVAL, "65 frames are refused");
	ok(strstr(mistake, "lines[0].stacks[0].user is wrong: a stack that is not so deep"),
	   "with their place: %s", mistake);
	prof_profile_free(&profile);
	free(changed);
}

/* What a text may not have is not handed on to a terminal. */
static void test_clean(const char *text)
{
	char *changed = text_replace(text, "bpf_prog_store_put", "\\u001b[31m\\u00e9");
	char mistake[PROF_MISTAKE_ROOM];
	struct prof_profile profile;

	ok(!profile_parse(changed, &profile, mistake), "an escape is read");
	is_str(prof_profile_symbol(&profile, 0, 0xffffffffc000081dull), "?[31m??+0x1d",
	       "and kept without what a terminal would make of it");
	prof_profile_free(&profile);
	free(changed);
}

/* Bytes lost, changed, doubled: refused, or read and shown; a sanitizer tells what else. */
static unsigned int mutate(const char *name)
{
	char path[128], *text, *changed;
	static const char by[] = "0-9{}[],:\"x~";
	unsigned int tried = 0;
	size_t size, at;

	snprintf(path, sizeof(path), PROFILES "%s.json", name);
	text = file_text(path, &size);
	changed = malloc(size + 1);
	if (!changed)
		err(1, "a text");
	for (at = 0; at < size; at += 17, tried += 3) {
		LLVMFuzzerTestOneInput((const unsigned char *)text, at);
		memcpy(changed, text, size);
		changed[at] = by[tried % (sizeof(by) - 1)];
		LLVMFuzzerTestOneInput((const unsigned char *)changed, size);
		memcpy(changed, text, at);
		memcpy(changed + at, text + at + 1, size - at - 1);
		LLVMFuzzerTestOneInput((const unsigned char *)changed, size - 1);
	}
	free(changed);
	free(text);
	return tried;
}

static unsigned int replay(void)
{
	DIR *folder = opendir(CORPUS);
	const struct dirent *entry;
	unsigned int count = 0;
	char path[512], *text;
	size_t size;

	if (!folder)
		err(1, CORPUS);
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), CORPUS "%s", entry->d_name);
		text = file_text(path, &size);
		LLVMFuzzerTestOneInput((const unsigned char *)text, size);
		free(text);
		count++;
	}
	closedir(folder);
	return count;
}

int main(void)
{
	char *text = file_text(PROFILES "slots.json", NULL);
	unsigned int tried;
	size_t i;

	for (i = 0; i < KEPT; i++)
		test_trip(kept[i]);
	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		test_mistake(text, i);
	test_deep(text);
	test_clean(text);
	for (i = 0; i < KEPT; i++) {
		tried = mutate(kept[i]);
		ok(tried > 500, "%u mutations of %s end well", tried, kept[i]);
	}
	tried = replay();
	ok(tried >= 5, "%u kept inputs of the fuzzer end well", tried);
	free(text);
	return done();
}
