// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * keep.c - what a profile keeps: its texts, the part of it that is of one map, its end
 */
#include <stdlib.h>
#include <string.h>
#include "profile/profile.h"

struct prof_text {
	struct prof_text *next;
	char text[];
};

const char *prof_profile_text(struct prof_profile *profile, const char *text)
{
	size_t size = strlen(text) + 1;
	struct prof_text *kept = prof_alloc(1, sizeof(*kept) + size);
	char *at;

	memcpy(kept->text, text, size);
	for (at = kept->text; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	kept->next = profile->texts;
	profile->texts = kept;
	return kept->text;
}

void prof_profile_filter(struct prof_profile *profile, uint64_t map_id)
{
	size_t i, kept = 0;

	for (i = 0; i < profile->line_count; i++)
		if (profile->lines[i].key.map_id == map_id &&
		    profile->lines[i].key.region != PROF_REGION_RANGE)
			profile->lines[kept++] = profile->lines[i];
	profile->line_count = kept;
	kept = 0;
	for (i = 0; i < profile->bucket_count; i++)
		if (profile->buckets[i].key.map_id == map_id)
			profile->buckets[kept++] = profile->buckets[i];
	profile->bucket_count = kept;
	kept = 0;
	for (i = 0; i < profile->time_count; i++)
		if (profile->times[i].key.bucket.map_id == map_id)
			profile->times[kept++] = profile->times[i];
	profile->time_count = kept;
}

void prof_profile_free(struct prof_profile *profile)
{
	struct prof_text *text;

	if (profile->sampling)
		free(profile->sampling->functions);
	free(profile->sampling);
	free(profile->maps);
	free(profile->lines);
	free(profile->buckets);
	free(profile->cpus);
	free(profile->accesses);
	free(profile->stacks);
	free(profile->frames);
	free(profile->times);
	free(profile->symbols);
	free(profile->ranges);
	free(profile->watched);
	while ((text = profile->texts)) {
		profile->texts = text->next;
		free(text);
	}
}
