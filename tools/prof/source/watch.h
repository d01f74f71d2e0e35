/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * watch.h - hardware watchpoints, in turns over all bytes that are asked for
 *
 * A processor has four.  Where more is to be watched, sets of bytes take turns.
 * Of a line with more bytes than a set has, each two parts are at times watched
 * together, or sharing between them would never be seen.  When all have had a
 * turn, those that had accesses get more of them.
 */
#ifndef PROF_SOURCE_WATCH_H
#define PROF_SOURCE_WATCH_H

#include <sys/types.h>
#include "prof.h"
#include "bpf/watch.h"
#include "source/session.h"

/**
 * struct prof_watch_row - bytes that are watched in one piece
 * @watch: which; @hits of it is filled by prof_watch_stop()
 * @address: of the first
 * @watched_ns: how long they were watched
 * @set: they are now, on all processors
 */
struct prof_watch_row {
	struct prof_watch watch;
	uint64_t address;
	uint64_t watched_ns;
	bool set;
};

/**
 * struct prof_watch_options - how to watch
 * @pid: whose addresses they are; 0 if the kernel's
 * @loads: watch for loads too, with half the bytes at a time
 * @width: bytes of a watchpoint at most: 1, 2, 4 or 8
 * @interval_ns: of a turn
 * @lines: lines that there is room for
 * @verbose: show what libbpf says
 */
struct prof_watch_options {
	pid_t pid;
	bool loads;
	uint32_t width;
	uint64_t interval_ns;
	uint32_t lines;
	bool verbose;
};

struct prof_overhead;
struct prof_watcher;

/**
 * prof_watch_new() - nothing to watch yet
 * @options: copied
 *
 * Return: never NULL.
 */
struct prof_watcher *prof_watch_new(const struct prof_watch_options *options);

/**
 * prof_watch_add() - bytes to be watched
 * @watcher: before prof_watch_open()
 * @place: where the model has @address: @map_id, @region, @page, @offset; the
 *	rest is filled
 * @address: of the first
 * @length: how many, on one page of the model's or on many
 */
void prof_watch_add(struct prof_watcher *watcher, const struct prof_watch *place,
		    uint64_t address, uint64_t length);

/**
 * prof_watch_open() - load the programs and set the first watchpoints
 * @watcher: with bytes to be watched
 *
 * Nothing is counted until prof_settings_write() says so.  Prints what went
 * wrong.
 *
 * Return: enum prof_exit.
 */
int prof_watch_open(struct prof_watcher *watcher);

/* prof_watch_begin() - it counts from now on: what was watched before is no time of it. */
void prof_watch_begin(struct prof_watcher *watcher);

/**
 * prof_watch_fds() - the maps of the programs
 * @watcher: open
 *
 * Return: descriptors that the watcher owns; -1 for maps that it has not.
 */
struct prof_fds prof_watch_fds(const struct prof_watcher *watcher);

/**
 * prof_watch_turn() - let the next bytes have their turn, if it is time
 * @watcher: open
 *
 * Return: false if the process has ended.
 */
bool prof_watch_turn(struct prof_watcher *watcher);

/**
 * prof_watch_stop() - set no watchpoints any more
 * @watcher: open
 *
 * Return: accesses that the programs were not run for.
 */
uint64_t prof_watch_stop(struct prof_watcher *watcher);

/**
 * prof_watch_overhead() - add what the programs took
 * @watcher: stopped
 * @overhead: of prof_overhead_begin()
 */
void prof_watch_overhead(const struct prof_watcher *watcher, struct prof_overhead *overhead);

/**
 * prof_watch_slots() - how much is watched at a time
 * @watcher: open
 *
 * Return: pieces of up to @width bytes.
 */
uint32_t prof_watch_slots(const struct prof_watcher *watcher);

/**
 * prof_watch_others() - what was left out
 * @watcher: stopped
 *
 * Return: accesses of other processes to the same addresses.
 */
uint64_t prof_watch_others(const struct prof_watcher *watcher);

/**
 * prof_watch_unset() - how often bytes could not be watched in their turn
 * @watcher: stopped
 *
 * Return: pieces of up to @width bytes, each as often as its turn came.
 */
uint64_t prof_watch_unset(const struct prof_watcher *watcher);

/**
 * prof_watch_rows() - what was watched, for how long
 * @watcher: stopped
 * @count: filled: how many
 *
 * Return: rows that the watcher owns.
 */
const struct prof_watch_row *prof_watch_rows(struct prof_watcher *watcher, size_t *count);

/**
 * prof_watch_close() - unload the programs
 * @watcher: or NULL
 */
void prof_watch_close(struct prof_watcher *watcher);

#endif /* PROF_SOURCE_WATCH_H */
