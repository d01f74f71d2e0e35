// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * fuzz_profile.c - whatever a profile's JSON holds, to read and to show it ends well
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "profile/read.h"
#include "profile/report.h"

#define SIZE_MAX_FUZZ	(1u << 18)
#define TOP		50
#define SHOW_ALL	(PROF_SHOW_LINES | PROF_SHOW_OFFSETS | PROF_SHOW_BUCKETS | PROF_SHOW_ADVICE)

static void need(bool fine)
{
	if (!fine)
		abort();
}

static void show(const struct prof_profile *profile)
{
	FILE *out = fopen("/dev/null", "we");

	need(out);
	need(!prof_table_print(profile, SHOW_ALL, TOP, out));
	need(!prof_json_write(profile, out));
	need(!prof_folded_write(profile, out));
	prof_html_write(profile, TOP, out);
	fclose(out);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct prof_profile profile = { 0 };
	char mistake[PROF_MISTAKE_ROOM] = "";
	FILE *in;
	int err;

	if (!size || size > SIZE_MAX_FUZZ)
		return 0;
	in = fmemopen((void *)(uintptr_t)data, size, "r");
	need(in);
	err = prof_json_read(in, &profile, mistake);
	need(err ? err == -EINVAL && mistake[0] && !strchr(mistake, '\n') : !mistake[0]);
	if (!err)
		show(&profile);
	prof_profile_free(&profile);
	fclose(in);
	return 0;
}
