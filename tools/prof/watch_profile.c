// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * watch_profile.c - what a profile of watchpoints has beside the others
 */
#include <stdio.h>
#include "source/fields.h"
#include "watch_profile.h"

#define PAGE_MASK	(~((1ull << PROF_PAGE_SHIFT) - 1))

static void watched_fill(struct prof_profile *profile, struct prof_watcher *watcher)
{
	size_t count, i;
	const struct prof_watch_row *rows = prof_watch_rows(watcher, &count);

	profile->watched = prof_alloc(count, sizeof(*profile->watched));
	profile->watched_count = count;
	for (i = 0; i < count; i++)
		profile->watched[i] = (struct prof_watched_row){
			.key = {
				.map_id = rows[i].watch.map_id,
				.region = rows[i].watch.region,
				.page = rows[i].watch.page,
				.line = rows[i].watch.offset >> PROF_LINE_SHIFT,
			},
			.offset = rows[i].watch.offset & (PROF_LINE_SIZE - 1),
			.length = rows[i].watch.length,
			.watched_ns = rows[i].watched_ns,
			.hits = rows[i].watch.hits,
		};
}

void prof_watch_ranges(struct prof_profile *profile, const struct prof_ranges *ranges)
{
	uint32_t i;

	profile->ranges = prof_alloc(ranges->count, sizeof(*profile->ranges));
	profile->range_count = ranges->count;
	for (i = 0; i < ranges->count; i++)
		profile->ranges[i] = (struct prof_range_row){
			.number = i,
			.pid = (uint32_t)ranges->pid,
			.start = ranges->ranges[i].start,
			.length = ranges->ranges[i].end - ranges->ranges[i].start,
			.name = prof_profile_text(profile, ranges->ranges[i].name),
		};
}

/* The member of its variable that an access was to. */
static void member_name(struct prof_profile *profile, struct prof_access_row *row,
			const struct prof_range *range)
{
	const struct prof_line_key *line = &row->key.line;
	uint64_t address = (range->start & PAGE_MASK) +
			   ((uint64_t)line->page << PROF_PAGE_SHIFT) +
			   (line->line << PROF_LINE_SHIFT) + row->key.offset;
	char member[192], name[256];

	if (!range->fields || !prof_fields_name(range->fields, address - range->fields_start,
						member, sizeof(member)))
		return;
	snprintf(name, sizeof(name), "%s%s", range->name, member);
	row->name = prof_profile_text(profile, name);
}

void prof_watch_profile(struct prof_profile *profile, struct prof_watcher *watcher,
			const struct prof_watch_options *options, const struct prof_ranges *ranges)
{
	size_t i;

	profile->watching = (struct prof_watching){
		.slots = prof_watch_slots(watcher),
		.width = options->width,
		.interval_ns = options->interval_ns,
		.loads = options->loads,
		.others = prof_watch_others(watcher),
		.unset = prof_watch_unset(watcher),
	};
	watched_fill(profile, watcher);
	prof_watch_ranges(profile, ranges);
	for (i = 0; i < profile->access_count; i++)
		if (profile->accesses[i].key.line.region == PROF_REGION_RANGE)
			member_name(profile, &profile->accesses[i],
				    &ranges->ranges[profile->accesses[i].key.line.map_id]);
}
