// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_show.c - what is shown of a profile: tables and stacks word by word, drawings well-formed
 */
#include <err.h>
#include <stdlib.h>
#include "../tap.h"
#include "profile/names.h"
#include "profile/report.h"
#include "profile/svg.h"
#include "profiles.h"

#define SHOW_ALL	(PROF_SHOW_LINES | PROF_SHOW_OFFSETS | PROF_SHOW_BUCKETS | PROF_SHOW_ADVICE)
#define TOP		20

typedef void show_function(const struct prof_profile *profile, FILE *out);

static char *shown(const struct prof_profile *profile, show_function *show)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		err(1, "a text");
	show(profile, out);
	fclose(out);
	return text;
}

static void tables(const struct prof_profile *profile, FILE *out)
{
	if (prof_table_print(profile, SHOW_ALL, TOP, out))
		errx(1, "tables");
}

static void folded(const struct prof_profile *profile, FILE *out)
{
	if (prof_folded_write(profile, out))
		errx(1, "stacks");
}

static void html(const struct prof_profile *profile, FILE *out)
{
	prof_html_write(profile, TOP, out);
}

static void svg_lines(const struct prof_profile *profile, FILE *out)
{
	prof_svg_lines(profile, TOP, true, out);
}

static void svg_times(const struct prof_profile *profile, FILE *out)
{
	prof_svg_times(profile, TOP, true, out);
}

/* All tables of a kept profile are those of the file beside it. */
static void test_tables(const char *name)
{
	struct prof_profile profile;
	char path[128], *want, *got;

	snprintf(path, sizeof(path), PROFILES "%s.txt", name);
	want = file_text(path, NULL);
	profile_load(name, &profile);
	got = shown(&profile, tables);
	is_str(got, want, "tables of %s", name);
	prof_profile_free(&profile);
	free(want);
	free(got);
}

static void test_folded(void)
{
	struct prof_profile profile;
	char *got;

	profile_load("slots", &profile);
	got = shown(&profile, folded);
	/* The stack is the same for both lines. */
	is_str(got,
	       "prof_writer;ioctl_[libc.so.6];entry_SYSCALL_64_after_hwframe_[k];do_syscall_64_[k];__x64_sys_ioctl_[k];khmap_ioctl_[khmap]_[k];khmap_put_one_[khmap]_[k];bpf_trace_run2_[k];bpf_prog_store_put_[k] 798\n",
	       "stacks, from the outermost function on");
	free(got);
	profile.symbol_count = 0;
	got = shown(&profile, folded);
	is_str(got,
	       "prof_writer;0x7f5a001f9d6b;0xffffffff81c00126_[k];0xffffffff81a43e1d_[k];0xffffffff81381db0_[k];0xffffffffc0204ab7_[k];0xffffffffc0203309_[k];0xffffffff811f1aca_[k];0xffffffffc000081d_[k] 798\n",
	       "addresses where no name is known");
	free(got);
	prof_profile_free(&profile);
	profile_load("packed", &profile);
	got = shown(&profile, folded);
	is_str(got, "", "nothing where no stacks were kept");
	free(got);
	prof_profile_free(&profile);
}

static unsigned int count(const char *text, const char *part)
{
	unsigned int found = 0;

	while ((text = strstr(text, part))) {
		text += strlen(part);
		found++;
	}
	return found;
}

static void is_well_formed(const char *text, const char *what)
{
	FILE *lint;

	if (system("command -v xmllint >/dev/null")) {
		skip("xmllint is not here (Debian package libxml2-utils)");
		return;
	}
	lint = popen("xmllint --noout --nonet - >/dev/null 2>&1", "w");
	if (!lint)
		err(1, "xmllint");
	fputs(text, lint);
	ok(!pclose(lint), "%s is well-formed", what);
}

static void test_markup(const char *name)
{
	static const struct {
		const char *name;
		show_function *show;
	} kinds[] = { { "HTML", html }, { "lines", svg_lines }, { "times", svg_times } };
	struct prof_profile profile;
	char what[64], *got;
	size_t i;

	profile_load(name, &profile);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		got = shown(&profile, kinds[i].show);
		snprintf(what, sizeof(what), "%s of %s", kinds[i].name, name);
		is_well_formed(got, what);
		is_u64(count(got, "http://"), count(got, "xmlns=\"http://"),
		       "%s asks for nothing from elsewhere", what);
		is_u64(count(got, "src=") + count(got, "href=") + count(got, "<script"), 0,
		       "%s needs no other file", what);
		free(got);
	}
	prof_profile_free(&profile);
}

/* Each cell of a drawing says what it is. */
static void test_cells(void)
{
	struct prof_profile profile;
	char *got;

	profile_load("packed", &profile);
	got = shown(&profile, svg_lines);
	is_u64(count(got, "<title>CPU 0: 300 stores, 0 loads; 299 modelled transfers brought"), 1,
	       "a processor of a line");
	is_u64(count(got, "<title>CPU 0: 300 stores, 0 loads; 0 modelled transfers brought"), 1,
	       "one that has the line for itself");
	ok(strstr(got, ">packed primary 0/4: false sharing</text>"), "the line");
	ok(strstr(got, ">CPU 1</text>"), "the processor");
	free(got);
	got = shown(&profile, svg_times);
	is_u64(count(got, "<title>from 0.000 s to 1.000 s: 300 operations</title>"), 2,
	       "two chains in a slot of time");
	free(got);
	prof_profile_free(&profile);
	profile_load("ranges", &profile);
	got = shown(&profile, html);
	ok(strstr(got, "count&lt;&amp;&gt;+0x16 [&quot;a.out&quot;]"), "names are escaped");
	ok(!strstr(got, "count<&>"), "everywhere");
	is_u64(count(got, "<details open="), count(got, "class=\"advice\""),
	       "a line that there is advice for is opened");
	ok(strstr(got, ">" PROF_NO_CHAINS "</text>"), "ranges have no chains");
	ok(strstr(got, "<p>Own time: ") && strstr(got, ", throttled "), "what it cost");
	free(got);
	prof_profile_free(&profile);
	profile_load("slots", &profile);
	got = shown(&profile, html);
	is_u64(count(got, "<td>prof_writer</td><td>ioctl [libc.so.6]</td>"), 2,
	       "where two lines moved from");
	is_u64(count(got, "<td>ioctl+0x3b [libc.so.6]</td>"), 2, "who moved them most");
	free(got);
	prof_profile_free(&profile);
	memset(&profile, 0, sizeof(profile));
	got = shown(&profile, svg_lines);
	ok(strstr(got, ">" PROF_NO_LINES "</text>"), "a profile of nothing");
	free(got);
}

static void test_coverage(void)
{
	struct prof_watched_row watched = { .length = 8, .watched_ns = 2000000000 };
	struct prof_profile profile = {
		.watching = { .slots = 4, .width = 8 }, .watched = &watched, .watched_count = 1,
	};
	char *got = shown(&profile, html);

	ok(strstr(got, "<p>All of 8 bytes were watched, for 2.000 s.</p>"), "what was watched");
	free(got);
}

/* The drawing goes on to the end, and says what is not in it. */
static void test_times(void)
{
	struct prof_profile profile;
	char *got;

	profile_load("packed", &profile);
	profile.duration_ns = 40 * 1000000000ull;
	profile.totals.times_dropped = 123;
	got = shown(&profile, svg_times);
	ok(strstr(got, ">36 s</text>"), "time in which nothing was done is drawn");
	ok(strstr(got, ">123 operations not drawn</text>"), "what is missing is said");
	free(got);
	profile.totals.times_dropped = 0;
	got = shown(&profile, svg_times);
	ok(!strstr(got, "not drawn"), "nothing is missing");
	free(got);
	prof_profile_free(&profile);
}

/* More lines help only where they are what was missing. */
static void test_dropped(void)
{
	struct prof_profile profile;
	char *got;

	profile_load("packed", &profile);
	profile.missed = 3;
	profile.totals.busy_dropped = 2;
	got = shown(&profile, tables);
	ok(strstr(got, "; events missed 3).\n"), "other options than --lines");
	free(got);
	profile.totals.lines_dropped = 1;
	got = shown(&profile, tables);
	ok(strstr(got, "; events missed 3); --lines makes more room.\n"), "--lines helps");
	free(got);
	profile.watching.slots = 4;
	got = shown(&profile, tables);
	ok(!strstr(got, "--lines"), "watch has no --lines");
	free(got);
	prof_profile_free(&profile);
}

static void is_place(const struct prof_map *map, uint32_t region, uint32_t at, uint8_t kind,
		     const char *want)
{
	struct prof_map_row row = { .map_id = 7, .map = *map };
	const struct prof_profile profile = { .maps = &row, .map_count = 1 };
	const struct prof_access_key key = {
		.line = { .map_id = 7, .region = region, .line = at / PROF_LINE_SIZE },
		.offset = (uint8_t)(at % PROF_LINE_SIZE),
		.length = 4,
		.kind = kind,
	};
	char text[PROF_NAME_ROOM];

	is_str(prof_bytes_name(&profile, &key, text), want, "region %u, byte %u", region, at);
}

/* 15 slots of 16 bytes behind 24 bytes of head, as packed.json has them. */
static void test_places(void)
{
	const struct prof_map map = {
		.key_size = 6,
		.value_size = 7,
		.value_offset = 8,
		.slot_stride = 16,
		.bucket_stride = 264,
		.tags_size = 16,
		.overflow_stride = 64,
		.inline_offset = 640,
	};

	is_place(&map, PROF_REGION_PRIMARY, 0, PROF_ACCESS_HEAD, "bucket 0: sequence");
	is_place(&map, PROF_REGION_PRIMARY, 264 + 4, PROF_ACCESS_STORE,
		 "bucket 1: overflow reference");
	is_place(&map, PROF_REGION_PRIMARY, 264 + 8, PROF_ACCESS_TAG, "bucket 1: tag 0");
	is_place(&map, PROF_REGION_PRIMARY, 264 + 23, PROF_ACCESS_TAG, "bucket 1: tag 15");
	is_place(&map, PROF_REGION_PRIMARY, 264 + 24, PROF_ACCESS_KEY, "bucket 1: key 0");
	is_place(&map, PROF_REGION_PRIMARY, 264 + 24, PROF_ACCESS_CLEAR, "bucket 1: slot 0");
	is_place(&map, PROF_REGION_PRIMARY, 264 + 30, PROF_ACCESS_STORE, "bucket 1: slot 0");
	is_place(&map, PROF_REGION_PRIMARY, 264 + 32, PROF_ACCESS_VALUE, "bucket 1: value 0");
	is_place(&map, PROF_REGION_PRIMARY, 264 + 39, PROF_ACCESS_STORE, "bucket 1: slot 0");
	is_place(&map, PROF_REGION_PRIMARY, 263, PROF_ACCESS_STORE, "bucket 0: slot 14");
	is_place(&map, PROF_REGION_OVERFLOW, 128 + 16, PROF_ACCESS_KEY, "bucket 2: key 0");
	is_place(&map, PROF_REGION_HEADER, 639, PROF_ACCESS_STORE, "bytes 63-66");
	is_place(&map, PROF_REGION_HEADER, 640 + 24 + 8, PROF_ACCESS_VALUE, "bucket 0: value 0");
	is_place(&map, PROF_REGION_RANGE, 8, PROF_ACCESS_STORE, "bytes 8-11");
}

static void test_escape(void)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		err(1, "a text");
	prof_markup_text("<a href=\"x\">&'\x1b\xff", out);
	fclose(out);
	is_str(text, "&lt;a href=&quot;x&quot;&gt;&amp;'??", "what means something in XML");
	free(text);
}

int main(void)
{
	static const char * const kept[] = { "slots", "packed", "ranges" };
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		test_tables(kept[i]);
		test_markup(kept[i]);
	}
	test_folded();
	test_cells();
	test_coverage();
	test_times();
	test_dropped();
	test_places();
	test_escape();
	return done();
}
