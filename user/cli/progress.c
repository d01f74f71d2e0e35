// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * progress.c - a progress bar on a terminal
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define PROGRESS_WIDTH		30
#define PROGRESS_INTERVAL	100000000ull	/* nanoseconds */
#define PROGRESS_PATIENCE	300000000ull	/* what is quicker needs no bar */

static uint64_t progress_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

char *progress_amount(char *text, size_t size, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	while (bytes >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, size, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
	return text;
}

void progress_start(struct progress *progress, enum progress_unit unit, uint64_t total,
		    bool quiet)
{
	*progress = (struct progress){
		.shown = !quiet && isatty(STDERR_FILENO),
		.unit = unit,
		.total = total,
		.started = progress_now(),
	};
}

static char *progress_number(const struct progress *progress, char *text, size_t size,
			     double number)
{
	if (progress->unit == PROGRESS_BYTES)
		return progress_amount(text, size, number);
	snprintf(text, size, "%.0f", number);
	return text;
}

void progress_show(struct progress *progress, uint64_t done)
{
	static const char hashes[PROGRESS_WIDTH + 1] = "##############################";
	char amount[32], rate[32];
	double seconds;
	uint64_t now;
	int filled;

	if (!progress->shown)
		return;
	now = progress_now();
	if (now - progress->started < PROGRESS_PATIENCE || now - progress->last < PROGRESS_INTERVAL)
		return;
	progress->last = now;
	seconds = (double)(now - progress->started) / 1e9;
	progress_number(progress, amount, sizeof(amount), (double)done);
	progress_number(progress, rate, sizeof(rate), seconds > 0 ? (double)done / seconds : 0);
	if (progress->total) {
		filled = (int)((double)PROGRESS_WIDTH * (double)done / (double)progress->total);
		if (filled > PROGRESS_WIDTH)
			filled = PROGRESS_WIDTH;
		fprintf(stderr, "\r[%-*.*s] %3.0f%%  %s  %s/s\033[K", PROGRESS_WIDTH, filled,
			hashes, 100.0 * (double)done / (double)progress->total, amount, rate);
	} else {
		fprintf(stderr, "\r%s  %s/s\033[K", amount, rate);
	}
	fflush(stderr);
}

double progress_end(struct progress *progress)
{
	if (progress->shown && progress->last) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	progress->shown = false;
	return (double)(progress_now() - progress->started) / 1e9;
}
