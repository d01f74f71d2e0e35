// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * coverage.c - what was watched for how long, so that counts can be compared
 */
#include <inttypes.h>
#include "profile/report.h"

void prof_watch_print(const struct prof_profile *profile, FILE *out)
{
	uint64_t bytes = 0, least = UINT64_MAX, most = 0;
	size_t i;

	for (i = 0; i < profile->watched_count; i++) {
		const struct prof_watched_row *row = &profile->watched[i];

		bytes += row->length;
		least = row->watched_ns < least ? row->watched_ns : least;
		most = row->watched_ns > most ? row->watched_ns : most;
	}
	if (least == most)
		fprintf(out, "All of %" PRIu64 " bytes were watched, for %.3f s.\n", bytes,
			(double)least / 1e9);
	else
		fprintf(out, "Of %" PRIu64 " bytes at most %u were watched at a time, each for %.3f to %.3f of %.3f s: counts are of that time.\n",
			bytes, profile->watching.slots * profile->watching.width,
			(double)least / 1e9, (double)most / 1e9,
			(double)profile->duration_ns / 1e9);
	if (profile->watching.others)
		fprintf(out, "Left out: %" PRIu64 " accesses of other processes, such as the command's children, to the same addresses.\n",
			profile->watching.others);
	if (profile->watching.unset)
		fprintf(out, "Watchpoints could not be set %" PRIu64 " times: others, a debugger or another profiler, use them.\n",
			profile->watching.unset);
}
