/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * health.h - a command that tells whether what was published is good
 */
#ifndef KHMAP_CLI_HEALTH_H
#define KHMAP_CLI_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct health - How health is looked after.
 * @command: for sh; NULL for none
 * @probation_ms: for so long it is run again and again
 * @interval_ms: from the end of one run to the next
 * @timeout_ms: a run that takes longer has failed
 * @quiet: show no progress
 */
struct health {
	const char *command;
	uint64_t probation_ms;
	uint64_t interval_ms;
	uint64_t timeout_ms;
	bool quiet;
};

/**
 * enum health_verdict - What came of it.
 * @HEALTH_GOOD: every run ended with status 0
 * @HEALTH_FAILED: one did not
 * @HEALTH_INTERRUPTED: a signal came, see cli_interrupted()
 */
enum health_verdict {
	HEALTH_GOOD,
	HEALTH_FAILED,
	HEALTH_INTERRUPTED,
};

/**
 * health_watch() - Run the command until the probation is over, or one run fails.
 * @health: see there; it is run at least once, and once more at the end
 * @name: of the map, for its environment
 * @generation: likewise
 * @why: receives what a run that failed did: "exited with status 1"
 * @size: bytes at @why
 *
 * Runs in a process group of its own, which is killed if it is to end, and reads
 * nothing.  Tells on a terminal how far it is.  From here on SIGPIPE is ignored.
 */
enum health_verdict health_watch(const struct health *health, const char *name,
				 uint64_t generation, char *why, size_t size);

/**
 * health_time() - Read a time.
 * @text: a number with ms, s, m or h behind it
 * @ms: receives it in milliseconds
 *
 * Return: true if it is one, of a year at most.
 */
bool health_time(const char *text, uint64_t *ms);

#endif /* KHMAP_CLI_HEALTH_H */
