// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * progress.c - what is told while it is recorded
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include "options.h"
#include "profile/progress.h"

#define LIVE_DEFAULT_NS	PROF_SECOND_NS
#define TO_END_OF_LINE	"\033[K"

bool prof_progress_option(const char *text, uint64_t *live_ns)
{
	*live_ns = LIVE_DEFAULT_NS;
	return !text || prof_option_seconds("--live", text, live_ns);
}

bool prof_progress_agrees(uint64_t live_ns, const struct prof_view *view)
{
	if (!live_ns || !prof_view_alone(view))
		return true;
	prof_error("--live needs standard output for itself: give a FILE that is not \"-\"");
	return false;
}

static void counts_tell(struct prof_progress *progress, const struct prof_profile *profile)
{
	fprintf(stderr, "\r%.0f s: %" PRIu64 " events, dropped: %" PRIu64 TO_END_OF_LINE,
		(double)profile->duration_ns / 1e9, (uint64_t)profile->totals.events,
		prof_profile_dropped(profile));
	progress->told = true;
}

/* Show what moves; maps and ranges have the names that are lent. */
static int live_tell(const struct prof_progress *progress, struct prof_profile *profile)
{
	const struct prof_profile *names = progress->names;
	struct prof_profile named;
	int err = prof_profile_read_lines(profile, &progress->fds);

	if (err)
		return err;
	named = *profile;
	if (names) {
		named.maps = names->maps;
		named.map_count = names->map_count;
		named.ranges = names->ranges;
		named.range_count = names->range_count;
	}
	return prof_live_show(progress->live, &named);
}

static void progress_tell(void *context)
{
	struct prof_progress *progress = context;
	struct prof_profile profile = {
		.duration_ns = prof_tick_now() - progress->began_ns,
	};
	int err;

	if (progress->live) {
		err = live_tell(progress, &profile);
		prof_profile_free(&profile);
	} else {
		err = prof_totals_read(&profile.totals, progress->fds.totals);
		if (!err)
			counts_tell(progress, &profile);
	}
	if (!err)
		return;
	prof_error("what is counted cannot be shown, and is recorded all the same: %s",
		   strerror(-err));
	progress->tick.period_ns = 0;
}

void prof_progress_begin(struct prof_progress *progress, const struct prof_fds *fds,
			 uint64_t began_ns, uint64_t live_ns, size_t top)
{
	*progress = (struct prof_progress){
		.tick = { .tell = progress_tell, .context = progress },
		.fds = *fds,
		.began_ns = began_ns,
	};
	if (live_ns) {
		progress->tick.period_ns = live_ns;
		progress->live = prof_live_new(top, isatty(STDOUT_FILENO), stdout);
	} else if (isatty(STDERR_FILENO)) {
		progress->tick.period_ns = PROF_SECOND_NS;
	}
	progress->tick.next_ns = began_ns + progress->tick.period_ns;
}

void prof_progress_end(struct prof_progress *progress)
{
	if (progress->told)
		fputs("\r" TO_END_OF_LINE, stderr);
	prof_live_free(progress->live);
}
