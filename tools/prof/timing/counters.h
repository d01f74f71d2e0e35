/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * counters.h - counters of the machine and of the kernel, by name
 */
#ifndef PROF_COUNTERS_H
#define PROF_COUNTERS_H

#include <sys/types.h>
#include "prof.h"
#include "bpf/operation.h"

/**
 * struct prof_counter - a counter that is asked for
 * @name: as it is asked for; or of the rung of the ladder that stands in for it
 * @counts: what that one counts, in words; NULL if it counts what its name says
 * @type: PERF_TYPE_*
 * @config: of that type
 * @config1: likewise
 * @store_misses: it is about stores that have to fetch a line
 * @why: why it does not count; empty if it does
 * @fds: of each CPU; NULL if it does not count
 * @total_fd: of the command; negative if there is none
 * @total: what the command counted; where the counter was one of more than the
 *	processor has, what it would have, had it counted all the time
 * @share: of the command's time, that in which it counted; if it is 0, @total is
 *	not known
 */
struct prof_counter {
	const char *name;
	const char *counts;
	uint32_t type;
	uint64_t config;
	uint64_t config1;
	bool store_misses;
	char why[160];
	int *fds;
	int total_fd;
	uint64_t total;
	double share;
};

/**
 * struct prof_counters - those that are asked for
 * @counters: in the order in which they are
 * @count: of them
 * @cpus: of each
 */
struct prof_counters {
	struct prof_counter counters[PROF_OP_COUNTERS];
	size_t count;
	int cpus;
};

#define PROF_COUNTERS_DEFAULT	"cycles,instructions,cache-misses,store-misses"

/**
 * prof_counters_choose() - take names
 * @counters: zeroed; filled
 * @names: with commas between them; prints what is wrong
 *
 * Return: whether all is well.
 */
bool prof_counters_choose(struct prof_counters *counters, const char *names);

/* prof_counters_names() - the names that there are, with commas. */
const char *prof_counters_names(char *text, size_t size);

/**
 * prof_counters_open() - have them count on each CPU, and the process
 * @counters: chosen; of those that cannot, @why is filled
 * @pid: and its children, from its next exec on; 0 for none
 *
 * Where the kernel knows no event for stores that miss, the best rung of the
 * ladder that counts these stands in.
 */
void prof_counters_open(struct prof_counters *counters, pid_t pid);

/**
 * prof_counters_thread() - have one count the calling thread
 * @counter: chosen; if it cannot, @why is filled; for stores that miss another
 *	one may stand in, as in prof_counters_open()
 *
 * Return: a descriptor, or -errno.
 */
int prof_counters_thread(struct prof_counter *counter);

/**
 * struct prof_counted - as the kernel tells of an event
 * @count: of it
 * @enabled_ns: how long it should have counted
 * @running_ns: how long it did
 */
struct prof_counted {
	uint64_t count;
	uint64_t enabled_ns;
	uint64_t running_ns;
};

/**
 * prof_counted_all() - what an event would have counted all the time
 * @counted: what it did
 *
 * Return: the count, scaled up; 0 if it never counted.
 */
uint64_t prof_counted_all(const struct prof_counted *counted);

/**
 * prof_counted_share() - the part of the time in which an event counted
 * @counted: what the kernel tells
 *
 * Return: from 0, never, to 1.
 */
double prof_counted_share(const struct prof_counted *counted);

/**
 * prof_counters_read() - read what the process counted
 * @counters: their @total and @share are filled
 */
void prof_counters_read(struct prof_counters *counters);

/**
 * prof_counters_find() - one of them
 * @counters: chosen
 * @name: of it
 *
 * Return: NULL if it is not there, or does not count.
 */
const struct prof_counter *prof_counters_find(const struct prof_counters *counters,
					      const char *name);

/* Does one of them count stores that have to fetch a line? */
bool prof_counters_store_misses(const struct prof_counters *counters);

/* Close all. */
void prof_counters_close(struct prof_counters *counters);

#endif /* PROF_COUNTERS_H */
