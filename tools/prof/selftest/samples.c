// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * samples.c - the programs of perf events: samples with an address, and watchpoints
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/khmap.h>
#include "demo/neighbours.h"
#include "demo/watched.h"
#include "selftest/selftest.h"
#include "source/period.h"
#include "source/samples.h"

#define FAULTS		20
#define LINES		64u

/* Each time the page is mapped anew, and so is a fault, of a load from line 0 of the header. */
static int faults_make(int fd)
{
	int i;

	for (i = 0; i < FAULTS; i++) {
		volatile const char *page = mmap(NULL, 1u << PROF_PAGE_SHIFT, PROT_READ, MAP_SHARED,
						 fd, 0);

		if (page == MAP_FAILED)
			return -errno;
		(void)page[0];
		munmap((void *)(uintptr_t)page, 1u << PROF_PAGE_SHIFT);
	}
	return 0;
}

static int samples_run(struct prof_samples *samples, const struct demo_map *map, uint64_t *loads)
{
	struct prof_settings settings = { .map_id = map->map_id, .sample = 1, .enabled = 1 };
	struct prof_fds fds = prof_samples_fds(samples);
	struct prof_profile profile = { 0 };
	size_t i;
	int err;

	err = prof_settings_write(fds.settings, &settings);
	if (err)
		return err;
	prof_samples_begin(samples);
	err = faults_make(map->fd);
	prof_samples_end(samples);
	if (!err)
		err = prof_profile_read(&profile, &fds);
	for (i = 0; !err && i < profile.line_count; i++)
		if (profile.lines[i].key.region == PROF_REGION_HEADER && !profile.lines[i].key.line)
			*loads += profile.lines[i].count.loads;
	prof_profile_free(&profile);
	return err;
}

void selftest_samples(struct selftest_check *check, const struct prof_pair *pair)
{
	struct prof_samples_options options = {
		.rung = prof_rung_find("page-faults"),
		.sample = 1,
		.lines = LINES,
	};
	struct prof_samples *samples;
	struct demo_map map = { 0 };
	uint64_t loads = 0;
	int err, status;

	err = demo_map_make(&map, KHMAP_LAYOUT_ALIGNED);
	if (err) {
		selftest_error(check, "no map can be made", err);
		return;
	}
	options.map_id = map.map_id;
	status = prof_samples_open(&options, &samples);
	if (status) {
		selftest_failed(check, status, "samples of page-faults cannot be taken");
	} else {
		err = samples_run(samples, &map, &loads);
		if (err)
			selftest_error(check, "samples cannot be taken, or read", err);
		else
			selftest_count(check, "page faults in line 0 of a map", loads, FAULTS);
		prof_samples_close(samples);
	}
	close(map.fd);
}

void selftest_watch(struct selftest_check *check, const struct prof_pair *pair)
{
	static uint64_t line[2] __attribute__((aligned(PROF_LINE_SIZE)));
	uint64_t *const counters[2] = { &line[0], &line[1] };
	struct demo_transfers transfers;
	int err;

	selftest_watchpoint(check, pair);
	if (check->verdict != SELFTEST_OK)
		return;
	err = demo_watched(pair, counters, &transfers);
	if (err)
		selftest_failed(check, PROF_EXIT_FAILED, "watchpoints were not to be had, or not told of");
	else
		selftest_count(check, "modelled transfers of stores under watchpoints",
			       transfers.as_false, 2 * DEMO_TURNS - 1);
}
