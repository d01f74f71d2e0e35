/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * profile.h - what was recorded, in memory
 */
#ifndef PROF_PROFILE_H
#define PROF_PROFILE_H

#include "prof.h"
#include "profile/sampling.h"
#include "source/overhead.h"
#include "source/session.h"

/**
 * struct prof_cpu_row - what one CPU did to a line
 * @key: the line and the CPU
 * @count: what it did
 */
struct prof_cpu_row {
	struct prof_line_key key;
	struct prof_line_cpu count;
};

/**
 * struct prof_access_row - accesses of one kind to the same bytes of a line
 * @key: the line, the bytes, the CPU, the instruction
 * @count: how many
 * @name: of what is there: a variable's or record's member; NULL if not known
 */
struct prof_access_row {
	struct prof_access_key key;
	uint64_t count;
	const char *name;
};

/**
 * struct prof_stack_row - accesses to a line from one place of a program
 * @key: the line, the process and its stacks
 * @count: how many
 */
struct prof_stack_row {
	struct prof_stack_key key;
	struct prof_stack count;
};

/**
 * struct prof_frames - a call stack
 * @id: that struct prof_stack_key names
 * @count: of @address
 * @address: of instructions, the innermost first
 */
struct prof_frames {
	int32_t id;
	uint32_t count;
	uint64_t address[PROF_STACK_DEPTH];
};

/**
 * struct prof_time_key - a chain in a slot of time
 * @bucket: the chain
 * @slot: of struct prof_settings' @slot_ns each, since @began_ns
 */
struct prof_time_key {
	struct prof_bucket_key bucket;
	uint32_t slot;
};

/**
 * struct prof_time_row - operations on a chain in a slot of time
 * @key: the chain and the slot
 * @count: how many
 */
struct prof_time_row {
	struct prof_time_key key;
	uint64_t count;
};

/**
 * struct prof_line_row - a line
 * @key: the line
 * @count: what was done to it
 * @cpus: the CPUs that did it, in their order; in struct prof_profile
 * @cpu_count: how many
 * @accesses: the bytes that they accessed, in their order; there too
 * @access_count: how many
 * @stacks: where from, those with most transfers first; there too
 * @stack_count: how many
 */
struct prof_line_row {
	struct prof_line_key key;
	struct prof_line count;
	const struct prof_cpu_row *cpus;
	size_t cpu_count;
	const struct prof_access_row *accesses;
	size_t access_count;
	const struct prof_stack_row *stacks;
	size_t stack_count;
};

/**
 * struct prof_bucket_row - a chain
 * @key: its first bucket
 * @count: what was done to it
 */
struct prof_bucket_row {
	struct prof_bucket_key key;
	struct prof_bucket count;
};

/**
 * struct prof_map_row - a map that was there
 * @map_id: unique in this boot
 * @map: its name and geometry
 */
struct prof_map_row {
	uint64_t map_id;
	struct prof_map map;
};

/**
 * struct prof_source - what told the model of accesses
 * @kind: "tracepoints", "pmu" or "watchpoints"
 * @rung: of the ladder, see perf/ladder.h; or NULL
 * @event: names of its events
 * @counts: what one of them is, in words
 * @has_address: it tells which bytes were accessed
 */
struct prof_source {
	const char *kind;
	const char *rung;
	const char *event;
	const char *counts;
	bool has_address;
};

/**
 * struct prof_machine - where it was recorded
 * @release: of the kernel
 * @cpus: that were online
 * @hypervisor: it says that it is a virtual machine
 */
struct prof_machine {
	const char *release;
	uint32_t cpus;
	bool hypervisor;
};

/**
 * struct prof_symbol - the name of an instruction's function
 * @address: of the instruction
 * @tgid: whose it is; 0 if the kernel's
 * @name: see prof_symbols_name()
 */
struct prof_symbol {
	uint64_t address;
	uint32_t tgid;
	const char *name;
};

/**
 * struct prof_range_row - addresses of a process that were watched
 * @number: map_id of its lines
 * @pid: of the process
 * @start: first address
 * @length: bytes
 * @name: of the range, or empty
 */
struct prof_range_row {
	uint64_t number;
	uint32_t pid;
	uint64_t start;
	uint64_t length;
	const char *name;
};

/**
 * struct prof_watched_row - bytes of a line that were watched
 * @key: the line; @cpu of it is 0
 * @offset: within the line
 * @length: bytes
 * @watched_ns: how long
 * @hits: accesses meanwhile; those that were both watched for as a store and as
 *	a load count twice
 */
struct prof_watched_row {
	struct prof_line_key key;
	uint32_t offset;
	uint32_t length;
	uint64_t watched_ns;
	uint64_t hits;
};

/**
 * struct prof_watching - how was watched
 * @slots: pieces at a time; 0 if the source was another
 * @width: bytes of a piece at most
 * @interval_ns: of a turn
 * @loads: for loads too
 * @others: accesses of other processes to the same addresses, left out
 * @unset: how often bytes could not be watched in their turn
 */
struct prof_watching {
	uint32_t slots;
	uint32_t width;
	uint64_t interval_ns;
	bool loads;
	uint64_t others;
	uint64_t unset;
};

struct prof_text;

/**
 * struct prof_profile - what was recorded
 * @tool: version of khmap-prof that recorded it
 * @began: when, as of RFC 3339
 * @machine: where
 * @source: what told of it
 * @sampling: of an event that was sampled; else NULL
 * @settings: what was asked for; @slot_ns of it is that of @times
 * @duration_ns: how long
 * @totals: sums over all CPUs
 * @missed: events that the kernel did not hand to the programs
 * @overhead: what recording it cost
 * @maps: by id
 * @map_count: of @maps
 * @lines: those with most transfers first, then those with most stores
 * @line_count: of @lines
 * @buckets: those with most operations first
 * @bucket_count: of @buckets
 * @cpus: by line and CPU
 * @cpu_count: of @cpus
 * @accesses: by line, bytes and CPU
 * @access_count: of @accesses
 * @stacks: by line, those with most transfers first
 * @stack_count: of @stacks
 * @frames: by id
 * @frames_count: of @frames
 * @times: by chain and slot
 * @time_count: of @times
 * @symbols: by process and address
 * @symbol_count: of @symbols
 * @ranges: by number
 * @range_count: of @ranges
 * @watching: how was watched
 * @watched: by line and offset
 * @watched_count: of @watched
 * @texts: of prof_profile_text()
 */
struct prof_profile {
	const char *tool;
	const char *began;
	struct prof_machine machine;
	struct prof_source source;
	struct prof_sampling *sampling;
	struct prof_settings settings;
	uint64_t duration_ns;
	struct prof_totals totals;
	uint64_t missed;
	struct prof_overhead overhead;
	struct prof_map_row *maps;
	size_t map_count;
	struct prof_line_row *lines;
	size_t line_count;
	struct prof_bucket_row *buckets;
	size_t bucket_count;
	struct prof_cpu_row *cpus;
	size_t cpu_count;
	struct prof_access_row *accesses;
	size_t access_count;
	struct prof_stack_row *stacks;
	size_t stack_count;
	struct prof_frames *frames;
	size_t frames_count;
	struct prof_time_row *times;
	size_t time_count;
	struct prof_symbol *symbols;
	size_t symbol_count;
	struct prof_range_row *ranges;
	size_t range_count;
	struct prof_watching watching;
	struct prof_watched_row *watched;
	size_t watched_count;
	struct prof_text *texts;
};

/**
 * prof_profile_read() - copy what the programs counted
 * @profile: filled but for what the caller knows of the recording; for
 *	prof_profile_free(), on failure too
 * @fds: maps of the programs
 *
 * Return: 0 or -errno.
 */
int prof_profile_read(struct prof_profile *profile, const struct prof_fds *fds);

/**
 * prof_profile_read_lines() - the same, without the bytes and chains of operations
 * @profile: as of prof_profile_read()
 * @fds: likewise
 *
 * For who looks while it is recorded: what operations tell takes longer the more of
 * them there are.
 *
 * Return: 0 or -errno.
 */
int prof_profile_read_lines(struct prof_profile *profile, const struct prof_fds *fds);

/**
 * prof_totals_read() - add up what all CPUs counted
 * @sum: filled
 * @fd: the map "totals"
 *
 * Return: 0 or -errno.
 */
int prof_totals_read(struct prof_totals *sum, int fd);

/**
 * prof_profile_sort() - all in its order, and each line with its part of the rest
 * @profile: whatever the order of its arrays
 */
void prof_profile_sort(struct prof_profile *profile);

/**
 * prof_profile_filter() - leave the lines, chains and times of one map
 * @profile: sorted; its totals are still those of all maps
 * @map_id: of the map
 */
void prof_profile_filter(struct prof_profile *profile, uint64_t map_id);

/**
 * prof_profile_text() - keep a copy of a text as long as the profile
 * @profile: the profile
 * @text: what cannot be printed becomes a question mark in the copy
 *
 * Return: the copy.
 */
const char *prof_profile_text(struct prof_profile *profile, const char *text);

/**
 * prof_profile_symbol() - the name of an instruction's function
 * @profile: the profile
 * @tgid: whose instruction it is; 0 if the kernel's
 * @address: of the instruction
 *
 * Return: NULL if it is not known.
 */
const char *prof_profile_symbol(const struct prof_profile *profile, uint32_t tgid,
				uint64_t address);

/**
 * prof_profile_free() - free what prof_profile_read() allocated
 * @profile: its memory remains the caller's
 */
void prof_profile_free(struct prof_profile *profile);

/**
 * prof_profile_dropped() - how much was not counted, for want of room
 * @profile: the profile
 *
 * Return: stores, operations, maps and events that were dropped, in sum.
 */
uint64_t prof_profile_dropped(const struct prof_profile *profile);

/**
 * prof_profile_map() - a map of the profile
 * @profile: the profile
 * @map_id: of the map
 *
 * Return: NULL if its name and geometry are not known.
 */
const struct prof_map *prof_profile_map(const struct prof_profile *profile, uint64_t map_id);

/**
 * prof_profile_range() - a range of the profile
 * @profile: the profile
 * @number: map_id of its lines
 *
 * Return: NULL if there is none.
 */
const struct prof_range_row *prof_profile_range(const struct prof_profile *profile,
						uint64_t number);

/**
 * prof_profile_frames() - a call stack
 * @profile: the profile
 * @id: of the stack
 *
 * Return: NULL if there is none.
 */
const struct prof_frames *prof_profile_frames(const struct prof_profile *profile, int32_t id);

/**
 * prof_transfers_sum() - transfers of all kinds
 * @transfers: to be added up
 *
 * Return: their sum.
 */
uint64_t prof_transfers_sum(const struct prof_transfers *transfers);

/**
 * prof_line_returns() - how often a line came back to a processor
 * @line: its parts are counted
 *
 * Each processor but the first gets a line by a transfer that is its first; all others
 * are returns.
 *
 * Return: transfers, all but one for each further processor.
 */
uint64_t prof_line_returns(const struct prof_line_row *line);

/**
 * prof_line_buckets() - the buckets that have a part of a line
 * @map: of the line
 * @key: the line
 * @first: filled: the lowest, within the page
 * @last: filled: the highest
 */
void prof_line_buckets(const struct prof_map *map, const struct prof_line_key *key,
		       uint32_t *first, uint32_t *last);

/**
 * prof_region_name() - a region in words
 * @region: PROF_REGION_*
 *
 * Return: a constant.
 */
const char *prof_region_name(uint32_t region);

/**
 * prof_access_name() - a kind of access in a word
 * @kind: PROF_ACCESS_*
 *
 * Return: a constant.
 */
const char *prof_access_name(uint32_t kind);

#endif /* PROF_PROFILE_H */
