// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * progress.c - what is told while it is recorded
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include "profile/progress.h"

#define SECOND_NS	1000000000ull
#define TO_END_OF_LINE	"\033[K"

static void counts_tell(struct prof_progress *progress, const struct prof_profile *profile)
{
	fprintf(stderr, "\r%.0f s: %" PRIu64 " events, dropped: %" PRIu64 TO_END_OF_LINE,
		(double)profile->duration_ns / 1e9, (uint64_t)profile->totals.events,
		prof_profile_dropped(profile));
	progress->told = true;
}

static void progress_tell(void *context)
{
	struct prof_progress *progress = context;
	struct prof_profile profile = {
		.duration_ns = prof_tick_now() - progress->began_ns,
	};
	int err;

	if (progress->live) {
		err = prof_profile_read_lines(&profile, &progress->fds);
		if (!err)
			err = prof_live_show(progress->live, &profile);
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
		progress->tick.period_ns = SECOND_NS;
	}
}

void prof_progress_end(struct prof_progress *progress)
{
	if (progress->told)
		fputs("\r" TO_END_OF_LINE, stderr);
	prof_live_free(progress->live);
}
