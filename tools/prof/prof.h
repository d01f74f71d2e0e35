/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * prof.h - what all parts of khmap-prof share
 */
#ifndef PROF_PROF_H
#define PROF_PROF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>
#include <linux/types.h>
#include "bpf/store.h"

#define PROF_FORMAT	2	/* of the JSON, see Documentation/profile-format.rst */

/**
 * enum prof_exit - exit codes, by kind of failure
 * @PROF_EXIT_OK: all went well
 * @PROF_EXIT_FAILED: any other failure
 * @PROF_EXIT_USAGE: wrong usage
 * @PROF_EXIT_NO_MAP: there is no such map
 * @PROF_EXIT_NO_MODULE: no module, or no type information of it
 * @PROF_EXIT_NOT_PERMITTED: rights are missing
 * @PROF_EXIT_UNSUPPORTED: the kernel or the machine cannot do it
 * @PROF_EXIT_NO_PROFILE: a file is no profile, or one of another format
 * @PROF_EXIT_NO_RANGE: no such process, or it has nothing at such addresses
 * @PROF_EXIT_NOT_RUN: the command could not be run
 * @PROF_EXIT_NOT_FOUND: there is no such command
 * @PROF_EXIT_SIGNAL: added to the signal that ended the command
 */
enum prof_exit {
	PROF_EXIT_OK = 0,
	PROF_EXIT_FAILED = 1,
	PROF_EXIT_USAGE = 2,
	PROF_EXIT_NO_MAP = 3,
	PROF_EXIT_NO_MODULE = 4,
	PROF_EXIT_NOT_PERMITTED = 5,
	PROF_EXIT_UNSUPPORTED = 6,
	PROF_EXIT_NO_PROFILE = 7,
	PROF_EXIT_NO_RANGE = 8,
	PROF_EXIT_NOT_RUN = 126,
	PROF_EXIT_NOT_FOUND = 127,
	PROF_EXIT_SIGNAL = 128,
};

/* For events of all processes: whoever wants them loads programs, too. */
#define PROF_EVENTS_REMEDY	\
	"run this as root: a lower kernel.perf_event_paranoid does not allow the BPF programs"

/**
 * prof_error() - print one line of error
 * @format: as of printf(), without a newline
 */
void prof_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * prof_alloc() - zeroed memory for an array, or the end of the program
 * @count: elements
 * @size: bytes of one
 *
 * Return: never NULL.
 */
void *prof_alloc(size_t count, size_t size);

/**
 * prof_number() - read a decimal number
 * @text: digits and nothing else
 * @max: the highest value that is allowed
 * @number: filled on success
 *
 * Return: 0; -EINVAL it is none; -ERANGE it is above @max.
 */
int prof_number(const char *text, uint64_t max, uint64_t *number);

/**
 * prof_file_check() - can a file be written when there is something to write?
 * @path: of the file, which is neither made nor changed
 *
 * So that whoever waited for a profile does not learn at its end that there was no
 * place for it.  Prints why not.
 *
 * Return: PROF_EXIT_OK, or PROF_EXIT_FAILED.
 */
int prof_file_check(const char *path);

/* The commands; argv[0] is the command's name. */
int prof_record_main(int argc, char **argv);
int prof_report_main(int argc, char **argv);
int prof_watch_main(int argc, char **argv);
int prof_attach_main(int argc, char **argv);
int prof_events_main(int argc, char **argv);
int prof_wait_main(int argc, char **argv);
int prof_demo_main(int argc, char **argv);
int prof_selftest_main(int argc, char **argv);
int prof_stat_main(int argc, char **argv);

#endif /* PROF_PROF_H */
