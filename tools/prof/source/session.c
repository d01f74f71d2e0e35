// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * session.c - load, attach and detach the programs of store.bpf.c
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "source/maps.h"
#include "source/overhead.h"
#include "source/rights.h"
#include "source/session.h"
#include "store.skel.h"

struct prof_session {
	struct store_bpf *skeleton;
};

int prof_session_check(void)
{
	return prof_rights_check(PROF_NEED_MODULE | PROF_NEED_TYPES | PROF_NEED_BPF);
}

int prof_session_open(uint32_t lines, bool verbose, struct prof_session **session)
{
	struct store_bpf *skeleton;
	int err;

	prof_rights_log(verbose);
	skeleton = store_bpf__open();
	if (!skeleton)
		return prof_rights_failure("the BPF programs cannot be opened", -errno, verbose);
	err = bpf_map__set_max_entries(skeleton->maps.lines, lines);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.buckets, lines);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.line_cpus,
					       lines * PROF_CPUS_PER_LINE);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.accesses,
					       lines * PROF_ACCESSES_PER_LINE);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.times, lines);
	if (!err)
		err = store_bpf__load(skeleton);
	if (err) {
		store_bpf__destroy(skeleton);
		return prof_rights_failure("the BPF programs cannot be loaded", err, verbose);
	}
	err = store_bpf__attach(skeleton);
	if (err) {
		store_bpf__destroy(skeleton);
		return prof_rights_failure("the BPF programs cannot be attached", err, verbose);
	}
	*session = prof_alloc(1, sizeof(**session));
	(*session)->skeleton = skeleton;
	return PROF_EXIT_OK;
}

struct prof_fds prof_object_fds(struct bpf_object *object)
{
	return (struct prof_fds){
		.settings = bpf_object__find_map_fd_by_name(object, "settings"),
		.totals = bpf_object__find_map_fd_by_name(object, "totals"),
		.maps = bpf_object__find_map_fd_by_name(object, "maps"),
		.lines = bpf_object__find_map_fd_by_name(object, "lines"),
		.line_cpus = bpf_object__find_map_fd_by_name(object, "line_cpus"),
		.accesses = bpf_object__find_map_fd_by_name(object, "accesses"),
		.stacks = bpf_object__find_map_fd_by_name(object, "stacks"),
		.line_stacks = bpf_object__find_map_fd_by_name(object, "line_stacks"),
		.buckets = bpf_object__find_map_fd_by_name(object, "buckets"),
		.times = bpf_object__find_map_fd_by_name(object, "times"),
	};
}

struct prof_fds prof_session_fds(const struct prof_session *session)
{
	return prof_object_fds(session->skeleton->obj);
}

uint64_t prof_session_missed(const struct prof_session *session)
{
	struct bpf_program *program;
	uint64_t missed = 0;

	bpf_object__for_each_program(program, session->skeleton->obj) {
		struct bpf_prog_info info = { 0 };
		__u32 length = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length))
			missed += info.recursion_misses;
	}
	return missed;
}

void prof_session_overhead(const struct prof_session *session, struct prof_overhead *overhead)
{
	prof_overhead_add(overhead, session->skeleton->obj);
}

int prof_session_attach(struct prof_session *session, bool on)
{
	if (on)
		return store_bpf__attach(session->skeleton);
	store_bpf__detach(session->skeleton);
	return 0;
}

void prof_session_close(struct prof_session *session)
{
	if (!session)
		return;
	store_bpf__destroy(session->skeleton);
	free(session);
}

static int geometry_write(void *context, uint64_t map_id, const struct prof_map *map)
{
	const int *maps_fd = context;

	return bpf_map_update_elem(*maps_fd, &map_id, map, BPF_ANY);
}

int prof_geometries_write(int maps_fd)
{
	return prof_maps_each(geometry_write, &maps_fd);
}

int prof_settings_write(int settings_fd, const struct prof_settings *settings)
{
	__u32 zero = 0;

	return bpf_map_update_elem(settings_fd, &zero, settings, BPF_ANY);
}
