// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_sampling.c - what became of samples is read back as it was written
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "profile/read.h"
#include "profile/report.h"
#include "profiles.h"
#include "../tap.h"

#define COUNTS	"\"period\": 7, \"events\": 1000, \"seen\": 130, \"lost\": 12, \"throttled\": 3, "	\
		"\"left_out\": {\"hits\": 1, \"others\": 2, \"no_address\": 4, \"outside\": 8, "	\
		"\"busy\": 16}, \"taken\": 99, \"dropped\": 5"
#define FUNCTION "{\"address\": \"0xffffffffc0001234\", \"function\": \"khmap_put_try\", "	\
		 "\"operation\": \"khmap_record_put\", \"samples\": 99}"

/* A kept profile, as if it had been sampled. */
static char *sampled(const char *counts, const char *functions)
{
	char *text = file_text(PROFILES "packed.json", NULL), *with, by[1024];

	snprintf(by, sizeof(by), "\"functions\": [%s], \"source\": {\"rung\": \"rfo-miss\", \"samples\": {%s},",
		 functions, counts);
	with = text_replace(text, "\"source\": {", by);
	free(text);
	return with;
}

static void check(const struct prof_profile *profile)
{
	const struct prof_samples_counts *counts;
	const struct prof_sampling *sampling = profile->sampling;

	if (!ok(sampling, "it was sampled"))
		return;
	counts = &sampling->counts;
	is_str(profile->source.rung, "rfo-miss", "the rung");
	is_u64(counts->period, 7, "the period");
	is_u64(counts->events, 1000, "events");
	is_u64(counts->lost, 12, "lost");
	is_u64(counts->throttled, 3, "throttled");
	is_u64(counts->totals.seen, 130, "seen");
	is_u64(counts->totals.hits, 1, "hits");
	is_u64(counts->totals.others, 2, "others");
	is_u64(counts->totals.no_address, 4, "without an address");
	is_u64(counts->totals.outside, 8, "outside");
	is_u64(counts->totals.busy, 16, "busy");
	is_u64(counts->totals.taken, 99, "taken");
	is_u64(counts->totals.functions_dropped, 5, "dropped");
	is_u64(sampling->function_count, 1, "a function");
	is_u64(sampling->functions[0].address, 0xffffffffc0001234, "its address");
	is_u64(sampling->functions[0].samples, 99, "its samples");
	is_str(sampling->functions[0].name, "khmap_put_try", "its name");
	is_str(sampling->functions[0].operation, "khmap_record_put", "its operation");
}

static void round_trip(void)
{
	char *text = sampled(COUNTS, FUNCTION), *again = NULL, mistake[PROF_MISTAKE_ROOM];
	struct prof_profile profile = { 0 };
	size_t size;
	FILE *out;

	is_i64(profile_parse(text, &profile, mistake), 0, "read");
	check(&profile);
	out = open_memstream(&again, &size);
	is_i64(prof_json_write(&profile, out), 0, "written");
	fclose(out);
	prof_profile_free(&profile);
	profile = (struct prof_profile){ 0 };
	is_i64(profile_parse(again, &profile, mistake), 0, "read again");
	check(&profile);
	prof_profile_free(&profile);
	free(again);
	free(text);
}

static void table(void)
{
	char *text = sampled(COUNTS, FUNCTION), *shown = NULL, mistake[PROF_MISTAKE_ROOM];
	struct prof_profile profile = { 0 };
	size_t size;
	FILE *out;

	profile_parse(text, &profile, mistake);
	out = open_memstream(&shown, &size);
	is_i64(prof_sampling_print(profile.sampling, false, 10, out), 0, "shown");
	fclose(out);
	is_str(shown,
	       "SAMPLES FUNCTION      OPERATION        ADDRESS\n"
	       "     99 khmap_put_try khmap_record_put 0xffffffffc0001234\n"
	       "\n"
	       "1000 counted, one in 7 sampled: 130 samples, 99 taken.\n"
	       "Left out: 1 stores that hit, 2 of other instructions, 4 without an address, 8 outside of the maps, 16 of processes that changed their mappings.\n"
	       "Lost: 12; stopped by the kernel for taking too long: 3 times.\n"
	       "No room for 5 samples and 0 pages.\n", "the table");
	prof_profile_free(&profile);
	free(shown);
	free(text);
}

/* Without an address a browser is shown functions, in place of lines that there are none of. */
static void html(void)
{
	char *text = sampled(COUNTS, FUNCTION), *shown = NULL, mistake[PROF_MISTAKE_ROOM];
	struct prof_profile profile = { 0 };
	size_t size;
	FILE *out;

	profile_parse(text, &profile, mistake);
	profile.source.has_address = false;
	out = open_memstream(&shown, &size);
	prof_html_write(&profile, 10, out);
	fclose(out);
	ok(strstr(shown, "<td class=\"n\">99</td><td>khmap_put_try</td><td>khmap_record_put</td>"),
	   "the function");
	ok(!strstr(shown, "Hottest"), "no lines, no chains");
	ok(strstr(shown, "<p>Lost: 12; stopped by the kernel for taking too long: 3 times.</p>"),
	   "what was lost");
	ok(strstr(shown, "<p>Own time: "), "what it cost");
	prof_profile_free(&profile);
	free(shown);
	free(text);
}

/* With an address what was sampled are accesses, whether those of puts or not. */
static void totals(void)
{
	char *text = sampled(COUNTS, FUNCTION), *shown = NULL, mistake[PROF_MISTAKE_ROOM];
	struct prof_profile profile = { 0 };
	size_t size;
	FILE *out;

	profile_parse(text, &profile, mistake);
	out = open_memstream(&shown, &size);
	is_i64(prof_table_print(&profile, PROF_SHOW_LINES, 10, out), 0, "shown");
	fclose(out);
	ok(strstr(shown, "; all taken: 600 accesses to maps.\n"), "the totals suit the source");
	ok(!strstr(shown, " puts"), "which knows of no puts");
	prof_profile_free(&profile);
	free(shown);
	free(text);
}

static void refused(const char *what, char *text)
{
	struct prof_profile profile = { 0 };
	char mistake[PROF_MISTAKE_ROOM];

	ok(profile_parse(text, &profile, mistake) < 0, "%s is refused", what);
	prof_profile_free(&profile);
	free(text);
}

int main(void)
{
	struct prof_profile profile = { 0 };

	round_trip();
	table();
	html();
	totals();
	profile_load("packed", &profile);
	ok(!profile.sampling, "a profile of tracepoints has no samples");
	prof_profile_free(&profile);
	refused("a count that is none", sampled("\"period\": \"seven\"", FUNCTION));
	refused("a missing count", sampled("\"period\": 7", FUNCTION));
	refused("a function without an address", sampled(COUNTS, "{\"samples\": 1}"));
	refused("a function that is none", sampled(COUNTS, "1"));
	return done();
}
