/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * progress.h - a progress bar on a terminal
 */
#ifndef KHMAP_CLI_PROGRESS_H
#define KHMAP_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum progress_unit - What is counted.
 * @PROGRESS_BYTES: bytes
 * @PROGRESS_THINGS: anything else
 */
enum progress_unit {
	PROGRESS_BYTES,
	PROGRESS_THINGS,
};

/**
 * struct progress - A progress bar.
 * @shown: standard error is a terminal
 * @unit: of @total and what is passed to progress_show()
 * @total: the end; 0 if it is not known
 * @started: when, in nanoseconds
 * @last: when it was drawn last
 */
struct progress {
	bool shown;
	enum progress_unit unit;
	uint64_t total;
	uint64_t started;
	uint64_t last;
};

/**
 * progress_start() - Begin.
 * @progress: filled
 * @unit: see there
 * @total: see there
 * @quiet: show none, as on what is no terminal
 */
void progress_start(struct progress *progress, enum progress_unit unit, uint64_t total,
		    bool quiet);

/**
 * progress_show() - Draw the bar, ten times a second at most.
 * @progress: the bar
 * @done: how far it is
 */
void progress_show(struct progress *progress, uint64_t done);

/**
 * progress_end() - Wipe the bar away.
 * @progress: the bar
 *
 * Return: seconds since progress_start().
 */
double progress_end(struct progress *progress);

/**
 * progress_amount() - A number of bytes for people: "1.5 MiB".
 * @text: receives it
 * @size: bytes of @text
 * @bytes: the number
 *
 * Return: @text.
 */
char *progress_amount(char *text, size_t size, double bytes);

#endif /* KHMAP_CLI_PROGRESS_H */
