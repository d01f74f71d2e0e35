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
#include "source/sampler.h"
#include "source/session.h"
#include "store.skel.h"

/* @sampler is open if the module samples, and programs are attached. */
struct prof_session {
	struct store_bpf *skeleton;
	struct prof_session_options options;
	struct prof_sampler sampler;
	struct prof_settings settings;
	uint64_t seen_before;
	uint64_t seen;
};

int prof_session_check(void)
{
	return prof_rights_check(PROF_NEED_MODULE | PROF_NEED_TYPES | PROF_NEED_BPF);
}

/* If events are to be left out, the module does it: each that is not costs much less. */
static void sampler_open(struct prof_session *session)
{
	int err;

	if (session->options.sample <= 1)
		return;
	err = prof_sampler_open(&session->sampler, session->options.map_id,
				session->options.sample);
	if (err)
		prof_error("the module cannot sample (%s), so every event costs its time: %s",
			   err == -EBUSY ? "as many profilers as can do" : "is it an older one?",
			   strerror(-err));
}

/* Leave out the programs that are not wanted. */
static int programs_choose(const struct prof_session *session)
{
	const struct store_bpf *skeleton = session->skeleton;
	bool sampled = session->sampler.fd >= 0;
	int err = bpf_program__set_autoload(skeleton->progs.store_sample, sampled);

	if (!err)
		err = bpf_program__set_autoload(skeleton->progs.store_put, !sampled);
	if (!err)
		err = bpf_program__set_autoload(skeleton->progs.store_delete, !sampled);
	if (!err)
		err = bpf_program__set_autoload(skeleton->progs.store_overflow, !sampled);
	return err;
}

int prof_session_open(const struct prof_session_options *options,
		      struct prof_session **session)
{
	struct prof_session *fresh = prof_alloc(1, sizeof(*fresh));
	const char *what = "the BPF programs cannot be opened";
	int err;

	fresh->options = *options;
	fresh->sampler.fd = -1;
	prof_rights_log(options->verbose);
	fresh->skeleton = store_bpf__open();
	err = fresh->skeleton ? 0 : -errno;
	if (!err) {
		what = "the BPF programs cannot be loaded";
		sampler_open(fresh);
		err = programs_choose(fresh);
	}
	if (!err)
		err = prof_object_size(fresh->skeleton->obj, options->lines ? options->lines :
									      PROF_LINES_DEFAULT);
	if (!err)
		err = store_bpf__load(fresh->skeleton);
	if (!err) {
		what = "the BPF programs cannot be attached";
		err = store_bpf__attach(fresh->skeleton);
	}
	if (err) {
		prof_session_close(fresh);
		return prof_rights_failure(what, err, options->verbose);
	}
	*session = fresh;
	return PROF_EXIT_OK;
}

int prof_session_write(struct prof_session *session, const struct prof_settings *settings)
{
	bool sampled = session->sampler.fd >= 0;

	if (sampled && settings->enabled)
		session->seen_before = prof_sampler_seen(&session->sampler);
	session->settings = *settings;
	session->settings.samplers = sampled ? session->sampler.bit : 0;
	if (sampled && !settings->enabled)
		session->seen = prof_sampler_seen(&session->sampler) - session->seen_before;
	return prof_settings_write(prof_session_fds(session).settings, &session->settings);
}

void prof_session_events(const struct prof_session *session, __u64 *events)
{
	if (session->sampler.fd >= 0)
		*events = session->seen;
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
		.operations = bpf_object__find_map_fd_by_name(object, "operations"),
		.chains = bpf_object__find_map_fd_by_name(object, "chains"),
		.times = bpf_object__find_map_fd_by_name(object, "times"),
	};
}

/* Never fewer than by default: two that fall into one place are one too many. */
static uint64_t stacks_room(uint32_t lines)
{
	uint32_t room = lines / PROF_LINES_PER_STACK;

	return room > PROF_STACKS_DEFAULT ? room : PROF_STACKS_DEFAULT;
}

int prof_object_size(struct bpf_object *object, uint32_t lines)
{
	const struct {
		const char *name;
		uint64_t entries;
	} sizes[] = {
		{ "lines", lines },
		{ "line_places", lines },
		{ "line_cpus", (uint64_t)lines * PROF_CPUS_PER_LINE },
		{ "accesses", (uint64_t)lines * PROF_ACCESSES_PER_LINE },
		{ "line_stacks", (uint64_t)lines * PROF_STACKS_PER_LINE },
		{ "stacks", stacks_room(lines) },
		{ "operations", (uint64_t)lines * PROF_STORES_PER_LINE },
		{ "chains", lines },
		{ "times", lines },
	};
	int err = 0;
	size_t i;

	for (i = 0; !err && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, sizes[i].name);

		if (map)
			err = bpf_map__set_max_entries(map, (uint32_t)sizes[i].entries);
	}
	return err;
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
	int err = 0;

	if (!on) {
		store_bpf__detach(session->skeleton);
		if (session->sampler.fd >= 0)
			prof_sampler_close(&session->sampler);
		return 0;
	}
	/* As loaded, so that no other programs are asked for. */
	if (bpf_program__fd(session->skeleton->progs.store_sample) >= 0) {
		prof_sampler_close(&session->sampler);
		err = prof_sampler_open(&session->sampler, session->options.map_id,
					session->options.sample);
	}
	if (!err)
		err = prof_session_write(session, &session->settings);
	return err ? err : store_bpf__attach(session->skeleton);
}

void prof_session_close(struct prof_session *session)
{
	if (!session)
		return;
	store_bpf__destroy(session->skeleton);
	prof_sampler_close(&session->sampler);
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
