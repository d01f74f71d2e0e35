/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * session.h - the BPF programs, from loading them to detaching them
 */
#ifndef PROF_SESSION_H
#define PROF_SESSION_H

#include <bpf/libbpf.h>
#include "prof.h"

struct prof_session;
struct prof_overhead;

/**
 * struct prof_fds - descriptors of the maps of programs that feed the model; those that a
 *	source has not are negative
 * @settings: see struct prof_settings
 * @totals: see struct prof_totals
 * @maps: see struct prof_map
 * @lines: see struct prof_line
 * @line_cpus: see struct prof_line_cpu
 * @accesses: see struct prof_access_key
 * @stacks: call stacks, by the number that struct prof_stack_key names
 * @line_stacks: see struct prof_stack_key
 * @operations: see struct prof_store_key
 * @chains: see struct prof_bucket_key
 * @times: see struct prof_time_key
 */
struct prof_fds {
	int settings;
	int totals;
	int maps;
	int lines;
	int line_cpus;
	int accesses;
	int stacks;
	int line_stacks;
	int operations;
	int chains;
	int times;
};

/**
 * prof_object_fds() - the maps of programs that feed the model
 * @object: loaded
 *
 * Return: descriptors that @object owns; negative for those that it has not.
 */
struct prof_fds prof_object_fds(struct bpf_object *object);

/**
 * prof_object_size() - make the maps of the model, those that it has, as large as wanted
 * @object: opened, not loaded
 * @lines: lines that there is room for; all others follow
 *
 * Return: 0 or -errno.
 */
int prof_object_size(struct bpf_object *object, uint32_t lines);

/**
 * prof_session_check() - is all there that a profile needs?
 *
 * Prints what is missing, and what to do about it.
 *
 * Return: enum prof_exit.
 */
int prof_session_check(void);

/**
 * struct prof_session_options - what the programs are for
 * @map_id: the map to profile; 0 for all
 * @sample: take one event in so many of each CPU; 0 and 1 take all
 * @lines: lines that there is room for; 0 for the default
 * @verbose: show what libbpf says
 */
struct prof_session_options {
	uint64_t map_id;
	uint32_t sample;
	uint32_t lines;
	bool verbose;
};

/**
 * prof_session_open() - load the programs and attach them
 * @options: what they are for
 * @session: the new session; unchanged on failure
 *
 * The programs do nothing until prof_session_write() enables them.  Which events
 * are taken the module decides, if all are not; should it not be able to, the
 * programs do, at a higher cost, and that is said.  Prints what went wrong.
 *
 * Return: enum prof_exit.
 */
int prof_session_open(const struct prof_session_options *options,
		      struct prof_session **session);

/**
 * prof_session_write() - begin, or end, a profile
 * @session: the session
 * @settings: what to profile, as the session's options have it
 *
 * Return: 0 or -errno.
 */
int prof_session_write(struct prof_session *session, const struct prof_settings *settings);

/**
 * prof_session_events() - how many events have there been?
 * @session: whose profile has ended
 * @events: of its totals, as the programs count them; made right
 */
void prof_session_events(const struct prof_session *session, __u64 *events);

/**
 * prof_session_fds() - the maps of a session
 * @session: the session
 *
 * Return: descriptors that the session owns.
 */
struct prof_fds prof_session_fds(const struct prof_session *session);

/**
 * prof_session_missed() - events that the kernel did not hand to the programs
 * @session: the session
 *
 * Return: how often a program was not run because it was running already.
 */
uint64_t prof_session_missed(const struct prof_session *session);

/**
 * prof_session_overhead() - add what the programs took
 * @session: the session
 * @overhead: of prof_overhead_begin()
 */
void prof_session_overhead(const struct prof_session *session, struct prof_overhead *overhead);

/**
 * prof_session_attach() - attach the programs, or detach them and keep them loaded
 * @session: the session, whose programs are attached at first
 * @on: attach
 *
 * Return: 0 or -errno.
 */
int prof_session_attach(struct prof_session *session, bool on);

/**
 * prof_session_close() - detach and unload the programs
 * @session: or NULL
 */
void prof_session_close(struct prof_session *session);

/**
 * prof_geometries_write() - tell the programs of the maps that exist
 * @maps_fd: the map "maps"
 *
 * Called when maps_create is attached, so that no map is missed.
 *
 * Return: 0 or -errno; -E2BIG there are more than it has room for.
 */
int prof_geometries_write(int maps_fd);

/**
 * prof_settings_write() - begin, or end, a profile of another source
 * @settings_fd: the map "settings"
 * @settings: what to profile
 *
 * Return: 0 or -errno.
 */
int prof_settings_write(int settings_fd, const struct prof_settings *settings);

#endif /* PROF_SESSION_H */
